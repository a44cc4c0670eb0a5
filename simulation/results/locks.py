"""One writer at a time in a folder, also on disks without file locks.

Where ``flock`` works, the system releases the lock when the process ends. Some disks of clusters and clouds do not
support it. There a lock file that only one process can create (O_EXCL) names its holder. The lock of a killed process
is taken over by creating its *successor*, a file whose name contains the lock that it succeeds. There is at most one
successor, so that of two processes that try only one succeeds. The holder of the last lock in the chain holds the
folder. A successor counts only while the lock that it follows still exists, from the first one on.

All files are reached through the handle of the folder, so that they are found even if the folder is moved.
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
"""How often a start may find that another process was faster; few processes compete, so this is never reached."""

_SECONDS_TO_WRITE = 1.0
"""Seconds that a process may take to fill a lock that it has created, on disks without atomic creation."""


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
    """A process that holds a folder, as described by its lock. Fields unknown to the system are empty."""

    host: str = field(default_factory=platform.node)
    machine: str = field(default_factory=lambda: _read("/etc/machine-id"))
    boot: str = field(default_factory=lambda: _read("/proc/sys/kernel/random/boot_id"))
    namespace: str = field(default_factory=_namespace)  # in which the process number is valid
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
        )  # this machine was restarted, or does not know

    def __str__(self) -> str:
        # For the message only: the clocks of two machines may differ.
        hours = (datetime.now(UTC) - datetime.fromisoformat(self.since)).total_seconds() / 3600
        age = f", {hours:.1f} hours ago" if hours > 0 else ""
        return f"process {self.process} on {self.host}, since {self.since}{age}"


def _state_and_start(process: int) -> tuple[str, str]:
    """Return the state of a process and its start in ticks since boot, which changes of the clock do not affect."""
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
        self._place: Path = folder.path
        self._handle = folder.handle
        self._me: Holder | None = None  # unless the system keeps the lock

    def check(self) -> None:
        """Check that this process still holds the folder.

        Raises
        ------
        MachineError
            If another process has taken it over.
        """
        follower = None if self._me is None else self._holder(_successor(self._me))
        if follower is not None:
            raise MachineError(
                f"{self._place}: {follower}, took this folder over; this process stops and writes no more to it"
            )

    def take(self, *, take_over: bool) -> None:
        """Create the lock, or the successor of one whose process has ended."""
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
                self._unlink(name)  # the lock that it follows was released meanwhile
        raise ResultsError(f"{self._place}: another process is writing to this folder")

    def release(self) -> None:
        """Release the lock, unless another process took it over."""
        if self._me is None:
            return
        chain = self._chain()
        # Succeed itself, so that no other process can. Remove the first lock first: the others count only with it.
        if self._make(_successor(self._me), _new_holder()):
            for name in (LOCK, *map(_successor, chain)):
                self._unlink(name)
        self._me = None

    def _remove_orphans(self, chain: list[Holder]) -> None:
        """Remove the files of processes that were killed while they created or released a lock."""
        kept = {LOCK, *map(_successor, chain)}
        for name in self._entries():
            if is_lock(Path(name)) and name not in kept:
                self._unlink(name)

    def _refusal(self, holder: Holder) -> str:
        if holder.is_gone() is None:
            return (
                f"{self._place}: locked by {holder}; from here it cannot be seen whether that process still "
                "runs. If it does not, use --take-over"
            )
        return f"{self._place}: another process is writing to this folder: {holder}"

    def _chain(self) -> list[Holder]:
        """Return the successive holders of the folder; the last one holds it now."""
        chain: list[Holder] = []
        name = LOCK
        while (holder := self._holder(name)) is not None:
            chain.append(holder)
            name = _successor(holder)
        return chain

    def _holder(self, name: str) -> Holder | None:
        """Return the holder of a lock; None if there is no lock."""
        until = time.monotonic() + _SECONDS_TO_WRITE
        while True:
            content = self._content(name)
            if content is None:
                return None
            try:
                return _parsed(content)
            except (ValueError, TypeError):
                if time.monotonic() > until:
                    break
            time.sleep(0.01)
        raise ResultsError(
            f"{self._place / name}: cannot be read; if no process writes to this folder, remove that file"
        )

    def _content(self, name: str) -> bytes | None:
        try:
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._handle)
        except FileNotFoundError:
            return None
        with open(handle, "rb") as file:
            return file.read(10_000)

    def _entries(self) -> list[str]:
        return os.listdir(self._handle)

    def _make(self, name: str, holder: Holder) -> bool:
        """Create a lock, or return False if it exists. On disks with hard links it appears with its content."""
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
            raise OSError(error.errno, error.strerror, str(self._place / name)) from None
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
    """Keep other processes from writing to a folder. This has no effect on Windows, where a folder has no handle.

    Parameters
    ----------
    take_over : also take the folder from a process that may still run, if this cannot be checked from here.

    Raises
    ------
    ResultsError
        If another process holds the folder, or may do so.
    """
    if sys.platform == "win32" or folder.handle is None:
        yield None
        return
    lock = Lock(folder)
    if not _flock(folder) or _exists(
        LOCK, folder.handle
    ):  # a lock from a time when this disk was mounted differently
        lock.take(take_over=take_over)
    try:
        yield lock
    finally:
        with contextlib.suppress(OSError):  # it has no effect once this process has ended
            lock.release()


def _flock(folder: HeldFolder) -> bool:
    """Lock a folder until its handle is closed, and return whether the system can."""
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
