"""What changes from month to month in one replication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.engine.kernels import crowds
from simulation.world import CHANNELS, Array, World


@dataclass(slots=True)
class State:
    """What changes from month to month. Letters as in ``simulation.world``, C crowds."""

    month: int  # months done
    released: Array  # bool (K,)
    waiting: Array  # int32 (P,), see kernels.clock
    waiting_count: Array  # int64 (K,)
    remaining: Array  # float64 (P,), threshold less cumulated hazard, both over alpha
    near: Array  # int32 (P,), partners of the same region that have adopted
    far: Array  # int32 (P,), partners of other regions that have adopted
    exposures: Array  # float64 (P,), B under the levers of the month
    adopted_month: Array  # int32 (P,), -1 before
    adopters: Array  # int64 (R, S, K), among the enterprises present
    credit: Array  # float64 (P, 6)
    mastered: Array  # bool (J, K)
    mastered_month: Array  # int32 (J, K), -1 before
    learning_left: Array  # float64 (J, K)
    mask_of: Array  # uint64 (N,), bit h for platform h
    members: Array  # int64 (H, R)
    members_by_industry: Array  # int64 (H, S)
    member_adopters: Array  # int64 (H, S, K)
    crowd_of: Array  # int32 (N,)
    crowd_mask: Array  # uint64 (C,)
    crowd_next: Array  # int64 (C,)
    crowd_size: Array  # int64 (C,)
    on_platform: Array  # bool (C, H)
    capacity_left: Array  # float64 (R,), what out-migration has left of absorptive capacity

    @staticmethod
    def initial(world: World) -> State:
        """Return the state at the start: nobody has adopted, mastered or joined anything."""
        r, s, k, h, j = world.shape
        n, p = world.enterprises.region_of.size, world.pairs.enterprise.size
        c = min(n + r, r * 2**h)
        with np.errstate(
            divide="ignore", over="ignore"
        ):  # where alpha is 0, or next to it, the clock never ends
            remaining = world.pairs.threshold / world.enterprises.absorptive_capacity[world.pairs.enterprise]
        state = State(
            month=0,
            released=np.zeros(k, dtype=bool),
            waiting=np.zeros(p, dtype=np.int32),
            waiting_count=np.zeros(k, dtype=np.int64),
            remaining=remaining,
            near=np.zeros(p, dtype=np.int32),
            far=np.zeros(p, dtype=np.int32),
            exposures=np.zeros(p),
            adopted_month=np.full(p, -1, dtype=np.int32),
            adopters=np.zeros((r, s, k), dtype=np.int64),
            credit=np.zeros((p, len(CHANNELS))),
            mastered=np.zeros((j, k), dtype=bool),
            mastered_month=np.full((j, k), -1, dtype=np.int32),
            learning_left=world.institutions.threshold.copy(),
            mask_of=np.zeros(n, dtype=np.uint64),
            members=np.zeros((h, r), dtype=np.int64),
            members_by_industry=np.zeros((h, s), dtype=np.int64),
            member_adopters=np.zeros((h, s, k), dtype=np.int64),
            crowd_of=world.enterprises.region_of.copy(),
            crowd_mask=np.zeros(c, dtype=np.uint64),
            crowd_next=np.full(c, crowds.UNUSED, dtype=np.int64),
            crowd_size=np.zeros(c, dtype=np.int64),
            on_platform=np.zeros((c, h), dtype=bool),
            capacity_left=np.ones(r),
        )
        state.crowd_next[:r] = -1
        state.crowd_size[:r] = np.bincount(world.enterprises.region_of, minlength=r)
        return state
