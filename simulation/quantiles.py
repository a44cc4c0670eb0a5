"""Quantiles of the normal and of the Gamma distribution, by operations that give the same bits everywhere.

A draw from either is the quantile of a uniform draw: one draw a value, and a larger one gives a larger value.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from simulation.compiled import compilable, compiled
from simulation.elementary import PI, exp, expm1, log, sine_and_cosine
from simulation.world import Array

LARGE_SHAPE = 1e6
"""Above it a Gamma distribution is so close to the normal one that five terms of an expansion give all digits."""

CELLS, NODES = 160, 12
"""Pieces of the table of quantiles between logits of -40 and 40, each a polynomial through so many points."""

MOST = 1.0 - 2.0**-53
"""The largest probability below 1, to which a draw may be rounded."""

MOST_TERMS = 100_000


def normal_quantiles(probabilities: Array) -> Array:
    """Return the quantiles of the standard normal distribution, float64, of probabilities, float64 (N,)."""
    out = np.empty(probabilities.size)
    _normal_quantiles(probabilities, out)
    return out


def gamma_quantiles(shape: float, probabilities: Array) -> Array:
    """Return the quantiles of the Gamma distribution with mean 1, float64 (N,): within 1e-12 of themselves.

    Parameters
    ----------
    shape : float
        Above 0: 1 / CV^2.
    probabilities : float64, shape (N,)
        From 2^-54 to 1, which counts as the double below it.
    """
    out = np.empty(probabilities.size)
    if shape > LARGE_SHAPE:
        _nearly_normal_quantiles(shape, probabilities, out)
    else:
        _from_table(_table(shape), probabilities, out)
    return out


@lru_cache(maxsize=8)
def _table(shape: float) -> Array:
    table = np.empty((CELLS, NODES))
    _fill_table(shape, table)
    return table


# The normal distribution


@compilable
def _ratio(x: float, a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return a rational function; coefficients from the lowest power on."""
    above = ((((((a[7] * x + a[6]) * x + a[5]) * x + a[4]) * x + a[3]) * x + a[2]) * x + a[1]) * x + a[0]
    below = ((((((b[7] * x + b[6]) * x + b[5]) * x + b[4]) * x + b[3]) * x + b[2]) * x + b[1]) * x + b[0]
    return above / below


