"""Scenario files as text: TOML with ``extends`` and overrides, and the line on which each key really stands."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulation.errors import Problem, ScenarioError, suggestion

KeyPath = tuple[str | int, ...]
"""Where a value stands: ("policies", 0, "budget")."""

NOT_INHERITED = ("extends", "name", "title", "description")
"""Keys that speak of one file alone."""

OVERRIDE = "--set"
"""What stands for the file where a key was set from outside."""

DEEPEST = 20
"""Steps that the key of an override may have; no key of a scenario has more than five."""

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class OverrideError(Exception):
    """What is wrong with one override, in words."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file, as it stands."""

    file: str  # as the user gave it, or relative to that
    text: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario file merged with those that it extends, and overrides upon them."""

    layers: tuple[Layer, ...]  # the file itself first, then what it extends
    overrides: tuple[KeyPath, ...]  # in the order given
    data: dict[str, Any]  # merged

    def source(self, path: KeyPath) -> str:
        """The file in which a key stands, or ``--set``; for a key that is missing, that of its table."""
        return self._owner(path)[0]

    def problem(self, path: KeyPath, message: str, *, show_value: bool = True) -> Problem:
        """A problem with the value at a path, at the line of the file in which it really stands."""
        file, layer = self._owner(path)
        line = None
        if layer is not None:
            lines = key_lines(layer.text)
            line = next(
                (lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines),
                None,
            )
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
            # A table that no file has, such as a misspelt one, stands in the override that made it.
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
    """The value at the path; KeyError, IndexError or TypeError where there is none."""
    for step in path:
        if isinstance(step, str) and not isinstance(data, Mapping):
            raise KeyError(step)
        data = data[step]
    return data


def _decides(data: Any, path: KeyPath) -> bool:
    """Whether a file decides about a path: it holds it, or an array or a plain value above it, which replaces all."""
    return contains(data, path) or any(
        contains(data, path[:n]) and not isinstance(value_at(data, path[:n]), dict)
        for n in range(1, len(path))
    )


def read_document(path: Path, *, overrides: Sequence[str] = ()) -> Document:
    """Read a scenario file with all that it extends.

    Raises
    ------
    ScenarioError
        Missing, empty or unreadable file, wrong encoding, not TOML, wrong ``extends`` or override.
    """
    return document_of(read_text(path), file=path, overrides=overrides)


def document_of(text: str, *, file: Path, overrides: Sequence[str] = ()) -> Document:
    """The document of a text that stands, or would stand, in ``file``; errors as :func:`read_document`."""
    layers = [Layer(str(file), text, parse(text, file=str(file)))]
    while "extends" in layers[-1].data:
        layers.append(_extended(layers, folder=file.parent))
    data: dict[str, Any] = {}
    for layer in reversed(layers):
        data = merged({key: data[key] for key in data if key not in NOT_INHERITED}, layer.data)
    data.pop("extends", None)
    paths, problems = [], []
    for override in overrides:
        try:
            key, value = parse_override(override)
            data = replaced(data, key, value)
            paths.append(key)
        except OverrideError as error:
            problems.append(Problem(OVERRIDE, None, "", str(error), found=shortened(override)))
    if problems:
        raise ScenarioError(problems)
    return Document(tuple(layers), tuple(paths), data)


def _extended(layers: list[Layer], *, folder: Path) -> Layer:
    """The file that the last layer extends."""
    last = layers[-1]
    name = last.data["extends"]
    chain = [Path(layer.file).name for layer in layers]
    message = ""
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
        message = 'must be the name of a file in the same folder, such as "baseline.toml"'
    elif name in chain:
        message = f"a circle: {' extends '.join([*chain[chain.index(name) :], name])}"
    elif not os.path.isfile(folder / name):  # also of a name that no system takes
        message = f"no such file{suggestion(name, (path.name for path in folder.glob('*.toml')))}"
    if message:
        line = key_lines(last.text).get(("extends",))
        raise ScenarioError([Problem(last.file, line, "extends", message, shortened(toml_value(name)))])
    text = read_text(folder / name)
    return Layer(str(folder / name), text, parse(text, file=str(folder / name)))


def read_text(path: Path) -> str:
    """The text of a file, in UTF-8."""
    line, message = None, ""
    try:
        return path.read_bytes().decode("utf-8-sig")  # some editors put a byte order mark first
    except FileNotFoundError:
        message = "no such file"
    except IsADirectoryError:
        message = "is a folder; expected a scenario file (TOML)"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        message = f"not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise ScenarioError([Problem(str(path), line, "", message)])


def parse(text: str, *, file: str) -> dict[str, Any]:
    """The data of a TOML text that is not empty."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.rstrip().count("\n") + 1
        raise ScenarioError([Problem(file, line, "", f"not TOML: {error}")]) from None
    except RecursionError:
        raise ScenarioError([Problem(file, None, "", "not a scenario: nested too deeply")]) from None
    except ValueError:
        # tomllib lets through what Python says of a whole number of more than 4,300 digits.
        raise ScenarioError([Problem(file, None, "", "not TOML: a number has too many digits")]) from None
    if not data:
        message = 'empty file; expected at least one key, such as extends = "baseline.toml"'
        raise ScenarioError([Problem(file, None, "", message)])
    return data


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge by key; anything else, arrays of tables too, is replaced whole."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def parse_override(override: str) -> tuple[KeyPath, Any]:
    """Path and value of ``diffusion.half_distance_km=300`` or ``policies[0].budget=100``.

    Raises
    ------
    OverrideError
        With a message for the user.
    """
    key, equals, value = override.partition("=")
    if not equals:
        raise OverrideError("must be KEY=VALUE, such as diffusion.half_distance_km=300")
    step = r"""(?:[A-Za-z0-9_-]+|"[^"]*")(?:\[\d+\])?"""
    if not re.fullmatch(rf"{step}(?:\.{step})*", key.strip()):
        raise OverrideError("the key must look like diffusion.half_distance_km or policies[0].budget")
    path: list[str | int] = []
    for quoted, bare, index in re.findall(r'"([^"]*)"|([A-Za-z0-9_-]+(?![\]\w-]))|\[(\d+)\]', key):
        path.append(int(index) if index else bare or quoted)
    if len(path) > DEEPEST:
        raise OverrideError("nested too deeply")
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):  # not TOML, a number of thousands of digits, thousands of brackets
        parsed = {}
    if list(parsed) != ["value"]:
        if re.fullmatch(r"\s*[-+]?[\d.,]*\d[\d.,]*\s*%?\s*", value):
            raise OverrideError("the value is not TOML; a number is written like 0.5, 300 or 1e6")
        example = toml_value(value.strip())
        raise OverrideError(f"the value is not TOML; a text needs quotes: --set '{key}={example}'")
    return tuple(path), parsed["value"]


