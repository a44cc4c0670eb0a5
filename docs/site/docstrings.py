"""Docstrings as this repository writes them, in the form that mkdocstrings reads.

A role of Sphinx, such as ``:func:`~simulation.run```, becomes a link. What stands behind the name of an argument is its
type where that is one, ``months : int64, shape (n,)``; else it describes the argument, whose type is annotated. Lines
of an interactive session need no heading "Examples".
"""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`(~?)([\w.]+)`")
DESCRIBED = re.compile(r"^(\w+(?:, \w+)*) : (?!(?:u?int|float)\d*\b|bool\b|str\b)(?=\w)", re.MULTILINE)

SESSION = re.compile(r"^(?: *(?:>>>|\.\.\.) .*\n?)+", re.MULTILINE)


def linked(role: re.Match[str]) -> str:
    """Return a link, which is plain code where the site has no page of the name."""
    name = role[2].rsplit(".", 1)[-1] if role[1] else role[2]
    return f'<autoref identifier="{role[2]}" optional><code>{name}</code></autoref>'


class Docstrings(griffe.Extension):
    """Rewrites each docstring when it is found."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            text = DESCRIBED.sub(r"\1\n    ", obj.docstring.value)
            text = SESSION.sub(lambda lines: f"\n```pycon\n{lines[0].rstrip()}\n```\n", text)
            obj.docstring.value = ROLE.sub(linked, text)
