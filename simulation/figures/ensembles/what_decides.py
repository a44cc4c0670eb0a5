"""Which inputs decide how far a scenario is ahead of its reference, in the worlds that show the patterns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.explore.answers import Answers
from simulation.explore.parameters import Parameter
from simulation.figures.drawing.panels import (
    AXIS_MM,
    LETTER_MM,
    MARGIN_MM,
    RIGHT_MM,
    Frame,
    Key,
    explain,
)
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import (
    INK,
    LINE_MM,
    ScenarioStyle,
    fit_mm,
    scenario_styles,
    text_width_mm,
)
from simulation.figures.ensembles.page import (
    POLICIES,
    RULE,
    caption_of,
    keyed_page,
    refuse_too_few,
    told,
    write_heading,
)

MOST = 10
"""Inputs in each panel."""

LEAST_BLOCK_MM = 84.0
BLOCK_GAP_MM = 5.0
PANEL_GAP_MM = 4.5
LABEL_SHARE = 0.42  # of a block, for names of inputs
SHARE_PART = 0.62  # of the room of both panels, for the share, which has intervals
ROW_MM = 4.4
HEADING_MM = 5.0
CHANCE: dict[str, Any] = {"facecolor": "#D0D0D0", "edgecolor": "none", "linewidth": 0.0}
CHANCE_INK = "#757575"
"""Of the names of inputs that are not told apart from chance."""
MOVED_UP, MOVED_DOWN, MOVED = "↑", "↓", "↕"


def draw(answers: Answers, *, width_mm: float) -> Drawn:
    """Draw the inputs with the largest first-order shares, and their PAWN, for speed and synchronization.

    Raises
    ------
    ResultsError
        If there are too few kept worlds to say anything of them.
    """
    refuse_too_few(answers)
    table = answers.decides
    leading = table[table["policies"] == POLICIES[0]]
    blocks = list(dict.fromkeys(zip(leading["scenario"], leading["measure"], strict=True)))
    columns = 2 if width_mm >= 2 * LEAST_BLOCK_MM + BLOCK_GAP_MM else 1
    block_mm = (width_mm - BLOCK_GAP_MM * (columns - 1)) / columns
    labels = _labels(answers)
    arrows = _arrows(answers)
    rows = min(MOST, max(len(part) for _, part in table.groupby(["scenario", "policies", "measure"])))
    block_height = HEADING_MM + ROW_MM * rows + AXIS_MM
    keys = _keys(answers)
    height_mm = MARGIN_MM + block_height * -(-len(blocks) // columns)
    note = _note(answers)

    def draw_in(frame: Frame) -> None:
        for number, (scenario, measure) in enumerate(blocks):
            line, column = divmod(number, columns)
            place = Frame(
                frame.figure,
                column * (block_mm + BLOCK_GAP_MM),
                MARGIN_MM + line * block_height,
                block_mm,
                block_height,
            )
            chosen = table[(table["scenario"] == scenario) & (table["measure"] == measure)]
            if len(answers.ensemble.scenarios) > 1:
                heading = f"{measure.capitalize()}, {answers.ensemble.titles[scenario]}"
            else:
                heading = measure.capitalize()
            _draw_block(
                place, chosen, scenario, heading, letter=number, rows=rows, labels=labels, arrows=arrows
            )

    return Drawn(
        keyed_page(draw_in, keys, width_mm=width_mm, height_mm=height_mm, note=note),
        {"what_decides": table},
        caption_of("What decides in the worlds that are kept.", note, answers),
    )


def _draw_block(
    frame: Frame,
    table: pd.DataFrame,
    scenario: str,
    heading: str,
    *,
    letter: int,
    rows: int,
    labels: Mapping[str, str],
    arrows: Mapping[str, str],
) -> None:
    """Draw the names of the inputs, and the panels of both measures of importance beside them."""
    by_policies = {str(name): part.set_index("input") for name, part in table.groupby("policies")}
    leading = by_policies[POLICIES[0]]
    inputs = leading["share"].nlargest(rows).index.tolist()
    written = fit_mm(heading, frame.width - 2 * MARGIN_MM - LETTER_MM)
    write_heading(frame, written, letter=letter, left=MARGIN_MM, top=0.0)
    room = LABEL_SHARE * frame.width
    arrow_mm = text_width_mm(MOVED) + 1.0
    for row, name in enumerate(inputs):
        top = HEADING_MM + (row + 0.5) * ROW_MM - LINE_MM / 2 + 0.2
        text = fit_mm(labels[name], room - MARGIN_MM - arrow_mm - 1.5)
        told_apart = leading.loc[name, "share"] > leading.loc[name, "share_dummy"]
        colour = INK if told_apart else CHANCE_INK
        frame.text(text, left=room - arrow_mm - 1.5, top=top, align="right", colour=colour)
        frame.text(arrows.get(name, ""), left=room - 1.5, top=top, align="right", weight="bold")
    both = frame.width - room - PANEL_GAP_MM - RIGHT_MM
    widths = SHARE_PART * both, (1 - SHARE_PART) * both
    look = scenario_styles([scenario])[scenario]
    for number, (column, label) in enumerate((("share", "share of variance, %"), ("pawn", "PAWN"))):
        left = room + number * (widths[0] + PANEL_GAP_MM)
        ax = frame.axes(left, HEADING_MM, widths[number], ROW_MM * rows)
        _draw_panel(ax, by_policies, inputs, column, look)
        ax.set_ylim(rows - 0.5, -0.5)
        if not inputs and number == 0:
            explain(ax, "the difference does not vary")
        ax.set_xlabel(label)
        ax.xaxis.set_major_locator(MaxNLocator(5 if number == 0 else 3, steps=[1, 2, 5, 10]))


def _draw_panel(
    ax: Axes, by_policies: Mapping[str, pd.DataFrame], inputs: list[str], column: str, look: ScenarioStyle
) -> None:
    factor = 100.0 if column == "share" else 1.0
    there = [name for name in POLICIES if name in by_policies]
    step = 1 / (len(there) + 0.6)
    most = 0.0
    for n, policies in enumerate(there):
        table = by_policies[policies]
        numbers = table.select_dtypes("number").to_dict()
        offset = (n - (len(there) - 1) / 2) * step
        for row, name in enumerate(inputs):
            if name not in table.index or not math.isfinite(numbers[column][name]):
                continue
            found = {each: float(values[name]) for each, values in numbers.items()}
            y = row + offset
            chance = factor * max(found[f"{column}_dummy"], 0.0)
            ax.barh(y, chance, height=step, zorder=1, **CHANCE)
            value = factor * max(found[column], 0.0)
            ends = [value, value]
            if column == "share":
                ends = [factor * float(np.clip(found[f"share_{end}"], 0, 1)) for end in ("low", "high")]
                ax.plot(ends, [y, y], color=look.colour, linewidth=0.9, solid_capstyle="butt", zorder=2)
            ax.plot(value, y, **_mark(look, policies), zorder=3, clip_on=False)
            most = max(most, chance, *ends)
    for row in range(len(inputs)):
        ax.axhline(row, **RULE)
    ax.set_xlim(0, 1.06 * most or 1.0)
    ax.set_yticks([])


def _mark(look: ScenarioStyle, policies: str) -> dict[str, Any]:
    return {
        "marker": look.marker,
        "color": look.colour,
        "markerfacecolor": look.colour if policies == POLICIES[0] else "white",
        "markersize": look.mark_size(3.0),
        "linestyle": "none",
    }


def _labels(answers: Answers) -> dict[str, str]:
    """Return how a reader calls each input: the last part of its name, with its table where that says more."""
    return {parameter.name: _label(parameter) for parameter in answers.ensemble.parameters}


def _label(parameter: Parameter) -> str:
    table, _, last = parameter.name.rpartition(".")
    words = last.removesuffix(f"_{parameter.unit}").replace("_", " ")
    if table in ("costs", "effects"):
        return f"{words}, {table.rstrip('s')}"
    # Of several words only those of the world speak for themselves.
    return words if not table or (" " in words and table in ("diffusion", "world")) else f"{table} {words}"


def _arrows(answers: Answers) -> dict[str, str]:
    """Return for each input that the patterns moved where to."""
    if not len(answers.moved):
        return {}
    choices = {parameter.name for parameter in answers.ensemble.parameters if parameter.is_choice}
    moved = answers.moved[answers.moved["moved"]]
    return {
        name: MOVED if name in choices else MOVED_UP if median > 0.5 else MOVED_DOWN
        for name, median in zip(moved["input"], moved["median"], strict=True)
    }


def _keys(answers: Answers) -> list[Key]:
    e = answers.ensemble
    looks = scenario_styles(e.scenarios)
    keys = []
    if e.has_designed:
        look = looks[e.scenarios[0]]
        keys += [Key(f"policies {policies}", line=_mark(look, policies)) for policies in POLICIES]
    keys.append(Key("what an input without effect would reach, 95 %", patch=CHANCE))
    return keys


def _note(answers: Answers) -> str:
    parts = [
        told(answers),
        "Share of variance: of the difference between worlds, by a smooth function of this input alone, with its 95 % "
        "interval. PAWN: how far the input moves the distribution of the difference. The inputs of kept worlds are "
        "dependent: these are not Sobol’ indices. A grey name is not told apart from chance.",
    ]
    if answers.ensemble.has_designed:
        parts.append("With policies as designed their costs and effects do not vary.")
    if _arrows(answers):
        parts.append(
            "↑ ↓: the patterns moved the input up or down (Kolmogorov-Smirnov, Holm’s correction, 5 %)."
        )
    return " ".join(parts)
