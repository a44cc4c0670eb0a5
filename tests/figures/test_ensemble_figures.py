"""Figures of ensembles: their width, what they show, and round marks on the scales of parameters."""

from __future__ import annotations

import numpy as np
import pytest
from small_ensembles import small_study

from simulation.analysis.membership_levels import fold_of
from simulation.explore.critical_mass import CriticalMass
from simulation.explore.ensemble import ensemble_of
from simulation.explore.parameters import Parameter
from simulation.explore.running import Size, run_ensemble
from simulation.explore.study import study_with
from simulation.figures.drawing.style import MM_PER_INCH, SMALL_PT, saved
from simulation.figures.ensembles import critical_mass, regime_map
from simulation.results.reader import Results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    ensemble = ensemble_of(study_with(small_study(design="grid", levels=3, finer=1, replications=2)))
    return run_ensemble(ensemble, Size(25), out=tmp_path_factory.mktemp("map") / "m", executor="serial")


@pytest.mark.parametrize("width_mm", [90.0, 190.0])
def test_a_regime_map_has_its_width_and_the_numbers_that_it_shows(results: Results, width_mm: float) -> None:
    drawn = regime_map.draw(results, width_mm=width_mm)
    assert drawn.figure.get_size_inches()[0] * MM_PER_INCH == pytest.approx(width_mm)
    assert saved(drawn.figure, "png").startswith(b"\x89PNG")
    table = drawn.numbers["regime_map"]
    assert set(table["metric"]) == {"restricted_time_years", "phi"}
    assert "cells" in drawn.caption
    assert (
        min(text.get_fontsize() for text in drawn.figure.findobj(lambda x: hasattr(x, "get_fontsize")))
        >= SMALL_PT
    )


@pytest.mark.parametrize("width_mm", [90.0, 190.0])
@pytest.mark.parametrize("network_effect", [6.0, 2.0])
def test_a_critical_mass_is_drawn_with_and_without_a_jump(width_mm: float, network_effect: float) -> None:
    subsidies = np.linspace(-1, 1, 5)
    flat = np.full((2, 5, 2), 0.2)
    found = CriticalMass(
        scenario="Hypercluster",
        platform="national",
        subsidies=subsidies,
        at_rest=flat,
        at_horizon=flat,
        phi=flat,
        fold=fold_of(
            np.ones(1), np.array([0.5]), base=-3.0, network_effect=network_effect, readiness_effect=0.0
        ),
        years=20.0,
    )
    drawn = critical_mass.draw(found, width_mm=width_mm)
    assert drawn.figure.get_size_inches()[0] * MM_PER_INCH == pytest.approx(width_mm)
    assert ("no critical mass" in drawn.caption) == (network_effect < 4)
    assert len(drawn.numbers["critical_mass"]) == 10


def test_marks_stand_at_round_values_of_the_range() -> None:
    log = Parameter("distance", ("d",), "log", low=50.0, high=1200.0)
    assert [label for _, label in regime_map.ticks(log)] == ["50", "100", "200", "500", "1,000"]
    assert all(place == log.place_of(float(label.replace(",", ""))) for place, label in regime_map.ticks(log))
    listed = Parameter("number", ("n",), "values", values=(2, 3, 4))
    assert [label for _, label in regime_map.ticks(listed)] == ["2", "3", "4"]
    linear = Parameter("share", ("s",), "linear", low=0.0, high=1.0)
    assert regime_map.ticks(linear)[0] == (0.0, "0")
