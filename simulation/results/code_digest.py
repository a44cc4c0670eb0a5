"""Which code the numbers of a replication come from: what all scenarios share, and what only some of them use.

A scenario does not depend on an instrument, a mechanism or a dataset that it does not name. So the digest of the code
has parts: one for all that is shared, and one for each file or dataset that is used where a scenario names it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation import plugins

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

PACKAGE = Path(__file__).parents[1]

MODEL = (
    *("data", "engine", "mechanisms", "metrics", "policies", "scenario"),
    *(
        "channels.py",
        "compiled.py",
        "elementary.py",
        "levers.py",
        "quantiles.py",
        "record.py",
        "settings.py",
        "state.py",
        "streams.py",
        "world.py",
    ),
)
"""The rooms that carry the numbers from a scenario to its metrics. What else they import (errors, the types of
arguments, reading of files) can refuse an input, but not change a number."""

OPEN = ("mechanisms", "metrics", "policies")
"""Packages that discover their modules, so that no other module need import them by name."""

SHARED = "shared"
"""Name of the part that every scenario uses."""

_NAMED = re.compile(rf"simulation\.((?:{'|'.join(OPEN)})\.\w+)".encode())


def code_parts(package: Path = PACKAGE) -> dict[str, str]:
    """Return the SHA-256 of each part of the model's code and shipped tables, by name.

    Parts beside ``SHARED`` are files of the rooms ``OPEN``, such as "policies/technopark.py", and datasets, such as
    "data/russia-2023". A file that another file of the model imports by name counts as shared.
    """
    texts = {path.relative_to(package).as_posix(): path.read_bytes() for path in _files(package)}
    named = {
        f"{found.decode().replace('.', '/')}.py"
        for file, text in texts.items()
        for found in _NAMED.findall(text)
        if file != f"{found.decode().replace('.', '/')}.py"
    }
    parts: dict[str, list[str]] = {SHARED: []}
    for file in sorted(texts):
        parts.setdefault(SHARED if file in named else _part_of(file), []).append(file)
    return {part: _digest({file: texts[file] for file in files}) for part, files in parts.items()}


def all_parts() -> Mapping[str, str]:
    """Return the parts of this program and its plugins."""
    return _own_parts() | plugins.parts()


@cache
def _own_parts() -> dict[str, str]:
    return code_parts()  # read once, because what is running does not change any more


def used_parts(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Return those parts that scenarios use; not their datasets, whose content has a digest of its own.

    Every replication has all metrics, so that all of their files are used.
    """
    specs = list(scenarios)
    used = {SHARED, *(f"plugin {name}" for name in used_plugins(specs))}
    for spec in specs:
        for part in (*spec.policies, *spec.mechanisms_on):
            used.add(f"{type(part).__module__.removeprefix('simulation.').replace('.', '/')}.py")
    return {part: sha for part, sha in all_parts().items() if part in used or _is_metric(part)}


def used_plugins(scenarios: Iterable[Scenario]) -> dict[str, dict[str, Any]]:
    """Return what plugins add that scenarios use, for their manifest: by plugin its version, digest and names."""
    from simulation.mechanisms import MECHANISMS
    from simulation.metrics import METRICS
    from simulation.policies import INSTRUMENTS

    specs = list(scenarios)
    used: dict[str, Iterable[tuple[str, plugins.Plugin | None]]] = {
        "policies": [(p.instrument, INSTRUMENTS.plugin_of(p.instrument)) for s in specs for p in s.policies],
        "mechanisms": [(m.key, MECHANISMS.plugin_of(m.key)) for s in specs for m in s.mechanisms_on],
        "metrics": [(name, METRICS.plugin_of(name)) for name in METRICS],
    }
    found: dict[str, dict[str, Any]] = {}
    for group, names in used.items():
        for name, plugin in dict(names).items():
            if plugin is not None:
                entry = found.setdefault(
                    plugin.name,
                    {"version": plugin.version, "sha256": plugin.sha256, "file": Path(plugin.path).name},
                )
                entry.setdefault(group, []).append(name)
    return dict(sorted(found.items()))


def edited(there: object, here: object, *, since: str = "since") -> list[str]:
    """Return why numbers of two programs do not belong together, one line each; none if they do.

    Parameters
    ----------
    there, here
        What their manifests have as ``code``. A part that only one of them has is used by scenarios that only one of
        them has, except for metrics.
    since
        When the edit was made, in words.
    """
    if not (isinstance(there, Mapping) and isinstance(here, Mapping)):
        return [] if there == here else [_EDITED[SHARED].format(since=since)]
    both = [part for part in here if part in there]
    found = [
        _other_plugin(part, there[part], here[part])
        or _EDITED.get(part, f"the model: {part} was edited {{since}}").format(since=since)
        for part in both
        if there[part] != here[part]
    ]
    for part in sorted({*there, *here}.difference(both)):
        if _is_metric(part):
            gone, there_or_now = ("there", "now") if part in there else ("now", "there")
            found.append(f"metrics: {part} is {gone} and not {there_or_now}, so runs would differ in columns")
    return found


def together(code: object) -> str:
    """Return one SHA-256 for what a manifest has as ``code``, to be shown to people."""
    if not isinstance(code, Mapping):
        return str(code)
    return _digest({part: str(sha).encode() for part, sha in sorted(code.items())})


def _other_plugin(part: str, there: str, here: str) -> str:
    """Return how the versions of a plugin differ, if it is one and says so."""
    old, new = (digest.rpartition(" ")[0] for digest in (there, here))
    return f"{part}: version {old} there, {new} now" if part.startswith("plugin ") and old != new else ""


_EDITED = {SHARED: "the model: its code or shipped tables were edited {since}"}


def _files(package: Path) -> Iterator[Path]:
    for name in MODEL:
        place = package / name
        if place.suffix:
            yield place
        else:
            yield from (path for kind in ("*.py", "*.csv") for path in place.rglob(kind))


def _part_of(file: str) -> str:
    room, *below = file.split("/")
    if room == "data" and len(below) > 1:
        return f"{room}/{below[0]}"
    return file if room in OPEN and below != ["__init__.py"] else SHARED


def _is_metric(part: str) -> bool:
    return part.startswith("metrics/")


def _digest(texts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for file, text in texts.items():
        digest.update(f"{file}\0".encode() + text + b"\0")
    return digest.hexdigest()
