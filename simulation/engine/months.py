"""Months of a replication in compiled calls: the equations of a month in their order, and what they read and write.

Nothing here is an equation: each has its own function in :mod:`simulation.engine.kernels`. The engine makes the calls,
between which technologies appear, levers change and a year begins.

Memberships do not depend on adoption, nor one technology on another. So the memberships of all these months come first,
and then one technology after the other passes through the months with the memberships of each: what it reads and writes
stays in the processor's cache, and technologies may be computed side by side. Letters as in ``simulation.world``; C
strata.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation import streams
from simulation.channels import Channel
from simulation.compiled import borrowed, compiled, inlined
from simulation.engine.kernels import adoption, exposure, hazard, learning, membership, strata
from simulation.state import State
from simulation.world import Array


class Fixed(NamedTuple):
    """What never changes in a replication."""

    dt: float  # years in a month
    proximity: Array  # float64 (R, R), K
    relatedness: Array  # float64 (S, S), phi
    relevance: Array  # float64 (K, S), rho
    release_month: Array  # int32 or int64 (K,)
    origin: Array  # (K,), the institution that masters it at its release; -1 where there is none
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
    numbers_may_run_out: bool  # there are more possible strata than numbers for them


class Population(NamedTuple):
    """The enterprises present, their pairs and their ties, which change at the start of a year."""

    region_of: Array  # int32 (N,)
    industry_of: Array  # int32 (N,)
    present: Array  # bool (N,)
    indptr: Array  # int64 (N + 1,)
    indices: Array  # int32 (ties * 2,)
    start: Array  # int64 (K + 1,)
    enterprise: Array  # int32 (P,)
    pattern_of: Array  # int64 (K,)
    slot: Array  # int32 (patterns, N)
    partners: Array  # int32 (patterns, N)
    spatial_denominator: Array  # float64 (K, S, R)
    may_join: Array  # int64 (H, R)
    candidates_of: (
        Array  # int64 (H + 1,): those of platform h are candidates[candidates_of[h]:candidates_of[h + 1]]
    )
    candidates: Array  # int64 (candidates,), enterprises that may join
    candidate_keys: Array  # uint64 (candidates,)


class Conditions(NamedTuple):
    """The levers of the month, and what follows from them."""

    local_contacts: Array  # float64 (R,), L_r
    contact_weights: Array  # float64 (R, R), L_rq K_rq
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
    strata_made: Array
    stratum_next: Array
    stratum_size: Array
    region_of_stratum: Array
    on_platform: Array


def changing(state: State) -> Changing:
    """Return the arrays of a state that compiled code changes."""
    return Changing(*(getattr(state, name) for name in Changing._fields))


class Derived(NamedTuple):
    """What follows from the state and is kept from one call to the next, because it seldom changes."""

    stratum_is_new: Array  # bool (C,), no institutional terms yet
    terms_are_old: Array  # bool (K,), institutional terms, because mastery or levers have changed
    steps_are_old: Array  # bool (K,), learning steps, likewise
    institutional_local: Array  # float64 (K, C), 1/year
    institutional_remote: Array  # float64 (K, C), 1/year
    learning_step: Array  # float64 (K, J)
    factor: Array  # float64 (C,)
    spontaneous_factor: Array  # float64 (C,)
    incentive: Array  # float64 (C,), 1/year
    join: Array  # float64 (rows, R): one row for each number of other platforms, where that number counts
    stay: Array  # float64 (rows, R)

    @staticmethod
    def of_shape(shape: tuple[int, int, int, int, int], n_strata: int, rows: int) -> Derived:
        """Return arrays of these sizes; ``shape`` is that of the world."""
        r, _, k, _, j = shape
        c = n_strata
        return Derived(
            stratum_is_new=np.ones(c, dtype=bool),
            terms_are_old=np.ones(k, dtype=bool),
            steps_are_old=np.ones(k, dtype=bool),
            institutional_local=np.zeros((k, c)),
            institutional_remote=np.zeros((k, c)),
            learning_step=np.zeros((k, j)),
            factor=np.ones(c),
            spontaneous_factor=np.ones(c),
            incentive=np.zeros(c),
            join=np.empty((rows, r)),
            stay=np.empty((rows, r)),
        )


class Moves(NamedTuple):
    """The changes of memberships in the months of one call, in their order, and what follows from them."""

    until: Array  # int64 (T + 1,): those of the m-th month are [until[m]:until[m + 1]]
    moved: Array  # int32 (2 N,), enterprises
    moved_from: Array  # uint64 (2 N,), platforms before
    moved_to: Array  # int32 (2 N,), strata afterwards
    stratum_at_start: Array  # int32 (N,), before the first of these months
    is_used: Array  # bool (C,), strata with enterprises in any of these months
    members_by_industry: Array  # int64 (T + 1, H, S), at the start of each month

    @staticmethod
    def of_shape(
        shape: tuple[int, int, int, int, int], n_months: int, n_enterprises: int, n_strata: int
    ) -> Moves:
        """Return arrays of these sizes; ``shape`` is that of the world."""
        _, s, _, h, _ = shape
        return Moves(
            until=np.zeros(n_months + 1, dtype=np.int64),
            moved=np.empty(2 * n_enterprises, dtype=np.int32),
            moved_from=np.empty(2 * n_enterprises, dtype=np.uint64),
            moved_to=np.empty(2 * n_enterprises, dtype=np.int32),
            stratum_at_start=np.empty(n_enterprises, dtype=np.int32),
            is_used=np.zeros(n_strata, dtype=bool),
            members_by_industry=np.empty((n_months + 1, h, s), dtype=np.int64),
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
    moves: Moves,
    counts: Counts,
) -> int:
    """Simulate months from ``month`` to ``last - 1``, counted from 0, in which nothing happens that the engine must do.

    Each month computes everything from the state at its start, and applies it at its end (section 2).

    Parameters
    ----------
    market : float64, shape (K, S, R)
        x, the market factor of these months; neutral 1.

    Returns
    -------
    int
        The months done: ``last``, or less where so many enterprises moved that the room for ``moves`` was used up.
    """
    last = move_members(month, last, fixed, population, now, state, derived, moves, counts)
    used = np.flatnonzero(moves.is_used)
    find_factors(used, now, state, derived)
    cells = np.empty(population.slot.shape, dtype=np.int32)
    has_cells = np.zeros(population.slot.shape[0], dtype=np.bool_)
    for k in range(population.pattern_of.size):
        pattern = population.pattern_of[k]
        if not has_cells[pattern] and will_wait(k, month, last, fixed, state):
            has_cells[pattern] = True
            find_cells(k, population, moves, fixed.relevance.shape[1], cells[pattern])
        diffuse(
            k,
            month,
            last,
            used,
            cells[pattern],
            fixed,
            population,
            now,
            market,
            state,
            derived,
            moves,
            counts,
        )
    derived.stratum_is_new[used] = False
    return last


@compiled
def move_members(
    month: int,
    last: int,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    state: Changing,
    derived: Derived,
    moves: Moves,
    counts: Counts,
) -> int:
    """Simulate the memberships of the months, and return how many months are done; section 2.3."""
    moves.stratum_at_start[:] = state.stratum_of
    n_enterprises = state.mask_of.size
    wanted = np.empty_like(state.mask_of)
    begun = False
    first = month
    while month < last:
        place = moves.until[month - first]
        if moves.moved.size - place < n_enterprises:
            break
        if fixed.numbers_may_run_out and state.stratum_mask.size - state.strata_made[0] < n_enterprises:
            if begun:
                break
            number_strata_anew(fixed.proximity.shape[0], population, state, derived)
            moves.stratum_at_start[:] = state.stratum_of
        if not begun:
            moves.is_used[:] = state.stratum_size > 0
            begun = True
        moves.members_by_industry[month - first] = state.members_by_industry
        decide(month, fixed, population, now, state, derived, wanted)
        n = move(wanted, population, state, derived, moves, place)
        for stratum in moves.moved_to[place : place + n]:
            moves.is_used[stratum] = True
        month += 1
        moves.until[month - first] = place + n
        record_members(month, state, counts)
    return month


@compiled
def number_strata_anew(n_regions: int, population: Population, state: Changing, derived: Derived) -> None:
    """Give the numbers of strata without enterprises to others."""
    strata.number_anew(
        n_regions,
        state.mask_of,
        population.region_of,
        state.stratum_of,
        state.strata_made,
        state.stratum_mask,
        state.stratum_next,
        state.stratum_size,
        state.region_of_stratum,
        state.on_platform,
        derived.stratum_is_new,
    )


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
def move(
    wanted: Array, population: Population, state: Changing, derived: Derived, moves: Moves, place: int
) -> int:
    """Assign every enterprise to the platforms wanted, uint64 (N,), bit h for platform h; return how many move."""
    return strata.change_memberships(
        wanted,
        state.mask_of,
        population.region_of,
        population.industry_of,
        state.members,
        state.members_by_industry,
        state.stratum_of,
        state.strata_made,
        state.stratum_mask,
        state.stratum_next,
        state.stratum_size,
        state.region_of_stratum,
        state.on_platform,
        derived.stratum_is_new,
        moves.moved[place:],
        moves.moved_from[place:],
        moves.moved_to[place:],
    )


@compiled
def apply_membership(
    wanted: Array, fixed: Fixed, population: Population, state: Changing, derived: Derived, moves: Moves
) -> None:
    """Assign every enterprise to the platforms wanted, uint64 (N,), bit h for platform h, between two months."""
    if fixed.numbers_may_run_out and state.stratum_mask.size - state.strata_made[0] < wanted.size:
        number_strata_anew(fixed.proximity.shape[0], population, state, derived)
    n = move(wanted, population, state, derived, moves, 0)
    if n == 0:
        return
    for k in range(population.pattern_of.size):
        member_adopters = np.ascontiguousarray(state.member_adopters[:, :, k])
        count_moved_adopters(k, 0, n, population, state, moves, member_adopters)
        state.member_adopters[:, :, k] = member_adopters


@inlined
def count_moved_adopters(
    k: int,
    first: int,
    end: int,
    population: Population,
    state: Changing,
    moves: Moves,
    member_adopters: Array,
) -> None:
    """Count the members that have adopted technology k again, after some of the moves."""
    strata.count_moved_adopters(
        moves.moved[first:end],
        moves.moved_from[first:end],
        moves.moved_to[first:end],
        state.stratum_mask,
        population.industry_of,
        population.slot[population.pattern_of[k]],
        state.adopted_month[population.start[k] : population.start[k + 1]],
        member_adopters,
    )


@compiled
def find_factors(used: Array, now: Conditions, state: Changing, derived: Derived) -> None:
    """Compute the effects of levers and vectors on the strata that are used."""
    hazard.stratum_factors(
        used,
        state.region_of_stratum,
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


@compiled
def find_cells(k: int, population: Population, moves: Moves, n_industries: int, cells: Array) -> None:
    """Set cells, int32 (N,), to those of the pairs of technology k before the first month."""
    strata.cells_of_pairs(
        population.enterprise[population.start[k] : population.start[k + 1]],
        moves.stratum_at_start,
        population.industry_of,
        population.partners[population.pattern_of[k]],
        moves.is_used.size,
        n_industries,
        cells,
    )


class Technology(NamedTuple):
    """What one technology's months read and write most, apart from its pairs."""

    adopters: Array  # float64 (S, R), A
    member_adopters: Array  # int64 (H, S)
    mastered: Array  # bool (J,), y
    mastered_month: Array  # int32 (J,)
    learning_left: Array  # float64 (J,)
    learned: Array  # bool (J,), at the end of the month
    spatial: Array  # float64 (S, R), S
    digital: Array  # float64 (H, S), D
    terms: Array  # float64 (C, S, channels), 1/year
    base: Array  # float64 (2, C, S), hazard of a month over alpha: see hazard_rates
    slope: Array  # float64 (2, C, S), what business partners add at exposure 1


