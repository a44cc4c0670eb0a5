"""The page of a figure of an ensemble: what its note and its caption say of the worlds."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.figure import Figure

from simulation.errors import ResultsError
from simulation.explore.answers import FEWEST, Answers, origin
from simulation.figures.drawing.markdown import markdown_text
from simulation.figures.drawing.panels import LETTER_MM, MARGIN_MM, Frame, Key, draw_key, key_height
from simulation.figures.drawing.style import NOTE_LINE_MM, SMALL_PT, new_figure, style, wrap_mm, write_note

POLICIES = ("uncertain", "as designed")
"""Kinds of rows; the first leads."""
NOTE_INK = "#404040"
RULE: dict[str, Any] = {"color": "#E0E0E0", "linewidth": 0.4, "zorder": 0}
"""The line that leads from a name to its marks."""


def page(draw: Callable[[Frame], None], *, width_mm: float, height_mm: float, note: str) -> Figure:
    """Return a figure of this width: what ``draw`` draws in ``height_mm``, and the note under it."""
    lines = wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)
    with style():
        figure = new_figure(width_mm, height_mm + NOTE_LINE_MM * len(lines) + MARGIN_MM)
        draw(Frame(figure, 0.0, 0.0, width_mm, height_mm))
        write_note(figure, lines, left=MARGIN_MM, top=height_mm)
    return figure


def keyed_page(
    draw: Callable[[Frame], None], keys: Sequence[Key], *, width_mm: float, height_mm: float, note: str
) -> Figure:
    """Return a figure as :func:`page` does, with the keys between what is drawn and the note."""

    def draw_in(frame: Frame) -> None:
        draw(frame)
        draw_key(frame, keys)

    whole = height_mm + key_height(keys, width_mm) + 1.0
    return page(draw_in, width_mm=width_mm, height_mm=whole, note=note)


def write_heading(frame: Frame, text: str, *, letter: int, left: float, top: float) -> None:
    """Write the letter of a panel, 0 for a, and its heading."""
    frame.text(string.ascii_lowercase[letter % 26], left=left, top=top, weight="bold")
    frame.text(text, left=left + LETTER_MM, top=top)


def refuse_too_few(answers: Answers) -> None:
    """Raise ``ResultsError`` if there are too few worlds with runs to say anything of them."""
    table = answers.shares
    leading = table[(table["filter"] == answers.leading_filter) & (table["kind"] == "pairs")]
    if not len(leading) or leading["points"].min() < FEWEST:
        which = (
            "show the patterns and have been compared" if answers.ensemble.checks else "have been compared"
        )
        raise ResultsError(f"fewer than {FEWEST} worlds {which}; compute more points")


def told(answers: Answers) -> str:
    """Return in words how many worlds there are, and what their shares are not."""
    e = answers.ensemble
    drawn = len(e.baseline)
    missing = f"{drawn:,} of {e.planned:,} points so far" if drawn < e.planned else "runs are missing"
    so_far = f"Provisional, {missing}: " if answers.provisional else ""
    if e.checks:
        worlds = f"{answers.kept:,} of {drawn:,} worlds {origin(e)}, in which the baseline shows the patterns"
    else:
        worlds = f"{drawn:,} worlds {origin(e)}, with no pattern asked for"
    text = f"{so_far}{worlds}. Shares are of such worlds; they are not probabilities."
    return text[0].upper() + text[1:]


def caption_of(heading: str, note: str, answers: Answers) -> str:
    """Return the Markdown under a figure: what it shows, and the answers in words."""
    e = answers.ensemble
    compared = ", ".join(e.titles[name] for name in e.scenarios)
    text = markdown_text(f"{compared} against {e.titles[e.reference]}. {note}")
    sentences = [f"- {markdown_text(line)}" for line in answers.sentences()]
    return f"**{heading}** {text}\n\n" + "\n".join(sentences) + "\n"
