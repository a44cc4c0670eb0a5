"""Which inputs matter in a sample whose inputs are dependent, as those of worlds kept by a filter are.

Sobol' indices need independent inputs. These measures describe the sample as it is: an input that is correlated with
one that matters appears to matter too, which is why the correlation of inputs is reported beside them.

References
----------
Pianosi & Wagener (2018), Distribution-based sensitivity analysis from a generic input-output sample, Environmental
Modelling & Software 108: 197-207.
Khorashadi Zadeh et al. (2017), Comparison of variance-based and moment-independent global sensitivity analysis
approaches by application to the SWAT model, Environmental Modelling & Software 91: 210-222.
Tarantola, Gatelli & Mara (2006), Random balance designs for the estimation of first order global sensitivity indices,
Reliability Engineering & System Safety 91: 717-727.
MacKinnon & White (1985), Some heteroskedasticity-consistent covariance matrix estimators with improved finite sample
properties, Journal of Econometrics 29: 305-325.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from scipy.stats import kstest, rankdata

from simulation.analysis.paired import holm
from simulation.explore.resampling import NORMAL, product
from simulation.world import Array

SLICES = 10
"""Slices of an input for PAWN, with equally many points each."""
WAVES = 10
"""Cosines with which an outcome is smoothed over the ranks of an input."""
LEVEL = 0.95


def what_matters(
    inputs: Array,
    outcomes: Array,
    *,
    names: Sequence[str],
    rng: np.random.Generator,
    categorical: Collection[str] = (),
    permutations: int = 200,
) -> pd.DataFrame:
    """Return PAWN and the first-order share of variance of each input, each with what chance alone would give.

    Parameters
    ----------
    inputs : float64, shape (n, k)
        Values of the inputs; codes for those that are categorical.
    outcomes : float64, shape (n,)
        Points at which it is nan are left out.
    names : k names of inputs.
    rng : a generator with a seed of its own.
    categorical : names of the inputs whose numbers are codes.
    permutations : number of random orders of the outcomes, each of which makes all inputs dummies.

    Returns
    -------
    One row per input: ``input``; ``pawn`` (median over slices of the largest distance between the distribution of the
    outcome in the slice and in the sample), ``pawn_dummy`` (its 95 % quantile for a dummy with the same slices);
    ``share``, ``share_low``, ``share_high`` (share of the outcome's variance that a smooth function of this input alone
    explains, with a 95 % interval), ``share_dummy`` (its 95 % quantile for a dummy); ``n``. nan if the outcome does not
    vary.
    """
    used = np.isfinite(outcomes)
    inputs, outcomes = inputs[used], outcomes[used]
    n = outcomes.size
    frame = pd.DataFrame({"input": list(names)})
    columns = ("pawn", "pawn_dummy", "share", "share_low", "share_high", "share_dummy")
    if n <= 2 * (WAVES + 1) or np.ptp(outcomes) == 0:
        return frame.assign(**dict.fromkeys(columns, np.nan), n=n)
    orders = np.stack([rng.permutation(n) for _ in range(permutations)])
    dummies = (outcomes - outcomes.mean())[orders]
    squares = dummies**2
    order = np.argsort(outcomes, kind="stable")
    last = np.append(
        np.diff(outcomes[order]) > 0, True
    )  # of equal outcomes only the last has the value of a CDF
    found = []
    for column, name in zip(inputs.T, names, strict=True):
        is_code = name in categorical
        slices = _slices(column, is_code=is_code)
        pawn = _pawn(slices[order][:, None], last)[0]
        dummy = _pawn(slices[orders.T], last)
        basis = _basis(column, is_code=is_code)
        share, error = _share_of_variance(basis, outcomes)
        shares = _shares_alone(basis, dummies, squares=squares)
        found.append(
            (
                pawn,
                np.quantile(dummy, LEVEL),
                share,
                share - NORMAL * error,
                share + NORMAL * error,
                np.quantile(shares, LEVEL),
            )
        )
    return frame.assign(**dict(zip(columns, zip(*found, strict=True), strict=True)), n=n)


def correlations(inputs: Array, *, names: Sequence[str]) -> pd.DataFrame:
    """Return Spearman's rank correlation of each pair of inputs: shape (k, k), nan for an input that does not vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.corrcoef(rankdata(inputs, axis=0), rowvar=False)
    return pd.DataFrame(np.atleast_2d(found), index=list(names), columns=list(names))