@compiled
def technology_of(k: int, fixed: Fixed, state: Changing) -> Technology:
    """Return technology k at the state."""
    n_regions, n_industries, n_strata = (
        state.adopters.shape[0],
        state.adopters.shape[1],
        state.stratum_mask.size,
    )
    n_platforms, n_institutions = state.members.shape[0], state.mastered.shape[0]
    return Technology(
        np.ascontiguousarray(state.adopters[:, :, k].T).astype(np.float64),
        np.ascontiguousarray(state.member_adopters[:, :, k]),
        np.ascontiguousarray(state.mastered[:, k]),
        np.ascontiguousarray(state.mastered_month[:, k]),
        np.ascontiguousarray(state.learning_left[:, k]),
        np.zeros(n_institutions, dtype=np.bool_),
        np.empty((n_industries, n_regions)),
        np.empty((n_platforms, n_industries)),
        np.empty((n_strata, n_industries, adoption.N_CHANNELS)),
        np.empty((2, n_strata, n_industries)),
        np.empty((2, n_strata, n_industries)),
    )


@inlined
def will_wait(k: int, month: int, last: int, fixed: Fixed, state: Changing) -> bool:
    """Whether somebody may adopt technology k in these months."""
    return state.waiting_count[k] > 0 or month <= fixed.release_month[k] < last


