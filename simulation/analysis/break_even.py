"""The break-even cost ratio: how many times dearer a platform's unit costs may become before the verdict changes.

Equal money is a convention, because unit costs are assumptions (section 4). At ratio x every unit cost of a platform is
multiplied by x. Operation, residency and interoperability cost x times as much and still buy the same; that money is
taken from onboarding, which is dearer too, so that the present value of the plan does not change. The largest ratio
is the one at which no money is left for onboarding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.analysis.paired import Difference, paired_difference
from simulation.arguments import MOST_REPLICATIONS, real_number, seed_of, whole_number
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError, listed
from simulation.files.held_folder import check_encoding
from simulation.metrics import METRICS, compute
from simulation.policies.money import planned_present_value
from simulation.results.own_files import place, refuse_foreign
from simulation.scenario.schema import Scenario
from simulation.world import Array

FILES = ("break_even.csv", "break_even.md")
ONBOARDING = "platform_onboarding"
KEPT = ("platform_operation", "remote_residency", "interoperability")
"""Instruments that must still buy the same at any cost."""

STEPS = 32
"""Steps of the grid of ratios, from 1 to the largest, each by the same factor."""
MOST = 100.0
"""The largest ratio tried if the plan pays for onboarding alone, whose money then never runs out."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Ratios at which the verdict changes; nan if it does so below ratio 1, inf if it never does."""

    scenario: str
    rival: str
    metric: str
    replications: int
    seed: int  # of the first replication
    ratio: float  # at which the mean paired difference changes its sign
    low: float  # from here on the 95 % interval of the difference contains zero
    high: float  # from here on it lies wholly on the rival's side
    largest: float  # at which the money for onboarding runs out
    tried: (
        pd.DataFrame
    )  # ratio, onboarding (budget over that at ratio 1), fields of Difference; positive: ahead


def break_even(
    scenario: Scenario,
    rival: Scenario,
    *,
    metric: str = "t50_years",
    replications: int = 10,
    seed: int = 1,
    progress: Callable[[float, Difference], None] | None = None,
) -> BreakEven:
    """Find the ratio by bisection on a grid, with the same random draws at every ratio and for the rival.

    A scenario that is behind at one ratio is assumed to be behind at all larger ones. Pairs without a value do not
    count; if fewer than two pairs have one, the scenario that has a value more often is ahead.

    Parameters
    ----------
    scenario : a scenario that pays for a platform and for onboarding.
    rival : the scenario to compare with, at its own costs.
    metric : any with a better direction.
    replications : at least 2; one takes about 0.2 s at full size, and about ten ratios are tried.
    seed : of the first replication.
    progress : called with each ratio and the difference there, positive where the scenario is ahead.

    Raises
    ------
    HyperclusterError
        If no money is planned for onboarding, the metric has no better direction or no value in either scenario, or
        there are fewer than two replications, or no such seed.
    """
    if metric not in METRICS or METRICS[metric].better is None:
        better = (name for name, one in METRICS.items() if one.better)
        raise HyperclusterError(
            f'not defined as better or worse in "{metric}"; take one of {listed(better, at_most=99)}'
        )
    replications = whole_number("replications", replications, least=2, most=MOST_REPLICATIONS)
    seed = seed_of(seed, replications=replications)
    largest = largest_ratio(scenario)
    sign = 1.0 if METRICS[metric].better == "higher" else -1.0
    seeds = range(seed, seed + replications)
    there = sign * _values(rival, metric, seeds)
    grid = np.geomspace(1.0, largest, STEPS + 1)
    found: dict[int, Difference] = {}

    def at(place: int) -> Difference:
        if place not in found:
            here = sign * _values(at_ratio(scenario, float(grid[place])), metric, seeds)
            found[place] = paired_difference(here, there, better="higher")
            if progress is not None:
                progress(float(grid[place]), found[place])
        return found[place]

    # The mean comes first: what it tries is near the ends of the interval too.
    ratio = _crossing(grid, lambda place: _advantage(at(place), "difference"))
    low = _crossing(grid, lambda place: _advantage(at(place), "low"))
    high = _crossing(grid, lambda place: _advantage(at(place), "high"))
    tried = [
        {"ratio": x, "onboarding": onboarding_left(scenario, x), **asdict(found[place])}
        for place, x in enumerate(grid.tolist())
        if place in found
    ]
    return BreakEven(
        scenario=scenario.name,
        rival=rival.name,
        metric=metric,
        replications=replications,
        seed=seed,
        ratio=ratio,
        low=low,
        high=high,
        largest=largest,
        tried=pd.DataFrame(tried),
    )


def largest_ratio(scenario: Scenario) -> float:
    """Return the ratio at which the other instruments have taken all money from onboarding.

    Raises
    ------
    HyperclusterError
        If there is no onboarding to take money from.
    """
    onboarding, kept = _planned(scenario, (ONBOARDING,)), _planned(scenario, KEPT)
    if onboarding == 0:
        raise HyperclusterError(
            f"{scenario.name}: plans no money for {ONBOARDING}, "
            "from which a more expensive platform would have to be paid"
        )
    return min(1 + onboarding / kept, MOST) if kept > 0 else MOST


