"""Sobol' indices of inputs that are independent, from the rows of a Saltelli design; failed runs may be missing.

The seed is an input like any other: its total index is the share of variance that chance takes part in.

References
----------
Sobol' (2001), Global sensitivity indices for nonlinear mathematical models and their Monte Carlo estimates, Mathematics
and Computers in Simulation 55: 271-280.
Saltelli, Annoni, Azzini, Campolongo, Ratto & Tarantola (2010), Variance based sensitivity analysis of model output,
Computer Physics Communications 181: 259-270.
Jansen (1999), Analysis of variance designs for model output, Computer Physics Communications 117: 35-43.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.errors import HyperclusterError
from simulation.explore.resampling import NORMAL, resampled
from simulation.world import Array

INSTALL = 'pip install "hypercluster-abm[explore]"'


def sobol_indices(
    a: Array, b: Array, *, ab: Array, names: Sequence[str], rng: np.random.Generator, resamples: int = 1000
) -> pd.DataFrame:
    """Return first and total indices of each input, with 95 % intervals from a bootstrap over rows.

    The intervals are normal, with the bootstrap's standard error, and take rows for independent: those of a scrambled
    Sobol' sequence cover more often than they say. An index near 0 may be estimated below 0.

    Parameters
    ----------
    a, b : float64, shape (N,)
        Outcomes of the rows of two independent samples; nan where a run failed.
    ab : float64, shape (k, N)
        Outcomes of the rows of ``a`` with the values of one input taken from ``b``.
    names : k names of inputs.
    rng : a generator with a seed of its own.

    Returns
    -------
    One row per input: ``input``, ``first``, ``first_low``, ``first_high``, ``total``, ``total_low``, ``total_high``,
    ``n`` (rows of which all three outcomes are there). All indices are nan if the outcome does not vary.

    Raises
    ------
    HyperclusterError
        If outcomes are complete and SALib is not installed.
    """
    values = np.concatenate([a, b, ab.ravel()])
    centre = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
    sums = _sums(a - centre, b - centre, ab=ab - centre)
    first, total = _indices(sums.sum(axis=1)[None, :])
    if np.isfinite(values).all() and np.ptp(np.concatenate([a, b])) > 0:
        first, total = (found[None, :] for found in _by_salib(a, b, ab=ab))
    again = [_indices(counts @ sums.T) for counts in resampled(a.size, rng, resamples=resamples)]
    frame = {"input": list(names)}
    for name, found, parts in (
        ("first", first, [part[0] for part in again]),
        ("total", total, [part[1] for part in again]),
    ):
        half = NORMAL * np.concatenate(parts).std(axis=0, ddof=1)
        frame |= {name: found[0], f"{name}_low": found[0] - half, f"{name}_high": found[0] + half}
    return pd.DataFrame(frame | {"n": np.isfinite(a + b + ab).sum(axis=1)})


def _sums(a: Array, b: Array, *, ab: Array) -> Array:
    """Return what each row adds to the sums that indices are made of: float64, shape (3 + 4 k, N).

    Count, sum and sum of squares of ``a`` and ``b``; then for each input count and sum of ``b (ab - a)``, and count and
    sum of ``(a - ab)^2 / 2``. A term with a missing outcome adds nothing, not even to its count.
    """
    both = np.stack([a, b])
    rows = [np.isfinite(both).sum(axis=0), np.nansum(both, axis=0), np.nansum(both**2, axis=0)]
    for terms in (b * (ab - a), (a - ab) ** 2 / 2):
        rows += [*np.isfinite(terms), *np.nan_to_num(terms)]
    return np.stack(rows).astype(float)


def _indices(sums: Array) -> tuple[Array, Array]:
    """Return first and total indices, float64 (rows, k) each, of sums of the terms, (rows, 3 + 4 k)."""
    count, plain, squares = sums[:, 0], sums[:, 1], sums[:, 2]
    k = (sums.shape[1] - 3) // 4
    of_first, first, of_total, total = (sums[:, 3 + k * n : 3 + k * (n + 1)] for n in range(4))
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = squares / count - (plain / count) ** 2
        variance[variance <= 1e-14 * squares / count] = np.nan  # rounding of an outcome that does not vary
        return first / of_first / variance[:, None], total / of_total / variance[:, None]


def _by_salib(a: Array, b: Array, *, ab: Array) -> tuple[Array, Array]:
    """Return first and total indices of complete outcomes as SALib computes them."""
    try:
        from SALib.analyze import sobol
    except ImportError:
        raise HyperclusterError(f"Sobol' indices: SALib is not installed; {INSTALL}") from None
    outcomes = np.stack([a, *ab, b], axis=1).ravel()
    problem = {"num_vars": len(ab), "names": [str(n) for n in range(len(ab))], "bounds": [[0, 1]] * len(ab)}
    found = sobol.analyze(problem, outcomes, calc_second_order=False, num_resamples=2, seed=1)
    return found["S1"], found["ST"]
