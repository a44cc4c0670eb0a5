"""The files of an explanation: its numbers, tables and figures, and the page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from simulation.explain.contributions import Contribution
from simulation.explain.study import NUMBERS, Explanation
from simulation.figures import files_of
from simulation.markdown import markdown_text
from simulation.reporting.explanations import HTML, MARKDOWN, WATERFALL, pictures, sentences, versus
from simulation.reporting.page import html_page
from simulation.reporting.table import Table
from simulation.results.derived import FIGURES, Outputs


def write_explanation(
    explanation: Explanation,
    found: Sequence[Contribution],
    shown: Sequence[Table],
    outputs: Outputs,
    *,
    width_mm: float,
) -> list[Path]:
    """Write the numbers, tables, figures and the page into the results folder; return their paths."""
    table = pd.DataFrame([asdict(row) for row in found]).to_csv(index=False, lineterminator="\n")
    files = {NUMBERS: table.encode()}
    for one in shown:
        files[f"tables/{one.name}.tex"] = one.latex().encode()
        files[f"tables/{one.name}.md"] = one.markdown().encode()
    captions: dict[str, str] = {}
    for name, drawn in pictures(explanation, found, width_mm=width_mm):
        drawn_files = files_of(drawn, name=name, formats=("png", "pdf"))
        files |= {f"{FIGURES}/{file}": content for file, content in drawn_files.items()}
        captions[name.removeprefix(WATERFALL)] = drawn.caption
    paths = outputs.write(files)
    text = _page(explanation, found, shown, captions)
    # The HTML page embeds the pictures, which have to be there first.
    pages = {HTML: html_page(text, outputs.folder), MARKDOWN: text}
    return [*outputs.write({name: content.encode() for name, content in pages.items()}), *paths]


def _page(
    explanation: Explanation,
    found: Sequence[Contribution],
    shown: Sequence[Table],
    captions: Mapping[str, str],
) -> str:
    """Return the sentences, tables and figures as Markdown, with figures by their path in the results folder."""
    blocks = [
        f"# What does the work: {markdown_text(versus(explanation))}",
        *map(markdown_text, sentences(explanation, found)),
        "Entries at own cost, entries at equal money, vectors and channels are separate games, each of which divides a "
        "difference among its own parts: their values must not be added together.",
    ]
    for table in shown:
        blocks.append(table.markdown())
        if table.name in captions:
            blocks += [
                f"![{markdown_text(table.title)}]({FIGURES}/{WATERFALL}{table.name}.png)",
                captions[table.name],
            ]
    return "\n\n".join(block.strip() for block in blocks) + "\n"
