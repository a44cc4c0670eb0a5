"""A program that uses hypercluster from outside; type checkers read it, and nothing runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal, assert_type

import pandas as pd
from matplotlib.axes import Axes

from simulation import (
    AnyResults,
    HyperclusterModel,
    Results,
    compare,
    figures,
    load_scenario,
    page,
    plugins,
    run,
    run_any,
    run_batch,
)
from simulation.batch.progress import Progress
from simulation.levers import Levers
from simulation.metrics import Curves, Metric, Undefined
from simulation.policies import Effect, RegionalPolicy
from simulation.replication import Run
from simulation.scenario.schema import Scenario
from simulation.world import Array, Endowment


def study(out: Path) -> pd.DataFrame:
    """Run and compare two scenarios."""
    spec = load_scenario("hypercluster", overrides=["diffusion.half_distance_km=300"])
    assert_type(spec, Scenario)
    assert_type(spec.time.years, float)
    assert_type(spec.digest, str)
    one = run(spec, seed=7)
    assert_type(one, Run)
    assert_type(one.metrics, dict[str, float])
    assert_type(one.curves, pd.DataFrame)
    assert_type(one.ledger, pd.DataFrame)

    def told(progress: Progress) -> None:
        print(progress.done, progress.total)

    results = run_batch(["baseline", spec], replications=10, out=out, progress=told)
    assert_type(results, Results)
    assert_type(results.scenarios, tuple[str, ...])
    assert_type(results.runs(["phi"]), pd.DataFrame)
    return compare(results, "baseline")


def walk(parameters: dict[str, Any], seed: int) -> dict[str, float]:
    """Be a model of somebody else."""
    return {"end": parameters["step"] * seed}


def walks(out: Path) -> pd.DataFrame:
    """Run and compare another model."""
    results = run_any(walk, {"short": {"step": 1}, "long": {"step": 2.5}}, 20, out=out, workers=2)
    assert_type(results, AnyResults)
    assert_type(results.runs(), pd.DataFrame)
    assert_type(results.parameters, pd.DataFrame)
    assert_type(results.verify(), list[tuple[str, int]])
    return results.compare("short")


def model() -> HyperclusterModel:
    """Run the Mesa model, and draw."""
    found = HyperclusterModel("hypercluster", rng=7)
    found.run_for(120)
    assert_type(found.seed, int)
    assert_type(figures.speed_synchrony("results/study"), Axes)
    page("regional_cluster", "hypercluster")
    return found


class Mentoring(RegionalPolicy):
    """An instrument of somebody else."""

    unit_cost: ClassVar[float] = 2.0
    cost_basis: ClassVar[str] = "enterprise"
    effect: ClassVar[Effect | None] = Effect(0.2, "relative increase of absorptive capacity")

    instrument: Literal["mentoring"] = "mentoring"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return self.cost_by_region(endowment, unit_cost * endowment.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.training += effect * coverage[:-1]


def least(curves: Curves) -> float:
    """Measure something."""
    if not curves.eligible.any():
        raise Undefined("No enterprise is eligible.")
    return float(curves.regional[-1].min())


METRICS = (Metric(name="least", unit="share", reading="The least.", better="higher", measure=least),)
plugins.use("my_policies.py")
