"""Each region predicted from its initial adopters, by what all other regions show.

The posterior without a region is that of the whole fit divided by the likelihood of the region. So the runs of the
fitted model, each with values drawn from the posterior, stand for it with weights of one over that likelihood, whose
largest are smoothed. Where the shape k of the largest weights is above 0.7, few draws have most of the weight: then the
posterior without the region is drawn anew, and the model run with these values.

References
----------
Vehtari, Gelman & Gabry (2017), Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC,
Statistics and Computing 27: 1413-1432.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.errors import HyperclusterError
from simulation.fit.counts import Counts
from simulation.fit.counts_likelihood import AnyLikelihood, CountsLikelihood
from simulation.fit.counts_predictive import by_region, counted_of
from simulation.fit.likelihood import Likelihood
from simulation.fit.maximum import Search
from simulation.fit.netdiffuser import INSTALL
from simulation.fit.posterior import draws_about
from simulation.fit.predictive import Predictive, runs_with
from simulation.fit.rivals import bass_of_others, logistic_hazard_of_others
from simulation.fit.validation import BASS, LOGISTIC, OURS, scores_by_region
from simulation.world import Array

if TYPE_CHECKING:
    from simulation.fit.running import Fitted

LARGEST_K = 0.7
"""Shape of the distribution of the largest weights up to which they can be relied on."""

_FORECASTS = 1000


def left_out(
    fitted: Fitted, found: Predictive, *, tell: Callable[[str], None] = lambda _: None
) -> pd.DataFrame:
    """Return one row for each model and region: how many it expected to adopt, known from the others, and its scores.

    The column ``k`` is the shape of the largest weights, ``refitted`` whether the region's values were drawn anew.

    Parameters
    ----------
    tell : called with a line for each region that is.

    Raises
    ------
    HyperclusterError
        If there is one region only, or ArviZ is not installed.
    """
    observed, seed = fitted.seen, fitted.study.seed
    ids = observed.world.regions.ids
    if len(ids) < 2:
        raise HyperclusterError("a region can be left out only if there is another one")
    weights, k = weights_without(fitted, len(found.adopters))
    draw = np.random.default_rng([seed, 9])
    adopted = found.adopters[:, -1] - found.adopters[:, 0]
    ours = np.empty((_FORECASTS, len(ids)), dtype=np.int64)
    for r in range(len(ids)):
        ours[:, r] = adopted[draw.choice(len(adopted), size=_FORECASTS, p=weights[r]), r]
    for r in np.flatnonzero(k > LARGEST_K).tolist():
        tell(f"fitted anew without {ids[r]}, whose weights have k {k[r]:.2f}")
        values = draws_without(fitted, r, len(adopted))
        runs = [record.adopters[[0, -1], r].sum(axis=(1, 2)) for record in runs_with(fitted, values)]
        ours[:, r] = np.resize(np.diff(runs, axis=1)[:, 0], _FORECASTS)
    truth = found.seen_adopters[-1] - found.seen_adopters[0]
    if isinstance(observed, Counts):
        ours = counted_of(observed, ours, draw=draw)
        truth = by_region(observed, observed.stock[:, -1] - observed.stock[:, 0])
    samples = {
        OURS: ours,
        BASS: bass_of_others(observed, draws=_FORECASTS, seed=seed),
        LOGISTIC: logistic_hazard_of_others(observed, draws=_FORECASTS, seed=seed),
    }
    frame = scores_by_region(samples, truth, ids)
    frame["k"] = np.tile(k, len(samples))
    frame["refitted"] = frame.k > LARGEST_K
    return frame


def draws_without(fitted: Fitted, region: int, n: int) -> Array:
    """Return draws from the posterior of what all other regions show, at most ``n``, values float64 (n, d)."""
    likelihood = _of_region(fitted, region, inside=False)
    maximum = Search(likelihood, fitted.ranges).maximum(fitted.study.starts, seed=fitted.study.seed)
    return draws_about(likelihood, fitted.ranges, maximum.places, n, seed=fitted.study.seed)


def weights_without(fitted: Fitted, n: int) -> tuple[Array, Array]:
    """Return the weights of the first ``n`` draws without each region, (R, n), summing to 1, and their k, (R,)."""
    try:
        from arviz_stats.base import array_stats
    except ImportError:
        raise HyperclusterError(f"arviz-stats is not installed, which weighs draws; {INSTALL}") from None
    weights, shapes = [], []
    for r in range(len(fitted.seen.world.regions.ids)):
        likelihood = _of_region(fitted, r, inside=True)
        # The function takes likelihoods, and weighs by one over them.
        logs, k = array_stats.psislw(likelihood.logs(fitted.draws[:n]))
        weight = np.exp(logs - logs.max())
        weights.append(weight / weight.sum())
        # All weights the same: nothing is to be smoothed, and k is not defined.
        shapes.append(float(k) if np.isfinite(k) else 0.0)
    return np.array(weights), np.array(shapes)


def _of_region(fitted: Fitted, region: int, *, inside: bool) -> AnyLikelihood:
    """Return the likelihood of what was observed in a region, or in all others, given all that was observed."""
    observed, keys = fitted.seen, fitted.given_by.keys
    if isinstance(observed, Counts):
        of_group = np.empty(observed.eligible.size, dtype=np.int64)
        of_group[observed.group] = observed.region
        return CountsLikelihood(observed, keys, only=(of_group == region) == inside)
    of_pair = observed.world.enterprises.region_of[observed.world.pairs.enterprise]
    return Likelihood(observed, keys, only=(of_pair == region) == inside)
