"""The months and the draw of partners are compiled once, whatever the world: arrays of another type take a minute."""

import pytest
from every_mechanism import CHAIN_POLICY, EVERYTHING, HEIRS, MINING, MOBILITY, SEEDS, TURNOVER, scenario
from observed_worlds import write_world
from small_worlds import dataset, plain_scenario

from simulation.engine import membership_months, months, partners, technology_months
from simulation.engine.month import Engine
from simulation.scenario.loading import load_scenario


def everything(folder):
    return scenario(folder, more=EVERYTHING + HEIRS + MINING + CHAIN_POLICY + MOBILITY + TURNOVER + SEEDS)


def with_given_ties(folder):
    return load_scenario(write_world(folder, {"east": 10, "west": 10}, periods=3, seeds=1))


def of_one_region(folder):
    folder.mkdir(exist_ok=True)
    tables = dataset(folder / "data", {"only": 8}, institutions=[("only", "Lab", "university")])
    return load_scenario(plain_scenario(folder / "one.toml", tables, time="years = 1"))


@pytest.mark.parametrize(
    "world", [everything, with_given_ties, of_one_region, lambda _: load_scenario("regional_cluster")]
)
def test_no_world_has_the_months_compiled_again(tmp_path, world):
    engine = Engine(world(tmp_path), 1)
    engine.run_for(14)
    assert months.run_months.signatures, "else nothing was compiled that could be compiled again"
    for function in (
        months.run_months,
        months.begin,
        technology_months.diffuse,
        membership_months.move_members,
        partners.draw_partners,
    ):
        assert len(function.signatures) <= 1, function.__name__
