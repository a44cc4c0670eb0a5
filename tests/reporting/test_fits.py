"""The report on a fit: what was observed, values, what the data can tell, synchronization, scores, figures, caveats."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from made_up_fit import made_up_fit

from simulation.cli.main import cli
from simulation.fit.validation import BASS, OURS
from simulation.reporting.document import Picture
from simulation.reporting.fits import NOTHING_CONFOUNDED, document, scores, synchronization


@pytest.fixture
def fit(tmp_path):
    return made_up_fit(tmp_path)


def test_the_report_says_all_that_was_found(fit):
    text = document(fit, [Picture("figures/posterior.png", "**Posterior.** Draws.")])
    assert text.startswith("# A \\| fit\n")
    for heading in (
        "What was observed", "Parameters", "What the data can tell", "Synchronization", "Regions left out",
        "Periods held out", "Figures", "Caveats", "How to reproduce this",
    ):  # fmt: skip
        assert f"\n## {heading}\n" in text
    assert "| spatial | diffusion.spatial | 0 to 2 | 0.5 | " in text
    assert "correlation -.93" in text and "60 enterprises in 4 regions" in text
    assert "](figures/posterior.png)" in text and "hypercluster report" in text
    assert "nan" not in text


def test_what_was_not_held_out_has_no_section(fit):
    text = document(replace(fit, left_out=None, forecast=None, sentences=[]), [])
    assert "held out" not in text and "## Regions left out" not in text and "## Figures" not in text
    assert NOTHING_CONFOUNDED in text


def test_tables_hold_numbers_or_say_that_there_are_none(fit):
    rows = {row[0]: row for row in synchronization(fit.synchronization).rows}
    assert rows["Phi"][2] == "0.4" and rows["Phi"][5] == "inside"
    assert rows["Theil's index at the half"][3:5] == ("-", "-")
    table = scores(fit.forecast)
    assert [row[0] for row in table.rows] == ["our model", "Bass", "no change"]
    assert table.rows[0][2] == "-" and " to " in table.rows[1][2]
    assert table.rows[2][3:5] == ("-", "-")  # a point forecast has no log score
    held = fit.forecast.groupby("model").covered.sum()
    assert [row[5] for row in table.rows[:2]] == [f"{held[OURS]} of 4", f"{held[BASS]} of 4"]


def test_a_fit_that_is_not_finished_is_named(tmp_path):
    (tmp_path / "fit.json").write_text("{}")
    done = CliRunner().invoke(cli, ["report", str(tmp_path)])
    assert done.exit_code == 2 and "findings.json is missing" in done.output
    done = CliRunner().invoke(cli, ["report", str(tmp_path), "--reference", "baseline"])
    assert done.exit_code == 2 and "a fit compares no scenarios" in done.output
    (tmp_path / "findings.json").write_text("[")
    done = CliRunner().invoke(cli, ["report", str(tmp_path)])
    assert done.exit_code == 2 and "cannot be read" in done.output
