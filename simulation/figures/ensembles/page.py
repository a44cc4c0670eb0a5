"""What the note and the caption of a figure of an ensemble say of the worlds."""

from __future__ import annotations

from simulation.errors import ResultsError
from simulation.explore.answers import FEWEST, Answers, origin
from simulation.markdown import markdown_text

POLICIES = ("uncertain", "as designed")
"""Kinds of rows; the first leads."""


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
