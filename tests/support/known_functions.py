"""Functions of independent uniform inputs whose Sobol' indices are known, and Saltelli designs of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from simulation.world import Array


@dataclass(frozen=True)
class Known:
    """A function of places in [0, 1], shape (..., k), and the indices of its inputs."""

    name: str
    inputs: tuple[str, ...]
    function: Callable[[Array], Array]
    first: tuple[float, ...]
    total: tuple[float, ...]
    categorical: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _ishigami() -> Known:
    """Ishigami & Homma (1990), with a = 7 and b = .1."""

    def function(u: Array) -> Array:
        x = np.pi * (2 * u - 1)
        return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])

    one, two = (1 + 0.1 * np.pi**4 / 5) ** 2 / 2, 49 / 8
    both = 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    v = one + two + both
    return Known(
        "Ishigami", ("x", "y", "z"), function, (one / v, two / v, 0), ((one + both) / v, two / v, both / v)
    )


def _g() -> Known:
    """Sobol' G (Saltelli & Sobol' 1995)."""
    a = np.array([0, 1, 4.5, 9])
    parts = 1 / 3 / (1 + a) ** 2
    v = np.prod(1 + parts) - 1
    return Known(
        "Sobol' G",
        ("a", "b", "c", "d"),
        lambda u: np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=-1),
        tuple(parts / v),
        tuple(parts * (v + 1) / (1 + parts) / v),
    )


def _categorical() -> Known:
    """The effect of a category, 0, 1 or 3, times a number; by V = E[e^2] E[x^2] - (E[e] E[x])^2 = 2 / 3."""
    effects = np.array([0.0, 1.0, 3.0])
    return Known(
        "categorical",
        ("kind", "x"),
        lambda u: effects[np.minimum((3 * u[..., 0]).astype(int), 2)] * u[..., 1],
        ((14 / 36) / (2 / 3), (16 / 108) / (2 / 3)),
        (1 - (16 / 108) / (2 / 3), 1 - (14 / 36) / (2 / 3)),
        ("kind",),
    )


def _stochastic() -> Known:
    """A sum of an input and of noise whose scale is another input: chance has a total share of .39, alone of .36."""
    noise = 13 / 12  # the variance of (1 + (x - 1 / 2)) z
    v = noise / 0.39
    slope = np.sqrt(12 * (v - noise))
    return Known(
        "stochastic",
        ("x", "scale", "seed"),
        lambda u: slope * u[..., 0] + (0.5 + u[..., 1]) * norm.ppf(u[..., 2]),
        ((v - noise) / v, 0, 1 / v),
        ((v - noise) / v, 1 / 12 / v, 0.39),
    )


KNOWN = (_ishigami(), _g(), _categorical(), _stochastic())


def saltelli(known: Known, n: int, rng: np.random.Generator, *, failed: float = 0.0) -> tuple[Array, ...]:
    """Outcomes of a, b (n,) and ab (k, n) for independent rows; a share of the runs failed."""
    k = len(known.inputs)
    a, b = rng.random((2, n, k))
    ab = np.repeat(a[None], k, axis=0)
    for j in range(k):
        ab[j, :, j] = b[:, j]
    outcomes = [known.function(u) for u in (a, b, ab)]
    if failed:
        for values in outcomes:
            values[rng.random(values.shape) < failed] = np.nan
    return tuple(outcomes)


def covered(found: Array, low: Array, high: Array, *, truth: Array) -> tuple[Array, Array]:
    """Of repeats (rows), the bias over the standard deviation of estimates, and the share of intervals that cover."""
    bias = (found.mean(axis=0) - truth) / found.std(axis=0, ddof=1)
    return bias, ((low <= truth) & (truth <= high)).mean(axis=0)
