"""One replication for a notebook: metrics, curves, ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation import metrics
from simulation.engine.simulate import simulate
from simulation.record import Record
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """The output of one replication as metrics and tables."""

    record: Record

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Every metric of section 5 by name, nan where it is undefined; units in ``simulation.metrics.METRICS``."""
        return metrics.compute(self.record)

    @cached_property
    def undefined(self) -> dict[str, str]:
        """The reason why a metric is nan, one sentence each."""
        return metrics.reasons(self.record)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Adopters and eligible enterprises by month (0 is the start), region, industry and technology."""
        import pandas as pd

        r = self.record
        cells = np.argwhere((r.eligible > 0).any(axis=0))
        months = np.arange(r.months + 1)
        cell = np.tile(np.arange(len(cells)), months.size)
        region, industry, technology = cells[cell].T
        month = np.repeat(months, len(cells))
        return pd.DataFrame(
            {
                "month": month,
                "region": np.array(r.regions)[region],
                "industry": np.array(r.industries)[industry],
                "technology": np.array(r.technologies)[technology],
                "adopters": r.adopters[month, region, industry, technology],
                "eligible": np.broadcast_to(r.eligible, r.adopters.shape)[
                    month, region, industry, technology
                ],
            }
        )

    @property
    def ledger(self) -> pd.DataFrame:
        """Planned, spent and unspent units by policy, instrument, region and year (0-based)."""
        return self.record.ledger


def run(spec: Scenario | str | Path, seed: int = 1) -> Run:
    """Run one replication of a scenario, or of the scenario file or shipped scenario of that name.

    Raises
    ------
    ScenarioError, DataError : if the scenario or its tables are invalid.
    HyperclusterError : if the seed is invalid.
    """
    return Run(simulate(spec if isinstance(spec, Scenario) else load_scenario(spec), seed))
