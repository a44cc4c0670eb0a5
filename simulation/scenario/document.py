"""Scenario files as text: TOML with ``extends`` and overrides, and the file and line of each key."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.errors import Problem, ScenarioError, listed, shortened, suggestion
from simulation.files.text import TextFault
from simulation.files.toml import (
    KeyPath,
    about_numbers,
    key_lines,
    key_text,
    parse_toml,
    read_toml,
    toml_value,
)
from simulation.hidden_characters import fault_of
from simulation.policies.base import MONEY

NOT_INHERITED = ("extends", "name", "title", "summary", "group", "description")
"""Keys that apply to one file only and are not inherited."""

OVERRIDE = "--set"
"""Stands for the file of a key that was set by an override."""

DEEPEST = 20
"""Maximum depth of the key of an override; no key of a scenario is deeper than five."""

_FOR_ONE = re.compile(r"\s*([a-z0-9_-]{1,64}):([^=]*=.*)", re.DOTALL)
"""The scenario that an override is for, and the rest, as in ``hypercluster:effects.technopark=2``."""

_WORDS = re.compile(r"""(?:[^\W\d]|\.{0,2}[/\\]|~)[^"'\[\]{}=#\n]*""")
"""Text that needs no quotes in an override: it begins like a word or a path and contains no TOML syntax."""


