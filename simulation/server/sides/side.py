"""The common interface of the sides of a session, live or replayed, which are held by model processes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulation import metrics
from simulation.errors import HyperclusterError
from simulation.metrics.times import regional_times
from simulation.record import Record
from simulation.server.protocol.frames import Months, block, months_a_frame
from simulation.server.sides.running_metrics import RunningMetrics
from simulation.world import Array

SHOWN = (
    *("phi", "synchronization", "phi_half", "w1_years", "t10_years", "t50_years", "t90_years"),
    *("t50_sd_years", "t50_range_years", "regions_below_half", "kuramoto", "final_share"),
)
"""Metrics that can be computed from counts of adopters alone, so that a replay has them too."""


@dataclass(slots=True)
class History:
    """Counts up to a month; rows of later months are meaningless.

    Letters as in ``simulation.world``, E as in ``simulation.record``: 1 or T + 1.
    """

    month: int
    adopters: Array  # int32 (T + 1, R, S, K)
    members: Array  # int32 (T + 1, H, R)
    members_anywhere: Array  # int32 (T + 1,), -1 where unknown
    attribution: Array  # float64 (T + 1, K, channels), nan where unknown
    eligible: Array  # int64 (E, R, S, K)
    may_join: Array  # int64 (E, H, R)
    enterprises: Array  # int64 (E, R)
    metrics: RunningMetrics


class Side(ABC):
    """A run that can be observed month by month."""

    history: History
    size: int
    """Memory that it takes, roughly, in bytes."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Return the first entries of ``world``: what says which run this is."""

    @abstractmethod
    def world(self) -> dict[str, Any]:
        """Return the constant description, as ``world`` of the protocol without its address."""

    @abstractmethod
    def map(self) -> dict[str, Any]:
        """Return the outlines of the regions, as ``map`` of the protocol."""

    @abstractmethod
    def advance(self, month: int, *, until: float) -> None:
        """Simulate to a month or the horizon, but stop soon after ``until``, a time of ``time.perf_counter``."""

    @abstractmethod
    def record(self) -> Record:
        """Return the counts of the run so far."""

    @abstractmethod
    def inspect(self, kind: str, row: int, month: int, *, until: float) -> dict[str, Any] | None:
        """Return the content of the inspector; None if the model has not reached that month yet.

        Raises
        ------
        HyperclusterError
            If there is no such row or month, or the data are not stored.
        """

    def note(self) -> None:
        """Bring what is only computed when it is asked for up to the month of the history."""
        self.history.metrics.note(self.history.month)

    def frames(self, side: int, first: int, months: int, *, until: float) -> bytes | None:
        """Return the block of a frame; None if the model has not reached ``first`` yet."""
        history = self.history
        horizon, regions, _, technologies = history.adopters.shape
        platforms, changing = history.members.shape[1], len(history.eligible) > 1
        asked = min(months, months_a_frame(regions, technologies, platforms, changing=changing))
        last = min(first + asked, horizon) - 1
        self.advance(last, until=until)
        if history.month < min(first, horizon - 1):
            return None
        self.note()
        rows = slice(first, min(last, history.month) + 1)
        changed = rows if changing else slice(0)  # the page has what holds from the start on
        states = Months(
            attribution=history.attribution[rows],
            phi=history.metrics.phi[rows],
            w1_years=history.metrics.w1_years[rows],
            t50_years=history.metrics.t50_years[rows],
            adopters=history.adopters[rows].sum(axis=2),
            members=history.members[rows],
            members_anywhere=history.members_anywhere[rows],
            eligible=history.eligible[changed].sum(axis=2),
            may_join=history.may_join[changed],
            enterprises=history.enterprises[changed],
        )
        return block(side, first, states)

    def at_horizon(self, *, until: float) -> Record | None:
        """Return the counts of the whole run; None if the model has not reached the horizon yet."""
        horizon = len(self.history.adopters) - 1
        self.advance(horizon, until=until)
        return self.record() if self.history.month == horizon else None

    def series(self, month: int, technologies: list[int], *, until: float) -> dict[str, Any] | None:
        """Return metrics and curves of some technologies, all if none is named, as if the run had ended in a month.

        As ``series`` of the protocol; None if the model has not reached the month yet.

        Raises
        ------
        HyperclusterError
            If there is no such month or technology.
        """
        months, _, _, known = self.history.adopters.shape
        if month >= months:
            raise HyperclusterError(f"there is no month {month}; the horizon is {months - 1}")
        if technologies and max(technologies) >= known:
            raise HyperclusterError(
                f"there is no technology {max(technologies)}; there are {known}, counted from 0"
            )
        self.advance(month, until=until)
        if self.history.month < month:
            return None
        record, until_then = self.record(), slice(month + 1)
        record = replace(record, adopters=record.adopters[until_then], eligible=record.eligible[until_then])
        chosen = np.zeros(len(record.technologies), dtype=bool)
        chosen[technologies or slice(None)] = True
        curves = metrics.Curves(metrics.released(metrics.select(record, chosen)))
        some = curves.eligible.any()
        self.note()
        phi, w1_years, t50_years = self.history.metrics.series(month, chosen)
        return {
            "month": month,
            "so_far": {"phi": plain(phi), "w1_years": plain(w1_years), "t50_years": plain(t50_years)},
            "metrics": measured(curves, SHOWN),
            "units": {name: metrics.METRICS[name].unit for name in SHOWN},
            "years": plain(curves.years),
            "pooled": plain(curves.pooled) if some else [],
            "regional": plain(np.where(curves.weights > 0, curves.regional, np.nan).T) if some else [],
            "regional_t50": plain(regional_times(curves, 0.5)) if some else [],
        }


def measured(curves: metrics.Curves, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the values of metrics; None, and the reason, for one that is undefined."""
    found = {}
    for name in names:
        try:
            found[name] = {"value": metrics.METRICS[name].measure(curves), "reason": ""}
        except metrics.Undefined as reason:
            found[name] = {"value": None, "reason": str(reason)}
    return found


def plain(values: Array) -> Any:
    """Numbers as lists for JSON, None for nan."""
    as_objects = values.astype(object)
    as_objects[np.isnan(values)] = None
    return as_objects.tolist()