def onboarding_left(scenario: Scenario, ratio: float) -> float:
    """Return the share of its money that onboarding keeps at a ratio above 0."""
    ratio = real_number("ratio", ratio, above=0)
    onboarding, kept = _planned(scenario, (ONBOARDING,)), _planned(scenario, KEPT)
    return max(0.0, 1 - (ratio - 1) * kept / onboarding)


def at_ratio(scenario: Scenario, ratio: float) -> Scenario:
    """Return the scenario with a platform ``ratio`` times as expensive and a plan of the same present value."""
    ratio = real_number("ratio", ratio, above=0)
    left = onboarding_left(scenario, ratio)
    factors = {ONBOARDING: left, **dict.fromkeys(KEPT, ratio)}
    costs = {name: ratio * scenario.costs.of(name) for name in (ONBOARDING, *KEPT)}
    policies = [
        policy.model_copy(update={"budget": policy.budget * factors.get(policy.instrument, 1.0)})
        for policy in scenario.policies
    ]
    return scenario.model_copy(
        update={"costs": scenario.costs.model_copy(update=costs), "policies": tuple(policies)}
    )


def in_words(found: BreakEven, titles: tuple[str, str]) -> str:
    """Return a sentence on the break-even ratio.

    ``titles`` are those of the scenario and of its rival.
    """
    here, there = titles
    metric = {"t50_years": "t50", "phi": "Phi"}.get(found.metric, found.metric)
    what = f"{here} is ahead of {there} in {metric}"
    limit = f"the largest affordable ratio, {found.largest:.1f}, where nothing is left for onboarding"
    basis = f"{found.replications} replications from seed {found.seed}"
    if math.isnan(found.ratio):
        sure = (
            ""
            if math.isnan(found.high)
            else ", though the 95 % interval of the difference contains zero there"
        )
        return f"{here} is behind {there} in {metric} at its present unit costs{sure} ({basis})."
    if math.isinf(found.ratio):
        doubt = ""
        if not math.isinf(found.low):
            doubt = f"; from {_ratio(found.low)} on the 95 % interval of the difference contains zero"
        return f"{what} up to {limit}: the verdict does not change{doubt} ({basis})."
    high = f"and up to {limit}" if math.isinf(found.high) else f"to {_ratio(found.high)}"
    return (
        f"{what} until its platform's unit costs are {found.ratio:.2f} times as high "
        f"(the 95 % interval of the difference contains zero from {_ratio(found.low)} {high}; {basis})."
    )


def write_break_even(found: BreakEven, words: str, folder: Path) -> list[Path]:
    """Write the ratios tried as CSV and the sentence about them as Markdown; return the paths.

    Raises
    ------
    ResultsError
        As :func:`check_place`; nothing is written then.
    """
    check_place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = (found.tried.to_csv(index=False, lineterminator="\n"), f"{words}\n")
    return place(folder, {name: text.encode() for name, text in zip(FILES, contents, strict=True)})


def check_place(folder: Path) -> None:
    """Check, before anything is computed, that the files may be written to a folder.

    Raises
    ------
    ResultsError
        If the name of the folder is not UTF-8, or a file stands there that this program did not write.
    """
    check_encoding(folder)
    refuse_foreign(folder, FILES)


def _ratio(value: float) -> str:
    return "1, the present costs," if math.isnan(value) else f"{value:.2f}"


def _planned(scenario: Scenario, instruments: Iterable[str]) -> float:
    """Return the present value of the money planned for these instruments, in units."""
    return planned_present_value(
        [policy for policy in scenario.policies if policy.instrument in instruments],
        months=scenario.time.months,
        steps_per_year=scenario.time.steps_per_year,
        discount=scenario.budget.discount,
    )


def _values(scenario: Scenario, metric: str, seeds: range) -> Array:
    return np.array([compute(simulate(scenario, seed))[metric] for seed in seeds])


def _advantage(found: Difference, end: str) -> float:
    """Return the mean difference or an end of its interval; infinite if only one scenario has a value."""
    if found.n >= 2:
        return float(getattr(found, end))
    if found.only_scenario == found.only_reference:
        raise HyperclusterError("the metric has no value in either scenario, so neither is ahead")
    return math.inf if found.only_scenario > found.only_reference else -math.inf


def _crossing(grid: Array, advantage: Callable[[int], float]) -> float:
    """Return the zero of a decreasing function on the grid, by linear interpolation between two grid points."""
    first, last = 0, grid.size - 1
    if not advantage(first) > 0:
        return math.nan
    if advantage(last) > 0:
        return math.inf
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if advantage(middle) > 0 else (first, middle)
    above, below = advantage(first), advantage(last)
    # If one side has no number, the zero is placed half-way.
    part = above / (above - below) if math.isfinite(above - below) else 0.5
    return float(grid[first] + part * (grid[last] - grid[first]))
