"""Figures of a fit: their width, what they show, legible text, and the numbers and captions beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from legibility import assert_legible
from made_up_fit import made_up_fit

from simulation.errors import ResultsError
from simulation.figures.drawing.style import MM_PER_INCH, PAGE_MM, style
from simulation.figures.fits import (
    calibration,
    posterior,
    profiles,
    regions,
    synchronization,
    write_fit_figures,
)
from simulation.fit.results import FitResults
from simulation.fit.validation import BASS, OURS

FIGURES = (calibration, posterior, profiles, regions, synchronization)

widths = pytest.mark.parametrize("width_mm", [90.0, 190.0])


@pytest.fixture
def fit(tmp_path: Path) -> FitResults:
    return made_up_fit(tmp_path)


@widths
@pytest.mark.parametrize("figure", FIGURES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_figure_has_its_width_its_numbers_and_legible_text(fit, figure, width_mm):
    drawn = figure.draw(fit, width_mm=width_mm)
    for page in drawn.pages:
        with style():
            page.draw_without_rendering()
        width, height = (float(inches) * MM_PER_INCH for inches in page.get_size_inches())
        assert width == pytest.approx(width_mm) and height <= PAGE_MM
        assert_legible(replace(drawn, figure=page, more=()))
    assert all(len(table) for table in drawn.numbers.values())
    assert drawn.caption.startswith("**") and "60 enterprises" in drawn.caption


def test_the_panel_of_a_region_shows_its_shares_and_many_regions_break_into_pages(fit):
    drawn = regions.draw(fit, width_mm=190.0)
    line = drawn.figure.axes[0].lines[1]
    first = fit.curves[fit.curves.region == "r0"]
    assert line.get_ydata() == pytest.approx(100 * (first.observed / first.eligible).to_numpy())
    assert "At the end, 1 of 4 regions lie outside the band." in drawn.caption
    many = pd.concat([fit.curves.assign(region=fit.curves.region + f"_{n}") for n in range(30)])
    drawn = regions.draw(replace(fit, curves=many), width_mm=90.0)
    assert len(drawn.pages) > 1
    assert sum(len(page.axes) for page in drawn.pages) == 120


def test_a_profile_falls_from_0_and_reaches_its_level_at_the_ends_of_the_interval(fit):
    ax = profiles.draw(fit, width_mm=190.0).figure.axes[1]
    line = max(ax.lines, key=lambda each: len(each.get_xdata()))
    x, y = line.get_xdata(), line.get_ydata()
    assert max(y) == 0
    row = fit.summary.iloc[1]
    assert np.interp(row.profile_high, x, y) == pytest.approx(-profiles.DROP, abs=0.1)


def test_pairs_give_way_to_marginals_where_there_is_no_room(fit):
    assert len(posterior.draw(fit, width_mm=190.0).figure.axes) == 6
    wide = [
        fit.summary.assign(parameter=fit.summary.parameter + f"_{n}", key=fit.summary.key + f"_{n}")
        for n in range(3)
    ]
    draws = pd.concat([fit.draws.add_suffix(f"_{n}") for n in range(3)], axis=1)
    several = replace(fit, summary=pd.concat(wide, ignore_index=True), draws=draws)
    assert len(posterior.draw(several, width_mm=90.0).figure.axes) == 9


def test_calibration_counts_the_regions_that_intervals_hold(fit):
    found = calibration.draw(fit, width_mm=190.0).numbers["calibration"]
    ours = found[(found.model == OURS) & (found.held_out == "left out")]
    part = fit.left_out[fit.left_out.model == OURS]
    assert ours.held.iloc[-1] == (part.held_from <= 0.95).mean()
    assert (np.diff(ours.held) >= 0).all() and (ours.chance_low <= ours.nominal).all()
    assert set(found.model) == {OURS, BASS}
    with pytest.raises(ResultsError, match="nothing was held out"):
        calibration.draw(replace(fit, left_out=None, forecast=None), width_mm=190.0)


def test_the_observed_value_stands_in_its_distribution_or_is_said_to_be_undefined(fit):
    drawn = synchronization.draw(fit, width_mm=190.0)
    phi, _, t50, sd, theil = drawn.figure.axes
    assert [line.get_xdata()[0] for line in phi.lines] == [fit.synchronization.observed[0]]
    assert not sd.lines and sd.texts[0].get_text() == "undefined in the data"
    assert not theil.patches and "runs of the fitted model have a value" in theil.texts[0].get_text().replace(
        "\n", " "
    )
    assert t50.lines and "is not compared" in drawn.caption


@pytest.mark.slow
def test_figures_lie_beside_the_fit_and_spare_files_of_others(fit):
    paths = write_fit_figures(fit, width_mm=90.0)
    assert {path.stem for path in paths} == {
        "fit_by_region", "posterior", "profiles", "synchronization", "synchronization_runs", "calibration"
    }  # fmt: skip
    assert write_fit_figures(replace(fit, left_out=None, forecast=None), width_mm=90.0)
    other = replace(fit, path=fit.path / "other")
    (other.path / "figures").mkdir(parents=True)
    (other.path / "figures" / "posterior.png").write_text("mine")
    with pytest.raises(ResultsError, match=r"posterior\.png"):
        write_fit_figures(other, width_mm=90.0)
