"""Elementary effects of a Morris design: a screening of many inputs with few runs; failed runs may be missing.

References
----------
Morris (1991), Factorial sampling plans for preliminary computational experiments, Technometrics 33: 161-174.
Campolongo, Cariboni & Saltelli (2007), An effective screening design for sensitivity analysis of large models,
Environmental Modelling & Software 22: 1509-1518.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.explore.resampling import resampled
from simulation.world import Array


def elementary_effects(
    places: Array, outcomes: Array, *, names: Sequence[str], rng: np.random.Generator, resamples: int = 1000
) -> pd.DataFrame:
    """Return mean, mean size and spread of each input's elementary effects; a step with a missing end is left out.

    Parameters
    ----------
    places : float64, shape (trajectories * (k + 1), k)
        Places in [0, 1] of the inputs, trajectory by trajectory; each step moves one input, each input moves once.
    outcomes : float64, shape (trajectories * (k + 1),)
        nan where a run failed.
    names : k names of inputs.
    rng : a generator with a seed of its own.

    Returns
    -------
    One row per input, in units of the outcome per range of the input: ``input``, ``mu``, ``mu_star`` (mean of the
    absolute effects), ``mu_star_low`` and ``mu_star_high`` (95 %, a bootstrap over trajectories), ``sigma`` (standard
    deviation of the effects), ``n`` (effects). nan where no effect is there.
    """
    effects = _effects(places, outcomes)
    there = np.isfinite(effects)
    sizes = np.abs(np.nan_to_num(effects))
    with np.errstate(invalid="ignore", divide="ignore"):
        n = there.sum(axis=0)
        mu = np.nan_to_num(effects).sum(axis=0) / n
        spread = np.sqrt((np.nan_to_num(effects - mu) ** 2).sum(axis=0) / np.where(n > 1, n - 1, np.nan))
        again = np.concatenate(
            [
                (counts @ sizes) / (counts @ there)
                for counts in resampled(len(effects), rng, resamples=resamples)
            ]
        )
        mu_star = sizes.sum(axis=0) / n
    low, high = np.nanquantile(again[:, n > 0], [0.025, 0.975], axis=0) if n.any() else np.empty((2, 0))
    ends = np.full((2, n.size), np.nan)
    ends[:, n > 0] = low, high
    return pd.DataFrame(
        {
            "input": list(names),
            "mu": mu,
            "mu_star": mu_star,
            "mu_star_low": ends[0],
            "mu_star_high": ends[1],
            "sigma": spread,
            "n": n,
        }
    )


def _effects(places: Array, outcomes: Array) -> Array:
    """Return the effect of each input in each trajectory: float64, shape (trajectories, k), nan where an end is."""
    k = places.shape[1]
    moves = np.diff(places.reshape(-1, k + 1, k), axis=1)
    assert ((moves != 0).sum(axis=2) == 1).all() and ((moves != 0).sum(axis=1) == 1).all(), (
        "each step of a trajectory moves one input, and each input moves once"
    )
    changes = np.diff(outcomes.reshape(-1, k + 1), axis=1)
    moved = np.abs(moves).argmax(axis=2)
    effects = np.empty_like(changes)
    np.put_along_axis(effects, moved, changes / moves.sum(axis=2), axis=1)
    return effects
