"""The example package, built and installed into an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "plugin"


def run(*words: str | Path, cwd: Path = ROOT) -> str:
    """Run a command outside of this environment, and return what it prints."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))
    }
    done = subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv") is None, reason="needs uv")
def test_the_installed_example_adds_its_instrument_metric_figure_and_scenario(tmp_path: Path):
    place = tmp_path / "environment"
    run("uv", "venv", "--quiet", place)
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    run("uv", "pip", "install", "--quiet", "--python", python, "--editable", ROOT, EXAMPLE)
    program = (python, "-m", "simulation")
    small = ("--set", "time.years=5", "--set", "world.scale=0.05", "--executor", "serial", "--quiet")
    run(
        *program,
        "run",
        "baseline",
        "demonstration",
        *small,
        "--replications",
        "2",
        "--out",
        "study",
        cwd=tmp_path,
    )
    run(*program, "plot", "study", "--figure", "slowest_region", cwd=tmp_path)
    assert (tmp_path / "study" / "figures" / "slowest_region.png").stat().st_size > 1000
    assert "slowest_region_share" in (tmp_path / "study" / "comparison.csv").read_text()
    assert "demonstration_site" in run(*program, "validate", "demonstration", cwd=tmp_path)
    assert '"hypercluster-demonstration"' in (tmp_path / "study" / "manifest.json").read_text()
