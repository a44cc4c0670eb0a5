"""A study with its comparison, effects and verdicts: what its tables and its report are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from simulation.analysis.comparison import by_pair, compare, reference_of
from simulation.analysis.effects import Effects, effects
from simulation.analysis.failing_platforms import failing_platforms
from simulation.analysis.paired import PRECISION, Difference
from simulation.analysis.unspent import unspent_money
from simulation.analysis.verdict import short_answer, verdicts
from simulation.arguments import real_number
from simulation.results.derived import HERE, Outputs, outputs_of
from simulation.results.reader import Results

MOST_PAIRS = 6
"""With more pairs of scenarios than this, the tables show only those with the reference."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A study with its comparison, effects and verdicts: the input of all tables."""

    results: Results
    reference: str  # name of the scenario with which the others are compared
    comparison: pd.DataFrame
    effects: Effects | None  # None if the study does not keep the curves
    answer: tuple[str, str] | None  # in two short sentences; None if there is nothing to compare
    verdicts: tuple[str, ...]
    failing: tuple[str, ...]  # platforms that do not reach their critical mass, one sentence each
    idle: tuple[str, ...]  # planned money that is never spent, one sentence each
    precision: float
    outputs: Outputs  # where the tables are written

    def pairs(self) -> Iterator[tuple[str, str, dict[str, Difference]]]:
        """Return titles and differences of the pairs that the tables show."""
        every = list(by_pair(self.comparison))
        titles = self.results.titles
        for scenario, reference, found in every:
            if len(every) <= MOST_PAIRS or reference == self.reference:
                yield titles[scenario], titles[reference], found


def analyse(results: Results, reference: str | None = None, *, precision: float = PRECISION) -> Analysis:
    """Compare a study and measure what its policies changed.

    Raises
    ------
    ResultsError
        If the results cannot be read, or the reference is not among them.
    """
    precision = real_number("precision", precision, above=0)
    results.require_instruments()
    chosen = () if reference is None else ("--reference", reference)
    exactly = () if precision == PRECISION else ("--precision", f"{precision:g}")
    outputs = outputs_of(results, "compare", HERE, *chosen, *exactly)
    comparison = compare(results, reference, precision=precision)
    return Analysis(
        results=results,
        reference=reference_of(results.scenarios, reference),
        comparison=comparison,
        effects=None if results.lacking("curves") else effects(results, reference),
        answer=short_answer(comparison, results.titles),
        verdicts=tuple(verdicts(comparison, results.titles)),
        failing=tuple(failing_platforms(results)),
        idle=tuple(unspent_money(results)),
        precision=precision,
        outputs=outputs,
    )
