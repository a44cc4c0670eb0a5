"""The break-even cost ratio: how many times dearer a platform's unit costs may become before the verdict changes.

Equal money is a convention, because unit costs are assumptions (section 4). At ratio x every unit cost of the
scenario's platforms is multiplied by x, and the plan of its money follows: what has a coverage is still paid for, and
what has a share gets what is left. The largest ratio is the one beyond which the plan is not affordable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.analysis.paired import Difference, paired_difference
from simulation.arguments import MOST_REPLICATIONS, real_number, seed_of, whole_number
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError, listed
from simulation.files.held_folder import check_encoding, make_folder
from simulation.metrics import METRICS, compute
from simulation.policies import NotAffordable
from simulation.results.own_files import place, refuse_foreign
from simulation.scenario.endowment import endowment_of
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario
from simulation.world import Array

TEXTS = ("break_even.csv", "break_even.md")
FILES = (*TEXTS, "break_even.png", "break_even.pdf")
STEPS = 32
"""Steps of the grid of ratios, from 1 to the largest, each by the same factor."""
MOST = 100.0
"""The largest ratio tried if the plan is affordable at any."""


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
    largest: float  # beyond which the plan is not affordable
    tried: pd.DataFrame
    """Columns: ratio, shared (money of entries with a share, over that at ratio 1; nan without any), fields of
    Difference; positive: ahead."""


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
    scenario : a scenario that pays for a platform, by coverage or share.
    rival : the scenario to compare with, at its own costs.
    metric : any with a better direction.
    replications : at least 2; one takes about 0.2 s at full size, and about ten ratios are tried.
    seed : of the first replication.
    progress : called with each ratio and the difference there, positive where the scenario is ahead.

    Raises
    ------
    HyperclusterError
        If the scenario pays for no platform or gives a platform's instrument a budget, the metric has no better
        direction or no value in either scenario, or there are fewer than two replications, or no such seed.
    """
    if metric not in METRICS or METRICS[metric].better is None:
        better = (name for name, one in METRICS.items() if one.better)
        raise HyperclusterError(
            f'not defined as better or worse in "{metric}"; take one of {listed(better, at_most=99)}'
        )
    replications = whole_number("replications", replications, least=2, most=MOST_REPLICATIONS)
    seed = seed_of(seed, replications=replications)
    seeds = range(seed, seed + replications)
    trials = _Trials(scenario, rival, metric=metric, seeds=seeds, progress=progress)
    # The mean comes first: what it tries is near the ends of the interval too.
    ratio, low, high = map(trials.crossing, ("difference", "low", "high"))
    return BreakEven(
        scenario=scenario.name,
        rival=rival.name,
        metric=metric,
        replications=replications,
        seed=seed,
        ratio=ratio,
        low=low,
        high=high,
        largest=trials.largest,
        tried=trials.table(),
    )


class _Trials:
    """The scenario at the ratios of a grid against its rival; a ratio is simulated when it is first asked for."""

    def __init__(
        self,
        scenario: Scenario,
        rival: Scenario,
        *,
        metric: str,
        seeds: range,
        progress: Callable[[float, Difference], None] | None,
    ) -> None:
        self._scenario, self._metric, self._seeds, self._progress = scenario, metric, seeds, progress
        self.largest = largest_ratio(scenario)
        self._grid = np.geomspace(1.0, self.largest, STEPS + 1)
        self._there = self._outcomes(rival)
        self._found: dict[int, Difference] = {}

    def crossing(self, end: str) -> float:
        """Return the ratio at which the mean difference, or an end of its interval, changes its sign."""
        return _crossing(self._grid, lambda place: _advantage(self._at(place), end))

    def table(self) -> pd.DataFrame:
        """Return a row for each ratio that was tried."""
        rows = [
            {"ratio": x, "shared": shared_left(self._scenario, x), **asdict(self._found[place])}
            for place, x in enumerate(self._grid.tolist())
            if place in self._found
        ]
        return pd.DataFrame(rows)

    def _at(self, place: int) -> Difference:
        if place not in self._found:
            ratio = float(self._grid[place])
            here = self._outcomes(at_ratio(self._scenario, ratio))
            self._found[place] = paired_difference(here, self._there, better="higher")
            if self._progress is not None:
                self._progress(ratio, self._found[place])
        return self._found[place]

    def _outcomes(self, scenario: Scenario) -> Array:
        """Return the metric of each replication, float64 (n,), with the sign at which more is better."""
        sign = 1.0 if METRICS[self._metric].better == "higher" else -1.0
        return sign * _values(scenario, self._metric, self._seeds)


