"""What the keys of a table mean: the texts below them in the source of its class, read when somebody asks.

Pydantic reads these texts of every class as it is made, which takes a quarter of the time in which a command starts.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel


def meaning_of(table: type[BaseModel], key: str) -> str:
    """Return what a key of a table means; "" where neither its class nor one that it extends says so."""
    if given := table.model_fields[key].description:
        return given
    texts = (_texts_in(cls).get(key, "") for cls in table.__mro__ if issubclass(cls, BaseModel))
    return next(filter(None, texts), "")


@cache
def _texts_in(table: type[BaseModel]) -> Mapping[str, str]:
    """Return the texts in the source of a class, by key; none of a class that has no source."""
    try:
        found = _classes_in(Path(inspect.getfile(table))).get(table.__qualname__)
    except (OSError, TypeError, ValueError, SyntaxError):
        return {}
    return {} if found is None else dict(_texts_below(found.body))


def _texts_below(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield each annotated name of a class that a text follows, and the text."""
    for key, text in pairwise(statements):
        if (
            isinstance(key, ast.AnnAssign)
            and isinstance(key.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield key.target.id, inspect.cleandoc(text.value.value)


@cache
def _classes_in(file: Path) -> dict[str, ast.ClassDef]:
    """Return the classes of a file by their qualified names."""
    return dict(_named(ast.parse(file.read_bytes()).body, ""))


def _named(statements: Sequence[ast.AST], within: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for statement in statements:
        if isinstance(statement, ast.ClassDef):
            name = within + statement.name
            yield name, statement
            yield from _named(statement.body, f"{name}.")
        elif isinstance(statement, ast.FunctionDef):
            yield from _named(statement.body, f"{within}{statement.name}.<locals>.")
        else:
            yield from _named(list(ast.iter_child_nodes(statement)), within)
