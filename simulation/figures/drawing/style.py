"""The style of all figures: type, widths, colours, and the style of every scenario.

Journals print figures 90, 140 or 190 mm wide; a figure is laid out in millimetres for one of these widths and
saved without trimming, so that 7 pt on the page are 7 pt. No figure uses mathematical text, whose subscripts
fall below the smallest size that journals accept.
"""

from __future__ import annotations

import io
import math
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from simulation.figures.drawing.letters import FONT, families, give_fonts, quiet, register_fonts

WIDTHS_MM = (90.0, 140.0, 190.0)
COMFORTABLE_MM = 195.0
"""Higher figures break into pages, or take more columns: they leave room for a caption."""
PAGE_MM = 240.0
"""Journals print no figure higher than that, most of them none higher than 225 to 247 mm."""
TEXT_PT = 7.0
SMALL_PT = 6.0
"""No text is smaller."""
LINE_MM = 2.9
"""Distance between two lines of text of 7 pt."""
MARK_SIZE = 3.5
"""Of markers, in points, where a figure does not say otherwise."""
MM_PER_INCH = 25.4

INK = "#1A1A1A"
FAINT = "#8C8C8C"

RC: dict[Any, Any] = {  # Matplotlib types the keys as one long literal
    "font.family": FONT,
    "font.size": TEXT_PT,
    "axes.labelsize": TEXT_PT,
    "axes.titlesize": TEXT_PT,
    "xtick.labelsize": TEXT_PT,
    "ytick.labelsize": TEXT_PT,
    "legend.fontsize": TEXT_PT,
    "figure.titlesize": TEXT_PT,
    "text.hinting": "none",  # hinted letters are up to 1 % wider than those measured and those in a PDF
    "text.parse_math": False,  # dollars in names and titles are money
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.5,
    "axes.labelpad": 2.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "lines.linewidth": 1.25,
    "lines.markersize": MARK_SIZE,
    "lines.markeredgewidth": 0.5,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.4,
    "savefig.dpi": 300,
    "figure.dpi": 300,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "hypercluster",
}

SHARE_MAP = "cividis"
"""Adoption share: even to the eye, and rising in grey."""


def difference_map() -> Colormap:
    """PuOr with its middle, a light grey, replaced by white, so that no difference shows as paper."""
    anchors = ["#7F3B08", "#B35806", "#E08214", "#FDB863", "#FEE0B6", "#FFFFFF"]
    anchors += ["#D8DAEB", "#B2ABD2", "#8073AC", "#542788", "#2D004B"]
    return LinearSegmentedColormap.from_list("PuOr_white", anchors)


MACROREGION_COLOURS = (
    "#77AADD",
    "#EE8866",
    "#EEDD88",
    "#FFAABB",
    "#44BB99",
    "#BBCC33",
    "#99DDFF",
    "#AAAA00",
    "#DDDDDD",
)
"""For the band of macroregions (Paul Tol's light scheme). They are alike in grey, so the name is written
beside the band, and on a map a mark at each seat shows the macroregion."""

MACROREGION_MARKERS = ("o", "s", "^", "D", "P", "v", "X", "p", "*")


SLENDER = {"*": 1.6, "d": 1.3}
"""Markers that cover little of their square, and how much larger they are drawn."""


@dataclass(frozen=True, slots=True)
class ScenarioStyle:
    """The style of one scenario in all figures; line style and marker distinguish it without colour."""

    colour: str
    line: str | tuple[float, tuple[float, ...]]
    marker: str

    def mark_size(self, size: float = MARK_SIZE) -> float:
        """Size of the marker in points: stars and thin diamonds are enlarged, so that all look about equal."""
        return SLENDER.get(self.marker, 1.0) * size


SHIPPED = {
    "baseline": ScenarioStyle("#595959", (0, (1, 1.2)), "o"),
    "regional_cluster": ScenarioStyle("#0072B2", (0, (5, 1.6)), "s"),
    "hypercluster": ScenarioStyle("#D55E00", "-", "^"),
    "mixed": ScenarioStyle("#009E73", (0, (5, 1.4, 1, 1.4)), "D"),
    "regional_cluster_everywhere": ScenarioStyle("#56B4E9", (0, (8, 1.6)), "v"),
    "hypercluster_hubs_only": ScenarioStyle("#E69F00", (0, (8, 1.4, 1, 1.4)), ">"),
    "hypercluster_low_readiness": ScenarioStyle("#CC79A7", (0, (2.5, 1.2)), "<"),
    "fragmented_platforms": ScenarioStyle("#000000", (0, (5, 1.4, 1, 1.4, 1, 1.4)), "P"),
    "science_network": ScenarioStyle("#009E73", (0, (2.5, 1.2, 1, 1.2)), "X"),
    "baseline_mixed": ScenarioStyle("#000000", (0, (1, 2.2)), "p"),
}
"""The colours are those of Okabe & Ito, and grey for the baseline."""

OTHER_COLOURS = ("#56B4E9", "#E69F00", "#CC79A7", "#000000", "#009E73")
OTHER_LINES = ((0.0, (9.0, 1.5)), (0.0, (3.0, 1.0)), (0.0, (7.0, 1.3, 2.5, 1.3)), (0.0, (1.5, 1.5)))
OTHER_MARKERS = ("h", "d", "*", "X")
SERIES_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#000000", "#D55E00", "#56B4E9")
OTHERS = tuple(
    ScenarioStyle(colour, line, marker)
    for (line, marker), colour in product(zip(OTHER_LINES, OTHER_MARKERS, strict=True), OTHER_COLOURS)
)


