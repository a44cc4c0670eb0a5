"""The progress of a batch, reported to the caller while it runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

HEADLINE = ("synchronization", "t50_years")
"""Metrics whose running means are reported: those of the table of results."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated time and disk space of the replications that were missing at the start, from the first ones."""

    seconds: float
    bytes: int  # on disk


@dataclass(slots=True)
class Mean:
    """A mean of the values so far, without those that are undefined."""

    n: int = 0
    total: float = 0.0

    def add(self, value: float) -> None:
        if not math.isnan(value):
            self.n += 1
            self.total += value

    @property
    def value(self) -> float:
        """The mean; nan without a value."""
        return self.total / self.n if self.n else math.nan


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a batch; passed to the callback at the start and after every block."""

    done: int  # finished replications, including those kept from an earlier start
    total: int
    kept: int  # of those done, found finished on disk
    failed: int
    elapsed_seconds: float
    rate: float = 0.0  # replications a second
    left_seconds: float | None = None  # None until it is known
    estimate: Estimate | None = None  # once the first replications are done
    means: Mapping[str, Mapping[str, Mean]] = field(
        default_factory=dict
    )  # by scenario and metric of HEADLINE
    damaged: Sequence[str] = ()  # blocks that were found damaged on disk, and are computed again
    notes: Sequence[str] = ()  # notes about the disk for the user
    compiling: bool = False  # the first replication waits until the equations are compiled


class Report:
    """Counts the work of a batch and reports its progress."""

    def __init__(
        self, tell: Callable[[Progress], None] | None, *, damaged: Sequence[str], notes: Sequence[str] = ()
    ) -> None:
        self._tell = tell
        self._damaged = damaged
        self._notes = notes
        self._began = time.monotonic()
        self._since = (self._began, 0)  # when the rate was counted from, and what had been done by then
        self._computed = 0
        self._compiling = False
        self._failed = 0
        self._done = self._total = self._kept = 0
        self._estimate: Estimate | None = None
        self._means: dict[str, dict[str, Mean]] = {}

    def expect(self, total: int, *, done: int) -> None:
        """Set the numbers of all replications and of those already finished."""
        if not self._total:
            self._kept = done
        self._total, self._done = total, done
        self.tell()

    def compiling(self) -> None:
        """Note that the equations have to be compiled first; over with the first outcome."""
        self._compiling = True
        self.tell()

    def estimated(self, estimate: Estimate) -> None:
        """Store an estimate and measure the rate from now on, without the time for starting up."""
        self._estimate = estimate
        self._since = (time.monotonic(), self._computed)
        self.tell()

    def average(self, scenario: str, values: Sequence[float]) -> None:
        """Add the headline metrics of one replication."""
        means = self._means.setdefault(scenario, {name: Mean() for name in HEADLINE})
        for name, value in zip(HEADLINE, values, strict=True):
            means[name].add(value)

    def took(self, done: int, *, failed: int) -> None:
        """Count an outcome."""
        self._compiling = False
        self._done += done
        self._failed += failed
        self._computed += done + failed
        self.tell()

    def tell(self) -> None:
        """Pass the progress to the callback, if there is one."""
        if self._tell is None:
            return
        now = time.monotonic()
        since, computed = self._since
        rate = (self._computed - computed) / (now - since) if self._computed > computed else 0.0
        left = None  # what came before the estimate was mostly for starting up
        if self._estimate is not None:
            missing = self._total - self._done - self._failed
            left = missing / rate if rate else self._estimate.seconds
        self._tell(
            Progress(
                done=self._done,
                total=self._total,
                kept=self._kept,
                failed=self._failed,
                elapsed_seconds=now - self._began,
                rate=rate,
                left_seconds=left,
                estimate=self._estimate,
                means=self._means,
                damaged=self._damaged,
                notes=self._notes,
                compiling=self._compiling,
            )
        )