def moved_inputs(places: Array, *, names: Sequence[str]) -> pd.DataFrame:
    """Return which inputs a filter moved: Kolmogorov and Smirnov's distance of kept places from uniform.

    Parameters
    ----------
    places : float64, shape (kept, k)
        Places in [0, 1] of the inputs of kept points; uniform before the filter, for categories too.

    Returns
    -------
    One row per input: ``input``, ``distance``, ``p``, ``p_holm`` (Holm's correction over inputs), ``median`` (place,
    one half before the filter), ``moved`` (corrected p below 5 %). Kept points of a scrambled Sobol' sequence are more
    even than independent ones, which makes the test cautious.
    """
    tests = [kstest(column, "uniform") for column in places.T] if len(places) else []
    p = np.array([test.pvalue for test in tests]) if tests else np.full(len(names), np.nan)
    corrected = holm(p)
    return pd.DataFrame(
        {
            "input": list(names),
            "distance": [float(test.statistic) for test in tests] if tests else np.nan,
            "p": p,
            "p_holm": corrected,
            "median": np.median(places, axis=0) if tests else np.nan,
            "moved": corrected < 1 - LEVEL,
        }
    )


def _slices(column: Array, *, is_code: bool) -> Array:
    """Return the slice of each value, int64: a category each, else quantiles; equal values share a slice."""
    if not is_code:
        inner = np.quantile(column, np.arange(1, SLICES) / SLICES)
        column = np.searchsorted(inner, column, side="right")
    return np.unique(column, return_inverse=True)[1]


def _pawn(slices: Array, last: Array) -> Array:
    """Return PAWN for slices of points in the order of their outcomes.

    Parameters
    ----------
    slices : int64, shape (n, samples)
    last : bool, shape (n,)
        True where the next outcome is larger.
    """
    n = len(slices)
    slices = slices.astype(np.int16)
    overall = (np.arange(1, n + 1) / n)[last, None]
    distances = []
    for each in range(slices.max() + 1):
        inside = np.cumsum(slices == each, axis=0, dtype=np.int32)
        apart = (inside if last.all() else inside[last]) / inside[-1]
        apart -= overall
        distances.append(np.maximum(apart.max(axis=0), -apart.min(axis=0)))
    return np.median(distances, axis=0)


def _basis(column: Array, *, is_code: bool) -> Array:
    """Return orthonormal functions of one input, without the constant: float64, shape (n, m).

    Indicators if it is a category or has no more values than there are cosines, else cosines of its ranks.
    """
    values, which = np.unique(column, return_inverse=True)
    if is_code or values.size <= WAVES + 1:
        functions = (which[:, None] == np.arange(1, values.size)).astype(float)
    else:
        rank = (rankdata(column) - 0.5) / column.size
        functions = np.cos(np.pi * rank[:, None] * np.arange(1, WAVES + 1))
    functions -= functions.mean(axis=0)
    # By Cholesky's decomposition, which starts no threads for so few functions; they are far from dependent.
    root = np.linalg.cholesky(functions.T @ functions)
    return product(functions, np.linalg.inv(root).T)


def _shares_alone(basis: Array, centred: Array, *, squares: Array) -> Array:
    """Return the share of variance that the functions explain, for each row of centred outcomes: (rows, n) to (rows,).

    What they explain of independent noise is subtracted: at each point its leverage times an unbiased estimate of its
    noise (MacKinnon & White 1985), for noise that is larger at some values of the input than at others.

    Parameters
    ----------
    squares : float64, shape (rows, n), of the centred outcomes.
    """
    leverage = (basis**2).sum(axis=1)
    weight = (leverage / (1 - leverage - 1 / len(basis)))[:, None]
    coefficients, weighted = np.split(product(centred, np.hstack([basis, weight * basis])), 2, axis=1)
    # The sum over points of the weight times the square of the residual, multiplied out.
    noise = product(squares, weight)[:, 0] - 2 * (weighted * coefficients).sum(axis=1)
    noise += (coefficients @ (basis.T @ (weight * basis)) * coefficients).sum(axis=1)
    return ((coefficients**2).sum(axis=1) - noise) / squares.sum(axis=1)


def _share_of_variance(basis: Array, outcomes: Array) -> tuple[float, float]:
    """Return the share of variance explained and its standard error.

    The error has two parts: that of the ratio of residual to total squares point by point, less half of what noise in
    the fit adds to it; and that of the squares of fitted noise, which remains where the share is 0. Less all of it,
    intervals of shares near .03 cover 90 to 92 %, because the first part is estimated low where the share is.
    """
    centred = outcomes - outcomes.mean()
    share = float(_shares_alone(basis, centred[None, :], squares=centred[None, :] ** 2)[0])
    squares = float((centred**2).sum())
    residual = centred - basis @ (basis.T @ centred)
    noise = (basis.T * residual**2) @ basis  # covariance of the coefficients
    influence = residual**2 - (1 - share) * centred**2
    by_point = (influence**2).sum() - 2 * (residual**2 * ((basis @ noise) * basis).sum(axis=1)).sum()
    return share, float(np.sqrt(max(by_point, 0.0) + 2 * (noise**2).sum()) / squares)