@compiled
def diffuse(
    k: int,
    month: int,
    last: int,
    used: Array,
    cells_at_start: Array,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    market: Array,
    state: Changing,
    derived: Derived,
    moves: Moves,
    counts: Counts,
) -> None:
    """Simulate the months of technology k, whose memberships are known; sections 2.4 to 2.7.

    Parameters
    ----------
    used : int64, shape (C',)
        Strata that have enterprises in any of these months.
    cells_at_start : int32, shape (N,)
        From :func:`find_cells`; never written.
    market
        As that of :func:`run_months`.
    """
    held = technology_of(k, fixed, state)
    fixed, population, now, state, derived, moves, counts, its = (
        borrowed(fixed),
        borrowed(population),
        borrowed(now),
        borrowed(state),
        borrowed(derived),
        borrowed(moves),
        borrowed(counts),
        borrowed(held),
    )
    first_pair, n_pairs = population.start[k], population.start[k + 1] - population.start[k]
    waits = will_wait(k, month, last, fixed, state)
    cells = cells_at_start[:n_pairs].copy() if waits else cells_at_start[:0]
    reached = np.empty(n_pairs if waits else 0, dtype=np.int32)
    n_adopters, n_masters = its.adopters.sum(), its.mastered.sum()
    old = used if derived.terms_are_old[k] else used[derived.stratum_is_new[used]]
    derived.terms_are_old[k] = not waits  # nobody computes them
    for m in range(last - month):
        members, n_new = moves.members_by_industry[m], 0
        if fixed.release_month[k] == month + m:
            release(k, month + m, fixed, population, state, derived, its)
            n_masters = its.mastered.sum()
        if state.waiting_count[k] > 0:
            if derived.terms_are_old[k]:
                old = used
                derived.terms_are_old[k] = False
            expose(k, used, old, members, fixed, population, now, market, state, derived, its)
            old = used[:0]
            n_new = cumulate_hazard(k, first_pair, cells, population, state, its, reached)
        learns = state.released[k] and n_masters < its.mastered.size
        if learns:
            learn(k, fixed, now, derived, its)
        # The end of the month
        if n_new > 0:
            n_adopters += n_new
            adopt(k, month + m + 1, reached[:n_new], cells, population, now, state, its)
        if learns and learning.apply_learning(month + m + 1, its.learned, its.mastered, its.mastered_month):
            n_masters = its.mastered.sum()
            derived.terms_are_old[k] = derived.steps_are_old[k] = True
        first_move, end = moves.until[m], moves.until[m + 1]
        if end > first_move and n_adopters > 0:
            count_moved_adopters(k, first_move, end, population, state, moves, its.member_adopters)
        if end > first_move and waits:
            move_cells(k, first_move, end, population, moves, its.adopters.shape[0], cells)
        record_technology(k, month + m + 1, n_masters, its, counts)
    keep(k, held, state)


