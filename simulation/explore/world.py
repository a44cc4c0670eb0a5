"""One world of an ensemble as ordinary scenarios, to run or to open on the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.arguments import whole_number
from simulation.errors import HyperclusterError
from simulation.explore.ensemble import (
    AS_DESIGNED,
    design_values,
    ensemble_from,
    parameters_of,
    recorded,
)
from simulation.explore.matching import FACTOR
from simulation.explore.parameters import Parameter, changed
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.results.reader import Results


def write_world(results: Results, point: int, file: Path) -> list[Path]:
    """Write the scenarios at a point as NAME_SCENARIO.toml beside ``file``, and return their paths.

    Raises
    ------
    HyperclusterError
        If there is no such point, its target is out of reach, a file of another kind stands there, or the folder
        cannot be made.
    NotAffordable
        If a plan is not affordable in that world.
    """
    recorded(results.manifest)
    make_folder(file.parent)
    point = whole_number("--world", point, most=results.manifest["ensemble"]["points"] - 1)
    values = design_values(results, [point]).loc[point]
    parameters = parameters_of(results.manifest)
    settings: list[tuple[Parameter, object]] = [
        (parameter, value.item() if isinstance(value, np.generic) else value)
        for parameter in parameters
        if (value := values[parameter.name]) is not None and value == value
    ]
    if ensemble_from(results).matches:
        settings.append((FACTOR, _factor(results, point)))
    written = []
    for own in results.specs():
        if own.name.endswith(AS_DESIGNED):
            continue
        spec, _ = changed(own, settings)
        path = file.with_name(f"{file.stem}_{spec.name}.toml")
        if path.exists():
            raise HyperclusterError(f"{path}: is already there; choose another --write")
        replace(path, f"# World {point} of {results.path.name}\n{spec.to_toml()}".encode())
        written.append(path)
    return written


def _factor(results: Results, point: int) -> float:
    """Return the factor on the rates with which the baseline of a matched world has its target."""
    identity = recorded(results.manifest)["identity"]
    runs = results.runs(["scenario", "replication", FACTOR.name])
    its = (runs["scenario"] == identity["baseline"]) & (
        runs["replication"] == point * identity["replications"]
    )
    factors = runs.loc[its, FACTOR.name]
    if factors.empty or factors.isna().all():
        raise HyperclusterError(f"--world {point}: no factor on the rates reaches the target of this world")
    return float(factors.iloc[0])