class OverrideError(Exception):
    """A fault of one override, in words."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file before merging."""

    file: str  # as the user gave it, or relative to that
    text: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario file merged with those that it extends and with overrides."""

    name: str  # of the scenario, or of its file
    layers: tuple[Layer, ...]  # the file itself first, then what it extends
    overrides: tuple[KeyPath, ...]  # in the order given
    data: dict[str, Any]  # merged

    def source(self, path: KeyPath) -> str:
        """Return the file that contains a key, or ``--set``; for a missing key, that of its table."""
        return self._owner(path)[0]

    def problem(self, path: KeyPath, message: str, *, show_value: bool = True) -> Problem:
        """Return a problem with the value at a path, located at its file and line."""
        file, layer = self._owner(path)
        line = None
        if layer is not None:
            lines = key_lines(layer.text)
            line = next(
                (lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines),
                None,
            )
        elif file == OVERRIDE:
            file = _override_of(self.name)
        found = ""
        if show_value and contains(self.data, path):
            value = value_at(self.data, path)
            tables = isinstance(value, list) and any(isinstance(item, dict) for item in value)
            found = "" if tables else shortened(toml_value(value))
        return Problem(file, line, key_text(path), message, found)

    def _owner(self, path: KeyPath) -> tuple[str, Layer | None]:
        for n in range(len(path), 0, -1):
            if any(path[: len(override)] == override for override in self.overrides):
                return OVERRIDE, None
            for layer in self.layers:
                if _decides(layer.data, path[:n]):
                    return layer.file, layer
            # A table that no file has, such as a misspelt one, belongs to the override that made it.
            if any(path[:n] == override[:n] for override in self.overrides):
                return OVERRIDE, None
        return self.layers[0].file, self.layers[0]


def contains(data: Any, path: KeyPath) -> bool:
    """Whether there is a value at the path."""
    try:
        value_at(data, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def value_at(data: Any, path: KeyPath) -> Any:
    """Return the value at the path; KeyError, IndexError or TypeError if there is none."""
    for step in path:
        if isinstance(step, str) and not isinstance(data, Mapping):
            raise KeyError(step)
        data = data[step]
    return data


def _decides(data: Any, path: KeyPath) -> bool:
    """Whether a file determines a path: it contains it, or an array or plain value above it, which replaces all."""
    return contains(data, path) or any(
        contains(data, path[:n]) and not isinstance(value_at(data, path[:n]), dict)
        for n in range(1, len(path))
    )


def read_document(path: Path, *, overrides: Sequence[str] = ()) -> Document:
    """Read a scenario file with all that it extends.

    Raises
    ------
    ScenarioError
        If a file is missing, empty, unreadable or not TOML, or ``extends`` or an override is invalid.
    """
    return _document([_layer(path)], file=path, overrides=overrides)


def document_of(text: str, *, file: Path, overrides: Sequence[str] = ()) -> Document:
    """Return the document of a text as if it were in ``file``; errors as :func:`read_document`."""
    try:
        layer = _checked_layer(file, text, parse_toml(text))
    except TextFault as fault:
        raise ScenarioError([fault.problem(file)]) from None
    return _document([layer], file=file, overrides=overrides)


def _layer(path: Path) -> Layer:
    """Read one file before merging; errors as :func:`read_document`."""
    try:
        return _checked_layer(path, *read_toml(path, expected="a scenario file (TOML)"))
    except TextFault as fault:
        raise ScenarioError([fault.problem(path)]) from None


def _checked_layer(path: Path, text: str, data: dict[str, Any]) -> Layer:
    if not data:
        raise TextFault('empty file; expected at least one key, such as extends = "baseline.toml"')
    return Layer(str(path), text, data)


def _document(layers: list[Layer], *, file: Path, overrides: Sequence[str]) -> Document:
    while "extends" in layers[-1].data:
        layers.append(_extended(layers, folder=file.parent))
    data: dict[str, Any] = {}
    for layer in reversed(layers):
        data = merged({key: data[key] for key in data if key not in NOT_INHERITED}, layer.data)
    data.pop("extends", None)
    name = str(data.get("name", file.stem))
    paths, problems = [], []
    for override in overrides:
        only = scenario_of(override)
        if only not in (None, name):
            continue
        try:
            key, value = parse_override(override)
            key = _with_places(data, key)
            data = _with_one_kind_of_money(replaced(data, key, value), key)
            paths.append(key)
        except OverrideError as error:
            problems.append(Problem(_override_of(name), None, "", str(error), found=shortened(override)))
    if problems:
        raise ScenarioError(problems)
    return Document(name, tuple(layers), tuple(paths), data)


def scenario_of(override: str) -> str | None:
    """Return the name of the only scenario that an override is for, or None if it is for all."""
    found = _FOR_ONE.fullmatch(override)
    return found[1] if found else None


def _override_of(name: str) -> str:
    """Return what stands for the file of a key that was set by an override."""
    return f"{OVERRIDE} for {name}"


def _with_places(data: Mapping[str, Any], path: KeyPath) -> KeyPath:
    """Return the path with the place of a policy entry instead of its instrument, as in policies.training.budget."""
    entries = data.get("policies", [])
    if (
        path[0] != "policies"
        or len(path) < 2
        or not isinstance(path[1], str)
        or not isinstance(entries, list)
    ):
        return path
    instruments = [entry.get("instrument") if isinstance(entry, dict) else None for entry in entries]
    places = [n for n, name in enumerate(instruments) if name == path[1]]
    if len(places) > 1:
        raise OverrideError(
            f"several policies are {path[1]}; write {' or '.join(f'policies[{n}]' for n in places)} instead"
        )
    if not places:
        known = dict.fromkeys(str(name) for name in instruments if name)
        hint = (
            suggestion(path[1], known) or f"; its policies are {listed(known)}" if known else "; it has none"
        )
        raise OverrideError(f'the scenario has no policy "{path[1]}"{hint}')
    return ("policies", places[0], *path[2:])


def _with_one_kind_of_money(data: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return the data without the other kinds of money of an entry of policy that the path has given one."""
    if len(path) != 3 or path[0] != "policies" or path[2] not in MONEY:
        return data
    entry = value_at(data, path[:2])
    kept = {key: value for key, value in entry.items() if key == path[2] or key not in MONEY}
    return dict(replaced(data, path[:2], kept))