@inlined
def release(
    k: int,
    month: int,
    fixed: Fixed,
    population: Population,
    state: Changing,
    derived: Derived,
    its: Technology,
) -> None:
    """Release technology k at the start of a month: its origin masters it at once; section 2.1."""
    state.released[k] = True
    n = population.start[k]
    for p in range(population.start[k], population.start[k + 1]):
        if population.present[population.enterprise[p]] and state.adopted_month[p] < 0:
            state.waiting[n] = p
            n += 1
    state.waiting_count[k] = n - population.start[k]
    origin = fixed.origin[k]
    if origin >= 0:
        its.mastered[origin] = True
        its.mastered_month[origin] = month
        derived.terms_are_old[k] = derived.steps_are_old[k] = True


@inlined
def expose(
    k: int,
    used: Array,
    old: Array,
    members: Array,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    market: Array,
    state: Changing,
    derived: Derived,
    its: Technology,
) -> None:
    """Compute the hazard of every stratum for technology k, up to alpha and the business network.

    Sections 2.4 and 2.5.

    Parameters
    ----------
    used, old : int64, shape (C',) and (C'',)
        Strata that have enterprises, and those whose institutional terms must be computed.
    members : int64, shape (H, S)
        Members by industry.
    market
        As that of :func:`run_months`.
    """
    exposure.spatial_exposure(
        now.contact_weights, fixed.relatedness, its.adopters, population.spatial_denominator[k], its.spatial
    )
    exposure.digital_exposure(
        now.interoperability,
        now.meets,
        fixed.relatedness,
        fixed.relevance[k],
        its.member_adopters,
        members,
        its.digital,
    )
    hazard.institutional_terms(
        old,
        state.region_of_stratum,
        state.on_platform,
        now.serves,
        fixed.rates[Channel.INSTITUTIONAL],
        fixed.institution_scale,
        fixed.far_factor[k],
        now.readiness,
        fixed.institution_proximity,
        now.capacity,
        its.mastered,
        derived.institutional_local[k],
        derived.institutional_remote[k],
    )
    hazard.hazard_terms(
        used,
        state.region_of_stratum,
        state.on_platform,
        now.meets,
        fixed.rates,
        fixed.near_factor[k],
        fixed.far_factor[k],
        fixed.substituted,
        derived.spontaneous_factor,
        now.readiness,
        derived.incentive,
        its.spatial,
        its.digital,
        derived.institutional_local[k],
        derived.institutional_remote[k],
        its.terms,
    )
    hazard.hazard_rates(
        fixed.dt,
        used,
        state.region_of_stratum,
        its.terms,
        fixed.relevance[k],
        market[k],
        derived.factor,
        its.spatial,
        its.base,
        its.slope,
    )


