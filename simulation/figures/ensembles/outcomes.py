"""How often a scenario is ahead of its reference over the worlds of an ensemble, and what each pattern does to that."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes

from simulation.explore.answers import ALL, NONE, Answers
from simulation.explore.outcomes import AHEAD, ALIKE, BEHIND, MEASURES, MIXED, UNDEFINED, Measure
from simulation.explore.points import NOT_AFFORDABLE
from simulation.figures.drawing.bars import BAR
from simulation.figures.drawing.panels import (
    HEADING_GAP_MM,
    MARGIN_MM,
    Frame,
    Grid,
    Key,
    draw_key,
    key_height,
)
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import (
    INK,
    LINE_MM,
    SMALL_PT,
    fit_mm,
    scenario_styles,
    text_width_mm,
    wrap_mm,
)
from simulation.figures.ensembles.page import (
    NOTE_INK,
    POLICIES,
    RULE,
    caption_of,
    page,
    refuse_too_few,
    told,
    write_heading,
)

RIGHT_MM = 3.0
LEAST_BARS_MM = 44.0  # of a panel of bars, which holds numbers
LEAST_DOTS_MM = 16.0
GAP_MM = 5.0
TICKS_MM = 5.0  # below a panel: the headings say what its axis measures
ROW_MM = 4.6
GROUP_GAP = 0.35  # of a row, between the rows of different policies
TITLE_MM = 30.0  # most of a scenario's title beside its rows, which have room for one line of it
KEY_TITLE_MM = 45.0  # likewise in the key
KIND_MM = 9.5  # for "pairs" and "worlds"
MARK_MM = 1.8  # from one mark of a filter to the next
LABEL_SHARE = 0.25  # of the page, for names of patterns
INDENT_MM = 1.5

KINDS = ("pairs", "worlds")
FILLS: dict[str, dict[str, Any]] = {
    AHEAD: {"facecolor": "#E08214"},
    ALIKE: {"facecolor": "#FFFFFF"},
    BEHIND: {"facecolor": "#542788"},
    MIXED: {"facecolor": "#DDDDDD", "hatch": "/////"},
    NOT_AFFORDABLE: {"facecolor": "#FFFFFF", "hatch": "xxxxx"},
    f"reference {NOT_AFFORDABLE}": {"facecolor": "#FFFFFF", "hatch": "....."},
    UNDEFINED: {"facecolor": "#8C8C8C"},
}
"""In the order of a bar. Orange and purple are the ends of the map of differences; neighbours differ in grey, too."""
EDGE: dict[str, Any] = {"edgecolor": INK, "linewidth": 0.4}
INTERVAL: dict[str, Any] = {"color": INK, "linewidth": 1.1}
HALO = [patheffects.withStroke(linewidth=2.6, foreground="white")]
HEADINGS: dict[Measure, str] = {"speed": "Speed", "synchronization": "Synchronization", "both": "Both"}


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one scenario with one kind of policies."""

    scenario: str
    policies: str
    label: tuple[str, ...]


def draw(answers: Answers, *, width_mm: float) -> Drawn:
    """Draw shares of outcomes under the leading filter, and the share ahead under every filter.

    Raises
    ------
    ResultsError
        If there are too few kept worlds to say anything of them.
    """
    refuse_too_few(answers)
    bars = _Bars(answers, width_mm)
    dots = _Dots(answers, width_mm) if answers.ensemble.checks else None
    note = told(answers) + _method(answers)

    def draw_in(frame: Frame) -> None:
        bars.draw(Frame(frame.figure, 0.0, 0.0, width_mm, bars.height_mm))
        if dots is not None:
            dots.draw(Frame(frame.figure, 0.0, bars.height_mm, width_mm, dots.height_mm))

    height_mm = bars.height_mm + (dots.height_mm if dots is not None else 0.0)
    return Drawn(
        page(draw_in, width_mm=width_mm, height_mm=height_mm, note=note),
        {"outcomes": answers.shares},
        caption_of("Outcomes over the worlds of an ensemble.", note, answers),
    )


