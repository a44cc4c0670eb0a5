"""Several months of one technology, whose memberships are known (sections 2.1 and 2.4 to 2.7).

No technology depends on another, so that what one reads and writes stays in the processor's cache.
"""

from __future__ import annotations

import numpy as np

from simulation.compiled import borrowed, compiled, inlined
from simulation.engine.arrays import Changing, Conditions, Counts, Derived, Fixed, Moves, Population
from simulation.engine.kernels import adoption, exposure, hazard, learning, network, strata, waiting
from simulation.engine.membership_months import count_moved_adopters
from simulation.engine.technology import Technology, keep, technology_of
from simulation.world import Array


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
def diffuse(
    k: int,
    month: int,
    last: int,
    used: Array,
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
    used : uint32, shape (C',)
        Strata that have enterprises in any of these months.
    market : float64, shape (K, S, R)
        x, the market factor of these months; neutral 1.
    """
    held = technology_of(k, fixed, population, market, state, derived)
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
    waits = will_wait(k, month, last, fixed, state)
    n_pairs, n_enterprises = (its.waiting.size, its.slot.size) if waits else (0, 0)
    cells, reached = np.empty(n_pairs, dtype=np.int32), np.empty(n_pairs, dtype=np.int32)
    place = np.empty(n_enterprises, dtype=np.int32)
    if state.waiting_count[k] > 0:
        find_places_and_cells(k, population, state, moves, its, place, cells)
    n_adopters, n_masters = its.adopters.sum(), its.mastered.sum()
    old = used if derived.terms_are_old[k] else used[derived.stratum_is_new[used]]
    derived.terms_are_old[k] = not waits  # nobody computes them
    settled = False
    for m in range(last - month):
        members, n_new = moves.members_by_industry[m], 0
        if fixed.release_month[k] == month + m:
            release(k, month + m, fixed, population, now, state, derived, its)
            find_places_and_cells(k, population, state, moves, its, place, cells)
            move_cells(0, moves.until[m], population, moves, its, place, cells)
            n_masters = its.mastered.sum()
        if state.waiting_count[k] > 0:
            if derived.terms_are_old[k]:
                old = used
                derived.terms_are_old[k] = settled = False
            if not settled:
                settle(used, old, fixed, now, state, derived, its)
                settled = True
            expose(used, members, fixed, now, state, its)
            n_new = cumulate_hazard(state.waiting_count[k], its, cells, reached)
        learns = state.released[k] and n_masters < its.mastered.size
        if learns:
            learn(k, fixed, now, derived, its)
        # The end of the month
        if n_new > 0:
            n_adopters += n_new
            adopt(k, month + m + 1, reached[:n_new], place, cells, population, now, state, its)
        if learns and learning.apply_learning(month + m + 1, its.learned, its.mastered, its.mastered_month):
            n_masters = its.mastered.sum()
            derived.terms_are_old[k] = derived.steps_are_old[k] = True
        first_move, end = moves.until[m], moves.until[m + 1]
        if end > first_move and n_adopters > 0:
            count_moved_adopters(k, first_move, end, population, state, moves, its.member_adopters)
        if end > first_move and state.waiting_count[k] > 0:
            move_cells(first_move, end, population, moves, its, place, cells)
        record_technology(k, month + m + 1, n_masters, its, counts)
    keep(k, held, state)


@inlined
def release(
    k: int,
    month: int,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    state: Changing,
    derived: Derived,
    its: Technology,
) -> None:
    """Release technology k at the start of a month: its origin masters it at once; section 2.1."""
    state.released[k] = True
    enterprises = population.enterprise[population.start[k] : population.start[k + 1]]
    who = population.present[enterprises] & (its.adopted_month < 0)
    state.waiting_count[k] = waiting.let_wait(who, its.slot, its.waiting, its.remaining)
    count_contacts(k, population, now, state)
    origin = fixed.origin[k]
    if origin >= 0:
        its.mastered[origin] = True
        its.mastered_month[origin] = month
        derived.terms_are_old[k] = derived.steps_are_old[k] = True


@inlined
def settle(
    used: Array, old: Array, fixed: Fixed, now: Conditions, state: Changing, derived: Derived, its: Technology
) -> None:
    """Compute what the hazards of a technology owe to levers and institutions; sections 2.4 and 2.5.

    Parameters
    ----------
    used, old : uint32, shape (C',) and (C'',)
        Strata that have enterprises, and those whose institutional terms must be computed.
    """
    hazard.institutional_terms(
        old,
        state.region_of_stratum,
        state.on_platform,
        now.serves,
        fixed.rates[hazard.CHANNEL.INSTITUTIONAL],
        fixed.institution_scale,
        its.far_factor,
        now.readiness,
        fixed.institution_proximity,
        now.capacity,
        its.mastered,
        its.institutional_local,
        its.institutional_remote,
    )
    hazard.steady_terms(
        used,
        its.industries,
        state.on_platform,
        now.meets,
        fixed.rates,
        its.near_factor,
        fixed.substituted,
        derived.spontaneous_factor,
        derived.incentive,
        its.institutional_local,
        its.contact_factor,
        its.terms,
    )
    hazard.hazard_slopes(
        fixed.dt,
        used,
        its.industries,
        state.region_of_stratum,
        its.terms,
        its.relevance,
        its.market,
        derived.factor,
        its.scale,
        its.slope,
    )


@inlined
def expose(
    used: Array, members: Array, fixed: Fixed, now: Conditions, state: Changing, its: Technology
) -> None:
    """Compute the hazard of every stratum for a technology, up to alpha and the business network.

    Sections 2.4 and 2.5, after :func:`settle`.

    Parameters
    ----------
    used : uint32, shape (C',)
        Strata that have enterprises.
    members : int64, shape (H, S)
        Members by industry.
    """
    exposure.spatial_exposure(
        now.contact_weights,
        fixed.relatedness,
        its.industries,
        its.adopters,
        its.spatial_denominator,
        its.spatial,
    )
    exposure.digital_exposure(
        now.interoperability,
        now.meets,
        fixed.relatedness,
        its.industries,
        its.member_adopters,
        members,
        its.digital,
    )
    hazard.contact_terms(
        used,
        its.industries,
        state.region_of_stratum,
        state.on_platform,
        fixed.rates,
        its.near_factor,
        its.far_factor,
        now.readiness,
        its.spatial,
        its.digital,
        its.institutional_remote,
        its.contact_factor,
        its.terms,
    )
    hazard.hazard_rates(
        fixed.dt,
        used,
        its.industries,
        state.region_of_stratum,
        its.terms,
        its.scale,
        its.slope,
        its.spatial,
        its.base,
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
    """Return technology k with the hazards of the present state, of all strata in ``used``, uint32 (C',)."""
    its = technology_of(k, fixed, population, market, state, derived)
    find_factors(used, now, state, derived)
    settle(used, used, fixed, now, state, derived, its)
    expose(used, state.members_by_industry, fixed, now, state, its)
    return its


@inlined
def cumulate_hazard(n_waiting: int, its: Technology, cells: Array, reached: Array) -> int:
    """Cumulate the hazard of all pairs of a technology that wait, and return how many reach their threshold."""
    return adoption.cumulate_hazard(
        its.base.reshape(-1),
        its.slope.reshape(-1),
        cells[:n_waiting],
        its.exposures[:n_waiting],
        its.remaining[:n_waiting],
        reached,
    )


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
            its.learning_step,
        )
    learning.advance_learning(its.mastered, its.learning_step, its.learning_left, its.learned)


@inlined
def adopt(
    k: int,
    month: int,
    reached: Array,
    place: Array,
    cells: Array,
    population: Population,
    now: Conditions,
    state: Changing,
    its: Technology,
) -> None:
    """Let those that have reached their threshold adopt technology k, and tell their partners; section 2.6."""
    newly = np.empty(reached.size, dtype=np.int32)
    adoption.adopt(
        month,
        reached,
        its.waiting,
        cells,
        its.slot,
        population.region_of,
        population.industry_of,
        state.region_of_stratum,
        state.stratum_mask,
        its.terms,
        its.spatial,
        its.exposures,
        newly,
        its.adopted_month,
        its.attribution,
        its.adopters,
        its.member_adopters,
    )
    waiting.stop_waiting(
        reached,
        state.waiting_count[k],
        its.waiting,
        place,
        its.remaining,
        its.contacts,
        its.exposures,
        cells,
    )
    state.waiting_count[k] -= reached.size
    network.tell_partners(
        newly,
        population.indptr,
        population.indices,
        population.region_of,
        now.local_contacts,
        place,
        its.contacts,
        its.exposures,
    )


@compiled
def count_contacts(k: int, population: Population, now: Conditions, state: Changing) -> None:
    """Count the contacts of all that wait for technology k anew, and their exposure to partners; section 2.4."""
    first, end = population.start[k], population.start[k + 1]
    last = first + state.waiting_count[k]
    waits, pattern = state.waiting[first:last], population.pattern_of[k]
    contacts, exposures = state.contacts[first:last], state.exposures[first:last]
    network.count_no_adopter(waits, population.partners[pattern], population.region_of, contacts)
    network.network_exposures(now.local_contacts, contacts, exposures)
    adopters = population.enterprise[first:end][state.adopted_month[first:end] >= 0]
    place = np.empty(population.region_of.size, dtype=np.int32)
    waiting.find_places(waits, place)
    network.tell_partners(
        adopters,
        population.indptr,
        population.indices,
        population.region_of,
        now.local_contacts,
        place,
        contacts,
        exposures,
    )


@inlined
def find_places_and_cells(
    k: int,
    population: Population,
    state: Changing,
    moves: Moves,
    its: Technology,
    place: Array,
    cells: Array,
) -> None:
    """Set the places of those that wait for technology k, and their cells before the first month."""
    waits = its.waiting[: state.waiting_count[k]]
    waiting.find_places(waits, place)
    strata.cells_of_waiting(
        waits,
        moves.stratum_at_start,
        population.industry_of,
        its.partners,
        moves.is_used.size,
        its.adopters.shape[0],
        cells,
    )


@inlined
def move_cells(
    first: int,
    end: int,
    population: Population,
    moves: Moves,
    its: Technology,
    place: Array,
    cells: Array,
) -> None:
    """Bring the cells of those that wait for a technology up to date, after some of the moves."""
    strata.move_cells(
        moves.moved[first:end],
        moves.moved_to[first:end],
        population.industry_of,
        its.partners,
        moves.is_used.size,
        its.adopters.shape[0],
        place,
        cells,
    )


@inlined
def record_technology(k: int, month: int, n_masters: int, its: Technology, counts: Counts) -> None:
    """Record the adopters and masters of technology k at the end of a month."""
    for r in range(its.adopters.shape[1]):
        for s in range(its.adopters.shape[0]):
            counts.adopters[k, month, r, s] = its.adopters[s, r]
    counts.mastered[month, k] = n_masters