@compiled
def exposed(
    k: int,
    used: Array,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    market: Array,
    state: Changing,
    derived: Derived,
) -> Technology:
    """Return technology k with the hazards of the present state; arguments as those of :func:`expose`."""
    its = technology_of(k, fixed, state)
    find_factors(used, now, state, derived)
    expose(k, used, used, state.members_by_industry, fixed, population, now, market, state, derived, its)
    return its


@inlined
def cumulate_hazard(
    k: int,
    first_pair: int,
    cells: Array,
    population: Population,
    state: Changing,
    its: Technology,
    reached: Array,
) -> int:
    """Cumulate the hazard of all pairs of technology k that wait, and return how many reach their threshold."""
    n = adoption.cumulate_hazard(
        its.base.reshape(-1),
        its.slope.reshape(-1),
        state.waiting[first_pair : first_pair + state.waiting_count[k]],
        first_pair,
        cells,
        state.exposures,
        state.remaining,
        reached,
    )
    state.waiting_count[k] -= n
    return n


@inlined
def learn(k: int, fixed: Fixed, now: Conditions, derived: Derived, its: Technology) -> None:
    """Set which institutions master technology k at the end of the month; section 2.7."""
    if derived.steps_are_old[k]:
        derived.steps_are_old[k] = False
        learning.learning_steps(
            fixed.dt,
            fixed.learning_rate,
            fixed.institution_scale,
            now.learning_weights[now.complexity_of[k]],
            now.capacity,
            its.mastered,
            derived.learning_step[k],
        )
    learning.advance_learning(its.mastered, derived.learning_step[k], its.learning_left, its.learned)


