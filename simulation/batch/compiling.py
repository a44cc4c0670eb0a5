"""Whether the first replication on this machine has to wait until the equations are compiled, and what to say then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from simulation.compiled import FOLDER

COMPILING = "The equations are being compiled, once on this machine; this takes about a minute."
"""What to say to a user who waits for it."""


def has_to_compile() -> bool:
    """Whether no earlier process has left compiled code of the present equations for this processor.

    Asks for the months of a replication, which are compiled nearly last and take most of the time. False where nothing
    can be kept, which :mod:`simulation.compiled` says itself.
    """
    from simulation.engine import months  # only here: what only shows progress needs no engine

    kernel: Any = months.run_months
    stored = getattr(kernel, "_cache", None)
    if stored is None or Path(os.environ.get(FOLDER, "")).name.startswith("hypercluster-compiled-"):
        return False
    try:
        # An index of other sources, or of another version of numba, is read as an empty one.
        _, *wanted = stored._index_key(None, kernel.targetctx.codegen())
        return not any(list(key[1:]) == wanted for key in stored._cache_file._load_index())
    except Exception:  # noqa: BLE001 - unpickling a damaged index may raise anything; its code is compiled again
        return True
