"""Schedules of made-up policies, with as much money as they plan."""

from simulation.policies import Budget, Costs, Effects, PolicySchedule, plan_money

PLENTY = 1e8
"""Money a year that no test spends."""


def schedule_of(world, *policies, per_year=PLENTY, discount=0.05, costs=None, effects=None):
    """Return the schedule of policies in a world, with default costs and effects unless others are given."""
    plan = plan_money(
        policies,
        world.endowment,
        costs=costs or Costs(),
        budget=Budget(per_year=per_year, discount=discount),
        scale=1.0,
    )
    return PolicySchedule(plan, effects=effects or Effects())
