"""Equilibria of a platform's membership, and the critical mass between them: the mean field of section 2.3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from simulation.world import Array

ITERATIONS = 100
BISECTIONS = 50
SHARES = np.linspace(0.002, 0.998, 499)


@dataclass(frozen=True, slots=True)
class Fold:
    """The subsidy that keeps a platform's membership constant, for each share of members.

    Where it rises with the share, membership is stable; where it falls, each additional member attracts more.
    """

    shares: Array  # float64 (M,), members of those who may join, rising
    subsidy: Array  # float64 (M,), utility

    @property
    def stable(self) -> Array:
        """bool (M,): whether membership returns after a small disturbance."""
        return np.gradient(self.subsidy) > 0

    def levels(self) -> tuple[list[float], list[float]]:
        """Shares at which membership is constant without subsidy: the stable levels, and the critical mass."""
        stable: list[float] = []
        critical: list[float] = []
        for place in np.flatnonzero(np.diff(np.sign(self.subsidy))):
            s, m = self.subsidy[place : place + 2], self.shares[place : place + 2]
            share = float(m[0] - s[0] * (m[1] - m[0]) / (s[1] - s[0]))
            (stable if s[1] > s[0] else critical).append(share)
        return stable, critical

    def edges(self) -> tuple[float, float] | None:
        """Return where the two branches end: the subsidy below which a full platform empties, and the one above which
        an empty platform fills; None if there is only one branch.
        """
        falling = np.flatnonzero(np.diff(self.subsidy) < 0)
        if not falling.size:
            return None
        return float(self.subsidy[falling[-1] + 1]), float(self.subsidy[falling[0]])


def fold_of(
    weights: Array,
    readiness: Array,
    *,
    base: float,
    network_effect: float,
    readiness_effect: float,
    kept: float = 1.0,
) -> Fold:
    """Solve the mean field of one platform; regions differ in readiness and all get the same subsidy.

    In equilibrium m_r = kept sigma(a + b (m + m_r) / 2 + c (delta_r - 1/2) + s) in every region, and m is the
    mean of the m_r over those who may join at the start. For each m the subsidy s is found by bisection,
    because the right side rises with it. Enterprises that enter, at rate epsilon and on no platform, dilute
    the members: rate (sigma - m_r) = epsilon m_r, so kept = rate / (rate + epsilon). The number of
    enterprises is assumed to be that of the start.

    Parameters
    ----------
    weights : float64, shape (R,)
        Share of each region in those who may join.
    readiness : float64, shape (R,)
        delta_r.
    base, network_effect, readiness_effect : a, b, c.
    kept : at rest, members over those who would be, did no enterprises enter.
    """
    own = base + readiness_effect * (readiness - 0.5)
    reach = abs(base) + abs(network_effect) + abs(readiness_effect) + 10.0
    shares = kept * SHARES
    low, high = np.full(len(shares), -reach), np.full(len(shares), reach)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        settled = _settled(own + middle[:, None], shares, network_effect, kept)
        enough = settled @ weights >= shares
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return Fold(shares, (low + high) / 2)


def _settled(own: Array, shares: Array, network_effect: float, kept: float) -> Array:
    """Equilibrium members of each region, if the platform as a whole has ``shares``; float64 (M, R)."""
    members = np.broadcast_to(shares[:, None], own.shape)
    for _ in range(ITERATIONS):
        members = kept * expit(own + network_effect * (shares[:, None] + members) / 2)
    return members
