"""Exposures to institutions and on platforms (equations 3 and 4), where dates of mastery and membership are known.

By the kernels of the model, for each stratum: the enterprises of one region that are on the same platforms. The hazard
(5) is linear in b_I and b_D as well. Vectors of platforms multiply all of it, or its spontaneous term, by factors that
follow from membership, so that they weigh the exposures of every channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.channels import Channel
from simulation.engine.build.frame import frame_of
from simulation.engine.kernels.exposure import digital_exposure
from simulation.engine.kernels.hazard import contact_terms, institutional_terms, stratum_factors
from simulation.engine.platform_effects import PlatformEffects
from simulation.fit.observed import Observed
from simulation.levers import Levers
from simulation.scenario.vectors import Vector
from simulation.world import Array

Contacts = tuple[Array, Array]
"""Weights of contacts between regions, (R, R), the giving one last, and relatedness, (S, S); or their derivatives."""


@dataclass(frozen=True, slots=True)
class _Conditions:
    """What platforms do while they are open; C strata."""

    levers: Levers
    effects: PlatformEffects
    served: Array  # bool (C, J), institutions that a platform brings to the enterprises of a stratum
    factor: Array  # float64 (C,), on the whole hazard
    spontaneous: Array  # float64 (C,), on the spontaneous term


class DatedExposures:
    """Contact with institutions and on platforms of the P pairs, after each of the T periods."""

    def __init__(self, observed: Observed) -> None:
        self._observed, self._world = observed, observed.world
        world, spec = observed.world, observed.spec
        of, complexity = world.enterprises, world.technologies.complexity
        _, _, n_technologies, n_platforms, n_institutions = world.shape
        self._far = (1.0 - complexity) ** 2
        self._institution_scale = float(spec.diffusion.institution_scale)
        self._industries = [
            np.flatnonzero(rho > 0).astype(np.uint32) for rho in world.technologies.relevance.T
        ]
        rows, never = observed.periods + 1, observed.periods + 1
        masks = observed.members
        if masks is None:
            masks = np.zeros((1, of.region_of.size), dtype=np.uint64)
        places = np.stack([np.broadcast_to(of.region_of, masks.shape).astype(np.uint64), masks], axis=-1)
        strata, number = np.unique(places.reshape(-1, 2), axis=0, return_inverse=True)
        self._stratum_of = np.broadcast_to(number.reshape(masks.shape), (rows, masks.shape[1]))
        self._masks = np.broadcast_to(masks, (rows, masks.shape[1]))
        self._region_of = strata[:, 0].astype(np.int64)
        self._bits = np.arange(n_platforms, dtype=np.uint64)
        self._on_platform = _has(strata[:, 1][:, None], self._bits)
        mastered = observed.mastered
        self._mastered = np.full((n_institutions, n_technologies), never) if mastered is None else mastered
        schedule, vectors = frame_of(spec).schedule, spec.vectors.of_all()
        found: dict[int, _Conditions] = {}
        self._conditions = []
        for t in range(rows):
            levers = schedule.levers(min(t, world.months - 1))
            if id(levers) not in found:
                found[id(levers)] = self._under(levers, vectors)
            self._conditions.append(found[id(levers)])
        self._members = np.array(
            [self._by_platform(t, np.ones(of.region_of.size, bool)) for t in range(rows)]
        )
        self._member_adopters = np.array(
            [self._adopters_by_platform(t, observed.period <= t) for t in range(observed.periods)]
        )

    def factors(self, row: int) -> tuple[Array, Array]:
        """Return the factors on the whole hazard of enterprises and on its spontaneous term, float64 (N,)."""
        conditions, stratum = self._conditions[row], self._stratum_of[row]
        return conditions.factor[stratum], conditions.spontaneous[stratum]

    def cumulated(self, ends: Sequence[Array], contacts: Contacts, moves: Sequence[Contacts]) -> Array:
        """Return what has cumulated from the release on, float64 (1 + moves, ends, P, 2): I and f_far delta D.

        Parameters
        ----------
        ends : int64, shape (P,)
            The last period that counts, of each pair.
        contacts, moves
            Weights and their derivatives by some parameters, by which those of the exposures follow.
        """
        pairs, release = self._world.pairs, self._world.technologies.release_month
        total = np.zeros((1 + len(moves), len(ends), pairs.enterprise.size, 2))
        for k in range(release.size):
            own = slice(pairs.start[k], pairs.start[k + 1])
            enterprises = pairs.enterprise[own]
            industry = self._world.enterprises.industry_of[enterprises]
            before: tuple[int, bytes] | None = None
            for t in range(int(release[k]), self._observed.periods):
                conditions, mastered = self._conditions[t], self._mastered[:, k] <= t
                now = (id(conditions), mastered.tobytes())
                if now != before:
                    institutional = self._institutional(k, conditions, mastered, contacts, moves)
                    before = now
                digital = self._digital(k, t, self._member_adopters[t, k], contacts, moves)
                stratum = self._stratum_of[t, enterprises]
                factor = conditions.factor[stratum]
                found = np.stack([institutional[:, stratum], digital[:, stratum, industry]], axis=-1)
                for end, of_end in zip(ends, total.swapaxes(0, 1), strict=True):
                    of_end[:, own] += np.where(t < end[own], factor, 0.0)[:, None] * found
        return total

    def after(self, row: int, has: Array, contacts: Contacts) -> Array:
        """Return I and f_far delta D, float64 (P, 2), after a period, where these pairs, bool (P,), have adopted."""
        pairs, conditions = self._world.pairs, self._conditions[row]
        found = np.empty((pairs.enterprise.size, 2))
        adopters = self._adopters_by_platform(row, has)
        for k in range(len(self._far)):
            own = slice(pairs.start[k], pairs.start[k + 1])
            stratum = self._stratum_of[row, pairs.enterprise[own]]
            industry = self._world.enterprises.industry_of[pairs.enterprise[own]]
            mastered = self._mastered[:, k] <= row
            found[own, 0] = self._institutional(k, conditions, mastered, contacts, ())[0, stratum]
            found[own, 1] = self._digital(k, row, adopters[k], contacts, ())[0, stratum, industry]
        return found

    def _under(self, levers: Levers, vectors: tuple[Vector, ...]) -> _Conditions:
        effects = PlatformEffects(self._world, levers, vectors, self._far)
        n = self._region_of.size
        factor, spontaneous, incentive = (np.empty(n) for _ in range(3))
        stratum_factors(
            np.arange(n, dtype=np.uint32),
            self._region_of,
            self._on_platform,
            levers.readiness,
            levers.training,
            levers.incentive,
            effects.bonus,
            effects.government,
            factor,
            spontaneous,
            incentive,
        )
        assert not incentive.any(), "only policies pay incentives"
        served = self._on_platform.astype(np.int64) @ effects.serves.astype(np.int64) > 0
        return _Conditions(levers, effects, served, factor, spontaneous)

    def _by_platform(self, row: int, who: Array) -> Array:
        """Return how many of these enterprises, bool (N,), are on each platform, int64 (H, S)."""
        industry_of, n_industries = (
            self._world.enterprises.industry_of,
            len(self._world.enterprises.industries),
        )
        inside = _has(self._masks[row], self._bits[:, None]) & who
        counted = [np.bincount(industry_of[of_one], minlength=n_industries) for of_one in inside]
        return np.array(counted, dtype=np.int64).reshape(len(counted), n_industries)

    def _adopters_by_platform(self, row: int, has: Array) -> Array:
        """Return the members that have adopted, int64 (K, H, S); ``has``, bool (P,)."""
        pairs, found = self._world.pairs, []
        for k in range(len(self._far)):
            own = slice(pairs.start[k], pairs.start[k + 1])
            who = np.zeros(self._masks.shape[1], dtype=bool)
            who[pairs.enterprise[own][has[own]]] = True
            found.append(self._by_platform(row, who))
        return np.array(found)

    def _institutional(
        self, k: int, conditions: _Conditions, mastered: Array, contacts: Contacts, moves: Sequence[Contacts]
    ) -> Array:
        """Return I of every stratum, and its derivatives, float64 (1 + moves, C)."""
        regions, of = self._world.regions, self._world.institutions.region_of
        readiness, capacity = conditions.levers.readiness, conditions.effects.capacity
        near = regions.government_quality[:, None] * contacts[0].T[:, of]
        n = self._region_of.size
        local, remote = np.empty(n), np.empty(n)
        institutional_terms(
            np.arange(n, dtype=np.uint32),
            self._region_of,
            self._on_platform,
            conditions.effects.serves,
            1.0,
            self._institution_scale,
            float(self._far[k]),
            readiness,
            near,
            capacity,
            mastered,
            local,
            remote,
        )
        found = [local + remote]
        if moves:
            near_of = near[self._region_of]
            far = np.where(conditions.served, self._far[k] * readiness[self._region_of][:, None], 0.0)
            known = capacity * mastered
            left = np.exp(-(np.maximum(near_of, far) @ known) / self._institution_scale)
            for d_weights, _ in moves:
                slope = (regions.government_quality[:, None] * d_weights.T[:, of])[self._region_of]
                found.append(left * (np.where(near_of >= far, slope, 0.0) @ known) / self._institution_scale)
        return np.array(found)

    def _digital(
        self, k: int, row: int, adopters: Array, contacts: Contacts, moves: Sequence[Contacts]
    ) -> Array:
        """Return f_far delta D of every stratum and industry, and its derivatives, float64 (1 + moves, C, S)."""
        conditions, industries, members = self._conditions[row], self._industries[k], self._members[row]
        effects, (weights, phi) = conditions.effects, contacts
        n, n_industries = self._region_of.size, phi.shape[0]
        found = np.zeros((1 + len(moves), n, n_industries))
        if not effects.meets.any():
            return found
        omega, readiness = conditions.levers.interoperability, conditions.levers.readiness
        exposure = np.zeros(members.shape)
        digital_exposure(omega, effects.meets, phi, industries, adopters, members, exposure)
        rates, terms = np.zeros(len(Channel)), np.zeros((n, n_industries, len(Channel)))
        rates[Channel.DIGITAL] = 1.0
        contact_terms(
            np.arange(n, dtype=np.uint32),
            industries,
            self._region_of,
            self._on_platform,
            rates,
            0.0,
            float(self._far[k]),
            readiness,
            np.zeros((n_industries, weights.shape[0])),
            exposure,
            np.zeros(n),
            np.ones(n),  # contact is added
            terms,
        )
        found[0] = terms[:, :, Channel.DIGITAL]
        if moves:
            linked = omega * effects.meets * effects.meets[:, None]
            can = np.isin(np.arange(n_industries), industries)
            total = linked @ (members * can) @ phi.T
            best = np.where(self._on_platform[:, :, None], exposure, -1.0).argmax(axis=1)  # (C, S)
            weight = (
                self._far[k] * readiness[self._region_of][:, None] * self._on_platform.any(axis=1)[:, None]
            )
            for slope, (_, d_phi) in zip(found[1:], moves, strict=True):
                change = linked @ (adopters * can) @ d_phi.T - exposure * (linked @ (members * can) @ d_phi.T)
                change = np.divide(change, total, out=np.zeros_like(change), where=total > 0)
                slope[:] = weight * np.take_along_axis(change, best, axis=0)
                slope[:, ~can] = 0.0
        return found


def _has(masks: Array, bits: Array) -> Array:
    """Whether these memberships hold these platforms; arrays broadcast."""
    found: Array = ((masks >> bits) & np.uint64(1)).astype(bool)
    return found