@inlined
def adopt(
    k: int,
    month: int,
    newly: Array,
    cells: Array,
    population: Population,
    now: Conditions,
    state: Changing,
    its: Technology,
) -> None:
    """Let the pairs that have reached their threshold adopt technology k; section 2.6."""
    pattern = population.pattern_of[k]
    adoption.adopt(
        month,
        newly,
        population.start[k],
        population.enterprise,
        population.slot[pattern],
        population.partners[pattern],
        population.region_of,
        population.industry_of,
        state.region_of_stratum,
        state.stratum_mask,
        population.indptr,
        population.indices,
        cells,
        its.terms,
        its.spatial,
        now.local_contacts,
        state.near,
        state.far,
        state.exposures,
        state.adopted_month,
        state.attribution,
        its.adopters,
        its.member_adopters,
    )


@inlined
def move_cells(
    k: int, first: int, end: int, population: Population, moves: Moves, n_industries: int, cells: Array
) -> None:
    """Bring the cells of technology k's pairs up to date, after some of the moves."""
    pattern = population.pattern_of[k]
    strata.move_cells(
        moves.moved[first:end],
        moves.moved_to[first:end],
        population.industry_of,
        population.slot[pattern],
        population.partners[pattern],
        moves.is_used.size,
        n_industries,
        cells,
    )


@compiled
def keep(k: int, its: Technology, state: Changing) -> None:
    """Write what the months of technology k have changed into the state."""
    for s in range(its.adopters.shape[0]):
        for r in range(its.adopters.shape[1]):
            state.adopters[r, s, k] = its.adopters[s, r]
    state.member_adopters[:, :, k] = its.member_adopters
    state.mastered[:, k] = its.mastered
    state.mastered_month[:, k] = its.mastered_month
    state.learning_left[:, k] = its.learning_left


@inlined
def record_technology(k: int, month: int, n_masters: int, its: Technology, counts: Counts) -> None:
    """Record the adopters and masters of technology k at the end of a month."""
    for r in range(its.adopters.shape[1]):
        for s in range(its.adopters.shape[0]):
            counts.adopters[month, r, s, k] = its.adopters[s, r]
    counts.mastered[month, k] = n_masters


@compiled
def record_members(month: int, state: Changing, counts: Counts) -> None:
    """Record the memberships at the end of a month."""
    counts.members[month] = state.members
    # The first stratum of each region, and only it, is on no platform.
    n_regions = state.members.shape[1]
    counts.members_anywhere[month] = state.mask_of.size - state.stratum_size[:n_regions].sum()


@compiled
def record(month: int, state: Changing, counts: Counts) -> None:
    """Record the counts at the end of a month, again if something has changed since."""
    record_members(month, state, counts)
    counts.adopters[month] = state.adopters
    for k in range(state.mastered.shape[1]):
        counts.mastered[month, k] = state.mastered[:, k].sum()
