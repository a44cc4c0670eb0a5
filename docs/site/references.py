"""References that are made of the program: keys from the schemas, commands from click, Python from docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from simulation.explore.study import Study
from simulation.fit.study import Fit
from simulation.meanings import meaning_of
from simulation.optimize.study import Search
from simulation.scenario.schema import Scenario

SCENARIO = """# Keys of a scenario

A scenario is a TOML file with these keys; all have defaults unless marked as required. `extends` names a file that
this one changes: its tables are merged key by key, its arrays replaced as a whole. [The model](../model.md) explains
what the numbers do and where they come from, and [`scenarios/baseline.toml`](../repository/scenarios/baseline.toml.md)
holds every key.
"""
STUDIES = """# Keys of a study

Three commands read a file of their own: `hypercluster explore`, `optimize` and `fit`.
"""
COMMANDS = """# Commands

This is what `--help` says. [Run, compare, plot](../commands.md) shows what the commands are for, and the files that
they write.

::: mkdocs-click
    :module: simulation.cli.main
    :command: cli
    :prog_name: hypercluster
    :depth: 1
    :style: plain
    :list_subcommands: true
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the folder reference/."""
    pages = {
        "scenario": SCENARIO + keys_of(Scenario, level=2),
        "studies": STUDIES
        + "".join(
            f"\n\n## `hypercluster {command}`\n\n{schema.__doc__}\n\n{keys_of(schema, level=3, within=f'{command}.')}"
            for command, schema in (("explore", Study), ("optimize", Search), ("fit", Fit))
        ),
        "commands": COMMANDS,
    }
    for name, text in pages.items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    for source in _named(config.nav):
        if source.startswith("reference/python/"):
            package = source.removeprefix("reference/python/").removesuffix(".md")
            files.append(File.generated(config, source, content=python(package)))
    return files


def _named(nav: Any) -> Iterator[str]:
    """Yield the pages that a navigation names."""
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _named(part)


def python(package: str) -> str:
    """Return the page of a package: the public names of ``simulation``, or those of all modules of another."""
    submodules = str(package != "simulation").lower()
    return f"# `{package}`\n\n::: {package}\n    options:\n      show_submodules: {submodules}\n"


class _WithMeanings(GenerateJsonSchema):
    """A JSON schema whose keys are described by what the source says of them."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        found = super().model_schema(schema)
        for key, part in found.get("properties", {}).items():
            if words := meaning_of(schema["cls"], key):
                part["description"] = words
        return found


def keys_of(schema: type[BaseModel], *, level: int, within: str = "") -> str:
    """Return the keys of a TOML file as one table for each of its tables; ``within`` begins the targets of links."""
    whole = schema.model_json_schema(schema_generator=_WithMeanings)
    lines = _tables(whole, whole.get("$defs", {}), (), "", level)
    return "\n".join(lines).replace("{ #", f"{{ #{within}")


def _tables(
    table: dict[str, Any], definitions: dict[str, Any], place: tuple[str, ...], brackets: str, level: int
) -> Iterator[str]:
    """Yield the lines of a table and of those below it; ``brackets`` is how the file writes its name."""
    below, rows = [], []
    for key, part in table["properties"].items():
        inner, form = _tables_in(part, definitions)
        if inner:
            below.append((key, inner, form, part.get("description", "")))
        elif "const" not in part:  # a tag, which the heading shows
            required = key in table.get("required", ())
            rows.append(f"| `{key}` | {_values(part)} | {_default(part, required)} | {_cell(part)} |")
    if place:
        yield f"\n{'#' * level} `{brackets}` {{ #{'.'.join(place)} }}\n"
        yield _words(table.get("description", "")) + "\n"
    if rows:
        yield from ("", "| key | values | default | meaning |", "|---|---|---|---|", *rows)
    around = brackets.strip("[]") + "." if place else ""
    for key, inner, form, words in below:
        written = form.format(around + key)
        if len(inner) == 1:
            said = dict.fromkeys((words, inner[0].get("description", "")))  # they may be the same
            only = inner[0] | {"description": " ".join(said)}
            yield from _tables(only, definitions, (*place, key), written, level)
            continue
        yield f"\n{'#' * level} `{written}` {{ #{'.'.join((*place, key))} }}\n"
        yield f"{_words(words)} One of:\n"
        for choice in inner:
            kind, tag = _tag(choice)
            yield from _tables(choice, definitions, (*place, key, tag), f'{kind} = "{tag}"', level + 1)


def _tables_in(part: dict[str, Any], definitions: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Return the tables that a key may hold, and the form of their heading in a file."""
    inside, form = part, "[{}]"
    if "items" in part:
        inside, form = part["items"], "[[{}]]"
    elif "patternProperties" in part:
        inside, form = next(iter(part["patternProperties"].values())), "[{}.NAME]"
    choices = inside.get("oneOf", inside.get("anyOf", [inside]))
    targets = [definitions.get(choice.get("$ref", "").rsplit("/", 1)[-1], {}) for choice in choices]
    return [target for target in targets if "properties" in target], form


def _tag(choice: dict[str, Any]) -> tuple[str, str]:
    """Return the key that tells this table from the others, and its value."""
    return next((key, part["const"]) for key, part in choice["properties"].items() if "const" in part)


def _values(part: dict[str, Any]) -> str:
    """Return in words what a key may hold."""
    choices = part.get("anyOf", part.get("oneOf"))
    if choices is not None:
        words = [_values(choice) for choice in choices if choice.get("type") != "null"]
        return ", or ".join(words).replace(f"table of {_plural(words[0])}", "a table of such")
    if "const" in part:
        return f"`{_toml(part['const'])}`"
    if "enum" in part:
        return ", ".join(f"`{_toml(word)}`" for word in part["enum"])
    kind = part.get("type")
    if kind == "array":
        inside = part.get("items", {})
        return "list" if not inside.get("type") else f"list of {_plural(_values(inside))}"
    if kind == "object":
        inside = part.get("additionalProperties")
        return f"table of {_plural(_values(inside))}" if isinstance(inside, dict) else "table"
    if kind == "string":
        return "name" if "pattern" in part else "text"
    if kind == "boolean":
        return "`true`, `false`"
    return f"{'whole number' if kind == 'integer' else 'number'}{_bounds(part)}"


def _plural(words: str) -> str:
    first, *rest = words.split(",", 1)
    noun, *bounds = first.split(" from ", 1)
    for word in ("number", "name", "text"):
        if noun.endswith(word):
            return ",".join([" from ".join([noun + "s", *bounds]), *rest])
    return words


def _bounds(part: dict[str, Any]) -> str:
    if "minimum" in part and "maximum" in part:
        words = f" from {_number(part['minimum'])} to {_number(part['maximum'])}"
    else:
        signs = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        words = "".join(f", {sign} {_number(part[bound])}" for bound, sign in signs if bound in part)
    return words + (f", a multiple of {part['multipleOf']:g}" if "multipleOf" in part else "")


def _default(part: dict[str, Any], required: bool) -> str:
    if required:
        return "*required*"
    value = part.get("default")
    return "" if value is None else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())}}}"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """Return a number as people write it in a TOML file: 1e-9."""
    return re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), f"{value:g}")


def _cell(part: dict[str, Any]) -> str:
    return _words(part.get("description", "")).replace("|", "\\|")


def _words(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
