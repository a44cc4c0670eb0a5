"""What a fitted model gives: runs of the engine from what was observed at the start, with values from the posterior.

Beside each other stand the diffusion that was observed and the predictive distribution of the fitted model: adopters by
region and period, and speed and synchronization by the functions that measure runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.engine.build.frame import frame_of
from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.fit.counts import Counts
from simulation.fit.counts_likelihood import OVERDISPERSION
from simulation.fit.counts_predictive import record_of_counts, simulated_counts
from simulation.fit.exposures import reversed_ties
from simulation.fit.forecast import INTERVAL
from simulation.fit.observed import Observed, Ties
from simulation.fit.ranges import spec_with
from simulation.metrics import METRICS, Curves, Undefined, released
from simulation.record import Record
from simulation.scenario.schema import Scenario
from simulation.world import Array, World

if TYPE_CHECKING:
    from simulation.fit.running import Fitted

MEASURES = ("phi", "w1_years", "t50_years", "t50_sd_years", "theil_50")
"""Metrics of speed and synchronization that are compared with those of what was observed."""

NAMES = {
    "phi": "Phi",
    "w1_years": "W1",
    "t50_years": "t50",
    "t50_sd_years": "The standard deviation of t50 over regions",
    "theil_50": "Theil's index at the half",
}

LEAST_DEFINED = 0.5
"""Share of the runs in which a metric must have a value for its predictive distribution to be one."""

INSIDE, BELOW, ABOVE, UNKNOWN = "inside", "below", "above", "undefined"


@dataclass(frozen=True, slots=True)
class Predictive:
    """What was observed, and M runs of the fitted model."""

    observed: Record
    adopters: Array  # int32 (M, T + 1, R), at the end of each period
    measures: pd.DataFrame  # M rows, a column for each of MEASURES; nan where undefined
    seen: dict[str, float]  # MEASURES of what was observed, nan where undefined
    reasons: dict[str, str]  # why they are

    @property
    def seen_adopters(self) -> Array:
        """int32 (T + 1, R)."""
        return _by_region(self.observed)

    @property
    def eligible(self) -> Array:
        """int64 (R,), eligible pairs."""
        total: Array = self.observed.eligible[0].sum(axis=(1, 2))
        return total


def predictive(fitted: Fitted, *, runs: int, tell: Callable[[str], None] = lambda _: None) -> Predictive:
    """Return runs of the engine for the first draws of a fit, each with another seed, beside what was observed.

    Who had a technology at the start has it in every run; all else is drawn by the engine. Of counts it is drawn who
    these are.
    """
    draws, data = fitted.draws[:runs], fitted.seen

    def truth(like: Record) -> Record:
        return record_of_counts(data, like) if isinstance(data, Counts) else record_of(data, like)

    return gathered(runs_with(fitted, draws), truth, runs=len(draws), tell=tell)


def gathered(
    records: Iterable[Record],
    truth: Callable[[Record], Record],
    *,
    runs: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Predictive:
    """Return what so many runs give, beside what was observed, which ``truth`` tells of the record of any run."""
    found = []
    for m, record in enumerate(records):
        found.append((_by_region(record), measured(record)[0]))
        if (m + 1) % (runs // 4 or 1) == 0:
            tell(f"{m + 1:,} of {runs:,} runs of the fitted model")
    data = truth(record)
    seen, reasons = measured(data)
    return Predictive(
        data,
        np.array([adopters for adopters, _ in found]),
        pd.DataFrame([values for _, values in found], columns=list(MEASURES)),
        seen,
        reasons,
    )


def runs_with(fitted: Fitted, draws: Array) -> Iterator[Record]:
    """Yield a run of the engine for each draw, values float64 (n, d), each with another seed."""
    study, data = fitted.study, fitted.seen
    moved = [n for n, each in enumerate(fitted.ranges) if each.key != OVERDISPERSION]
    ranges = [fitted.ranges[n] for n in moved]
    for m, values in enumerate(draws[:, moved]):
        spec, seed = spec_with(data.spec, ranges, values), study.seed + 1 + m
        if isinstance(data, Counts):
            yield simulated_counts(data, spec, seed=seed)
        else:
            yield simulated(data, spec, ties=study.ties, seed=seed)


def simulated(observed: Observed, spec: Scenario, *, ties: Ties, seed: int) -> Record:
    """Return the record of one run to the last period, in which the initial adopters are those that were observed.

    So are mastery and membership, where their dates are known: the engine does not decide about them then.
    """
    given = spec.model_copy(update={"seeds": ()})
    if observed.mastered is not None:
        given = given.model_copy(update={"diffusion": given.diffusion.model_copy(update={"learning": 0.0})})
    if observed.members is not None:
        given = given.model_copy(update={"membership": given.membership.model_copy(update={"rate": 0.0})})
    world = None
    if ties == "directed" or observed.mastered is not None:
        world = build_world(given, seed, frame_of(given))
    if world is not None and ties == "directed":
        world = _looked_at(world, observed.world)
    if world is not None and observed.mastered is not None:
        nobody = np.full_like(world.technologies.origin, -1)
        world = replace(world, technologies=replace(world.technologies, origin=nobody))
    engine = Engine(given, seed, world=world)
    start = ~observed.at_risk
    months = {observed.periods, *observed.released[start].tolist()}
    dated = observed.mastered is not None or observed.members is not None
    for month in range(observed.periods + 1) if dated else sorted(months):
        engine.run_for(month - engine.state.month)
        new = start & (observed.released == month)
        if new.any():
            engine.give(new)
        if dated and month < observed.periods:
            _know(engine, observed, month)
    return engine.record()


def _know(engine: Engine, observed: Observed, month: int) -> None:
    """Let an engine have the mastery and the membership that were observed after so many months."""
    mastered = np.zeros_like(engine.state.mastered)
    if observed.mastered is not None:
        mastered = observed.mastered <= month
    engine.know(mastered, None if observed.members is None else observed.members[month])


def _looked_at(world: World, observed: World) -> World:
    """Return a world in which adoption is seen by those who look at the adopter, as they were observed to.

    The engine counts an adopter for its partners, and divides by the number of partners of each: with ties in one
    direction these are those who look at it, and those at whom each looks.
    """
    indptr, indices = reversed_ties(observed.enterprises)
    enterprises = replace(world.enterprises, indptr=indptr, indices=indices)
    return replace(
        world, enterprises=enterprises, pairs=replace(world.pairs, partners=observed.pairs.partners)
    )


def record_of(observed: Observed, like: Record) -> Record:
    """Return the record of a run in which exactly that has happened which was observed, but for the channels.

    Parameters
    ----------
    like : the record of any run of the same scenario to the last period.
    """
    of, i = observed.world.enterprises, observed.world.pairs.enterprise
    regions, industries, technologies, _, _ = observed.world.shape
    new = np.zeros((observed.periods + 2, regions, industries, technologies), dtype=np.int32)
    np.add.at(new, (observed.period, of.region_of[i], of.industry_of[i], observed.technology_of), 1)
    adopters = np.cumsum(new, axis=0, dtype=np.int32)[: observed.periods + 1]
    return replace(like, adopters=adopters, attribution=np.zeros_like(like.attribution))


def measured(record: Record) -> tuple[dict[str, float], dict[str, str]]:
    """Return ``MEASURES`` of a record, nan where undefined, and the reasons of these."""
    curves = Curves(released(record))
    values, reasons = {}, {}
    for name in MEASURES:
        try:
            values[name] = METRICS[name].measure(curves)
        except Undefined as reason:
            values[name], reasons[name] = math.nan, str(reason)
    return values, reasons


def synchronization(found: Predictive) -> pd.DataFrame:
    """Return one row for each of ``MEASURES``: what was observed, and the interval of the fitted model.

    The column ``verdict`` says whether what was observed lies inside the central 90 % of the runs, below or above, or
    is undefined; ``reason`` says why it is.
    """
    rows = []
    for name in MEASURES:
        runs = found.measures[name].to_numpy()
        defined = np.isfinite(runs)
        low, middle, high = (math.nan,) * 3
        reason = found.reasons.get(name, "")
        if defined.mean() >= LEAST_DEFINED:
            low, middle, high = np.quantile(runs[defined], [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2])
        else:
            reason = (
                reason or f"Only {defined.sum():,} of {len(runs):,} runs of the fitted model have a value."
            )
        seen = found.seen[name]
        if math.isnan(seen) or math.isnan(low):
            verdict = UNKNOWN
        else:
            verdict = BELOW if seen < low else ABOVE if seen > high else INSIDE
        rows.append(
            {
                "metric": name,
                "unit": METRICS[name].unit,
                "observed": seen,
                "low": low,
                "median": middle,
                "high": high,
                "runs": len(runs),
                "runs_with_a_value": int(defined.sum()),
                "verdict": verdict,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows)


def curves(found: Predictive) -> pd.DataFrame:
    """Return adopters by region and period, from 0, as observed and as the fitted model gives them."""
    low, middle, high = np.quantile(
        found.adopters, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=0, method="closest_observation"
    )
    periods, regions = found.seen_adopters.shape
    return pd.DataFrame(
        {
            "region": np.tile(found.observed.regions, periods),
            "period": np.repeat(np.arange(periods), regions),
            "years": np.repeat(np.arange(periods) / found.observed.steps_per_year, regions),
            "eligible": np.tile(found.eligible, periods),
            "observed": found.seen_adopters.ravel(),
            "low": low.ravel(),
            "median": middle.ravel(),
            "high": high.ravel(),
        }
    )


def sentences(table: pd.DataFrame) -> list[str]:
    """Return for each row of :func:`synchronization` whether the fitted model gives what was observed."""
    return [_sentence({str(name): value for name, value in row.items()}) for row in table.to_dict("records")]


def _sentence(row: Mapping[str, Any]) -> str:
    name, unit = NAMES[row["metric"]], "" if row["unit"] == "share" else f" {row['unit']}"
    seen, verdict = row["observed"], row["verdict"]
    if verdict == UNKNOWN:
        value = "" if math.isnan(seen) else f" It is {seen:.3g}{unit}."
        return f"{name} is not compared.{value} {row['reason']}"
    with_value = row["runs_with_a_value"]
    few = f", of {with_value:,} runs in which it is defined" if with_value < row["runs"] else ""
    return (
        f"{name} of what was observed, {seen:.3g}{unit}, is {verdict} what the fitted model gives: {row['low']:.3g} to "
        f"{row['high']:.3g} (90 %{few})."
    )


def _by_region(record: Record) -> Array:
    total: Array = record.adopters.sum(axis=(2, 3))
    return total
