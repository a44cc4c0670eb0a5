"""Atomic, durable writing of files: a crash leaves either the complete old file or the complete new one."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import platform
import re
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from simulation.errors import ResultsError
from simulation.files.objects import ObjectPath

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a full disk or an exhausted quota."""


_CANNOT_FLUSH = {
    *(errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EPERM, errno.EACCES),
}
"""Errors of disks that cannot flush a folder, such as some network disks; they do not indicate a fault."""

_NO_SUCH_NAME = {errno.ENOENT, errno.EINVAL}
"""Errors of a folder that is there and takes no file of that name, such as /proc, or a disk that forbids some signs."""

_HERE = f"{zlib.crc32(platform.node().encode(errors='replace')):08x}"
"""This machine in the name of a temporary file, because process numbers are valid on one machine only."""
_ABANDONED_AFTER = 86_400.0
"""Seconds without a change after which a temporary file is abandoned, if its process cannot be checked."""
_numbers = itertools.count()
_writing: set[str] = set()
"""Names of the temporary files that this process is writing."""


def replace(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the complete old or the complete new one exists."""
    if isinstance(path, ObjectPath):
        path.write_bytes(content)
        return
    with written_beside(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Yield a temporary path; at the end flush the file there to disk and let it replace ``path``.

    The temporary path is unique, so that the last of several programs that write a file at the same time wins. It is
    removed on an error or after Ctrl-C; that of a killed process is removed when ``path`` is written next. The new name
    is on the disk when this returns, so that of two files written in order the second never exists without the first.
    An object is sent at the end, from a temporary file of the disk.

    Raises
    ------
    ResultsError
        If the folder is there but can hold no file of that name.
    OSError
        Any other error of the system, with the name of the intended file.
    """
    if isinstance(path, ObjectPath):
        with tempfile.TemporaryDirectory() as name:
            here = Path(name) / path.name
            yield here
            path.write_bytes(here.read_bytes())
        return
    remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{_HERE}-{os.getpid()}-{next(_numbers)}.tmp")
    _writing.add(temporary.name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # such as a read-only disk
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            _refuse_unfit(path, error)
            raise _at(path, error, temporary=temporary) from error
        raise
    finally:
        _writing.discard(temporary.name)
    flush_folder(path.parent)


def is_temporary(name: str, file: str) -> bool:
    """Whether a name is that of a temporary file."""
    return _writer(name, file) is not None


def remove_abandoned(path: Path) -> None:
    """Remove the temporary files of a file whose processes have ended; the folder may be missing."""
    if isinstance(path, ObjectPath):
        return
    with contextlib.suppress(OSError):
        for entry in path.parent.iterdir():
            writer = _writer(entry.name, path.name)
            if writer is not None and _is_abandoned(entry, writer):
                entry.unlink()


def _writer(name: str, file: str) -> tuple[str, str] | None:
    """Return machine and process of a temporary file, both empty if unknown; None for other files."""
    found = re.fullmatch(rf"\.{re.escape(file)}\.(?:([0-9a-f]{{8}})-([0-9]+)-[0-9]+\.)?tmp", name)
    return None if found is None else (found[1] or "", found[2] or "")


def _is_abandoned(temporary: Path, writer: tuple[str, str]) -> bool:
    machine, process = writer
    if machine == _HERE and int(process) == os.getpid():
        return temporary.name not in _writing  # otherwise of an earlier process with our number
    if machine == _HERE and os.name == "posix":
        try:
            os.kill(int(process), 0)
        except (ProcessLookupError, OverflowError):
            return True
        except OSError:
            pass  # of another user
    return not machine or time.time() - temporary.lstat().st_mtime > _ABANDONED_AFTER


def append(path: Path, lines: bytes) -> None:
    """Append whole lines to a file, after completing a truncated one, and wait until they are on the disk."""
    if isinstance(path, ObjectPath):
        before = path.read_bytes() if path.is_file() else b""
        path.write_bytes(before + lines)
        return
    try:
        # In one write, so that two commands do not lose each other's lines.
        with path.open("ab+", buffering=0) as sink:
            if sink.tell():
                sink.seek(-1, os.SEEK_END)
                lines = lines if sink.read() == b"\n" else b"\n" + lines
            while lines:  # a nearly full disk accepts some of the data before it reports an error
                lines = lines[sink.write(lines) :]
            os.fsync(sink.fileno())
    except OSError as error:
        _refuse_unfit(path, error)
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


def _refuse_unfit(path: Path, error: OSError) -> None:
    """Raise a ResultsError if the folder is there and can hold no file of that name: the user chose it."""
    if error.errno in _NO_SUCH_NAME and path.parent.is_dir():
        raise ResultsError(f"{path}: cannot be written: {error.strerror}; choose another place") from None


def _at(path: Path, error: OSError, *, temporary: Path | None = None) -> OSError:
    """Return the error with the name of the intended file: the system names at most the temporary one."""
    named = error.filename not in (None, str(temporary))
    return OSError(error.errno, error.strerror, error.filename if named else str(path))


def flush_folder(path: Path) -> bool:
    """Wait until the names in a folder are on the disk, and return whether system and disk support that."""
    if isinstance(path, ObjectPath):
        return True
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
    """Wait until all changes to the names in a folder, its own name and those above it are on the disk.

    A process that continues the work of a killed one relies on changes that may not be flushed yet.

    Parameters
    ----------
    inner : folders within it that are flushed too, if they exist.
    """
    for path in (*(folder / name for name in inner), folder, *folder.absolute().parents):
        with contextlib.suppress(
            FileNotFoundError, PermissionError
        ):  # we cannot have changed a folder without permission
            flush_folder(path)
