"""A fit against what was observed: runs of the fitted model, their synchronization, and regions that are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from simulation.files.durable import replace
from simulation.fit import predictive, validation
from simulation.fit.left_out import LARGEST_K, left_out
from simulation.fit.running import WORDS, Fitted
from simulation.fit.words import page

SYNCHRONIZATION, CURVES, RUNS, LEFT_OUT = "synchronization.csv", "curves.csv", "runs.csv", "left_out.csv"

FILES = (SYNCHRONIZATION, CURVES, RUNS, LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Checks:
    """What a fit is held against; tables as the modules that make them describe."""

    synchronization: pd.DataFrame
    curves: pd.DataFrame
    runs: pd.DataFrame
    left_out: pd.DataFrame | None  # None where there is one region

    def sections(self) -> dict[str, list[str]]:
        """Return sentences by heading."""
        found = {"Synchronization": predictive.sentences(self.synchronization)}
        if self.left_out is not None:
            found["Regions left out"] = left_out_sentences(self.left_out)
        return found


def checked(fitted: Fitted, out: Path, *, tell: Callable[[str], None] = lambda _: None) -> Checks:
    """Return what a fit is held against, and write it into the folder of the fit."""
    runs = predictive.predictive(fitted, runs=fitted.study.runs, tell=tell)
    has_others = len(fitted.seen.world.regions.ids) > 1
    found = Checks(
        predictive.synchronization(runs),
        predictive.curves(runs),
        runs.measures,
        left_out(fitted, runs, tell=tell) if has_others else None,
    )
    write_checks(out, found)
    replace(out / WORDS, page(fitted, found.sections()).encode())
    return found


def write_checks(out: Path, found: Checks) -> None:
    """Write the tables into the folder of a fit."""
    tables = {
        SYNCHRONIZATION: found.synchronization,
        CURVES: found.curves,
        RUNS: found.runs,
        LEFT_OUT: found.left_out,
    }
    for name, table in tables.items():
        if table is None:
            (out / name).unlink(missing_ok=True)
        else:
            replace(out / name, table.to_csv(index=False, lineterminator="\n").encode())


def left_out_sentences(frame: pd.DataFrame) -> list[str]:
    """Return how the predictions of regions that were left out compare, in words."""
    found = validation.sentences(frame)
    anew = sorted(frame.region[frame.refitted].unique())
    if anew:
        found.append(
            f"Without {', '.join(anew)} the posterior was drawn anew, as it is too different for weights (k above "
            f"{LARGEST_K})."
        )
    return found
