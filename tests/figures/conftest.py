"""Studies made up for the figures: logistic regional curves with lags, from which nearly everything else follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from simulation.channels import CHANNELS
from simulation.figures import ScenarioCurves, StudyCurves
from simulation.figures.drawing.study import Platforms
from simulation.metrics import METRICS
from simulation.metrics.curves import crossing_time
from simulation.world import Array

REGIONS = (
    ("arkhangelsk_nenets", "Arkhangelsk, Nenets", "Northwestern", 40.6, 64.5),
    ("astrakhan", "Astrakhan", "Southern", 48.0, 46.3),
    ("tatarstan", "Tatarstan", "Volga", 49.1, 55.8),
    ("samara", "Samara", "Volga", 50.1, 53.2),
    ("komi", "Komi", "Northwestern", 50.8, 61.7),
    ("tyumen_khanty_yamal", "Tyumen, Khanty, Yamal", "Ural", 69.0, 61.0),
    ("sakhalin", "Sakhalin", "Far Eastern", 142.7, 47.0),
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
    between, total = regional.var(axis=1), pooled * (1 - pooled)
    return ScenarioCurves(
        name=name,
        title=name.replace("_", " "),
        digest="0123456789abcdef",
        seeds=tuple(seeds),
        pooled=pooled,
        regional=regional,
        variance_between=between,
        variance_total=total,
        metrics=_metrics(pooled, rng, defined=ceiling > 0.05),
        platforms=_platforms(name, len(seeds)),
        ledger=_ledger(name),
    )


def _metrics(pooled: Array, rng: np.random.Generator, *, defined: bool) -> dict[str, Array]:
    """Every metric of each replication; nan where nobody adopts, but for money."""
    n = len(pooled)
    # Drawn first, so that another metric does not move the pictures.
    synchronization = rng.normal(0.9, 0.02, n)
    shares = rng.dirichlet(((0.1, 30, 15, 2, 3, 0.2) + len(CHANNELS) * (1,))[: len(CHANNELS)], n)
    metrics = {name: rng.uniform(0.01, 0.09, n) for name in METRICS}
    metrics |= {f"attributed_{channel}": shares[:, place] for place, channel in enumerate(CHANNELS)}
    metrics["t50_years"] = crossing_time(pooled.T, 0.5, dt=1 / 12)
    metrics["synchronization"] = synchronization
    undefined = {name: np.full(n, np.nan) for name in metrics}
    money = {name: np.full(n, 38_392.0) for name in ("planned_pv", "spent_pv")}
    return (metrics if defined else undefined) | money


def _platforms(name: str, n: int) -> Platforms | None:
    """One platform, six where they are fragmented, none without a hypercluster."""
    if "hypercluster" not in name and "platforms" not in name:
        return None
    names = [f"platform_{letter}" for letter in "abcdef"] if "platforms" in name else ["national"]
    share = np.linspace(0, 0.9, MONTHS + 1)[None, :, None, None]
    may_join = np.full((n, MONTHS + 1, len(names), len(REGIONS)), 100, dtype=np.int32)
    return Platforms(
        names=tuple(names),
        may_join=may_join,
        members=(share * may_join).astype(np.int32),
        base=-3.0,
        network_effect=6.0,
        readiness_effect=2.0,
        readiness=np.linspace(0.2, 0.8, len(REGIONS)),
        kept=1.0,
    )


def _ledger(name: str) -> pd.DataFrame:
    instruments = {"baseline": (), "hypercluster": ("platform_onboarding", "platform_operation")}
    rows = [
        (instrument.replace("_", " "), instrument, year, 1500.0, 1400.0)
        for instrument in instruments.get(name, ("cluster_organisation", "technopark"))
        for year in range(10)
    ]
    return pd.DataFrame(rows, columns=["policy", "instrument", "year", "planned", "spent"])


@pytest.fixture(scope="session")
def make_study() -> MakeStudy:
    """Make a study: names of scenarios, seeds of each, and the share that adopts in the end."""

    def make(
        names: Sequence[str] = ("baseline", "regional_cluster", "hypercluster"),
        *,
        seeds: Sequence[int] = range(1, 13),
        ceiling: float = 1.0,
    ) -> StudyCurves:
        return StudyCurves(
            region_ids=tuple(region for region, *_ in REGIONS),
            region_names=tuple(name for _, name, *_ in REGIONS),
            macroregions=tuple(macroregion for _, _, macroregion, *_ in REGIONS),
            longitude=np.array([longitude for *_, longitude, _ in REGIONS]),
            latitude=np.array([latitude for *_, latitude in REGIONS]),
            enterprises=np.arange(1, len(REGIONS) + 1) * 100,
            outlines=None,
            steps_per_year=12,
            scenarios=tuple(
                _scenario(name, middle=8.0 - 0.4 * place, seeds=seeds, ceiling=ceiling)
                for place, name in enumerate(names)
            ),
            version="0.1.0",
        )

    return make


@pytest.fixture(scope="session")
def three(make_study: MakeStudy) -> StudyCurves:
    """The study that is run by default, in small."""
    return make_study()


KINDS = ("three", "one scenario", "nobody adopts")
MORE_KINDS = ("one replication", "all at once", "ten")


@pytest.fixture(
    scope="session", params=[*KINDS, *(pytest.param(kind, marks=pytest.mark.slow) for kind in MORE_KINDS)]
)
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
        for variance in (scenario.variance_between, scenario.variance_total):
            variance[:] = 0.0
        scenario.t50_years[:] = 11.5 / 12
        scenario.synchronization[:] = 1.0
    return study
