"""Write the section of docs/findings.md on what does the work, from the results folders of ``hypercluster explain``.

uv run hypercluster explain hypercluster
uv run hypercluster explain hypercluster --against regional_cluster
uv run python docs/write_what_works.py hypercluster=results/explain-hypercluster \
    hypercluster:regional_cluster=results/explain-hypercluster-against-regional_cluster

The section stands between two comments; docs/write_findings.py leaves it as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from page_blocks import write_blocks

from simulation.explain.contributions import COLUMNS, contributions
from simulation.explain.study import Explanation
from simulation.reporting.explanations import sentences, tables
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario

FINDINGS = Path(__file__).parent / "findings.md"
NAME = "what does the work"
SHOWN = ("entries_at_own_cost", "entries_at_equal_money", "vectors", "channels", "money_at_the_margin")


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
    """Replace the section."""
    blocks = ["## What does the work"]
    blocks.append(
        "Written by `docs/write_what_works.py`. [explain.md](explain.md) says what the numbers are. The games are "
        "separate: values of different games must not be added together."
    )
    for argument in sys.argv[1:]:
        who, folder = argument.split("=", 1)
        name, _, other = who.partition(":")
        blocks += explained(name, other, folder)
    write_blocks(FINDINGS, {NAME: "\n\n".join(blocks)})


if __name__ == "__main__":
    main()
