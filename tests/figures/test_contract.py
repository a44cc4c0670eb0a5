"""What holds for every figure that a study gets, at every width and for every kind of study."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from legibility import assert_legible, texts
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from PIL import Image

from simulation import figures
from simulation.errors import ResultsError
from simulation.figures import FIGURES, Drawn, StudyCurves, write_figure
from simulation.figures.drawing.style import style

WIDTHS = (90.0, 140.0, 190.0)
COMPARING = {"adoption_difference", "paired_differences"}
"""Figures that need two scenarios."""
MISSING_OUT = COMPARING | {"ledger", "platform_membership", "region_map"}
"""Figures that leave out scenarios: the reference, those without money, without platforms."""
UNITS = (", years", ", %", "1 − Φ", "Φ, share", ", nats", "units a year", ", utility")

widths = pytest.mark.parametrize("width_mm", WIDTHS)
names = pytest.mark.parametrize("name", FIGURES)


@cache
def _draw(name: str, study: StudyCurves, width_mm: float) -> Drawn:
    """The figure, laid out as it is when it is saved."""
    drawn = FIGURES[name].draw(study, width_mm=width_mm)
    with style():
        drawn.figure.draw_without_rendering()
    return drawn


def draw(name: str, study: StudyCurves, *, width_mm: float) -> Drawn:
    """The figure of a page, drawn once for all tests; a lone scenario is told why it is not compared."""
    if name in COMPARING and len(study.scenarios) == 1:
        with pytest.raises(
            ResultsError, match=f"{name}: it compares scenarios, and only hypercluster is here"
        ):
            FIGURES[name].draw(study, width_mm=width_mm)
        pytest.skip("says why there is nothing to draw")
    drawn = _draw(name, study, width_mm)
    assert drawn.figure.get_size_inches()[0] * 25.4 == pytest.approx(width_mm, abs=0.01)
    return drawn


@names
def test_no_text_is_small_cut_or_covered_whatever_the_study(name: str, study: StudyCurves) -> None:
    assert_legible(draw(name, study, width_mm=140))


@names
def test_no_text_is_small_cut_or_covered_on_the_narrowest_page(name: str, three: StudyCurves) -> None:
    assert_legible(draw(name, three, width_mm=min(WIDTHS)))


@pytest.mark.slow
@widths
@names
def test_no_text_is_small_cut_or_covered_at_all(name: str, width_mm: float, study: StudyCurves) -> None:
    assert_legible(draw(name, study, width_mm=width_mm))


@names
def test_files_have_the_width_to_a_tenth_of_a_millimetre_and_embed_the_shipped_fonts_only(
    name: str, three: StudyCurves, tmp_path: Path
) -> None:
    write_figure(draw(name, three, width_mm=90), tmp_path, name=name)
    with Image.open(tmp_path / f"{name}.png") as image:
        assert image.width / image.info["dpi"][0] * 25.4 == pytest.approx(90, abs=0.1)
    pdf = (tmp_path / f"{name}.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", pdf)
    assert box is not None
    assert float(box[1]) / 72 * 25.4 == pytest.approx(90, abs=0.1)
    fonts = set(re.findall(rb"/BaseFont /(?:[A-Z]{6}\+)?([\w-]+)", pdf))
    assert b"LiberationSans" in fonts
    assert fonts <= {b"LiberationSans", b"LiberationSans-Bold", b"LiberationSans-Italic"}
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


@names
def test_lines_are_between_a_quarter_and_one_and_a_half_points(name: str, study: StudyCurves) -> None:
    drawn = draw(name, study, width_mm=140)
    lines = [line for line in drawn.figure.findobj(Line2D) if line.get_linestyle() != "None"]
    widths_pt = [line.get_linewidth() for line in [*lines, *drawn.figure.findobj(Ellipse)]]
    assert widths_pt
    assert all(0.25 <= width <= 1.5 for width in widths_pt)


@names
def test_axes_name_their_quantity_and_unit(name: str, three: StudyCurves) -> None:
    drawn = draw(name, three, width_mm=140)
    labels = [
        label for ax in drawn.figure.findobj(Axes) for label in (ax.get_xlabel(), ax.get_ylabel()) if label
    ]
    assert labels
    assert all(any(unit in label for unit in UNITS) for label in labels), labels


@names
def test_figure_and_caption_say_what_was_drawn(name: str, study: StudyCurves) -> None:
    drawn = draw(name, study, width_mm=140)
    note = " ".join(text.get_text() for text in texts(drawn)).replace("\u00a0", " ")
    n = len(study.scenarios[0].seeds)
    assert f"n = {n} replication" in note
    assert study.version in drawn.caption
    for scenario in study.scenarios:
        assert scenario.label in drawn.caption
        assert scenario.digest[:12] in drawn.caption
        assert f"n = {n}, seeds" in drawn.caption


@names
def test_tables_hold_every_scenario_that_the_figure_shows(name: str, study: StudyCurves) -> None:
    known = {scenario.name for scenario in study.scenarios}
    numbers = draw(name, study, width_mm=140).numbers
    assert name in numbers, "the first table has the figure's name"
    for table in numbers.values():
        told = set(table.iloc[:, 0])
        assert told == known or (name in MISSING_OUT and told and told < known)


@names
def test_numbers_and_caption_are_written_beside_the_figure(
    name: str, three: StudyCurves, tmp_path: Path
) -> None:
    drawn = draw(name, three, width_mm=140)
    paths = write_figure(drawn, tmp_path, name=name, formats=[])
    assert {path.name for path in paths} == {f"{name}.md", *(f"{table}.csv" for table in drawn.numbers)}
    assert (tmp_path / f"{name}.md").read_text(encoding="utf-8") == drawn.caption
    for table, numbers in drawn.numbers.items():
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / f"{table}.csv"), numbers.reset_index(drop=True), check_dtype=False
        )


@pytest.mark.slow
@names
def test_the_same_study_gives_the_same_bytes(name: str, three: StudyCurves, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        write_figure(FIGURES[name].draw(three, width_mm=90), tmp_path / folder, name=name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


@pytest.mark.slow
@names
def test_drawing_neither_obeys_nor_changes_the_settings_of_the_user(
    name: str, three: StudyCurves, tmp_path: Path
) -> None:
    write_figure(FIGURES[name].draw(three, width_mm=90), tmp_path / "plain", name=name, formats=["png"])
    with matplotlib.rc_context(
        {"font.size": 20, "savefig.bbox": "tight", "axes.grid": True, "lines.linewidth": 9}
    ):
        before = dict(matplotlib.rcParams)
        write_figure(FIGURES[name].draw(three, width_mm=90), tmp_path / "own", name=name, formats=["png"])
        assert dict(matplotlib.rcParams) == before
    plain, own = ((tmp_path / folder / f"{name}.png").read_bytes() for folder in ("plain", "own"))
    assert own == plain


@names
def test_every_figure_can_be_drawn_on_axes_of_the_reader_and_returns_them(
    name: str, three: StudyCurves
) -> None:
    figure = Figure(figsize=(7, 5))
    ax = figure.add_subplot(1, 2, 2)
    right = ax.get_position().x0
    assert getattr(figures, name)(three, ax=ax) is ax
    figure.draw_without_rendering()
    everything = [each for each in figure.axes if each is not ax] or [ax]
    assert all(each.get_position().x0 >= right - 1e-9 for each in everything)
    assert any(each.has_data() or each.texts for each in figure.axes)


@names
def test_every_figure_makes_its_own_page_where_no_axes_are_given(name: str, three: StudyCurves) -> None:
    ax = getattr(figures, name)(three)
    assert ax._repr_png_().startswith(b"\x89PNG"), (
        "a notebook shows the picture, and not the name of an object"
    )
    width, height = ax.get_figure(root=True).get_size_inches() * 25.4
    assert width == pytest.approx(140)
    assert 20 < height < 300


@names
def test_every_figure_has_a_description_with_an_example(name: str) -> None:
    words = getattr(figures, name).__doc__
    for part in ("Parameters", "Examples", f"figures.{name}("):
        assert part in words


@names
def test_the_package_offers_the_function_and_not_the_module_of_that_name(name: str) -> None:
    module = import_module(f"simulation.figures.{name}")
    assert getattr(figures, name) is getattr(module, name)
    assert name in dir(figures)


def test_a_figure_that_there_is_not_is_told_with_what_was_perhaps_meant() -> None:
    with pytest.raises(AttributeError, match="no attribute 'speed_sync'; did you mean \"speed_synchrony\""):
        figures.speed_sync  # noqa: B018 - reading it is what is tested


def test_figures_do_without_pyplot() -> None:
    code = "import sys, simulation.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
