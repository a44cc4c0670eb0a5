"""What a metric is, and when it has no value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from simulation.metrics.curves import Curves

MINIMUM_SHARE = 0.05
"""Below this pooled share at the end of the window the synchronization of adoption is undefined (section 5)."""


class Undefined(Exception):
    """A metric has no value for this run; the message is the reason, a plain sentence."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of the results."""

    name: str  # of the column, and what commands and files call it
    unit: str  # in words; that of a time is "years", that of a share "share"
    reading: str  # one line: how to read the number
    better: Literal["higher", "lower"] | None  # which is better, None where neither is
    measure: Callable[[Curves], float]  # its value in a replication; raises Undefined, never returns nan
    after: str | None = None  # whose column stands before this one; unless given, that of the metric above it


def require_eligible(curves: Curves) -> None:
    """Raise ``Undefined`` if no enterprise could have adopted anything."""
    if not curves.record.technologies:
        raise Undefined("No technology was released before the horizon.")
    if not curves.eligible.any():
        raise Undefined("No enterprise is eligible for any technology.")


def require_regions(curves: Curves) -> None:
    """Raise ``Undefined`` if there are fewer than two regions to compare."""
    require_eligible(curves)
    regions = int((curves.weights > 0).sum())
    if regions < 2:
        raise Undefined("Synchrony compares regions, and only one region has eligible enterprises.")


def require_synchrony(curves: Curves) -> None:
    """Raise ``Undefined`` if the regional curves do not determine synchrony within the common window."""
    require_regions(curves)
    if not curves.pairs[-1].any():
        raise Undefined("No eligible enterprise is present at the end of the common window.")
    final = curves.pooled[-1]
    if final < MINIMUM_SHARE:
        raise Undefined(
            f"Only {final:.1%} of the eligible have adopted at the end of the common window "
            f"of {curves.years[-1]:.1f} years; synchrony is computed from {MINIMUM_SHARE:.0%} on."
        )


def in_order(tuples: Iterable[Sequence[Metric]]) -> dict[str, Metric]:
    """Return metrics by name, in the order of columns: each after the one that it names, or else the one above it.

    Of several that name the same one, those of an earlier tuple come first. One tuple alone begins without a name.
    """
    rows: list[list[Metric]] = []
    for metrics in tuples:
        for place, metric in enumerate(metrics):
            if place == 0 or metric.after is not None:
                rows.append([])
            rows[-1].append(metric)
    first = [row for row in rows if row[0].after is None]
    names = ", ".join(row[0].name for row in first)
    assert len(first) == 1, f"{names}: all but one must name the metric after which they come"
    (ordered,) = first
    rows.remove(ordered)
    while rows:
        placed = {metric.name: metric for metric in ordered}
        ready = [row for row in rows if row[0].after in placed]
        assert ready, f"no metric {rows[0][0].after}, after which {rows[0][0].name} should come"
        for row in reversed(ready):
            rows.remove(row)
            place = next(n for n, metric in enumerate(ordered) if metric.name == row[0].after)
            ordered[place + 1 : place + 1] = row
    by_name = {metric.name: metric for metric in ordered}
    assert len(by_name) == len(ordered), "two metrics have the same name"
    return by_name
