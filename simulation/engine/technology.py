"""The arrays of one technology, taken out of the state before its months and put back after them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.compiled import compiled
from simulation.engine.arrays import Changing, Derived, Fixed, Population
from simulation.engine.kernels import adoption
from simulation.world import Array


class Technology(NamedTuple):
    """What one technology's months read and write most. A pair is the number of an enterprise among the eligible."""

    # What stays as it is
    industries: Array  # uint32 (S',), the eligible ones
    near_factor: float  # f_near
    far_factor: float  # f_far
    relevance: Array  # float64 (S,), rho
    market: Array  # float64 (S, R), x
    spatial_denominator: Array  # float64 (S, R)
    institutional_local: Array  # float64 (C,), views of what is derived
    institutional_remote: Array  # float64 (C,)
    learning_step: Array  # float64 (J,)
    slot: Array  # int32 (N,), the pair of each enterprise, or -1
    partners: Array  # int32 (N,), eligible ones
    # What changes; views, by place
    waiting: Array  # int32 (pairs,), the enterprise at each place: see kernels.waiting
    remaining: Array  # float64 (pairs,)
    contacts: Array  # int32 (pairs, 4)
    exposures: Array  # float64 (pairs,), B
    # What changes; views, for pairs
    adopted_month: Array  # int32 (pairs,)
    attribution: Array  # float64 (pairs, channels)
    # What changes; copies
    adopters: Array  # float64 (S, R), A
    member_adopters: Array  # int64 (H, S)
    mastered: Array  # bool (J,), y
    mastered_month: Array  # int32 (J,)
    learning_left: Array  # float64 (J,)
    learned: Array  # bool (J,), at the end of the month
    spatial: Array  # float64 (S, R), S
    digital: Array  # float64 (H, S), D
    contact_factor: Array  # float64 (C,), factor on b_S, b_B and b_D
    terms: Array  # float64 (C, S, channels), 1/year
    scale: Array  # float64 (C, S), factor on all terms
    base: Array  # float64 (2, C, S), hazard of a month over alpha: see hazard_rates
    slope: Array  # float64 (2, C, S), what business partners add at exposure 1


@compiled
def technology_of(
    k: int, fixed: Fixed, population: Population, market: Array, state: Changing, derived: Derived
) -> Technology:
    """Return technology k at the state."""
    n_regions, n_industries, n_strata = (
        state.adopters.shape[0],
        state.adopters.shape[1],
        state.stratum_mask.size,
    )
    n_platforms, n_institutions = state.members.shape[0], state.mastered.shape[0]
    first, end, pattern = population.start[k], population.start[k + 1], population.pattern_of[k]
    return Technology(
        np.flatnonzero(fixed.relevance[k] > 0.0).astype(np.uint32),
        fixed.near_factor[k],
        fixed.far_factor[k],
        fixed.relevance[k],
        market[k],
        population.spatial_denominator[k],
        derived.institutional_local[k],
        derived.institutional_remote[k],
        derived.learning_step[k],
        population.slot[pattern],
        population.partners[pattern],
        state.waiting[first:end],
        state.remaining[first:end],
        state.contacts[first:end],
        state.exposures[first:end],
        state.adopted_month[first:end],
        state.attribution[first:end],
        np.ascontiguousarray(state.adopters[:, :, k].T).astype(np.float64),
        np.ascontiguousarray(state.member_adopters[:, :, k]),
        np.ascontiguousarray(state.mastered[:, k]),
        np.ascontiguousarray(state.mastered_month[:, k]),
        np.ascontiguousarray(state.learning_left[:, k]),
        np.zeros(n_institutions, dtype=np.bool_),
        np.empty((n_industries, n_regions)),
        np.empty((n_platforms, n_industries)),
        np.empty(n_strata),
        np.empty((n_strata, n_industries, adoption.N_CHANNELS)),
        np.empty((n_strata, n_industries)),
        np.empty((2, n_strata, n_industries)),
        np.empty((2, n_strata, n_industries)),
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
