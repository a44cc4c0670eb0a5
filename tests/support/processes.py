"""Commands as processes of a session of their own, so that whatever they leave behind can be found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

PATIENCE = 120.0
"""Seconds after which something that must happen has not: far beyond what a busy machine needs."""


SUPPORT = Path(__file__).parent
"""Where the programs lie that tests start."""


@cache
def bytecode_folder() -> str:
    """A folder where Python keeps what it compiled, also where it is told to keep nothing: starts take a fifth."""
    return os.environ.get("PYTHONPYCACHEPREFIX") or tempfile.mkdtemp(prefix="hypercluster-bytecode-")


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a process that is to start fast."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": bytecode_folder()} | dict(changes or {})


@contextmanager
def started(
    command: Sequence[object],
    *,
    changes: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Start ``python COMMAND`` as the leader of a new session, and end all that is left of the session afterwards.

    ``changes`` are to the environment; ``before`` is called in the new process before Python starts there.
    """
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(changes),
        start_new_session=True,
        preexec_fn=before,
    )
    try:
        yield process
    finally:
        for pid in [*session_members(process.pid), process.pid]:
            if process.returncode is None or pid != process.pid:
                end(pid, signal.SIGKILL)
        process.communicate()


def end(pid: int, by: signal.Signals) -> None:
    """Send a signal to a process that may have ended by itself."""
    with suppress(ProcessLookupError):
        os.kill(pid, by)


def session_members(session: int) -> list[int]:
    """Processes of a session that have not ended."""
    return [pid for pid, state, _, of in _processes() if of == session and state != "Z"]


def workers_of(parent: int) -> list[int]:
    """Processes of a session that compute: all but the leader and the helpers of ``multiprocessing``."""
    members = [(pid, above) for pid, state, above, of in _processes() if of == parent and state != "Z"]
    helpers = {above for _, above in members} | {parent}
    return [
        pid
        for pid, _ in members
        if pid not in helpers and "multiprocessing.resource_tracker" not in _command(pid)
    ]


def _processes() -> Iterator[tuple[int, str, int, int]]:
    """Yield number, state, parent and session of every process."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, _, session = stat.read_text().rsplit(")", 1)[1].split()[:4]
        except OSError:
            continue
        yield int(stat.parent.name), state, int(parent), int(session)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def wait_until(happened: Callable[[], object], *, within: float = PATIENCE) -> float:
    """Wait until something holds, and return the seconds that it took."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < within, f"not within {within} s"
        time.sleep(0.005)
    return time.monotonic() - began