def _method(answers: Answers) -> str:
    """Return what the bars count, in words."""
    found = (
        "Pairs: of a world and a seed. Worlds: by their expected difference, the chance of few seeds removed"
    )
    table = answers.shares
    payable = table.loc[table["outcome"] == "both affordable", "share"]
    if (payable < 1).any():
        found += ", of those in which both plans are affordable"
    e = answers.ensemble
    margins = (f"{value:g}{' years' if 'years' in name else ' of Φ'}" for name, value in e.margin.items())
    words = f" {found}. Alike: within {' and '.join(margins)}. Lines: 95 % intervals of the share ahead."
    if not e.checks:
        return words
    return f"{words} Dashed: under all patterns{', policies uncertain' if e.has_designed else ''}."


class _Bars:
    """Stacked bars under the leading filter: panels are measures, rows are pairs and worlds."""

    def __init__(self, answers: Answers, width_mm: float) -> None:
        self.table = answers.shares[answers.shares["filter"] == answers.leading_filter]
        self.groups = _groups(answers)
        labels = max(text_width_mm(line, weight="bold") for group in self.groups for line in group.label)
        self.left = MARGIN_MM + labels + 2.0 + KIND_MM
        self.keys = _outcome_keys(answers, self.table)
        self.width_mm = width_mm
        headings = [f"{heading}, % of pairs or worlds" for heading in HEADINGS.values()]
        self.headings = headings
        self.grid = Grid.fit(
            len(MEASURES),
            width_mm,
            least_mm=LEAST_BARS_MM,
            left=self.left,
            right=RIGHT_MM,
            gap_mm=GAP_MM,
            headings=headings,
            axis_mm=TICKS_MM,
        )
        rows = len(KINDS) * len(self.groups) + GROUP_GAP * (len(self.groups) - 1)
        self.rows = rows
        self.height_mm = self.grid.height_mm(ROW_MM * rows) + key_height(self.keys, width_mm) + 2.0

    def draw(self, frame: Frame) -> None:
        grid = self.grid.filling(self.grid.height_mm(ROW_MM * self.rows))
        for number, measure in enumerate(MEASURES):
            heading = self.headings[number] if measure != "both" else "Both, % of pairs"
            ax = grid.panel(frame, number, heading)
            ax.set_xlim(0, 100)
            ax.set_ylim(self.rows - 0.5, -0.5)
            ax.set_yticks([])
            ax.spines["left"].set_visible(False)
            for row, group, kind in self._placed():
                rows = self._outcomes(group, measure, kind)
                if len(rows):
                    _stack(ax, rows, row=row, panel_mm=grid.panel_mm)
                else:
                    words = (
                        "counted in pairs only" if measure == "both" else "not known with one seed a world"
                    )
                    ax.text(0, row, words, fontsize=SMALL_PT, va="center_baseline", color=NOTE_INK)
            if grid.is_first(number):
                left, top = grid.place(number)
                self._write_labels(
                    frame, top + grid.panel_height_mm / self.rows / 2, grid.panel_height_mm, left
                )
        draw_key(frame, self.keys)

    def _placed(self) -> Iterator[tuple[float, _Group, str]]:
        """Yield the rows from the top with their places."""
        for number, group in enumerate(self.groups):
            for k, kind in enumerate(KINDS):
                yield number * (len(KINDS) + GROUP_GAP) + k, group, kind

    def _outcomes(self, group: _Group, measure: str, kind: str) -> pd.DataFrame:
        """Return the rows of one bar, from left to right."""
        t = self.table
        chosen = t[
            (t["scenario"] == group.scenario)
            & (t["policies"] == group.policies)
            & (t["measure"] == measure)
            & (t["kind"] == kind)
        ].set_index("outcome")
        return chosen.loc[[outcome for outcome in FILLS if outcome in chosen.index]]

    def _write_labels(self, frame: Frame, first_mm: float, panel_mm: float, left: float) -> None:
        step = panel_mm / self.rows
        for row, group, kind in self._placed():
            middle = first_mm + row * step
            frame.text(kind, left=left - 1.2, top=middle - LINE_MM / 2 + 0.2, align="right")
            if kind == KINDS[0]:
                centre = middle + step * (len(KINDS) - 1) / 2
                top = centre - LINE_MM * len(group.label) / 2 + 0.2
                weight = "bold" if group.policies == POLICIES[0] else "normal"
                for n, line in enumerate(group.label):
                    frame.text(line, left=MARGIN_MM, top=top + n * LINE_MM, weight=weight)


