"""What is installed, cited and found: the distribution, which has a name of its own because another project has that of
the program, and the files that describe it; .ci/wheel tries the wheel itself."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from click.testing import CliRunner

from simulation.batch.workers import INSTALL
from simulation.cli.main import cli
from simulation.results.manifest import DISTRIBUTION

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_distribution_has_one_name_everywhere_and_the_command_another():
    assert PROJECT["name"] == DISTRIBUTION
    assert list(PROJECT["scripts"]) == ["hypercluster"]
    assert f"{DISTRIBUTION}[{next(iter(PROJECT['optional-dependencies']))}]" in INSTALL
    assert INSTALL in (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")


def test_the_command_tells_its_version_under_its_own_name():
    result = CliRunner().invoke(cli, ["--version"])
    assert result.output == f"hypercluster, version {version(DISTRIBUTION)}\n"


def test_the_wheel_is_tried_on_the_pythons_that_it_says_to_run_on():
    prefix = "Programming Language :: Python :: "
    named = {
        entry.removeprefix(prefix) for entry in PROJECT["classifiers"] if entry.startswith(prefix + "3.")
    }
    (tried,) = re.findall(
        r"^for version in ([\d. ]+); do$", (ROOT / ".ci" / "wheel").read_text(), re.MULTILINE
    )
    assert named == set(tried.split())
    assert PROJECT["requires-python"] == f">={min(named)}"


def test_citation_and_codemeta_are_what_pyproject_says():
    spec = spec_from_file_location("write_citation", ROOT / "docs" / "write_citation.py")
    assert spec is not None and spec.loader is not None
    write_citation = module_from_spec(spec)
    spec.loader.exec_module(write_citation)
    for path, text in write_citation.files().items():
        stale = f"{path.name} is stale: run `uv run python docs/write_citation.py`"
        assert path.read_text(encoding="utf-8") == text, stale
