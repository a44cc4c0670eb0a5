"""The most likely values, and how far each can move before the data speak against it.

All is sought in places from 0 to 1 of the ranges, with exact gradients.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import chi2, qmc

from simulation.errors import HyperclusterError
from simulation.fit.counts_likelihood import AnyLikelihood
from simulation.fit.ranges import Range, values_at
from simulation.world import Array

CONFIDENCE = 0.95

DROP = float(chi2.ppf(CONFIDENCE, 1)) / 2
"""How much the logarithm of the likelihood may fall (Wilks 1938)."""

EDGE = 1e-4
"""A place that close to 0 or 1 lies at an end of its range."""

_INSIDE = 0.01
"""How far from the ends of the ranges a climb begins."""

_POINTS = 13
"""Points of a profile."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """The most likely point of d ranges."""

    places: Array  # float64 (d,)
    log: float  # logarithm of the likelihood
    agreeing: int  # starts that led to it, within .01 of the logarithm
    starts: int


@dataclass(frozen=True, slots=True)
class Profile:
    """The highest logarithm of the likelihood by the place of one range, and its interval."""

    places: Array  # float64 (n,), increasing
    logs: Array  # float64 (n,)
    low: float  # place; 0 where the range ends first
    high: float


class Search:
    """Searches over a likelihood in the places of its ranges."""

    def __init__(self, likelihood: AnyLikelihood, ranges: Sequence[Range]) -> None:
        assert likelihood.keys == tuple(each.key for each in ranges)
        self._likelihood, self._ranges = likelihood, tuple(ranges)

    def maximum(self, starts: int, *, seed: int) -> Maximum:
        """Return the maximum from several starts, spread evenly over the ranges.

        Raises
        ------
        HyperclusterError
            If what was observed is impossible from every start.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes that are no power of two
            begins = qmc.Sobol(len(self._ranges), seed=np.random.default_rng(seed)).random(starts)
        found = [self.climb(begin, {}) for begin in begins]
        places, log = max(found, key=lambda each: each[1])
        if not np.isfinite(log):
            raise HyperclusterError(
                "what was observed is impossible at all values tried: is a rate fixed at 0?"
            )
        agreeing = sum(other > log - 0.01 for _, other in found)
        return Maximum(places, log, agreeing, starts)

    def climb(self, begin: Array, held: dict[int, float]) -> tuple[Array, float]:
        """Return the highest point from a start, with some places held, and its logarithm."""
        free = [n for n in range(len(self._ranges)) if n not in held]
        at = begin.copy()
        for n, place in held.items():
            at[n] = place

        def fall(places: Array) -> tuple[float, Array]:
            at[free] = places
            values, slopes = values_at(self._ranges, at)
            log, gradient = self._likelihood.with_gradient(values)
            if not np.isfinite(log):
                return 1e12, np.zeros(len(free))
            return -log, -(gradient * slopes)[free]

        if not free:
            log = -fall(np.empty(0))[0]
            return at, log if log > -1e12 else -np.inf
        found = minimize(
            fall,
            at[free],
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(free),
            options={"ftol": 1e-11},
        )
        at[free] = found.x
        return at, float(-found.fun) if found.fun < 1e12 else -np.inf

    def profile(self, n: int, maximum: Maximum) -> Profile:
        """Return the profile of one range about the maximum."""
        # The derivative by a coefficient of variation is 0 at 0, where a climb would stay.
        inside = np.clip(maximum.places, _INSIDE, 1.0 - _INSIDE)
        warm = inside

        def highest(place: float) -> tuple[Array, float]:
            # A climb from where the last one ended, which may be far away, can stop below the top.
            found = [self.climb(begin, {n: place}) for begin in (inside, warm)]
            return max(found, key=lambda each: each[1])

        def below(place: float) -> float:
            nonlocal warm
            warm, log = highest(place)
            return maximum.log - log - DROP

        ends = []
        for end in (0.0, 1.0):
            warm, top = inside, float(maximum.places[n])
            if abs(top - end) < EDGE or below(end) <= 0:
                ends.append(end)
                continue
            warm = inside
            ends.append(brentq(below, top, end, xtol=1e-4, rtol=1e-4))
        low, high = ends
        around = 0.4 * (high - low)
        places = np.linspace(max(low - around, 0.0), min(high + around, 1.0), _POINTS)
        places = np.unique([*places, maximum.places[n]])
        logs = np.empty(places.size)
        middle = int(np.searchsorted(places, maximum.places[n]))
        for order in (range(middle, places.size), range(middle - 1, -1, -1)):
            warm = inside
            for at in order:
                warm, logs[at] = highest(float(places[at]))
        return Profile(places, logs, low, high)
