"""Reading a manifest, and its form: what readers of a results folder rely on, and refuse it without."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from annotated_types import Ge, Le, Len
from pydantic import AfterValidator, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from simulation.errors import Problem, ProblemsError, ResultsError, listed
from simulation.files.held_folder import check_encoding
from simulation.files.plain import AT_MOST, NotPlainError, read_plain
from simulation.files.text import TextFault
from simulation.files.toml import parse_toml, texts_in
from simulation.hidden_characters import fault_of
from simulation.results.code_digest import SHARED
from simulation.results.manifest import ANY_PROGRAM, MANIFEST, PROGRAM, Manifest
from simulation.scenario.messages import expected
from simulation.settings import Line, Text

MOST_STEPS = 100_000
"""More than any scenario may have; readers allocate arrays of that length."""
MOST_PROBLEMS = 50
"""Problems of a manifest that are listed individually."""
LONGEST_SHOWN = 60
"""Characters of a wrong value that a message repeats."""


# A folder is read several times in a row, and a search or an explanation has many scenarios.
@lru_cache(maxsize=512)
def _toml(text: str) -> str:
    try:
        data = parse_toml(text)
    except TextFault as fault:
        raise ValueError(f"must be a scenario: {fault.message}") from None
    for found in (text, *texts_in(data)):
        if hidden := fault_of(found, lines=True):
            raise ValueError(hidden)
    return text


def _parts(code: object) -> object:
    """Return the parts of the code; a folder of format 2 has one digest of all, and is refused for its format."""
    return {SHARED: code} if isinstance(code, str) else code


def _named_once(entries: list[_Entry]) -> list[_Entry]:
    times = Counter(entry["name"] for entry in entries)
    if doubled := [name for name in times if times[name] > 1]:
        raise ValueError(f"each name must occur once; {listed(doubled)} does not")
    return entries


def _ids_once(regions: list[_Region]) -> list[_Region]:
    if len({region["id"] for region in regions}) < len(regions):
        raise ValueError("each id must occur once")
    return regions


def _technologies_once(technologies: list[_Technology]) -> list[_Technology]:
    if len({technology["name"] for technology in technologies}) < len(technologies):
        raise ValueError("each name must occur once")
    return technologies


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("each name must occur once")
    return names


class _Region(TypedDict):
    id: Line
    name: Line
    macroregion: Line
    latitude: Annotated[float, Ge(-90), Le(90)]
    longitude: Annotated[float, Ge(-180), Le(180)]
    short_name: NotRequired[Line]
    order: NotRequired[float]


class _Technology(TypedDict):
    name: Line
    direction: Line


class _Entry(TypedDict):
    name: Line
    title: Line
    description: Text
    digest: Line
    dataset_digest: Line
    months: Annotated[int, Ge(1), Le(MOST_STEPS)]
    steps_per_year: Annotated[int, Ge(1), Le(MOST_STEPS)]
    regions: Annotated[list[_Region], Len(1), AfterValidator(_ids_once)]
    industries: Annotated[list[Line], Len(1), AfterValidator(_distinct)]
    technologies: Annotated[list[_Technology], Len(1), AfterValidator(_technologies_once)]
    text: Annotated[str, AfterValidator(_toml)]


class _Plugin(TypedDict):
    version: str
    sha256: Line
    file: str
    policies: NotRequired[list[Line]]
    mechanisms: NotRequired[list[Line]]
    metrics: NotRequired[list[Line]]


class _Manifest(TypedDict):
    """The part of the manifest that readers of a results folder rely on."""

    __pydantic_config__ = ConfigDict(strict=True, allow_inf_nan=False)  # type: ignore[misc]

    program: Literal["hypercluster"]
    format: int
    version: Line
    code: Annotated[dict[Line, Line], BeforeValidator(_parts)]
    plugins: NotRequired[dict[Line, _Plugin]]
    seed: int
    replications: int
    keep: NotRequired[Literal["all", "curves", "metrics"]]
    scenarios: Annotated[list[_Entry], Len(1), AfterValidator(_named_once)]
    command: str
    python: Line
    packages: dict[Line, Line]
    started: Line
    ended: Line | None
    failures: list[dict[str, Any]]
    damaged: list[Any]


MANIFEST_FORM: TypeAdapter[_Manifest] = TypeAdapter(_Manifest)


def read_manifest(folder: Path, *, at_most: int = AT_MOST) -> Manifest:
    """Return the manifest of a results folder, at most ``at_most`` bytes, which proves that this program wrote it.

    Raises
    ------
    ResultsError
        If it is missing, unreadable, of another program, or lacks what readers of the folder rely on; names all
        problems at once.
    """
    return checked(folder, MANIFEST_FORM, program=PROGRAM, at_most=at_most)


def checked(folder: Path, form: TypeAdapter[Any], *, program: str, at_most: int = AT_MOST) -> Manifest:
    """Return the manifest of a folder that a program of ours wrote in this form; errors as there."""
    check_encoding(folder)
    path = folder / MANIFEST
    try:
        manifest = json.loads(read_plain(path, at_most=at_most).decode())
    except FileNotFoundError:
        raise ResultsError(f"{folder}: no results here ({MANIFEST} is missing)") from None
    except NotADirectoryError:
        raise ResultsError(f"{folder}: is a file; expected the folder of a study") from None
    except NotPlainError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from None
    found = manifest.get("program") if isinstance(manifest, dict) else None
    if found != program:
        other = _READERS.get(found) if isinstance(found, str) else None
        raise ResultsError(f"{path}: {other or 'not the manifest of a study; another program wrote it'}")
    try:
        form.validate_python(manifest)
    except ValidationError as error:
        faults = error.errors()
        told = [_problem(path, details) for details in faults[:MOST_PROBLEMS]]
        problems = ProblemsError(told, len(faults[MOST_PROBLEMS:]))
        raise ResultsError(
            f"{problems}\nRestore the file, or run the study again into another folder."
        ) from None
    return manifest


_READERS = {
    PROGRAM: "the manifest of a study of scenarios, which simulation.Results reads",
    ANY_PROGRAM: "the manifest of runs of a function, which simulation.AnyResults reads",
}
"""What another program of ours wrote, and what reads it."""


def _problem(path: Path, details: ErrorDetails) -> Problem:
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in details["loc"])
    found = json.dumps(details["input"], ensure_ascii=False)
    missing = details["type"] == "missing"
    return Problem(
        file=str(path),
        line=None,
        key=key.removeprefix("."),
        message="missing" if missing else expected(details),
        found="" if missing or len(found) > LONGEST_SHOWN else found,
    )
