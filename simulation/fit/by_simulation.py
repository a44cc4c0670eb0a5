"""A fit by simulation from its study to its folder; :mod:`simulation.fit.simulated` searches."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.data.reader import dataset_folder
from simulation.engine.month import Engine
from simulation.errors import HyperclusterError, ResultsError
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.fit.checks import Checks, write_checks
from simulation.fit.counts import ADOPTION, Counts, observe_counts
from simulation.fit.counts_predictive import by_period, by_region, record_of_counts
from simulation.fit.predictive import Predictive, curves, gathered, sentences, synchronization
from simulation.fit.ranges import Range, spec_with, values_at
from simulation.fit.running import (
    DISPERSION,
    DRAWS,
    FINDINGS,
    FORECAST,
    IDENTITY,
    POSTERIOR,
    PROFILES,
    SCENARIO,
    STUDY,
    SUMMARY,
    WORDS,
    identity_of,
    until_period,
)
from simulation.fit.simulated import Found, Simulator, search
from simulation.fit.study import Fit
from simulation.fit.validation import OURS, came, rivals_of, scores_by_region
from simulation.fit.words import about_counts, counts_caveats
from simulation.record import Record
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.world import Array

DATABASE = "simulations.db"


@dataclass(frozen=True, slots=True)
class FittedBySimulation:
    """What was found; d ranges."""

    study: Fit
    observed: Counts
    ranges: tuple[Range, ...]
    found: Found

    @property
    def draws(self) -> Array:
        """Values, float64 (DRAWS, d)."""
        return values_at(self.ranges, self.found.draws(DRAWS, seed=self.study.seed))[0]

    @property
    def scenario(self) -> Scenario:
        """The scenario with the median of each key."""
        spec = self.observed.spec
        found = spec_with(spec, self.ranges, np.median(self.draws, axis=0))
        return found.model_copy(update={"name": f"{spec.name[:57]}-fitted"})

    def summary(self) -> pd.DataFrame:
        """Return one row for each range."""
        low, middle, high = np.quantile(self.draws, [0.05, 0.5, 0.95], axis=0)
        return pd.DataFrame(
            {
                "parameter": [each.name for each in self.ranges],
                "key": [each.key for each in self.ranges],
                "scale": [each.scale for each in self.ranges],
                "range_low": [each.low for each in self.ranges],
                "range_high": [each.high for each in self.ranges],
                "posterior_5_percent": low,
                "posterior_median": middle,
                "posterior_95_percent": high,
                "effective_draws": self.found.effective,
            }
        )

    def about(self) -> str:
        """Return what was counted, and how it was fitted."""
        return (
            f"{about_counts(self.observed, steps=self.study.steps_per_period)} Fitted by simulation of all that the "
            "scenario has."
        )

    def predictive(self, *, tell: Callable[[str], None] = lambda _: None) -> Predictive:
        """Return runs of the engine for draws of the fit, each with another seed, beside what was counted."""
        study, observed, draws = self.study, self.observed, self.draws[: self.study.runs]
        steps = study.steps_per_period

        def records() -> Iterator[Record]:
            for m, values in enumerate(draws):
                engine = Engine(spec_with(observed.spec, self.ranges, values), study.seed + 1 + m)
                engine.run_for(observed.periods * steps)
                yield by_period(engine.record(), steps)

        return gathered(records(), partial(record_of_counts, observed), runs=len(draws), tell=tell)

    def held_out(self, whole: Counts) -> pd.DataFrame:
        """Return one row for each model and region: what it expected of the periods after those fitted, and its scores.

        The simulations that were kept go on. Of those that are left, as large a part adopts as in them.
        """
        study, early = self.study, self.observed
        steps = study.steps_per_period
        simulator = Simulator.of(early, self.ranges, steps=steps, seed=study.seed)
        kept, number = np.unique(self.found.draws(_FORECASTS, seed=study.seed), axis=0, return_inverse=True)
        parts = []
        for places in kept:
            record = simulator.simulated(places, whole.periods).record()
            adopters = record.adopters[[early.periods * steps, -1]].sum(axis=(2, 3))
            left = record.eligible[-1].sum(axis=(1, 2)) - adopters[0]
            parts.append(np.diff(adopters, axis=0)[0] / np.maximum(left, 1))
        left = by_region(early, early.eligible - early.stock[:, -1])
        ours = np.rint(np.array(parts)[number.ravel()] * left).astype(np.int64)
        others = rivals_of(early, until=whole.periods, seed=study.seed)
        return scores_by_region({OURS: ours, **others}, came(early, whole), early.world.regions.ids)

    def sentences(self) -> list[str]:
        """Return what was done and how far it can be trusted, in words."""
        found = self.found
        return [
            f"{found.simulations:,} simulations in {found.generations} generations; those that were kept differ from "
            f"what was observed by a root mean square of at most {found.distance:.3f} in the shares of adopters. They "
            f"are worth {found.effective:,.0f} independent draws.",
            "The draws are wider than the posterior, as simulations that are only near count as right.",
        ]

    def table(self) -> list[tuple[str, ...]]:
        """Return a row for each parameter, with the columns ``HEADINGS``."""
        return [
            (
                str(row.parameter),
                f"{row.range_low:.4g} to {row.range_high:.4g}",
                f"{row.posterior_median:.3g}",
                f"{row.posterior_5_percent:.3g} to {row.posterior_95_percent:.3g}",
            )
            for row in self.summary().itertuples(index=False)
        ]


HEADINGS = ("parameter", "range", "median", "90 % of draws")

_FORECASTS = 1000


def run_by_simulation(
    study: Fit,
    folder: Path,
    out: Path,
    *,
    workers: int,
    until: int | None = None,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> FittedBySimulation:
    """Run a fit by simulation, or go on with it, and write its folder.

    Parameters
    ----------
    until : the last period that is fitted; by default that of the data.

    Raises
    ------
    ScenarioError, DataError
        If the scenario, its dataset or what was observed cannot be used.
    HyperclusterError
        If the horizon is no whole number of periods, there are no counts, or ``until`` is not a period before the last.
    ResultsError
        If ``out`` holds another fit and ``fresh`` is not set.
    """
    spec = load_scenario(folder / study.scenario)
    if not (dataset_folder(spec.world.dataset) / ADOPTION).is_file():
        raise HyperclusterError(f'method = "simulation" compares counts: the dataset has no {ADOPTION}')
    whole = observe_counts(spec, steps=study.steps_per_period, simulated=True)
    observed = whole if until is None else until_period(whole, until)
    ranges = study.ranges()
    identity = identity_of(study, observed)
    if (out / IDENTITY).is_file() and not fresh:
        there = json.loads((out / IDENTITY).read_text(encoding="utf-8"))
        other = [key for key in identity if there.get(key) != identity[key]]
        if other:
            raise ResultsError(
                f"{out}: holds another fit ({', '.join(other)}); choose another --out, or --fresh"
            )
    elif out.is_dir() and any(out.iterdir()) and not fresh:
        raise ResultsError(f"{out}: not the folder of a fit, and not empty; choose another --out")
    make_folder(out)
    if fresh:
        (out / DATABASE).unlink(missing_ok=True)
    replace(out / IDENTITY, (json.dumps(identity, indent=2) + "\n").encode())
    replace(out / STUDY, study.to_toml().encode())
    found = search(
        observed,
        ranges,
        out / DATABASE,
        steps=study.steps_per_period,
        seed=study.seed,
        population=study.population,
        least_acceptance=study.least_acceptance,
        most_simulations=study.most_simulations,
        workers=workers,
        tell=tell,
    )
    fitted = FittedBySimulation(study, observed, ranges, found)
    buffer = io.BytesIO()
    pd.DataFrame(fitted.draws, columns=[each.key for each in ranges]).to_parquet(buffer, index=False)
    replace(out / POSTERIOR, buffer.getvalue())
    replace(out / SUMMARY, fitted.summary().to_csv(index=False, lineterminator="\n").encode())
    replace(out / SCENARIO, fitted.scenario.to_toml().encode())
    checks = fitted.predictive(tell=tell)
    write_checks(out, Checks(synchronization(checks), curves(checks), checks.measures, None))
    words = {
        "title": study.title or f"Fit of {spec.title} by simulation",
        "about": fitted.about(),
        "sentences": fitted.sentences(),
        "caveats": counts_caveats(observed),
    }
    replace(out / FINDINGS, (json.dumps(words, indent=2) + "\n").encode())
    lines = [f"| {' | '.join(row)} |" for row in (HEADINGS, ("---",) * len(HEADINGS), *fitted.table())]
    parts = [f"# {words['title']}", fitted.about(), "\n".join(lines), *fitted.sentences()]
    sections = {"Synchronization": sentences(synchronization(checks)), "Caveats": counts_caveats(observed)}
    for heading, said in sections.items():
        parts += [f"## {heading}", "\n".join(f"- {line}" for line in said)]
    replace(out / WORDS, ("\n\n".join(parts) + "\n").encode())
    for name in (FORECAST, PROFILES, DISPERSION):  # of a fit that was here before
        (out / name).unlink(missing_ok=True)
    if until is not None:
        frame = fitted.held_out(whole)
        replace(out / FORECAST, frame.to_csv(index=False, lineterminator="\n").encode())
    return fitted
