"""Texts of users in Markdown, where none of their signs is a command."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(
    r"([\\`*_|~$]"
    r"|<(?=[A-Za-z/!?])"  # a tag or address
    r"|\](?=[(\[:])"  # a link
    r"|&(?=#?\w+;)"  # an entity
    r"|^[#>+-](?=[#\s])|(?<=^\d)[.)](?=\s)"  # a heading, quotation or list
    r"|(?<!\S)#(?=#*$))"  # the end of a heading
)


def markdown_text(text: str) -> str:
    """Escape all Markdown marks, and the dollars of mathematics, in a text and put it on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
