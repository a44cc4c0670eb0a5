"""What the months of a replication consist of: how often each of three loops is passed, and how long a pass takes.

The loops are those of the model, on arrays as large as in the middle of a replication. What is left of the months is
spread over many smaller things: exposures, terms of the hazard by stratum, learning, attribution, records.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulation.engine.kernels import adoption, membership, network
from simulation.engine.month import Engine
from simulation.scenario.schema import Scenario
from simulation.streams import uniforms

TIMES, REPEATS = 21, 50
ADOPTERS = 16
"""Of one technology in one month, in the middle of a replication; partners are told of so many at a time."""


CELLS = 500
"""Strata in use times industries."""


@dataclass(frozen=True)
class Part:
    """A loop, how often a replication passes through it, and seconds a pass."""

    name: str
    times: float
    seconds: float


@nb.njit
def _visits(times, rate, gain, cells, exposures, remaining, reached):
    for _ in range(times):
        adoption.cumulate_hazard(rate, gain, cells, exposures, remaining, reached)


@nb.njit
def _tellings(adopters, indptr, indices, region_of, local_contacts, place, contacts, exposures):
    for first in range(0, adopters.size - ADOPTERS, ADOPTERS):
        network.tell_partners(
            adopters[first : first + ADOPTERS],
            indptr,
            indices,
            region_of,
            local_contacts,
            place,
            contacts,
            exposures,
        )


@nb.njit
def _decisions(times, candidates, keys, region_of, mask_of, join, stay, draws, wanted):
    for stream in range(times):
        uniforms(np.uint64(stream), keys, draws)
        membership.decide_membership(0, candidates, region_of, mask_of, join, stay, draws, wanted)


def _seconds(action: Callable[[], object]) -> float:
    action()
    found = []
    for _ in range(TIMES):
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return statistics.median(found)


def parts_of_months(spec: Scenario, seed: int) -> list[Part]:
    """Return the three largest loops of the months of a scenario without entry, exit or mobility."""
    engine = Engine(spec, seed)
    engine.run_for(engine.world.months)
    world, months, adopted = engine.world, engine.world.months, engine.state.adopted_month
    draw = np.random.default_rng(1)
    start = world.pairs.start
    release = np.repeat(world.technologies.release_month, np.diff(start))
    until = np.where(adopted < 0, months, adopted)
    visits = float(np.maximum(until - np.maximum(release, 0), 0).sum())
    told = _told(engine, until)

    n = int(np.median(np.diff(start)))  # pairs of a technology
    rate, gain = draw.random(2 * CELLS) / 1e6, draw.random(2 * CELLS) / 1e6
    place_of = draw.integers(0, 2 * CELLS, n, dtype=np.int32)
    exposures, remaining, reached = draw.random(n), np.full(n, 1e9), np.empty(n, dtype=np.int32)
    visit = (
        _seconds(lambda: _visits(REPEATS, rate, gain, place_of, exposures, remaining, reached)) / REPEATS / n
    )

    enterprises = world.enterprises
    everybody = np.arange(enterprises.region_of.size, dtype=np.int32)
    contacts = np.ones((everybody.size, 4), dtype=np.int32)
    contacts[:, network.Contact.REGION] = enterprises.region_of
    order = draw.permutation(everybody)
    ties = enterprises.indptr[order + 1] - enterprises.indptr[order]
    own = np.ones(len(world.regions.ids))
    telling = _seconds(
        lambda: _tellings(
            order,
            enterprises.indptr,
            enterprises.indices,
            enterprises.region_of,
            own,
            everybody,
            contacts,
            np.zeros(everybody.size),
        )
    ) / float(ties.sum())

    candidates, keys = everybody.astype(np.int64), draw.integers(0, 2**63, everybody.size, dtype=np.uint64)
    odds = np.full((1, own.size), 0.01), np.full((1, own.size), 0.99)
    masks = draw.integers(0, 2, everybody.size, dtype=np.uint64)
    decision = (
        _seconds(
            lambda: _decisions(
                REPEATS,
                candidates,
                keys,
                enterprises.region_of,
                masks,
                *odds,
                np.empty(keys.size),
                masks.copy(),
            )
        )
        / REPEATS
        / keys.size
    )
    decisions = float(months * sum(of_one.size for of_one in engine._candidates))
    return [
        Part("hazard of a pair that waits, cumulated", visits, visit),
        Part("partner told of an adoption", float(told), telling),
        Part("decision on a membership", decisions, decision),
    ]


def _told(engine: Engine, until: NDArray[np.int64]) -> int:
    """Return how many partners still wait when their partners adopt, over all technologies."""
    world, months = engine.world, engine.world.months
    enterprises, pairs = world.enterprises, world.pairs
    ties = np.diff(enterprises.indptr)
    here = np.repeat(np.arange(ties.size), ties)
    told = 0
    for k in range(pairs.start.size - 1):
        when = np.full(ties.size, -1)
        of_technology = slice(pairs.start[k], pairs.start[k + 1])
        when[pairs.enterprise[of_technology]] = until[of_technology]
        adopter, partner = when[here], when[enterprises.indices]
        told += int(((adopter >= 0) & (adopter < months) & (partner > adopter)).sum())
    return told
