"""Tables of a search: its front, and the comparison in uncertain worlds."""

from __future__ import annotations

from simulation.analysis.paired import interval
from simulation.optimize.front import Front, words_of
from simulation.optimize.robust import Robust
from simulation.reporting.table import Table

LEAST_UNUSABLE = 0.005
"""Part of the money from which on a table says what nobody can use."""
DIGITS = (2, 3)
"""Decimals of the first and of the second objective."""


def front_table(front: Front) -> Table:
    """Return the table of those on the front and of the policies: means with intervals, money that nobody can use."""
    rows = front.table().iloc[1:].to_dict("records")
    shown = [*front.on_front()]
    shown += [n for n in range(len(rows)) if front.is_policy[n] and n not in shown]
    is_idle = any(rows[n]["unspent"] >= LEAST_UNUSABLE for n in shown)
    cells = []
    for n in shown:
        row = rows[n]
        label = str(row["title"]) if front.is_policy[n] else str(row["name"])
        values = [
            _with_ends(*(row[metric + end] for end in ("", "_low", "_high")), digits=digits)
            for metric, digits in zip(front.objectives, DIGITS, strict=True)
        ]
        idle = [f"{100 * row['unspent']:.0f} %"] if is_idle else []
        cells.append((label, str(row["standing"]), *values, *idle))
    unusable = " Unusable: part of the money that nobody can use." if is_idle else ""
    return Table(
        name="front",
        title=front.found.space.search.title or "The best use of the budget",
        head=("policy", "standing", *map(words_of, front.objectives), *(["unusable"] if is_idle else [])),
        rows=tuple(cells),
        labels=2,
        note=f"Means of {front.values.shape[1]} fresh seeds with 95 % intervals.{unusable}",
    )


def robust_tables(robust: Robust) -> list[Table]:
    """Return a table for each objective: expected value, worst tenth, regret; the first also how often on a front."""
    worlds = robust.values.shape[1]
    tables = []
    for m, (metric, digits) in enumerate(zip(robust.metrics, DIGITS, strict=True)):
        cells = []
        for n in robust.shown():
            values = robust.values[n, :, m]
            row = (
                robust.titles[n] if robust.is_policy[n] else robust.names[n],
                _with_ends(values.mean(), *interval(values), digits=digits),
                f"{robust.worst[n, m]:.{digits}f}",
                f"{robust.regret[n, :, m].mean():.{digits}f}",
            )
            often = "-" if robust.names[n] in robust.elsewhere else str(int(robust.on_front[n].sum()))
            cells.append(row if m else (*row, often, str(int((~robust.paid[n]).sum()))))
        note = (
            f"Expected: mean over {worlds} worlds with its 95 % interval. Worst: mean over the worst tenth of the "
            "worlds. Regret: mean distance to the best of a world."
        )
        more = " Front: worlds in which no other beats it. Unpaid: worlds that cannot pay, where nothing is done."
        tables.append(
            Table(
                name=f"robust_{metric}",
                title=f"In {worlds} uncertain worlds: {words_of(metric)}",
                head=("policy", "expected", "worst", "regret", *(() if m else ("front", "unpaid"))),
                rows=tuple(cells),
                note=note if m else note + more,
            )
        )
    return tables


def _with_ends(mean: float, low: float, high: float, *, digits: int) -> str:
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
