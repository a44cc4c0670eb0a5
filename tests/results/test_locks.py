"""Of all who want to write to a folder one does, and none is locked out by a process that has ended."""

from __future__ import annotations

import contextlib
import errno
import inspect
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.cli.main import cli
from simulation.errors import MachineError, ResultsError
from simulation.files.held_folder import HeldFolder, held
from simulation.results import locks
from simulation.results.locks import LOCK, Holder, Lock, locked

if sys.platform == "win32":
    pytest.skip("folders are locked on POSIX systems only", allow_module_level=True)

import fcntl

CANNOT_LOCK = (
    errno.ENOSYS,
    errno.ENOLCK,
    errno.EOPNOTSUPP,
    errno.EBADF,
    errno.EINVAL,
    errno.EPERM,
    errno.EACCES,
)


class Killed(BaseException):
    """Ends a claimant of the test where it stands, as kill -9 does."""


class Turns:
    """Lets threads go on one system call at a time, in an order from outside; some are killed on the way."""

    def __init__(self, claims: list[Callable[[], None]], *, links: bool) -> None:
        self.links = links
        self.local = threading.local()
        self.mine = [threading.Semaphore(0) for _ in claims]
        self.back = threading.Semaphore(0)
        self.running = set(range(len(claims)))
        self.dead: set[int] = set()
        self.errors: list[BaseException] = []
        self.threads = [threading.Thread(target=self._run, args=item) for item in enumerate(claims)]

    def _run(self, number: int, claim: Callable[[], None]) -> None:
        self.local.number = number
        self.mine[number].acquire()
        try:
            claim()
        except (Killed, ResultsError):
            pass
        except Exception as error:  # noqa: BLE001 - it is raised in the test's own thread
            self.errors.append(error)
        self.running.discard(number)
        self.back.release()

    def step(self) -> None:
        """Wait for one's turn; what a killed process does next does not happen."""
        number = self.local.number
        if number not in self.dead:
            self.back.release()
            self.mine[number].acquire()
        if number in self.dead:
            raise Killed

    def play(self, luck: random.Random, *, deadly: float, steady: float) -> None:
        """``steady``: how likely the same one goes on, so that another may stand still for long."""
        number = -1
        for thread in self.threads:
            thread.start()
        while self.running:
            if number not in self.running or luck.random() >= steady:
                number = luck.choice(sorted(self.running))
            if luck.random() < deadly:
                self.dead.add(number)
            self.mine[number].release()
            self.back.acquire()
        for thread in self.threads:
            thread.join()

    def __getattr__(self, name: str) -> Any:
        """Stand for the module ``os``."""
        real = getattr(os, name)
        if name not in ("open", "link", "unlink", "listdir"):
            return real

        def call(*arguments: Any, **options: Any) -> Any:
            self.step()
            if name == "link" and not self.links:
                raise OSError(errno.EPERM, "no hard links here")
            return real(*arguments, **options)

        return call


interleavings = given(
    seed=st.integers(0, 2**32),
    left=st.integers(0, 2),
    links=st.booleans(),
    deadly=st.sampled_from([0.0, 0.02, 0.1]),
    steady=st.sampled_from([0.5, 0.8, 0.95]),
)


@settings(max_examples=150, deadline=None)
@interleavings
def test_whoever_is_interrupted_or_killed_wherever_one_at_most_holds_the_folder(
    seed: int, left: int, links: bool, deadly: float, steady: float
) -> None:
    claim_at_once(seed, left=left, links=links, deadly=deadly, steady=steady)


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@interleavings
def test_the_same_two_thousand_times(seed: int, left: int, links: bool, deadly: float, steady: float) -> None:
    claim_at_once(seed, left=left, links=links, deadly=deadly, steady=steady)


