"""Several months of memberships, which depend on no adoption (section 2.3)."""

from __future__ import annotations

import numpy as np

from simulation import streams
from simulation.compiled import compiled, inlined
from simulation.engine.arrays import Changing, Conditions, Counts, Derived, Fixed, Moves, Population
from simulation.engine.kernels import membership, strata
from simulation.world import Array


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
        n = 0
        if now.is_open.any():  # else nobody is a member, and nobody may become one
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
def record_members(month: int, state: Changing, counts: Counts) -> None:
    """Record the memberships at the end of a month."""
    counts.members[month] = state.members
    # The first stratum of each region, and only it, is on no platform.
    n_regions = state.members.shape[1]
    counts.members_anywhere[month] = state.mask_of.size - state.stratum_size[:n_regions].sum()
