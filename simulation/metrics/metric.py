"""What a metric is, and when it has no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulation.metrics.curves import Curves

MINIMUM_SHARE = 0.05
"""Below this pooled share at the end of the window nobody can say how synchronized adoption is (section 5)."""


class Undefined(Exception):
    """A metric has no value for this run; the message is the reason, a plain sentence."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of the results."""

    name: str
    unit: str
    reading: str  # one line: how to read the number
    better: Literal["higher", "lower"] | None  # None where neither is
    place: int  # columns stand in the order of these numbers
    measure: Callable[[Curves], float]  # raises Undefined; never returns nan


def require_eligible(curves: Curves) -> None:
    """Raise ``Undefined`` where no enterprise could have adopted anything."""
    if not curves.record.technologies:
        raise Undefined("No technology was released before the horizon.")
    if not curves.eligible.any():
        raise Undefined("No enterprise is eligible for any technology.")


def require_regions(curves: Curves) -> None:
    """Raise ``Undefined`` where there are not two regions to compare."""
    require_eligible(curves)
    regions = int((curves.weights > 0).sum())
    if regions < 2:
        raise Undefined("Synchrony compares regions, and only one region has eligible enterprises.")


def require_synchrony(curves: Curves) -> None:
    """Raise ``Undefined`` where the regional curves say nothing about synchrony within the common window."""
    require_regions(curves)
    if not curves.pairs[-1].any():
        raise Undefined("No eligible enterprise is there at the end of the common window.")
    final = curves.pooled[-1]
    if final < MINIMUM_SHARE:
        raise Undefined(
            f"Only {final:.1%} of the eligible have adopted at the end of the common window "
            f"of {curves.years[-1]:.1f} years; synchrony is read from {MINIMUM_SHARE:.0%} on."
        )