def scenario_styles(names: Iterable[str]) -> dict[str, ScenarioStyle]:
    """Style of each scenario: fixed for the shipped ones, for others a place in ``OTHERS`` given by the name.

    A name keeps its style from study to study, unless another of the study looks alike: then the later in the
    alphabet moves to the next place with a marker and a colour of its own, else to one with a marker of its own,
    which is seen in grey, else to a free one. With more scenarios than styles, styles repeat.
    """
    ordered = list(names)
    styles = {name: SHIPPED[name] for name in ordered if name in SHIPPED}
    for name in sorted(set(ordered) - SHIPPED.keys()):
        first = zlib.crc32(name.encode()) % len(OTHERS)
        used = list(styles.values())
        unlike = [look for look in (*OTHERS[first:], *OTHERS[:first]) if look not in used]
        markers, colours = {look.marker for look in used}, {look.colour for look in used}
        own = [look for look in unlike if look.marker not in markers]
        both = [look for look in own if look.colour not in colours]
        styles[name] = (both or own or unlike or [OTHERS[first]])[0]
    return {name: styles[name] for name in ordered}


def series_styles(names: Iterable[str]) -> dict[str, ScenarioStyle]:
    """Styles of items other than scenarios, by alphabetical order; with many items, styles repeat."""
    return {
        name: ScenarioStyle(
            SERIES_COLOURS[place % len(SERIES_COLOURS)],
            OTHER_LINES[place % len(OTHER_LINES)],
            OTHER_MARKERS[place % len(OTHER_MARKERS)],
        )
        for place, name in enumerate(sorted(names))
    }


@contextmanager
def style() -> Iterator[None]:
    """Draw in our style, independent of the user's settings, which are restored afterwards.

    Saving belongs inside too: fonts and ticks are settled only when a figure is rendered.
    """
    register_fonts()
    with matplotlib.rc_context(), quiet():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """An empty figure of exactly this size, outside pyplot's register of figures."""
    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))


def figure_of(ax: Axes) -> Figure:
    """The figure that contains axes, directly or through subfigures."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "axes stand in a figure"
    return figure


def add_axes_mm(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in millimetres from the upper left corner of the figure."""
    total_width, total_height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    box = (left / total_width, 1 - (top + height) / total_height, width / total_width, height / total_height)
    return figure.add_axes(box)


def text_mm(
    figure: Figure,
    text: str,
    *,
    left: float,
    top: float,
    size: float = TEXT_PT,
    weight: str = "normal",
    colour: str = INK,
    align: str = "left",
) -> None:
    """Write a line of text whose top is ``top`` millimetres below the upper edge of the figure."""
    total_width, total_height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    # Lines share one baseline whatever their letters: text aligned at its top would jump with its ascenders.
    baseline = top + 0.75 * size * MM_PER_INCH / 72
    figure.text(
        left / total_width,
        1 - baseline / total_height,
        text,
        fontsize=size,
        fontweight=weight,
        color=colour,
        ha=align,
        va="baseline",
    )


@lru_cache(maxsize=4096)
def text_width_mm(text: str, size: float = TEXT_PT, weight: str = "normal") -> float:
    """Width of one line of text, in mm."""
    register_fonts()
    font = FontProperties(family=list(families(text)), weight=weight, size=size)
    with quiet():
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * MM_PER_INCH / 72


_BREAKS = re.compile(r" (?!(?<=\d )%)(?!= \d)(?!(?<== )\d)")


def wrap_mm(text: str, width_mm: float, *, size: float = TEXT_PT, weight: str = "normal") -> list[str]:
    """Lines of at most this width; a wider word stands alone.

    No-break spaces do not break, nor do spaces before a percent sign and around an equals sign.
    """
    lines: list[str] = []
    for word in _BREAKS.split(text.replace("\n", " ")):
        if not word:
            continue
        if lines and text_width_mm(f"{lines[-1]} {word}", size, weight) <= width_mm:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def fit_mm(text: str, width_mm: float, *, size: float = TEXT_PT) -> str:
    """The text, cut with an ellipsis where it is wider than this."""
    if text_width_mm(text, size) <= width_mm:
        return text
    while text and text_width_mm(f"{text}…", size) > width_mm:
        text = text[:-1].rstrip(" ,")
    return f"{text}…"


def write_note(figure: Figure, lines: Sequence[str], *, left: float, top: float) -> None:
    """Small print under a figure: n, the statistic and the bands."""
    for row, line in enumerate(lines):
        text_mm(figure, line, left=left, top=top + row * NOTE_LINE_MM, size=SMALL_PT, colour="#404040")


NOTE_LINE_MM = 2.6


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near those wanted, at least ``gap`` apart, in the same order, within [low, high].

    It places labels at the ends of lines. If the interval is too short for all, the gaps shrink evenly.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places: list[float] = []
    for i in order:
        places.append(max(wanted[i], places[-1] + gap if places else -math.inf, low))
    limit = high
    for rank in reversed(range(len(places))):
        places[rank] = min(places[rank], limit)
        limit = places[rank] - gap
    result = [0.0] * len(wanted)
    for rank, i in enumerate(order):
        result[i] = places[rank]
    return result


def saved(figure: Figure, suffix: str) -> bytes:
    """Return the file of a figure at its exact size, as "png", "pdf" or "svg"; it does not depend on the clock."""
    give_fonts(figure)
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(suffix, {})
    sink = io.BytesIO()
    figure.savefig(sink, format=suffix, metadata=metadata)
    return sink.getvalue()
