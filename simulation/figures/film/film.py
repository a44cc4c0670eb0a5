"""The data of an animation: one replication of a scenario by calendar month, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.metrics.curves import aligned, aligned_eligible, ratio, standardized
from simulation.metrics.metric import MINIMUM_SHARE
from simulation.metrics.phi import phi
from simulation.results.reader import Results
from simulation.results.tables import Counts
from simulation.world import Array


@dataclass(frozen=True, slots=True)
class Film:
    """One replication. Month 0 is the start, month m the end of the m-th month, T the last; shares are 0-1.

    Of the technologies released so far: before the first release all shares are 0.
    """

    counts: Counts
    pooled: Array  # float64 (T + 1,), adopters over eligible
    regional: Array  # float64 (T + 1, R), standardized; nan where a region has no eligible enterprise
    members: Array  # int64 (T + 1, H, R), on each platform
    may_join: Array  # int64 (T + 1, H, R)

    def member_share(self, month: int) -> Array:
        """Members of those who may join, of the platform with the largest share in each region; float64 (R,)."""
        return ratio(self.members[month], self.may_join[month]).max(axis=0, initial=0.0)

    def links(self, month: int) -> Array:
        """Geometric mean of two regions' members of one platform, where it is largest; float64 (R, R)."""
        on = self.members[month].astype(np.float64)
        return shared_members(on)

    def synchronization(self, month: int) -> float:
        """1 - Phi as if the run had ended with this month; nan while it is undefined (section 5)."""
        released = self.counts.release_month < month
        if not released.any():
            return np.nan
        start = self.counts.release_month[released]
        window = month - int(start.max())
        adopters = aligned(self.counts.adopters[..., released], start, window=window)
        eligible = aligned_eligible(self.counts.eligible[..., released], start, window=window)
        if adopters[:, -1].sum() < MINIMUM_SHARE * eligible[:, -1].sum():
            return np.nan
        return 1 - phi(np.moveaxis(adopters, 3, 1), np.moveaxis(eligible, 3, 1))


def shared_members(members: Array) -> Array:
    """Geometric mean of the members that two regions have on one platform, of the platform where it is largest.

    Parameters
    ----------
    members : float64, shape (H, R)

    Returns
    -------
    float64, shape (R, R)
        0 on the diagonal, and everywhere without a platform.
    """
    links = np.sqrt(members[:, :, None] * members[:, None, :]).max(axis=0, initial=0.0)
    np.fill_diagonal(links, 0.0)
    return links


def read_film(results: Results, scenario: str, *, replication: int) -> Film:
    """Read one replication of a study.

    Raises
    ------
    ResultsError
        If the replication is missing, or the study does not keep curves and memberships.
    """
    results.require("curves", "memberships")
    counts = results.counts(scenario, replication)
    pooled, regional = calendar_shares(counts)
    members, may_join = _members(results.memberships(scenario=scenario, replication=replication), counts)
    return Film(counts, pooled, regional, members, may_join)


def calendar_shares(counts: Counts) -> tuple[Array, Array]:
    """Adoption shares of the technologies released so far, at the end of each calendar month.

    Returns
    -------
    pooled : float64, shape (T + 1,)
    regional : float64, shape (T + 1, R)
        Standardized over industries and the technologies released; nan in a month in which a region has no eligible
        enterprise.
    """
    months = np.arange(counts.adopters.shape[0])
    released = (counts.release_month < months[:, None]).astype(np.float64)  # (T + 1, K)
    eligible = np.ascontiguousarray(np.moveaxis(counts.eligible, 3, 0))
    weights = released * counts.eligible.sum(axis=(1, 2))
    pooled = ratio(np.einsum("trsk->t", counts.adopters.astype(np.float64)), weights.sum(axis=1))
    adopters = np.moveaxis(counts.adopters, 3, 0).astype(np.float64)
    regional = np.einsum(
        "tk,ktr->tr", ratio(weights, weights.sum(axis=1)[:, None]), standardized(adopters, eligible)
    )
    return pooled, np.where(counts.eligible.sum(axis=(2, 3)) > 0, regional, np.nan)


def _members(table: pd.DataFrame, counts: Counts) -> tuple[Array, Array]:
    names = sorted(table["platform"].astype(str).unique())
    months, regions = counts.adopters.shape[:2]
    members = np.zeros((months, len(names), regions), dtype=np.int64)
    may_join = np.zeros_like(members)
    platform = pd.Index(names).get_indexer(pd.Index(table["platform"].astype(str)))
    region = pd.Index(counts.regions).get_indexer(pd.Index(table["region"].astype(str)))
    at = (table["month"].to_numpy(), platform, region)
    members[at], may_join[at] = table["members"], table["may_join"]
    return members, may_join


def first_divergence(first: Film, second: Film) -> int:
    """The first month in which two films differ in adopters or members; the number of their months if they never do."""
    a, b = first.counts, second.counts
    months = min(len(a.adopters), len(b.adopters))
    if (a.technologies, a.industries) != (b.technologies, b.industries):
        return 0
    differ = (a.adopters[:months] != b.adopters[:months]).any(axis=(1, 2, 3))
    on = [film.members[:months].sum(axis=1) for film in (first, second)]
    differ |= (on[0] != on[1]).any(axis=1)
    return int(np.argmax(differ)) if differ.any() else months
