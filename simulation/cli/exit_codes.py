"""Exit codes and messages of commands that end in an error of the user or of the machine."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from simulation.cli.stop import SIGNALLED, Stopped

FAULT = 1
WRONG = 2
FAILURES = 3
MACHINE = 4

_KEPT = "Finished runs are kept; the same command continues from there."

_MACHINE_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
        errno.ENODEV,
        errno.ENXIO,
    ),  # a network disk that went away
}
_PLACE_ERRORS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
}
"""Errors of a named file or folder: the user can name another one."""


def ending_of(error: BaseException, *, resumable: bool) -> tuple[int, str] | None:
    """Return the exit code and message of an error of the user or the machine; None if the program is at fault.

    Parameters
    ----------
    resumable : whether the command computes runs in parallel and keeps finished ones for its next call.
    """
    # Imported late because --help must not wait for it.
    from simulation.errors import HyperclusterError
    from simulation.hidden_characters import visible

    if isinstance(error, HyperclusterError):
        return error.exit_code, str(error)
    if isinstance(error, KeyboardInterrupt):
        stopped = error if isinstance(error, Stopped) else Stopped()
        return SIGNALLED + stopped.number, f"{stopped} {_KEPT}" if resumable else str(stopped)
    if isinstance(error, MemoryError):
        return MACHINE, f"Out of memory. {_KEPT} Use fewer --workers." if resumable else "Out of memory."
    if isinstance(error, OSError) and error.errno in _PLACE_ERRORS and error.filename is not None:
        return WRONG, visible(f"{error.filename}: cannot be used: {error.strerror}; choose another place")
    if isinstance(error, OSError) and error.errno in _MACHINE_ERRORS | _PLACE_ERRORS:
        return MACHINE, f"{_what_stopped(error)}. {_KEPT}" if resumable else f"{_what_stopped(error)}."
    return None


def _what_stopped(error: OSError) -> str:
    """Describe what the operating system could not do, for which file, and how much space is free there."""
    if error.filename is None:
        return f"The operating system reported an error: {error.strerror}"
    if str(error.filename).startswith("s3://"):
        return f"{error.filename}: the object store does not do its work: {error.strerror}"
    place = next(
        path for path in (Path(error.filename), *Path(error.filename).absolute().parents) if path.exists()
    )
    free = shutil.disk_usage(place).free
    return f"{error.filename}: cannot be written: {error.strerror}; {free:,} bytes are free on that disk"
