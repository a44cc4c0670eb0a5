"""What is drawn of a results folder: all that the data allow, or what is asked for by name, or nothing at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from simulation import run_batch
from simulation.errors import ResultsError
from simulation.figures import FIGURES, plot, write_study_figures
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

PLAIN = """
name = "plain"
title = "Plain"
[time]
years = 8
[world]
scale = 0.05
[diffusion]
spontaneous = {rate}
institutional = {rate}
[technologies]
release = "at_start"
"""
TRAINED = PLAIN.replace("plain", "trained") + '[[policies]]\ninstrument = "training"\nbudget = 50.0\n'
AFTER_EVERY_RUN = {"adoption_raster", "adoption_curves", "speed_synchrony"}


def run_plain(folder: Path, *, rate: float, replications: int = 3) -> Results:
    spec = parse_scenario(PLAIN.format(rate=rate))
    return run_batch([spec], replications, out=folder, executor="serial")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two scenarios, one with a policy, none with a platform."""
    specs = [parse_scenario(text.format(rate=0.1)) for text in (PLAIN, TRAINED)]
    return run_batch(specs, 3, out=tmp_path_factory.mktemp("plot") / "study", executor="serial")


@pytest.fixture
def copied(results: Results, tmp_path: Path) -> Results:
    """The same without any figure yet."""
    folder = tmp_path / "study"
    shutil.copytree(results.path, folder, ignore=shutil.ignore_patterns("figures"))
    return Results(folder)


@pytest.mark.slow
def test_everything_that_the_data_allow_is_written(copied: Results) -> None:
    plotted = plot(copied, formats=["svg"])
    assert set(plotted.left_out) == {"platform_membership"}
    assert "no platform to show" in plotted.left_out["platform_membership"]
    assert set(plotted.paths) == set((copied.path / "figures").iterdir())
    assert all(path.stat().st_size for path in plotted.paths)
    names = {path.name for path in plotted.paths}
    for name in FIGURES.keys() - plotted.left_out.keys():
        assert names >= {f"{name}.svg", f"{name}.csv", f"{name}.md"}


def test_only_what_is_asked_for_by_name_is_written(copied: Results) -> None:
    plotted = plot(copied.path, ["theil_parts"], width_mm=90, formats=["pdf"])
    assert {path.name for path in plotted.paths} == {"theil_parts.pdf", "theil_parts.csv", "theil_parts.md"}
    assert not plotted.left_out


def test_one_scenario_or_one_replication_of_a_study_can_be_drawn(copied: Results) -> None:
    plot(copied, ["adoption_curves"], scenarios=["trained"], seed=2, formats=[])
    table = pd.read_csv(copied.path / "figures" / "adoption_curves.csv")
    assert set(table["scenario"]) == {"trained"} and set(table["n"]) == {1}
    caption = (copied.path / "figures" / "adoption_curves.md").read_text(encoding="utf-8")
    assert "Plain (trained) (`trained`): n = 1, seeds 2" in caption
    with pytest.raises(ResultsError, match='did you mean "plain"'):
        plot(copied, scenarios=["plane"])


def test_a_figure_that_is_higher_than_a_page_is_named(
    copied: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plot(copied, ["ledger"], formats=[]).too_high == {}
    monkeypatch.setattr("simulation.figures.PAGE_MM", 20.0)
    (height,) = plot(copied, ["ledger"], formats=[]).too_high.values()
    assert 20 < height < 100


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["ledgre"], 'no figure "ledgre"; did you mean "ledger"'),
        (["theil_parts", "platform_membership"], "no platform to show"),
    ],
)
def test_a_figure_asked_for_by_name_that_cannot_be_drawn_is_an_error_and_nothing_is_written(
    copied: Results, names: list[str], message: str
) -> None:
    with pytest.raises(ResultsError, match=message):
        plot(copied, names)
    assert not (copied.path / "figures").exists()


@pytest.mark.parametrize(
    ("formats", "width_mm", "message"),
    [
        (["gif"], 90.0, 'format "gif"; there are "png", "pdf", "svg"'),
        (["png"], 100.0, "width_mm = 100: must be a width of 90 or 140 or 190 mm"),
    ],
)
def test_an_unknown_format_or_width_is_refused_before_anything_is_written(
    copied: Results, formats: list[str], width_mm: float, message: str
) -> None:
    with pytest.raises(ResultsError, match=message):
        plot(copied, formats=formats, width_mm=width_mm)
    assert not (copied.path / "figures").exists()


def test_a_run_ends_with_three_figures(copied: Results) -> None:
    paths = write_study_figures(copied)
    assert {path.stem for path in paths if path.suffix == ".png"} == AFTER_EVERY_RUN


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "replications"), [(0.0, 2), (1e3, 2), (0.1, 1)], ids=["nobody adopts", "all at once", "one run"]
)
def test_degenerate_studies_are_drawn_or_say_why_not(tmp_path: Path, rate: float, replications: int) -> None:
    plotted = plot(run_plain(tmp_path, rate=rate, replications=replications), formats=["svg"], width_mm=140)
    assert set(plotted.left_out) == {
        "adoption_difference",
        "paired_differences",
        "platform_membership",
        "ledger",
    }
    assert len([path for path in plotted.paths if path.suffix == ".svg"]) == len(FIGURES) - 4
