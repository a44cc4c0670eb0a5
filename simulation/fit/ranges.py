"""The ranges of what is fitted: values at places from 0 to 1, and places as numbers without bounds.

Before the data are seen, all places of a range are equally likely, evenly on its scale, as in an ensemble of worlds. A
sampler moves z = ln(place / (1 - place)), which has no bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulation.scenario.schema import Scenario
from simulation.world import Array


@dataclass(frozen=True, slots=True)
class Range:
    """The range of one key."""

    name: str
    key: str
    low: float
    high: float
    scale: Literal["linear", "log", "logit"]

    def values(self, places: Array) -> tuple[Array, Array]:
        """Return the values at places from 0 to 1, and their derivatives."""
        first, last = self._to_scale(np.array([self.low, self.high]))
        on_scale = first + places * (last - first)
        if self.scale == "linear":
            return np.clip(on_scale, self.low, self.high), np.full(places.shape, last - first)
        if self.scale == "log":
            found = np.clip(np.exp(on_scale), self.low, self.high)
            return found, found * (last - first)
        found = np.clip(1.0 / (1.0 + np.exp(-on_scale)), self.low, self.high)
        return found, found * (1.0 - found) * (last - first)

    def places(self, values: Array) -> Array:
        """Return the places of values."""
        first, last = self._to_scale(np.array([self.low, self.high]))
        return (self._to_scale(values) - first) / (last - first)

    def _to_scale(self, values: Array) -> Array:
        if self.scale == "linear":
            return values
        return np.log(values) if self.scale == "log" else np.log(values / (1.0 - values))


def values_at(ranges: Sequence[Range], places: Array) -> tuple[Array, Array]:
    """Return the values at places, float64 (..., ranges), and their derivatives."""
    both = [each.values(places[..., n]) for n, each in enumerate(ranges)]
    return np.stack([value for value, _ in both], axis=-1), np.stack([slope for _, slope in both], axis=-1)


def spec_with(spec: Scenario, ranges: Sequence[Range], values: Array) -> Scenario:
    """Return a scenario with these values, float64 (ranges,)."""
    data = spec.model_dump()
    for each, value in zip(ranges, values.tolist(), strict=True):
        table, key = each.key.split(".")
        data[table][key] = value
    return Scenario.model_validate(data)
