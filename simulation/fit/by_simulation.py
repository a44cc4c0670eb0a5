"""A fit by simulation from its study to its folder; :mod:`simulation.fit.simulated` searches."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.data.reader import dataset_folder
from simulation.errors import HyperclusterError, ResultsError
from simulation.files.durable import replace
from simulation.fit.counts import ADOPTION, Counts, observe_counts
from simulation.fit.ranges import Range, values_at
from simulation.fit.running import DRAWS, IDENTITY, POSTERIOR, SCENARIO, STUDY, SUMMARY, WORDS, identity_of
from simulation.fit.simulated import Found, search
from simulation.fit.study import Fit
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
        data = self.observed.spec.model_dump()
        for each, value in zip(self.ranges, np.median(self.draws, axis=0).tolist(), strict=True):
            table, key = each.key.split(".")
            data[table][key] = value
        data["name"] = f"{self.observed.spec.name[:57]}-fitted"
        return Scenario.model_validate(data)

    def summary(self) -> pd.DataFrame:
        """Return one row for each range."""
        low, middle, high = np.quantile(self.draws, [0.05, 0.5, 0.95], axis=0)
        return pd.DataFrame(
            {
                "parameter": [each.name for each in self.ranges],
                "key": [each.key for each in self.ranges],
                "range_low": [each.low for each in self.ranges],
                "range_high": [each.high for each in self.ranges],
                "posterior_5_percent": low,
                "posterior_median": middle,
                "posterior_95_percent": high,
            }
        )

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


def run_by_simulation(
    study: Fit,
    folder: Path,
    out: Path,
    *,
    workers: int,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> FittedBySimulation:
    """Run a fit by simulation, or go on with it, and write its folder.

    Raises
    ------
    ScenarioError, DataError
        If the scenario, its dataset or what was observed cannot be used.
    HyperclusterError
        If the horizon is no whole number of periods, or there are no counts.
    ResultsError
        If ``out`` holds another fit and ``fresh`` is not set.
    """
    spec = load_scenario(folder / study.scenario)
    if not (dataset_folder(spec.world.dataset) / ADOPTION).is_file():
        raise HyperclusterError(f'method = "simulation" compares counts: the dataset has no {ADOPTION}')
    observed = observe_counts(spec, steps=study.steps_per_period, simulated=True)
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
    out.mkdir(parents=True, exist_ok=True)
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
    lines = [f"| {' | '.join(row)} |" for row in (HEADINGS, ("---",) * len(HEADINGS), *fitted.table())]
    title = study.title or f"Fit of {spec.title} by simulation"
    replace(out / WORDS, ("\n\n".join([f"# {title}", "\n".join(lines), *fitted.sentences()]) + "\n").encode())
    return fitted
