"""The results folder that a batch opened: the batch must not write to another one, whatever becomes of the path.

A path is only a name. While a batch runs, somebody may move the folder, delete it, put another in its place, or let a
link lead elsewhere. The writer therefore holds the folder open and compares the two before and after it writes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from simulation.errors import MachineError, ResultsError
from simulation.files.durable import flush_folder


class HeldFolder:
    """A folder, known by its identity rather than by its name.

    Parameters
    ----------
    path : the folder, which exists.
    handle : open on it, as :func:`held` gives it; without one the identity may in time go to another folder.
    """

    def __init__(self, path: Path, *, handle: int | None = None) -> None:
        self.path = path
        self.handle = handle
        self._found = os.stat(path if handle is None else handle)

    def check(self) -> None:
        """Find out whether the path still leads to the folder.

        Raises
        ------
        MachineError
            Saying what became of the folder, and what to do.
        """
        try:
            there = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            raise MachineError(self._lost(replaced=False)) from None
        # The handle is asked anew: on some network disks the number of a folder changes while it is in use.
        here = self._found if self.handle is None else os.fstat(self.handle)
        if not os.path.samestat(there, here):
            raise MachineError(self._lost(replaced=True))

    def _lost(self, *, replaced: bool) -> str:
        now = self._path_now()
        what, advice = "was moved or deleted", "if it was moved, move it back"
        if now == "":
            what, advice = "was deleted", "the same command begins anew"
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
        """Return where the folder is now, "" if it was deleted, or None where the system cannot be asked."""
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

    An error that comes up meanwhile because the folder is gone is told as just that.

    Raises
    ------
    MachineError
        As :meth:`HeldFolder.check`, instead of the error that followed from it.
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
    """Refuse a folder of a results folder that is a link: what is written or deleted through it lies elsewhere.

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


def inner_folder(folder: Path, name: str) -> Path:
    """Make a folder within a results folder, unless it is there, and return its path; errors as for a link."""
    path = folder / name
    refuse_link(path)
    if not path.is_dir():
        path.mkdir(exist_ok=True)
        flush_folder(path.parent)  # or a power cut could take it with all that is flushed within
    return path


def check_encoding(path: Path) -> None:
    """Refuse a path whose bytes are no text: neither the manifest nor the tables could be written there.

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
