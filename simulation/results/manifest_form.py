"""The form of a manifest: what readers of a results folder rely on, and refuse it without."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from annotated_types import Ge, Le, Len
from pydantic import AfterValidator, BeforeValidator, ConfigDict, TypeAdapter

from simulation.errors import listed
from simulation.files.text import TextFault
from simulation.files.toml import parse_toml, texts_in
from simulation.hidden_characters import fault_of
from simulation.results.code_digest import SHARED
from simulation.settings import Line, Text

MOST_STEPS = 100_000
"""More than any scenario may have; readers allocate arrays of that length."""


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
