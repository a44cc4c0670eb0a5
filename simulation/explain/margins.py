"""A little more and a little less money of each entry, the others unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulation.explain.money import funded_entries, with_policies
from simulation.scenario.schema import Scenario

STEP = 0.05
"""Part of its money that an entry gains or loses."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A scenario in which one entry has more or less money."""

    entry: str
    factor: float
    money_pv: float  # change of its present value, units
    covered: bool  # whether it has full coverage already, and can use no more
    spec: Scenario


def margins(spec: Scenario) -> Iterator[Margin]:
    """Yield the scenario with more and with less money of each entry that has money and need not be paid in full."""
    entries = funded_entries(spec)
    for entry in entries:
        if entry.per_year == 0 or entry.opens:
            continue
        for factor in (1 + STEP, 1 - STEP):
            money = [(other, other.per_year * (factor if other is entry else 1.0)) for other in entries]
            yield Margin(
                entry=entry.name,
                factor=factor,
                money_pv=(factor - 1) * entry.pv,
                covered=factor > 1 and entry.room_pv <= 0,
                spec=with_policies(spec, money),
            )
