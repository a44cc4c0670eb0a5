"""The command ``animate`` as a user meets it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulation import run_batch
from simulation.cli.main import cli
from simulation.data.template import write_template
from simulation.scenario.loading import parse_scenario

TINY = """
name = "{name}"
[time]
years = 0.5
[world]
scale = 0.05
[technologies]
release = "at_start"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("animate") / "study"
    run_batch(
        [parse_scenario(TINY.format(name=name)) for name in ("a", "b", "c")], 1, out=out, executor="serial"
    )
    return out


@pytest.fixture(autouse=True)
def few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/figures/test_animation.py looks at the frames."""
    monkeypatch.setattr("simulation.figures.film.scene.FRAMES", 2)


def animate(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["animate", *map(str, arguments)])


@pytest.mark.slow
def test_the_last_two_scenarios_are_shown_unless_others_are_named(folder: Path) -> None:
    result = animate(folder)
    assert result.exit_code == 0, result.output
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"animation_b_c.{suffix}" for suffix in ("gif", "csv", "md")
    }
    assert "animation_b_c.gif" in result.stdout
    assert animate(folder, "--scenario", "c", "a", "--seed", 1).exit_code == 0
    assert (folder / "figures" / "animation_c_a.gif").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "a", "d"], "no scenario 'd'"),
        (["--seed", "9"], "no replication with seed 9"),
    ],
)
def test_what_is_not_there_ends_in_a_message(folder: Path, arguments: list[str], message: str) -> None:
    result = animate(folder, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_study_of_one_scenario_has_nothing_to_show(folder: Path, tmp_path: Path) -> None:
    alone = shutil.copytree(folder, tmp_path / "study")
    manifest = json.loads((alone / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenarios"] = manifest["scenarios"][:1]
    (alone / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = animate(alone)
    assert result.exit_code == 2
    assert "only one scenario" in result.stderr


@pytest.mark.slow
def test_outlines_that_cannot_be_used_are_told_on_the_way_and_in_the_caption(tmp_path: Path) -> None:
    land = tmp_path / "land"
    write_template(land)
    text = f'dataset = "{land}"\nscale = 1.0'
    specs = [parse_scenario(TINY.format(name=name).replace("scale = 0.05", text)) for name in ("a", "b")]
    run_batch(specs, 1, out=tmp_path / "study", executor="serial")
    sound = animate(tmp_path / "study")
    assert sound.exit_code == 0 and "outlines" not in sound.stderr
    (land / "outlines.geojson").write_text("{", encoding="utf-8")
    damaged = animate(tmp_path / "study")
    assert damaged.exit_code == 0
    assert "Note: the animation is drawn without outlines" in damaged.stderr
    assert "outlines.geojson" in damaged.stderr and "not JSON" in damaged.stderr
    caption = (tmp_path / "study" / "figures" / "animation_a_b.md").read_text(encoding="utf-8")
    assert "Drawn without outlines" in caption
