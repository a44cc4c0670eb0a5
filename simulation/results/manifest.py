"""The manifest of a results folder: the study that it holds, the program that made it, and its progress."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from simulation import plugins
from simulation.results.code_digest import SHARED, all_parts, edited, used_parts, used_plugins

if TYPE_CHECKING:
    from simulation.data.reader import RegionRow
    from simulation.scenario.schema import Scenario

DISTRIBUTION = "hypercluster-abm"
"""Name of the package that is installed; the command and the program are called hypercluster."""

PROGRAM = "hypercluster"
"""The program that writes results folders: ``program`` in their manifests."""

ANY_PROGRAM = "hypercluster run_any"
"""The same of folders with the runs of a function (:mod:`simulation.results.any_manifest`)."""

MANIFEST = "manifest.json"

Manifest = dict[str, Any]

FORMAT = 3
"""Raised whenever files of an older program could be misread."""

ARITHMETIC = ("numpy", "numba")
"""Packages whose other versions may round differently."""

PACKAGES = ("numpy", "numba", "pandas", "pyarrow", "pydantic", "mesa")


def now() -> str:
    """Return the time of day, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def model_versions() -> Mapping[str, str]:
    """Return what a replication depends on besides scenario and seed: the model and its arithmetic libraries.

    The digest covers the whole model, used or not, because all machines of a cluster can run the same
    program.
    """
    parts = {"the model" if part == SHARED else part: sha for part, sha in all_parts().items()}
    return parts | _arithmetic()


@cache
def _arithmetic() -> dict[str, str]:
    return {name: version(name) for name in ARITHMETIC}


def other_versions(there: object) -> list[str]:
    """Return the differences between a worker's :func:`model_versions` and those here, in a few words each."""
    if not isinstance(there, Mapping):
        return ["the model"]
    here = model_versions()
    return [
        f"{name} ({_version_in(there.get(name))} there, {_version_in(here.get(name))} here)"
        if name in ARITHMETIC or name.startswith("plugin ")
        else name
        for name in dict.fromkeys([*here, *map(str, there)])
        if there.get(name) != here.get(name)
    ]


def _version_in(digest: object) -> str:
    """Return the version alone where a digest stands behind it, as for plugins."""
    version, _, sha = str(digest).rpartition(" ")
    return "none" if digest is None else version or sha[:12]


def new_manifest(
    scenarios: Sequence[Scenario], replications: int, *, seed: int, command: str, keep: str = "all"
) -> Manifest:
    """Return the manifest of a study that is about to begin."""
    used = used_plugins(scenarios)
    return {
        "format": FORMAT,
        "program": PROGRAM,
        "version": version(DISTRIBUTION),
        "code": used_parts(scenarios),
        "seed": seed,
        "replications": replications,
        "keep": keep,
        "scenarios": [_entry(spec) for spec in scenarios],
        "command": command,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "host": platform.node(),
        "started": now(),
        "ended": None,
        "status": "running",
        "state": {},
        "failures": [],
        "damaged": [],
    } | ({"plugins": used} if used else {})


def keep_of(manifest: Manifest) -> str:
    """Return what a study keeps of each replication, "all" if its manifest is older than that choice."""
    return str(manifest.get("keep", "all"))


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as text, with ranges for consecutive ones: "0-4, 7"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _entry(spec: Scenario) -> dict[str, Any]:
    dataset = spec.dataset
    return {
        "name": spec.name,
        "title": spec.title,
        "description": spec.description,
        "digest": spec.digest,
        "dataset_digest": dataset.digest,
        "assumptions": list(dataset.assumptions),
        "months": spec.time.months,
        "steps_per_year": spec.time.steps_per_year,
        "regions": [_region(region) for region in dataset.regions],
        "industries": list(dataset.industries),
        "technologies": [
            {"name": row.technology, "direction": row.direction, "environmental": row.environmental}
            for row in dataset.technologies
        ],
        "text": spec.to_toml(),
    }


def _region(region: RegionRow) -> dict[str, Any]:
    told = {
        "id": region.id,
        "name": region.name,
        "macroregion": region.macroregion,
        "latitude": region.latitude,
        "longitude": region.longitude,
    }
    told |= {} if region.short_name == region.name else {"short_name": region.short_name}
    return told if region.order is None else told | {"order": region.order}


