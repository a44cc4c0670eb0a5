"""Reading scenarios: defaults, merging, overrides, digest and the way to text and back."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulation.data.reader import dataset_folder
from simulation.errors import HyperclusterError
from simulation.files.toml import key_lines, toml_text
from simulation.hidden_characters import fault_of
from simulation.policies.training import Training
from simulation.replication import run
from simulation.scenario.document import merged, parse_override
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario

RICH = """
name = "rich"
title = "Gives every kind of value"
description = "two\\nlines, \\"quotes\\" and \\u00e9"
[world]
digital_readiness = { tatarstan = 0.9, komi = 0 }
capacity = { "komi: Oil and gas cluster" = 2, "Kazan Federal University" = 3 }
government_quality = 2
[technologies.origin_weights.hydrocarbon_mining]
tatarstan = 0.17
[[institutions]]
name = "Bank of the North"
region = "komi"
kind = "finance"
[[platforms]]
name = "b"
vectors = ["B2B", "B2F"]
macroregions = ["Volga"]
institutions = ["Bank of the North"]
from_year = 1
[[platforms]]
name = "a"
vectors = ["SC2SC"]
regions = []
institutions = "all"
to_year = 10
[[policies]]
instrument = "interoperability"
platforms = ["b", "a"]
budget = 50
[[policies]]
instrument = "remote_residency"
platform = "b"
institutions = ["komi: Oil and gas cluster", "Bank of the North"]
budget = 10
[[policies]]
instrument = "training"
regions = ["komi"]
budget = 10.5
from_year = 0.5
to_year = 3
"""


def test_every_key_has_the_default_of_the_model():
    spec = parse_scenario('title = "x"')
    assert (spec.time.years, spec.time.steps_per_year, spec.time.months) == (20, 12, 240)
    d, m = spec.diffusion, spec.membership
    assert (d.spontaneous, d.spatial, d.network, d.institutional, d.digital) == (0.0002, 0.9, 0.5, 0.02, 0.3)
    assert (d.learning, d.institution_scale, d.half_distance_km, d.density_exponent) == (0.04, 2, 100, 1)
    assert (d.relatedness_other, d.relatedness_services) == (0.2, 0.5)
    assert (d.complexity_digital, d.complexity_conventional, d.absorptive_capacity_cv) == (0.2, 0.5, 0.7)
    assert (m.base, m.network_effect, m.readiness_effect, m.rate) == (-3, 6, 2, 0.5)
    assert (spec.budget.money_a_year(1.0), spec.budget.discount, spec.technologies.per_year) == (
        3000,
        0.05,
        4,
    )
    assert plan_of(spec).available_pv == pytest.approx(38_392, abs=1)


def test_whole_numbers_become_floats_so_that_no_arithmetic_depends_on_how_they_are_written():
    spec = parse_scenario("[time]\nyears = 5\n[diffusion]\nspatial = 1\n[world]\ndigital_readiness = 1")
    assert [type(x) for x in (spec.time.years, spec.diffusion.spatial, spec.world.digital_readiness)] == [
        float
    ] * 3
    assert (
        spec.digest
        == parse_scenario(
            "[time]\nyears = 5.0\n[diffusion]\nspatial = 1.0\n[world]\ndigital_readiness = 1.0"
        ).digest
    )


def test_a_scenario_cannot_be_changed():
    with pytest.raises(ValidationError):
        Scenario().name = "other"


def test_the_text_of_a_scenario_gives_the_same_scenario():
    spec = parse_scenario(RICH)
    again = parse_scenario(spec.to_toml())
    assert again == spec
    assert again.digest == spec.digest
    assert [type(policy).__name__ for policy in again.policies] == [
        "Interoperability",
        "RemoteResidency",
        "Training",
    ]
    assert Scenario.model_validate_json(spec.model_dump_json()) == spec


texts = st.text(max_size=20)


@settings(max_examples=200, deadline=None)
@given(
    title=texts.filter(lambda text: not fault_of(text)),
    description=texts.filter(lambda text: not fault_of(text, lines=True)),
    budget=st.floats(0, 3000),
    share=st.floats(0, 1),
    year=st.floats(0, 20),
)
def test_any_text_and_number_survive_the_way_through_toml(title, description, budget, share, year):
    spec = Scenario(
        title=title,
        description=description,
        world={"digital_readiness": {"komi": share}},
        policies=[Training(budget=budget, from_year=year)],
    )
    again = parse_scenario(spec.to_toml())
    # TOML knows one kind of line end only.
    assert again == spec


def test_names_and_texts_do_not_count_for_the_digest():
    spec = parse_scenario(RICH)
    other = spec.model_copy(update={"name": "x", "title": "y", "description": "z"})
    assert other.digest == spec.digest


def test_the_order_of_keys_platforms_and_policies_does_not_count_for_the_digest():
    spec = parse_scenario(RICH)
    backwards = spec.model_copy(
        update={
            "platforms": spec.platforms[::-1],
            "policies": spec.policies[::-1],
            "technologies": spec.technologies,
        }
    )
    assert backwards.digest == spec.digest
    keys = RICH.replace("{ tatarstan = 0.9, komi = 0 }", "{ komi = 0.0, tatarstan = 0.9 }")
    assert keys != RICH
    assert parse_scenario(keys).digest == spec.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("10.5", "10.6"),
        ('"B2F"]', '"B2G"]'),
        ("komi = 0 }", "komi = 0.1 }"),
        ("from_year = 0.5", "from_year = 0.4"),
    ],
)
def test_whatever_can_move_a_result_counts_for_the_digest(old, new):
    assert old in RICH
    assert parse_scenario(RICH.replace(old, new)).digest != parse_scenario(RICH).digest


def test_the_name_is_that_of_the_file_and_the_title_is_the_name_unless_they_are_given(tmp_path):
    path = tmp_path / "my-ports_2.toml"
    path.write_text("[time]\nyears = 3")
    spec = load_scenario(path)
    assert (spec.name, spec.title) == ("my-ports_2", "my-ports_2")
    path.write_text('name = "ports"')
    assert (load_scenario(path).name, load_scenario(path).title) == ("ports", "ports")


def test_extends_merges_tables_and_replaces_arrays_and_passes_on_no_names(tmp_path):
    (tmp_path / "base.toml").write_text(
        'name = "base"\ntitle = "Base"\ndescription = "d"\n[time]\nyears = 5\n'
        "[diffusion]\nspatial = 0.1\nnetwork = 0.2\n[world]\ndigital_readiness = { komi = 0.1, perm = 0.1 }\n"
        '[[policies]]\ninstrument = "training"\nbudget = 1\n[[policies]]\ninstrument = "technopark"\nbudget = 1\n'
    )
    (tmp_path / "middle.toml").write_text('extends = "base.toml"\n[diffusion]\nnetwork = 0.3\n')
    (tmp_path / "top.toml").write_text(
        'extends = "middle.toml"\n[diffusion]\ndigital = 0.4\n[world]\ndigital_readiness = { komi = 0.2 }\n'
        '[[policies]]\ninstrument = "training"\nbudget = 7\n'
    )
    spec = load_scenario(tmp_path / "top.toml")
    assert (spec.name, spec.title, spec.description) == ("top", "top", "")
    assert (spec.time.years, spec.diffusion.spatial, spec.diffusion.network, spec.diffusion.digital) == (
        5,
        0.1,
        0.3,
        0.4,
    )
    assert spec.world.digital_readiness == {"komi": 0.2, "perm": 0.1}
    assert [policy.budget for policy in spec.policies] == [7]


def test_overrides_reach_tables_arrays_and_quoted_keys_and_the_last_one_counts(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(RICH)
    spec = load_scenario(
        path,
        overrides=[
            "diffusion.half_distance_km=300",
            "diffusion.half_distance_km = 529",
            "policies[2].budget=99",
            'platforms[0].vectors=["B2B"]',
            'world.capacity."Kazan Federal University"=5',
            "technologies.origin_weights.solid_minerals_mining.sakha=0.5",
            "diffusion.contacts=substituted",
        ],
    )
    assert (spec.diffusion.half_distance_km, spec.diffusion.contacts) == (529, "substituted")
    assert (spec.policies[2].budget, spec.platforms[0].vectors) == (99, ("B2B",))
    assert spec.world.capacity == {"komi: Oil and gas cluster": 2, "Kazan Federal University": 5}
    assert spec.technologies.origin_weights["solid_minerals_mining"] == {"sakha": 0.5}
    assert spec.digest != load_scenario(path).digest


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("title=Two words, and a comma", "Two words, and a comma"),
        ("title= кирилица ", "кирилица"),
        ("title=_a/b\\c.d%", "_a/b\\c.d%"),
        ("title=true story", "true story"),
        ("title='true'", "true"),
        ('title="a=[1]"', "a=[1]"),
        ("world.dataset=C:\\Users\\new\\land", "C:\\Users\\new\\land"),
        ("world.dataset=../land", "../land"),
        ("world.dataset=./land", "./land"),
        ("world.dataset=/home/land", "/home/land"),
        ("world.dataset=\\\\server\\land", "\\\\server\\land"),
        ("time.years=1e1", 10.0),
        ("time.years=inf", float("inf")),
        ("a=true", True),
        ("a=['x', 'y']", ["x", "y"]),
    ],
)
def test_a_word_or_a_path_needs_no_quotes_in_an_override_and_toml_stays_toml(override, value):
    assert parse_override(override)[1] == value


def test_a_dataset_is_found_beside_the_file_that_names_it(tmp_path, monkeypatch):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    shutil.copytree(dataset_folder("russia-2023"), home / "own")
    elsewhere.mkdir()
    (home / "s.toml").write_text('[world]\ndataset = "own"')
    monkeypatch.chdir(elsewhere)
    spec = load_scenario("../home/s.toml")
    assert spec.dataset.counts.sum() == 5301
    # The text can be read from anywhere, and a copy of the shipped tables is the same world.
    assert parse_scenario(spec.to_toml()).digest == spec.digest == Scenario().digest
    # An override is typed in the working directory, not in the folder of the file.
    other = load_scenario("../home/s.toml", overrides=['world.dataset="../home/own"'])
    assert other.world.dataset == spec.world.dataset


def test_a_shipped_scenario_is_found_by_its_bare_name_wherever_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_scenario("hypercluster").platforms[0].name == "national"


def test_lines_of_keys_are_found_in_every_form_of_toml():
    lines = key_lines(
        'a = 1\nb.c = { d = [1, 2], "e f" = 3 }\n[x.y]\nz = [\n  "q",\n  # no element\n  { m = 1 },\n]\n'
        "[[p]]\nn = 1\n[p.sub]\nk = 2\n[[p]]\nt = '''\ntext\n'''\nu = 1\n[[p.deep]]\nv = 1\n"
    )
    expected = {
        ("a",): 1,
        ("b", "c", "d", 1): 2,
        ("b", "c", "e f"): 2,
        ("x", "y"): 3,
        ("x", "y", "z", 0): 5,
        ("x", "y", "z", 1, "m"): 7,
        ("p", 0): 9,
        ("p", 0, "n"): 10,
        ("p", 0, "sub", "k"): 12,
        ("p", 1): 13,
        ("p", 1, "u"): 17,
        ("p", 1, "deep", 0, "v"): 19,
    }
    assert {path: lines.get(path) for path in expected} == expected


def test_merging_leaves_both_tables_as_they_were():
    base, over = {"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}, "d": 3}
    assert merged(base, over) == {"a": {"b": 1, "c": [2]}, "d": 3}
    assert (base, over) == ({"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}, "d": 3})


def test_what_is_none_is_left_out_of_the_text():
    assert toml_text({"a": None, "t": {"b": None, "c": 1}}) == "\n\n[t]\nc = 1\n"


@pytest.mark.parametrize("given", [{"time": {"years": 10}}, ["baseline"], 3, None])
def test_what_is_no_scenario_is_told_what_is(given):
    with pytest.raises(HyperclusterError, match="is no scenario; give the name of a shipped one"):
        run(given)
