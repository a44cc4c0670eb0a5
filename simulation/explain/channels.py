"""Scenarios with some of the channels of contact switched off: the four factors.

The factors are those whose intersections form clusters, platforms and ecosystems: spatial concentration, business
networks, the institutional environment and the digital environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulation.explain.game import Game
from simulation.scenario.schema import Scenario

FACTORS = {
    "spatial": "spatial concentration",
    "network": "business networks",
    "institutional": "institutional environment",
    "digital": "digital environment",
}
"""Factors and the channels that carry them; combination c has factor f switched on where bit f of c is 1."""


def without_factors(spec: Scenario, off: Sequence[str]) -> Scenario:
    """Return the scenario with some of the factors switched off."""
    # Setting only digital contact to zero would leave the effect of platforms through institutions.
    changes: dict[str, Any] = {"diffusion": spec.diffusion.model_copy(update=dict.fromkeys(off, 0.0))}
    if "digital" in off:
        changes["platforms"] = tuple(
            platform.model_copy(update={"vectors": ()}) for platform in spec.platforms
        )
    return spec.model_copy(update=changes)


def with_factors(spec: Scenario, combination: int) -> Scenario:
    """Return the scenario with the factors of a combination alone."""
    return without_factors(
        spec, [factor for place, factor in enumerate(FACTORS) if not combination >> place & 1]
    )


def game_of_channels(here: Scenario, there: Scenario) -> Game:
    """Return the game of the channels through which a scenario differs from another one.

    The worth of some channels is how much better the scenario does than the other one if both have only these.
    """
    return Game(
        name="channels",
        title="Through which channels it does so",
        players=tuple(FACTORS.values()),
        version=lambda combination: with_factors(here, combination),
        reference=lambda combination: with_factors(there, combination),
        orders=0,
        note="Both scenarios have only these channels.",
    )
