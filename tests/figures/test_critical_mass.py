"""Levels of membership are those of the mean field of section 2.3."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from simulation.engine.build.world import build_world
from simulation.figures.critical_mass import fold
from simulation.figures.drawing.study import Platforms
from simulation.scenario.loading import load_scenario
from simulation.world import Array


def platforms(
    readiness: Array, *, base: float = -3.0, network_effect: float = 6.0, kept: float = 1.0
) -> Platforms:
    regions = len(readiness)
    return Platforms(
        names=("national",),
        may_join=np.full((1, 1, 1, regions), 100, dtype=np.int32),
        members=np.zeros((1, 1, 1, regions), dtype=np.int32),
        base=base,
        network_effect=network_effect,
        readiness_effect=2.0,
        readiness=readiness,
        kept=kept,
    )


def test_equal_regions_have_the_levels_of_the_verification() -> None:
    stable, critical = fold(platforms(np.full(3, 0.5)), 0).levels()
    assert stable == pytest.approx([0.07072, 0.92928], abs=1e-4)
    assert critical == pytest.approx([0.5], abs=1e-4)


def test_equal_regions_have_the_subsidy_of_the_closed_form() -> None:
    found = fold(platforms(np.full(4, 0.7)), 0)
    exact = logit(found.shares) + 3.0 - 6.0 * found.shares - 2.0 * 0.2
    np.testing.assert_allclose(found.subsidy, exact, atol=1e-9)


def test_where_enterprises_enter_the_subsidy_makes_up_for_those_on_no_platform() -> None:
    found = fold(platforms(np.full(4, 0.7), kept=0.9), 0)
    exact = logit(found.shares / 0.9) + 3.0 - 6.0 * found.shares - 2.0 * 0.2
    np.testing.assert_allclose(found.subsidy, exact, atol=1e-9)
    assert found.shares.max() < 0.9


def test_entry_dilutes_a_platform_until_it_no_longer_sustains_itself() -> None:
    """The numbers of docs/model.md, section 13.9."""
    world = build_world(load_scenario("hypercluster"), 1)
    here = replace(
        platforms(world.regions.readiness), may_join=world.enterprises.counts.sum(axis=1)[None, None, None]
    )
    levels = {entry: fold(replace(here, kept=0.5 / (0.5 + entry)), 0).levels() for entry in (0, 0.03, 0.035)}
    assert levels[0] == (pytest.approx([0.091, 0.918], abs=1e-3), pytest.approx([0.481], abs=1e-3))
    assert levels[0.03] == (pytest.approx([0.081, 0.760], abs=1e-3), pytest.approx([0.650], abs=1e-3))
    assert levels[0.035] == (pytest.approx([0.079], abs=1e-3), [])


@pytest.mark.parametrize(("base", "count"), [(-3.4156, 1), (-3.4146, 3), (-2.5854, 3), (-2.5844, 1)])
def test_two_stable_levels_exist_only_between_the_folds(base: float, count: int) -> None:
    stable, critical = fold(platforms(np.full(2, 0.5), base=base), 0).levels()
    assert len(stable) + len(critical) == count


def test_without_network_effect_there_is_no_critical_mass() -> None:
    found = fold(platforms(np.array([0.2, 0.8]), network_effect=0.0), 0)
    stable, critical = found.levels()
    assert found.stable.all()
    assert critical == []
    assert stable == pytest.approx([expit(-3.0 + np.array([-0.6, 0.6])).mean()], abs=1e-5)


def test_regions_weigh_by_those_who_may_join_at_the_start() -> None:
    found = platforms(np.array([0.2, 0.8]))
    may_join = np.array([[[[90, 10]], [[10, 90]]]], dtype=np.int32)  # one replication, two months
    start, later = (
        fold(replace(found, may_join=months), 0).subsidy for months in (may_join, may_join[:, :1])
    )
    np.testing.assert_array_equal(start, later)
    assert (start > fold(replace(found, may_join=may_join[:, 1:]), 0).subsidy).all()


def test_regions_of_unlike_readiness_rest_where_all_of_them_rest() -> None:
    readiness = np.array([0.2, 0.5, 0.8])
    stable, _ = fold(platforms(readiness), 0).levels()
    for share in stable:
        members = np.full(3, share)
        for _ in range(500):
            members = expit(-3.0 + 3.0 * (members.mean() + members) + 2.0 * (readiness - 0.5))
        assert members.mean() == pytest.approx(share, abs=1e-4)
