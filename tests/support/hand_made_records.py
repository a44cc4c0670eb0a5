"""A record made by hand, so that what is computed from it is tested without a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.channels import Channel
from simulation.record import Record


def record_of(
    adopters: npt.ArrayLike,
    eligible: npt.ArrayLike,
    *,
    release_month: Sequence[int] | None = None,
    macroregion_of: Sequence[int] | None = None,
    members_anywhere: int = 0,
    attribution: Mapping[Channel, float] | None = None,
    environmental: Sequence[int] = (),
) -> Record:
    """A record with the given counts; each region is its own macroregion unless said.

    ``adopters`` has shape (T + 1, R, S, K), ``eligible`` (R, S, K) where enterprises stay the same, else
    (T + 1, R, S, K), ``attribution`` adoptions by channel; ``environmental`` are the places of such
    technologies.
    """
    eligible = np.asarray(eligible, dtype=np.int64)
    eligible = eligible.reshape(-1, *eligible.shape[-3:])
    adopters = np.asarray(adopters, dtype=np.int32)
    _, r, s, k = eligible.shape
    months = adopters.shape[0] - 1
    owed = np.zeros((r, k, len(Channel)))
    if attribution is None:
        owed[:, :, Channel.SPONTANEOUS] = adopters[-1].sum(axis=1)
    else:
        owed[0, 0] = [attribution.get(channel, 0.0) for channel in Channel]
    macroregion_of = list(range(r)) if macroregion_of is None else list(macroregion_of)
    return Record(
        scenario="handmade",
        seed=1,
        steps_per_year=12,
        regions=tuple(f"region_{i:02d}" for i in range(r)),
        macroregions=tuple(f"macroregion_{i:02d}" for i in range(max(macroregion_of) + 1)),
        macroregion_of=np.asarray(macroregion_of, dtype=np.int64),
        industries=tuple(f"industry_{i}" for i in range(s)),
        technologies=tuple(f"technology_{i:02d}" for i in range(k)),
        directions=("direction",) * k,
        environmental=np.isin(np.arange(k), environmental),
        platforms=(),
        release_month=np.asarray([0] * k if release_month is None else release_month, dtype=np.int64),
        eligible=eligible,
        adopters=adopters,
        may_join=np.zeros((len(eligible), 0, r), dtype=np.int64),
        members=np.zeros((months + 1, 0, r), dtype=np.int32),
        members_anywhere=np.full(months + 1, members_anywhere, dtype=np.int32),
        enterprises=eligible.max(axis=3, initial=0).sum(axis=(1, 2)),
        mastered=np.zeros((months + 1, k), dtype=np.int32),
        attribution=owed,
        ledger=pd.DataFrame(),
        planned_pv=100.0,
        spent_pv=90.0,
        technologies_left_out=0,
    )
