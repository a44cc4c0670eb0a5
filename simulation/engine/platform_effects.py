"""The effects of platforms in a month: contacts and their weights (section 3)."""

from __future__ import annotations

import numpy as np

from simulation.engine.kernels.hazard import Bonus, Government
from simulation.engine.kernels.learning import learning_weights
from simulation.levers import Levers
from simulation.scenario.vectors import NO_KIND, Vector
from simulation.world import Array, World


class PlatformEffects:
    """Effects of platforms, constant while the levers do not change. Letters as in ``simulation.world``."""

    def __init__(self, world: World, levers: Levers, vectors: tuple[Vector, ...], far_factor: Array) -> None:
        institutions = world.institutions
        kinds = np.array(institutions.kinds)
        carried = world.platforms.vectors & levers.is_open[:, None]  # (H, V)
        resident = levers.resident & levers.is_open[:, None]  # (H, J)
        h, j = resident.shape
        self.meets = np.zeros(h, dtype=bool)
        self.serves = np.zeros((h, j), dtype=bool)
        self.bonus = np.zeros((h, len(Bonus)))
        self.government = np.zeros((h, len(Government)))
        linked = np.zeros((j, j), dtype=bool)
        capacity_bonus = np.zeros(j)
        for v, vector in enumerate(vectors):
            for p in np.flatnonzero(carried[:, v]):
                if vector.needs_kind != NO_KIND and not np.any(resident[p] & (kinds == vector.needs_kind)):
                    continue
                self.meets[p] |= vector.digital_contact
                self.serves[p] |= resident[p] & np.isin(kinds, vector.remote_kinds)
                learners = resident[p] & np.isin(kinds, vector.learning_kinds)
                linked |= learners[:, None] & learners[None, :]
                for bonus, added in (
                    (Bonus.ABSORPTIVE, vector.absorptive_bonus),
                    (Bonus.HAZARD, vector.hazard_bonus),
                    (Bonus.SPONTANEOUS, vector.spontaneous_bonus),
                ):
                    self.bonus[p, bonus] = max(self.bonus[p, bonus], added)
                capacity_bonus = np.maximum(capacity_bonus, vector.capacity_bonus * resident[p])
                if vector.best_government:
                    reached = world.platforms.may_join[p].any(axis=1)
                    for best, lever in (
                        (Government.TRAINING, levers.training),
                        (Government.INCENTIVE, levers.incentive),
                    ):
                        self.government[p, best] = np.max(lever[reached], initial=self.government[p, best])
        self.capacity = (
            institutions.capacity * levers.capacity[institutions.region_of] * (1.0 + capacity_bonus)
        )
        distinct, self.complexity_of = np.unique(far_factor, return_inverse=True)
        self.learning_weights = np.empty((distinct.size, j, j))
        learning_weights(
            world.regions.proximity,
            institutions.region_of,
            levers.readiness,
            linked,
            distinct,
            self.learning_weights,
        )
