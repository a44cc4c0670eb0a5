"""Recording the counts of a replication month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulation.channels import Channel
from simulation.record import Record
from simulation.state import State
from simulation.world import Array, World

if TYPE_CHECKING:  # importing pandas takes longer than running a replication
    import pandas as pd


class Recorder:
    """Collects counts month by month. Month 0 is the start."""

    def __init__(self, world: World) -> None:
        r, s, k, h, _ = world.shape
        months = world.months + 1
        # Rows of months that are still to come are 0. Others may read them, but only this class writes them.
        self.adopters = np.zeros((months, r, s, k), dtype=np.int32)
        self.members = np.zeros((months, h, r), dtype=np.int32)
        self.members_anywhere = np.zeros(months, dtype=np.int32)
        self._mastered = np.zeros((months, k), dtype=np.int32)
        self._counts = np.zeros((months if world.enterprises_change else 1, r, s), dtype=np.int64)
        self._counts[0] = world.enterprises.counts

    def record(self, state: State, counts: Array) -> None:
        """Record the end of a month; ``counts``, int64 (R, S), are the enterprises present in it."""
        if len(self._counts) > 1:
            self._counts[state.month] = counts
        self.adopters[state.month] = state.adopters
        self.members[state.month] = state.members
        self.members_anywhere[state.month] = np.count_nonzero(state.mask_of)
        self._mastered[state.month] = np.count_nonzero(state.mastered, axis=0)

    def finish(
        self,
        scenario: str,
        world: World,
        state: State,
        *,
        ledger: pd.DataFrame,
        planned_pv: float,
        spent_pv: float,
    ) -> Record:
        """Return the record up to the month of ``state``."""
        r, _, k, _, _ = world.shape
        pairs = world.pairs
        adopted = np.flatnonzero(state.adopted_month >= 0)
        technology = np.repeat(np.arange(k), np.diff(pairs.start))[adopted]
        cell = world.enterprises.region_of[pairs.enterprise[adopted]].astype(np.int64) * k + technology
        attribution = np.stack(
            [np.bincount(cell, state.attribution[adopted, x], minlength=r * k) for x in Channel],
            axis=-1,
        )
        done = slice(0, state.month + 1)
        counts = self._counts[done]
        return Record(
            scenario=scenario,
            seed=world.seed,
            steps_per_year=world.steps_per_year,
            regions=world.regions.ids,
            macroregions=world.regions.macroregions,
            macroregion_of=world.regions.macroregion_of,
            industries=world.enterprises.industries,
            technologies=world.technologies.names,
            directions=world.technologies.directions,
            environmental=world.technologies.environmental,
            platforms=world.platforms.names,
            release_month=world.technologies.release_month,
            eligible=counts[..., None] * (world.technologies.relevance > 0),
            adopters=self.adopters[done],
            may_join=(world.platforms.may_join * counts[:, None]).sum(axis=3),
            members=self.members[done],
            members_anywhere=self.members_anywhere[done],
            enterprises=counts.sum(axis=(1, 2)),
            mastered=self._mastered[done],
            attribution=attribution.reshape(r, k, len(Channel)),
            ledger=ledger,
            planned_pv=planned_pv,
            spent_pv=spent_pv,
            technologies_left_out=len(world.technologies.left_out),
        )
