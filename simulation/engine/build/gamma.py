"""Quantiles of the Gamma distribution for many draws, interpolated in a table that is computed once."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import gammainccinv, gammaincinv

from simulation.compiled import compiled
from simulation.world import Array

OCTAVES, PIECES, DEGREE = 54, 8, 7
"""Halvings of the distance to 0 or 1, pieces of each, and the degree of the polynomial of a piece."""

_NEAREST = 2.0**-OCTAVES

MOST_VARIATION = 2.0
"""The largest coefficient of variation for which the polynomials are as exact as the function itself."""


def gamma_quantiles(draws: Array, variation: float) -> Array:
    """Return the quantiles of the Gamma distribution with mean 1 and this coefficient of variation.

    Parameters
    ----------
    draws : float64 in (0, 1)
        Taken to be at least 2^-54 from either end.
    variation : float
        More than 0; its inverse square must not overflow.

    Returns
    -------
    float64, of the same shape
        At least 0; to a relative error of about 1e-12.
    """
    if variation > MOST_VARIATION:
        return np.asarray(gammaincinv(variation**-2, draws) * variation**2)
    out = np.empty(draws.shape)
    _interpolate(_table(variation), draws, out)
    return out


@lru_cache(maxsize=4)
def _table(variation: float) -> Array:
    """Return the polynomials of all pieces, float64 (2, OCTAVES, PIECES, DEGREE + 1), in Newton's form.

    A piece of octave e lies between 2^-(e + 1) and 2^-e from 0, or from 1 in the second half of the table.
    Coefficient j is the j-th difference of the quantiles at DEGREE + 1 equidistant places, over j!.
    """
    shape = variation**-2
    places = (np.arange(PIECES)[:, None] + np.arange(DEGREE + 1) / DEGREE) / PIECES
    distance = np.ldexp(1.0 + places, -np.arange(1, OCTAVES + 1)[:, None, None])
    table = np.stack([gammaincinv(shape, distance), gammainccinv(shape, distance)]) / shape
    for j in range(1, DEGREE + 1):
        table[..., j:] = np.diff(table[..., j - 1 :], axis=-1) / j
    return table


@compiled
def _interpolate(table: Array, draws: Array, out: Array) -> None:
    """Set out[i] to the value of the piece of draws[i]."""
    for i in range(draws.size):
        draw = draws[i]
        upper = draw > 0.5
        fraction, exponent = math.frexp(max(1.0 - draw if upper else draw, _NEAREST))
        within = (2.0 * fraction - 1.0) * PIECES
        piece = int(within)
        place = (within - piece) * DEGREE
        coefficients = table[int(upper), -exponent, piece]
        value = coefficients[DEGREE]
        for j in range(DEGREE - 1, -1, -1):
            value = value * (place - j) + coefficients[j]
        out[i] = value
