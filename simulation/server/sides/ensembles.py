"""What an ensemble among the results says, and where the scenarios of the page stand in its ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulation.errors import HyperclusterError
from simulation.explore.answers import Answers, answers_of
from simulation.explore.ensemble import parameters_of
from simulation.explore.outcomes import AHEAD, ALIKE, BEHIND
from simulation.explore.parameters import Parameter, paths_in
from simulation.explore.regimes import RegimeMap, regime_map
from simulation.results.reader import Results
from simulation.scenario.document import value_at
from simulation.scenario.loading import parse_scenario
from simulation.server.protocol.messages import SideName


def ensemble(folder: Path, texts: Mapping[SideName, str]) -> dict[str, Any]:
    """Return ``ensemble`` of the protocol.

    Parameters
    ----------
    texts : whole scenario of each side that is simulated.

    Raises
    ------
    HyperclusterError
        If the results are no ensemble, or cannot be read.
    """
    manifest = folder / "manifest.json"
    answers, regimes, parameters, title = _read(folder, manifest.stat().st_mtime_ns)
    axes = [_axis(parameter, texts) for parameter in parameters if not parameter.is_choice]
    return {
        "folder": folder.name,
        "title": title or " against ".join(reversed(answers.ensemble.titles.values())),
        "sentences": answers.sentences(),
        "rules": list(answers.rules),
        "shares": _shares(answers),
        "axes": axes,
        "map": None if regimes is None else _map(regimes, axes),
    }


@lru_cache(maxsize=8)  # reading a large one takes seconds
def _read(folder: Path, _: int) -> tuple[Answers, RegimeMap | None, tuple[Parameter, ...], str]:
    results = Results(folder)
    answers = answers_of(results)
    try:
        regimes = regime_map(results)
    except HyperclusterError:  # no grid over two parameters
        regimes = None
    return answers, regimes, parameters_of(results.manifest), results.manifest["ensemble"]["title"]


def _shares(answers: Answers) -> list[dict[str, Any]]:
    table = answers.shares
    if not len(table):
        return []
    leading = table[(table["filter"] == answers.leading_filter) & (table["kind"] == "worlds")]
    found = []
    for (scenario, policies, measure), rows in leading.groupby(
        ["scenario", "policies", "measure"], sort=False
    ):
        by_outcome = {row["outcome"]: row for row in rows.to_dict("records")}
        if AHEAD not in by_outcome:
            continue
        ahead = by_outcome[AHEAD]
        found.append(
            {
                "scenario": answers.ensemble.titles[str(scenario)],
                "policies": policies,
                "measure": measure,
                "ahead": float(ahead["share"]),
                "low": _or_none(float(ahead["low"])),
                "high": _or_none(float(ahead["high"])),
                "alike": float(by_outcome[ALIKE]["share"]),
                "behind": float(by_outcome[BEHIND]["share"]),
            }
        )
    return found


def _axis(parameter: Parameter, texts: Mapping[SideName, str]) -> dict[str, Any]:
    low, high = (parameter.value_at(end) for end in (0.0, 1.0))
    here = {side: _value(parameter, text) for side, text in texts.items()}
    return {
        "name": parameter.name,
        "unit": parameter.unit,
        "low": float(low),
        "high": float(high),
        **{side: here.get(side) for side in ("a", "b")},
        "place": next((_or_none(parameter.place_of(v)) for v in here.values() if v is not None), None),
    }


def _value(parameter: Parameter, text: str) -> float | None:
    """Return what a scenario has of a parameter; None if it has none, or another thing than a number."""
    if parameter.multiply:
        return None
    spec = parse_scenario(text)
    for path in paths_in(spec, parameter):
        value = value_at(spec.model_dump(), path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _map(regimes: RegimeMap, axes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the points of a regime map: places from 0 to 1, and years by which adoption is sooner."""
    across, upwards = regimes.places
    names = [parameter.name for parameter in regimes.parameters]
    marks = {axis["name"]: axis["place"] for axis in axes}
    sooner = -regimes.mean
    nodes = [(i, j) for i in range(len(across)) for j in range(len(upwards)) if regimes.ending[i, j]]
    return {
        "names": names,
        "x": [float(across[i]) for i, _ in nodes],
        "y": [float(upwards[j]) for _, j in nodes],
        "differences": [_or_none(float(sooner[node])) for node in nodes],
        "mark": [marks.get(name) for name in names],
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
