"""The schedule of policies: levers of each month, and the ledger of planned and spent money (section 4)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import Policy
from simulation.policies.money import EffectTable
from simulation.policies.plan import Entry, Plan
from simulation.world import Array, Endowment

if TYPE_CHECKING:
    import pandas as pd

WHOLE = 1 - 1e-9
"""Coverage that counts as full after a sum: three thirds must open a platform in spite of rounding."""


@dataclass(frozen=True, slots=True)
class _Funded:
    """What an entry covers and where its money goes. U units, see :class:`Policy`."""

    policy: Policy
    months: tuple[int, int]  # the first, and the one after the last
    target: tuple[str, ...]  # entries with one target share a lever, and their coverages add up
    per_year: float  # money planned a year, units
    full_cost: Array  # float64 (U,)
    coverage: Array  # float64 (U,), in [0, 1]
    planned: Array  # float64 (U,)
    rows: Array  # int64 (U,), row of the ledger

    @staticmethod
    def of(entry: Entry, endowment: Endowment) -> _Funded:
        """Return an entry of a plan with its coverage."""
        policy, money, full_cost = entry.policy, entry.per_year, entry.full_cost
        return _Funded(
            policy=policy,
            months=entry.months,
            target=policy.target,
            per_year=money,
            full_cost=full_cost,
            coverage=policy.coverage_by(money, full_cost, endowment),
            planned=policy.divided(money, full_cost, endowment),
            rows=policy.ledger_rows(endowment),
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A period of months in which no lever changes."""

    first: int
    last: int  # exclusive
    levers: Levers
    spent: Array  # float64 (entries, R + 1), a year


@dataclass(frozen=True, slots=True)
class Account:
    """The money of an entry, in units."""

    label: str  # its place in the file
    instrument: str
    months: tuple[int, int]  # the first, and the one after the last
    full_cost: float  # a year
    per_year: float  # planned
    coverage: float  # in its months, before closed platforms; the mean of what it treats, weighted by cost
    planned_pv: float  # present value
    spent_pv: float


