"""Ends of profiles lie where the likelihood has fallen as far as they say."""

import numpy as np
import pytest
from observed_worlds import world_of

from simulation.fit.likelihood import Likelihood
from simulation.fit.maximum import DROP, Search
from simulation.fit.ranges import Range

RANGES = (
    Range("p", "diffusion.spontaneous", 2e-5, 1.0, "log"),
    Range("near", "diffusion.spatial", 0.0, 2.0, "linear"),
    Range("met", "diffusion.network", 0.0, 2.0, "linear"),
    Range("v", "diffusion.absorptive_capacity_cv", 0.0, 2.0, "linear"),
)


def test_the_ends_of_a_profile_are_those_of_its_interval(tmp_path):
    """In a world whose most likely variation is 0, where the derivative by it is 0, whatever else holds."""
    rates = ["diffusion.spontaneous=0.08", "diffusion.spatial=0", "diffusion.network=0.3"]
    overrides = [*rates, "diffusion.absorptive_capacity_cv=1.1"]
    world = world_of(tmp_path, {"a": 40, "b": 50, "c": 30}, periods=6, seeds=2, seed=8, overrides=overrides)
    search = Search(Likelihood(world, [each.key for each in RANGES]), RANGES)
    maximum = search.maximum(4, seed=1)
    assert maximum.places[3] == 0
    inside = 0
    for n in range(4):
        profile = search.profile(n, maximum)
        for end in (profile.low, profile.high):
            if 0 < end < 1:
                begins = (maximum.places, np.full(4, 0.5), np.full(4, 0.1))
                top = max(search.climb(begin, {n: end})[1] for begin in begins)
                assert maximum.log - top == pytest.approx(DROP, abs=0.01), RANGES[n].name
                inside += 1
        within = (profile.places >= profile.low) & (profile.places <= profile.high)
        assert (maximum.log - profile.logs[within] <= DROP + 0.01).all()
        assert (maximum.log - profile.logs[~within] >= DROP - 0.01).all()
    assert inside >= 4
