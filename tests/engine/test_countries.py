"""Regions of two countries meet on platforms only; a table of ties says where partners are."""

import numpy as np
import pytest
import small_worlds

from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario

LONG = "years = 10"
PLATFORM = """
[[platforms]]
name = "net"
vectors = ["B2B", "B2SC", "SC2SC"]
institutions = "all"
"""


def folder_of(tmp_path, east, *, countries=True, ties=None):
    folder = small_worlds.dataset(
        tmp_path / f"{east}-{countries}",
        {"east": east, "west": 60},
        institutions=[("east", "School", "university"), ("west", "Works", "corporate_research")],
        technologies=3,
    )
    if countries:
        path = folder / "regions.csv"
        header, one, other = path.read_text(encoding="utf-8").splitlines()
        path.write_text(f"{header},country\n{one},Here\n{other},There\n", encoding="utf-8")
    if ties is not None:
        text = "region_id,partner_region_id,weight\n" + ties
        (folder / "ties.csv").write_text(text, encoding="utf-8")
    return folder


def scenario_of(tmp_path, folder, more=""):
    path = small_worlds.plain_scenario(
        tmp_path / "s.toml",
        folder,
        world="digital_readiness = 1.0",
        diffusion="half_distance_km = 100000.0\nspontaneous = 0.01\nspatial = 0.5",
        time=LONG,
        more=more,
    )
    overrides = ["diffusion.network=0.5", "diffusion.institutional=0.1", "diffusion.digital=0.5"]
    return load_scenario(path, overrides=overrides)


def adopters_in_the_west(tmp_path, east, *, countries=True, more=""):
    folder = folder_of(tmp_path, east, countries=countries)
    return simulate(scenario_of(tmp_path, folder, more), 1).adopters[:, 1]


def test_another_country_changes_nothing_bit_for_bit(tmp_path):
    np.testing.assert_array_equal(adopters_in_the_west(tmp_path, 40), adopters_in_the_west(tmp_path, 400))
    assert (
        adopters_in_the_west(tmp_path, 40, countries=False)
        != adopters_in_the_west(tmp_path, 400, countries=False)
    ).any()


def test_a_platform_reaches_across_a_border(tmp_path):
    alone = adopters_in_the_west(tmp_path, 400)
    met = adopters_in_the_west(tmp_path, 400, more=PLATFORM)
    assert met.sum() > alone.sum()
    assert (adopters_in_the_west(tmp_path, 40, more=PLATFORM) != met).any()


def test_nothing_is_near_across_a_border_but_the_map_stays(tmp_path):
    world = build_world(scenario_of(tmp_path, folder_of(tmp_path, 40)), 1)
    one = build_world(scenario_of(tmp_path, folder_of(tmp_path, 40, countries=False)), 1)
    assert world.regions.proximity.tolist() == [[1, 0], [0, 1]]
    assert one.regions.proximity[0, 1] > 0.9
    np.testing.assert_array_equal(world.regions.distance_km, one.regions.distance_km)


@pytest.mark.parametrize(("weight", "foreign"), [(0, False), (1, True)])
def test_partners_abroad_are_where_a_table_of_ties_says(tmp_path, weight, foreign):
    folder = folder_of(tmp_path, 40, ties=f"east,west,{weight}\nwest,east,{weight}\n")
    world = build_world(scenario_of(tmp_path, folder), 1)
    network = world.enterprises
    owner = np.repeat(np.arange(network.region_of.size), np.diff(network.indptr))
    abroad = network.region_of[owner] != network.region_of[network.indices]
    assert abroad.any() == foreign
