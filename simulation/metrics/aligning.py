"""Taking the counts of every technology from its release on, in one compiled pass."""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled
from simulation.world import Array


@compiled
def since_release(counts: Array, release_month: Array, window: int) -> Array:
    """Return the counts tau months after the release of each technology.

    Parameters
    ----------
    counts : int32, shape (T + 1, R, S, K)
    release_month : int64, shape (K,), at most T - ``window``
    window : months to take

    Returns
    -------
    float64, shape (K, window + 1, R, S)
    """
    _, regions, industries, technologies = counts.shape
    taken = np.empty((technologies, window + 1, regions, industries), dtype=np.float64)
    for k in range(technologies):
        for tau in range(window + 1):
            month = release_month[k] + tau
            for r in range(regions):
                for s in range(industries):
                    taken[k, tau, r, s] = counts[month, r, s, k]
    return taken
