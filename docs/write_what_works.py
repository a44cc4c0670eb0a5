"""Write the section of docs/findings.md on what does the work, from the results folders of ``hypercluster explain``.

uv run hypercluster explain hypercluster
uv run hypercluster explain hypercluster --against regional_cluster
uv run python docs/write_what_works.py hypercluster=results/explain-hypercluster \
    hypercluster:regional_cluster=results/explain-hypercluster-against-regional_cluster

The section stands between two comments; docs/write_findings.py leaves it as it is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from simulation.explain.contributions import COLUMNS, contributions
from simulation.explain.study import Explanation
from simulation.reporting.explanations import sentences, tables
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario

FINDINGS = Path(__file__).parent / "findings.md"
BEGIN, END = "<!-- what does the work -->", "<!-- /what does the work -->"
SHOWN = ("entries_at_own_cost", "entries_at_equal_money", "vectors", "channels", "money_at_the_margin")


def section_of(text: str) -> str:
    """Return the section of a page with its comments; empty if it has none."""
    found = re.search(f"{BEGIN}.*?{END}\n", text, flags=re.DOTALL)
    return found.group() if found else ""


def explained(name: str, other: str, folder: str) -> list[str]:
    """Return what an explanation says, as blocks of Markdown."""
    there = load_scenario(other) if other else None
    explanation = Explanation.of(load_scenario(name), there)
    results = Results(folder)
    found = contributions(explanation, results.runs(COLUMNS))
    # What more or less money would do depends on no other scenario.
    wanted = SHOWN if there is None else SHOWN[:-1]
    shown = [table for table in tables(explanation, found, results) if table.name in wanted]
    return [
        f"### {explanation.here.title} against {explanation.there.title}",
        *sentences(explanation, found),
        *(table.markdown().strip() for table in shown),
    ]


def main() -> None:
    """Replace the section, or append it."""
    blocks = ["## What does the work"]
    blocks.append(
        "Written by `docs/write_what_works.py`. [explain.md](explain.md) says what the numbers are. The games are "
        "separate: values of different games must not be added together."
    )
    for argument in sys.argv[1:]:
        who, folder = argument.split("=", 1)
        name, _, other = who.partition(":")
        blocks += explained(name, other, folder)
    section = "\n\n".join([BEGIN, *blocks, END]) + "\n"
    text = FINDINGS.read_text(encoding="utf-8")
    old = section_of(text)
    FINDINGS.write_text(text.replace(old, section) if old else f"{text}\n{section}", encoding="utf-8")


if __name__ == "__main__":
    main()