class PolicySchedule:
    """Levers of each month, and the ledger, of one scenario. They do not depend on random draws.

    Parameters
    ----------
    plan : the money of the scenario's policies; their order affects only labels in the ledger.
    effects : what each instrument does at coverage 1.
    """

    def __init__(self, plan: Plan, *, effects: EffectTable) -> None:
        self._plan, self._effects = plan, effects
        self._endowment = plan.endowment
        self._entries = [_Funded.of(entry, plan.endowment) for entry in plan.entries]
        # An entry without money has no effect: a platform that it names follows its own calendar. The others are
        # sorted, so that sums of floats do not depend on the order of the file.
        funded = [e for e, entry in enumerate(self._entries) if entry.per_year > 0]
        self._funded = sorted(funded, key=lambda e: self._entries[e].policy.model_dump_json())
        self._spans = self._make_spans()
        self.starts = [span.first for span in self._spans]

    def levers(self, month: int) -> Levers:
        """Levers of a month, counted from 0: the same object while nothing changes. Read-only."""
        assert 0 <= month < self._endowment.months, f"month {month} is not within the horizon"
        return self._spans[bisect_right(self.starts, month) - 1].levers

    @cached_property
    def planned_pv(self) -> float:
        """Present value of the money planned within the horizon, in units."""
        return self._plan.planned_pv

    @property
    def available_pv(self) -> float:
        """Present value of the scenario's budget over the horizon, in units."""
        return self._plan.available_pv

    @cached_property
    def spent_pv(self) -> float:
        """Present value of the money spent within the horizon, in units."""
        return self._plan.present_value(
            [(a_year, s.first, s.last) for s in self._spans for a_year in s.spent[s.spent > 0].tolist()]
        )

    def ledger(self) -> pd.DataFrame:
        """Money by policy, region and year, in units, in rows with planned money; planned = spent + unspent.

        Columns: policy (its place in the file, such as policies[0]), instrument, region (id, or "all" for what belongs
        to no region), year (from 0), planned, spent, unspent.
        """
        return self._ledger.copy(deep=False)  # what a reader writes into it is its own

    @cached_property
    def _ledger(self) -> pd.DataFrame:
        import pandas as pd  # imported late, so that checking a scenario does not wait for pandas

        planned, spent = self._yearly()
        e, year, row = np.nonzero(planned)
        region = np.array([*self._endowment.regions.ids, "all"], dtype=object)
        label = np.array([f"policies[{i}]" for i in range(len(self._entries))], dtype=object)
        instrument = np.array([entry.policy.instrument for entry in self._entries], dtype=object)
        return pd.DataFrame(
            {
                "policy": label[e],
                "instrument": instrument[e],
                "region": region[row],
                "year": year,
                "planned": planned[e, year, row],
                "spent": spent[e, year, row],
                "unspent": planned[e, year, row] - spent[e, year, row],
            }
        )

    def accounts(self) -> list[Account]:
        """Return the money of each entry in the order of the file."""
        spent = [
            self._plan.present_value(
                [(float(span.spent[e].sum()), span.first, span.last) for span in self._spans]
            )
            for e in range(len(self._entries))
        ]
        return [
            Account(
                label=f"policies[{e}]",
                instrument=entry.policy.instrument,
                months=entry.months,
                full_cost=float(entry.full_cost.sum()),
                per_year=entry.per_year,
                coverage=_mean_coverage(entry),
                planned_pv=self._plan.present_value([(entry.per_year, *entry.months)]),
                spent_pv=spent[e],
            )
            for e, entry in enumerate(self._entries)
        ]

    def to_date(self) -> tuple[Array, Array]:
        """Planned and spent up to the end of each month, month 0 being the start; float64 (policies, T + 1), units."""
        endowment = self._endowment
        a_year = np.zeros((2, len(self._entries), endowment.months))
        for e, entry in enumerate(self._entries):
            a_year[0, e, slice(*entry.months)] = entry.per_year
        for span in self._spans:
            a_year[1, :, span.first : span.last] = span.spent.sum(axis=1)[:, None]
        sums = np.cumsum(a_year / endowment.steps_per_year, axis=2)
        planned, spent = np.concatenate([np.zeros((2, len(self._entries), 1)), sums], axis=2)
        return planned, spent

    def _make_spans(self) -> list[Span]:
        platforms, horizon = self._endowment.platforms, self._endowment.months
        edges = {
            0,
            horizon,
            *platforms.from_month.tolist(),
            *platforms.to_month.tolist(),
        }
        edges.update(month for e in self._funded for month in self._entries[e].months)
        settled: dict[tuple[tuple[int, ...], bytes], tuple[Levers, Array]] = {}
        spans = []
        for first, last in pairwise(sorted(month for month in edges if 0 <= month <= horizon)):
            active = tuple(
                e for e in self._funded if self._entries[e].months[0] <= first < self._entries[e].months[1]
            )
            in_calendar = (platforms.from_month <= first) & (first < platforms.to_month)
            situation = (active, in_calendar.tobytes())
            if situation not in settled:
                settled[situation] = self._settle(active, in_calendar)
            spans.append(Span(first, last, *settled[situation]))
        return spans

    def _settle(self, active: tuple[int, ...], in_calendar: Array) -> tuple[Levers, Array]:
        """Levers and spending a year, float64 (entries, R + 1), while these entries are active.

        ``in_calendar``, bool (H,), says which platforms are within their own years.
        """
        endowment, entries = self._endowment, self._entries
        place = {name: h for h, name in enumerate(endowment.platforms.names)}
        levers = Levers.neutral(endowment)
        levers.is_open[:] = in_calendar
        for e in (
            self._funded
        ):  # those that are not active now count too: without their money the platform is closed
            if entries[e].policy.opens_platform:
                levers.is_open[[place[name] for name in entries[e].policy.platform_names]] = False
        spent = np.zeros((len(entries), len(endowment.regions.ids) + 1))
        groups: dict[tuple[str, ...], list[int]] = {}
        for e in active:
            groups.setdefault(entries[e].target, []).append(e)
        # Instruments that open a platform come first, because those that act on it need to know whether it is open.
        for group in sorted(groups.values(), key=lambda g: not entries[g[0]].policy.opens_platform):
            policy = entries[group[0]].policy
            exists = in_calendar if policy.opens_platform else levers.is_open
            if not all(exists[place[name]] for name in policy.platform_names):
                continue
            together = sum(
                (entries[e].coverage for e in group),
                start=np.zeros(entries[group[0]].coverage.shape),
            )
            effective = np.minimum(together, 1.0)
            if policy.all_or_nothing:
                effective = np.where(together >= WHOLE, 1.0, 0.0)
            if (effect := self._effects.of(policy.instrument)) > 0:
                policy.apply(levers, effective, endowment, effect=effect)
            # If entries together exceed full coverage, each spends in proportion; a single one spends all it covers.
            used = np.minimum(effective / np.where(together > 0, together, 1.0), 1.0)
            for e in group:
                amount = np.minimum(
                    entries[e].coverage * used * entries[e].full_cost,
                    entries[e].planned,
                )
                spent[e] = np.bincount(entries[e].rows, weights=amount, minlength=spent.shape[1])
        return levers, spent

    def _yearly(self) -> tuple[Array, Array]:
        """Planned and spent, float64 (entries, years, R + 1), in units."""
        steps = self._endowment.steps_per_year
        starts = np.arange(0, self._endowment.months, steps)

        def years(first: int, last: int) -> Array:
            """Part of each year that lies within the months: float64 (years,), in [0, 1]."""
            return (
                np.clip(
                    np.minimum(last, starts + steps) - np.maximum(first, starts),
                    0,
                    None,
                )
                / steps
            )

        size = len(self._endowment.regions.ids) + 1
        planned = np.zeros((len(self._entries), len(starts), size))
        for e, entry in enumerate(self._entries):
            a_year = np.bincount(entry.rows, weights=entry.planned, minlength=size)
            planned[e] = years(*entry.months)[:, None] * a_year
        spent = np.zeros_like(planned)
        for span in self._spans:
            spent += years(span.first, span.last)[None, :, None] * span.spent[:, None, :]
        # Parts of a year do not add up to the year to the last bit.
        return planned, np.minimum(spent, planned)


def _mean_coverage(entry: _Funded) -> float:
    """Return the mean coverage of the units, weighted by full cost; 0 if there are none."""
    total = float(entry.full_cost.sum())
    return float((entry.coverage * entry.full_cost).sum()) / total if total > 0 else 0.0
