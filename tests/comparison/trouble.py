"""What goes wrong in the studies beside: once, when the 30th replication begins."""

from __future__ import annotations

import os
import signal
from pathlib import Path

REPLICATIONS, WORKERS, TROUBLE_AT = 60, 2, 30


def begin_replication() -> None:
    """Note that one begins; in the 30th do what ``FAULT`` in the environment asks for."""
    folder = Path(os.environ["TROUBLE_IN"])
    handle = os.open(folder / "begun", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, b".")
    begun = os.fstat(handle).st_size
    os.close(handle)
    fault = os.environ.get("FAULT")
    if fault is None or begun < TROUBLE_AT:
        return
    try:
        (folder / "done").touch(exist_ok=False)
    except FileExistsError:
        return
    if fault == "exception":
        raise ValueError("no such luck")
    os.kill(os.getpid() if fault == "worker" else os.getppid(), signal.SIGKILL)