def differences(there: Manifest, here: Manifest) -> list[str]:
    """Return the reasons why the replications of two manifests cannot share a folder, one line each."""
    found = [
        f"{what}: {there.get(key)} there, {here[key]} now"
        for key, what in (
            ("format", "format of the folder"),
            ("version", "version of hypercluster"),
            ("seed", "seed"),
        )
        if there.get(key) != here[key]
    ]
    if (kept := keep_of(there)) != keep_of(here):
        found.append(f"what is kept: --keep {kept} there, --keep {keep_of(here)} now")
    found += [
        f"version of {name}: {old} there, {new} now" for name, old, new in other_arithmetic(there, here)
    ]
    if not found:
        found += edited(there.get("code"), here["code"])
    found += _between_plugins(there.get("plugins", {}), here.get("plugins", {}))
    old = {entry["name"]: entry for entry in there["scenarios"]}
    new = {entry["name"]: entry for entry in here["scenarios"]}
    found += _between_ensembles(there.get("ensemble"), here.get("ensemble"))
    found += [f"scenario {name}: there, but not asked for now" for name in old if name not in new]
    for name, entry in new.items():
        if name not in old:
            continue
        if old[name]["dataset_digest"] != entry["dataset_digest"]:
            found.append(f"scenario {name}: the tables of its dataset were edited since")
        elif old[name]["digest"] != entry["digest"]:
            found += [f"scenario {name}: {line}" for line in changed_keys(old[name]["text"], entry["text"])]
    return found


def missing_plugins(
    manifest: Manifest, *, adding: Sequence[str] = ("policies", "mechanisms", "metrics")
) -> list[str]:
    """Return what a study needs that is not loaded here, one line a plugin that adds such, with what would do."""
    return [
        f"plugin {name} {entry['version']}".rstrip()
        + f": it adds {_added_by(entry)}, and is not loaded now; "
        + (f"add --plugin {entry['file']}" if entry["file"] else f"install {name}")
        for name, entry in manifest.get("plugins", {}).items()
        if name not in plugins.known() and any(group in entry for group in adding)
    ]


def _added_by(entry: Mapping[str, Any]) -> str:
    words = {"policies": "the instrument", "mechanisms": "the mechanism", "metrics": "the metric"}
    return ", ".join(
        f"{word}{'s' * (len(entry[group]) > 1)} {', '.join(entry[group])}"
        for group, word in words.items()
        if group in entry
    )


def _between_plugins(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Return why replications with and without a plugin cannot share a folder, one line each."""
    return missing_plugins({"plugins": there}) + [
        f"plugin {name} {entry['version']}".rstrip()
        + f": now and not there; it adds {_added_by(entry)}, so runs would differ in columns; leave it out"
        for name, entry in here.items()
        if name not in there and "metrics" in entry
    ]


def _between_ensembles(there: Mapping[str, Any] | None, here: Mapping[str, Any] | None) -> list[str]:
    """Return why the points of two ensembles cannot share a folder, one line each."""
    if there is None or here is None:
        return [] if there is here else ["one is an ensemble of worlds, and the other is not"]
    old, new = (dict(_leaves(each["identity"])) for each in (there, here))
    found = [
        f"{' '.join(key)}: {_shown(old, key)} there, {_shown(new, key)} now"
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
    return _first(found, at_most=5)


def _first(lines: list[str], *, at_most: int) -> list[str]:
    rest = len(lines) - at_most
    return lines[:at_most] + ([f"and {rest} more"] if rest > 0 else [])


def _leaves(identity: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in identity.items():
        if isinstance(value, Mapping):
            yield from (((key, name), inner) for name, inner in value.items())
        else:
            yield (key,), value


def _shown(leaves: Mapping[tuple[str, ...], Any], key: tuple[str, ...]) -> str:
    return json.dumps(leaves[key], ensure_ascii=False) if key in leaves else "none"


def other_arithmetic(there: Manifest, here: Manifest) -> list[tuple[str, str, str]]:
    """Return the packages that may round differently and differ in version, with both versions."""
    pairs = ((name, *(of["packages"].get(name, "unknown") for of in (there, here))) for name in ARITHMETIC)
    return [(name, old, new) for name, old, new in pairs if old != new]


def changed_keys(there: str, here: str, *, at_most: int = 5) -> list[str]:
    """Return which keys differ between the texts of two scenarios, one line each."""
    changed = changed_values(*(tomllib.loads(text) for text in (there, here)), but=("title", "description"))
    return _first(changed, at_most=at_most) or ["changed"]


def changed_values(
    there: Mapping[str, Any], here: Mapping[str, Any], *, but: Sequence[str] = ()
) -> list[str]:
    """Return which values of two nested tables differ, one line each, except those of some keys."""
    old, new = (dict(_flat(table)) for table in (there, here))
    return [
        f"{key}: {_value(old, key)} there, {_value(new, key)} now"
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key) and key not in but
    ]


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value and all(isinstance(inner, Mapping) for inner in value):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{key}[{place}]")
    else:
        yield key, value


def _value(flat: Mapping[str, Any], key: str) -> str:
    return json.dumps(flat[key], ensure_ascii=False) if key in flat else "not set"
