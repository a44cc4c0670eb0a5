"""The manifest of a results folder with the runs of any function (:func:`simulation.batch.run_any.run_any`)."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from annotated_types import Len
from pydantic import ConfigDict, TypeAdapter

from simulation.results.bookkeeping import Kind
from simulation.results.manifest import ANY_PROGRAM, Manifest, changed_values, now
from simulation.results.manifest_form import checked
from simulation.settings import Line

ANY_FORMAT = 1
"""Raised whenever files of an older program could be misread."""


class _Entry(TypedDict):
    name: Line
    parameters: dict[str, Any]


class _AnyManifest(TypedDict):
    __pydantic_config__ = ConfigDict(strict=True, allow_inf_nan=False)  # type: ignore[misc]

    program: Literal["hypercluster run_any"]
    format: int
    function: Line
    sources: dict[Line, Line]
    packages: dict[Line, Line]
    seed: int
    replications: int
    keep: Literal["metrics"]
    scenarios: Annotated[list[_Entry], Len(1)]
    command: str
    python: Line
    started: Line
    ended: Line | None
    failures: list[dict[str, Any]]
    damaged: list[Any]


_FORM: TypeAdapter[_AnyManifest] = TypeAdapter(_AnyManifest)


def new_any_manifest(
    scenarios: Mapping[str, Mapping[str, Any]],
    replications: int,
    *,
    seed: int,
    function: str,
    sources: Mapping[str, str],
    packages: Mapping[str, str],
    command: str,
) -> Manifest:
    """Return the manifest of runs that are about to begin.

    Parameters
    ----------
    scenarios : parameters by the name of the scenario.
    function : module and name, with a colon in between.
    sources : digest of each of the user's own modules that the function needs, by name.
    packages : version of each installed package that these import, by name.
    """
    return {
        "program": ANY_PROGRAM,
        "format": ANY_FORMAT,
        "function": function,
        "sources": dict(sources),
        "packages": dict(packages),
        "seed": seed,
        "replications": replications,
        "keep": "metrics",
        "scenarios": [
            {"name": name, "parameters": dict(parameters)} for name, parameters in scenarios.items()
        ],
        "command": command,
        "python": platform.python_version(),
        "host": platform.node(),
        "started": now(),
        "ended": None,
        "status": "running",
        "state": {},
        "failures": [],
        "damaged": [],
    }


def read_any_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder with the runs of a function.

    Raises
    ------
    ResultsError
        If it is missing, unreadable, of another program, or lacks what readers of the folder rely on.
    """
    return checked(folder, _FORM, program=ANY_PROGRAM)


def any_differences(there: Manifest, here: Manifest) -> list[str]:
    """Return the reasons why the runs of two manifests cannot share a folder, one line each."""
    found = [
        f"{what}: {there.get(key)} there, {here[key]} now"
        for key, what in (("format", "format of the folder"), ("function", "function"), ("seed", "seed"))
        if there.get(key) != here[key]
    ]
    found += _between(there["sources"], here["sources"], what="module {}", edited="edited since")
    found += _between(there["packages"], here["packages"], what="version of {}", edited="{} there, {} now")
    old = {entry["name"]: entry["parameters"] for entry in there["scenarios"]}
    new = {entry["name"]: entry["parameters"] for entry in here["scenarios"]}
    found += [f"scenario {name}: there, but not asked for now" for name in old if name not in new]
    for name in (name for name in old if name in new):
        found += [f"scenario {name}: {line}" for line in changed_values(old[name], new[name])]
    return found


def edited_modules(there: Mapping[str, str], here: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the modules that differ."""
    return sorted(name for name in {*there, *here} if there.get(name) != here.get(name))


def _between(there: Mapping[str, str], here: Mapping[str, str], *, what: str, edited: str) -> list[str]:
    found = []
    for name in edited_modules(there, here):
        if name in there and name in here:
            why = edited.format(there[name], here[name])
        else:
            why = "imported there, and not now" if name in there else "imported now, and not there"
        found.append(f"{what.format(name)}: {why}")
    return found


RUNS_OF_A_FUNCTION = Kind(read_any_manifest, any_differences)
