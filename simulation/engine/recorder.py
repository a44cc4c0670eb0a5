"""Recording the counts of a replication month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulation.channels import Channel
from simulation.engine import arrays, months
from simulation.engine.kernels.adoption import attribution_by_region
from simulation.record import Record
from simulation.state import State
from simulation.world import Array, World

if TYPE_CHECKING:  # importing pandas takes longer than running a replication
    import pandas as pd


class Recorder:
    """Collects counts month by month. Month 0 is the start."""

    def __init__(self, world: World) -> None:
        r, s, k, h, _ = world.shape
        rows = world.months + 1
        # Rows of months that are still to come are 0. Others may read them; only compiled months and this class write.
        self.counts = arrays.Counts(
            adopters=np.zeros((k, rows, r, s), dtype=np.int32),
            members=np.zeros((rows, h, r), dtype=np.int32),
            members_anywhere=np.zeros(rows, dtype=np.int32),
            mastered=np.zeros((rows, k), dtype=np.int32),
        )
        self._enterprises = np.zeros((rows if world.enterprises_change else 1, r, s), dtype=np.int64)
        self._enterprises[0] = world.enterprises.counts

    @property
    def adopters(self) -> Array:
        """int32 (T + 1, R, S, K): the adopters of each month, as a view of ``counts``."""
        return np.moveaxis(self.counts.adopters, 0, 3)

    def note_enterprises(self, first: int, last: int, counts: Array) -> None:
        """Record the enterprises present, int64 (R, S), at the end of months ``first + 1`` to ``last``."""
        if len(self._enterprises) > 1:
            self._enterprises[first + 1 : last + 1] = counts

    def record(self, state: State) -> None:
        """Record the counts at the end of the month of ``state``, again if something has changed since."""
        months.record(state.month, arrays.changing(state), self.counts)

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
        attribution = np.empty((r, k, len(Channel)))
        attribution_by_region(
            pairs.start,
            pairs.enterprise,
            world.enterprises.region_of,
            state.adopted_month,
            state.attribution,
            attribution,
        )
        done = slice(0, state.month + 1)
        enterprises = self._enterprises[done]
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
            eligible=enterprises[..., None] * (world.technologies.relevance > 0),
            adopters=self.adopters[done],
            may_join=(world.platforms.may_join * enterprises[:, None]).sum(axis=3),
            members=self.counts.members[done],
            members_anywhere=self.counts.members_anywhere[done],
            enterprises=enterprises.sum(axis=(1, 2)),
            mastered=self.counts.mastered[done],
            attribution=attribution,
            ledger=ledger,
            planned_pv=planned_pv,
            spent_pv=spent_pv,
            technologies_left_out=len(world.technologies.left_out),
        )
