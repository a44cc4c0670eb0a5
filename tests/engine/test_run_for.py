"""Months in one call are the months one by one, bit for bit, with every mechanism and however calls are divided."""

import dataclasses

import numpy as np
import pytest
from every_mechanism import (
    CHAIN_POLICY,
    EVERYTHING,
    HEIRS,
    MINING,
    MOBILITY,
    PLATFORM,
    SEEDS,
    TURNOVER,
    scenario,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.engine.month import Engine

PARTS = {
    "mining": MINING,
    "mobility": MOBILITY,
    "turnover": TURNOVER,
    "seeds": SEEDS,
}
PLATFORMS = {"none": "", "one": PLATFORM, "many": EVERYTHING, "heirs": EVERYTHING + HEIRS}


def assert_same(one: Engine, other: Engine) -> None:
    """Compare all that the replications leave, and the state in which they stand."""
    for left, right in ((one.record(), other.record()), (one.state, other.state)):
        for field in dataclasses.fields(left):
            here, there = getattr(left, field.name), getattr(right, field.name)
            if isinstance(here, np.ndarray):
                np.testing.assert_array_equal(here, there, err_msg=field.name)
            elif field.name == "ledger":
                assert here.equals(there)
            else:
                assert here == there, field.name


def assert_recorded(engine: Engine) -> None:
    """Compare the last row of the record with counts made anew from the state."""
    record, state = engine.record(), engine.state
    np.testing.assert_array_equal(record.adopters[-1], state.adopters)
    np.testing.assert_array_equal(record.members[-1], state.members)
    np.testing.assert_array_equal(record.mastered[-1], state.mastered.sum(axis=0))
    assert record.members_anywhere[-1] == np.count_nonzero(state.mask_of)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    parts=st.sets(st.sampled_from(sorted(PARTS))),
    platforms=st.sampled_from(sorted(PLATFORMS)),
    contacts=st.sampled_from(["added", "substituted"]),
    splits=st.lists(st.integers(1, 30), max_size=8),
    seed=st.integers(0, 1000),
    looks=st.sets(st.integers(0, 7)),
)
def test_months_in_one_call_equal_months_one_by_one(
    tmp_path, parts, platforms, contacts, splits, seed, looks
):
    more = PLATFORMS[platforms] + "".join(PARTS[part] for part in sorted(parts))
    if "mining" in parts and platforms in ("many", "heirs"):
        more += CHAIN_POLICY
    spec = scenario(tmp_path, more=more, diffusion=f'contacts = "{contacts}"')
    stepped, run = Engine(spec, seed), Engine(spec, seed)
    for number, months in enumerate(splits):
        run.run_for(months)
        while stepped.state.month < run.state.month:
            stepped.step()
            assert_recorded(stepped)
        assert_same(run, stepped)
        if number in looks:  # an inspection changes nothing of what follows
            run.hazard_of(0, 0)
    run.run_for(10**6)
    while not stepped.finished:
        stepped.step()
    assert run.finished
    assert_same(run, stepped)


def test_no_month_is_no_change_and_months_end_at_the_horizon(tmp_path):
    engine, other = (Engine(scenario(tmp_path, more=PLATFORM), 1) for _ in range(2))
    engine.run_for(0)
    assert_same(engine, other)
    engine.run_for(other.world.months + 5)
    assert engine.state.month == other.world.months


@pytest.mark.parametrize("parts", ["", TURNOVER], ids=["within months", "at the start of a year, too"])
def test_strata_are_numbered_anew_when_numbers_run_out_which_changes_no_result(tmp_path, monkeypatch, parts):
    platforms = "".join(f'[[platforms]]\nname = "p{n}"\nvectors = ["B2B", "B2SC"]\n' for n in range(7))
    spec = scenario(tmp_path, more=platforms + parts)
    few = Engine(spec, 1)
    made, anew = few.state.strata_made[0], 0
    while not few.finished:
        few.run_for(5)
        anew += few.state.strata_made[0] < made
        made = few.state.strata_made[0]
    assert anew > 0
    monkeypatch.setattr("simulation.engine.initial.numbers_for_strata", lambda n, r, h: r * 2**h)
    many = Engine(spec, 1)
    many.run_for(10**6)
    assert many.state.strata_made[0] > few.state.stratum_mask.size
    left, right = few.record(), many.record()
    for field in dataclasses.fields(left):
        here, there = getattr(left, field.name), getattr(right, field.name)
        if isinstance(here, np.ndarray):
            np.testing.assert_array_equal(here, there, err_msg=field.name)


def test_institutional_terms_that_are_kept_are_those_that_would_be_computed(tmp_path):
    """Also of technologies that all had adopted, when newcomers wait for them: institutions have learned meanwhile."""
    spec = scenario(tmp_path, more=PLATFORM + TURNOVER, diffusion="")
    quick = {"spontaneous": 30.0, "learning": 0.2, "absorptive_capacity_cv": 0.0}
    spec = spec.model_copy(update={"diffusion": spec.diffusion.model_copy(update=quick)})
    engine = Engine(spec, 3)
    waited, again = np.zeros(len(engine.world.technologies.names), dtype=bool), 0
    finished, masters, learned = waited.copy(), engine.state.mastered.sum(axis=0), waited.copy()
    while not engine.finished:
        engine.run_for(1)
        state, derived = engine.state, engine._derived
        waits = state.waiting_count > 0
        # Learned in a month in which nobody waited, and somebody waits again.
        learned |= finished & ~waits & (state.mastered.sum(axis=0) > masters)
        masters = state.mastered.sum(axis=0)
        again += np.count_nonzero(waits & learned)
        finished |= waited & ~waits
        waited |= waits
        used = np.flatnonzero((state.stratum_size > 0) & ~derived.stratum_is_new)
        for k in np.flatnonzero(waits & ~derived.terms_are_old):
            kept = derived.institutional_local[k, used].copy(), derived.institutional_remote[k, used].copy()
            engine.hazard_of(0, int(k))  # computes them anew
            np.testing.assert_array_equal(kept[0], derived.institutional_local[k, used])
            np.testing.assert_array_equal(kept[1], derived.institutional_remote[k, used])
    assert again > 0


@pytest.mark.parametrize("platforms", ["none", "many"])
def test_threads_over_technologies_leave_every_bit_as_it_is(tmp_path, monkeypatch, platforms):
    spec = scenario(tmp_path, more=SEEDS + TURNOVER + PLATFORMS[platforms])
    alone = Engine(spec, 3)
    monkeypatch.setattr("simulation.engine.month.LARGE", 0)
    together = Engine(spec, 3, threads=3)
    for engine in (alone, together):
        engine.run_for(engine.world.months)
    assert_same(alone, together)
