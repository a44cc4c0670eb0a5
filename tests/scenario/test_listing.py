"""Lists of scenarios have headings, and a line that says what each is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from simulation.cli.scenarios import list_scenarios
from simulation.scenario.listing import GROUPS, YOURS, Listed, described, grouped
from simulation.scenario.loading import load_scenario, shipped_scenarios


@pytest.mark.parametrize("path", shipped_scenarios(), ids=lambda path: path.stem)
def test_each_shipped_scenario_says_its_group_and_one_line(path: Path) -> None:
    found = described(path.stem, path, own=False)
    assert found.group in GROUPS
    assert found.summary and len(found.summary) <= 90
    assert found.problem == ""


def test_group_and_summary_are_those_of_the_file_alone_and_change_no_digest(tmp_path: Path) -> None:
    base, top = tmp_path / "base.toml", tmp_path / "top.toml"
    base.write_text('group = "Mine"\nsummary = "A base."\n[time]\nyears = 5\n', encoding="utf-8")
    top.write_text('extends = "base.toml"\n', encoding="utf-8")
    assert (load_scenario(base).group, load_scenario(base).summary) == ("Mine", "A base.")
    assert (load_scenario(top).group, load_scenario(top).summary) == ("", "")
    assert load_scenario(top).digest == load_scenario(base).digest


def test_the_command_prints_own_scenarios_first_and_why_one_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "zinc.toml").write_text(
        'title = "Zinc"\ngroup = "Metals"\ndescription = "No zinc is left: what then?"\n', encoding="utf-8"
    )
    (tmp_path / "scenarios" / "bad.toml").write_text("not = TOML", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    lines = CliRunner().invoke(list_scenarios).output.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == [YOURS, f"{YOURS}: Metals", *GROUPS]
    assert "      No zinc is left" in lines
    assert lines[2].startswith("      not TOML")
    assert max(map(len, lines)) <= 80


listed = st.builds(
    Listed,
    *[st.text(max_size=3)] * 3,
    group=st.sampled_from([*GROUPS, "x", "y", ""]),
    summary=st.just(""),
    description=st.just(""),
    own=st.booleans(),
)


@given(st.lists(listed, max_size=12))
def test_own_scenarios_come_first_and_no_heading_comes_twice_among_own_or_shipped(
    found: list[Listed],
) -> None:
    ordered = grouped(found)
    assert sorted(map(repr, ordered)) == sorted(map(repr, found))
    assert [each.own for each in ordered] == sorted((each.own for each in found), reverse=True)
    for own in (True, False):
        groups = [each.group for each in ordered if each.own == own]
        starts = [group for n, group in enumerate(groups) if n == 0 or groups[n - 1] != group]
        assert len(starts) == len(set(starts))
