"""Messages on the problems of a scenario: values accepted, and suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simulation.data.reader import (
    Dataset,
    InstitutionRow,
    institution_references,
)
from simulation.errors import Problem, listed, suggestion
from simulation.files.toml import KeyPath
from simulation.meanings import meaning_of
from simulation.mechanisms import MECHANISMS
from simulation.policies import INSTRUMENTS
from simulation.scenario.document import Document, value_at
from simulation.scenario.vectors import NO_KIND, VECTORS
from simulation.settings import UNION_TAGS
from simulation.world import INSTITUTION_KINDS

Issue = tuple[KeyPath, str]
"""Path of a value, and what is accepted there."""


def schema_problems(
    error: ValidationError, document: Document, root: type[BaseModel], *, at_most: int
) -> tuple[list[Problem], int]:
    """Return the first errors of pydantic as problems at the lines of the files, and the number of the others."""
    # A default that is derived from an invalid field is missing too, but the field is already reported.
    told = [details for details in error.errors() if details["type"] != "default_factory_not_called"]
    return [_schema_problem(details, document, root) for details in told[:at_most]], len(told[at_most:])


def _schema_problem(details: ErrorDetails, document: Document, root: type[BaseModel]) -> Problem:
    path = tuple(step for step in details["loc"] if step not in UNION_TAGS)
    if path[0] == "policies" and len(path) > 2:
        path = (
            *path[:2],
            *path[3:],
        )  # pydantic names the instrument, by which it chose the class
    if details["type"] == "extra_forbidden":
        known = _table(root, path, document.data).model_fields
        return document.problem(path, f"unknown key{suggestion(str(path[-1]), known)}", show_value=False)
    if details["type"] == "missing":
        meaning = meaning_of(_table(root, path, document.data), str(path[-1]))
        message = f"missing; it has no default; expected: {' '.join(meaning.split()).rstrip('.')}"
        return document.problem(path, message, show_value=False)
    if details["type"] == "union_tag_not_found":
        message = f"missing; expected one of {listed(INSTRUMENTS, at_most=99)}"
        return document.problem((*path, "instrument"), message, show_value=False)
    if details["type"] == "union_tag_invalid":
        word = str(details["ctx"]["tag"])
        hint = suggestion(word, INSTRUMENTS) or (
            f"; accepted values: {listed(INSTRUMENTS, at_most=99)}, or one of a plugin (--plugin FILE)"
        )
        return document.problem((*path, "instrument"), f"not an instrument{hint}")
    whole = details["type"] == "value_error" and isinstance(value_at(document.data, path), Mapping)
    return document.problem(path, expected(details), show_value=not whole)


EXPECTED = {
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "list_type": "must be a list",
    "string_too_short": "must not be empty",
    "string_too_long": "must be shorter",
    "string_pattern_mismatch": "must be 1 to 64 lower-case letters, digits, - or _",
}
BOUNDS = {
    "greater_than_equal": ("ge", "must be {} or more"),
    "greater_than": ("gt", "must be more than {}"),
    "less_than_equal": ("le", "must be {} or less"),
    "multiple_of": ("multiple_of", "must be a multiple of {}"),
    "too_short": ("min_length", "must have at least {} elements"),
    "too_long": ("max_length", "must have at most {} elements"),
}


def expected(details: ErrorDetails) -> str:
    """Return what is accepted instead of the value that pydantic refused."""
    kind, context, tag = details["type"], details.get("ctx", {}), details["loc"][-1]
    if kind == "too_short" and context["min_length"] == 1:
        return "must not be empty"
    if kind in BOUNDS:
        name, text = BOUNDS[kind]
        return text.format(f"{context[name]:g}")
    if kind == "float_type":
        return "must be a number or a table of numbers" if tag == "<number>" else "must be a number"
    if kind == "dict_type":
        return "must be a table"
    if kind == "tuple_type":
        return 'must be "all" or a list of names' if tag == "<list>" else "must be a list"
    if kind == "literal_error":
        words = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        also = " or a list of names" if tag == "<all>" else ""
        given = details["input"]
        hint = suggestion(given, words) if isinstance(given, str) else ""
        return f"must be {' or '.join(f'"{word}"' for word in words)}{also}{hint}"
    if kind == "value_error":
        return str(context["error"])
    return EXPECTED.get(kind, details["msg"])


def _table(root: type[BaseModel], path: KeyPath, data: Any) -> type[BaseModel]:
    """Return the schema of the table that contains, or should contain, the last step of the path."""
    model = root
    is_free = False  # in a table of tables the next step is a name that its writer chose
    for n, step in enumerate(path[:-1]):
        if isinstance(step, int) or is_free:
            is_free = False
            continue
        if step == "policies":
            return INSTRUMENTS[value_at(data, (*path[: n + 2], "instrument"))]
        annotation = model.model_fields[step].annotation
        model, is_free = next(_models(annotation)), get_origin(annotation) is dict
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def name_issues(data: Mapping[str, Any], dataset: Dataset, *, at_most: int) -> list[Issue]:
    """Return the problems of names that neither the dataset nor the scenario has, and of repeated names.

    Works on plain data and skips values of a wrong type, so that names are checked even if there are other problems.
    Suggestions are computed at most ``at_most`` times, because that is slow.
    """
    own = [
        (n, InstitutionRow(row["region"], row["name"], ""))
        for n, row in _tables(data, "institutions")
        if isinstance(row.get("region"), str) and isinstance(row.get("name"), str)
    ]
    institutions = institution_references((*dataset.institutions, *(row for _, row in own)))
    unknown = [
        (path, message)
        for pattern, check in _checks(data, dataset, institutions, _Names(at_most)).items()
        for path, name in _matches(data, pattern)
        if (message := check(name))
    ]
    return [*unknown, *_repeated_names(data), *_repeated_institutions(own, dataset)]


Check = Callable[[str], str]
"""Returns what is wrong with a name, "" if nothing is."""


class _Names:
    """Makes checks of names; only the first ``at_most`` of their messages suggest other names."""

    def __init__(self, at_most: int) -> None:
        self._suggestions_left = at_most

    def one_of(self, known: Iterable[str], what: str) -> Check:
        names = dict.fromkeys(known)
        return lambda name: "" if name in names else self._unknown(name, list(names), what)

    def institution(self, known: Mapping[str, Sequence[int]]) -> Check:
        def check(name: str) -> str:
            if len(known.get(name, ())) > 1:
                ways = [way for way in known if way.endswith(f": {name}") and len(known[way]) == 1]
                either = " or ".join(f'"{way}"' for way in ways)
                return f"several regions have an institution of this name; write {either}"
            return "" if name in known else self._unknown(name, list(known), "institution")

        return check

    def _unknown(self, name: str, known: list[str], what: str) -> str:
        if self._suggestions_left <= 0:
            return "not known"
        self._suggestions_left -= 1
        if not known:
            return f"not a {what}, which has none"
        hint = suggestion(name, known) or f"; accepted values: {listed(known)}"
        article = "an" if what[0] in "aeiou" else "a"
        return f"not {article} {what}{hint}"


def _checks(
    data: Mapping[str, Any], dataset: Dataset, institutions: Mapping[str, Sequence[int]], names: _Names
) -> dict[tuple[str, ...], Check]:
    """Return the check of the names at each place, written as :func:`_matches` takes it."""
    region = names.one_of(dataset.region_ids, "region")
    industry = names.one_of(dataset.industries, "industry")
    kind = names.one_of(INSTITUTION_KINDS, "kind of institution")
    technology = names.one_of((row.technology for row in dataset.technologies), "technology")
    institution = names.institution(institutions)
    platform = names.one_of((name for _, name in _named(data, "platforms")), "platform of this scenario")
    chain = names.one_of((name for _, name in _named(data, "chains")), "chain of this scenario")
    return {
        ("world", "digital_readiness", "*"): region,
        ("world", "government_quality", "*"): region,
        ("world", "capacity", "*"): institution,
        ("institutions", "*", "region"): region,
        ("institutions", "*", "kind"): kind,
        ("technologies", "schedule", "*"): technology,
        ("technologies", "origin_weights", "*"): names.one_of(dataset.directions, "direction"),
        ("technologies", "origin_weights", "*", "*"): region,
        ("platforms", "*", "vectors", "*"): names.one_of(VECTORS, "interaction vector"),
        ("vectors", "*", "remote_kinds", "*"): kind,
        ("vectors", "*", "learning_kinds", "*"): kind,
        ("vectors", "*", "needs_kind"): names.one_of((*INSTITUTION_KINDS, NO_KIND), "kind of institution"),
        ("platforms", "*", "regions", "*"): region,
        ("platforms", "*", "macroregions", "*"): names.one_of(dataset.macroregions, "macroregion"),
        ("platforms", "*", "industries", "*"): industry,
        ("platforms", "*", "institutions", "*"): institution,
        ("platforms", "*", "inherits"): platform,
        ("commodities", "*", "industries", "*"): industry,
        ("commodities", "*", "export_dependence", "*"): region,
        ("chains", "*", "industries", "*"): industry,
        ("chains", "*", "poles", "*"): region,
        ("seeds", "*", "technology"): technology,
        ("seeds", "*", "region"): region,
        ("seeds", "*", "industry"): industry,
        ("migration", "rate", "*"): region,
        **{(key, name, "*"): region for key, table in MECHANISMS.items() for name in table.regions_in},
        ("policies", "*", "regions", "*"): region,
        ("policies", "*", "platform"): platform,
        ("policies", "*", "platforms", "*"): platform,
        ("policies", "*", "chain"): chain,
        ("policies", "*", "institutions", "*"): institution,
    }


def _repeated_names(data: Mapping[str, Any]) -> Iterator[Issue]:
    for kind, what in (("platforms", "platform"), ("commodities", "commodity"), ("chains", "chain")):
        seen: set[str] = set()
        for n, name in _named(data, kind):
            if name in seen:
                yield (kind, n, "name"), f"another {what} has this name"
            seen.add(name)


def _repeated_institutions(own: Iterable[tuple[int, InstitutionRow]], dataset: Dataset) -> Iterator[Issue]:
    there = {(row.region_id, row.name) for row in dataset.institutions}
    for n, row in own:
        if (row.region_id, row.name) in there:
            yield ("institutions", n, "name"), "the region has an institution of this name already"
        there.add((row.region_id, row.name))


def _named(data: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    """Return the names in the tables of an array, with the positions of the tables."""
    return [(n, row["name"]) for n, row in _tables(data, key) if isinstance(row.get("name"), str)]


def _tables(data: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the tables of an array with their positions; elements of a wrong type are skipped."""
    array = data.get(key)
    return (
        [(n, row) for n, row in enumerate(array) if isinstance(row, dict)] if isinstance(array, list) else []
    )


def _matches(data: Any, pattern: tuple[str, ...], path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the paths that match the pattern, with the name found there: a text, or a key if "*" comes last."""
    if not pattern:
        if isinstance(data, str):
            yield path, data
        return
    step, rest = pattern[0], pattern[1:]
    if isinstance(data, Mapping) and step == "*" and not rest:
        yield from (((*path, key), key) for key in data)
    elif isinstance(data, Mapping):
        for key in data if step == "*" else [step] if step in data else []:
            yield from _matches(data[key], rest, (*path, key))
    elif isinstance(data, list) and step == "*":
        for n, item in enumerate(data):
            yield from _matches(item, rest, (*path, n))
