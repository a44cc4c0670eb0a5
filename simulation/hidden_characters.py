"""Invisible characters that affect programs: refused in texts of users, escaped in messages.

A title is printed on terminals and in Markdown, HTML and LaTeX. There an escape character can move the cursor or set
the window's title, and a bidirectional override changes the order in which text is shown.
"""

from __future__ import annotations

import re

_LINES = "\t\n"
_ALWAYS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters other than tab and line feed
    "\u2028-\u202e\u2066-\u2069"  # separators of lines and paragraphs; embeddings, overrides and isolates
    "\ufeff"  # a byte order mark that is not the first character of a file
    "\ud800-\udfff"  # halves of characters, which no file can hold
)
_HIDDEN = {False: re.compile(f"[{_ALWAYS}{_LINES}]"), True: re.compile(f"[{_ALWAYS}]")}
_ESCAPED_IN_TOML = "\b\t\n\f\r"
"""What ``\\b``, ``\\t``, ``\\n``, ``\\f`` and ``\\r`` mean in a TOML text, so that "C:\\new" holds a line feed."""


def fault_of(text: str, *, lines: bool = False) -> str:
    """Return a message on the hidden character in a text; "" if it has none.

    Parameters
    ----------
    lines : whether the text may have several lines, and tabs.
    """
    found = _HIDDEN[lines].search(text)
    if found is None:
        return ""
    name = f"U+{ord(found[0]):04X}"
    if found[0] not in _ESCAPED_IN_TOML:
        return f"holds the hidden character {name}; leave it out"
    return (
        f"holds the character {name}, a tab or the end of a line; write the text on one line, "
        "and a path with / or in single quotes, because a backslash in double quotes begins an escape"
    )


def visible(text: str, *, lines: bool = True) -> str:
    r"""The text with each hidden character as its escape, such as \u001b; line feeds and tabs stay if ``lines``."""
    return _HIDDEN[lines].sub(lambda found: f"\\u{ord(found[0]):04x}", text)
