"""Write the tables of ``docs/model.md`` that come from files: parameters, patterns, and what a baseline shows of them.

    uv run python docs/write_parameters.py

reads ``simulation/data/priors.toml`` and ``patterns.toml``, runs the baseline ten times, and takes about ten seconds.
Each table stands between two comments that name it; tests compare them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from page_blocks import table, with_blocks

from simulation import load_scenario
from simulation.analysis.patterns import Shown, load_patterns, shown
from simulation.analysis.priors import Prior, load_priors
from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate

PAGE = Path(__file__).parent / "model.md"
SEEDS = range(1, 11)


def number(value: float) -> str:
    """Return a number as people write it: 3,000 and 0.00002."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def written(value: object) -> str:
    """Return a default or a category: a number, or a word as a scenario file has it."""
    if value is None:
        return "none"
    return number(value) if isinstance(value, int | float) else f'`"{value}"`'


def keys(names: Iterable[str]) -> str:
    """Return keys of a scenario."""
    return ", ".join(f"`{name}`" for name in names)


def plausible(prior: Prior) -> str:
    """Return the range of a prior, or its categories."""
    if prior.scale == "categories":
        return ", ".join(map(written, prior.categories))
    assert prior.low is not None and prior.high is not None
    return f"{number(prior.low)} to {number(prior.high)}"


def sentence(text: str, unverified: str) -> str:
    """Return a text with what could not be looked up."""
    return f"{text} *Not verified:* {unverified}" if unverified else text


def priors() -> str:
    """Return the tables of section 10."""
    declared = load_priors()
    varied = table(
        ("symbol", "key", "default", "unit", "plausible", "scale", "source", "why that wide"),
        [
            (
                *(row.symbol, keys(row.keys), written(row.default), row.unit, plausible(row), row.scale),
                *("; ".join(row.sources), sentence(row.why, row.unverified)),
            )
            for row in declared.priors
        ],
    )
    fixed = table(
        ("not varied", "key", "default", "unit", "source", "why"),
        [
            (row.symbol, keys(row.keys), written(row.default), row.unit, "; ".join(row.sources), row.why)
            for row in declared.fixed
        ],
    )
    return f"{varied}\n{fixed}"


def patterns() -> str:
    """Return the table of patterns with their evidence."""
    return table(
        ("pattern", "quantity", "range", "source", "what it found", "how far it carries over", "status"),
        [
            (
                f"`{row.name}`",
                row.quantity,
                " ".join(filter(None, (f"{number(row.low)} to {number(row.high)}", row.unit)))
                + (f", for {number(100 * row.share)} % of them" if row.share < 1 else ""),
                "; ".join(row.sources),
                sentence(row.finding, row.unverified),
                row.carries_over,
                row.status,
            )
            for row in load_patterns().patterns
        ],
    )


def baseline() -> str:
    """Return the table of what the baseline shows, over ``SEEDS``."""
    declared = load_patterns()
    spec = load_scenario("baseline", overrides=[f"time.years={declared.years}"])
    runs = [
        shown(declared.patterns, world=build_world(spec, seed), record=simulate(spec, seed)) for seed in SEEDS
    ]
    rows = []
    for pattern, found in zip(declared.patterns, zip(*runs, strict=True), strict=True):
        holds = sum(run.holds for run in found)
        rows.append(
            (
                f"`{pattern.name}`",
                f"{number(pattern.low)} to {number(pattern.high)}",
                values(found),
                f"{holds} of {len(found)}",
                "by construction" if pattern.sets_defaults else "",
            )
        )
    return table(("pattern", "range", "the baseline shows", "holds in", "set for it"), rows)


def values(found: Sequence[Shown]) -> str:
    """Return the values of several runs from lowest to highest, and how many lie inside where a run has several."""
    every = np.concatenate([run.values for run in found])
    digits = 1 if found[0].pattern.unit else 3
    text = f"{np.nanmin(every):.{digits}f} to {np.nanmax(every):.{digits}f}"
    if found[0].values.size == 1:
        return text
    inside = [100 * run.inside for run in found]
    return f"{text}; in a run, {min(inside):.0f} to {max(inside):.0f} % of them inside"


BLOCKS = {"priors": priors, "patterns": patterns, "baseline": baseline}


def filled(page: str) -> str:
    """Return the page with every block written anew."""
    return with_blocks(page, {name: text() for name, text in BLOCKS.items()})


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
