"""Runs of a fitted model from what was observed at the start, and what was observed measured as runs are."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from observed_worlds import SIX, plain_draws, simulated, world_of, write_agents, write_world

from simulation.data.dictionary import TABLES
from simulation.engine.month import Engine
from simulation.fit import predictive
from simulation.fit.likelihood import Likelihood
from simulation.fit.observed import NOMINATIONS, observe
from simulation.fit.study import Fit
from simulation.metrics import compute
from simulation.metrics import reasons as reasons_of


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """A world with initial adopters in which a run was observed, and its engine."""
    folder = tmp_path_factory.mktemp("seeded")
    file = write_world(folder, {"a": 9, "b": 7}, periods=8, seeds=2)
    spec, engine, period = simulated(file, 4)
    write_agents(folder, engine.world, period)
    return observe(spec), engine


def test_given_the_adopters_that_were_drawn_a_run_is_the_same(seeded):
    observed, engine = seeded
    found = predictive.simulated(observed, observed.spec, ties="mutual", seed=4)
    assert np.array_equal(found.adopters, engine.record().adopters)
    assert np.array_equal(found.attribution, engine.record().attribution)


def test_initial_adopters_are_those_that_were_observed_whatever_the_seed(seeded):
    observed, _ = seeded
    start = ~observed.at_risk
    assert start.sum() == 4
    for seed in (1, 2, 3):
        engine = Engine(observed.spec.model_copy(update={"seeds": ()}), seed)
        engine.give(start)
        engine.run_for(observed.periods)
        assert ((engine.state.adopted_month == 0) == start).all()
        engine.give(start)  # again: nothing to give
        assert np.array_equal(engine.record().adopters[-1], engine.state.adopters)


def test_what_was_observed_is_measured_as_the_run_that_it_was(seeded):
    observed, engine = seeded
    like = predictive.simulated(observed, observed.spec, ties="mutual", seed=99)
    record = predictive.record_of(observed, like)
    assert np.array_equal(record.adopters, engine.record().adopters)
    values, reasons = predictive.measured(record)
    run = engine.record()
    expected, why = compute(run), reasons_of(run)
    assert values == pytest.approx({name: expected[name] for name in predictive.MEASURES}, nan_ok=True, rel=0)
    assert reasons == {name: why[name] for name in predictive.MEASURES if name in why}


def test_runs_give_the_frequencies_of_a_plain_simulation(tmp_path):
    """Adopters of both regions at the end, without initial adopters: two-sample chi-square."""
    overrides = ["diffusion.spontaneous=0.3", "diffusion.spatial=1.5", "diffusion.absorptive_capacity_cv=1.2"]
    world = world_of(tmp_path, SIX, periods=4, partners=1, overrides=overrides)
    world = replace(world, period=np.full(6, 5))
    runs = 300
    of = np.array([
        predictive.simulated(world, world.spec, ties="mutual", seed=s).adopters[-1].sum(axis=(1, 2))
        for s in range(runs)
    ])  # fmt: skip
    plain = plain_draws(world, 20_000, np.random.default_rng(3)) <= 4
    region = world.world.enterprises.region_of
    expected = np.stack([plain[:, region == r].sum(axis=1) for r in range(2)], axis=1)
    cells = 3  # of the second region
    one, other = (np.bincount(x @ [cells, 1], minlength=15) for x in (of, expected))
    kept = other >= 300
    share = other[kept] / other.sum()
    # Pearson's statistic has the mean and the variance of a chi-square, k and 2k; other cells are left out.
    statistic = ((one[kept] - runs * share) ** 2 / (runs * share)).sum()
    assert statistic < kept.sum() + 3.5 * np.sqrt(2 * kept.sum())


def test_directed_ties_are_looked_along_in_their_direction(tmp_path):
    """Each adopts in the period in which the likelihood's cumulated hazard passes its threshold."""
    file = write_world(tmp_path, {"a": 12, "b": 8}, periods=8, partners=2, seeds=1)
    spec, engine, period = simulated(file, 2)
    write_agents(tmp_path, engine.world, period)
    of, draw = engine.world.enterprises, np.random.default_rng(5)
    name = [(engine.world.regions.ids[r], "coal", n) for r, n in zip(of.region_of, of.number_of, strict=True)]
    lines = [",".join(TABLES["enterprise_ties"].key)]
    lines += [
        ",".join(map(str, (*name[i], *name[j])))
        for i in range(20)
        for j in draw.choice([j for j in range(20) if j != i], size=3, replace=False)
    ]
    (tmp_path / "data" / NOMINATIONS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    observed = observe(spec, ties="directed")
    unseeded = spec.model_copy(update={"seeds": ()})
    found = Engine(unseeded, 7, world=predictive._looked_at(Engine(unseeded, 7).world, observed.world))
    found.give(~observed.at_risk)
    found.run_for(8)
    month = found.state.adopted_month.astype(int)
    again = replace(observed, period=np.where(month < 0, 9, month))
    record = predictive.simulated(observed, spec, ties="directed", seed=7)
    assert np.array_equal(record.adopters[-1], found.state.adopters)
    reached = (
        found.world.pairs.threshold
        / found.world.enterprises.absorptive_capacity[found.world.pairs.enterprise]
    )
    by_period = [
        Likelihood(replace(again.until(t), period=np.minimum(again.period, t + 1)), ()) for t in range(1, 9)
    ]
    hazards = np.array([each.hazards(np.empty(0)) for each in by_period])
    for p in np.flatnonzero(again.at_risk):
        passed = np.flatnonzero(hazards[:, p] >= reached[p] * (1 - 1e-12))
        assert (passed[0] + 1 if passed.size else 9) == again.period[p]


def test_a_table_says_what_is_inside_and_why_something_is_undefined(seeded):
    observed, engine = seeded
    fitted = SimpleNamespace(
        seen=observed, study=Fit(scenario="s", seed=1), ranges=(), draws=np.empty((40, 0))
    )
    found = predictive.predictive(fitted, runs=40)
    table = predictive.synchronization(found).set_index("metric")
    assert (table.verdict == predictive.INSIDE).sum() >= 3  # the data are a run of the same model
    curves = predictive.curves(found)
    last = curves[curves.period == 8]
    assert np.array_equal(last.observed, engine.record().adopters[-1].sum(axis=(1, 2)))
    assert (curves.low <= curves["median"]).all() and (curves["median"] <= curves.high).all()
    assert (curves[curves.period == 0].low == 2).all() and (curves[curves.period == 0].high == 2).all()
    early = replace(
        found, seen={**found.seen, "phi": np.nan, "t50_years": 0.01}, reasons={"phi": "No reason."}
    )
    early.measures["w1_years"] = np.nan
    table = predictive.synchronization(early)
    assert table.set_index("metric").verdict[["phi", "t50_years", "w1_years"]].tolist() == [
        predictive.UNKNOWN, predictive.BELOW, predictive.UNKNOWN
    ]  # fmt: skip
    said = predictive.sentences(table)
    assert said[0] == "Phi is not compared. No reason."
    assert "Only 0 of 40 runs" in said[1] and "is below what the fitted model gives" in said[2]
