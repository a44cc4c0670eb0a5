"""Reading TOML of users, with the line of each key, and writing TOML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulation.files.text import TextFault, read_text

KeyPath = tuple[str | int, ...]
"""The path of a value: ("policies", 0, "budget")."""

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


AT_MOST = 4 * 1024 * 1024
"""Maximum size of a file, bytes: a hundred times the largest expected."""


def read_toml(path: Path, *, expected: str, at_most: int = AT_MOST) -> tuple[str, dict[str, Any]]:
    """Return the text of a file and its data.

    Parameters
    ----------
    expected : what the file should be, for the message about a folder.
    at_most : maximum size, bytes.

    Raises
    ------
    TextFault
        If the file does not exist, cannot be read, or is not TOML.
    """
    try:
        text = read_text(path, expected=expected, at_most=at_most)
    except FileNotFoundError:
        raise TextFault("no such file") from None
    return text, parse_toml(text)


def parse_toml(text: str) -> dict[str, Any]:
    """Return the data of a TOML text.

    Raises
    ------
    TextFault
        If it is not TOML, is nested too deeply, or has a number with too many digits.
    """
    if half := re.search(
        "[\ud800-\udfff]", text
    ):  # from a shell argument that is not UTF-8, or from a web page
        raise TextFault(f"holds half a character (U+{ord(half[0]):04X})")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.rstrip().count("\n") + 1
        hint = about_numbers(text.split("\n")[line - 1])
        raise TextFault(
            f"not TOML: {error}{_about_backslashes(text, line)}{hint}",
            line,
        ) from None
    except RecursionError:
        raise TextFault("not TOML that can be read: nested too deeply") from None
    except ValueError:
        # tomllib passes on Python's error for a whole number of more than 4,300 digits.
        raise TextFault("not TOML: a number has too many digits") from None


def texts_in(data: Any) -> Iterator[str]:
    """Yield all texts of the data, including keys."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from data
        yield from texts_in(list(data.values()))
    elif isinstance(data, list):
        for item in data:
            yield from texts_in(item)


_ALMOST_A_NUMBER = re.compile(
    r"(?<!=)=\s*(?P<sign>[-+]?)(?P<whole>\d*)(?P<mark>[.,]?)(?P<decimals>\d*)\s*(?P<percent>%?)\s*(#.*)?$"
)


def _about_backslashes(text: str, line: int) -> str:
    """Return advice for a Windows path in double quotes, for which tomllib reports hexadecimal digits."""
    if not re.search(r'"[^"]*\\', text.split("\n")[line - 1]):
        return ""
    return "; a backslash in double quotes begins an escape: in a path use / or single quotes"


def about_numbers(line: str) -> str:
    """Return advice for a line that ends in a number as TOML does not write it: .5, 5., 0,5 or 50 %; else ""."""
    found = _ALMOST_A_NUMBER.search(line)
    if found is None or not (found["whole"] or found["decimals"]):
        return ""
    if found["percent"]:
        return "; a share is written as a number from 0 to 1, such as 0.5, without a percent sign"
    if found["mark"] != "," and (not found["mark"] or (found["whole"] and found["decimals"])):
        return ""
    written = f"{found['sign']}{found['whole'] or '0'}.{found['decimals'] or '0'}"
    return f"; a number has a point, with digits on both sides of it: {written}"


@lru_cache(maxsize=8)  # every problem needs the lines of the same few files
def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, counted from 1, of each key, table and element of a TOML text, which tomllib does not give."""
    import tree_sitter_toml  # imported late, because only messages need it
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
    """Return a value as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML string, except for DEL, which TOML requires escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return str(value)


def toml_text(data: Mapping[str, Any]) -> str:
    """Return a TOML text of plain keys, then tables, then arrays of tables, one level deep; None is omitted."""

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
