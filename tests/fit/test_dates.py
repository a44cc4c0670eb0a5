"""Reading dates of mastery and of membership, and what is said where there are none."""

import numpy as np
import pytest
from dated_worlds import dated_world

from simulation.errors import HyperclusterError
from simulation.fit.observed import observe
from simulation.fit.running import likelihood_of, run_fit
from simulation.fit.study import read_fit
from simulation.fit.words import about
from simulation.scenario.loading import load_scenario


@pytest.fixture
def folder(tmp_path):
    dated_world(tmp_path, {"east": 5, "west": 4}, periods=8, steps=2)
    return tmp_path


def refused(folder):
    with pytest.raises(HyperclusterError) as caught:
        observe(load_scenario(folder / "world.toml"))
    return str(caught.value)


def edit(folder, name, old, new):
    path = folder / "data" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        (
            "east,Park",
            "east,Parc",
            "line 2  name",
            'not a name of an institution of east; accepted values: "Park", "Uni"',
        ),
        ("east,Park", "eest,Park", "line 2  region_id", 'accepted values: "east", "west"'),
        ("Park,technology 000", "Park,technology 1", "line 2  technology", 'did you mean "technology 000"'),
        ("east,Park,technology 000,", "east,Park,technology 000,99", "line 2  period", "must be 0 to 8"),
        ("east,Park,technology 000,", "east,Park,technology 000,x", "line 2  period", "whole number"),
        ("east,Park,", "east,Uni,", "line 3  technology", "occurs already in line 2"),
        ("region_id,name", "region_id,nome", "line 1  name", "missing column"),
    ],
)
def test_a_fault_of_mastery_has_its_line_and_column(folder, old, new, place, words):
    edit(folder, "mastery.csv", old, new)
    said = refused(folder)
    assert place in said and words in said and "mastery.csv" in said


def test_every_institution_needs_a_row(folder):
    path = folder / "data" / "mastery.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *lines[2:]]) + "\n", encoding="utf-8")
    assert "mastery.csv: 1 problem" in refused(folder)
    assert "no row for east, Park, technology 000; every institution needs one" in refused(folder)


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        (
            "east,coal,0,third,1,",
            "platform",
            'not a platform of the scenario; accepted values: "first", "second"',
        ),
        ("east,coal,9,first,1,", "number", "must be 0 to 4"),
        ("east,coal,0,first,9,", "joined", "must be 0 to 8, the steps of the scenario"),
        ("east,coal,0,first,,", "joined", "whole number"),
        ("east,coal,0,first,3,2", "left", "must be after 3, the period in which it joined"),
        ("east,coal,0,second,2,", "joined", "must be 4 to 8, while the platform is open"),
    ],
)
def test_a_fault_of_membership_has_its_line_and_column(folder, row, place, words):
    path = folder / "data" / "membership.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{header}\nwest,coal,0,first,0,\n{row}\n", encoding="utf-8")
    said = refused(folder)
    assert f"line 3  {place}" in said and words in said and "membership.csv" in said


def test_stays_on_a_platform_do_not_overlap(folder):
    path = folder / "data" / "membership.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    two = "east,coal,0,first,5,\neast,coal,0,first,1,3\neast,coal,0,first,3,4\n"
    path.write_text(f"{header}\n{two}", encoding="utf-8")
    members = observe(load_scenario(folder / "world.toml")).members
    assert members[:, 0].tolist() == [0, 1, 1, 1, 0, 1, 1, 1, 1]
    path.write_text(f"{header}\n{two}east,coal,0,first,2,\n", encoding="utf-8")
    said = refused(folder)
    assert "line 4  joined" in said and "line 5  joined" in said and "by another line" in said


def test_a_stay_does_not_outlast_the_platform(folder):
    scenario = folder / "world.toml"
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("to_year = 5.0", "to_year = 3.0"))
    path = folder / "data" / "membership.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{header}\neast,coal,0,second,4,\neast,coal,1,second,4,8\n", encoding="utf-8")
    assert 'line 3  left = "8": must be at most 6, when the platform closes' in refused(folder)
    path.write_text(f"{header}\neast,coal,0,second,4,\n", encoding="utf-8")
    assert observe(load_scenario(scenario)).members[:, 0].tolist() == [0, 0, 0, 0, 2, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "mastery.csv",
            "diffusion.institutional: must be 0: no mastery.csv says what institutions had mastered",
        ),
        ("membership.csv", "platforms: must be empty: no membership.csv says who was a member"),
    ],
)
def test_what_no_file_dates_is_refused(folder, name, words):
    (folder / "data" / name).unlink()
    assert words in refused(folder)


def test_contact_that_is_substituted_is_refused(folder):
    spec = load_scenario(folder / "world.toml", overrides=['diffusion.contacts="substituted"'])
    with pytest.raises(HyperclusterError, match=r'diffusion\.contacts: must be "added"'):
        observe(spec)


def test_a_rate_without_its_dates_is_not_fitted(folder):
    spec = load_scenario(folder / "world.toml", overrides=["platforms=[]"])
    (folder / "data" / "membership.csv").unlink()
    found = observe(spec)
    assert likelihood_of(found, ["diffusion.institutional"]).rates[-1] == "diffusion.institutional"
    with pytest.raises(
        HyperclusterError, match=r'"diffusion\.digital" needs agents\.csv and membership\.csv'
    ):
        likelihood_of(found, ["diffusion.digital"])


STUDY = """
scenario = "world.toml"
starts = 2
effective = 100
runs = 100
priors = "none"
[parameters.institutions]
key = "diffusion.institutional"
low = 0.0
high = 2.0
[parameters.platforms]
key = "diffusion.digital"
low = 0.0
high = 4.0
"""


@pytest.mark.slow
def test_rates_of_institutions_and_platforms_are_fitted(tmp_path):
    """Simulated with .8 and .9: the 99.9 % of the draws hold both."""
    dated_world(tmp_path, {"east": 70, "west": 50}, periods=8, steps=2)
    (tmp_path / "fit.toml").write_text(STUDY, encoding="utf-8")
    fitted = run_fit(read_fit(tmp_path / "fit.toml"), tmp_path, tmp_path / "out")
    assert "When institutions mastered a technology is known, and when enterprises" in about(fitted)
    low, high = np.quantile(fitted.draws, [0.0005, 0.9995], axis=0)
    assert (low < [0.8, 0.9]).all() and (high > [0.8, 0.9]).all() and (high - low < [2.0, 4.0]).all()
