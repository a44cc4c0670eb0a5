"""Platforms that compete for members share them; platforms that do not, do not."""

import numpy as np
import pytest
import small_worlds

from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario

ONE = '[[platforms]]\nname = "one"\nvectors = ["B2B"]\n'
TWO = ONE + '[[platforms]]\nname = "two"\nvectors = ["B2B"]\n'


def members(tmp_path, platforms, rivalry=0.0):
    """Members by month and platform; a high utility, so that without rivals nearly all join."""
    folder = small_worlds.dataset(tmp_path / "land", {"east": 400, "west": 400})
    path = small_worlds.plain_scenario(
        tmp_path / "s.toml", folder, time="years = 10", more=f"[membership]\nbase = 1.0\n{platforms}"
    )
    record = simulate(load_scenario(path, overrides=[f"membership.rivalry={rivalry}"]), 1)
    return record.members.sum(axis=2), record.members_anywhere


def test_a_platform_without_a_rival_does_not_feel_rivalry(tmp_path):
    np.testing.assert_array_equal(members(tmp_path, ONE)[0], members(tmp_path, ONE, rivalry=5.0)[0])


def test_without_rivalry_a_second_platform_takes_nobody_from_the_first(tmp_path):
    np.testing.assert_array_equal(members(tmp_path, TWO)[0][:, 0], members(tmp_path, ONE)[0][:, 0])


@pytest.mark.parametrize("rivalry", [2.0, 1000.0])
def test_rivals_lose_members_to_each_other(tmp_path, rivalry):
    (alone, _), (both, anywhere) = members(tmp_path, ONE), members(tmp_path, TWO, rivalry=rivalry)
    assert (both[-1] < alone[-1]).all()
    assert anywhere[-1] > both[-1].max()


def test_no_enterprise_stays_on_two_platforms_where_rivalry_is_without_bounds(tmp_path):
    both, anywhere = members(tmp_path, TWO, rivalry=1000.0)
    # Two may be joined in one month, before the other is seen; then both are left at the full rate.
    twice = both.sum(axis=1) - anywhere
    assert twice.max() < 0.02 * 800
    assert anywhere[-1] > 0.7 * 800
