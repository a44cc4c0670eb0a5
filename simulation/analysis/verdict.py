"""The comparison of two scenarios in one sentence that claims only what the intervals support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from simulation.analysis.comparison import by_pair, needed_decimals
from simulation.analysis.paired import LEVEL, Difference

EQUAL_MONEY = 0.001
"""Planned present values that differ by no more than this share of the larger count as equal (section 4)."""

FEW = "at least two pairs are needed"


@dataclass(frozen=True, slots=True)
class _Words:
    """The words for a metric; {} stands for the size of the difference."""

    what: str
    unit: str
    scale: float
    decimals: int
    lower: str
    higher: str
    both: str  # that it is defined for both, for one alone, for neither; {} for a scenario
    only: str
    neither: str


_SPEED = _Words(
    what="t50",
    unit=" years",
    scale=1,
    decimals=1,
    lower="adoption is faster, t50 {} earlier",
    higher="adoption is slower, t50 {} later",
    both="both reach half",
    only="only {}",
    neither="neither",
)
_SYNCHRONIZATION = _Words(
    what="1 - Phi",
    unit="",
    scale=1,
    decimals=3,
    lower="regions are less synchronized, 1 - Phi lower by {}",
    higher="regions are more synchronized, 1 - Phi higher by {}",
    both="1 - Phi is defined for both",
    only="only for {}",
    neither="for neither",
)
_FINAL_SHARE = _Words(
    what="the final share of adopters",
    unit=" percentage points",
    scale=100,
    decimals=1,
    lower="the final share of adopters is lower by {}",
    higher="the final share of adopters is higher by {}",
    both="the final share is defined for both",
    only="only for {}",
    neither="for neither",
)


def verdicts(comparison: pd.DataFrame, titles: Mapping[str, str]) -> list[str]:
    """Return one sentence per pair of scenarios: money, speed, synchronization.

    If a t50 is missing, because half was not reached, the sentence names the scenario and compares the final shares of
    adopters too: the remaining pairs are those in which the slower scenario did best.

    Parameters
    ----------
    comparison : as :func:`simulation.analysis.comparison.compare` returns it.
    titles : the title of each scenario, by name.
    """
    sentences = []
    for scenario, reference, found in by_pair(comparison):
        names = titles[scenario], titles[reference]
        clauses = [_clause(found["t50_years"], _SPEED, names=names)]
        if found["t50_years"].n < found["t50_years"].pairs:
            clauses.append(_clause(found["final_share"], _FINAL_SHARE, names=names))
        clauses.append(_clause(found["synchronization"], _SYNCHRONIZATION, names=names))
        money = _money(found["planned_pv"], found["spent_pv"])
        sentences.append(f"{names[0]} against {names[1]}, {money}: {'; '.join(clauses)}.")
    return sentences


def short_answer(comparison: pd.DataFrame, titles: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the answer in two short sentences, on speed and on synchronization; None if there is nothing to compare.

    The pair is the last of two policies that plan equal money; without one, the last pair of all. A direction is named
    only if the 95 % interval excludes zero.
    """
    pairs = list(by_pair(comparison))
    if not pairs:
        return None
    equal = [pair for pair in pairs if _plan_equally(pair[2]["planned_pv"])]
    scenario, reference, found = (equal or pairs)[-1]
    one, other = titles[scenario], titles[reference]
    speed, together = found["t50_years"], found["synchronization"]
    money = "For the same money, " if equal else ""
    some = (
        ""
        if speed.n == speed.pairs
        else f", in the {speed.n} of {speed.pairs} pairs in which both reach half"
    )
    if _excludes_zero(speed):
        word = "sooner" if speed.difference < 0 else "later"
        years = f"{abs(speed.difference):.{_decimals(speed, 1)}f} years {word}"
        first = f"{money}half of the enterprises adopt {years} with {one} than with {other}{some}."
    else:
        first = f"{money}no difference in speed between {one} and {other} can be established."
    if _excludes_zero(together):
        word = "more" if together.difference > 0 else "less"
        shares = (
            f"{value:.{_decimals(together, 3)}f}"
            for value in (together.scenario_mean, together.reference_mean)
        )
        second = f"Its regions are {word} in step: 1 - Phi is {' against '.join(shares)}."
    else:
        second = "No difference in how far regions are in step can be established."
    return first[0].upper() + first[1:], second


