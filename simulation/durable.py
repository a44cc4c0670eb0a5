"""Writing files so that a crash leaves either the old or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a disk that is full, or as full as we may make it."""


def replace(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole."""
    with written_beside(path) as temporary:
        flushed(temporary, content)
    flush_folder(path.parent)


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Give a temporary path, which takes the place of ``path`` at the end; on an error it leaves nothing behind."""
    temporary = beside(path)
    try:
        yield temporary
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _at(path, error) from error
        raise
    temporary.replace(path)


def beside(path: Path) -> Path:
    """Return the temporary name under which a file is written before it takes its place."""
    return path.with_name(f".{path.name}.tmp")


def flushed(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    try:
        with path.open("wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
    except OSError as error:
        raise _at(path, error) from error


def _at(path: Path, error: OSError) -> OSError:
    """Return the error with the file that was written: the system names it only when it opens one."""
    return OSError(error.errno, error.strerror, error.filename or str(path))


def flush_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, on systems where that can be asked for."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
