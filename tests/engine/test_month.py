"""The compiled month against the plain one of ``reference_model``, and the invariances of section 6."""

import numpy as np
import pytest
import reference_model
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

from simulation.engine.month import Engine


@pytest.mark.parametrize(
    ("more", "diffusion"),
    [
        ("", ""),
        (PLATFORM, ""),
        (PLATFORM, 'contacts = "substituted"'),
        (PLATFORM + TURNOVER, "density_exponent = 0.6"),
        (EVERYTHING, ""),
        (MINING, ""),
        (PLATFORM + MOBILITY, ""),
        (PLATFORM + SEEDS, ""),
        (EVERYTHING + HEIRS + MINING + CHAIN_POLICY + MOBILITY + TURNOVER + SEEDS, ""),
    ],
    ids=[
        "no policy",
        "platform",
        "substituted",
        "turnover, contacts by number",
        "all instruments and vectors",
        "mechanisms of the mining region",
        "labour mobility",
        "initial adopters",
        "all together",
    ],
)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_compiled_month_equals_the_plain_one(tmp_path, more, diffusion, seed):
    spec = scenario(tmp_path, more=more, diffusion=diffusion)
    engine = Engine(spec, seed)
    world, state = engine.world, engine.state
    adopted, mastered, members, attribution = reference_model.simulate(spec, world, world.months)
    engine.run_for(world.months)
    got = np.full_like(adopted, -1)
    got_attribution = np.zeros_like(attribution)
    for k in range(len(world.technologies.names)):
        here = slice(world.pairs.start[k], world.pairs.start[k + 1])
        got[world.pairs.enterprise[here], k] = state.adopted_month[here]
        got_attribution[world.pairs.enterprise[here], k] = state.attribution[here]
    there = reference_model.who_is_there(world, world.months - 1)
    for (r, s), n in np.ndenumerate(engine.world.enterprises.counts):
        cell = there & (world.enterprises.region_of == r) & (world.enterprises.industry_of == s)
        assert n == cell.sum()
        np.testing.assert_array_equal(state.adopters[r, s], (adopted[cell] >= 0).sum(axis=0))
    assert (adopted[there] >= 0).mean() > 0.2, "too little happens for the comparison to mean much"
    np.testing.assert_array_equal(got, adopted)
    np.testing.assert_array_equal(state.mastered_month, mastered)
    bits = np.arange(len(world.platforms.names), dtype=np.uint64)[:, None]
    np.testing.assert_array_equal((state.mask_of[None, :] >> bits) & np.uint64(1) == 1, members)
    np.testing.assert_allclose(got_attribution, attribution, rtol=1e-9, atol=1e-12)
