"""The input and output of figures: a study as plain arrays, and a figure with its numbers and caption."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulation.data.outlines import Outlines
from simulation.errors import ResultsError
from simulation.markdown import markdown_text
from simulation.metrics.curves import crossing_time
from simulation.world import Array

BASELINE = "baseline"

OPTIONAL = frozenset({"memberships", "ledger"})
"""Parts of a study that only some figures show: they are read only for these."""


@dataclass(frozen=True, slots=True, eq=False)
class Platforms:
    """The members of the H platforms of a scenario, and the inputs of membership (section 2.3)."""

    names: tuple[str, ...]  # H
    may_join: Array  # int32 (n, T + 1, H, R), enterprises
    members: Array  # int32 (n, T + 1, H, R), enterprises at the end of each calendar month
    base: float  # a
    network_effect: float  # b
    readiness_effect: float  # c
    readiness: Array | None  # float64 (R,), delta_r; None if the dataset is not available
    kept: float  # at rest, members over those who would be, did no enterprises enter; 1 where none do


class Metrics(dict[str, Array]):
    """Values by metric; a study that was run without a plugin lacks those of the plugin."""

    def __missing__(self, name: str) -> Array:
        raise ResultsError(f'the study has no metric "{name}"; it was run without the plugin that adds it')


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioCurves:
    """The n replications of one scenario, mostly as functions of the time after release.

    A cell is nan where the replication does not define it. Shares are 0-1.
    """

    name: str  # in the study
    title: str  # as people read it
    digest: str  # SHA-256 of the scenario
    seeds: tuple[int, ...]  # n, ascending
    pooled: Array  # float64 (n, M), adoption share of all eligible enterprises
    regional: Array  # float64 (n, R, M), directly standardized (section 5)
    variance_between: Array  # float64 (n, M), numerator of equation (9) at each time
    variance_total: Array  # float64 (n, M), its denominator
    metrics: Mapping[str, Array]  # name -> float64 (n,); nan if undefined
    platforms: Platforms | None  # the members over time; None where there is no platform
    ledger: pd.DataFrame  # policy, instrument, year, planned, spent: units, means over replications

    @property
    def label(self) -> str:
        """The name as people read it, the same in figures, tables and sentences."""
        return self.title

    @property
    def t50_years(self) -> Array:
        """float64 (n,): pooled; nan if never."""
        return self.metrics["t50_years"]

    @property
    def synchronization(self) -> Array:
        """float64 (n,): 1 - Phi; nan if undefined."""
        return self.metrics["synchronization"]


@dataclass(frozen=True, slots=True, eq=False)
class StudyCurves:
    """The scenarios of a study on one time axis; regions stand in the order that ``order_in_words`` describes."""

    region_ids: tuple[str, ...]  # R
    region_names: tuple[str, ...]  # R, short
    macroregions: tuple[str, ...]  # R, name of each region's macroregion
    longitude: Array  # float64 (R,), degrees, of the seat
    latitude: Array  # float64 (R,), degrees
    enterprises: Array  # int64 (R,), eligible for a technology released, in the first scenario at the start
    outlines: Outlines | None  # of the regions, for maps; None if the dataset has none, or is not available
    steps_per_year: int  # points of a curve in a year
    scenarios: tuple[ScenarioCurves, ...]  # at least one, in the order of the study
    version: str  # of the program that made the results
    outlines_fault: str = (
        ""  # what is wrong with the file of outlines, where there is one that cannot be used
    )
    lacking: Mapping[str, str] = field(default_factory=dict)  # why a table is not there, by its name
    order_in_words: str = "west to east"  # how the regions are ordered
    every_macroregion: tuple[str, ...] = ()  # of the whole study, where this is a page of it

    def require(self, table: str, *, figure: str) -> None:
        """Raise ``ResultsError`` if the study does not keep a table that a figure shows."""
        if reason := self.lacking.get(table):
            raise ResultsError(f"{figure}: {reason}")

    def rows(self, chosen: slice) -> StudyCurves:
        """The study with some of its regions only, for a page of a figure that has a row a region."""
        return replace(
            self,
            region_ids=self.region_ids[chosen],
            region_names=self.region_names[chosen],
            macroregions=self.macroregions[chosen],
            longitude=self.longitude[chosen],
            latitude=self.latitude[chosen],
            enterprises=self.enterprises[chosen],
            every_macroregion=self.macroregions,
            scenarios=tuple(
                replace(scenario, regional=scenario.regional[:, chosen], platforms=None)
                for scenario in self.scenarios
            ),
        )

    @property
    def dt(self) -> float:
        """Years between two points of a curve."""
        return 1 / self.steps_per_year

    @property
    def tau_years(self) -> Array:
        """float64 (M,): time after release, from 0 to the common window."""
        return np.arange(self.scenarios[0].pooled.shape[1]) * self.dt

    @property
    def window_years(self) -> float:
        """The longest time after release that every replication of the study covers."""
        return float(self.tau_years[-1])

    @property
    def reference(self) -> ScenarioCurves:
        """The scenario with which others are compared: the baseline, or the first scenario if there is none."""
        return next((s for s in self.scenarios if s.name == BASELINE), self.scenarios[0])

    @property
    def others(self) -> tuple[ScenarioCurves, ...]:
        """All scenarios but the reference."""
        return tuple(s for s in self.scenarios if s is not self.reference)

    def compared(self, figure: str) -> tuple[ScenarioCurves, ...]:
        """The scenarios to compare with the reference.

        Raises
        ------
        ResultsError
            If there is only one scenario; ``figure`` names the figure that cannot be drawn.
        """
        if not self.others:
            raise ResultsError(
                f"{figure}: it compares scenarios, and only {self.reference.name} is here; "
                "run it together with another one"
            )
        return self.others


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, its numbers, and its caption."""

    figure: Figure  # the only page, or the first
    numbers: dict[str, pd.DataFrame]  # file name without suffix -> table
    caption: str  # Markdown
    more: tuple[Figure, ...] = ()  # further pages, where one cannot hold all regions

    @property
    def pages(self) -> tuple[Figure, ...]:
        """All pages."""
        return (self.figure, *self.more)


