"""The visual language: scenarios keep their looks and can be told apart, fonts come with the package."""

from __future__ import annotations

from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.markers import MarkerStyle

from simulation.figures.drawing.style import (
    OTHER_MARKERS,
    OTHERS,
    SHIPPED,
    ScenarioStyle,
    difference_map,
    fit_mm,
    scenario_styles,
    spread,
    text_width_mm,
    wrap_mm,
)

identifiers = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)


def test_scenario_kinds_have_the_agreed_colours() -> None:
    colours = {name: look.colour for name, look in scenario_styles(SHIPPED).items()}
    assert colours["baseline"] == "#595959"
    assert colours["regional_cluster"] == "#0072B2"
    assert colours["hypercluster"] == "#D55E00"
    assert colours["mixed"] == "#009E73"


def test_shipped_scenarios_differ_in_line_and_in_marker_without_colour() -> None:
    assert len({look.line for look in SHIPPED.values()}) == len(SHIPPED)
    assert len({look.marker for look in SHIPPED.values()}) == len(SHIPPED)


def test_markers_cover_areas_that_are_alike() -> None:
    def covered(look: ScenarioStyle) -> float:
        """Share of the square of the plain marker size."""
        marker = MarkerStyle(look.marker)
        outline = marker.get_path().transformed(marker.get_transform())
        ring = outline.interpolated(8).to_polygons()[0]
        x, y = np.asarray(ring).T
        area = abs(np.dot(x[:-1], np.diff(y)) - np.dot(y[:-1], np.diff(x))) / 2
        return float(area) * look.mark_size(1.0) ** 2

    areas = {look.marker: covered(look) for look in (*SHIPPED.values(), *OTHERS)}
    assert areas["s"] == pytest.approx(1)
    assert min(areas.values()) > 0.45, areas


@given(st.lists(identifiers, unique=True, max_size=len(OTHERS)))
def test_no_two_scenarios_of_a_study_look_the_same(names: list[str]) -> None:
    styles = scenario_styles([*SHIPPED, *(name for name in names if name not in SHIPPED)])
    assert len(set(styles.values())) == len(styles)


@given(st.lists(identifiers, unique=True, min_size=2, max_size=len(OTHER_MARKERS)))
def test_as_many_scenarios_as_there_are_markers_differ_without_colour(names: list[str]) -> None:
    styles = scenario_styles(names)
    assert len({look.marker for look in styles.values()}) == len(names)


def test_a_line_breaks_neither_before_a_percent_sign_nor_around_an_equals_sign() -> None:
    text = "the middle 90 % of all, n = 12 replications"
    lines = wrap_mm(text, 0.0)
    assert lines == ["the", "middle", "90 %", "of", "all,", "n = 12", "replications"]


def test_a_scenario_looks_the_same_whatever_stands_beside_it() -> None:
    alone = scenario_styles(["my_own_idea"])["my_own_idea"]
    assert scenario_styles(["hypercluster", "my_own_idea", "baseline"])["my_own_idea"] == alone
    assert alone not in SHIPPED.values()


def test_more_scenarios_than_looks_can_still_be_drawn() -> None:
    names = [f"scenario_{number}" for number in range(len(OTHERS) + 5)]
    assert set(scenario_styles(names)) == set(names)


def test_no_difference_is_white_and_both_signs_are_equally_dark() -> None:
    colours = difference_map()
    assert colours(0.5)[:3] == pytest.approx((1.0, 1.0, 1.0), abs=0.01)
    grey = [float(np.dot(colours(x)[:3], (0.299, 0.587, 0.114))) for x in (0.0, 1.0)]
    assert max(grey) < 0.35


def test_shipped_fonts_are_small_and_have_their_licence() -> None:
    folder = resources.files("simulation.figures") / "fonts"
    fonts = [entry for entry in folder.iterdir() if entry.name.endswith(".ttf")]
    assert {font.name for font in fonts} == {
        "LiberationSans-Regular.ttf",
        "LiberationSans-Bold.ttf",
        "LiberationSans-Italic.ttf",
    }
    assert all(len(font.read_bytes()) < 500_000 for font in fonts)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "LICENSE-OFL.txt").read_text(encoding="utf-8")


def test_text_is_measured_with_the_metrics_of_arial() -> None:
    # Arial's advance width of "m" is 1706 of 2048 units.
    assert text_width_mm("m" * 100, 7.0) == pytest.approx(100 * 7 * 1706 / 2048 * 25.4 / 72, rel=0.01)


@given(st.text(alphabet="abc m", max_size=60), st.floats(5, 60))
def test_wrapped_lines_fit_and_keep_every_word(text: str, width_mm: float) -> None:
    lines = wrap_mm(text, width_mm)
    assert " ".join(lines).split() == text.split()
    assert all(text_width_mm(line) <= width_mm or " " not in line for line in lines)


def test_no_break_spaces_do_not_break() -> None:
    assert wrap_mm("t50\u00a010.4\u00a0years; later", 5.0) == ["t50\u00a010.4\u00a0years;", "later"]


def test_a_long_name_is_cut_to_its_room() -> None:
    cut = fit_mm("Tyumen Region, Khanty-Mansiysk and Yamalo-Nenets Autonomous Okrugs", 30.0)
    assert cut.startswith("Tyumen Region")
    assert cut.endswith("…")
    assert text_width_mm(cut) <= 30.0
    assert fit_mm("Perm", 30.0) == "Perm"


@given(st.lists(st.floats(-10, 110), min_size=1, max_size=12), st.floats(0.5, 20))
def test_labels_are_spread_in_order_inside_their_room(wanted: list[float], gap: float) -> None:
    places = spread(wanted, gap, 0.0, 100.0)
    possible = min(gap, 100.0 / max(1, len(wanted) - 1))
    assert all(-1e-9 <= place <= 100.0 + 1e-9 for place in places)
    ordered = [places[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])]
    assert all(b - a >= possible - 1e-9 for a, b in pairwise(ordered))


def test_labels_with_room_stay_where_they_belong() -> None:
    assert spread([30.0, 10.0, 80.0], 5.0, 0.0, 100.0) == [30.0, 10.0, 80.0]
