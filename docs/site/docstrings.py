"""Docstrings as this repository writes them, in the form that mkdocstrings reads.

A role of Sphinx, such as ``:func:`~simulation.run```, becomes a link. What stands behind the name of an argument is its
type where that is one, ``months : int64, shape (n,)``; else it describes the argument, whose type is annotated. Lines
of an interactive session need no heading "Examples". The comment on a field of a dataclass or a named tuple says what
the field means, so that it becomes the docstring of the field.
"""

from __future__ import annotations

import io
import re
import tokenize
from typing import Any

import griffe

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`(~?)([\w.]+)`")
DESCRIBED = re.compile(r"^(\w+(?:, \w+)*) : (?!(?:u?int|float)\d*\b|bool\b|str\b)(?=\w)", re.MULTILINE)

NOTATION = re.compile(r"(?:u?int|float|bool)\d* |\w\b|\w+ ->")
"""Beginnings of a comment that stay as they are: the type of an array, a letter of the model, a mapping."""

SESSION = re.compile(r"^(?: *(?:>>>|\.\.\.) .*\n?)+", re.MULTILINE)


def linked(role: re.Match[str]) -> str:
    """Return a link, which is plain code where the site has no page of the name."""
    name = role[2].rsplit(".", 1)[-1] if role[1] else role[2]
    return f'<autoref identifier="{role[2]}" optional><code>{name}</code></autoref>'


def holds_fields(cls: griffe.Class) -> bool:
    """Whether the annotated names of a class are its fields: a dataclass, or a named tuple."""
    decorators = {decorator.callable_path for decorator in cls.decorators}
    return "dataclasses.dataclass" in decorators or "NamedTuple" in map(str, cls.bases)


def comment_on(field: griffe.Attribute) -> str:
    """Return the comments on the lines of a field, and on whole lines before it, as one sentence."""
    assert isinstance(field.parent, griffe.Class) and field.lineno is not None
    above: list[str] = []
    before = field.parent.lines[: field.lineno - (field.parent.lineno or 0)]
    while before and before[-1].lstrip().startswith("#"):
        above.insert(0, before.pop())
    text = "\n".join([*above, *field.lines])
    tokens = tokenize.generate_tokens(io.StringIO(text.replace("\n    ", "\n").lstrip()).readline)
    words = " ".join(token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT)
    begin = words if NOTATION.match(words) else words[:1].upper() + words[1:]
    return begin + "." * (bool(words) and not words.endswith("."))


class Docstrings(griffe.Extension):
    """Rewrites each docstring when it is found."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            text = DESCRIBED.sub(r"\1\n    ", obj.docstring.value)
            text = SESSION.sub(lambda lines: f"\n```pycon\n{lines[0].rstrip()}\n```\n", text)
            obj.docstring.value = ROLE.sub(linked, text)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        if holds_fields(cls):
            for field in cls.members.values():
                if isinstance(field, griffe.Attribute) and field.annotation and field.docstring is None:
                    field.docstring = griffe.Docstring(comment_on(field), parent=field)
