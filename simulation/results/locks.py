"""One writer at a time in a folder, also on disks that cannot lock.

Where ``flock`` works, the system releases the lock whenever the process ends. Some disks of clusters and clouds answer
that they cannot lock. There a file stands for the lock, made so that only one process can have made it (O_EXCL), which
says who holds it. What a killed process left is taken over by making the *successor* of its lock: a file whose name
says whose successor it is, so that there is one at most, and of two takers one is too late. Whoever has no successor
holds the folder. Successors count only if the lock that they follow still stands, beginning with the first.

All files are reached through the handle of the folder, so that they are found in it wherever it is moved to.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from simulation.errors import MachineError, ResultsError
from simulation.files.held_folder import HeldFolder
from simulation.results.manifest import now

if sys.platform != "win32":
    import fcntl

LOCK = ".writer.lock"
_AFTER = ".writer-after-"
_TRIES = 100
"""How often a start may find that another process was faster. It is one of a few, so this is never reached."""

_SECONDS_TO_WRITE = 1.0
"""How long whoever has just made a lock may take to fill it, on disks that cannot put a whole file in place."""


def is_lock(path: Path) -> bool:
    """Whether a file of a results folder is a lock, or was about to become one."""
    return path.name.startswith(".writer") and path.name.endswith((".lock", ".tmp"))


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""  # systems without it


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a folder, as its lock names it. What a system cannot tell is an empty text."""

    host: str = field(default_factory=platform.node)
    machine: str = field(default_factory=lambda: _read("/etc/machine-id"))
    boot: str = field(default_factory=lambda: _read("/proc/sys/kernel/random/boot_id"))
    namespace: str = field(default_factory=_namespace)  # in which the number of the process is valid
    process: int = field(default_factory=os.getpid)
    began: str = field(default_factory=lambda: _state_and_start(os.getpid())[1])
    since: str = field(default_factory=now)
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def is_gone(self) -> bool | None:
        """Whether the process has ended; None if that cannot be known from here."""
        here = Holder()
        if self.boot and self.boot == here.boot:
            return None if self.namespace != here.namespace else not _runs(self.process, self.began)
        if (self.host, self.machine) != (here.host, here.machine):
            return None
        return bool(self.boot) or not _runs(
            self.process, self.began
        )  # this machine was started anew, or cannot tell

    def __str__(self) -> str:
        # The clocks of two machines may differ, and either may have been set; nothing is decided by this.
        hours = (datetime.now(UTC) - datetime.fromisoformat(self.since)).total_seconds() / 3600
        age = f", {hours:.1f} hours ago" if hours > 0 else ""
        return f"process {self.process} on {self.host}, since {self.since}{age}"


def _state_and_start(process: int) -> tuple[str, str]:
    """Return the state of a process and when it began, in ticks since the system did, which no clock can move."""
    fields = _read(f"/proc/{process}/stat").rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _runs(process: int, began: str) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    state, start = _state_and_start(process)
    return state not in ("Z", "X") and (not start or not began or start == began)


