"""Reading text files of other programs, which must be UTF-8, with or without a byte order mark.

Tables, scenarios, settings and outlines are all read here, so that the same rules apply to all of them.
"""

from __future__ import annotations

import codecs
import errno
import os
from pathlib import Path

from simulation.errors import Problem
from simulation.files.plain import AT_MOST, read_plain

_OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, with whose mark it begins
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class TextFault(Exception):
    """A fault of a text, in words, with its line, counted from 1, if it belongs to one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message, self.line = message, line

    def problem(self, file: str | Path) -> Problem:
        """The fault as a problem of the whole file."""
        return Problem(str(file), self.line, "", self.message)


def read_text(path: Path, *, expected: str = "a text file", at_most: int = AT_MOST) -> str:
    """Return the text of a regular file or of the target of a link.

    Parameters
    ----------
    expected : what the file should be, for the message about a folder.
    at_most : maximum size, bytes.

    Raises
    ------
    FileNotFoundError
        If it does not exist.
    TextFault
        If it is a broken link, not a regular file, not permitted, too large, or not UTF-8.
    """
    try:
        return decoded(read_plain(path, at_most=at_most))
    except FileNotFoundError:
        if not (fault := broken_link(path)):
            raise
        raise TextFault(fault) from None
    except IsADirectoryError:
        raise TextFault(f"is a folder; expected {expected}") from None
    except OSError as error:
        raise TextFault(broken_link(path) or f"cannot be read: {error.strerror}") from None


def broken_link(path: str | Path) -> str:
    """Describe the fault of a broken link; "" for a path that is not a link."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return f"is a link to {os.readlink(path)}, and nothing is there" if os.path.islink(path) else ""
    except (OSError, ValueError) as error:
        circle = isinstance(error, OSError) and error.errno == errno.ELOOP
        return "is a link that leads back to itself" if circle else ""
    return ""


def decoded(content: bytes) -> str:
    """Return the text of these bytes without its byte order mark.

    Raises
    ------
    TextFault
        If they are not UTF-8.
    """
    for mark, name in _OTHER_MARKS.items():
        if content.startswith(mark):
            raise TextFault(f"is in {name}; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")  # many editors and spreadsheets put a byte order mark first
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TextFault(
            f"not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8", line
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TextFault("holds zero bytes, as text in UTF-16 does; save it as UTF-8", line)
    return text
