"""The plan of a scenario's money, from its endowment (section 4)."""

from __future__ import annotations

from simulation.policies import Plan, PolicySchedule, plan_money
from simulation.scenario.endowment import endowment_of
from simulation.scenario.schema import Scenario
from simulation.world import Endowment


def plan_of(spec: Scenario, endowment: Endowment | None = None) -> Plan:
    """Return the plan of a scenario; give its endowment where it is known.

    Raises
    ------
    NotAffordable
        If the plan costs more than the scenario's budget.
    """
    return plan_money(
        spec.policies,
        endowment_of(spec) if endowment is None else endowment,
        costs=spec.costs,
        budget=spec.budget,
        scale=spec.world.scale,
    )


def schedule_of(spec: Scenario) -> PolicySchedule:
    """Return the schedule of a scenario, which needs no seed; errors as :func:`plan_of`."""
    return PolicySchedule(plan_of(spec), effects=spec.effects)