class Lock:
    """The lock of a folder that this process holds."""

    def __init__(self, folder: HeldFolder) -> None:
        assert folder.handle is not None, "a folder is locked through its handle"
        self._folder = folder
        self._handle = folder.handle
        self._me: Holder | None = None  # unless the system keeps the lock

    def check(self) -> None:
        """Find out whether this process still holds the folder.

        Raises
        ------
        MachineError
            If somebody had another process take it over.
        """
        follower = None if self._me is None else self._holder(_successor(self._me))
        if follower is not None:
            raise MachineError(
                f"{self._folder.path}: {follower}, took this folder over; this process stops, and writes no more to it"
            )

    def take(self, *, take_over: bool) -> None:
        """Make the lock, or the successor of one whose process has ended."""
        me = _new_holder()
        for _ in range(_TRIES):
            chain = self._chain()
            if chain and not _may_follow(chain[-1], take_over=take_over):
                raise ResultsError(self._refusal(chain[-1]))
            name = _successor(chain[-1]) if chain else LOCK
            if self._make(name, me):
                chain = self._chain()
                if me in chain:
                    self._me = me
                    self._remove_orphans(chain)
                    return
                self._unlink(name)  # the lock that it follows was given back meanwhile
        raise ResultsError(f"{self._folder.path}: another process is writing to this folder")

    def release(self) -> None:
        """Give the lock back, unless another process took it over."""
        if self._me is None:
            return
        chain = self._chain()
        # One's own successor, so that nobody else can be it. The first lock goes first: the others count only after it.
        if self._make(_successor(self._me), _new_holder()):
            for name in (LOCK, *map(_successor, chain)):
                self._unlink(name)
        self._me = None

    def _remove_orphans(self, chain: list[Holder]) -> None:
        """Remove what processes left that were killed while they made a lock, or gave it back."""
        kept = {LOCK, *map(_successor, chain)}
        for name in os.listdir(self._handle):
            if is_lock(Path(name)) and name not in kept:
                self._unlink(name)

    def _refusal(self, holder: Holder) -> str:
        if holder.is_gone() is None:
            return (
                f"{self._folder.path}: locked by {holder}; from here it cannot be seen whether that process still "
                "runs. If it does not, say --take-over"
            )
        return f"{self._folder.path}: another process is writing to this folder: {holder}"

    def _chain(self) -> list[Holder]:
        """Return who held the folder, one after the other; the last one does."""
        chain: list[Holder] = []
        name = LOCK
        while (holder := self._holder(name)) is not None:
            chain.append(holder)
            name = _successor(holder)
        return chain

    def _holder(self, name: str) -> Holder | None:
        """Return who made a lock; None if there is none."""
        until = time.monotonic() + _SECONDS_TO_WRITE
        while True:
            try:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._handle)
            except FileNotFoundError:
                return None
            with open(handle, "rb") as file:
                content = file.read(10_000)
            try:
                return _parsed(content)
            except (ValueError, TypeError):
                if time.monotonic() > until:
                    break
            time.sleep(0.01)
        raise ResultsError(
            f"{self._folder.path / name}: cannot be read; if no process writes to this folder, remove that file"
        )

    def _make(self, name: str, holder: Holder) -> bool:
        """Make a lock, or return False if there is one. It appears with its content, on disks that have hard links."""
        temporary = f".writer-{holder.id}.tmp"
        self._write(temporary, holder)
        try:
            os.link(temporary, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        except FileExistsError:
            return False
        except OSError:
            try:
                self._write(name, holder)
            except FileExistsError:
                return False
        finally:
            self._unlink(temporary)
        return True

    def _write(self, name: str, holder: Holder) -> None:
        try:
            handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self._handle)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._folder.path / name)) from None
        with open(handle, "wb") as file:
            file.write(json.dumps(asdict(holder)).encode())

    def _unlink(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._handle)


def _new_holder() -> Holder:
    return Holder()


def _successor(holder: Holder) -> str:
    return f"{_AFTER}{holder.id}.lock"


def _parsed(content: bytes) -> Holder:
    """Return the holder of a lock; raises ValueError or TypeError for anything else."""
    holder = Holder(**json.loads(content))
    datetime.fromisoformat(holder.since)
    if not isinstance(holder.process, int) or holder.process <= 0 or os.sep in holder.id:
        raise ValueError("not a holder")
    return holder


def _may_follow(holder: Holder, *, take_over: bool) -> bool:
    gone = holder.is_gone()
    return take_over if gone is None else gone


@contextlib.contextmanager
def locked(folder: HeldFolder, *, take_over: bool = False) -> Iterator[Lock | None]:
    """Keep other processes from writing to a folder. On Windows, where a folder has no handle, nothing is kept away.

    Parameters
    ----------
    take_over : also take the folder from a process of which it cannot be known here whether it still runs.

    Raises
    ------
    ResultsError
        If another process holds the folder, or may do so.
    """
    if sys.platform == "win32" or folder.handle is None:
        yield None
        return
    lock = Lock(folder)
    if not _flock(folder) or _exists(LOCK, folder.handle):  # left where this disk was mounted in another way
        lock.take(take_over=take_over)
    try:
        yield lock
    finally:
        with contextlib.suppress(OSError):  # it counts for nothing once this process has ended
            lock.release()


def _flock(folder: HeldFolder) -> bool:
    """Have the system lock a folder until its handle is closed, and return whether it can."""
    assert folder.handle is not None and sys.platform != "win32", "asked before"
    try:
        fcntl.flock(folder.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ResultsError(f"{folder.path}: another process is writing to this folder") from None
    except OSError:
        return False
    return True


def _exists(name: str, handle: int) -> bool:
    try:
        os.stat(name, dir_fd=handle, follow_symlinks=False)
    except OSError as error:
        return error.errno != errno.ENOENT
    return True