def _plan_equally(planned: Difference) -> bool:
    here, there = planned.scenario_mean, planned.reference_mean
    return planned.n > 0 and here > 0 and is_equal_money(here, there)


def _excludes_zero(found: Difference) -> bool:
    return found.n > 1 and (found.low > 0 or found.high < 0)


def _decimals(found: Difference, at_least: int) -> int:
    return needed_decimals(found.difference, found.difference, at_least=at_least)


def _clause(found: Difference, words: _Words, *, names: tuple[str, str]) -> str:
    """Return in which pairs a metric is defined, unless it is in all, and the finding."""
    if found.n == found.pairs:
        return (
            _difference(found, words)
            if found.n > 1
            else f"no difference in {words.what} can be established: {FEW}"
        )
    counts = _counts(found, words, names=names)
    if found.n < 2:
        return f"{counts}, so that no difference in {words.what} can be established: {FEW}"
    return f"{counts}; in those pairs of both {_difference(found, words)}"


def _counts(found: Difference, words: _Words, *, names: tuple[str, str]) -> str:
    """Return in how many pairs a metric is defined for both scenarios, for one of them, for neither."""
    failed = found.pairs - found.n - found.only_scenario - found.only_reference - found.neither
    parts = [
        f"{words.both} in {found.n or 'none'} of {found.pairs} pairs",
        f"{words.only.format(names[0])} in {found.only_scenario or 'none'}",
        f"{words.only.format(names[1])} in {found.only_reference or 'none'}",
        f"{words.neither} in {found.neither or 'none'}",
    ]
    if failed:
        parts.append(f"and {failed} lack a run")
    return ", ".join(parts)


def _difference(found: Difference, words: _Words) -> str:
    """Return the direction of the difference if the interval excludes zero, else that no difference can be told."""
    low, high, difference = (words.scale * value for value in (found.low, found.high, found.difference))
    count = f"n = {found.n} of {found.pairs} pairs"
    if low == high == 0:
        return f"{words.what} is the same in every pair ({count})"
    decimals = needed_decimals(low, high, at_least=words.decimals)
    if low <= 0 <= high:
        return (
            f"no difference in {words.what} can be established from these {found.n} pairs "
            f"({difference:+.{decimals}f}{words.unit}, 95 % interval {low:+.{decimals}f} to {high:+.{decimals}f}, "
            f"{count})"
        )
    ends = sorted((abs(low), abs(high)))
    size = f"{abs(difference):.{decimals}f}{words.unit}"
    doubt = (
        f", but with Holm's correction for the metrics of a verdict p = {found.p_holm:.2g}"
        if found.p_holm > 1 - LEVEL
        else ""
    )
    return (
        f"{(words.lower if difference < 0 else words.higher).format(size)} "
        f"(95 % interval {ends[0]:.{decimals}f} to {ends[1]:.{decimals}f}, {count}{doubt})"
    )


def _money(planned: Difference, spent: Difference) -> str:
    """Return whether the plans cost the same, with the money planned and spent as present values in units."""
    here, there = planned.scenario_mean, planned.reference_mean
    if planned.n == 0:
        return "with unknown money, because there are no pairs"
    if here == there == 0:
        return "without planned money in either"
    return (
        f"for {'equal' if is_equal_money(here, there) else 'unequal'} planned money "
        f"(present value {here:,.0f} against {there:,.0f} units, "
        f"spent {spent.scenario_mean:,.0f} against {spent.reference_mean:,.0f})"
    )


def is_equal_money(here: float, there: float) -> bool:
    """Whether two planned present values count as equal."""
    return abs(here - there) <= EQUAL_MONEY * max(here, there)
