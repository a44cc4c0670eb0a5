"""What decides in a design made to tell: Sobol' indices, elementary effects, one parameter at a time.

The outcome is the paired difference of two scenarios at a point, its advantage over the reference. In a Saltelli design
the seed is an input like the others, so that its index is the share of chance. These designs run everywhere, whatever
the baseline shows: their indices describe all worlds of the ranges, before any filter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.explore.designs import Design
from simulation.explore.ensemble import design_of
from simulation.explore.morris import elementary_effects
from simulation.explore.outcomes import METRIC, SEED, Ensemble, pairs_of
from simulation.explore.sobol import sobol_indices
from simulation.results.reader import Results
from simulation.world import Array

CHANCE = "chance (the seed)"
"""Name of the seed among the inputs."""


def differences_by_point(ensemble: Ensemble, scenario: str) -> pd.DataFrame:
    """Return the mean advantage of a scenario at each point over its seeds, with its standard error.

    Columns: point, n (pairs), and for each metric its mean and ``METRIC_error``; nan where a plan is not affordable or
    a run failed.
    """
    pairs = pairs_of(ensemble, scenario, ())
    table = pd.DataFrame({"point": pairs.point, **pairs.advantage}).groupby("point")
    found = table.mean()
    errors = table.sem().add_suffix("_error")
    return pd.concat([table.size().rename("n"), found, errors], axis=1).reset_index()


def indices_of(results: Results, ensemble: Ensemble) -> pd.DataFrame:
    """Return the table that the design of an ensemble was made for; empty for a design made for something else.

    Columns: scenario, measure, and those of :func:`simulation.explore.sobol.sobol_indices` or
    :func:`simulation.explore.morris.elementary_effects`; or of one parameter at a time: input, value, and the mean
    advantage with its standard error.
    """
    kind = results.manifest["ensemble"]["identity"]["design"]
    if kind not in ("saltelli", "morris", "one-at-a-time"):
        return pd.DataFrame()
    design = design_of(results)
    found = []
    for scenario in ensemble.scenarios:
        means = differences_by_point(ensemble, scenario).set_index("point")
        points = _whole_sets(design, ensemble)
        for measure, metric in METRIC.items():
            outcome = means[metric].reindex(points).to_numpy()
            if kind == "saltelli":
                table = _sobol(design, outcome)
            elif kind == "morris":
                table = _morris(design, points, outcome)
            else:
                table = _one_at_a_time(design, points, outcome, means[f"{metric}_error"].reindex(points))
            found.append(table.assign(scenario=scenario, measure=measure))
    whole = pd.concat(found, ignore_index=True)
    front = ["scenario", "measure"]
    return whole[[*front, *(name for name in whole if name not in front)]]


def _whole_sets(design: Design, ensemble: Ensemble) -> list[int]:
    """Return the points, in order, of the sets of which every baseline has ended; all points of a finite design."""
    if design.size is not None:
        return list(range(design.size))
    last = int(ensemble.baseline.index.max()) + 1
    return list(range(last // design.together * design.together))


def _names(design: Design) -> list[str]:
    return [parameter.name for parameter in design.parameters]


def _sobol(design: Design, outcome: Array) -> pd.DataFrame:
    rows = outcome.reshape(-1, design.together)
    return sobol_indices(
        rows[:, 0],
        rows[:, 1],
        ab=rows[:, 2:].T,
        names=[*_names(design), CHANCE],
        rng=np.random.default_rng(SEED),
    )


def _morris(design: Design, points: Sequence[int], outcome: Array) -> pd.DataFrame:
    places = np.array([design.places(point) for point in points])
    return elementary_effects(places, outcome, names=_names(design), rng=np.random.default_rng(SEED))


def _one_at_a_time(
    design: Design, points: Sequence[int], outcome: Array, error: pd.Series[float]
) -> pd.DataFrame:
    rows = []
    for point, advantage, standard_error in zip(points, outcome, error, strict=True):
        values = design.values(point)
        moved = [
            (name, value) for name, value in zip(_names(design), values, strict=True) if value is not None
        ]
        name, value = moved[0] if moved else ("nothing", "as in the scenarios")
        rows.append({"input": name, "value": value, "advantage": advantage, "error": standard_error})
    return pd.DataFrame(rows)
