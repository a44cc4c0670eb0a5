"""Entry and exit: enterprises that are founded and that close, at given rates."""

from __future__ import annotations

import numpy as np

from simulation.settings import Rate, Settings, Share
from simulation.streams import exponentials, key, numbered_all
from simulation.world import Array


class Turnover(Settings):
    """The rates at which enterprises enter and leave, independent of adoption."""

    entry: Share = 0.0
    """epsilon: entering enterprises, relative to the initial ones of the same region and industry, 1/year."""
    exit: Rate = 0.0
    """delta: rate at which each enterprise leaves, 1/year."""


def entry_years(cell: np.uint64, expected: float, *, seed: int, last: int) -> Array:
    """Return the years at whose start enterprises enter one industry of one region: a Poisson process; equation (27).

    Arrivals are keyed by their number, so that a higher rate brings the same ones sooner, and more after them.

    Parameters
    ----------
    cell : key of region and industry.
    expected : arrivals in a year, epsilon times the enterprises of the start.
    seed : the seed of the replication.
    last : the last year that begins before the horizon, from 0.

    Returns
    -------
    int64, shape (entrants,)
        Increasing, from 1 to ``last``: an enterprise that arrives during a year is present from the next one on.
    """
    if expected == 0:
        return np.empty(0, dtype=np.int64)
    arrivals = np.zeros(1)
    while arrivals[-1] <= last:
        gaps = np.empty(2 * arrivals.size + int(2 * expected * last))
        numbers = np.arange(gaps.size)
        exponentials(key(seed, "turnover", "entry"), numbered_all(np.full(gaps.size, cell), numbers), gaps)
        with np.errstate(over="ignore"):  # almost no arrivals: none before the horizon
            arrivals = np.cumsum(gaps) / expected
    return np.ceil(arrivals[arrivals <= last]).astype(np.int64)


def exit_years(identities: Array, entered: Array, *, seed: int, rate: float) -> Array:
    """Return the years at whose start enterprises leave; equation (27).

    Parameters
    ----------
    identities : uint64, shape (N,)
    entered : int64, shape (N,)
        Years at whose start they entered, 0 for those of the start.
    seed : the seed of the replication.
    rate : delta, 1/year.

    Returns
    -------
    float64, shape (N,)
        Whole numbers greater than ``entered``; infinite at rate 0. A higher rate never makes an enterprise leave later.
    """
    lifetime = np.empty(identities.size)
    exponentials(key(seed, "turnover", "exit"), identities, lifetime)
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(entered + np.ceil(lifetime / rate))
