"""Parts of worlds that scenarios with one seed share: drawn once, and kept for the next scenario with that seed.

A part is known by the content of what it is drawn from, so that no setting on which it depends can be forgotten.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.world import Array

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_BYTES = 64 * 1024 * 1024
"""Size of all that is kept: the parts of some fifty worlds of national size, so that one block has room."""

LARGEST_KEPT = 16 * 1024 * 1024
"""Size of the largest part that is kept, bytes."""

_kept: dict[bytes, tuple[int, tuple[Array, ...]]] = {}
"""What was drawn, with its size in bytes; that used last at the end."""

_changing = threading.Lock()


def shared(
    draw: Callable[..., tuple[Array, ...]], *inputs: Array | float | str | tuple[str, ...] | DataclassInstance
) -> tuple[Array, ...]:
    """Return ``draw(*inputs)``, or what it has returned for equal inputs: arrays that nobody may write.

    Parameters
    ----------
    draw : a function of a module, which returns the same bits for the same inputs.
    inputs : also dataclasses of these.
    """
    digest = sha256(f"{draw.__module__}.{draw.__qualname__}".encode())
    for value in _values(inputs):
        if isinstance(value, np.ndarray):
            digest.update(f"\x1e{value.dtype.str}{value.shape}\x1f".encode())
            digest.update(np.ascontiguousarray(value))
        else:
            digest.update(f"\x1e{value!r}\x1f".encode(errors="surrogatepass"))
    known = digest.digest()
    with _changing:  # executors may be threads
        if (found := _kept.pop(known, None)) is not None:
            _kept[known] = found
            return found[1]
    part = draw(*inputs)
    size = sum(array.nbytes for array in part)
    if size <= LARGEST_KEPT:
        with _changing:
            _kept[known] = size, part
            while sum(of_one for of_one, _ in _kept.values()) > MOST_BYTES:
                del _kept[next(iter(_kept))]
    return part


def _values(inputs: Iterable[Any]) -> Iterator[Any]:
    for value in inputs:
        if is_dataclass(value):
            yield from _values(getattr(value, field.name) for field in fields(value))
        else:
            yield value
