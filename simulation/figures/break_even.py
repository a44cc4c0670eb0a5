"""How far a scenario is ahead of its rival as its platform becomes dearer, and where the verdict changes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.keyed_page import page
from simulation.figures.drawing.panels import MARGIN_MM, RIGHT_MM, Frame
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import FAINT, INK
from simulation.markdown import markdown_text

if TYPE_CHECKING:
    from simulation.analysis.break_even import BreakEven

WIDTH_MM = 140.0
LEFT_MM = 13.0
PANEL_MM = 55.0
AXIS_MM = 9.0
LABELS = {"t50_years": "Sooner by, years", "phi": "More in step by, Φ, share of variance"}


def draw(found: BreakEven, words: str, *, width_mm: float = WIDTH_MM) -> Drawn:
    """Draw the ratios that were tried; ``words`` say what was found."""
    tried = found.tried.sort_values("ratio")
    note = f"{words} Mean over pairs of one seed and its 95 % interval at each ratio that was tried; above 0: ahead."

    def draw_in(frame: Frame) -> None:
        ax = frame.axes(LEFT_MM, MARGIN_MM + 1.5, width_mm - LEFT_MM - RIGHT_MM, PANEL_MM - 1.5)
        ax.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        ax.fill_between(tried["ratio"], tried["low"], tried["high"], color=INK, alpha=0.12, linewidth=0)
        ax.plot(tried["ratio"], tried["difference"], color=INK, linewidth=1.0, marker="o", markersize=3.0)
        if math.isfinite(found.ratio):
            ax.axvline(found.ratio, color=INK, linewidth=0.7, linestyle=(0, (4, 1.6)))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
        ax.set_xlabel("Unit costs of the platform, times those of the scenario")
        ax.set_ylabel(LABELS[found.metric])

    figure = page(draw_in, width_mm=width_mm, height_mm=MARGIN_MM + PANEL_MM + AXIS_MM, note=note)
    return Drawn(figure, {}, f"**Break-even.** {markdown_text(note)}\n")
