"""The compiled month against the plain one of ``reference_model``, and the invariances of section 6."""

import numpy as np
import pytest
import reference_model
from small_worlds import dataset

from simulation.engine.month import Engine
from simulation.scenario.loading import load_scenario

REGIONS = {
    "east": {"coal": 9, "oil_gas": 6, "mining_services": 4},
    "north": {"coal": 3, "mining_services": 7},
    "west": {"oil_gas": 11, "mining_services": 2},
}
PLACES = {"east": (50.0, 60.0), "north": (52.0, 60.5), "west": (51.0, 57.0)}
INSTITUTIONS = (
    ("east", "East University", "university"),
    ("east", "East Park", "technopark"),
    ("north", "North Institute", "research_institute"),
    ("north", "North Centre", "research_education_centre"),
    ("west", "West University", "university"),
    ("west", "West Lab", "corporate_research"),
)
RELEVANCE = {
    "all": {"coal": 1, "mining_services": 1, "oil_gas": 1},
    "liquid": {"mining_services": 0.5, "oil_gas": 1},
    "solid": {"coal": 1, "mining_services": 0.5},
}
BASE = """
[time]
years = 4.0
[world]
dataset = "{folder}"
network_degree = 4
government_quality = {{ north = 1.3 }}
[diffusion]
spontaneous = 0.02
learning = 0.6
institutional = 0.2
{diffusion}
[technologies]
per_year = 4.0
[membership]
base = -1.0
rivalry = 0.7
rate = 2.0
[[institutions]]
name = "State Bank"
region = "west"
kind = "finance"
{more}
"""
PLATFORM = """
[[platforms]]
name = "main"
vectors = ["B2B", "B2SC", "SC2SC"]
institutions = "all"
"""
EVERYTHING = """
[[platforms]]
name = "main"
vectors = ["B2B", "B2SC", "B2ED", "B2F", "SC2F", "SC2SC", "B2G"]
institutions = ["East University", "North Centre", "State Bank", "West Lab"]
regions = ["east", "west"]
[[platforms]]
name = "side"
vectors = ["B2B", "B2C", "SC2ED", "B2ED", "ED2C"]
industries = ["coal", "mining_services"]
from_year = 0.5
to_year = 3.0
institutions = ["North Centre", "West University"]
[[policies]]
instrument = "cluster_organisation"
regions = ["east"]
budget = 12.0
[[policies]]
instrument = "technopark"
budget = 80.0
from_year = 1.0
[[policies]]
instrument = "training"
regions = ["north", "west"]
budget = 20.0
to_year = 2.0
[[policies]]
instrument = "adoption_incentive"
regions = ["west"]
budget = 20.0
[[policies]]
instrument = "platform_operation"
platform = "main"
budget = 150.0
from_year = 0.25
to_year = 3.5
[[policies]]
instrument = "platform_onboarding"
platform = "main"
budget = 30.0
[[policies]]
instrument = "digital_infrastructure"
regions = ["north"]
budget = 10.0
[[policies]]
instrument = "remote_residency"
platform = "main"
institutions = ["North Institute", "West University"]
budget = 7.0
[[policies]]
instrument = "interoperability"
platforms = ["main", "side"]
budget = 20.0
"""
HEIRS = """
[[platforms]]
name = "after"
vectors = ["B2B"]
from_year = 3.0
inherits = "side"
regions = ["east", "west"]
[[platforms]]
name = "beside"
vectors = ["B2B", "B2SC"]
from_year = 1.5
to_year = 2.5
inherits = "main"
industries = ["coal", "oil_gas"]
institutions = "all"
"""
MINING = """
[[commodities]]
name = "oil"
industries = ["oil_gas", "mining_services"]
elasticity = 0.7
export_dependence = 0.9
reference = 60.0
path = [[0, 60], [1.5, 40], [3, 150]]
[[commodities]]
name = "coal"
industries = ["coal", "mining_services"]
elasticity = 1.5
export_dependence = { east = 0.8, north = 0.2 }
reference = 100.0
process = { reversion = 0.5, volatility = 0.6, jumps_per_year = 2.0, jump_mean = -0.3, jump_sd = 0.2 }
[migration]
rate = { east = 0.3, north = 0.1 }
training = 0.8
research = 0.4
[transfer]
donors = ["east", "north"]
takeoff = 0.15
effect = 2.0
[[chains]]
name = "ground"
industries = ["coal", "oil_gas", "mining_services"]
poles = ["east", "west"]
strength = 1.5
[[chains]]
name = "wells"
industries = ["oil_gas", "mining_services"]
strength = 0.8
"""
CHAIN_POLICY = """
[[policies]]
instrument = "processing_chain"
chain = "ground"
regions = ["east"]
budget = 4.0
from_year = 1.0
to_year = 3.0
"""
MOBILITY = """
[mobility]
rate = 0.8
across_platforms = 0.6
"""
TURNOVER = """
[turnover]
entry = 0.2
exit = 0.25
"""

SEEDS = """
[[seeds]]
technology = "technology 001"
region = "east"
number = 3
[[seeds]]
technology = "technology 002"
region = "west"
industry = "mining_services"
share = 0.7
month = 20
[[seeds]]
technology = "technology 002"
region = "west"
number = 2
month = 31
"""


def scenario(tmp_path, *, more="", diffusion=""):
    folder = dataset(
        tmp_path / "land",
        REGIONS,
        places=PLACES,
        institutions=INSTITUTIONS,
        technologies=9,
        readiness=0.6,
        relevance=RELEVANCE,
    )
    path = tmp_path / "test.toml"
    path.write_text(BASE.format(folder=folder, more=more, diffusion=diffusion), encoding="utf-8")
    return load_scenario(path)


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
@pytest.mark.parametrize("seed", [1, 2])
def test_the_compiled_month_equals_the_plain_one(tmp_path, more, diffusion, seed):
    spec = scenario(tmp_path, more=more, diffusion=diffusion)
    engine = Engine(spec, seed)
    world, state = engine.world, engine.state
    adopted, mastered, members, attribution = reference_model.simulate(spec, world, world.months)
    while not engine.finished:
        engine.step()
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
