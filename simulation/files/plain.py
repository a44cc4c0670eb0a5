"""Reading files that somebody else wrote: regular files only, and no more of them than there should be.

A path that a user gives may name anything. A pipe would keep a reader waiting for ever, and a device such as
``/dev/zero`` would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

AT_MOST = 256 * 1024 * 1024
"""Bytes that a table, outlines or a manifest may have, unless the reader says another number."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotPlainError(OSError):
    """A file that is not regular, or too large; ``strerror`` is the sentence that says so."""


def read_plain(path: str | Path, *, at_most: int = AT_MOST) -> bytes:
    """Return all bytes of a regular file, also of one that a link points to.

    Raises
    ------
    NotPlainError
        If it is a pipe, a socket or a device, which is not opened, or has more than ``at_most`` bytes.
    OSError
        As when any file is opened: FileNotFoundError, IsADirectoryError for a folder, PermissionError and so on.
    """
    _check(os.stat(path), path, at_most)
    with open(path, "rb", opener=_without_waiting) as file:
        _check(os.fstat(file.fileno()), path, at_most)  # another may have taken the name meanwhile
        content = file.read(
            at_most + 1
        )  # the size of some files, as of those in /proc, is known at their end only
    if len(content) > at_most:
        raise _too_large(path, at_most)
    return content


def _check(found: os.stat_result, path: str | Path, at_most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise NotPlainError(errno.EINVAL, f"this is {kind}, not a regular file", str(path))
    if found.st_size > at_most:
        raise _too_large(path, at_most)


def _too_large(path: str | Path, at_most: int) -> NotPlainError:
    return NotPlainError(
        errno.EFBIG, f"the file is larger than {at_most:,} bytes, the most allowed here", str(path)
    )


def _without_waiting(path: str, flags: int) -> int:
    """Open a file at once, even if it turned into a pipe that nobody writes to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
