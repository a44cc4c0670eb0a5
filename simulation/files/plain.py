"""Reading foreign files: only regular ones, and only up to a maximum size.

A path given by a user may lead to anything. A pipe would block the reader for ever, and a device such as ``/dev/zero``
would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from simulation.files.objects import ObjectPath

AT_MOST = 256 * 1024 * 1024
"""Default maximum size of a table, outlines or a manifest, bytes."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotPlainError(OSError):
    """A file that is not regular, or too large; ``strerror`` is the sentence for the user."""


def read_plain(path: str | Path, *, at_most: int = AT_MOST) -> bytes:
    """Return all bytes of a regular file or of the target of a link.

    Raises
    ------
    NotPlainError
        If it is a pipe, a socket or a device, which is not opened, or has more than ``at_most`` bytes.
    OSError
        As when any file is opened: FileNotFoundError, IsADirectoryError for a folder, PermissionError and so on.
    """
    if isinstance(path, ObjectPath):
        content = path.read_bytes()
        if len(content) > at_most:
            raise _too_large(path, at_most)
        return content
    _check(os.stat(path), path, at_most)
    with open(path, "rb", opener=_without_waiting) as file:
        _check(os.fstat(file.fileno()), path, at_most)  # it may have been replaced meanwhile
        content = file.read(
            at_most + 1
        )  # the size of some files, such as those in /proc, is known only after reading them
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
    """Open a file without waiting, even if it was replaced by a pipe without a writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
