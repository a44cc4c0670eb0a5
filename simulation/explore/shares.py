"""Shares of an ensemble with their intervals: of pairs, and of worlds in expectation over chance.

A *point* is one world drawn from the ranges; a *pair* is one point with one seed, for both scenarios. With few seeds a
point, chance pushes worlds over a threshold in both directions, so that the share of points whose mean difference is
above it is drawn towards one half. :func:`share_of_worlds` removes that: it estimates the distribution of expected
differences from the means at the points and a model of their chance.

References
----------
Laird (1978), Nonparametric maximum likelihood estimation of a mixing distribution, Journal of the American Statistical
Association 73: 805-811.
Smyth (2004), Linear models and empirical Bayes methods for assessing differential expression in microarray experiments,
Statistical Applications in Genetics and Molecular Biology 3(1): 3.
Korn & Graubard (1998), Confidence intervals for proportions with small expected number of positive counts estimated
from survey data, Survey Methodology 24: 193-201.
Kish (1965), Survey sampling, Wiley.
Jaeckel (1972), The infinitesimal jackknife, Bell Laboratories memorandum MM 72-1215-11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma, psi, stdtr

from simulation.explore.resampling import product, resampled, wilson
from simulation.world import Array


@dataclass(frozen=True, slots=True)
class Share:
    """A share of 0 to 1 with its 95 % interval; all nan if there is no point."""

    estimate: float
    low: float
    high: float
    n: int  # points


@dataclass(frozen=True, slots=True)
class Worlds:
    """Shares of worlds by their expected difference, scenario minus reference; they sum to 1."""

    above: Share  # more than the margin
    alike: Share  # within the margin, its ends included
    below: Share  # less than minus the margin
    # Typical standard error of the mean difference at a point, in the unit of the difference. Where it exceeds the
    # margin, the shares of those near the margin are estimated with a bias: replicate more there.
    error: float


def share_of_pairs(
    outcomes: Array,
    point: Array,
    *,
    rng: np.random.Generator,
    weights: Array | None = None,
    resamples: int = 1000,
) -> Share:
    """Return the share of pairs that have an outcome, bool (pairs,); see :func:`shares_of_pairs`."""
    return shares_of_pairs(outcomes[:, None], point, rng=rng, weights=weights, resamples=resamples)[0]


def shares_of_pairs(
    outcomes: Array,
    point: Array,
    *,
    rng: np.random.Generator,
    weights: Array | None = None,
    resamples: int = 1000,
) -> list[Share]:
    """Return the share of pairs that have each outcome, with intervals from one bootstrap over points.

    An interval is Wilson's for the number of independent points that would give the bootstrap's variance: it is not
    empty where no pair, or every pair, has the outcome.

    Parameters
    ----------
    outcomes : bool, shape (pairs, outcomes)
    point : int, shape (pairs,)
        The point of each pair.
    rng : a generator with a seed of its own.
    weights : float64, shape (pairs,), 0 or more, or None
        Weight of the pair's point, one over its chance to be in the sample (Horvitz & Thompson 1952); 0 leaves it out.
    resamples : number of bootstrap samples.
    """
    weight = np.ones(len(outcomes)) if weights is None else weights
    outcomes, point, weight = (values[weight > 0] for values in (outcomes, point, weight))
    if not point.size:
        return [Share(math.nan, math.nan, math.nan, 0)] * outcomes.shape[1]
    _, of = np.unique(point, return_inverse=True)
    total = np.bincount(of, weight)
    having = np.stack([total, *(np.bincount(of, weight * column) for column in outcomes.T)], axis=1)
    # A share that no pair or every pair has is the same in every resample.
    varies = outcomes.any(axis=0) & ~outcomes.all(axis=0)
    variance = np.zeros(outcomes.shape[1])
    if varies.any():
        drawn = np.concatenate(
            [
                product(counts, having[:, [True, *varies]])
                for counts in resampled(total.size, rng, resamples=resamples)
            ]
        )
        variance[varies] = (drawn[:, 1:] / drawn[:, :1]).var(axis=0)
    estimates = having[:, 1:].sum(axis=0) / total.sum()
    most = _effective(weight)
    return [
        _share(float(estimate), float(spread), points=total.size, most=most)
        for estimate, spread in zip(estimates, variance, strict=True)
    ]


def share_of_worlds(
    differences: Array, point: Array, *, margin: float, weights: Array | None = None
) -> Worlds:
    """Return the shares of worlds whose expected difference is above, within and below a margin.

    Chance at a point has a variance of its own, drawn from a scaled inverse chi-square distribution that is fitted to
    the variances at all points (Smyth 2004); so a mean less its expectation, over its moderated standard error, follows
    Student's distribution. The distribution of expected differences is any that has a density on a grid; it maximizes
    the likelihood of the means by a fixed number of steps of expectation and maximization (Laird 1978), few enough to
    keep it smooth. A point at which all seeds give the same difference has no chance. The variance of a share is the
    infinitesimal jackknife's over points (Jaeckel 1972), that of a bootstrap to first order: the sum of the squares of
    what each point contributes, with the distribution estimated anew but not the variances of chance.

    Parameters
    ----------
    differences : float64, shape (pairs,)
        Scenario minus reference; no nan.
    point : int, shape (pairs,)
        The point of each pair. At least one point needs two pairs with unequal differences, unless none has chance.
    margin : 0 or more, in the unit of the differences.
    weights : as in :func:`shares_of_pairs`.

    Raises
    ------
    ValueError
        If every point has one pair, which says nothing about chance.
    """
    weight = np.ones(differences.size) if weights is None else weights
    differences, point, weight = (values[weight > 0] for values in (differences, point, weight))
    _, first, of, n = np.unique(point, return_index=True, return_inverse=True, return_counts=True)
    if not n.size:
        nothing = Share(math.nan, math.nan, math.nan, 0)
        return Worlds(nothing, nothing, nothing, math.nan)
    if n.max() == 1:
        raise ValueError("each point has one pair: a share of worlds needs points with two or more")
    weight = weight[first]
    mean = np.bincount(of, differences) / n
    variance = np.bincount(of, (differences - mean[of]) ** 2) / np.maximum(n - 1, 1)
    apart = np.abs(differences - differences[first][of]) > _ROUNDING * np.abs(differences).max()
    certain = (np.bincount(of, apart) == 0) & (n > 1)
    uncertain, typical = ~certain, 0.0
    # What each point contributes to the shares, to first order: float64 (points, 3).
    classes = _classes(mean, margin)
    if uncertain.any() and (variance[uncertain] > 0).any():
        freedom, moderated = _moderated(variance[uncertain], n[uncertain] - 1)
        error = np.sqrt(moderated / n[uncertain])
        edges = _edges(mean[uncertain], margin)
        likelihood = _likelihood(mean[uncertain], error, freedom=freedom, edges=edges)
        cells = _classes((edges[1:] + edges[:-1]) / 2, margin)
        part = weight[uncertain] / weight[uncertain].sum()
        mixing, slopes = _mixing(likelihood, part, widths=np.diff(edges), classes=cells)
        classes[uncertain] = mixing + slopes - part @ slopes
        typical = float(np.median(error))
    # Where a point has one pair and all others have no chance, it is taken to have none either.
    estimates = weight @ classes / weight.sum()
    spread = ((weight[:, None] * (classes - estimates)) ** 2).sum(axis=0) / weight.sum() ** 2
    above, alike, below = (
        _share(float(estimates[c]), float(spread[c]), points=n.size, most=_effective(weight))
        for c in range(3)
    )
    return Worlds(above, alike, below, typical)


def _share(estimate: float, variance: float, *, points: int, most: float) -> Share:
    """Return a share with Wilson's interval for the number of independent points that would have its variance.

    That number is at most ``most``: the number of pairs, if those of one point were independent; for worlds that of the
    points, since no share is known better than if each world drawn were known for certain.
    """
    estimate = float(np.clip(estimate, 0, 1))
    # Less than a small part of one point is none, and its variance says nothing of how many points there are.
    if variance > 0 and min(estimate, 1 - estimate) * points >= LEAST_PART:
        low, high = wilson(estimate, min(most, estimate * (1 - estimate) / variance))
    else:
        low, high = wilson(estimate, min(most, points))
    return Share(estimate, low, high, points)


LEAST_PART = 0.05
"""The part of one point below which a share counts as 0 or 1 for its interval."""


def _effective(weight: Array) -> float:
    """Return how many equal weights give as precise a mean (Kish 1965)."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def _classes(values: Array, margin: float) -> Array:
    """Return for each value whether it is above, within and below the margin: float64, shape (n, 3)."""
    return np.stack([values > margin, np.abs(values) <= margin, values < -margin], axis=1).astype(float)


