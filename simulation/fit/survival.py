"""Probability of what was observed of enterprises whose absorptive capacity is not (equations 5 and 6), logarithms.

An enterprise adopts when its absorptive capacity alpha times the cumulated exposure H reaches a threshold that is
Exponential(1). Alpha is Gamma with mean 1 and variance v. So it has not adopted with probability

    S(H) = E[exp(-alpha H)] = (1 + v H)^(-1 / v),

and adopts in a period with S(H before) - S(H after it). Several technologies of one enterprise share its alpha. Then

    E[prod over periods of adoption (e^(-alpha B) - e^(-alpha A)) prod over others e^(-alpha H)]
        = S(B) E~[prod (1 - e^(-alpha D))],

where B is the sum of all exposures but those of the periods of adoption, D the exposure in each of these, and E~
the mean over Gamma with the same shape 1 / v and rate 1 / v + B. With one adoption this is a closed form; with more it
is an integral over y = ln(alpha (1 / v + B)) by the trapezoidal rule, which converges exponentially here (Trefethen &
Weideman 2014). Unlike the nodes of Gauss and Laguerre, its terms have derivatives by v in closed form.

References
----------
Trefethen & Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56: 385-458.
Vaupel, Manton & Stallard (1979), The impact of heterogeneity in individual frailty, Demography 16: 439-454.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from simulation.world import Array

LEAST_VARIANCE = 1e-8
"""Variance below which all alpha count as 1: it changes no logarithm by more than half of it times H squared."""

_TAIL = 34.0
"""Where an integrand is exp(-34) of its largest value, it ends."""

_STEP = 0.28
"""Distance of nodes: the error of the rule is about exp(-pi^2 / step), 5e-16, and for a narrow integrand less."""


def log_survival(h: Array, v: Array | float) -> tuple[Array, Array, Array]:
    """Return ln S(H), and its derivatives with respect to H and v; arrays broadcast.

    Parameters
    ----------
    h : cumulated exposure, at least 0.
    v : variance of alpha, at least 0.
    """
    z = v * h
    small = z < 1e-4
    safe = np.where(small, 1.0, z)
    ratio = np.where(small, 1.0 - z * (0.5 - z * (1 / 3 - z * (0.25 - z / 5))), np.log1p(safe) / safe)
    # The derivative of ln(1 + z) / z.
    bend = np.where(
        small,
        -0.5 + z * (2 / 3 - z * (0.75 - z * (0.8 - z * (5 / 6)))),
        (safe / (1.0 + safe) - np.log1p(safe)) / safe**2,
    )
    return -h * ratio, -1.0 / (1.0 + z), -(h * h) * bend


def log_event(before: Array, during: Array, v: Array | float) -> tuple[Array, Array, Array, Array]:
    """Return ln(S(before) - S(before + during)), and its derivatives with respect to both and v; arrays broadcast.

    It is -inf, with derivatives 0, where there is no exposure during the period.
    """
    value, by_before, v_before = log_survival(before, v)
    # S(B + D) / S(B) is S of what follows, which does not cancel where D is small.
    grown = 1.0 + v * before
    fall, by_left, v_left = log_survival(during / grown, v)
    possible = fall < 0
    fall = np.where(possible, fall, -1.0)
    weight = np.where(possible, np.exp(fall) / -np.expm1(fall), 0.0)
    shrinks = during / (grown * grown)
    return (
        np.where(possible, value + np.log(-np.expm1(fall)), -np.inf),
        np.where(possible, by_before + weight * by_left * v * shrinks, 0.0),
        -weight * by_left / grown,
        np.where(possible, v_before - weight * (v_left - by_left * before * shrinks), 0.0),
    )


def log_events(rest: Array, during: Array, v: float) -> tuple[Array, Array, Array, Array]:
    """Return ln E[exp(-alpha B) prod (1 - exp(-alpha D))], and its derivatives with respect to B, D and v.

    Parameters
    ----------
    rest : float64, shape (N,)
        B, all exposure but that of the periods of adoption.
    during : float64, shape (N, m)
        D, exposure in each of the m periods of adoption, m at least 1.
    v : variance of alpha.
    """
    if v < LEAST_VARIANCE:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = -rest + np.log(-np.expm1(-during)).sum(axis=1)
            by_during = np.where(during > 0, np.exp(-during) / -np.expm1(-during), 0.0)
        return value, np.full(rest.size, -1.0), by_during, np.zeros(rest.size)
    value, y, passed, part = _integrated(rest, during, v)
    shape = 1.0 / v
    rate = shape + rest
    _, by_rest, by_v = log_survival(rest, v)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = np.where(
            passed > 0, passed / np.expm1(passed), 0.0
        )  # of each term by the logarithm of D / rate
    slope = np.einsum("in,inm->im", part, slope)
    by_rate = -slope.sum(axis=1) / rate
    by_shape = (part * y).sum(axis=1) - digamma(shape) + by_rate
    by_during = np.divide(slope, during, out=np.zeros_like(during), where=during > 0)
    return value, by_rest + by_rate, by_during, by_v - by_shape / v**2


def log_of_events(rest: Array, during: Array, v: float) -> Array:
    """Return the first of :func:`log_events`, in less time."""
    if v < LEAST_VARIANCE:
        return log_events(rest, during, v)[0]
    return _integrated(rest, during, v)[0]


def _integrated(rest: Array, during: Array, v: float) -> tuple[Array, Array, Array, Array]:
    """Return the logarithms, (N,), the nodes y, (N, n), what passes at them, (N, n, m), and their parts, (N, n)."""
    shape = 1.0 / v
    rate = shape + rest
    scaled = during / rate[:, None]
    y = _nodes(shape, scaled)
    x = np.exp(y)
    passed = x[:, :, None] * scaled[:, None, :]
    integrand = shape * y - x + (np.log(y[:, 1:2] - y[:, :1]) - gammaln(shape))
    with np.errstate(divide="ignore"):
        for term in range(during.shape[1]):
            integrand += np.log(-np.expm1(-passed[:, :, term]))
    top = integrand.max(axis=1, keepdims=True)
    possible = np.isfinite(top[:, 0])
    part = np.exp(integrand - np.where(possible[:, None], top, 0.0))
    total = np.where(possible, part.sum(axis=1), 1.0)
    part /= total[:, None]
    value = np.where(possible, log_survival(rest, v)[0] + top[:, 0] + np.log(total), -np.inf)
    return value, y, passed, part


def _nodes(shape: float, scaled: Array) -> Array:
    """Return equally spaced y that cover the integrand of each enterprise, (N, n).

    It rises as exp((shape + m) y) where no term is near 1, and is at most a multiple of exp(shape y - exp(y)).
    """
    m = scaled.shape[1]
    right = np.log(shape) + np.log1p(_TAIL / shape + np.sqrt(2 * _TAIL / shape)) + 0.5
    right = max(right, np.log(_TAIL + shape + m))
    width = np.sqrt(2 * _TAIL / (shape + m)) + _TAIL / (shape + m)
    with np.errstate(divide="ignore"):
        rises = np.minimum(np.log(shape + m), -np.log(scaled.max(axis=1)))
    left = np.where(np.isfinite(rises), rises, np.log(shape + m)) - width - 1.0
    step = min(_STEP, 0.65 / np.sqrt(shape + m))
    n = int(np.ceil((right - left.min()) / step)) + 1
    return np.linspace(left, np.full(left.size, right), max(n, 8), axis=1)
