"""Runs of any function (:func:`simulation.batch.run_any.run_any`) as pandas frames, and their paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.analysis.paired import PRECISION, Difference, holm, paired_difference
from simulation.arguments import real_number
from simulation.errors import ResultsError, listed, suggestion
from simulation.files.objects import located
from simulation.results.any_manifest import read_any_manifest
from simulation.results.blocks import Replication, read_rows, reading
from simulation.results.manifest import Manifest
from simulation.results.merge import unsound_replications
from simulation.results.tables import RESERVED, TABLES_OF


class AnyResults:
    """Runs of a function on disk, finished or under way. Frames are read on request, and not kept.

    Rows are sorted by scenario (in the order of the study), then replication.

    Parameters
    ----------
    path : the results folder, or ``s3://BUCKET/NAME`` in an object store.

    Raises
    ------
    ResultsError
        If there are no runs of a function, or a file that is read is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = located(path)
        self.manifest: Manifest = read_any_manifest(self.path)

    def __repr__(self) -> str:
        failed = len(self.failures)
        return f"AnyResults({str(self.path)!r}{f', {failed} failed' if failed else ''})"

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, in the order of the study."""
        return tuple(entry["name"] for entry in self.manifest["scenarios"])

    @property
    def parameters(self) -> pd.DataFrame:
        """The parameters of each scenario, one row each with its name as index."""
        entries = self.manifest["scenarios"]
        return pd.DataFrame(
            [entry["parameters"] for entry in entries],
            index=pd.Index([entry["name"] for entry in entries], name="scenario"),
        )

    @property
    def failures(self) -> pd.DataFrame:
        """Replications that failed: scenario, replication, seed, error, traceback, and the call that repeats it."""
        columns = ["scenario", "replication", "seed", "error", "traceback", "reproduce"]
        return pd.DataFrame(self.manifest["failures"], columns=columns)

    def runs(self) -> pd.DataFrame:
        """One row per finished replication: scenario, replication, seed, the outcomes, checksum."""
        rows = read_rows(self.path, "runs", order=self.scenarios)
        with reading(self.path / "runs.parquet"):
            return rows.to_pandas()

    def compare(self, reference: str | None = None, *, precision: float = PRECISION) -> pd.DataFrame:
        """Compare every other scenario with the reference, in every outcome.

        Replications with the same number have the same seed in all scenarios, and are compared pair by pair.

        Parameters
        ----------
        reference : name of a scenario; by default the first.
        precision : desired half-width of the interval, as a share of the difference.

        Returns
        -------
        DataFrame
            One row per scenario and outcome: scenario, reference, outcome, and the fields of
            :class:`simulation.analysis.paired.Difference` but superiority, since no direction is the better one. Holm's
            correction is for all outcomes of a pair.

        Raises
        ------
        ResultsError
            If there is no such scenario.
        HyperclusterError
            If the precision is not a number above 0.
        """
        precision = real_number("precision", precision, above=0)
        reference = self.scenarios[0] if reference is None else reference
        if reference not in self.scenarios:
            raise ResultsError(
                f"no scenario {reference!r} to compare with{suggestion(reference, self.scenarios)}; "
                f"there are {listed(self.scenarios)}"
            )
        runs = self.runs()
        outcomes = [name for name in runs.columns if name not in RESERVED]
        none = runs.iloc[:0].set_index("replication")[outcomes]
        of = {str(name): rows.set_index("replication")[outcomes] for name, rows in runs.groupby("scenario")}
        rows = [
            {"scenario": name, "reference": reference, **row}
            for name in self.scenarios
            if name != reference
            for row in _differences(of.get(name, none), of.get(reference, none), precision=precision)
        ]
        fields = [name for name in Difference.__dataclass_fields__ if name != "superiority"]
        return pd.DataFrame(rows, columns=["scenario", "reference", "outcome", *fields])

    def verify(self) -> list[Replication]:
        """Return the replications whose rows do not match their checksum: none if all are sound.

        Raises
        ------
        ResultsError
            If a file cannot be read at all.
        """
        return unsound_replications(self.path, order=self.scenarios, tables=TABLES_OF["metrics"])


def _differences(
    scenario: pd.DataFrame, reference: pd.DataFrame, *, precision: float
) -> Sequence[dict[str, Any]]:
    """Return the rows of a comparison for one pair of scenarios, one per outcome."""
    both = scenario.index.intersection(reference.index)
    pairs = scenario.index.union(reference.index).size
    found = {}
    for name in scenario.columns:
        members = (runs[name].reindex(both).to_numpy(dtype=float) for runs in (scenario, reference))
        found[name] = replace(paired_difference(*members, better=None, precision=precision), pairs=pairs)
    corrected = holm(np.array([difference.p for difference in found.values()]))
    return [
        {"outcome": name, **asdict(replace(difference, p_holm=float(p)))}
        for (name, difference), p in zip(found.items(), corrected, strict=True)
    ]
