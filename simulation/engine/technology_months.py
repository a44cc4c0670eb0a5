"""Several months of one technology, whose memberships are known (sections 2.1 and 2.4 to 2.7).

No technology depends on another, so that what one reads and writes stays in the processor's cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.channels import Channel
from simulation.compiled import borrowed, compiled, inlined
from simulation.engine.arrays import Changing, Conditions, Counts, Derived, Fixed, Moves, Population
from simulation.engine.kernels import adoption, exposure, hazard, learning, strata
from simulation.engine.membership_months import count_moved_adopters
from simulation.world import Array


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
    market : float64, shape (K, S, R)
        x, the market factor of these months; neutral 1.
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
    market : float64, shape (K, S, R)
        x, the market factor of these months; neutral 1.
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
            counts.adopters[k, month, r, s] = its.adopters[s, r]
    counts.mastered[month, k] = n_masters
