"""What is told beside the verdict of a study about other assumptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulation.explore.tested import about_other_assumptions, elsewhere, shipped_answer
from simulation.scenario.loading import load_scenario
from tests.support.made_up_countries import islands

NAMES = ("baseline", "regional_cluster", "hypercluster")


def manifest(*names: str | Path, overrides: tuple[str, ...] = ()) -> dict[str, Any]:
    specs = [load_scenario(name, overrides=overrides) for name in names]
    entries = [{"name": spec.name, "digest": spec.digest, "text": spec.to_toml()} for spec in specs]
    return {"scenarios": entries, "command": f"hypercluster run {' '.join(map(str, names))}"}


def test_the_shipped_study_is_told_the_answer_of_the_main_ensemble():
    assert about_other_assumptions(manifest(*NAMES)) == shipped_answer()["sentences"]
    assert about_other_assumptions(manifest(*reversed(NAMES))) == shipped_answer()["sentences"]
    assert shipped_answer()["kept"] >= 1000


def test_with_any_key_changed_the_answer_is_gone():
    (line,) = about_other_assumptions(manifest(*NAMES, overrides=("diffusion.half_distance_km=101",)))
    assert line.startswith("This verdict was not tested against other assumptions.")
    assert "hypercluster explore regional_cluster hypercluster ... --set KEY=VALUE (about" in line
    (line,) = about_other_assumptions(manifest("baseline", "mixed", "hypercluster"))
    assert "hypercluster explore mixed hypercluster (about" in line


def test_the_command_for_a_country_of_ones_own_names_its_files_and_its_baseline(tmp_path: Path):
    nothing, platform = islands(tmp_path)
    other = platform.with_name("other.toml")
    other.write_text(platform.read_text(encoding="utf-8"), encoding="utf-8")
    (line,) = about_other_assumptions(manifest(nothing, platform, other))
    assert f"hypercluster explore {platform} {other} --baseline {nothing} (about" in line


def test_nothing_is_told_of_a_single_policy_or_of_an_ensemble():
    assert about_other_assumptions(manifest("baseline", "hypercluster")) == []
    assert about_other_assumptions(manifest(*NAMES) | {"ensemble": {}}) == []


def test_what_would_turn_the_answer_is_told_with_the_limit_and_the_value_of_the_shipped_world():
    scenarios = [load_scenario(name) for name in NAMES]
    there = {spec.name: spec.digest for spec in scenarios}
    (rule,) = elsewhere(there["regional_cluster"], there["hypercluster"])["sooner"].rules
    value = scenarios[0].diffusion.institutional
    assert f"institutions persuade little (below 0.051 a year, as here: {value:g})" in rule
    assert f"(above 0.00049 a year; here {scenarios[0].diffusion.spontaneous:g})" in rule
    assert " and where " in rule
