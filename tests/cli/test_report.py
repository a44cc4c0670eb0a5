"""The commands that compare and write up, as a user meets them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulation.cli.main import cli
from simulation.figures import plot

SMALL = """
title = "Small"
[time]
years = 6
[world]
scale = 0.05
[diffusion]
spontaneous = 0.05
digital = 3.0
[technologies]
release = "at_start"
"""
PLATFORM = """
extends = "small.toml"
title = "Platform"
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "national"
budget = 150.0
[[policies]]
instrument = "platform_onboarding"
platform = "national"
budget = 600.0
"""
DEAR = ("--set", "costs.platform_operation=151")
IDLE = 'platform "national" costs 151 a year and never opens for less'


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def words(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "small.toml").write_text(SMALL)
    (folder / "platform.toml").write_text(PLATFORM)
    paid = PLATFORM.replace("budget = 150.0", "coverage = 1.0").replace("budget = 600.0", "share = 1.0")
    (folder / "paid.toml").write_text(paid)
    return folder


@pytest.fixture(scope="module")
def dear(folder: Path) -> tuple[Path, Result]:
    """A study in which the platform costs a unit more than is paid for it, and what its run printed."""
    out = folder / "dear"
    files = (folder / "small.toml", folder / "platform.toml")
    return out, invoke("run", *files, *DEAR, "--replications", 3, "--executor", "serial", "--out", out)


def test_run_compare_and_validate_say_that_money_buys_nothing(folder: Path, dear: tuple[Path, Result]):
    assert (
        f"Platform: platform operation: national (policies[0]) plans 150 units a year and spends none: {IDLE}"
        in words(dear[1])
    )
    assert f"spends none: {IDLE}" in words(invoke("compare", dear[0]))
    checked = invoke("validate", folder / "platform.toml", *DEAR)
    assert f"spends none: {IDLE}" in words(checked)
    assert "spends none" not in words(invoke("validate", folder / "platform.toml"))


def test_compare_prints_all_tables_and_writes_them(dear: tuple[Path, Result]):
    printed = words(invoke("compare", dear[0], "--precision", 0.05))
    for title in (
        "Paired differences between scenarios",
        "Planned money",
        "Additional adoptions",
        "Where the change in Phi comes from",
        "Attribution of adoptions by channel",
        "half-width 5 % of the difference",
        "Platform against Small",
    ):
        assert title in printed
    assert (dear[0] / "tables" / "differences.tex").exists()
    assert (dear[0] / "additionality.csv").exists()


@pytest.mark.parametrize("precision", ["0", "-1", "much", "nan", "inf"])
def test_a_precision_that_is_none_is_refused(dear: tuple[Path, Result], precision: str):
    assert invoke("compare", dear[0], "--precision", precision).exit_code == 2


def test_report_writes_one_page_its_markdown_and_the_tables(
    dear: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
):
    few = partial(plot, names=["adoption_curves"])  # all of them take seconds, and are drawn by other tests
    monkeypatch.setattr("simulation.reporting.page.plot", few)
    printed = words(invoke("report", dear[0], "--reference", "platform"))
    for name in ("report.html", "report.md", "tables/money.tex", "comparison.csv"):
        assert str(dear[0] / name) in printed
    assert "Small against Platform" in (dear[0] / "report.html").read_text(encoding="utf-8")


def test_report_of_a_folder_without_results_is_a_message(tmp_path: Path):
    result = invoke("report", tmp_path)
    assert result.exit_code == 2
    assert "no results here" in result.stderr


def test_break_even_prints_its_sentence_and_writes_what_it_tried(folder: Path, tmp_path: Path):
    result = invoke(
        *("break-even", folder / "paid.toml", folder / "small.toml", "--metric", "phi"),
        *("--replications", 2, "--out", tmp_path),
    )
    assert "in Phi" in words(result)
    assert "ratio 1.00:" in result.stderr
    assert (tmp_path / "break_even.md").read_text().strip() in words(result)
    assert (tmp_path / "break_even.csv").read_text().startswith("ratio,shared,")
    assert (tmp_path / "break_even.png").read_bytes().startswith(b"\x89PNG")


def test_break_even_of_a_platform_that_nobody_pays_for_or_with_a_budget_is_the_user_s_mistake(folder: Path):
    for name, found in (("small", "pays for no platform"), ("platform", "has a budget, which buys less")):
        result = invoke("break-even", folder / f"{name}.toml", folder / "paid.toml")
        assert result.exit_code == 2
        assert found in result.stderr
