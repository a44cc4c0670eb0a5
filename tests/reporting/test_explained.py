"""What does the work, as a section of the report on a study."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from explained_scenarios import paid_platform, small_world

from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.explain.study import NUMBERS, Explanation
from simulation.reporting.analysis import analyse
from simulation.reporting.document import document
from simulation.reporting.explained import explained_in
from simulation.results.derived import HERE, outputs_of, stale
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario

PLAIN = small_world("Nothing", years=6)
PLATFORM = 'extends = "plain.toml"\ntitle = "A $platform_"\n' + paid_platform("B2B")
HEADING = "## What does the work"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with an explanation in it."""
    folder = tmp_path_factory.mktemp("explained")
    files = [folder / "plain.toml", folder / "platform.toml"]
    for file, text in zip(files, (PLAIN, PLATFORM), strict=True):
        file.write_text(text, encoding="utf-8")
    out = folder / "study"
    run_batch([load_scenario(file) for file in files], 2, out=out, executor="serial")
    assert explained_in(Results(out)) == ([], [])
    scenarios = Explanation.of(load_scenario(files[1])).scenarios
    own = run_batch(scenarios, 2, out=out / "explain", executor="serial")
    outputs = outputs_of(own, "explain", str(files[1]), "--orders", "24", "--out", HERE)
    figure = "figures/waterfall_entries_at_own_cost"
    outputs.write({NUMBERS: b"", f"{figure}.png": b"", f"{figure}.md": b"**Caption.**\n\nScenarios.\n"})
    return out


def section(text: str) -> str:
    assert "(#what-does-the-work)" in text, "the contents name it"
    return text.split(HEADING)[1].split("\n## ")[0]


def test_the_report_says_what_does_the_work_in_two_sentences_a_table_and_a_figure(study: Path) -> None:
    results = Results(study)
    found, _ = explained_in(results)
    text = section(document(analyse(results), [], {}, explained=found))
    assert text.count(r"A \$platform\_ against No policy, ") == 2
    for words in ("of the entries at own cost", "of the interaction vectors"):
        assert text.count(words) == 2
    assert "| platform onboarding: national | +" in text
    assert "](explain/figures/waterfall_entries_at_own_cost.png)\n\n**Caption.**\n\nAll games" in text


def test_the_report_on_an_explanation_itself_has_the_section(study: Path) -> None:
    (found,), _ = explained_in(Results(study / "explain"))
    assert found.picture is not None
    assert found.picture.path == "figures/waterfall_entries_at_own_cost.png"


def test_an_explanation_that_cannot_be_read_says_why(study: Path) -> None:
    manifest = study / "explain" / "manifest.json"
    whole = manifest.read_text(encoding="utf-8")
    manifest.write_text(whole.replace("share = 0.5", "share = 0.6"), encoding="utf-8")
    try:
        (found,), _ = explained_in(Results(study))
    finally:
        manifest.write_text(whole, encoding="utf-8")
    assert found.table is None
    assert found.sentences[0].startswith("Not shown: ")
    assert "explain it again" in found.sentences[0]


@pytest.mark.slow
def test_a_report_is_out_of_date_when_its_explanation_has_grown(study: Path) -> None:
    scenario, own = str(study.parent / "platform.toml"), str(study / "explain")
    run("explain", scenario, "--replications", "2", "--workers", "1", "--out", own)
    run("report", str(study))
    assert "what each part contributes" in (study / "report.html").read_text(encoding="utf-8")
    assert not stale(Results(study))
    run("explain", scenario, "--replications", "3", "--workers", "1", "--out", own)
    assert {"report.md", "report.html"} <= set(stale(Results(study)))
