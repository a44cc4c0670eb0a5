"""Write the results in ``docs/comparison.md``: a break-even ratio, the four factors, effects after the end of funding.

    uv run python docs/write_comparison.py

runs some 300 replications, which takes about a minute. Each result stands between two comments that name it; a test
compares them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from page_blocks import with_blocks

from simulation import load_scenario, run, run_batch
from simulation.analysis.break_even import break_even, in_words
from simulation.analysis.paired import interval
from simulation.explain.channels import FACTORS
from simulation.reporting.factors import Contribution, combinations_of, contributions

PAGE = Path(__file__).parent / "comparison.md"
REPLICATIONS = 10
END, LATER = 12 * 12, 20 * 12
"""Months of the moments after the end of funding."""


def at_break_even() -> str:
    """Return how many times dearer the platform may become, by speed and by synchronization."""
    rivals = load_scenario("hypercluster"), load_scenario("regional_cluster")
    titles = rivals[0].title, rivals[1].title
    return "\n".join(
        f"- {in_words(break_even(*rivals, metric=metric, replications=REPLICATIONS), titles)}\n"
        for metric in ("t50_years", "phi")
    )


def of_factors() -> str:
    """Return the table of the four factors."""
    with tempfile.TemporaryDirectory() as folder:
        results = run_batch(
            combinations_of(load_scenario("four_factors")), REPLICATIONS, out=f"{folder}/study"
        )
        alone = {(row.metric, row.factor): row for row in contributions(results) if not row.partner}
    titles = FACTORS | {"all": "together"}
    ranked = sorted(FACTORS, key=lambda factor: -alone["restricted_time_years", factor].mean)
    lines = ["| factor | time to adoption saved, years | 1 - $\\Phi$ gained |", "|---|---:|---:|"]
    for factor in (*ranked, "all"):
        speed, together = (alone[metric, factor] for metric in ("restricted_time_years", "synchronization"))
        lines.append(f"| {titles[factor]} | {_of(speed, 2)} | {_of(together, 3)} |")
    return "\n".join(lines) + "\n"


def _of(row: Contribution, decimals: int) -> str:
    # Adding 0 takes the sign from what rounds to zero.
    mean, low, high = (
        f"{round(value, decimals) + 0.0:.{decimals}f}" for value in (row.mean, row.low, row.high)
    )
    return f"{mean} ({low} to {high})"


def after_the_money() -> str:
    """Return the table of two first waves at the end of their money and later, and what is mastered then."""
    names = ("baseline", "first_wave", "first_wave_platform")
    shares, mastered = {}, {}
    for name in names:
        records = [run(name, seed).record for seed in range(1, REPLICATIONS + 1)]
        shares[name] = np.array(
            [
                [each.adopters[month].sum() / each.eligible[0].sum() for month in (END, LATER)]
                for each in records
            ]
        )
        mastered[name] = np.mean([each.mastered[END].sum() for each in records])
    lines = ["| | end of the money, year 12 | eight years later |", "|---|---:|---:|"]
    for name in names[1:]:
        gained = 100 * (shares[name] - shares["baseline"])
        cells = []
        for each in gained.T:
            low, high = interval(each)
            cells.append(f"{each.mean():.1f} ({low:.1f} to {high:.1f})")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    told = (
        f"Pairs of institution and technology that are mastered by year 12: {mastered['first_wave_platform']:.0f} with "
        f"the platform, {mastered['first_wave']:.0f} with clusters, {mastered['baseline']:.0f} without policy."
    )
    return "\n".join([*lines, "", told]) + "\n"


BLOCKS = {"break even": at_break_even, "factors": of_factors, "after the money": after_the_money}


def filled(page: str) -> str:
    """Return the page with every block written anew."""
    return with_blocks(page, {name: text() for name, text in BLOCKS.items()})


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
