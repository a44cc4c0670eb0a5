"""Where a scenario is behind: how common that is in the worlds that a rule describes, a row a rule."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from simulation.errors import ResultsError
from simulation.explore.answers import Answers
from simulation.figures.drawing.bars import labels_mm, row_mm, rows, write_labels
from simulation.figures.drawing.keyed_page import keyed_page, write_heading
from simulation.figures.drawing.panels import AXIS_MM, LETTER_MM, MARGIN_MM, Frame, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import (
    FAINT,
    SMALL_PT,
    ScenarioStyle,
    fit_mm,
    scenario_styles,
    text_width_mm,
    wrap_mm,
)
from simulation.figures.ensembles.page import caption_of, refuse_too_few, told

LABEL_SHARE = 0.45  # of the page, for the conditions
HEADING_MM = 5.0
BASE: dict[str, Any] = {"color": FAINT, "linewidth": 0.8, "linestyle": (0, (3, 1.5))}


def draw(answers: Answers, *, width_mm: float) -> Drawn:
    """Draw the share of worlds in which a scenario is behind where each rule holds, and in all kept worlds.

    Raises
    ------
    ResultsError
        If there are too few kept worlds to say anything of them, or no rule was found.
    """
    refuse_too_few(answers)
    table = answers.rule_table
    if not len(table):
        raise ResultsError("no rule sets worlds apart in which a scenario is behind")
    titles, looks = answers.ensemble.titles, scenario_styles(answers.ensemble.scenarios)
    blocks = [
        (str(scenario), f"{titles[str(scenario)]} is behind in {measure}", part)
        for (scenario, measure), part in table.groupby(["scenario", "measure"], sort=False)
    ]
    labels = [[wrap_mm(words, LABEL_SHARE * width_mm) for words in part["where"]] for _, _, part in blocks]
    heights = [HEADING_MM + row_mm(lines) * len(lines) + AXIS_MM for lines in labels]
    left = MARGIN_MM + max(map(labels_mm, labels)) + 2.5
    panel_mm = width_mm - left - 2 * MARGIN_MM - text_width_mm(_covered(1.0), SMALL_PT)

    def draw_in(frame: Frame) -> None:
        top = MARGIN_MM
        for number, (scenario, heading, part) in enumerate(blocks):
            written = fit_mm(heading, width_mm - 2 * MARGIN_MM - LETTER_MM)
            write_heading(frame, written, letter=number, left=MARGIN_MM, top=top)
            ax = frame.axes(left, top + HEADING_MM, panel_mm, heights[number] - HEADING_MM - AXIS_MM)
            rows(ax, len(part))
            _draw_rules(ax, part, looks[scenario])
            write_labels(ax, labels[number])
            ax.set_xlabel("worlds behind, %")
            top += heights[number]

    keys = [
        Key("share where the rule holds, 95 % interval", line=_mark(looks[blocks[0][0]])),
        Key("share in all kept worlds", line=BASE),
    ]
    note = (
        f"{told(answers)} Rules were found in half of the worlds, and all numbers are from the other half. Covers: of "
        "all worlds behind, those in which the rule holds."
    )
    figure = keyed_page(draw_in, keys, width_mm=width_mm, height_mm=MARGIN_MM + sum(heights), note=note)
    return Drawn(figure, {"rules": table}, caption_of("Where it is behind.", note, answers))


def _draw_rules(ax: Axes, table: pd.DataFrame, look: ScenarioStyle) -> None:
    for row, found in enumerate(table.to_dict("records")):
        share, low, high = (100 * found[name] for name in ("density", "density_low", "density_high"))
        ax.plot([low, high], [row, row], color=look.colour, linewidth=0.9, solid_capstyle="butt")
        ax.plot(share, row, **_mark(look), clip_on=False)
        ax.annotate(
            _covered(found["coverage"]),
            (100, row),
            xytext=(3, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=SMALL_PT,
            annotation_clip=False,
        )
    ax.axvline(100 * float(table["base_rate"].iloc[0]), zorder=0, **BASE)
    ax.set_xlim(0, 100)


def _mark(look: ScenarioStyle) -> dict[str, Any]:
    return {
        "marker": look.marker,
        "color": look.colour,
        "markersize": look.mark_size(3.2),
        "linestyle": "-",
        "linewidth": 0.9,
    }


def _covered(share: float) -> str:
    return f"covers {100 * share:.0f} %"
