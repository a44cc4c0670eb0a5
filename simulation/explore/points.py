"""One run of an ensemble: the scenario at a point, what its baseline shows, and the row that it leaves.

A row says in column ``ending`` whether the run was made: a plan that is not affordable there is an outcome, and in a
sample a baseline that misses the patterns is not worth its metrics. Columns ``shown_NAME`` hold the share of a
baseline's values that lie in the range of a pattern, nan where it was not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from simulation.analysis.pattern_quantities import OF_A_WORLD
from simulation.analysis.patterns import Pattern, shown
from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.explore.ensemble import Ensemble
from simulation.explore.matching import FACTOR, TARGET, matched
from simulation.explore.parameters import changed
from simulation.metrics import METRICS, compute, values_and_reasons
from simulation.policies.plan import NotAffordable
from simulation.results.tables import ENDING, RAN, Tables, tables_of, tables_without_a_run
from simulation.scenario.schema import Scenario

NOT_AFFORDABLE = "not affordable"
NOT_SHOWN = "patterns not shown"
NOT_REACHED = "target not reached"

SHOWN = "shown_"
"""Begins the name of a column with the share of a baseline's values in the range of a pattern."""

CUT = "cut_off"
"""Column with the number of keys whose values were cut off by their limits."""


@dataclass(frozen=True, slots=True)
class PointRun:
    """Makes the row of a replication of an ensemble."""

    ensemble: Ensemble
    factors: Mapping[int, float] = field(default_factory=dict)  # on the rates, by point, once they are known

    def case(self, spec: Scenario, replication: int) -> tuple[Scenario, int]:
        """Return the scenario and the seed of a replication.

        Raises
        ------
        ScenarioError, NotAffordable
            If there is no such scenario.
        """
        point, number = divmod(replication, self.ensemble.design.replications)
        settings = self.ensemble.settings(spec.name, point)
        if point in self.factors:
            settings.append((FACTOR, self.factors[point]))
        return changed(spec, settings)[0], self.ensemble.design.seed_of(point, number)

    def __call__(
        self, spec: Scenario, replication: int, *, seed: int, deadline: float | None, keep: str
    ) -> Tables:
        """Return its row; ``seed`` is that of the study, which the design already has."""
        point, number = divmod(replication, self.ensemble.design.replications)
        own_seed = self.ensemble.design.seed_of(point, number)
        more: dict[str, float | str] = {ENDING: RAN, CUT: 0.0}
        more |= dict.fromkeys((SHOWN + name for name in self.ensemble.checks), math.nan)

        def not_run(ending: str, why: str) -> Tables:
            more[ENDING] = ending
            return tables_without_a_run(
                spec.name, own_seed, list(METRICS), why=why, replication=replication, more=more
            )

        settings = self.ensemble.settings(spec.name, point)
        if self.ensemble.matches:
            factor = self._factor(spec, point, own_seed, deadline=deadline)
            more[FACTOR.name] = factor
            if math.isnan(factor):
                return not_run(NOT_REACHED, "no factor on the rates of the baseline reaches the target")
            settings.append((FACTOR, factor))
        try:
            scenario, cut = changed(spec, settings)
        except NotAffordable as error:
            return not_run(NOT_AFFORDABLE, str(error))
        more[CUT] = float(len(cut))
        if spec.name == self.ensemble.baseline.name:
            anyway = not self.ensemble.filters or point < self.ensemble.unfiltered
            more |= self._shown(scenario, own_seed, deadline=deadline, whole=anyway)
            more[ENDING] = RAN if self._holds(more, self.ensemble.patterns) else NOT_SHOWN
            if more[ENDING] == NOT_SHOWN and not anyway:
                return not_run(NOT_SHOWN, "the baseline does not show the patterns")
        record = simulate(scenario, own_seed, deadline=deadline)
        metrics, why = values_and_reasons(record)
        if spec.name == self.ensemble.baseline.name:
            inside = {
                each.metric: each.low <= metrics[each.metric] <= each.high for each in self.ensemble.ranges
            }
            more |= {SHOWN + name: float(holds) for name, holds in inside.items()}
            if not all(inside.values()):
                more[ENDING] = NOT_SHOWN
        return tables_of(record, metrics, reasons=why, replication=replication, keep=keep, more=more)

    def _factor(self, spec: Scenario, point: int, seed: int, *, deadline: float | None) -> float:
        """Return the factor on the rates at a point: known from the baseline, or solved for with it."""
        if point in self.factors or spec.name != self.ensemble.baseline.name:
            return self.factors.get(point, math.nan)
        settings = self.ensemble.settings(spec.name, point)
        drawn = [value for parameter, value in settings if parameter.name == TARGET]
        target = drawn[0] if self.ensemble.target is None else self.ensemble.target
        scenario, _ = changed(spec, settings)
        return matched(scenario, seed, target, years=self.ensemble.years, deadline=deadline).factor

    def shows_patterns(self, baseline: Scenario, seed: int) -> bool:
        """Whether a baseline shows all that it must show, in a run with this seed."""
        ensemble = self.ensemble
        if not self._holds(self._shown(baseline, seed, deadline=None, whole=False), ensemble.patterns):
            return False
        if not ensemble.ranges:
            return True
        metrics = compute(simulate(baseline, seed))
        return all(each.low <= metrics[each.metric] <= each.high for each in ensemble.ranges)

    def _shown(
        self, scenario: Scenario, seed: int, *, deadline: float | None, whole: bool
    ) -> dict[str, float]:
        """Return the share of values in the range of each pattern.

        Parameters
        ----------
        whole : look at all of them; otherwise stop before the run if the world already misses one.
        """
        patterns = self.ensemble.patterns
        if not patterns:
            return {}
        time = scenario.time.model_copy(update={"years": self.ensemble.years})
        longer = scenario.model_copy(update={"time": time})
        of_world = [pattern for pattern in patterns if pattern.function in OF_A_WORLD]
        found = {each.pattern.name: each.inside for each in shown(of_world, world=build_world(longer, seed))}
        named = {SHOWN + name: inside for name, inside in found.items()}
        if not whole and not self._holds(named, of_world):
            return named
        of_record = [pattern for pattern in patterns if pattern.function not in OF_A_WORLD]
        if of_record:
            record = simulate(longer, seed, deadline=deadline)
            named |= {SHOWN + each.pattern.name: each.inside for each in shown(of_record, record=record)}
        return named

    @staticmethod
    def _holds(inside: dict[str, float] | dict[str, float | str], patterns: Iterable[Pattern]) -> bool:
        """Whether every pattern has enough of its values in its range."""
        return all(
            np.greater_equal(float(inside.get(SHOWN + pattern.name, math.nan)), pattern.share)
            for pattern in patterns
        )