def _moderated(variance: Array, freedom: Array) -> tuple[Array, Array]:
    """Return degrees of freedom and variances of chance at points, each drawn towards what is usual (Smyth 2004).

    Parameters
    ----------
    variance : float64, shape (n,), at least one above 0
        Unbiased sample variances; ignored where ``freedom`` is 0.
    freedom : int64, shape (n,)
        Degrees of freedom of each.
    """
    used = (freedom > 0) & (variance > 0)
    half = freedom[used] / 2
    logs = np.log(variance[used]) - psi(half) + np.log(half)
    spread = float(logs.var(ddof=1) - polygamma(1, half).mean()) if logs.size > 1 else 0.0
    if spread <= 0:  # no more unequal than chance makes equal variances
        pooled = (variance[used] * freedom[used]).sum() / freedom[used].sum()
        return np.full(variance.size, np.inf), np.full(variance.size, pooled)
    prior = 2 * _inverse_trigamma(spread)
    usual = math.exp(logs.mean() + float(psi(prior / 2)) - math.log(prior / 2))
    return prior + freedom, (prior * usual + freedom * variance) / (prior + freedom)


def _inverse_trigamma(y: float) -> float:
    """Return x > 0 with trigamma(x) = y, by Newton's method on 1 / trigamma, which is nearly linear (Smyth 2004)."""
    x = 0.5 + 1 / y
    for _ in range(50):
        value = float(polygamma(1, x))
        step = value * (1 - value / y) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-10 * x:
            break
    return x


