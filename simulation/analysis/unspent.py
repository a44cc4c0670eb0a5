"""Unspent money: policy entries that plan money and spend none, according to the ledger."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from simulation.policies import INSTRUMENTS
from simulation.results.reader import Results
from simulation.scenario.plan import schedule_of
from simulation.scenario.schema import Scenario

LABEL = "policies[{}]"
"""What the ledger calls an entry of policy, by its place in the scenario file."""


def unspent_money(results: Results) -> list[str]:
    """Return a sentence, with the reason, for every policy entry of a study that planned money and spent none."""
    ledger = results.ledger(["scenario", "policy", "planned", "spent"])
    sentences = []
    for entry in results.manifest["scenarios"]:
        rows = ledger[ledger["scenario"] == entry["name"]]
        sentences += [f"{entry['title']}: {line}" for line in _idle(rows, tomllib.loads(entry["text"]))]
    return sentences


def unspent_plans(spec: Scenario) -> list[str]:
    """Do the same for a scenario that has not run: spending does not depend on random draws."""
    if not spec.policies:
        return []
    return _idle(schedule_of(spec).ledger(), tomllib.loads(spec.to_toml()))


def _idle(ledger: pd.DataFrame, text: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each entry without spending.

    Parameters
    ----------
    ledger : rows of one scenario, of one run or several.
    text : the whole scenario, in the form of its file.
    """
    money = ledger.groupby("policy", observed=True)[["planned", "spent"]].sum()
    idle = set(money.index[(money["planned"] > 0) & (money["spent"] == 0)])
    policies = text.get("policies", [])
    closed = {
        policy["platform"]
        for number, policy in enumerate(policies)
        if LABEL.format(number) in idle and INSTRUMENTS[policy["instrument"]].opens_platform
    }
    return [
        f"{LABEL.format(number)} ({policy['instrument']}) plans {policy['budget']:,g} units a year and spends none: "
        f"{_reason(policy, closed, costs=text['costs'], policies=policies)}"
        for number, policy in enumerate(policies)
        if LABEL.format(number) in idle
    ]


def _reason(
    policy: Mapping[str, Any],
    closed: set[str],
    *,
    costs: Mapping[str, float],
    policies: Sequence[Mapping[str, Any]],
) -> str:
    name = policy["instrument"]
    instrument, cost = INSTRUMENTS[name], costs[name]
    platforms = policy.get("platforms", [policy["platform"]] if "platform" in policy else [])
    if instrument.opens_platform:
        together = sum(
            other["budget"]
            for other in policies
            if other["instrument"] == name and other["platform"] == policy["platform"]
        )
        if together < cost:
            return f'platform "{policy["platform"]}" costs {cost:,g} a year and never opens for less'
        return f'platform "{policy["platform"]}" is never paid in full, or not in the years in which it may be open'
    if shut := [platform for platform in platforms if platform in closed]:
        return f'platform "{shut[0]}" never opens'
    if instrument.all_or_nothing and policy["budget"] < cost:
        return f"it takes {cost:,g} a year for one {instrument.cost_basis}"
    return "there is nothing to pay for in its regions and years"
