"""Reading what was observed, and what is refused."""

import numpy as np
import pytest
from observed_worlds import simulated, write_agents, write_world

from simulation.errors import HyperclusterError
from simulation.fit.observed import observe
from simulation.scenario.loading import load_scenario


@pytest.fixture
def folder(tmp_path):
    _, engine, period = simulated(write_world(tmp_path, {"east": 4, "west": 3}, periods=5), 1)
    write_agents(tmp_path, engine.world, period)
    return tmp_path


def edited(folder, change):
    path = folder / "data" / "agents.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    return load_scenario(folder / "world.toml")


def test_the_order_of_rows_has_no_effect(folder):
    one = observe(load_scenario(folder / "world.toml")).period
    other = observe(edited(folder, lambda lines: [lines[0], *lines[:0:-1]])).period
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        (
            "east,coal,0,technology 000,6",
            "line 2  period",
            "must be 0 to 5, the steps of the scenario, or empty",
        ),
        ("east,coal,0,technology 000,1.5", "line 2  period", "must be a whole number"),
        ("east,coal,4,technology 000,1", "line 2  number", "must be 0 to 3"),
        ("eest,coal,0,technology 000,1", "line 2  region_id", 'accepted values: "east", "west"'),
        ("east,coal,0,technology 001,1", "line 2  technology", 'did you mean "technology 000"'),
        ("east,coal,1,technology 000,1", "line 3  number", "must be unique"),
        (None, "agents.csv: 1 problem", "no row for east, coal, 0, technology 000;"),
    ],
)
def test_a_fault_has_its_line_and_column(folder, row, place, words):
    spec = edited(folder, lambda lines: [lines[0], *([row] if row else []), *lines[2:]])
    with pytest.raises(HyperclusterError) as caught:
        observe(spec)
    assert place in str(caught.value) and words in str(caught.value)
    assert "agents.csv" in str(caught.value)


def test_a_technology_cannot_be_adopted_before_it_appears(folder):
    (folder / "late.toml").write_text(
        (folder / "world.toml")
        .read_text()
        .replace(
            '[technologies]\nrelease = "at_start"',
            '[technologies]\nrelease = "schedule"\nschedule = { "technology 000" = 3.0 }',
        )
    )
    with pytest.raises(HyperclusterError, match="lies before the technology appears"):
        observe(load_scenario(folder / "late.toml"))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ('technologies.release="poisson"', "technologies.release: must be"),
        ("turnover.exit=0.1", "turnover"),
        ('platforms=[{name="p", vectors=["B2B"]}]', "platforms: must be empty"),
    ],
)
def test_what_no_file_tells_of_is_refused(folder, override, words):
    if override.startswith("turnover"):
        (folder / "data" / "enterprise_ties.csv").unlink()
    spec = load_scenario(folder / "world.toml", overrides=[override])
    with pytest.raises(HyperclusterError) as caught:
        observe(spec)
    assert words in str(caught.value)


def test_drawn_partners_were_not_observed(folder):
    (folder / "data" / "enterprise_ties.csv").unlink()
    with pytest.raises(
        HyperclusterError, match=r"diffusion\.network: must be 0: without enterprise_ties\.csv"
    ):
        observe(load_scenario(folder / "world.toml"))
    without = load_scenario(folder / "world.toml", overrides=["diffusion.network=0"])
    assert observe(without).world.enterprises.indices.size == 0


def test_nominations_go_one_way(folder):
    text = "region_id,industry,number,partner_region_id,partner_industry,partner_number\n"
    text += "east,coal,0,west,coal,2\neast,coal,0,east,coal,1\neast,coal,1,east,coal,0\n"
    (folder / "data" / "nominations.csv").write_text(text, encoding="utf-8")
    of = observe(load_scenario(folder / "world.toml"), ties="directed").world.enterprises
    assert np.diff(of.indptr).tolist() == [2, 1, 0, 0, 0, 0, 0]
    assert of.indices.tolist() == [1, 6, 0]
    (folder / "data" / "nominations.csv").write_text(text + "east,coal,2,east,coal,2\n", encoding="utf-8")
    with pytest.raises(HyperclusterError, match="line 5  partner_number"):
        observe(load_scenario(folder / "world.toml"), ties="directed")
