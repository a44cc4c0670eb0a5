"""Months of a replication in one compiled call: the equations of a month in their order, and what they read and write.

Nothing here is an equation: each has its own function in :mod:`simulation.engine.kernels`, which the compiler inlines.
The engine makes the calls, between which technologies appear, levers change and a year begins. Letters as in
``simulation.world``; C strata.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation import streams
from simulation.channels import Channel
from simulation.compiled import compiled
from simulation.engine.kernels import adoption, exposure, hazard, learning, membership, strata
from simulation.state import State
from simulation.world import Array


class Fixed(NamedTuple):
    """What never changes in a replication."""

    dt: float  # years in a month
    proximity: Array  # float64 (R, R), K
    relatedness: Array  # float64 (S, S), phi
    relevance: Array  # float64 (S, K), rho
    eligible_industry: Array  # bool (S, K)
    rates: Array  # float64 (channels,), coefficients, 1/year
    substituted: bool  # members' coefficients are scaled to the sum of the others
    near_factor: Array  # float64 (K,), f_near
    far_factor: Array  # float64 (K,), f_far
    institution_scale: float  # I_scale
    institution_proximity: Array  # float64 (R, J), g_r K_r,r(j)
    learning_rate: float  # b_SC, 1/year
    membership_base: float  # a
    membership_network: float  # b
    membership_readiness: float  # c
    membership_rivalry: float
    membership_rate: float  # omega, 1/year
    membership_streams: Array  # uint64 (H,)


class Population(NamedTuple):
    """The enterprises present, their pairs and their ties, which change at the start of a year."""

    region_of: Array  # int32 (N,)
    industry_of: Array  # int32 (N,)
    indptr: Array  # int64 (N + 1,)
    indices: Array  # int32 (ties * 2,)
    start: Array  # int64 (K + 1,)
    enterprise: Array  # int32 (P,)
    pattern_of: Array  # int64 (K,)
    slot: Array  # int32 (patterns, N)
    partners: Array  # int32 (patterns, N)
    spatial_denominator: Array  # float64 (R, S, K)
    may_join: Array  # int64 (H, R)
    candidates_of: (
        Array  # int64 (H + 1,): those of platform h are candidates[candidates_of[h]:candidates_of[h + 1]]
    )
    candidates: Array  # int64 (candidates,), enterprises that may join
    candidate_keys: Array  # uint64 (candidates,)


class Conditions(NamedTuple):
    """The levers of the month, and the effects of platforms that follow from them."""

    local_contacts: Array  # float64 (R,), L_r
    readiness: Array  # float64 (R,), delta_r
    training: Array  # float64 (R,)
    incentive: Array  # float64 (R,), 1/year
    subsidy: Array  # float64 (H, R)
    is_open: Array  # bool (H,)
    interoperability: Array  # float64 (H, H), Omega
    meets: Array  # bool (H,)
    serves: Array  # bool (H, J)
    bonus: Array  # float64 (H, len(Bonus))
    government: Array  # float64 (H, len(Government))
    capacity: Array  # float64 (J,), Q
    learning_weights: Array  # float64 (X, J, J)
    complexity_of: Array  # int64 (K,)


class Changing(NamedTuple):
    """The arrays of :class:`simulation.state.State` that a month changes."""

    released: Array
    waiting: Array
    waiting_count: Array
    remaining: Array
    near: Array
    far: Array
    exposures: Array
    adopted_month: Array
    adopters: Array
    attribution: Array
    mastered: Array
    mastered_month: Array
    learning_left: Array
    mask_of: Array
    members: Array
    members_by_industry: Array
    member_adopters: Array
    stratum_of: Array
    stratum_mask: Array
    stratum_next: Array
    stratum_size: Array
    on_platform: Array


def changing(state: State) -> Changing:
    """Return the arrays of a state that compiled code changes."""
    return Changing(*(getattr(state, name) for name in Changing._fields))


class Derived(NamedTuple):
    """What follows from the state, computed every month or, where a line says so, when it changes."""

    live: Array  # int64 (C,)
    region_of_stratum: Array  # int64 (C,)
    stratum_is_new: Array  # bool (C,), no institutional terms yet
    mastery_changed: Array  # bool (K,), since institutional terms and learning steps were computed
    spatial: Array  # float64 (R, S, K), S
    digital: Array  # float64 (H, S, K), D
    institutional_local: Array  # float64 (C, K), 1/year; when mastery changes
    institutional_remote: Array  # float64 (C, K), 1/year; when mastery changes
    learning_step: Array  # float64 (J, K); when mastery changes
    learned: Array  # bool (J, K)
    factor: Array  # float64 (C,)
    spontaneous_factor: Array  # float64 (C,)
    incentive: Array  # float64 (C,), 1/year
    terms: Array  # float64 (C, S, K, channels), 1/year
    base: Array  # float64 (K, C, S), hazard of a month over alpha, without business partners
    slope: Array  # float64 (K, C, S), what they add at exposure 1
    join: Array  # float64 (rows, R): one row for each number of other platforms, where that number counts
    stay: Array  # float64 (rows, R)

    @staticmethod
    def of_shape(shape: tuple[int, int, int, int, int], n_strata: int, n_channels: int, rows: int) -> Derived:
        """Return arrays of these sizes; ``shape`` is that of the world."""
        r, s, k, h, j = shape
        c = n_strata
        return Derived(
            live=np.zeros(c, dtype=np.int64),
            region_of_stratum=np.zeros(c, dtype=np.int64),
            stratum_is_new=np.ones(c, dtype=bool),
            mastery_changed=np.ones(k, dtype=bool),
            spatial=np.zeros((r, s, k)),
            digital=np.zeros((h, s, k)),
            institutional_local=np.zeros((c, k)),
            institutional_remote=np.zeros((c, k)),
            learning_step=np.zeros((j, k)),
            learned=np.zeros((j, k), dtype=bool),
            factor=np.ones(c),
            spontaneous_factor=np.ones(c),
            incentive=np.zeros(c),
            terms=np.zeros((c, s, k, n_channels)),
            base=np.zeros((k, c, s)),
            slope=np.zeros((k, c, s)),
            join=np.empty((rows, r)),
            stay=np.empty((rows, r)),
        )


class Counts(NamedTuple):
    """The counts recorded every month, a row each; month 0 is the start."""

    adopters: Array  # int32 (T + 1, R, S, K)
    members: Array  # int32 (T + 1, H, R)
    members_anywhere: Array  # int32 (T + 1,)
    mastered: Array  # int32 (T + 1, K)


@compiled
def run_months(
    month: int,
    last: int,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    market: Array,
    state: Changing,
    derived: Derived,
    counts: Counts,
) -> None:
    """Simulate months ``month`` to ``last - 1``, counted from 0, in which nothing happens that the engine must do.

    Each month computes everything from the state at its start, and applies it at its end (section 2).

    Parameters
    ----------
    market : float64, shape (R, S, K)
        x, the market factor of these months; neutral 1.
    """
    wanted = np.empty_like(state.mask_of)
    while month < last:
        decide(month, fixed, population, now, state, derived, wanted)
        waiting = np.flatnonzero(state.waiting_count > 0)
        expose(fixed, population, now, market, waiting, state, derived)
        learn(fixed, now, state, derived)
        derived.mastery_changed[:] = False
        month += 1
        adopt(month, population, now, state, derived)
        learning.apply_learning(
            month, derived.learned, state.mastered, state.mastered_month, derived.mastery_changed
        )
        apply_membership(wanted, population, state, derived)
        record(month, state, counts)


@compiled
def decide(
    month: int,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    state: Changing,
    derived: Derived,
    wanted: Array,
) -> None:
    """Set wanted, uint64 (N,), to the memberships at the end of the month, as bit masks; section 2.3."""
    wanted[:] = state.mask_of
    draws = np.empty(population.region_of.size)
    for h in range(now.is_open.size):
        if not now.is_open[h]:
            continue
        for others in range(derived.join.shape[0]):
            membership.membership_odds(
                state.members[h],
                population.may_join[h],
                now.readiness,
                now.subsidy[h],
                fixed.membership_base - fixed.membership_rivalry * others,
                fixed.membership_network,
                fixed.membership_readiness,
                fixed.membership_rate,
                fixed.dt,
                derived.join[others],
                derived.stay[others],
            )
        first, end = population.candidates_of[h], population.candidates_of[h + 1]
        stream = streams.numbered(fixed.membership_streams[h], month)
        streams.uniforms(stream, population.candidate_keys[first:end], draws)
        membership.decide_membership(
            h,
            population.candidates[first:end],
            population.region_of,
            state.mask_of,
            derived.join,
            derived.stay,
            draws,
            wanted,
        )


@compiled
def expose(
    fixed: Fixed,
    population: Population,
    now: Conditions,
    market: Array,
    technologies: Array,
    state: Changing,
    derived: Derived,
) -> None:
    """Compute the hazard of every stratum for some technologies, up to alpha and the business network.

    Sections 2.4 and 2.5.
    """
    exposure.spatial_exposure(
        fixed.proximity,
        now.local_contacts,
        fixed.relatedness,
        state.adopters.astype(np.float64),
        population.spatial_denominator,
        derived.spatial,
    )
    exposure.digital_exposure(
        now.interoperability,
        now.meets,
        fixed.relatedness,
        fixed.eligible_industry,
        state.member_adopters,
        state.members_by_industry,
        derived.digital,
    )
    live = strata.live_strata(
        fixed.proximity.shape[0],
        state.stratum_next,
        state.stratum_size,
        derived.region_of_stratum,
        derived.live,
    )
    hazard.stratum_factors(
        live,
        derived.region_of_stratum,
        state.on_platform,
        now.readiness,
        now.training,
        now.incentive,
        now.bonus,
        now.government,
        derived.factor,
        derived.spontaneous_factor,
        derived.incentive,
    )
    hazard.institutional_terms(
        live,
        derived.stratum_is_new,
        derived.mastery_changed,
        derived.region_of_stratum,
        state.on_platform,
        now.serves,
        fixed.rates[Channel.INSTITUTIONAL],
        fixed.institution_scale,
        fixed.far_factor,
        now.readiness,
        fixed.institution_proximity,
        now.capacity,
        state.mastered,
        derived.institutional_local,
        derived.institutional_remote,
    )
    hazard.hazard_terms(
        live,
        technologies,
        derived.region_of_stratum,
        state.on_platform,
        now.meets,
        fixed.rates,
        fixed.near_factor,
        fixed.far_factor,
        fixed.substituted,
        derived.spontaneous_factor,
        now.readiness,
        derived.incentive,
        derived.spatial,
        derived.digital,
        derived.institutional_local,
        derived.institutional_remote,
        derived.terms,
    )
    hazard.hazard_rates(
        fixed.dt,
        live,
        technologies,
        derived.region_of_stratum,
        derived.terms,
        fixed.relevance,
        market,
        derived.factor,
        derived.base,
        derived.slope,
    )


@compiled
def learn(fixed: Fixed, now: Conditions, state: Changing, derived: Derived) -> None:
    """Set which technologies institutions master at the end of the month; section 2.7."""
    learning.learning_steps(
        fixed.dt,
        fixed.learning_rate,
        fixed.institution_scale,
        now.learning_weights,
        now.complexity_of,
        now.capacity,
        derived.mastery_changed,
        state.mastered,
        derived.learning_step,
    )
    learning.advance_learning(
        state.released, state.mastered, derived.learning_step, state.learning_left, derived.learned
    )


@compiled
def adopt(month: int, population: Population, now: Conditions, state: Changing, derived: Derived) -> None:
    """Cumulate the hazard of all pairs that wait, and let those at their threshold adopt; section 2.6."""
    adoption.advance_adoption(
        month,
        population.start,
        population.enterprise,
        population.pattern_of,
        population.slot,
        population.partners,
        population.region_of,
        population.industry_of,
        state.stratum_of,
        state.mask_of,
        population.indptr,
        population.indices,
        derived.base,
        derived.slope,
        derived.terms,
        derived.spatial,
        now.local_contacts,
        state.waiting,
        state.waiting_count,
        state.remaining,
        state.near,
        state.far,
        state.exposures,
        state.adopted_month,
        state.adopters,
        state.member_adopters,
        state.attribution,
    )


@compiled
def apply_membership(wanted: Array, population: Population, state: Changing, derived: Derived) -> None:
    """Assign every enterprise to the platforms wanted, uint64 (N,), bit h for platform h."""
    strata.change_memberships(
        wanted,
        state.mask_of,
        population.region_of,
        population.industry_of,
        population.start,
        population.pattern_of,
        population.slot,
        state.adopted_month,
        state.members,
        state.members_by_industry,
        state.member_adopters,
        state.stratum_of,
        state.stratum_mask,
        state.stratum_next,
        state.stratum_size,
        state.on_platform,
        derived.stratum_is_new,
    )


@compiled
def record(month: int, state: Changing, counts: Counts) -> None:
    """Record the end of a month."""
    counts.adopters[month].reshape(-1)[:] = state.adopters.reshape(-1)
    counts.members[month] = state.members
    # The first stratum of each region, and only it, is on no platform.
    n_regions = state.members.shape[1]
    counts.members_anywhere[month] = state.mask_of.size - state.stratum_size[:n_regions].sum()
    mastered = counts.mastered[month]
    mastered[:] = 0  # a month may be recorded again
    for j in range(state.mastered.shape[0]):
        for k in range(mastered.size):
            mastered[k] += state.mastered[j, k]
