"""The summary of a finished study: bands, differences, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simulation.analysis.comparison import compare
from simulation.analysis.failing_platforms import failures_of
from simulation.analysis.verdict import verdicts
from simulation.errors import ResultsError
from simulation.figures.drawing.bands import QUANTILES, quantiles
from simulation.figures.drawing.inputs import study_curves
from simulation.figures.drawing.study import ScenarioCurves, StudyCurves
from simulation.results.reader import Results
from simulation.server.protocol.messages import SideName
from simulation.server.sides.side import SHOWN, plain


def summary(folder: Path, names: Mapping[SideName, str]) -> dict[str, Any]:
    """Return the summary of a finished study: bands, differences b minus a, verdict; as ``study`` of the protocol.

    Parameters
    ----------
    folder : the results.
    names : scenario of each side.

    Raises
    ------
    ResultsError
        If no replication has finished, or the sides have different time axes.
    """
    results = Results(folder)
    # One by one, because sides may have different regions.
    studies = {side: study_curves(results, scenarios=[name]) for side, name in names.items()}
    if len({study.steps_per_year for study in studies.values()}) > 1:
        raise ResultsError("the replications are done, but sides with different steps a year share no axis")
    years = min((study.tau_years for study in studies.values()), key=len)
    answer: dict[str, Any] = {
        "state": "done",
        "folder": folder.name,
        "replications": max(len(study.scenarios[0].seeds) for study in studies.values()),
        "quantiles": list(QUANTILES),
        "years": plain(years),
        "sides": {
            side: _bands(study.scenarios[0], _rows(results, names[side], study), steps=len(years))
            | {"failing": [failure.in_words() for failure in failures_of(results, names[side])]}
            for side, study in studies.items()
        },
        "differences": [],
        "verdict": "",
    }
    if len(names) == 2:
        titles = {study.scenarios[0].name: study.scenarios[0].title for study in studies.values()}
        answer |= _compared(results, names, titles)
    return answer


def _rows(results: Results, name: str, study: StudyCurves) -> list[int]:
    """Rows of the study's curves in the order of the regions of a scenario."""
    place = {region: n for n, region in enumerate(study.region_ids)}
    entry = next(entry for entry in results.manifest["scenarios"] if entry["name"] == name)
    return [place[region["id"]] for region in entry["regions"]]


def _bands(scenario: ScenarioCurves, rows: list[int], *, steps: int) -> dict[str, Any]:
    return {
        "pooled": plain(quantiles(scenario.pooled[:, :steps])),
        "regional": [plain(quantiles(scenario.regional[:, row, :steps])) for row in rows],
    }


def _compared(results: Results, names: Mapping[SideName, str], titles: Mapping[str, str]) -> dict[str, Any]:
    comparison = compare(results, names["a"])
    pair = comparison[(comparison["scenario"] == names["b"]) & (comparison["reference"] == names["a"])]
    shown = pair[pair["metric"].isin(SHOWN)]
    columns = ["metric", "unit", "better", "difference", "low", "high", "n", "pairs"]
    return {
        "differences": [
            {
                key: None if isinstance(value, float) and not np.isfinite(value) else value
                for key, value in row.items()
            }
            for row in shown[columns].to_dict("records")
        ],
        "verdict": " ".join(verdicts(pair, titles)),
    }