class DrawStudy(Protocol):
    """A function that draws a study at a width."""

    def __call__(self, study: StudyCurves, *, width_mm: float) -> Drawn: ...


@dataclass(frozen=True, slots=True)
class StudyFigure:
    """A figure of a study, drawn if the study has the data."""

    name: str  # of the figure, and of its files
    place: int  # order among the figures
    draw: DrawStudy  # draws a study; raises ResultsError if it lacks the data
    after_every_run: bool = False  # drawn by ``hypercluster run`` too, which must stay quick
    needs: frozenset[str] = frozenset()  # which parts of a study it shows, of ``OPTIONAL``


def regional_t50(scenario: ScenarioCurves, *, dt: float) -> Array:
    """t50 of every region in every replication; equation (12).

    Returns
    -------
    float64, shape (n, R)
        Years after release; nan where one half is not reached within the common window.
    """
    return crossing_time(np.moveaxis(scenario.regional, 2, 0), 0.5, dt=dt)


@dataclass(frozen=True, slots=True)
class HalfTimes:
    """When the regions of a scenario reach one half."""

    median: Array  # float64 (R,), years, over the replications; nan where at most half of them reach it
    reaching: Array  # int64 (R,), replications that reach it
    present: Array  # bool (R,), whether the region has eligible enterprises


def half_times(scenario: ScenarioCurves, *, dt: float) -> HalfTimes:
    """Median t50 of each region; a replication that never reaches one half counts as later than all others."""
    t50 = regional_t50(scenario, dt=dt)
    median = np.median(np.where(np.isnan(t50), np.inf, t50), axis=0)
    return HalfTimes(
        median=np.where(np.isfinite(median), median, np.nan),
        reaching=np.isfinite(t50).sum(axis=0),
        present=np.isfinite(scenario.regional[:, :, -1]).any(axis=0),
    )


def mean_of_defined(values: Array) -> tuple[float, int]:
    """Mean over the defined values (nan if there is none), and their number."""
    defined = values[np.isfinite(values)]
    return (float(defined.mean()) if defined.size else float("nan")), int(defined.size)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in few characters: 1-30, or 1-3, 7."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("–".join(str(end) for end in part) for part in parts)


def replications(scenarios: Sequence[ScenarioCurves]) -> str:
    """n and seeds in words, together where they are the same for all scenarios."""
    if len({scenario.seeds for scenario in scenarios}) == 1:
        seeds = scenarios[0].seeds
        n = len(seeds)
        return f"n\u00a0=\u00a0{n} {plural(n, 'replication')} ({plural(n, 'seed')} {ranges(seeds)})"
    counts = ", ".join(f"{scenario.label} {len(scenario.seeds)}" for scenario in scenarios)
    return f"replications: {counts}"


def plural(count: int, word: str) -> str:
    """The word, in the plural unless there is one."""
    return word if count == 1 else f"{word}s"


def number(value: float, *, unit: str = "", decimals: int = 1) -> str:
    """A number with its unit, or "undefined" for nan."""
    return "undefined" if np.isnan(value) else f"{value:.{decimals}f}{unit}"


def caption(heading: str, body: str, study: StudyCurves, *, scenarios: Sequence[ScenarioCurves]) -> str:
    """Markdown under a figure: what it shows, and which scenarios, replications and version made it."""
    rows = [
        f"- {markdown_text(scenario.label)} (`{scenario.name}`): n = {len(scenario.seeds)}, "
        f"seeds {ranges(scenario.seeds)}, digest {scenario.digest[:12]}"
        for scenario in scenarios
    ]
    return (
        f"**{heading}** {markdown_text(body)}\n\n" + "\n".join(rows) + f"\n\nhypercluster {study.version}\n"
    )
