"""The report on an ensemble: the answers to paste, figures, shares, and all that was assumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from small_ensembles import small_study

from simulation.cli.main import cli
from simulation.explore.answers import answers_of
from simulation.explore.ensemble import ensemble_of
from simulation.explore.running import Size, run_ensemble
from simulation.explore.study import Study, study_with
from simulation.results.reader import Results


def reported(study: Study, out: Path) -> tuple[Results, str]:
    results = run_ensemble(ensemble_of(study), Size(study.points), out=out, executor="serial")
    done = CliRunner().invoke(cli, ["report", str(out)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    page = (out / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and ">What is assumed</h2>" in page
    return results, (out / "report.md").read_text()


@pytest.mark.slow
def test_the_report_of_a_sample_has_its_answers_figures_ranges_and_patterns(tmp_path: Path) -> None:
    study = study_with(
        small_study(points=26, patterns={"final_share": {"low": 0.01, "high": 1.0}}, title="Two | bars")
    )
    results, text = reported(study, tmp_path / "out")
    assert text.startswith("# Two \\| bars\n")
    for sentence in answers_of(results).sentences():
        assert f"> {sentence}" in text
    for figure in ("outcomes", "what_decides"):
        assert f"](figures/{figure}.png)" in text
        assert (tmp_path / "out" / "figures" / f"{figure}.png").is_file()
    assert "| spatial | diffusion.spatial | 0.2 to 2 | 1/year | log | " in text
    assert "| final share | a metric of the baseline | 0.01 to 1 | " in text
    assert "not a probability" in text
    assert "nan" not in text
    assert f"```\n{study.to_toml().strip()}\n```" in text, "a study of many lines stands on as many lines"


@pytest.mark.parametrize(
    "changes",
    [
        {"design": "grid", "levels": 2},
        {"design": "one-at-a-time", "levels": 2, "patterns": "none"},
        {"points": 3},
        {"points": 2, "replications": 1, "patterns": "none"},
    ],
)
def test_an_ensemble_of_any_design_has_a_report(changes: dict[str, object], tmp_path: Path) -> None:
    _, text = reported(study_with(small_study(points=4) | changes), tmp_path / "out")
    assert "## The answer" in text and "## What is assumed" in text
    assert ("Not drawn: " in text) == ("points" in changes)


def test_an_ensemble_has_one_reference(tmp_path: Path) -> None:
    study = study_with(small_study(design="grid", levels=2, patterns="none", replications=1))
    run_ensemble(ensemble_of(study), Size(1), out=tmp_path / "out", executor="serial")
    done = CliRunner().invoke(cli, ["report", str(tmp_path / "out"), "--reference", "baseline"])
    assert done.exit_code == 2 and "compared with the first scenario" in done.output
