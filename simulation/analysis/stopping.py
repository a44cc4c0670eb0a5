"""The stopping rule: add replications until every paired difference in Phi is precise enough, or up to a maximum.

Replications are added in rounds of a fixed size, in the order of their numbers, and the rule is applied only between
rounds, to the replications so far. Neither workers nor interruptions can change its outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.analysis.comparison import pairs_of
from simulation.analysis.paired import paired_difference
from simulation.results.blocks import Replication

ROUND = 10
"""Replications of every scenario in a round."""


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop: the largest half-width of a 95 % interval, and the largest number of replications."""

    halfwidth: float
    ceiling: int

    def rounds(self, first: int) -> Iterator[int]:
        """Yield the numbers of replications after which the rule is applied; ``first`` is the smallest."""
        yield from range(min(first, self.ceiling), self.ceiling, ROUND)
        yield self.ceiling


@dataclass(frozen=True, slots=True)
class Widest:
    """The pair of scenarios whose difference in Phi has the widest interval."""

    scenario: str
    reference: str
    halfwidth: float  # of the 95 % interval; inf with fewer than two pairs


def widest_interval(
    phi: Mapping[Replication, float], scenarios: Sequence[str], *, replications: int
) -> Widest:
    """Return the widest interval among all pairs, from the replications before number ``replications``.

    Parameters
    ----------
    phi : by scenario and replication; a pair counts if both members are present and not nan.
    scenarios : at least two, in the order of the study.
    """
    found = []
    for scenario, reference in pairs_of(scenarios, None):
        members = (
            np.array([phi.get((name, number), math.nan) for number in range(replications)])
            for name in (scenario, reference)
        )
        difference = paired_difference(*members, better=None)
        half = (difference.high - difference.low) / 2
        found.append(Widest(scenario, reference, math.inf if math.isnan(half) else half))
    return max(found, key=lambda widest: widest.halfwidth)