_MIDDLE_ABOVE = (
    *(3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4),
    *(4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
)
_MIDDLE_BELOW = (
    *(1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3),
    *(2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)
_TAIL_ABOVE = (
    *(1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0),
    *(
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
)
_TAIL_BELOW = (
    *(1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1),
    *(
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_ABOVE = (
    *(
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
    ),
    *(
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
)
_FAR_BELOW = (
    *(1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2),
    *(
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


@compilable
def _normal_quantile(p: float) -> float:
    """Return the standard normal quantile of p, in (0, 1), with a relative error of about 1e-16.

    References
    ----------
    Wichura (1988), Algorithm AS 241, Applied Statistics 37: 477-484.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(0.180625 - q * q, _MIDDLE_ABOVE, _MIDDLE_BELOW)
    r = np.sqrt(-log(min(p, 1.0 - p)))
    z = _ratio(r - 1.6, _TAIL_ABOVE, _TAIL_BELOW) if r <= 5.0 else _ratio(r - 5.0, _FAR_ABOVE, _FAR_BELOW)
    return z if q > 0.0 else -z


@compiled
def _normal_quantiles(probabilities: Array, out: Array) -> None:
    for i in range(probabilities.size):
        out[i] = _normal_quantile(min(probabilities[i], MOST))


# The Gamma distribution


@compiled
def _nearly_normal_quantiles(shape: float, probabilities: Array, out: Array) -> None:
    """Set out[i] to the quantile over the mean for a large shape.

    References
    ----------
    Cornish & Fisher (1937), Revue de l'Institut international de statistique 5: 307-320.
    """
    w = 1.0 / np.sqrt(shape)
    for i in range(out.size):
        z = _normal_quantile(min(probabilities[i], MOST))
        y = z * z
        fifth = z * ((9.0 * y + 256.0) * y - 433.0) / 38880.0
        fourth = -((3.0 * y + 7.0) * y - 16.0) / 810.0
        third = z * (y - 7.0) / 36.0
        out[i] = 1.0 + w * (z + w * ((y - 1.0) / 3.0 + w * (third + w * (fourth + w * fifth))))


@compiled
def _from_table(table: Array, probabilities: Array, out: Array) -> None:
    """Set out[i] to the quantile of probabilities[i] over the mean, by interpolation of its logarithm in the logit."""
    nodes = _nodes()
    for i in range(out.size):
        p = min(probabilities[i], MOST)
        place = (log(p / (1.0 - p)) + 40.0) * (CELLS / 80.0)
        cell = min(int(place), CELLS - 1)
        t, differences = place - cell, table[cell]
        u = differences[NODES - 1]
        for n in range(NODES - 2, -1, -1):
            u = u * (t - nodes[n]) + differences[n]
        out[i] = exp(u)


@compiled
def _nodes() -> Array:
    """Return Chebyshev's points in (0, 1), float64 (NODES,)."""
    nodes = np.empty(NODES)
    for n in range(NODES):
        nodes[n] = 0.5 - 0.5 * sine_and_cosine((2 * n + 1) / (2.0 * NODES))[1]
    return nodes


@compiled
def _fill_table(a: float, table: Array) -> None:
    """Set table[c], float64 (NODES,), to the divided differences of the logarithm of quantiles over the mean.

    Newton's method on the logarithm of the smaller tail, which is concave in the logarithm of the quantile, so that it
    converges from anywhere; each point begins at the solution of the one before.
    """
    nodes, log_gamma = _nodes(), _log_gamma_over_stirling(a)
    # P is at most (a y)^a / Gamma(a + 1), so that this is too low.
    u = (-40.0 + log_gamma + 0.5 * log(2.0 * PI * a) - a) / a
    for cell in range(table.shape[0]):
        for n in range(NODES):
            logit = (cell + nodes[n]) * (80.0 / CELLS) - 40.0
            smaller = -log(1.0 + exp(-abs(logit))) - abs(logit)  # ln of the smaller of p and 1 - p
            for _ in range(200):
                lower, upper, density = _gamma_logarithms(a, u, log_gamma)
                if logit < 0.0:
                    step = (smaller - lower) * exp(lower - density)
                else:
                    step = (upper - smaller) * exp(upper - density)
                u += step
                if abs(step) <= 1e-9:  # the next would be its square
                    break
            table[cell, n] = u
        for order in range(1, NODES):
            for n in range(NODES - 1, order - 1, -1):
                table[cell, n] = (table[cell, n] - table[cell, n - 1]) / (nodes[n] - nodes[n - order])


@compilable
def _gamma_logarithms(a: float, u: float, log_gamma: float) -> tuple[float, float, float]:
    """Return ln P(a, x), ln Q(a, x) and ln of x times the density, at x = a e^u.

    By the series of P or the continued fraction of Q, whichever converges.

    References
    ----------
    Press et al. (2007), Numerical Recipes, 3rd ed., section 6.2.
    """
    x = a * exp(u)
    # ln of x^a e^-x / Gamma(a + 1); for a large shape its terms would cancel.
    front = -a * (expm1(u) - u) - log_gamma - 0.5 * log(2.0 * PI * a)
    density = front + log(a)
    if x < a + 1.0:
        total, term = 1.0, 1.0
        for n in range(1, MOST_TERMS):
            term *= x / (a + n)
            total += term
            if term <= 1e-17 * total:
                break
        lower = front + log(total)
        return lower, log(-expm1(lower)), density
    b = x + 1.0 - a
    c, d = 1e300, 1.0 / b
    fraction = d
    for n in range(1, MOST_TERMS):
        numerator = n * (a - n)
        b += 2.0
        d = 1.0 / (numerator * d + b)
        c = b + numerator / c
        fraction *= c * d
        if abs(c * d - 1.0) <= 1e-15:
            break
    upper = density + log(fraction)
    return log(-expm1(upper)), upper, density


@compilable
def _log_gamma_over_stirling(a: float) -> float:
    """Return ln Gamma(a + 1) - (a ln a - a + ln(2 pi a) / 2), which goes to 0 as a grows."""
    large, before = a, 0.0
    while large < 20.0:
        # What one step up takes away from the logarithm over Stirling's formula.
        before += (large + 0.5) * (log(large + 1.0) - log(large)) - 1.0
        large += 1.0
    y = 1.0 / (large * large)
    series = 1.0 / 12 - y * (
        1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * 691.0 / 360360)))
    )
    return series / large + before