def largest_ratio(scenario: Scenario) -> float:
    """Return the ratio beyond which the plan is not affordable, at most ``MOST``.

    Raises
    ------
    HyperclusterError
        If the scenario pays for no platform, or gives one of a platform's instruments a budget, which would buy less
        at a higher cost instead of following it.
    """
    entries = [(n, policy) for n, policy in enumerate(scenario.policies) if policy.platform_names]
    if not entries:
        raise HyperclusterError(f"{scenario.name}: pays for no platform, so that none can become dearer")
    for n, policy in entries:
        if policy.budget:
            raise HyperclusterError(
                f"{scenario.name}: policies[{n}] ({policy.instrument}) has a budget, which buys less where the "
                "platform is dearer; give it a coverage or a share, so that the plan follows the costs"
            )
    endowment = endowment_of(scenario)

    def affordable(ratio: float) -> bool:
        try:
            plan_of(at_ratio(scenario, ratio), endowment)
        except NotAffordable:
            return False
        return True

    if affordable(MOST):
        return MOST
    low, high = 1.0, MOST
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if affordable(middle) else (low, middle)
    return low


def shared_left(scenario: Scenario, ratio: float) -> float:
    """Return the money of entries with a share at a ratio above 0, over that at ratio 1; nan without any."""

    def shared(spec: Scenario) -> float:
        plan = plan_of(spec)
        return plan.present_value(
            [(entry.per_year, *entry.months) for entry in plan.entries if entry.policy.share is not None]
        )

    dearer, before = at_ratio(scenario, ratio), shared(scenario)
    return shared(dearer) / before if before > 0 else math.nan


def at_ratio(scenario: Scenario, ratio: float) -> Scenario:
    """Return the scenario with platforms whose unit costs are ``ratio`` times as high."""
    ratio = real_number("ratio", ratio, above=0)
    dearer = {policy.instrument for policy in scenario.policies if policy.platform_names}
    costs = {name: ratio * scenario.costs.of(name) for name in dearer}
    return scenario.model_copy(update={"costs": scenario.costs.model_copy(update=costs)})


def in_words(found: BreakEven, titles: tuple[str, str]) -> str:
    """Return a sentence on the break-even ratio.

    ``titles`` are those of the scenario and of its rival.
    """
    here, there = titles
    metric = {"t50_years": "t50", "phi": "Phi"}.get(found.metric, found.metric)
    what = f"{here} is ahead of {there} in {metric}"
    limit = (
        f"the largest affordable ratio, {found.largest:.1f}, beyond which the plan costs more than the budget"
    )
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


def write_break_even(
    found: BreakEven, words: str, folder: Path, *, pictures: Mapping[str, bytes] | None = None
) -> list[Path]:
    """Write the ratios tried as CSV, the sentence about them as Markdown, and pictures; return the paths.

    Parameters
    ----------
    pictures : the content of those of ``FILES`` that are pictures, by name.

    Raises
    ------
    ResultsError
        As :func:`check_place`; nothing is written then.
    """
    check_place(folder)
    contents = (found.tried.to_csv(index=False, lineterminator="\n"), f"{words}\n")
    texts = {name: text.encode() for name, text in zip(TEXTS, contents, strict=True)}
    return place(folder, texts | dict(pictures or {}))


def check_place(folder: Path) -> None:
    """Make the folder, and check, before anything is computed, that the files may be written there.

    Raises
    ------
    ResultsError
        If the name of the folder is not UTF-8, it cannot be made, or a file stands there that this program did not
        write.
    """
    check_encoding(folder)
    make_folder(folder)
    refuse_foreign(folder, FILES)


def _ratio(value: float) -> str:
    return "1, the present costs," if math.isnan(value) else f"{value:.2f}"


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
