"""The schema of scenarios as forms: fields with unit, bounds and help."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from simulation.data.reader import load_vectors, shipped_datasets
from simulation.meanings import meaning_of
from simulation.mechanisms.chains import Chain
from simulation.mechanisms.prices import Commodity
from simulation.policies import INSTRUMENTS
from simulation.scenario.schema import Platform, Scenario

UNITS = ("1/year", "units a year", "km", "units", "years", "0-1")
"""As the help texts of the schema write them, the longer ones first."""

ARRAYS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("platforms", "Platforms", Platform),
    ("chains", "Processing chains", Chain),
    ("commodities", "Prices of commodities", Commodity),
)
"""Arrays of tables that have forms, beside the policies."""


def forms() -> dict[str, Any]:
    """Return all forms, as ``welcome`` of the protocol has them."""
    return {
        "tables": [
            {"key": key, "title": titled(key), "help": words, "fields": fields_of(table)}
            for key, table, words in _tables()
        ],
        "instruments": [
            {
                "instrument": name,
                "title": titled(name),
                "help": _words(policy.__doc__),
                "cost_basis": policy.cost_basis,
                "unit_cost": policy.unit_cost,
                "all_or_nothing": policy.all_or_nothing,
                "fields": [field for field in fields_of(policy) if field["key"] != "instrument"],
            }
            for name, policy in INSTRUMENTS.items()
        ],
        "arrays": [
            {"key": key, "title": title, "help": _words(table.__doc__), "fields": fields_of(table)}
            for key, title, table in ARRAYS
        ],
        "vectors": [{"name": row.vector, "links": row.links} for row in load_vectors()],
    }


def fields_of(table: type[BaseModel]) -> list[dict[str, Any]]:
    """Return a field of a form for each key of a table, from its JSON schema."""
    schema = table.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        _field(key, _resolved(schema["properties"][key], definitions), info, _words(meaning_of(table, key)))
        for key, info in table.model_fields.items()
    ]


def _tables(root: type[BaseModel] = Scenario) -> Iterable[tuple[str, type[BaseModel], str]]:
    """Yield the tables with their keys, such as "time", or "vectors.B2B" where a table consists of tables, and help."""
    for key, info in root.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            words = _words(f"{meaning_of(root, key)} {info.annotation.__doc__}")
            below = [(f"{key}.{inner}", table, text) for inner, table, text in _tables(info.annotation)]
            yield from below or [(key, info.annotation, words)]


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return definitions[schema["$ref"].rsplit("/", 1)[1]] | schema
    return schema


def _field(key: str, schema: dict[str, Any], info: FieldInfo, words: str) -> dict[str, Any]:
    alternatives = [part for part in _alternatives(schema) if part.get("type") != "null"]
    kind, bounds = _kind(alternatives)
    options = _options(alternatives)
    if key == "dataset":  # a page must not name a folder of this machine
        kind, options = "choice", list(shipped_datasets())
    return {
        "key": key,
        "title": titled(key),
        "unit": unit_of(key, words),
        "help": words,
        "kind": kind,
        "minimum": bounds.get("minimum"),
        "maximum": bounds.get("maximum"),
        "exclusive_minimum": bounds.get("exclusiveMinimum"),
        "step": bounds.get("multipleOf") or (1 if kind == "whole" else None),
        "options": options,
        "default": _default(info),
        "required": info.is_required(),
        "optional": info.default is None,
    }


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    parts = schema.get("anyOf") or schema.get("oneOf")
    return [schema] if parts is None else [found for part in parts for found in _alternatives(part)]


def _kind(alternatives: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return the kind of a field, and the part of the schema that has its bounds."""
    types = [part.get("type") for part in alternatives]
    number = next((part for part in alternatives if part.get("type") in ("number", "integer")), {})
    if "array" in types and all(
        part.get("items", {}).get("type") == "string" for part in alternatives if part.get("type") == "array"
    ):
        return "names", {}
    if types == ["number"]:
        return "number", number
    if types == ["integer"]:
        return "whole", number
    if number and "object" in types:
        return "number_or_table", number
    if types in (["string"], ["boolean"]) and _options(alternatives):
        return "choice", {}
    if types == ["string"]:
        return "text", {}
    return "toml", {}


def _options(alternatives: list[dict[str, Any]]) -> list[str] | list[bool] | None:
    """Return the words of a choice, or true and false."""
    if [part.get("type") for part in alternatives] == ["boolean"]:
        return [True, False]
    options = [
        word for part in alternatives for word in part.get("enum", [part["const"]] if "const" in part else [])
    ]
    return options or None


def _default(info: FieldInfo) -> Any:
    value = info.default
    if value is PydanticUndefined:
        return None
    return list(value) if isinstance(value, tuple) else value


def titled(key: str) -> str:
    """Return a key as words: "Half distance" for ``half_distance_km``."""
    words = key.removesuffix("_km").replace("_", " ").replace(".", " ")
    return words[:1].upper() + words[1:]


def unit_of(key: str, words: str) -> str:
    """Return the unit of a field from its key, or else from the first sentence of its help; "" for none."""
    if key.endswith("_km"):
        return "km"
    if key == "per_year":
        return "units a year" if "units" in words else "1/year"
    if words.startswith("Units a year per "):
        return "units a year"
    first = re.split(r"\.(?:\s|$)", words)[0]
    found = re.search(rf"(?:^|, )({'|'.join(map(re.escape, UNITS))})\b", first)
    if found:
        return "" if found[1] == "0-1" else found[1]
    return "years" if re.match(r"(First year|Year of)\b", words) else ""


def _words(text: str | None) -> str:
    """Return a docstring as plain text on one line, without the quotes around names of code."""
    return " ".join((text or "").replace("``", "").split())
