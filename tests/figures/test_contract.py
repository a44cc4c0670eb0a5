"""What holds for every figure that a study gets, at every width and for every kind of study."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from matplotlib.text import Text
from PIL import Image

from simulation.figures import FIGURES, Drawn, StudyCurves, write_figure
from simulation.figures.style import style

widths = pytest.mark.parametrize("width_mm", [90.0, 140.0, 190.0])
names = pytest.mark.parametrize("name", FIGURES)


def texts(drawn: Drawn) -> list[Text]:
    with style():
        drawn.figure.draw_without_rendering()
    return [
        t
        for t in drawn.figure.findobj(Text)
        if isinstance(t, Text) and t.get_visible() and t.get_text().strip()
    ]


def shown(drawn: Drawn) -> list[Text]:
    """Texts that are on the page: ticks beyond the limits of an axis are kept by Matplotlib but not drawn."""
    ticks = {
        id(label)
        for ax in drawn.figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)
    }
    drawn_ticks = {
        id(tick.label1)
        for ax in drawn.figure.axes
        if ax.axison
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis._update_ticks()
    }
    return [t for t in texts(drawn) if id(t) not in ticks or id(t) in drawn_ticks]


@widths
@names
def test_no_text_is_small_cut_or_covered_by_another(name: str, width_mm: float, study: StudyCurves) -> None:
    drawn = FIGURES[name].draw(study, width_mm=width_mm)
    page = drawn.figure.bbox
    boxes = []
    for text in shown(drawn):
        assert text.get_fontsize() >= 6.0, text
        assert "$" not in text.get_text(), "mathematical text has small subscripts"
        box = text.get_window_extent()
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text
        # Half a point of the box is white space around the letters.
        boxes.append((text, box.padded(-0.5 * drawn.figure.dpi / 72)))
    for (first, one), (second, other) in combinations(boxes, 2):
        assert not one.overlaps(other), (first, second)


@widths
@names
def test_files_have_the_width_to_a_tenth_of_a_millimetre(
    name: str, width_mm: float, three: StudyCurves, tmp_path: Path
) -> None:
    write_figure(FIGURES[name].draw(three, width_mm=width_mm), tmp_path, name=name)
    with Image.open(tmp_path / f"{name}.png") as image:
        assert image.width / image.info["dpi"][0] * 25.4 == pytest.approx(width_mm, abs=0.1)
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", (tmp_path / f"{name}.pdf").read_bytes())
    assert box is not None
    assert float(box[1]) / 72 * 25.4 == pytest.approx(width_mm, abs=0.1)


@names
def test_pdf_embeds_the_shipped_truetype_fonts_and_no_other(
    name: str, three: StudyCurves, tmp_path: Path
) -> None:
    write_figure(FIGURES[name].draw(three, width_mm=140), tmp_path, name=name, formats=["pdf"])
    pdf = (tmp_path / f"{name}.pdf").read_bytes()
    fonts = set(re.findall(rb"/BaseFont /(?:[A-Z]{6}\+)?([\w-]+)", pdf))
    assert b"LiberationSans" in fonts
    assert fonts <= {b"LiberationSans", b"LiberationSans-Bold", b"LiberationSans-Italic"}
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


@names
def test_lines_are_between_a_quarter_and_one_and_a_half_points(name: str, study: StudyCurves) -> None:
    drawn = FIGURES[name].draw(study, width_mm=140)
    lines = [line for line in drawn.figure.findobj(Line2D) if line.get_linestyle() != "None"]
    widths_pt = [line.get_linewidth() for line in [*lines, *drawn.figure.findobj(Ellipse)]]
    assert widths_pt
    assert all(0.25 <= width <= 1.5 for width in widths_pt)


@names
def test_axes_name_their_quantity_and_unit(name: str, three: StudyCurves) -> None:
    drawn = FIGURES[name].draw(three, width_mm=190)
    labels = [
        label for ax in drawn.figure.findobj(Axes) for label in (ax.get_xlabel(), ax.get_ylabel()) if label
    ]
    assert labels
    assert all(", years" in label or ", %" in label or "1 − Φ" in label for label in labels)


@names
def test_figure_and_caption_say_what_was_drawn(name: str, study: StudyCurves) -> None:
    drawn = FIGURES[name].draw(study, width_mm=190)
    note = " ".join(text.get_text() for text in texts(drawn))
    n = len(study.scenarios[0].seeds)
    assert f"n = {n} replication" in note
    assert study.version in drawn.caption
    for scenario in study.scenarios:
        assert scenario.label in drawn.caption
        assert scenario.digest[:12] in drawn.caption
        assert f"n = {n}, seeds" in drawn.caption


@names
def test_tables_are_written_beside_the_figure_and_hold_every_scenario(
    name: str, study: StudyCurves, tmp_path: Path
) -> None:
    paths = write_figure(FIGURES[name].draw(study, width_mm=190), tmp_path, name=name, formats=["png"])
    assert {path.name for path in paths} >= {f"{name}.png", f"{name}.csv", f"{name}.md"}
    assert all(path.stat().st_size > 0 for path in paths)
    for path in paths:
        if path.suffix == ".csv":
            table = pd.read_csv(path)
            assert set(table.iloc[:, 0]) == {scenario.name for scenario in study.scenarios}


@names
def test_the_same_study_gives_the_same_bytes(name: str, three: StudyCurves, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        write_figure(FIGURES[name].draw(three, width_mm=90), tmp_path / folder, name=name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


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


def test_figures_do_without_pyplot() -> None:
    code = "import sys, simulation.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
