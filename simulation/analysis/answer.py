"""The answer of the page: who is ahead in what, how sure that is, and what would turn it, in a visitor's words.

It claims no more than its numbers: one simulated history, pairs of histories with an interval, and the share of other
worlds in which the same was found, where these were looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulation.analysis.comparison import needed_decimals
from simulation.analysis.verdict import is_equal_money

SURE = 90
"""Of 100 other worlds: from this many on an answer holds; down to 100 less this many it depends."""

CAVEAT = "A thought experiment, not a forecast: costs, readiness and effects are assumed."
NOT_COMPARED = (
    "The two sides have different regions, technologies or steps a year, so that a difference between them would say "
    "nothing about their policies."
)

Ahead = Literal["a", "b", "depends"] | None


@dataclass(frozen=True, slots=True)
class Found:
    """Side b minus side a in one metric, over n of N pairs in which both are defined; nan where there is none."""

    difference: float
    low: float  # ends of the 95 % interval; nan with fewer than two pairs
    high: float
    n: int
    pairs: int
    mean_a: float
    mean_b: float

    @property
    def ahead_by(self) -> float:
        """The difference where it can be told from zero, else 0; of one pair, the difference."""
        if math.isnan(self.difference) or self.low <= 0 <= self.high:
            return 0.0
        return self.difference


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Of 100 other worlds: in how many side b was ahead, in how many behind, and where one side tends to be behind."""

    ahead: float
    behind: float
    later: Literal["a", "b"] = "b"  # the side of which the rules tell
    rules: tuple[str, ...] = ()

    @property
    def who(self) -> Ahead:
        """The side that is ahead nearly everywhere."""
        return "b" if self.ahead >= SURE else "a" if self.behind >= SURE else "depends"


@dataclass(frozen=True, slots=True)
class Compared:
    """What is known of two sides.

    Parameters
    ----------
    titles : of a and b.
    planned_pv : present values of the plans of a and b, units.
    found : by metric: ``t50_years``, ``synchronization``, ``w1_years``, ``final_share``.
    years : the horizon.
    elsewhere : by topic, ``together`` and ``sooner``; empty unless exactly these scenarios were tried in other worlds.
    changed : what was changed on either side, in words.
    unequal : what differs between the two worlds apart from their policies, in words.
    comparable : whether regions, technologies and steps are the same.
    """

    titles: tuple[str, str]
    planned_pv: tuple[float, float]
    found: Mapping[str, Found]
    years: float
    elsewhere: Mapping[str, Elsewhere]
    changed: Sequence[str] = ()
    unequal: Sequence[str] = ()
    comparable: bool = True


def question(titles: Sequence[str], planned_pv: Sequence[float]) -> str:
    """Return what is asked of one side, or of two; of the same money only where it is the same."""
    if len(titles) == 1:
        return f"{titles[0]}: how soon does new technology reach all regions, and do they keep in step?"
    here, there = planned_pv
    which = "Which brings it to all regions sooner, and together?"
    if here == there == 0:
        return f"Two worlds in which new technology spreads, without a plan for money in either. {which}"
    if 0 in (here, there):
        spends, spares = titles if there == 0 else (titles[1], titles[0])
        return f"{spends} spends money on spreading new technology, {spares} spends none. {which}"
    if is_equal_money(here, there):
        return f"Two ways to spend the same money on spreading new technology. {which}"
    return f"Two ways to spend money on spreading new technology, but not the same money. {which}"


def answer(compared: Compared) -> dict[str, Any]:
    """Return question, lines, notes and caveat, as ``answer`` of the page's protocol."""
    lines = [_together(compared), _sooner(compared)] if compared.comparable else [_apart()]
    return {
        "question": question(compared.titles, compared.planned_pv),
        "lines": lines,
        "notes": _notes(compared),
        "caveat": CAVEAT,
    }


def _apart() -> dict[str, Any]:
    return _line("apart", None, "Not compared.", NOT_COMPARED)


def _line(topic: str, ahead: Ahead, lead: str, text: str) -> dict[str, Any]:
    return {"topic": topic, "ahead": ahead, "lead": lead, "text": text}


def _together(c: Compared) -> dict[str, Any]:
    found = c.found["synchronization"]
    elsewhere = c.elsewhere.get("together")
    here = _sign(found.ahead_by)
    who = elsewhere.who if elsewhere else here
    lead = f"Together: {_named(c, who, here=here)}."
    if math.isnan(found.difference):
        return _line(
            "together", None, "Together: not to be told.", "Too little is adopted to compare the regions."
        )
    w1 = c.found["w1_years"]
    lag_ahead = _sign(-w1.ahead_by) if _reach_half(c) else None
    if None not in (here, lag_ahead) and lag_ahead != here and not elsewhere:
        lead, who = "Together: it depends on the measure.", None
        text = (
            f"Regions are {abs(found.difference):.3f} more in step (1 - Phi) with {_title(c, here)}, but "
            f"{abs(w1.difference):.2f} years closer together (W1) with {_title(c, lag_ahead)}"
        )
    elif _reach_half(c) and (here is None or (w1.mean_b < w1.mean_a) is (here == "b")):
        first: Ahead = "a" if who == "a" else "b"
        means = (w1.mean_a, w1.mean_b) if first == "a" else (w1.mean_b, w1.mean_a)
        decimals = needed_decimals(w1.mean_a, w1.mean_b, at_least=1)
        text = (
            f"Regions are typically {means[0]:.{decimals}f} years apart with {_title(c, first)} instead of "
            f"{means[1]:.{decimals}f}"
        )
    else:
        more = "more" if found.difference > 0 else "less"
        text = f"Regions are {abs(found.difference):.2f} {more} in step (1 - Phi) with {c.titles[1]}"
    parts = [f"{text}{_histories(found)}."]
    if here is None and found.n > 1:
        parts.append("These histories cannot tell which is ahead.")
    if elsewhere:
        parts.append(_tried(c, elsewhere, who=who, here=here, ahead="more in step", behind="less"))
    return _line("together", who, lead, " ".join(parts))