def _groups(answers: Answers) -> list[_Group]:
    e = answers.ensemble
    groups = []
    for scenario in e.scenarios:
        several = len(e.scenarios) > 1 or not e.has_designed
        name = (fit_mm(e.titles[scenario], TITLE_MM),) if several else ()
        for policies in POLICIES if e.has_designed else POLICIES[:1]:
            words = ("policies", policies) if e.has_designed else ()
            groups.append(_Group(scenario, policies, (*name, *words)))
    return groups


def _stack(ax: Axes, rows: pd.DataFrame, *, row: float, panel_mm: float) -> None:
    """Draw one bar with the interval of the share ahead, and numbers where there is room beside that interval."""
    low, high = (100 * float(rows[end].to_dict()[AHEAD]) for end in ("low", "high"))
    start = 0.0
    for outcome, share in rows["share"].items():
        width = 100 * float(share)
        if not width > 0:
            continue
        ax.barh(row, width, left=start, height=BAR + 0.14, **FILLS[str(outcome)], **EDGE)
        left, right = start, start + width
        if outcome == AHEAD:
            right = min(right, low)
        else:
            left = max(left, high)
        text = f"{width:.0f}"
        if outcome in (AHEAD, ALIKE, BEHIND) and (right - left) * panel_mm / 100 >= text_width_mm(text) + 1.2:
            colour = "white" if outcome == BEHIND else INK
            ax.text((left + right) / 2, row, text, ha="center", va="center_baseline", color=colour)
        start += width
    ax.plot([low, high], [row, row], **INTERVAL, path_effects=HALO, zorder=4)


def _outcome_keys(answers: Answers, table: pd.DataFrame) -> list[Key]:
    """Return the key of the outcomes that there are."""
    found = set(table.loc[table["share"] > 0.003, "outcome"])  # one that is thinner cannot be seen
    e = answers.ensemble
    mine = fit_mm(e.titles[e.scenarios[0]], KEY_TITLE_MM) if len(e.scenarios) == 1 else "scenario"
    other = fit_mm(e.titles[e.reference], KEY_TITLE_MM)
    labels = {
        AHEAD: f"{mine} ahead",
        ALIKE: "alike",
        BEHIND: f"{mine} behind",
        MIXED: "mixed",
        NOT_AFFORDABLE: f"{mine} not affordable",
        f"reference {NOT_AFFORDABLE}": f"{other} not affordable",
        UNDEFINED: "undefined",
    }
    return [Key(label, patch={**FILLS[each], **EDGE}) for each, label in labels.items() if each in found]


