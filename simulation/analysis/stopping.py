"""How many replications are enough: until every paired difference in Phi is known well enough, or a ceiling is reached.

Replications are added in rounds of a fixed size, in the order of their numbers, and the question is asked only between
rounds, about the replications up to there: neither workers nor interruptions can change the answer.
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
"""Replications of every scenario that are added at a time."""


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop: the half-width of every 95 % interval, and the replications that there may be at most."""

    halfwidth: float
    ceiling: int

    def rounds(self, first: int) -> Iterator[int]:
        """Yield the numbers of replications after which the question is asked; ``first`` is the smallest."""
        yield from range(min(first, self.ceiling), self.ceiling, ROUND)
        yield self.ceiling


@dataclass(frozen=True, slots=True)
class Widest:
    """The pair of scenarios whose difference in Phi is known least well."""

    scenario: str
    reference: str
    halfwidth: float  # of the 95 % interval; inf with fewer than two pairs


def widest_interval(
    phi: Mapping[Replication, float], scenarios: Sequence[str], *, replications: int
) -> Widest:
    """Return the widest interval among all pairs, from the replications before number ``replications``.

    Parameters
    ----------
    phi : by scenario and replication; a pair counts where both members are there and not nan.
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
