"""Transfer: whose experience counts, where and from when on (section 13.4)."""

import numpy as np
import pytest

from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.mechanisms.transfer import Transfer, experience
from simulation.scenario.loading import load_scenario, parse_scenario

SMALL = ["world.scale=0.05", "time.years=8", "diffusion.spontaneous=0.01", "budget.per_year=1e6"]
ELIGIBLE = np.array([[100, 100, 0], [10, 10, 10], [50, 0, 50]])


def factor(adopters, donors, **settings):
    transfer = Transfer(**{"takeoff": 0.07, "effect": 0.5} | settings)
    return experience(np.array(adopters), ELIGIBLE, is_donor=np.array(donors), transfer=transfer).tolist()


def test_relevance_rises_elsewhere_once_the_donor_has_taken_off():
    got = factor([[7, 6, 0], [9, 9, 9], [50, 0, 0]], [True, False, False])
    assert got == [[1.0, 1.0, 1.0], [1.5, 1.0, 1.0], [1.5, 1.0, 1.0]]


def test_a_donor_gains_by_other_donors_and_nobody_gains_twice():
    got = factor([[7, 0, 0], [9, 0, 0], [0, 0, 0]], [True, True, False])
    assert got == [[1.5, 1.0, 1.0], [1.5, 1.0, 1.0], [1.5, 1.0, 1.0]]


def test_a_donor_without_eligible_enterprises_never_takes_off():
    assert factor([[0, 0, 0], [9, 9, 9], [9, 0, 9]], [True, False, False], takeoff=1e-9) == [[1.0] * 3] * 3


@pytest.mark.parametrize("off", ["transfer.effect=0", "transfer.donors=[]"])
@pytest.mark.parametrize("name", ["baseline", "hypercluster"])
def test_without_effect_or_donor_nothing_changes_bit_for_bit(name, off):
    on = ['transfer.donors=["tatarstan"]', "transfer.effect=3", "transfer.takeoff=0.01"]
    given = simulate(load_scenario(name, overrides=SMALL), 2)
    moved = simulate(load_scenario(name, overrides=[*SMALL, *on, off]), 2)
    for field in ("adopters", "attribution", "members", "mastered"):
        assert np.array_equal(getattr(given, field), getattr(moved, field)), field


def run(*overrides):
    engine = Engine(load_scenario("baseline", overrides=[*SMALL, *overrides]), 3)
    while not engine.finished:
        engine.step()
    return engine


def test_nothing_differs_before_the_donor_takes_off_and_nothing_comes_later_after():
    without = run()
    with_it = run('transfer.donors=["tatarstan"]', "transfer.effect=2", "transfer.takeoff=0.2")
    before, after = without.record().adopters, with_it.record().adopters
    donor = without.world.regions.ids.index("tatarstan")
    share = before[:, donor].sum(axis=1) / without.world.eligible[donor].sum(axis=0)  # (T + 1, K)
    first = np.flatnonzero((share >= 0.2).any(axis=1))[0]
    assert np.array_equal(before[: first + 1], after[: first + 1])
    assert not np.array_equal(before, after)
    earlier, later = (
        np.where(e.state.adopted_month < 0, 10**6, e.state.adopted_month) for e in (with_it, without)
    )
    assert (earlier <= later).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[transfer]\ndonors = ['kuzbas']", 'donors[0] = "kuzbas": not a region'),
        ("[transfer]\ntakeoff = 0", "transfer.takeoff = 0: must be more than 0"),
        ("[transfer]\neffect = -1", "transfer.effect = -1: must be 0 or more"),
    ],
)
def test_a_transfer_that_cannot_be_meant_is_refused(text, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert said in str(caught.value)