class _Dots:
    """The share of worlds ahead under each filter: panels are measures, rows are filters.

    Where each world has one seed, which says nothing of its expectation, the shares are of pairs.
    """

    def __init__(self, answers: Answers, width_mm: float) -> None:
        t = answers.shares
        ahead = t[t["outcome"] == AHEAD]
        self.kind = "worlds" if (ahead["kind"] == "worlds").any() else "pairs"
        self.table = ahead[ahead["kind"] == self.kind]
        self.measures = [measure for measure in MEASURES if (self.table["measure"] == measure).any()]
        self.axis = f"% of {self.kind} ahead"
        self.answers = answers
        self.rows = _filter_rows(list(answers.ensemble.checks), LABEL_SHARE * width_mm)
        self.series = [
            (scenario, policies)
            for scenario in answers.ensemble.scenarios
            for policies in (POLICIES if answers.ensemble.has_designed else POLICIES[:1])
        ]
        self.looks = scenario_styles(answers.ensemble.scenarios)
        self.heights = [
            max(LINE_MM * len(lines), MARK_MM * len(self.series) * bool(name)) + 1.2
            for lines, name in self.rows
        ]
        widest = max(text_width_mm(line) for lines, name in self.rows if name for line in lines)
        self.keys = self._keys()
        self.grid = Grid.fit(
            len(self.measures),
            width_mm,
            least_mm=LEAST_DOTS_MM,
            left=MARGIN_MM + max(INDENT_MM + widest, text_width_mm(self.axis)) + 2.0,
            right=RIGHT_MM,
            gap_mm=GAP_MM,
            headings=[HEADINGS[measure] for measure in self.measures],
            axis_mm=TICKS_MM,
        )
        self.height_mm = self.grid.height_mm(sum(self.heights)) + key_height(self.keys, width_mm) + 2.0

    def draw(self, frame: Frame) -> None:
        grid = self.grid.filling(self.grid.height_mm(sum(self.heights)))
        for number, measure in enumerate(self.measures):
            ax = grid.panel(frame, number)
            left, top = grid.place(number)
            first = top - HEADING_GAP_MM - LINE_MM
            write_heading(frame, HEADINGS[measure], letter=len(MEASURES) + number, left=left, top=first)
            ax.set_xlim(0, 100)
            ax.set_ylim(sum(self.heights), 0)
            ax.set_yticks([])
            ax.set_xticks([0, 50, 100] if grid.panel_mm < LEAST_BARS_MM else [0, 25, 50, 75, 100])
            ax.spines["left"].set_visible(False)
            self._draw_panel(ax, measure)
        left, top = grid.place(0)
        frame.text(self.axis, left=MARGIN_MM, top=top - HEADING_GAP_MM - LINE_MM)
        for (lines, name), height in zip(self.rows, self.heights, strict=True):
            first = top + (height - LINE_MM * len(lines)) / 2 + 0.2
            for n, line in enumerate(lines):
                indent = INDENT_MM if name and name not in (ALL, NONE) else 0.0
                weight = "bold" if name == self.answers.leading_filter else "normal"
                colour = INK if name else NOTE_INK
                frame.text(
                    line, left=MARGIN_MM + indent, top=first + n * LINE_MM, weight=weight, colour=colour
                )
            top += height
        draw_key(frame, self.keys)

    def _draw_panel(self, ax: Axes, measure: str) -> None:
        t = self.table[self.table["measure"] == measure]
        for n, (scenario, policies) in enumerate(self.series):
            rows = t[(t["scenario"] == scenario) & (t["policies"] == policies)].set_index("filter")
            look = self.looks[scenario]
            mark = self._mark(scenario, policies)
            if policies == POLICIES[0]:
                leading = 100 * float(rows["share"].to_dict().get(self.answers.leading_filter, math.nan))
                ax.axvline(leading, color=look.colour, linewidth=0.5, linestyle=(0, (2, 2)), zorder=0)
            top = 0.0
            for (_, name), height in zip(self.rows, self.heights, strict=True):
                if name in rows.index:
                    row = rows.loc[name]
                    y = top + height / 2 + MARK_MM * (n - (len(self.series) - 1) / 2)
                    ends = [100 * row["low"], 100 * row["high"]]
                    ax.plot(ends, [y, y], color=look.colour, linewidth=0.9, solid_capstyle="butt")
                    ax.plot(100 * row["share"], y, **mark, clip_on=False)
                    ax.axhline(top + height / 2, **RULE)
                top += height

    def _mark(self, scenario: str, policies: str) -> dict[str, Any]:
        look = self.looks[scenario]
        filled = policies == POLICIES[0]
        return {
            "marker": look.marker,
            "color": look.colour,
            "markerfacecolor": look.colour if filled else "white",
            "markersize": look.mark_size(3.2),
            "linestyle": "none",
        }

    def _keys(self) -> list[Key]:
        several = len(self.answers.ensemble.scenarios) > 1
        keys = []
        for scenario, policies in self.series:
            name = fit_mm(self.answers.ensemble.titles[scenario], KEY_TITLE_MM)
            words = f"policies {policies}" if self.answers.ensemble.has_designed else name
            if several and self.answers.ensemble.has_designed:
                words = f"{name}, {words}"
            keys.append(Key(words, line=self._mark(scenario, policies)))
        return keys


def _filter_rows(checks: Sequence[str], room_mm: float) -> list[tuple[list[str], str]]:
    """Return the rows: lines of text, and the filter; a heading of rows has none."""
    names = {name: wrap_mm(name.replace("_", " "), room_mm - INDENT_MM) for name in checks}
    rows: list[tuple[list[str], str]] = [([ALL], ALL), ([NONE], NONE)]
    if len(checks) > 1:
        rows.append((["one pattern alone"], ""))
        rows += [(lines, f"{name} alone") for name, lines in names.items()]
        rows.append((["all patterns but"], ""))
        rows += [(lines, f"all but {name}") for name, lines in names.items()]
    return rows
