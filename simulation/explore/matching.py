"""Matched worlds: one factor on all rates of contact, so that the baseline takes as long as a target says.

Where patterns keep some of the drawn worlds, the inputs of those are no longer independent, and Sobol' indices have no
meaning. In matched worlds the time to half of the adopters is an input itself, drawn like the others. Adopters increase
with every rate, so that the factor is found between two that bracket the target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulation.analysis.pattern_quantities import Observed, t50_of_all
from simulation.engine.simulate import simulate
from simulation.explore.parameters import Parameter, changed
from simulation.scenario.schema import Scenario

RATES = tuple(
    f"diffusion.{name}" for name in ("spontaneous", "spatial", "network", "institutional", "learning")
)
"""Keys of the rates that the factor multiplies: those that act without a platform."""

FACTOR = Parameter("matched_factor", RATES, "log", low=1 / 64, high=64.0, multiply=True)
"""The factor, as a parameter of all scenarios."""

TARGET = "t50_years_of_baseline"
"""Name of the parameter that is the target."""

PRECISION = 0.05
"""Largest difference between a matched t50 and its target, years: less than a month."""

MOST_RUNS = 24
"""Runs of the baseline after which a target counts as out of reach."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The factor at a point; nan if no factor in its range reaches the target."""

    factor: float
    runs: int


def matched(baseline: Scenario, seed: int, target: float, *, years: float, deadline: float | None) -> Matched:
    """Return the factor with which the t50 of a baseline, all technologies pooled, is the target.

    Parameters
    ----------
    baseline : at its point, before the factor.
    target : years.
    years : horizon of the runs, years.
    deadline : seconds that one of the runs may take.
    """
    longer = baseline.model_copy(update={"time": baseline.time.model_copy(update={"years": years})})
    low, high = FACTOR.low, FACTOR.high  # of too slow and too fast adoption
    factor = 1.0
    for runs in range(1, MOST_RUNS + 1):
        spec, _ = changed(longer, [(FACTOR, factor)])
        found = float(t50_of_all(Observed(simulate(spec, seed, deadline=deadline)))[0])
        if abs(found - target) <= PRECISION:
            return Matched(factor, runs)
        if math.isnan(found) or found > target:
            low = factor
        else:
            high = factor
        # Times are about inverse to rates; where that leads out of the bracket, its middle is tried.
        guess = factor * found / target
        factor = guess if low < guess < high else math.sqrt(low * high)
        if high / low < 1 + 1e-4:
            break
    return Matched(math.nan, runs)
