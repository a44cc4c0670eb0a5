"""The file of a search: every problem with its line, and the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_searches import small_search

from simulation.errors import DataError, HyperclusterError
from simulation.optimize.study import SEARCHES, read_search, search_with

WRONG = """\
objectives = ["phi", "member_share"]
step = 0.3

[better]
t50_years = "lower"

[groups]
hubs = ["tatarstn"]

[platforms.national]
vectors = ["B2B", "B2X"]
residents = ["nobody"]
to_year = [2, 30]

[entries.onboarding]
instrument = "platform_onboarding"
platform = "nationl"

[entries.clusters]
instrument = "cluster_organization"
share = [0.6, 1]

[entries.training]
instrument = "training"
platform = "national"
share = [0.6, 0.8]
from_year = [20, 20]
to_year = [20, 21]
"""


def test_every_problem_has_its_line(tmp_path: Path):
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    with pytest.raises(DataError) as raised:
        read_search(path)
    found = {(problem.line, problem.key): problem.message for problem in raised.value.problems}
    assert 'better = { member_share = "lower" }' in found[1, "objectives"]
    assert "must divide 1" in found[2, "step"]
    assert "not an objective" in found[5, "better.t50_years"]
    assert 'did you mean "tatarstan"' in found[8, "groups.hubs"]
    assert '"B2X" is not a vector' in found[11, "platforms.national.vectors"]
    assert '"nobody" is not a group' in found[12, "platforms.national.residents"]
    assert "horizon of 20 years" in found[13, "platforms.national.to_year"]
    assert 'did you mean "national"' in found[17, "entries.onboarding.platform"]
    assert 'did you mean "cluster_organisation"' in found[20, "entries.clusters.instrument"]
    assert "training has no platform" in found[25, "entries.training.platform"]
    assert "before the horizon" in found[27, "entries.training.from_year"]
    assert any("sum to 1.2" in message for message in found.values())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("share = [0.8, 0.2]", "must not be above the upper bound"),
        ("from_year = [0, 5]\nto_year = [1, 5]", "must be later than the latest from_year"),
        ("shares = [0, 1]", 'did you mean "share"'),
    ],
)
def test_bounds_that_cannot_be_are_told(tmp_path: Path, line: str, message: str):
    path = tmp_path / "wrong.toml"
    path.write_text(f'[entries.training]\ninstrument = "training"\n{line}\n')
    with pytest.raises(DataError, match=message):
        read_search(path)


def test_a_search_without_an_instrument_that_needs_no_platform_is_refused():
    only = {"onboarding": {"instrument": "platform_onboarding", "platform": "national"}}
    with pytest.raises(HyperclusterError, match="at least one instrument must need no platform"):
        search_with(small_search(entries=only), folder=Path())


def test_a_baseline_with_policies_is_refused():
    with pytest.raises(HyperclusterError, match="must have neither policies nor platforms"):
        search_with(small_search(baseline="hypercluster"), folder=Path())


def test_a_metric_without_a_direction_takes_the_given_one():
    search = search_with(
        small_search(objectives=["phi", "member_share"], better={"member_share": "higher"}), folder=Path()
    )
    assert [search.lower_is_better(metric) for metric in search.objectives] == [True, False]


def test_the_shipped_searches_are_valid_and_survive_being_written():
    assert [path.stem for path in SEARCHES.files()] == ["budget"]
    for path in SEARCHES.files():
        search = read_search(path)
        copy = path.with_name("copy.toml")
        assert not copy.exists()
        assert type(search).model_validate(search.model_dump()) == search
