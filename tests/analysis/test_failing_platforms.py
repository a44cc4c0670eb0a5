"""A platform fails if its members never reach the critical mass; run, compare and report say so."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.analysis.failing_platforms import failing_platforms, failure_of, kept_of
from simulation.analysis.membership_levels import fold_of
from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.reporting.analysis import analyse
from simulation.reporting.document import document
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario

MEMBERSHIP = {"base": -3.0, "network_effect": 6.0, "readiness_effect": 0.0, "rate": 1.0}
CRITICAL = fold_of(np.ones(1), np.full(1, 0.5), base=-3.0, network_effect=6.0, readiness_effect=0.0).levels()[
    1
]
PLATFORM = """
title = "Without money"
[world]
scale = 0.02
[time]
years = 3
[technologies]
release = "at_start"
[[platforms]]
name = "lonely"
vectors = ["B2B"]
"""


@settings(max_examples=25)
@given(st.floats(0.0, 1.0))
def test_a_platform_fails_if_and_only_if_its_peak_stays_below_the_critical_mass(peak: float) -> None:
    share = np.array([0.0, peak, 0.1 * peak])
    found = failure_of(
        "p", share, np.full(1, 1000.0), readiness=np.full(1, 0.5), text={"membership": MEMBERSHIP}
    )
    assert (found is not None) == (peak < CRITICAL[-1])
    if found is not None:
        assert found.peak == pytest.approx(peak) and found.critical_mass == CRITICAL[-1]


def test_entry_of_enterprises_dilutes_members() -> None:
    assert kept_of({"membership": MEMBERSHIP}) == 1.0
    assert kept_of({"membership": MEMBERSHIP, "turnover": {"entry": 1.0}}) == 0.5


@pytest.mark.slow
def test_run_compare_and_report_name_a_platform_that_fails(tmp_path: Path) -> None:
    file = tmp_path / "lonely.toml"
    file.write_text(PLATFORM)
    plain = tmp_path / "plain.toml"
    plain.write_text(PLATFORM.split("[[platforms]]")[0].replace("Without money", "Plain"))
    out = tmp_path / "study"
    results = run_batch([load_scenario(plain), load_scenario(file)], 2, out=out, executor="serial")
    (line,) = failing_platforms(results)
    assert line.startswith('Without money: platform "lonely" fails: its members peak at ')
    assert "critical mass" in line
    ended = CliRunner().invoke(cli, ["compare", str(out)])
    assert "Platforms that fail:" in ended.stdout and line in " ".join(ended.stdout.split())
    assert 'platform "lonely" fails' in document(analyse(results), [], {})


def test_a_study_that_does_not_keep_members_names_none(tmp_path: Path) -> None:
    file = tmp_path / "lonely.toml"
    file.write_text(PLATFORM)
    run_batch([load_scenario(file)], 1, out=tmp_path / "study", executor="serial", keep="curves")
    assert failing_platforms(Results(tmp_path / "study")) == []
