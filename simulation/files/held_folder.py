"""The results folder that a batch opened, held open so that the batch cannot write to another one.

While a batch runs, a user may move the folder, delete it, replace it, or redirect a link. The writer therefore holds
the folder open, and checks before and after each write that the path still leads to it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from simulation.errors import MachineError, ResultsError
from simulation.files.durable import NO_ROOM, flush_folder


class HeldFolder:
    """A folder, identified by its inode instead of its name.

    Parameters
    ----------
    path : the folder, which exists.
    handle : an open handle of it, from :func:`held`; without one another folder could later get the same identity.
    """

    def __init__(self, path: Path, *, handle: int | None = None) -> None:
        self.path = path
        self.handle = handle
        self._found = os.stat(path if handle is None else handle)

    def check(self) -> None:
        """Check that the path still leads to the folder.

        Raises
        ------
        MachineError
            If it does not; the message says what happened to the folder, and what to do.
        """
        try:
            there = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            raise MachineError(self._lost(replaced=False)) from None
        # The handle is read every time: on some network disks the inode of a folder changes while it is in use.
        here = self._found if self.handle is None else os.fstat(self.handle)
        if not os.path.samestat(there, here):
            raise MachineError(self._lost(replaced=True))

    def _lost(self, *, replaced: bool) -> str:
        now = self._path_now()
        what, advice = "was moved or deleted", "if it was moved, move it back"
        if now == "":
            what, advice = "was deleted", "the same command starts from the beginning"
        elif now is not None:
            what, advice = f"was moved to {now}", "move it back"
        instead = " and something else put in its place" if replaced else ""
        kept = (
            ""
            if now == ""
            else "; it holds the finished runs, and the same command then continues from there"
        )
        return f"{self.path}: the results folder {what}{instead} while it was being written; {advice}{kept}"

    def _path_now(self) -> str | None:
        """Return where the folder is now, "" if it was deleted, or None if the system does not support that."""
        if self.handle is None:
            return None
        try:
            path = os.readlink(f"/proc/self/fd/{self.handle}")
        except OSError:
            return None
        return "" if path.endswith(" (deleted)") else path


@contextlib.contextmanager
def held(path: Path) -> Iterator[HeldFolder]:
    """Hold a folder open, on systems where a folder can be opened.

    An error that results from the loss of the folder is reported as such.

    Raises
    ------
    MachineError
        As :meth:`HeldFolder.check`, instead of the resulting error.
    """
    handle = os.open(path, os.O_RDONLY) if os.name == "posix" else None
    try:
        folder = HeldFolder(path, handle=handle)
        try:
            yield folder
        except (OSError, ResultsError):
            folder.check()
            raise
    finally:
        if handle is not None:
            os.close(handle)


def refuse_link(path: Path) -> None:
    """Refuse a folder within a results folder that is a link, because files written through it would be elsewhere.

    Raises
    ------
    ResultsError
        If the path is a link.
    """
    if path.is_symlink():
        raise ResultsError(
            f"{path}: is a link to {os.readlink(path)}, and nothing is written outside of a results folder; "
            "remove the link"
        )


def make_folder(folder: Path) -> None:
    """Create a folder for output, and those above it, unless it exists.

    Raises
    ------
    ResultsError
        If it cannot be made there.
    OSError
        If the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise ResultsError(
            f"{folder}: the folder cannot be made: {error.strerror}; choose another place"
        ) from None


def inner_folder(folder: Path, name: str) -> Path:
    """Create a folder within a results folder, unless it exists, and return its path; errors as for a link."""
    path = folder / name
    refuse_link(path)
    if not path.is_dir():
        path.mkdir(exist_ok=True)
        flush_folder(path.parent)  # else a power cut could lose it with all flushed files in it
    return path


def is_there(path: Path) -> bool:
    """Whether anything has this path, be it a broken link."""
    return path.is_symlink() or path.exists()


def check_encoding(path: Path) -> None:
    """Refuse a path whose bytes are not valid text: neither the manifest nor the tables could contain it.

    Raises
    ------
    ResultsError
        If the path cannot be written in UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = str(path).encode(errors="backslashreplace").decode()
        raise ResultsError(
            f"{shown}: the name of the results folder is not UTF-8; choose another --out"
        ) from None