def claim_at_once(seed: int, *, left: int, links: bool, deadly: float, steady: float) -> None:
    """``left`` locks of dead processes lie there, and three processes claim the folder, three times each."""
    holding: list[int] = []
    held_by: list[int] = []
    ids: dict[int, list[str]] = {}

    with (
        tempfile.TemporaryDirectory() as name,
        held(Path(name)) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        dead_ids = leave_locks(folder, left)

        def is_gone(holder: Holder) -> bool:
            return holder.id in dead_ids or any(holder.id in ids.get(number, []) for number in turns.dead)

        def made_by_a_thread() -> Holder:
            holder = Holder(id=locks.secrets.token_hex(8))
            ids.setdefault(turns.local.number, []).append(holder.id)
            return holder

        def claim() -> None:
            number = turns.local.number
            for _ in range(3):
                lock = Lock(folder)
                try:
                    lock.take(take_over=False)
                except ResultsError:
                    continue
                holding.append(number)
                held_by.append(number)
                for _ in range(5):
                    assert set(holding) - turns.dead == {number}, "two at a time"
                    turns.step()
                holding.remove(number)
                lock.release()

        turns = Turns([claim] * 3, links=links)
        patch.setattr(Holder, "is_gone", is_gone)
        patch.setattr(locks, "os", turns)
        patch.setattr(locks, "_new_holder", made_by_a_thread)
        turns.play(random.Random(seed), deadly=deadly, steady=steady)
        assert turns.errors == []
        assert held_by or turns.dead, "all were refused, though nobody held it"

        turns.dead.update(range(3))  # all have ended now
        turns.local.number = 3
        turns.mine.append(threading.Semaphore(10_000))
        lock = Lock(folder)
        lock.take(take_over=False)  # nobody is locked out
        lock.release()
        left_over = [entry for entry in os.listdir(name) if entry.endswith(".lock")]
        assert left_over == []


def leave_locks(folder: HeldFolder, number: int) -> set[str]:
    """Write the locks of processes that took over one from the other and were killed."""
    name, ids = LOCK, set()
    for _ in range(number):
        holder = Holder()
        (folder.path / name).write_text(json.dumps(asdict(holder)))
        name = locks._successor(holder)
        ids.add(holder.id)
    return ids


@pytest.fixture(params=CANNOT_LOCK, ids=[errno.errorcode[number] for number in CANNOT_LOCK])
def without_flock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("without_flock")
def test_a_disk_that_cannot_lock_has_one_writer_at_a_time_all_the_same(tmp_path: Path) -> None:
    with (
        held(tmp_path) as folder,
        locked(folder),
        held(tmp_path) as again,
        pytest.raises(ResultsError, match=f"another process is writing.* {os.getpid()} on "),
        locked(again, take_over=True),  # not even then: it runs
    ):
        pass
    assert list(tmp_path.iterdir()) == []
    with held(tmp_path) as folder, locked(folder):
        pass


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("no_flock")
def test_what_a_killed_process_left_is_taken_over(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib, fcntl\n"
        "def refuse(*_): raise OSError(38, 'not implemented')\n"
        "fcntl.flock = refuse\n"
        "from simulation.files.held_folder import held\n"
        "from simulation.results.locks import locked\n"
        "with held(pathlib.Path(sys.argv[1])) as folder, locked(folder):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        with held(tmp_path) as folder, pytest.raises(ResultsError, match=f"{process.pid}"), locked(folder):
            pass
        process.kill()
        os.waitid(
            os.P_PID, process.pid, os.WEXITED | os.WNOWAIT
        )  # ended, but as a zombie it still has its number
        with held(tmp_path) as folder, locked(folder):
            assert (tmp_path / LOCK).exists()
    assert list(tmp_path.iterdir()) == []


def left_by(folder: Path, holder: Holder) -> None:
    (folder / LOCK).write_text(json.dumps(asdict(holder)))


@pytest.mark.usefixtures("no_flock")
def test_another_machine_is_named_with_its_age_and_taken_over_only_if_asked_to(tmp_path: Path) -> None:
    left_by(tmp_path, replace(Holder(), host="node7", boot="another", since="2020-01-01T00:00:00+00:00"))
    with held(tmp_path) as folder:
        with (
            pytest.raises(ResultsError, match=r"on node7, since 2020.* hours ago.*--take-over"),
            locked(folder),
        ):
            pass
        with locked(folder, take_over=True):
            pass
    assert list(tmp_path.iterdir()) == []


def test_every_command_that_locks_a_folder_can_be_told_to_take_it_over() -> None:
    """Where the refusal says --take-over, there is such an option: whoever calls ``run_batch`` locks."""
    locking = {
        name
        for name, command in cli.commands.items()
        if "run_batch(" in inspect.getsource(inspect.unwrap(command.callback or pytest.fail(name)))
    }
    assert {"run", "factors"} <= locking
    for name in locking:
        assert "--take-over" in {option for each in cli.commands[name].params for option in each.opts}, name


@pytest.mark.usefixtures("no_flock")
def test_a_writer_that_was_taken_over_writes_no_more_and_leaves_the_lock_of_the_other(tmp_path: Path) -> None:
    with held(tmp_path) as folder, locked(folder) as lock:
        assert lock is not None
        lock.check()
        mine = Holder(**json.loads((tmp_path / LOCK).read_text()))
        (tmp_path / locks._successor(mine)).write_text(json.dumps(asdict(replace(Holder(), host="node8"))))
        with pytest.raises(MachineError, match=r"on node8.* took this folder over"):
            lock.check()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({}, False),
        ({"began": "1"}, True),  # another process has that number now
        ({"process": 2**22 + 1}, True),  # more than any system gives
        ({"boot": "before"}, True),
        ({"host": "elsewhere"}, False),  # the same system under a new name
        ({"boot": "before", "host": "elsewhere"}, None),
        ({"boot": "before", "machine": "elsewhere"}, None),
        ({"namespace": "pid:[1]"}, None),  # another container, where numbers mean other processes
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell less")
def test_what_is_known_of_a_holder(change: dict[str, Any], gone: bool | None) -> None:
    assert replace(Holder(), **change).is_gone() is gone


@pytest.mark.parametrize("since", ["2020-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"])
def test_a_clock_that_was_set_changes_nothing_but_the_words(since: str) -> None:
    holder = replace(Holder(), since=since)
    assert holder.is_gone() is False
    assert ("ago" in str(holder)) == since.startswith("2020")


@pytest.mark.usefixtures("no_flock")
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"process": "x"}', b"\xff" * 20_000])
def test_a_lock_that_is_none_is_named(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_SECONDS_TO_WRITE", 0.02)
    (tmp_path / LOCK).write_bytes(content)
    with (
        held(tmp_path) as folder,
        pytest.raises(ResultsError, match=rf"{LOCK}: cannot be read"),
        locked(folder),
    ):
        pass


def test_a_lock_file_counts_where_the_system_locks_too(tmp_path: Path) -> None:
    """It was left by a process that sees the disk through another mount."""
    left_by(tmp_path, replace(Holder(), host="node7", boot="another"))
    with held(tmp_path) as folder, pytest.raises(ResultsError, match="node7"), locked(folder):
        pass
    left_by(tmp_path, replace(Holder(), process=2**22 + 1))
    with held(tmp_path) as folder, locked(folder):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_handles_of_one_process_exclude_each_other_by_flock(tmp_path: Path) -> None:
    with held(tmp_path) as folder, locked(folder), held(tmp_path) as again:
        assert list(tmp_path.iterdir()) == []
        with contextlib.ExitStack() as stack, pytest.raises(ResultsError, match="another process is writing"):
            stack.enter_context(locked(again))
