"""Checks across several values of a scenario that are each valid by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from simulation.data.reader import Dataset
from simulation.errors import listed
from simulation.policies.plan import NotAffordable, faults_of_shares
from simulation.scenario.limits import beyond_a_double
from simulation.scenario.messages import Issue
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import MOST_PAIRS, MOST_SCALE, Scenario


def inconsistencies(scenario: Scenario, dataset: Dataset) -> list[Issue]:
    """Return the problems between values that are each valid by themselves: a path and a message each."""
    issues: list[Issue] = []
    for direction, weights in scenario.technologies.origin_weights.items():
        total = math.fsum(weights.values())
        if total > 1 + 1e-9:
            path = ("technologies", "origin_weights", direction)
            issues.append((path, f"the shares of regions sum to {total:.10g}; must sum to 1 or less"))
    schedule = scenario.technologies.schedule
    if schedule is not None:
        missing = [row.technology for row in dataset.technologies if row.technology not in schedule]
        if missing:
            message = f"no year for {listed(missing, at_most=3)}; a year at the horizon omits a technology"
            issues.append((("technologies", "schedule"), message))
    rate, steps = scenario.membership.rate, scenario.time.steps_per_year
    if rate > steps:
        # A step decides once. At rates far above one a step, all would join in one step and leave in the next, however
        # much membership is worth to them.
        message = f"must be {steps} or less, time.steps_per_year: membership is decided at most once per step"
        issues.append((("membership", "rate"), message))
    in_all = scenario.world.scale * (1 + scenario.turnover.entry * scenario.time.years)
    if round(in_all) > MOST_SCALE:
        message = (
            f"over {scenario.time.years:g} years there are as many enterprises as with world.scale = {in_all:,.0f} "
            f"and no entry; that must be {MOST_SCALE:,} or less"
        )
        issues.append((("turnover", "entry"), message))
    issues.extend(_too_large(in_all, scenario, dataset))
    issues.extend(_against_given_partners(scenario, dataset))
    issues.extend(_impossible_seeds(scenario, dataset))
    issues.extend(beyond_a_double(scenario, dataset))
    return issues


def _too_large(in_all: float, scenario: Scenario, dataset: Dataset) -> Iterator[Issue]:
    """Yield that a world has more pairs than can be numbered; ``in_all`` is its scale with all who ever enter."""
    of_industry = dataset.counts.sum(axis=0) * in_all
    technologies = [
        dataset.relevance[dataset.directions.index(row.direction)] for row in dataset.technologies
    ]
    pairs = float(sum(of_industry @ (np.asarray(relevance) > 0) for relevance in technologies))
    ties = float(of_industry.sum()) * scenario.world.network_degree
    for what, number in (("pairs of an enterprise and a technology that it can use", pairs), ("ties", ties)):
        if number > MOST_PAIRS:
            yield (
                ("world", "scale"),
                f"the world has {number:,.0f} {what}; there must be {MOST_PAIRS:,} or fewer",
            )
            break


def _against_given_partners(scenario: Scenario, dataset: Dataset) -> Iterator[Issue]:
    """Yield what would add, remove or rewire enterprises whose partners the dataset gives one by one."""
    if dataset.partners is None:
        return
    neutral = {
        ("world", "scale"): (scenario.world.scale, 1),
        ("mobility", "rate"): (scenario.mobility.rate, 0),
        ("turnover", "entry"): (scenario.turnover.entry, 0),
        ("turnover", "exit"): (scenario.turnover.exit, 0),
    }
    for path, (found, only) in neutral.items():
        if found != only:
            yield (
                path,
                f"must be {only}: enterprise_ties.csv of the dataset gives the partners of each enterprise",
            )


def _impossible_seeds(scenario: Scenario, dataset: Dataset) -> Iterator[Issue]:
    """Yield the entries of initial adopters that nobody can be, or fewer than they ask for."""
    counts = dataset.scaled_counts(scenario.world.scale)
    direction_of = {row.technology: row.direction for row in dataset.technologies}
    for n, entry in enumerate(scenario.seeds):
        if entry.month >= scenario.time.months:
            message = (
                f"must be less than {scenario.time.months}, the months until the horizon "
                "(time.years times time.steps_per_year)"
            )
            yield ("seeds", n, "month"), message
        if entry.technology not in direction_of or entry.region not in dataset.region_ids:
            continue  # reported as unknown names
        relevant = dataset.relevance[dataset.directions.index(direction_of[entry.technology])] > 0
        if entry.industry is not None:
            relevant = relevant & (np.array(dataset.industries) == entry.industry)
        there = int(counts[dataset.region_ids.index(entry.region), relevant].sum())
        if there < (entry.number or 1):
            message = (
                f"only {there} enterprises of {entry.region} can use the technology at the start, with "
                f"world.scale = {scenario.world.scale:g}"
            )
            yield ("seeds", n, "number" if entry.number is not None else "region"), message


def faults_of_money(scenario: Scenario) -> list[Issue]:
    """Return what makes the plan of the policies impossible, in a scenario in which all else is valid."""
    time = scenario.time
    faults = faults_of_shares(
        scenario.policies,
        steps_per_year=time.steps_per_year,
        horizon=time.months,
        discount=scenario.budget.discount,
    )
    issues: list[Issue] = [
        (("policies",) if n is None else ("policies", n, "share"), message) for n, message in faults
    ]
    if not issues:
        try:
            plan_of(scenario)
        except NotAffordable as error:
            message = "; lower the budgets or coverages of the policies, or raise budget.per_year"
            issues.append((("policies",), str(error) + message))
    return issues
