"""A study whose runs are given by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from simulation.metrics import METRICS
from simulation.results.reader import Results


class HandMade(Results):
    """A study whose runs are given, scenario by scenario; a metric that is not named is 0 everywhere."""

    def __init__(self, values: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        self.manifest = {"scenarios": [{"name": name, "title": name.title()} for name in values]}
        frames = []
        for name, metrics in values.items():
            length = len(next(iter(metrics.values())))
            columns = {
                metric: np.asarray(metrics.get(metric, [0.0] * length), dtype=float) for metric in METRICS
            }
            frames.append(pd.DataFrame({"scenario": name, "replication": range(length), **columns}))
        self.frame = pd.concat(frames, ignore_index=True)

    def runs(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        return self.frame if columns is None else self.frame[list(columns)]