_ROUNDING = 1e-9
"""Differences of one point that differ by no more than this share of the largest of all are equal."""
_WITHIN, _OUTSIDE = 4, 20
"""Cells of the grid within the margin, and on either side of it."""


def _edges(mean: Array, margin: float) -> Array:
    """Return the edges of the grid: the margins are among them, so that no cell is of two classes.

    Cells become wider away from the margin, since their masses are only added up.
    """
    steps = np.linspace(0, 1, _OUTSIDE + 1)[1:] ** 1.5
    above = margin + max(float(mean.max()) - margin, 0.0) * 1.01 * steps
    below = margin + max(-float(mean.min()) - margin, 0.0) * 1.01 * steps
    within = np.linspace(-margin, margin, _WITHIN + 1)
    edges = np.unique(np.concatenate([-below, within, above]))
    return edges if edges.size > 1 else np.array([-1.0, 0.0, 1.0]) * 1e-9


def _likelihood(mean: Array, error: Array, *, freedom: Array, edges: Array) -> Array:
    """Return the mean likelihood of each point in each cell, up to a factor of the point: float64, shape (n, cells)."""
    z = (edges - mean[:, None]) / error[:, None]
    # Of both tails the smaller one, so that far cells do not lose their digits.
    degrees = np.broadcast_to(np.minimum(freedom, 1e9), mean.shape)[:, None]
    lower = stdtr(degrees, -np.abs(z))
    mass = np.where(
        z[:, :-1] * z[:, 1:] >= 0,
        np.abs(np.diff(lower, axis=1)),
        1 - lower[:, 1:] - lower[:, :-1],
    )
    likelihood = mass / np.diff(edges) + 1e-300
    return np.maximum(likelihood / likelihood.max(axis=1, keepdims=True), _TINY)


_TINY = 1e-60
"""Less than this counts as nothing; products of such numbers are still normal floating-point numbers, thus fast."""
_STEPS = 60
"""Steps of expectation and maximization: more follow the sample's chance, fewer the grid."""


def _mixing(likelihood: Array, shares: Array, *, widths: Array, classes: Array) -> tuple[Array, Array]:
    """Return the estimated share of each class, and its derivatives by the shares of the points.

    The derivatives are propagated back through the steps of expectation and maximization, which costs as much as a few
    more steps, where a bootstrap takes all steps again and again.

    Parameters
    ----------
    likelihood : float64, shape (points, cells)
    shares : float64, shape (points,), of the weights; their sum is 1.
    widths : float64, shape (cells,)
    classes : float64, shape (cells, k), 1 where a cell belongs to a class.

    Returns
    -------
    float64 (k,) and (points, k).
    """
    masses = widths / widths.sum()
    steps = []
    for _ in range(_STEPS):
        density = np.maximum(likelihood @ masses, _TINY**2)
        growth = (shares / density) @ likelihood
        steps.append((masses, density, growth))
        masses = np.where(masses * growth < _TINY, 0.0, masses * growth)
    slopes, back = np.zeros((shares.size, classes.shape[1])), classes
    for before, density, growth in reversed(steps):
        spread = likelihood @ (before[:, None] * back)
        slopes += spread / density[:, None]
        back = growth[:, None] * back - likelihood.T @ ((shares / density**2)[:, None] * spread)
    return masses @ classes, slopes
