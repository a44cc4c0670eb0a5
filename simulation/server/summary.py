"""What a finished study shows: bands, differences, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simulation.compare import compare
from simulation.figures.bands import QUANTILES, quantiles
from simulation.figures.inputs import study_curves
from simulation.figures.study import ScenarioCurves, StudyCurves
from simulation.results import Results
from simulation.server.side import SHOWN, plain
from simulation.verdict import verdicts


def summary(folder: Path, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what a finished study shows: bands, differences b less a, verdict; as ``study`` of the protocol.

    Parameters
    ----------
    folder : the results.
    names : scenario of each side.
    """
    results = Results(folder)
    study = study_curves(results, scenarios=list(names.values()))
    by_name = {scenario.name: scenario for scenario in study.scenarios}
    place = {region: n for n, region in enumerate(study.region_ids)}
    rows = [place[entry["id"]] for entry in results.manifest["scenarios"][0]["regions"]]
    answer: dict[str, Any] = {
        "state": "done",
        "folder": folder.name,
        "replications": max(len(scenario.seeds) for scenario in study.scenarios),
        "quantiles": list(QUANTILES),
        "years": plain(study.tau_years),
        "sides": {side: _bands(by_name[name], rows) for side, name in names.items()},
        "differences": [],
        "verdict": "",
    }
    if len(names) == 2:
        answer |= _compared(results, names, study)
    return answer


def _bands(scenario: ScenarioCurves, rows: list[int]) -> dict[str, Any]:
    return {
        "pooled": plain(quantiles(scenario.pooled)),
        "regional": [plain(quantiles(scenario.regional[:, row])) for row in rows],
    }


def _compared(results: Results, names: Mapping[str, str], study: StudyCurves) -> dict[str, Any]:
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
        "verdict": " ".join(verdicts(pair, {s.name: s.title for s in study.scenarios})),
    }
