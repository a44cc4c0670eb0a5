"""Writing files so that a crash leaves either the old or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a disk that is full, or as full as we may make it."""


_CANNOT_FLUSH = {
    *(errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EPERM, errno.EACCES),
}
"""What disks answer that cannot flush a folder, some network disks for instance; it says nothing about a fault."""


def replace(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole."""
    with written_beside(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Give a temporary path; at the end the file there is flushed to disk and takes the place of ``path``.

    On an error, or after Ctrl-C, nothing is left of it; what a killed process left behind goes when ``path`` is written
    next. The new name is on the disk when this returns, so that of two files the second is never there without the
    first.
    """
    temporary = beside(path)
    temporary.unlink(missing_ok=True)  # were it a link, another file would be written
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # such as a disk that nothing can be written to
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _at(path, error) from error
        raise
    flush_folder(path.parent)


def beside(path: Path) -> Path:
    """Return the temporary name under which a file is written before it takes its place."""
    return path.with_name(f".{path.name}.tmp")


def append(path: Path, lines: bytes) -> None:
    """Add whole lines to a file, after ending one that a stop has cut short, and wait until they are on the disk."""
    try:
        # In one piece, so that two commands do not lose each other's lines.
        with path.open("ab+", buffering=0) as sink:
            if sink.tell():
                sink.seek(-1, os.SEEK_END)
                lines = lines if sink.read() == b"\n" else b"\n" + lines
            while lines:  # a disk that is nearly full takes some of it before it says so
                lines = lines[sink.write(lines) :]
            os.fsync(sink.fileno())
    except OSError as error:
        raise _at(path, error) from error


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
    """Return the error with the file that was written: the system names at most the temporary one."""
    named = error.filename not in (None, str(beside(path)))
    return OSError(error.errno, error.strerror, error.filename if named else str(path))


def flush_folder(path: Path) -> bool:
    """Wait until the names in a folder are on the disk, and return whether system and disk can be asked for that."""
    if os.name != "posix":
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
        return False
    finally:
        os.close(handle)
    return True


def settle(folder: Path, *inner: str) -> None:
    """Wait until all that was done so far to the names in a folder, and to its own and those above, is on the disk.

    Whoever goes on where a process was killed builds on what that had not flushed, and a power cut could still take it.

    Parameters
    ----------
    inner : folders within it that are settled, too, where they are there.
    """
    for path in (*(folder / name for name in inner), folder, *folder.absolute().parents):
        with contextlib.suppress(
            FileNotFoundError, PermissionError
        ):  # where we may not look, we made nothing
            flush_folder(path)
