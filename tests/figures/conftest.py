"""Studies made up for the figures: logistic regional curves with lags, from which everything else follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from simulation.figures import ScenarioCurves, StudyCurves
from simulation.metrics.curves import crossing_time

REGIONS = (
    ("arkhangelsk_nenets", "Arkhangelsk, Nenets", "Northwestern"),
    ("astrakhan", "Astrakhan", "Southern"),
    ("tatarstan", "Tatarstan", "Volga"),
    ("samara", "Samara", "Volga"),
    ("komi", "Komi", "Northwestern"),
    ("tyumen_khanty_yamal", "Tyumen, Khanty, Yamal", "Ural"),
    ("sakhalin", "Sakhalin", "Far Eastern"),
)
TEN = (
    *("baseline", "regional_cluster", "hypercluster", "mixed", "regional_cluster_everywhere"),
    *(
        "hypercluster_hubs_only",
        "hypercluster_low_readiness",
        "fragmented_platforms",
        "science_network",
        "my_own_idea",
    ),
)
MONTHS = 120

MakeStudy = Callable[..., StudyCurves]


def _scenario(name: str, *, middle: float, seeds: Sequence[int], ceiling: float) -> ScenarioCurves:
    rng = np.random.default_rng(len(name))
    lag = rng.normal(0, 1.5, len(REGIONS))
    middles = middle + lag + rng.normal(0, 0.3, (len(seeds), 1))
    tau = np.arange(MONTHS + 1) / 12
    regional = ceiling / (1 + np.exp(-(tau - middles[:, :, None])))
    pooled = regional.mean(axis=1)
    return ScenarioCurves(
        name=name,
        title=f"A title of {name.replace('_', ' ')} that needs more than one line",
        digest="0123456789abcdef",
        seeds=tuple(seeds),
        pooled=pooled,
        regional=regional,
        t50_years=crossing_time(pooled.T, 0.5, dt=1 / 12),
        synchronization=rng.normal(0.9, 0.02, len(seeds)) if ceiling > 0.05 else np.full(len(seeds), np.nan),
    )


@pytest.fixture
def make_study() -> MakeStudy:
    """Make a study: names of scenarios, seeds of each, and the share that adopts in the end."""

    def make(
        names: Sequence[str] = ("baseline", "regional_cluster", "hypercluster"),
        *,
        seeds: Sequence[int] = range(1, 13),
        ceiling: float = 1.0,
    ) -> StudyCurves:
        return StudyCurves(
            region_ids=tuple(region for region, _, _ in REGIONS),
            region_names=tuple(name for _, name, _ in REGIONS),
            macroregions=tuple(macroregion for _, _, macroregion in REGIONS),
            steps_per_year=12,
            scenarios=tuple(
                _scenario(name, middle=8.0 - 0.4 * place, seeds=seeds, ceiling=ceiling)
                for place, name in enumerate(names)
            ),
            version="0.1.0",
        )

    return make


@pytest.fixture
def three(make_study: MakeStudy) -> StudyCurves:
    """The study that is run by default, in small."""
    return make_study()


@pytest.fixture(params=["three", "ten", "one replication", "one scenario", "nobody adopts", "all at once"])
def study(request: pytest.FixtureRequest, make_study: MakeStudy) -> StudyCurves:
    """Studies that a figure must be able to draw, the degenerate ones among them."""
    match request.param:
        case "ten":
            return make_study(TEN)
        case "one replication":
            return make_study(seeds=[7])
        case "one scenario":
            return make_study(["hypercluster"])
        case "nobody adopts":
            return make_study(ceiling=0.0)
        case "all at once":
            return _all_at_once(make_study())
    return make_study()


def _all_at_once(study: StudyCurves) -> StudyCurves:
    for scenario in study.scenarios:
        for curves in (scenario.pooled, scenario.regional):
            curves[..., :12], curves[..., 12:] = 0.0, 1.0
        scenario.t50_years[:] = 11.5 / 12
        scenario.synchronization[:] = 1.0
    return study
