"""What worlds of one seed share: the same arrays for the same inputs, other ones for others, and nobody writes them."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from hashlib import sha256

import numpy as np
import pytest
from every_mechanism import EVERYTHING, HEIRS, MINING, MOBILITY, SEEDS, TURNOVER, scenario
from hypothesis import given
from hypothesis import strategies as st
from tie_rules import rule_of

import simulation.engine.shared
from simulation.engine.build.world import build_world
from simulation.engine.shared import shared
from simulation.engine.simulate import simulate
from simulation.engine.ties import draw_network
from simulation.scenario.loading import load_scenario

SMALL = "world.scale=0.02"


def parts(world):
    """The arrays of a world that others may share."""
    yield from (getattr(world.pairs, field.name) for field in fields(world.pairs))
    yield from (world.enterprises.indptr, world.enterprises.indices, world.enterprises.absorptive_capacity)


def drawn(name, seed, *overrides):
    return build_world(load_scenario(name, overrides=[SMALL, *overrides]), seed)


def test_scenarios_of_one_seed_share_ties_thresholds_and_capacities_and_other_seeds_do_not():
    baseline, rival, other = drawn("baseline", 1), drawn("hypercluster", 1), drawn("hypercluster", 2)
    assert all(a is b for a, b in zip(parts(baseline), parts(rival), strict=True))
    assert not any(a is b for a, b in zip(parts(baseline), parts(other), strict=True))


@pytest.mark.parametrize(
    "setting",
    [
        "world.local_ties=0.5",
        "world.network_degree=6",
        "world.scale=0.03",
        "world.digital_readiness=0.9",
        "diffusion.absorptive_capacity_cv=0.1",
        "diffusion.half_distance_km=20.0",
        "diffusion.relatedness_other=0.1",
        "technologies.per_year=0.5",
        "time.years=3",
        "turnover.exit=0.2",
    ],
)
def test_a_world_is_the_same_whatever_was_drawn_before(setting, monkeypatch):
    drawn("baseline", 1)
    found = drawn("baseline", 1, setting)
    monkeypatch.setattr(simulation.engine.shared, "_kept", {})
    alone = drawn("baseline", 1, setting)
    assert all(np.array_equal(a, b) for a, b in zip(parts(found), parts(alone), strict=True))


def test_no_mechanism_writes_what_is_shared(tmp_path, monkeypatch):
    kept = {}
    monkeypatch.setattr(simulation.engine.shared, "_kept", kept)
    spec = scenario(tmp_path, more=EVERYTHING + HEIRS + MINING + MOBILITY + TURNOVER + SEEDS)
    build_world(spec, 1)

    def content():
        return [sha256(np.ascontiguousarray(array)).digest() for _, part in kept.values() for array in part]

    before = content()
    simulate(spec, 1)
    assert content() == before and len(before) == 9


VALUE = (
    st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.lists(st.text()).map(tuple)
    | st.lists(st.integers(-100, 100)).map(lambda numbers: np.array(numbers, dtype=np.int32))
    | st.lists(st.booleans()).map(lambda bits: np.array(bits, dtype=bool))
)


def of_inputs(*inputs):
    return (np.array([len(inputs)]), *(value for value in inputs if isinstance(value, np.ndarray)))


def alike(a, b):
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return repr(a) == repr(b)  # 0.0 and -0.0 differ, and so do 1, 1.0 and "1"


@given(one=st.lists(VALUE, max_size=4), other=st.lists(VALUE, max_size=4))
def test_equal_inputs_and_no_others_have_one_part(one, other):
    equal = len(one) == len(other) and all(map(alike, one, other))
    assert (shared(of_inputs, *one) is shared(of_inputs, *other)) == equal


def test_what_was_forgotten_is_drawn_again_bit_for_bit(monkeypatch):
    monkeypatch.setattr(simulation.engine.shared, "MOST_BYTES", 50_000)
    monkeypatch.setattr(simulation.engine.shared, "_kept", {})
    first = list(parts(drawn("baseline", 1)))
    for seed in range(2, 8):
        drawn("baseline", seed)
    again = list(parts(drawn("baseline", 1)))
    assert not any(a is b for a, b in zip(first, again, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    kept = simulation.engine.shared._kept
    assert 0 < sum(array.nbytes for _, part in kept.values() for array in part) <= 50_000


def test_a_part_used_lately_outlives_one_that_was_not(monkeypatch):
    monkeypatch.setattr(simulation.engine.shared, "MOST_BYTES", 3 * 8)
    monkeypatch.setattr(simulation.engine.shared, "_kept", {})
    first, second = shared(of_inputs, "a"), shared(of_inputs, "b")
    shared(of_inputs, "c")
    assert shared(of_inputs, "a") is first
    shared(of_inputs, "d")
    assert shared(of_inputs, "a") is first
    assert shared(of_inputs, "b") is not second


def test_a_part_that_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(simulation.engine.shared, "LARGEST_KEPT", 7)
    assert shared(of_inputs, "large") is not shared(of_inputs, "large")


def test_threads_that_draw_more_than_is_kept_do_not_disturb_each_other(monkeypatch):
    """Threads take turns as often as Python lets them, so that what can come between two lines does."""
    monkeypatch.setattr(simulation.engine.shared, "MOST_BYTES", 2_000)
    rule = rule_of([[6, 3], [4, 5]])
    seeds = [seed % 24 for seed in range(2000)]
    alone = [draw_network(seed, rule)[1].tolist() for seed in range(24)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda seed: draw_network(seed, rule)[1].tolist(), seeds))
    finally:
        sys.setswitchinterval(usual)
    assert all(ties == alone[seed] for seed, ties in zip(seeds, found, strict=True))
