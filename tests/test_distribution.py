"""The distribution has a name of its own, because another project has that of the program."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

from click.testing import CliRunner

from simulation.batch.workers import INSTALL
from simulation.cli.main import cli
from simulation.results.manifest import DISTRIBUTION

ROOT = Path(__file__).parents[1]


def test_the_distribution_has_one_name_everywhere_and_the_command_another():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == DISTRIBUTION
    assert list(project["scripts"]) == ["hypercluster"]
    assert f"{DISTRIBUTION}[{next(iter(project['optional-dependencies']))}]" in INSTALL
    assert INSTALL in (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")


def test_the_command_tells_its_version_under_its_own_name():
    result = CliRunner().invoke(cli, ["--version"])
    assert result.output == f"hypercluster, version {version(DISTRIBUTION)}\n"