def _extended(layers: list[Layer], *, folder: Path) -> Layer:
    """Return the file that the last layer extends."""
    last = layers[-1]
    name = last.data["extends"]
    chain = [Path(layer.file).name for layer in layers]
    message = ""
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
        message = 'must be the name of a file in the same folder, such as "baseline.toml"'
    elif name in chain:
        message = f"circular: {' extends '.join([*chain[chain.index(name) :], name])}"
    elif not os.path.lexists(folder / name):  # also for an invalid file name
        message = f"no such file{suggestion(name, (path.name for path in folder.glob('*.toml')))}"
    if message:
        line = key_lines(last.text).get(("extends",))
        raise ScenarioError([Problem(last.file, line, "extends", message, shortened(toml_value(name)))])
    return _layer(folder / name)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge tables by key; replace anything else, including arrays of tables, as a whole."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def parse_override(override: str) -> tuple[KeyPath, Any]:
    """Return path and value of ``diffusion.half_distance_km=300``, ``policies[0].budget=100``,
    ``policies.training.share=0.5`` or ``hypercluster:effects.technopark=2``.

    Raises
    ------
    OverrideError
        With a message for the user.
    """
    for_one = _FOR_ONE.fullmatch(override)
    key, equals, value = (for_one[2] if for_one else override).partition("=")
    if not equals:
        raise OverrideError("must be KEY=VALUE, such as diffusion.half_distance_km=300")
    step = r"""(?:[A-Za-z0-9_-]+|"[^"]*")(?:\[\d+\])?"""
    if not re.fullmatch(rf"{step}(?:\.{step})*", key.strip()):
        hint = "; cmd.exe does not treat single quotes as quotes" if key.startswith("'") else ""
        raise OverrideError(f"the key must look like diffusion.half_distance_km or policies[0].budget{hint}")
    path: list[str | int] = []
    for quoted, bare, index in re.findall(r'"([^"]*)"|([A-Za-z0-9_-]+(?![\]\w-]))|\[(\d+)\]', key):
        path.append(int(index) if index else bare or quoted)
    if len(path) > DEEPEST:
        raise OverrideError("nested too deeply")
    try:
        parsed = parse_toml(f"value = {value}")
    except TextFault:
        # Some shells remove quotes, and cmd.exe has its own; so a word or a path needs none.
        parsed = {"value": value.strip()} if _WORDS.fullmatch(value.strip()) else {}
    if list(parsed) != ["value"]:
        if re.fullmatch(r"\s*[-+]?[\d.,]*\d[\d.,]*\s*%?\s*", value):
            hint = about_numbers(f"= {value.strip()}") or "; a number is written like 0.5, 300 or 1e6"
            raise OverrideError(f"the value is not TOML{hint}")
        text = value.strip()
        if fault := fault_of(text, lines=True):
            raise OverrideError(fault)
        if re.fullmatch(r"(['\"]).*\\.*\1", text):
            raise OverrideError(
                "the value is not TOML; a path is written with /, or without quotes of its own"
            )
        # Double quotes outside and single ones inside work in every shell, including cmd.exe.
        example = f"\"{key}='{text}'\"" if not re.search("[\"']", text) else f"'{key}={toml_value(text)}'"
        raise OverrideError(f"the value is not TOML; a text needs quotes: --set {example}")
    return tuple(path), parsed["value"]


def replaced(data: Any, path: KeyPath, value: Any) -> Any:
    """Return a copy of the data with one value replaced; missing tables are created, array elements must exist."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(data, list):
            raise OverrideError(f"there is no array to take element {step} of")
        if step >= len(data):
            raise OverrideError(f"there are only {len(data)} elements, counted from 0")
        return [*data[:step], replaced(data[step], rest, value), *data[step + 1 :]]
    if not isinstance(data, dict):
        raise OverrideError(f'"{step}" is a key, but what should contain it is not a table')
    below = data.get(step, {} if rest else None)
    return {**data, step: replaced(below, rest, value)}
