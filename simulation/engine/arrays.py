"""The arrays that the compiled months read and write, as named tuples that are built once. Letters as in
``simulation.world``; C strata.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

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


def compiled_once[T: (Fixed, Population, Conditions)](values: T) -> T:
    """Return the tuple with all arrays contiguous and writeable, although nobody writes them; bits are the same.

    For other arrays the months would be compiled anew, which takes a minute. Those of a dataset cannot be written.
    """
    given: dict[str, Any] = values._asdict()
    arrays: dict[str, Any] = {
        name: np.require(value, requirements=("C", "W"))
        for name, value in given.items()
        if isinstance(value, np.ndarray)
    }
    return values._replace(**arrays)


class Changing(NamedTuple):
    """The arrays of :class:`simulation.state.State` that a month changes."""

    released: Array
    waiting: Array
    waiting_count: Array
    remaining: Array
    contacts: Array
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
    """The counts recorded every month; month 0 is the start."""

    adopters: Array  # int32 (K, T + 1, R, S), because technologies pass through the months one by one
    members: Array  # int32 (T + 1, H, R)
    members_anywhere: Array  # int32 (T + 1,)
    mastered: Array  # int32 (T + 1, K)