def _sooner(c: Compared) -> dict[str, Any]:
    found = c.found["t50_years"]
    elsewhere = c.elsewhere.get("sooner")
    here = _sign(-found.ahead_by)
    if not _reach_half(c):
        return _line("sooner", *_half_missed(c))
    who = elsewhere.who if elsewhere else here
    lead = f"Sooner: {_named(c, who, here=here)}."
    size = abs(found.difference)
    ends = [abs(end) for end in (found.low, found.high)]
    if here is None and found.n > 1:
        text = (
            f"With the assumptions shown, these {found.n} simulated histories cannot tell with which half of the "
            f"enterprises adopt sooner ({found.difference:+.1f} years with {c.titles[1]}, {found.low:+.1f} to "
            f"{found.high:+.1f})"
        )
    elif here is None:
        text = "With the assumptions shown, half of the enterprises adopt after the same time with both"
    else:
        decimals = needed_decimals(min(ends), max(ends), at_least=1) if found.n > 1 else 1
        interval = f"{min(ends):.{decimals}f} to {max(ends):.{decimals}f} at 95 %, " if found.n > 1 else ""
        text = (
            f"With the assumptions shown, half of the enterprises adopt {size:.{decimals}f} years sooner with "
            f"{_title(c, here)} ({interval}{_counted(found.n)})"
        )
    if not elsewhere:
        return _line("sooner", who, lead, f"{text}.")
    parts = [f"{text}.", _tried(c, elsewhere, who=who, here=here, ahead="sooner", behind="later")]
    if elsewhere.rules:
        parts.append(f"{_title(c, elsewhere.later)} tends to be later where {elsewhere.rules[0]}.")
    return _line("sooner", who, lead, " ".join(parts))


def _half_missed(c: Compared) -> tuple[Ahead, str, str]:
    """Return who reaches half, where not both do, and how far they come."""
    t50, share = c.found["t50_years"], c.found["final_share"]
    reached = {"a": not math.isnan(t50.mean_a), "b": not math.isnan(t50.mean_b)}
    end = (
        f"at the end {100 * share.mean_b:.0f} % have adopted with {c.titles[1]}, {100 * share.mean_a:.0f} % with "
        f"{c.titles[0]}"
    )
    if reached["a"] != reached["b"]:
        who: Ahead = "a" if reached["a"] else "b"
        return who, f"Sooner: {_title(c, who)}.", f"Only there half adopt within {c.years:g} years; {end}."
    often = f" in {t50.pairs - t50.n} of {t50.pairs} histories" if t50.pairs > 1 else ""
    return (
        None,
        "Sooner: not to be told.",
        f"Half is not reached with both within {c.years:g} years{often}; {end}.",
    )


def _notes(c: Compared) -> list[str]:
    notes = []
    if c.unequal:
        notes.append(
            f"Unequal worlds: A and B differ in {_listed(c.unequal)}, so that the difference is not that of the "
            "policies alone."
        )
    if c.changed:
        notes.append(f"You changed {_listed(c.changed)}: not tested against other assumptions yet.")
    elif c.comparable and not c.elsewhere:
        notes.append("These two were not tested against other assumptions yet.")
    return notes


def _reach_half(c: Compared) -> bool:
    """Whether the window reaches half of the adoptions on both sides, in each pair."""
    found = c.found["t50_years"]
    return found.n == found.pairs > 0


def _sign(value: float) -> Literal["a", "b"] | None:
    return "b" if value > 0 else "a" if value < 0 else None


def _named(c: Compared, who: Ahead, *, here: Ahead) -> str:
    if who == "depends":
        return "it depends"
    return _title(c, who) if who else ("no difference can be told" if here is None else _title(c, here))


def _title(c: Compared, side: Ahead) -> str:
    return c.titles[0] if side == "a" else c.titles[1]


def _counted(n: int) -> str:
    return "in this one simulated history" if n == 1 else f"{n} simulated histories"


def _histories(found: Found) -> str:
    return " in this one simulated history" if found.n == 1 else f" ({found.n} simulated histories)"


def _tried(c: Compared, elsewhere: Elsewhere, *, who: Ahead, here: Ahead, ahead: str, behind: str) -> str:
    """Return in how many of 100 other worlds a side was ahead and, where that is not nearly all, in how many behind."""
    side = (here if who == "depends" else who) or "b"
    shares = (elsewhere.behind, elsewhere.ahead) if side == "a" else (elsewhere.ahead, elsewhere.behind)
    told = f"Of 100 other worlds we tried, {_title(c, side)} was {ahead} in {_of_100(shares[0])}"
    if shares[0] >= SURE:
        return f"{told}."
    alike = 100 - round(shares[0]) - round(shares[1])
    rest = f"; in {alike} they are about alike" if alike > 0 else ""
    return f"{told} and {behind} in {_of_100(shares[1])}{rest}."


def _of_100(share: float) -> str:
    return "over 99" if share > 99 else "under 1" if share < 1 else f"{share:.0f}"


def _listed(parts: Sequence[str], *, most: int = 4) -> str:
    """Return a list in words, cut where it is long."""
    shown = list(parts[:most])
    if len(parts) > most:
        shown.append(f"{len(parts) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
