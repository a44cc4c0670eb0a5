"""What decides in a design made to tell: Sobol' indices, elementary effects, differences point by point.

The outcome is the paired difference of two scenarios at a point, its advantage over the reference. In a Saltelli design
the seed is an input like the others, so that its index is the share of chance. These designs run everywhere, whatever
the baseline shows: their indices describe all worlds of the ranges, before any filter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

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
    """Return the mean advantage of a scenario at each point over its seeds, with its 95 % interval.

    Columns: point, n (pairs), ending (that of the first pair), and for each metric its mean, ``METRIC_low`` and
    ``METRIC_high``; nan where a plan is not affordable or a run failed.
    """
    pairs = pairs_of(ensemble, scenario, ())
    table = pd.DataFrame({"point": pairs.point, **pairs.advantage}).groupby("point")
    found, n = table.mean(), table.size()
    half = table.sem().mul(student.ppf(0.975, (n - 1).clip(lower=1)), axis=0)
    endings = pd.Series(pairs.ending, index=pairs.point).groupby(level=0).first()
    whole = found.join((found - half).add_suffix("_low")).join((found + half).add_suffix("_high"))
    whole.insert(0, "ending", endings)
    whole.insert(0, "n", n)
    return whole.rename_axis("point").reset_index()


def indices_of(results: Results, ensemble: Ensemble) -> pd.DataFrame:
    """Return the indices that the design of an ensemble was made for; empty for a design made for something else.

    Columns: scenario, measure, and those of :func:`simulation.explore.sobol.sobol_indices` or
    :func:`simulation.explore.morris.elementary_effects`.
    """
    kind = design_of(results).kind
    if kind not in ("saltelli", "morris"):
        return pd.DataFrame()
    design = design_of(results)
    found = []
    for scenario in ensemble.scenarios:
        means = differences_by_point(ensemble, scenario).set_index("point")
        points = _whole_sets(design, ensemble)
        for measure, metric in METRIC.items():
            outcome = means[metric].reindex(points).to_numpy()
            table = _sobol(design, outcome) if kind == "saltelli" else _morris(design, points, outcome)
            found.append(table.assign(scenario=scenario, measure=measure))
    whole = pd.concat(found, ignore_index=True)
    front = ["scenario", "measure"]
    return whole[[*front, *(name for name in whole if name not in front)]]


def differences(ensemble: Ensemble) -> pd.DataFrame:
    """Return the advantage at every point, with the values of the parameters there; columns of
    :func:`differences_by_point` after scenario, point and the parameters. Its intervals are of single points.
    """
    found = [
        differences_by_point(ensemble, scenario).assign(scenario=scenario) for scenario in ensemble.scenarios
    ]
    whole = pd.concat(found, ignore_index=True)
    values = ensemble.design.loc[whole["point"]].reset_index(drop=True)
    front = whole[["scenario", "point"]]
    return pd.concat([front, values, whole.drop(columns=["scenario", "point"])], axis=1)


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
