"""Unspent money, according to the ledger: of entries that spend none, and of shares beyond full coverage."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from simulation.analysis.policy_names import LABEL, policy_names
from simulation.policies import INSTRUMENTS, Policy
from simulation.results.reader import Results
from simulation.scenario.plan import schedule_of
from simulation.scenario.schema import Scenario

_ROUNDING = 1e-9


def unspent_money(results: Results) -> list[str]:
    """Return a sentence, with the reason, for every policy entry of a study that spent none of its money or not all of
    its share; none if the study does not keep its ledger.
    """
    if results.lacking("ledger"):
        return []
    ledger = results.ledger(["scenario", "replication", "policy", "year", "planned", "spent"])
    sentences = []
    for entry in results.manifest["scenarios"]:
        rows = ledger[ledger["scenario"] == entry["name"]]
        sentences += [f"{entry['title']}: {line}" for line in _idle(rows, tomllib.loads(entry["text"]))]
    return sentences


def unspent_plans(spec: Scenario) -> list[str]:
    """Do the same for a scenario that has not run: spending does not depend on random draws."""
    if not spec.policies:
        return []
    return _idle(schedule_of(spec).ledger().assign(replication=0), tomllib.loads(spec.to_toml()))


def _idle(ledger: pd.DataFrame, text: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each entry without spending, and for each share that is not spent in full.

    Parameters
    ----------
    ledger : rows of one scenario, of one run or several.
    text : the whole scenario, in the form of its file.
    """
    policies, costs = text.get("policies", []), text["costs"]
    runs = max(ledger["replication"].nunique(), 1)
    money = ledger.groupby("policy", observed=True)[["planned", "spent"]].sum() / runs
    # Money of a whole year, which is that of most years.
    yearly = (
        ledger.groupby(["policy", "year"], observed=True)["planned"].sum().groupby("policy", observed=True)
    )
    a_year = {str(label): float(amount) / runs for label, amount in yearly.max().items()}
    names = policy_names(text)
    labels = [LABEL.format(n) for n in range(len(policies))]
    entries = [
        _Entry(label, names[label], policy, costs, a_year)
        for label, policy in zip(labels, policies, strict=True)
    ]
    idle = set(money.index[(money["planned"] > 0) & (money["spent"] == 0)])
    closed = {
        entry.policy["platform"]
        for entry in entries
        if entry.label in idle and entry.instrument.opens_platform
    }
    sentences = [
        f"{entry.name} plans {entry.a_year:,g} units a year and spends none: {_reason(entry, closed, entries)}"
        for entry in entries
        if entry.label in idle
    ]
    by_year = ledger.groupby(["policy", "year"], observed=True)[["planned", "spent"]].sum()
    for entry in entries:
        if "share" in entry.policy and entry.label in money.index and entry.label not in idle:
            planned, spent = (float(money[column][entry.label]) for column in ("planned", "spent"))
            if spent < planned * (1 - _ROUNDING):
                years = by_year.loc[entry.label]
                reason = _reason_for_the_rest(entry, entries, (years["spent"] / years["planned"]).tolist())
                sentences.append(
                    f"{entry.name} spends {spent:,.0f} of the {planned:,.0f} units of its share: {reason}"
                )
    return sentences


@dataclass(frozen=True, slots=True)
class _Entry:
    """A policy as its file has it, and its money in the ledger."""

    label: str
    words: str  # its name
    policy: Mapping[str, Any]
    costs: Mapping[str, float]
    money: Mapping[str, float]  # of a whole year by label, units

    @property
    def instrument(self) -> type[Policy]:
        """The class of the instrument."""
        return INSTRUMENTS[self.policy["instrument"]]

    @property
    def cost(self) -> float:
        """Unit cost, a year."""
        return self.costs[self.policy["instrument"]]

    @property
    def name(self) -> str:
        """What people call it, with its place in the file."""
        return f"{self.words} ({self.label})"

    @property
    def platforms(self) -> list[str]:
        """Names of the platforms that must be open, sorted."""
        return sorted(
            self.policy.get("platforms", [self.policy["platform"]] if "platform" in self.policy else [])
        )

    @property
    def target(self) -> tuple[object, ...]:
        """What it pays for: coverages of entries with one target add up."""
        return self.instrument, self.policy.get("chain"), *self.platforms

    @property
    def a_year(self) -> float:
        """Money a year, units."""
        given: float | None = self.policy.get("budget")
        if given is None and self.instrument.opens_platform:
            given = self.cost
        return self.money.get(self.label, 0.0) if given is None else given


def _reason_for_the_rest(entry: _Entry, entries: Sequence[_Entry], parts: Sequence[float]) -> str:
    """Return why a share is not spent in full; ``parts`` are spent over planned money, by year."""
    if entry.platforms and (min(parts) == 0 or max(parts) >= 1 - _ROUNDING):
        names = " and ".join(f'"{name}"' for name in entry.platforms)
        return f"platform {names} is not open in all of its years"
    same = [other for other in entries if other.target == entry.target]
    if len(same) > 1:
        labels = " and ".join(other.label for other in same)
        return f"full coverage costs less than what {labels}, which pay for the same, have together"
    return "full coverage of all entries with a share costs less than what they have"


def _reason(entry: _Entry, closed: set[str], entries: Sequence[_Entry]) -> str:
    policy, instrument, cost = entry.policy, entry.instrument, entry.cost
    if instrument.opens_platform:
        together = sum(
            other.a_year
            for other in entries
            if other.instrument is instrument and other.policy["platform"] == policy["platform"]
        )
        if together < cost:
            return f'platform "{policy["platform"]}" costs {cost:,g} a year and never opens for less'
        return f'platform "{policy["platform"]}" is never paid in full, or not in the years in which it may be open'
    if shut := [platform for platform in entry.platforms if platform in closed]:
        return f'platform "{shut[0]}" never opens'
    if instrument.all_or_nothing and entry.a_year < cost:
        return f"it takes {cost:,g} a year for one {instrument.cost_basis}"
    return "there is nothing to pay for in its regions and years"