def replaced(data: Any, path: KeyPath, value: Any) -> Any:
    """A copy of the data with one value replaced; tables on the way are made, elements of arrays must be there."""
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
        raise OverrideError(f'"{step}" is looked for in what is not a table')
    below = data.get(step, {} if rest else None)
    return {**data, step: replaced(below, rest, value)}


@lru_cache(maxsize=8)  # every problem asks for the lines of the same few files
def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line, counted from 1, of each key, table and element of a TOML text; tomllib does not tell."""
    import tree_sitter_toml  # here, because only messages need it
    from tree_sitter import Language, Node, Parser

    lines: dict[KeyPath, int] = {}
    tables: dict[KeyPath, int] = {}  # how many [[tables]] of each path came so far

    def keys(node: Node) -> list[str]:
        assert node.text is not None
        table: Any = tomllib.loads(f"{node.text.decode()} = 0")
        found: list[str] = []
        while isinstance(table, dict):
            found.append(next(iter(table)))
            table = table[found[-1]]
        return found

    def note(path: KeyPath, node: Node) -> KeyPath:
        lines.setdefault(path, node.start_point.row + 1)
        return path

    def descend(path: KeyPath, names: Iterable[str], node: Node) -> KeyPath:
        for name in names:
            path = note((*path, name), node)
            if path in tables:
                path = (*path, tables[path] - 1)
        return path

    def value(path: KeyPath, node: Node) -> None:
        if node.type == "inline_table":
            pairs(path, node)
        elif node.type == "array":
            for n, element in enumerate(child for child in node.named_children if child.type != "comment"):
                value(note((*path, n), element), element)

    def pairs(path: KeyPath, node: Node) -> None:
        for pair in node.named_children:
            if pair.type == "pair":
                key, right = (child for child in pair.named_children if child.type != "comment")
                value(descend(path, keys(key), pair), right)

    root = Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node
    pairs((), root)
    for node in root.named_children:
        if node.type not in ("table", "table_array_element"):
            continue
        *above, last = keys(node.named_children[0])
        if node.type == "table":
            path = descend((), [*above, last], node)
        else:
            array = (*descend((), above, node), last)
            tables[array] = tables.get(array, 0) + 1
            path = note((*note(array, node), tables[array] - 1), node)
        pairs(path, node)
    return lines


def key_text(path: KeyPath) -> str:
    """policies[0].budget."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if BARE_KEY.fullmatch(step) else toml_value(step))
    return text


def toml_value(value: Any) -> str:
    """A value in TOML, in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return str(value)


def toml_text(data: Mapping[str, Any]) -> str:
    """A TOML text of plain keys, then tables, then arrays of tables, one level deep; what is None is left out."""

    def block(table: Mapping[str, Any]) -> list[str]:
        return [f"{_toml_key(key)} = {toml_value(item)}" for key, item in table.items() if item is not None]

    plain, parts = {}, []
    for key, item in data.items():
        if isinstance(item, Mapping):
            parts.append("\n".join([f"[{_toml_key(key)}]", *block(item)]))
        elif isinstance(item, list | tuple) and item and all(isinstance(row, Mapping) for row in item):
            parts.extend("\n".join([f"[[{_toml_key(key)}]]", *block(row)]) for row in item)
        else:
            plain[key] = item
    return "\n\n".join(["\n".join(block(plain)), *parts]) + "\n"


def _toml_key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else toml_value(key)


def shortened(text: str, *, at_most: int = 60) -> str:
    """The beginning of a text that is too long for a message."""
    return text if len(text) <= at_most else text[: at_most - 3] + "..."
