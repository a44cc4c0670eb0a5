"""Adoption curves show quantiles over replications of the pooled share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from simulation.figures import StudyCurves
from simulation.figures.adoption_curves import draw, draw_curves

MakeStudy = Callable[..., StudyCurves]


def test_the_table_holds_the_quantiles_over_replications(three: StudyCurves) -> None:
    table = draw(three, width_mm=190).numbers["adoption_curves"]
    for scenario in three.scenarios:
        rows = table[table["scenario"] == scenario.name]
        assert set(rows["n"]) == {12}
        for column, quantile in (("q05", 0.05), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("q95", 0.95)):
            np.testing.assert_allclose(rows[column], np.quantile(scenario.pooled, quantile, axis=0))


def test_lines_are_the_medians_in_percent(three: StudyCurves) -> None:
    ax = Figure().subplots()
    draw_curves(ax, three)
    lines = [line for line in ax.lines if len(line.get_xdata()) == len(three.tau_years)]
    for line, scenario in zip(lines, three.scenarios, strict=True):
        np.testing.assert_allclose(line.get_ydata(), 100 * np.median(scenario.pooled, axis=0))


@pytest.mark.parametrize(("scenarios", "seeds", "bands"), [(3, 12, 6), (3, 1, 0), (5, 12, 0)])
def test_bands_are_drawn_where_they_can_be_read(
    make_study: MakeStudy, scenarios: int, seeds: int, bands: int
) -> None:
    study = make_study([f"s{number}" for number in range(scenarios)], seeds=range(seeds))
    ax = Figure().subplots()
    draw_curves(ax, study)
    assert sum(isinstance(artist, PolyCollection) for artist in ax.collections) == bands
    assert ("bands: middle 50 %" in draw(study, width_mm=190).caption) == (bands > 0)
