"""Validation of numeric arguments: a number means the same in every type.

A whole number may be an ``int``, a NumPy integer of any width, an array of it without dimensions, or anything else that
Python accepts as an index. For a real number, NumPy's floats of any width are accepted too. Other values are neither
converted nor rounded: text, truth values, ``None``, nan and infinity are refused, and ``7.0`` for a whole number.
"""

from __future__ import annotations

import math
import operator

from simulation.errors import HyperclusterError

MOST_SEED = 2**53 - 1
"""The largest seed: all readers of JSON, including browsers, read whole numbers up to here exactly."""

MOST_REPLICATIONS = 1_000_000
"""The most replications of a scenario: a study keeps the number of each in memory."""


def whole_number(name: str, value: object, *, least: int = 0, most: int | None = None) -> int:
    """Return the argument ``name`` as an int.

    Raises
    ------
    HyperclusterError
        If it is no whole number, less than ``least`` or more than ``most``.
    """
    number = _int(value)
    if number is None or number < least or (most is not None and number > most):
        wanted = f"from {least} to {most}" if most is not None else f"of {least} or more"
        raise HyperclusterError(f"{name} = {_found(value)}: must be a whole number {wanted}")
    return number


def real_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> float:
    """Return the argument ``name`` as a float.

    Parameters
    ----------
    above, below : exclusive bounds.
    least, most : inclusive bounds.

    Raises
    ------
    HyperclusterError
        If it is no number, not finite or out of bounds.
    """
    number = _float(value)
    bounds = {
        "more than": (above, operator.gt),
        "at least": (least, operator.ge),
        "less than": (below, operator.lt),
        "at most": (most, operator.le),
    }
    given = {words: (bound, holds) for words, (bound, holds) in bounds.items() if bound is not None}
    if number is None or not all(holds(number, bound) for bound, holds in given.values()):
        limits = " and ".join(f"{words} {bound:g}" for words, (bound, _) in given.items())
        wanted = f"a number, {limits}" if limits else "a number"
        raise HyperclusterError(f"{name} = {_found(value)}: must be {wanted}")
    return number


def seed_of(value: object, *, replications: int = 1) -> int:
    """Return the seed of the first replication as an int; those of the others are consecutive.

    Raises
    ------
    HyperclusterError
        If it is no whole number, or that of a replication is out of bounds.
    """
    seed = whole_number("seed", value, most=MOST_SEED)
    if seed + replications - 1 > MOST_SEED:
        raise HyperclusterError(
            f"seed = {seed}: must be at most {MOST_SEED - replications + 1} with {replications} replications, "
            f"because the last of them has seed + {replications - 1}"
        )
    return seed


def _int(value: object) -> int | None:
    """Return a whole number as an int, and None for anything else."""
    if isinstance(value, bool) or _kind(value) not in (None, "i", "u"):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def _float(value: object) -> float | None:
    """Return a finite real number as a float, and None for anything else."""
    whole = _int(value)
    if whole is None and not (
        getattr(value, "shape", ()) == () and (isinstance(value, float) or _kind(value) == "f")
    ):
        return None
    try:
        number = float(value if whole is None else whole)  # type: ignore[arg-type]
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _kind(value: object) -> str | None:
    """Return NumPy's letter for the type of a scalar or array, and None for other objects.

    Truth values and time spans are whole numbers to NumPy, but not here.
    """
    return getattr(getattr(value, "dtype", None), "kind", None)


def _found(value: object, *, at_most: int = 60) -> str:
    """Return the value found as it would be written in a program, on one short line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than some 4,300 digits
        text = f"a very long {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= at_most else f"{text[:at_most]}..."
