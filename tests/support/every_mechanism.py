"""A small world, and the parts of a scenario that switch on every mechanism, policy and vector in it."""

from small_worlds import dataset

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
technology = "technology 003"
region = "east"
share = 0.6
month = 14
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
