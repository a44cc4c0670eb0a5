"""Draws from the posterior: the ensemble sampler of Goodman & Weare, as emcee has it, and whether it has converged.

Why this one: it needs the logarithm of the density only, at many points at once, for which exposures are read once; it
does not mind parameters of different scales or that are correlated, which those of neighbouring channels are; and it
has no step size to tune. Two ensembles run beside each other, one from about the maximum and one from all over the
ranges. What all walkers of an ensemble converge to is independent draws at any one time, so each walker counts as a
chain for the diagnostics.

References
----------
Foreman-Mackey et al. (2013), emcee: The MCMC Hammer, PASP 125: 306-312.
Goodman & Weare (2010), Ensemble samplers with affine invariance, Commun. Appl. Math. Comput. Sci. 5: 65-80.
ter Braak & Vrugt (2008), Differential evolution Markov chain with snooker updater, Stat. Comput. 18: 435-446.
Vehtari et al. (2021), Rank-normalization, folding, and localization: an improved R-hat, Bayesian Analysis 16: 667-718.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.errors import HyperclusterError
from simulation.fit.counts_likelihood import AnyLikelihood
from simulation.fit.netdiffuser import INSTALL
from simulation.fit.ranges import Range, values_at
from simulation.world import Array

ENSEMBLES = 2

BLOCK = 250
"""Steps after which the sampler looks whether it is done."""

WARM_UP = 0.3
"""Share of the steps that is dropped, as they depend on the start."""

MOST_R_HAT = 1.02
"""R-hat above which chains do not agree; for chains as many as walkers, 1.01 is not reached in time."""

_EFFECTIVE, _MOST_BLOCKS = 500, 16

_FARTHEST = 30.0
"""The largest |z| of a start: beyond it a place is 0 or 1 to double precision."""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Whether the draws can be used, for each of d parameters."""

    r_hat: Array  # float64 (d,)
    effective: Array  # float64 (d,), effective sample size

    @property
    def has_converged(self) -> bool:
        """Whether the chains agree."""
        return bool((self.r_hat <= MOST_R_HAT).all())


def log_density(likelihood: AnyLikelihood, ranges: Sequence[Range]) -> Callable[[Array], Array]:
    """Return the logarithm of the posterior density of z, (W, d), up to a constant; :mod:`simulation.fit.ranges`."""

    def density(z: Array) -> Array:
        away = np.abs(z)
        prior = -(away + 2.0 * np.log1p(np.exp(-away))).sum(axis=1)
        return likelihood.logs(values_at(ranges, places_of(z))[0]) + prior

    return density


def places_of(z: Array) -> Array:
    """Return the places, from 0 to 1, of numbers without bounds."""
    return 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))


def walkers(d: int) -> int:
    """Return the number of walkers of an ensemble."""
    return max(2 * d + 2, 12)


def starts(density: Callable[[Array], Array], maximum: Array, *, seed: int) -> Array:
    """Return where the walkers of each ensemble start, z, (ENSEMBLES, W, d).

    Parameters
    ----------
    maximum : float64, shape (d,)
        Places of the maximum.
    """
    draw = np.random.default_rng([seed, 1])
    n, d = walkers(maximum.size), maximum.size
    inside = np.clip(maximum, 1e-3, 1.0 - 1e-3)
    close = np.log(inside / (1.0 - inside)) + 0.3 * draw.normal(size=(n, d))
    places = draw.random((50 * n, d))
    far = np.clip(np.log(places / (1.0 - places)), -_FARTHEST, _FARTHEST)
    # Of many, those that are not hopeless: from others an ensemble takes very long.
    far = far[np.argsort(-density(far), kind="stable")[:n]]
    return np.stack([close, far])


def sample_block(density: Callable[[Array], Array], start: Array, *, seed: int, block: int) -> Array:
    """Return the next steps of every ensemble, (ENSEMBLES, BLOCK, W, d); they depend on start, seed and block alone.

    Raises
    ------
    HyperclusterError
        If emcee is not installed.
    """
    try:
        import emcee
    except ImportError:
        raise HyperclusterError(f"emcee is not installed, which samples; {INSTALL}") from None
    moves: list[tuple[Any, float]] = [
        (emcee.moves.StretchMove(), 0.4),
        (emcee.moves.DEMove(), 0.5),
        (emcee.moves.DESnookerMove(), 0.1),
    ]
    steps = []
    for e, begin in enumerate(start):
        sampler = emcee.EnsembleSampler(begin.shape[0], begin.shape[1], density, moves=moves, vectorize=True)
        words = np.random.SeedSequence([seed, block, e]).generate_state(8)
        state = emcee.State(begin, random_state=np.random.RandomState(words).get_state())
        # Close starts are meant; emcee's check of them is for those that lie in a plane.
        sampler.run_mcmc(state, BLOCK, skip_initial_state_check=True)
        steps.append(sampler.get_chain())
    return np.stack(steps)


def sampled(
    density: Callable[[Array], Array], maximum: Array, *, seed: int, effective: float, most_blocks: int
) -> Array:
    """Return steps from about a maximum and from all over the ranges, (ENSEMBLES, steps, W, d).

    They end when so many draws are effective, or after so many blocks.
    """
    chain = sample_block(density, starts(density, maximum, seed=seed), seed=seed, block=0)
    for block in range(1, most_blocks):
        if diagnosed(chain).effective.min() >= effective:
            break
        new = sample_block(density, chain[:, -1], seed=seed, block=block)
        chain = np.concatenate([chain, new], axis=1)
    return chain


def kept(chain: Array) -> Array:
    """Return the steps after the warm-up."""
    return chain[:, int(chain.shape[1] * WARM_UP) :]


def diagnosed(chain: Array) -> Diagnostics:
    """Return the diagnostics of all steps, (ENSEMBLES, steps, W, d).

    Raises
    ------
    HyperclusterError
        If ArviZ is not installed.
    """
    try:
        from arviz_stats.base import array_stats
    except ImportError:
        raise HyperclusterError(f"arviz-stats is not installed, which diagnoses; {INSTALL}") from None
    after = kept(chain)
    d = after.shape[-1]
    chains = np.moveaxis(after, 2, 1).reshape(-1, after.shape[1], d)
    r_hat = [array_stats.rhat(chains[:, :, n], chain_axis=0, draw_axis=1) for n in range(d)]
    effective = [array_stats.ess(chains[:, :, n], chain_axis=0, draw_axis=1, method="bulk") for n in range(d)]
    return Diagnostics(np.array(r_hat, dtype=np.float64), np.array(effective, dtype=np.float64))


def draws(chain: Array, n: int, *, seed: int) -> Array:
    """Return ``n`` draws from the steps after the warm-up, z, (n, d), in random order."""
    after = kept(chain).reshape(-1, chain.shape[-1])
    draw = np.random.default_rng([seed, 2])
    return after[draw.choice(len(after), size=min(n, len(after)), replace=False)]


def draws_about(
    likelihood: AnyLikelihood, ranges: Sequence[Range], maximum: Array, n: int, *, seed: int
) -> Array:
    """Return draws from a posterior beside that of the study, at most ``n``, values float64 (n, d).

    They are worth some 500 independent ones.

    Parameters
    ----------
    maximum : float64, shape (d,)
        Places of the maximum.
    """
    density = log_density(likelihood, ranges)
    chain = sampled(density, maximum, seed=seed, effective=_EFFECTIVE, most_blocks=_MOST_BLOCKS)
    return values_at(ranges, places_of(draws(chain, n, seed=seed)))[0]
