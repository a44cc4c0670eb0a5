"""Checks of values that the schema allows, but that would over- or underflow a double in this world."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from simulation.data.geography import distances_km, least_half_distance_km
from simulation.data.reader import Dataset
from simulation.mechanisms.prices import FARTHEST
from simulation.scenario.messages import Issue

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

MOST_DIGITS = 100
"""Largest power of ten by which all commodities, or all chains, may together raise a hazard."""


def beyond_a_double(scenario: Scenario, dataset: Dataset) -> Iterator[Issue]:
    """Yield the keys that are too small or too large for this world, with the values accepted."""
    yield from _half_distance(scenario, dataset)
    yield from _market(scenario, dataset)


def _half_distance(scenario: Scenario, dataset: Dataset) -> Iterator[Issue]:
    world, diffusion, rows = scenario.world, scenario.diffusion, dataset.regions
    latitude, longitude, area = np.array([(row.latitude, row.longitude, row.area_km2) for row in rows]).T
    countries = np.array([row.country for row in rows])
    inhabited = dataset.scaled_counts(world.scale).sum(axis=1) > 0
    least = least_half_distance_km(
        distances_km(latitude, longitude, area, within=world.intra_regional_distance),
        (countries[:, None] == countries) & inhabited[:, None] & inhabited,
        density_exponent=diffusion.density_exponent,
        partners_elsewhere=dataset.ties is None
        and dataset.partners is None
        and diffusion.network > 0
        and world.network_degree > 0
        and world.local_ties < 1,
    )
    if diffusion.half_distance_km < least:
        message = (
            "contact would vanish within a region or to its nearest neighbour; the smallest value accepted for this "
            f"world is {math.ceil(least * 100) / 100:g} km"
        )
        yield ("diffusion", "half_distance_km"), message


def _market(scenario: Scenario, dataset: Dataset) -> Iterator[Issue]:
    """Yield market factors whose product overflows although each is within its bounds."""
    for industry in dataset.industries:
        prices = sum(
            row.elasticity * _largest(row.export_dependence) * math.log10(FARTHEST)
            for row in scenario.commodities
            if industry in row.industries
        )
        if prices > MOST_DIGITS:
            most = MOST_DIGITS / math.log10(FARTHEST)
            message = (
                f'elasticity times export_dependence, summed over the commodities that "{industry}" sells, is '
                f"{prices / math.log10(FARTHEST):.3g}; must be {most:.3g} or less"
            )
            yield ("commodities",), message
            break
    chains = sum(math.log10(2 + row.strength) for row in scenario.chains)
    if chains > MOST_DIGITS:
        message = (
            f"all chains together may raise a hazard 1e{chains:.0f} times, which must be 1e{MOST_DIGITS} or less; "
            "lower their strength, or give fewer"
        )
        yield ("chains",), message


def _largest(given: float | dict[str, float]) -> float:
    return max(given.values(), default=0.0) if isinstance(given, dict) else given
