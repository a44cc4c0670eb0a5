"""What one replication leaves: counts by month, attribution, ledger. Plain arrays, ready for the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulation.world import Array

if TYPE_CHECKING:  # importing pandas takes longer than running a replication
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Record:
    """What one replication leaves. Month 0 is the start, month m the end of the m-th month, T the last.

    Letters as in ``simulation.world``. Regions, industries, technologies and platforms are sorted. E is 1 if
    the enterprises stay the same, and T + 1, one row per month, if enterprises enter and leave.
    """

    scenario: str
    seed: int
    steps_per_year: int
    regions: tuple[str, ...]  # ids
    macroregions: tuple[str, ...]
    macroregion_of: Array  # int64 (R,)
    industries: tuple[str, ...]
    technologies: tuple[str, ...]
    directions: tuple[str, ...]  # per technology
    environmental: Array  # bool (K,), environmental technologies
    platforms: tuple[str, ...]
    release_month: Array  # int64 (K,)
    eligible: Array  # int64 (E, R, S, K)
    adopters: Array  # int32 (T + 1, R, S, K)
    may_join: Array  # int64 (E, H, R)
    members: Array  # int32 (T + 1, H, R)
    members_anywhere: Array  # int32 (T + 1,), enterprises on at least one platform
    enterprises: Array  # int64 (E,), all enterprises present
    mastered: Array  # int32 (T + 1, K), institutions that master k
    attribution: Array  # float64 (R, K, channels), adoptions attributed to each Channel
    ledger: pd.DataFrame  # policy, instrument, region, year, planned, spent, unspent
    planned_pv: float  # present value of the plan, units
    spent_pv: float  # present value of what was spent, units
    technologies_left_out: int  # due at or after the horizon

    @property
    def months(self) -> int:
        """T, the number of months simulated."""
        return self.adopters.shape[0] - 1


def technologies_first(adopters: Array) -> Array:
    """Return adopters, int32 (K, T + 1, R, S) of (T + 1, R, S, K), as compiled code reads them.

    Those of a replication that has just been simulated lie in this order; nothing is copied then.
    """
    return np.ascontiguousarray(np.moveaxis(adopters, 3, 0), dtype=np.int32)
