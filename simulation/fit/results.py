"""The folder of a fit as its figures and its report read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from simulation.errors import ResultsError
from simulation.fit.checks import CURVES, LEFT_OUT, RUNS, SYNCHRONIZATION
from simulation.fit.running import (
    DISPERSION,
    FINDINGS,
    FORECAST,
    IDENTITY,
    POSTERIOR,
    PROFILES,
    STUDY,
    SUMMARY,
)


@dataclass(frozen=True, slots=True)
class FitResults:
    """What the folder of a fit holds; tables as the modules that write them describe."""

    path: Path
    title: str
    about: str
    sentences: list[str]
    caveats: list[str]
    study: str  # its file
    summary: pd.DataFrame
    profiles: pd.DataFrame | None  # None by simulation
    draws: pd.DataFrame
    synchronization: pd.DataFrame
    curves: pd.DataFrame
    runs: pd.DataFrame
    forecast: pd.DataFrame | None  # with --until
    left_out: pd.DataFrame | None


def is_fit(folder: Path) -> bool:
    """Whether a folder is that of a fit."""
    return (folder / IDENTITY).is_file()


def read_fit_results(folder: Path) -> FitResults:
    """Return what the folder of a fit holds.

    Raises
    ------
    ResultsError
        If the fit is not finished, or a file is damaged.
    """
    try:
        words = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
        return FitResults(
            path=folder,
            title=str(words["title"]),
            about=str(words["about"]),
            sentences=[str(each) for each in words["sentences"]],
            caveats=[str(each) for each in words["caveats"]],
            study=(folder / STUDY).read_text(encoding="utf-8"),
            summary=pd.read_csv(folder / SUMMARY),
            profiles=_optional(folder / PROFILES),
            draws=_draws(folder),
            synchronization=pd.read_csv(folder / SYNCHRONIZATION, dtype={"reason": str}).fillna(
                {"reason": ""}
            ),
            curves=pd.read_csv(folder / CURVES),
            runs=pd.read_csv(folder / RUNS),
            forecast=_optional(folder / FORECAST),
            left_out=_optional(folder / LEFT_OUT),
        )
    except FileNotFoundError as error:
        missing = Path(error.filename).name if error.filename else "a file"
        raise ResultsError(
            f"{folder}: the fit is not finished, {missing} is missing; run hypercluster fit again"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{folder}: the fit cannot be read: {error}; run hypercluster fit again") from None


def _draws(folder: Path) -> pd.DataFrame:
    draws = pd.read_parquet(folder / POSTERIOR)
    if not (folder / DISPERSION).is_file():
        return draws
    return pd.concat([draws, pd.read_parquet(folder / DISPERSION)], axis=1)


def _optional(path: Path) -> pd.DataFrame | None:
    return pd.read_csv(path) if path.is_file() else None
