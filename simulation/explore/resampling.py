"""Bootstrap over points, and Wilson's interval of a share.

References
----------
Efron (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics 7: 1-26.
Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the American Statistical
Association 22: 209-212.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from simulation.world import Array

NORMAL = 1.959963984540054
"""Quantile of the standard normal distribution for a 95 % interval."""

_CELLS = 1 << 13
"""Numbers held at once: few, so that their products with others start no threads, which wait on a busy machine."""


def resampled(n: int, rng: np.random.Generator, *, resamples: int) -> Iterator[Array]:
    """Yield how often each of n points is drawn in a bootstrap: float64, shape (some, n), ``resamples`` rows in all."""
    rows = max(1, _CELLS // max(n, 1))
    for first in range(0, resamples, rows):
        some = min(rows, resamples - first)
        drawn = rng.integers(n, size=(some, n)) + n * np.arange(some)[:, None]
        yield np.bincount(drawn.ravel(), minlength=some * n).reshape(some, n).astype(float)


def product(a: Array, b: Array) -> Array:
    """Return the matrix product of float64 (m, n) and (n, k), in parts so small that no threads start for them."""
    found = np.zeros((len(a), b.shape[1]))
    for n in range(0, len(b), _CELLS):
        few = b[n : n + _CELLS]
        rows = max(1, _CELLS // len(few))
        for m in range(0, len(a), rows):
            found[m : m + rows] += a[m : m + rows, n : n + _CELLS] @ few
    return found


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return the ends of Wilson's 95 % interval of a share of n independent points; n need not be whole."""
    if not n > 0 or math.isnan(share):
        return math.nan, math.nan
    z = NORMAL**2 / n
    centre = (share + z / 2) / (1 + z)
    half = math.sqrt(z * share * (1 - share) + z**2 / 4) / (1 + z)
    return max(0.0, centre - half), min(1.0, centre + half)
