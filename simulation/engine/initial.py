"""The state of a replication before its first month."""

from __future__ import annotations

import numpy as np

from simulation.channels import Channel
from simulation.engine.kernels.network import Contact
from simulation.engine.kernels.strata import LAST
from simulation.state import State
from simulation.world import World


def initial_state(world: World) -> State:
    """Return the state at the start: no adoptions, no mastered technologies, no memberships."""
    r, s, k, h, j = world.shape
    n, p = world.enterprises.region_of.size, world.pairs.enterprise.size
    c = numbers_for_strata(n, r, h)
    remaining = world.enterprises.absorptive_capacity[world.pairs.enterprise]
    with np.errstate(divide="ignore", over="ignore"):  # infinite if alpha is almost 0: no adoption
        np.divide(world.pairs.threshold, remaining, out=remaining)
    state = State(
        month=0,
        released=np.zeros(k, dtype=bool),
        waiting=world.pairs.enterprise.copy(),  # nobody waits before the release
        waiting_count=np.zeros(k, dtype=np.int64),
        remaining=remaining,
        contacts=np.zeros((p, len(Contact)), dtype=np.int32),
        exposures=np.zeros(p),
        adopted_month=np.full(p, -1, dtype=np.int32),
        adopters=np.zeros((r, s, k), dtype=np.int64),
        attribution=np.zeros((p, len(Channel))),
        mastered=np.zeros((j, k), dtype=bool),
        mastered_month=np.full((j, k), -1, dtype=np.int32),
        learning_left=world.institutions.threshold.copy(),
        mask_of=np.zeros(n, dtype=np.uint64),
        members=np.zeros((h, r), dtype=np.int64),
        members_by_industry=np.zeros((h, s), dtype=np.int64),
        member_adopters=np.zeros((h, s, k), dtype=np.int64),
        stratum_of=world.enterprises.region_of.copy(),
        stratum_mask=np.zeros(c, dtype=np.uint64),
        strata_made=np.array([r], dtype=np.int64),
        stratum_next=np.full(c, LAST, dtype=np.int64),
        stratum_size=np.zeros(c, dtype=np.int64),
        region_of_stratum=np.zeros(c, dtype=np.int64),
        on_platform=np.zeros((c, h), dtype=bool),
        capacity_left=np.ones(r),
    )
    state.region_of_stratum[:r] = np.arange(r)
    state.stratum_size[:r] = np.bincount(world.enterprises.region_of, minlength=r)
    return state


def numbers_for_strata(n_enterprises: int, n_regions: int, n_platforms: int) -> int:
    """Return C: a number for each possible stratum, or enough for all enterprises to be alone and move at once."""
    return min(2 * n_enterprises + n_regions, n_regions * 2**n_platforms)
