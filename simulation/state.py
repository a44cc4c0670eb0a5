"""What changes from month to month in one replication."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.world import Array


@dataclass(slots=True)
class State:
    """What changes from month to month. Letters as in ``simulation.world``, C strata."""

    month: int  # months done
    released: Array  # bool (K,)
    waiting: (
        Array  # int32 (P,), for each technology its enterprises, those that wait first: see kernels.waiting
    )
    waiting_count: Array  # int64 (K,)
    remaining: Array  # float64 (P,), threshold minus cumulated hazard, both divided by alpha; by place
    contacts: Array  # int32 (P, 4), by place, of those that wait: see kernels.network.Contact
    exposures: Array  # float64 (P,), by place, of those that wait: B under the levers of the month
    adopted_month: Array  # int32 (P,), -1 before
    adopters: Array  # int64 (R, S, K), among the enterprises present
    attribution: Array  # float64 (P, channels)
    mastered: Array  # bool (J, K)
    mastered_month: Array  # int32 (J, K), -1 before
    learning_left: Array  # float64 (J, K)
    mask_of: Array  # uint64 (N,), bit h for platform h
    members: Array  # int64 (H, R)
    members_by_industry: Array  # int64 (H, S)
    member_adopters: Array  # int64 (H, S, K)
    stratum_of: Array  # int32 (N,)
    stratum_mask: Array  # uint64 (C,)
    strata_made: Array  # int64 (1,), numbers of strata in use
    stratum_next: Array  # int64 (C,)
    stratum_size: Array  # int64 (C,)
    region_of_stratum: Array  # int64 (C,)
    on_platform: Array  # bool (C, H)
    capacity_left: Array  # float64 (R,), share of absorptive capacity that remains after out-migration
