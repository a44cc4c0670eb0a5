"""kill -9 of a batch of Mesa's Boltzmann wealth model or one of its workers, again and again, until it has ended."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from boltzmann import SCENARIOS
from processes import PATIENCE, SUPPORT, end, session_members, started, wait_until, workers_of

from simulation import AnyResults
from simulation.results.blocks import part_folders

WORKERS = 2
SEED = 18
HANGS_AFTER = 10.0
"""Seconds without a finished replication, each of which takes less than one, after which a batch hangs."""

Key = tuple[str, int]
"""Scenario and seed of a replication."""
SCENARIO_OF = {str(parameters["width"]): name for name, parameters in SCENARIOS.items()}


@dataclass(frozen=True)
class Kill:
    """When a process is killed, and which."""

    victim: str  # "program" or "worker"
    after: int  # replications that finish before, from the start of the program or the kill before
    delay: float  # further seconds
    at_start: bool  # at a moment of the start, and so before any replication has begun


@dataclass
class Tally:
    """What was seen."""

    kills: Counter[str] = field(default_factory=Counter)  # by victim
    finished: int = 0  # replications that had finished at the kills, since the start of the program
    lost: set[Key] = field(default_factory=set)  # in the folder at a kill, and gone or computed again later
    computed: int = 0  # replications, until everything was there
    hung: int = 0  # kills of a worker after which nothing went on


def kills(number: int, replications: int) -> Iterator[Kill]:
    """Yield moments spread over a batch; a fifth falls into the start of the program, and a quarter hits a worker."""
    drawn = random.Random(SEED)
    for _ in range(number):
        at_start = drawn.random() < 0.2
        victim = "worker" if drawn.random() < 0.25 and not at_start else "program"
        after = 0 if at_start else drawn.randint(0, round(1.2 * replications / number))
        yield Kill(victim, after, drawn.uniform(0, 0.2), at_start)


def killed_runs(folder: Path, replications: int, number: int) -> Tally:
    """Kill ``run_any`` so often, and let it come to its end; the results are in ``folder / "runs"``."""
    out, notes = folder / "runs", folder / "notes"
    tally = Tally()
    seen: list[
        tuple[set[Key], int]
    ] = []  # at each kill what was in the folder, and how much had been computed
    schedule = kills(number, replications)
    kill = next(schedule, None)
    ended = False
    while not ended:
        with program("run_any", replications, out, notes) as process:
            began = len(noted(notes))
            while kill is not None and at_its_moment(process, kill, notes):
                if kill.victim == "worker":
                    seen.append((finished_in(out), len(noted(notes))))
                    kill_a_worker(process, kill)
                else:
                    end(process.pid, signal.SIGKILL)
                    wait_until(lambda process=process: not session_members(process.pid))
                    seen.append((finished_in(out), len(noted(notes))))
                tally.kills[kill.victim] += 1
                tally.finished += len(noted(notes)) - began
                began = len(noted(notes))
                died = kill.victim == "program"
                kill = next(schedule, None)
                if died:
                    break
            else:
                _, errors = process.communicate(timeout=PATIENCE + replications)
                assert process.returncode == 0, errors
                assert kill is None, "the batch ended before the last kill"
                ended = True
    computed = noted(notes)
    there = finished_in(out)
    for kept, by_then in seen:
        tally.lost |= (kept - there) | (kept & set(computed[by_then:]))
    tally.computed = len(computed)
    return tally


def killed_batch_run(folder: Path, replications: int, number: int) -> Tally:
    """Do the same to Mesa's ``batch_run``, which begins anew each time."""
    tally = Tally()
    for place, kill in enumerate(kills(number, replications)):
        out, notes = folder / "batch_run", folder / f"notes-{place}"
        with program("batch_run", replications, out, notes) as process:
            assert at_its_moment(process, kill, notes), "the batch ended before the kill"
            tally.kills[kill.victim] += 1
            if kill.victim == "worker":
                kill_a_worker(process, kill)
                tally.hung += goes_on_no_longer(process, notes)
            else:
                end(process.pid, signal.SIGKILL)
            tally.finished += len(noted(notes))
        tally.computed += len(noted(notes))
        assert not out.exists()
    return tally


def program(
    how: str, replications: int, out: Path, notes: Path
) -> AbstractContextManager[subprocess.Popen[str]]:
    count = replications // len(SCENARIOS)
    return started([SUPPORT / "boltzmann.py", how, count, WORKERS, out], changes={"NOTES": str(notes)})


def undisturbed(folder: Path, replications: int) -> Path:
    """Return the folder of a batch that nobody kills."""
    out = folder / "undisturbed"
    with program("run_any", replications, out, folder / "notes-undisturbed") as process:
        _, errors = process.communicate(timeout=PATIENCE + replications)
        assert process.returncode == 0, errors
    return out


def at_its_moment(process: subprocess.Popen[str], kill: Kill, notes: Path) -> bool:
    """Wait for the moment of a kill, and return whether its victim is there."""
    goal = len(noted(notes)) + kill.after
    if kill.at_start:
        time.sleep(10 * kill.delay)
    else:
        wait_until(lambda: len(noted(notes)) >= goal or process.poll() is not None, within=10 * PATIENCE)
        time.sleep(kill.delay)
    if kill.victim == "worker":
        wait_until(lambda: workers_of(process.pid) or process.poll() is not None)
    return process.poll() is None


def kill_a_worker(process: subprocess.Popen[str], kill: Kill) -> None:
    workers = sorted(workers_of(process.pid))
    end(workers[kill.after % len(workers)], signal.SIGKILL)


def goes_on_no_longer(process: subprocess.Popen[str], notes: Path) -> bool:
    """Return whether nothing finishes any more, and the program has not ended either."""
    count, since = len(noted(notes)), time.monotonic()
    while process.poll() is None and time.monotonic() < since + HANGS_AFTER:
        time.sleep(0.05)
        if len(noted(notes)) > count:
            count, since = len(noted(notes)), time.monotonic()
    return process.poll() is None


def noted(notes: Path) -> list[Key]:
    """Return the replications that have finished so far, in this order."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [(SCENARIO_OF[width], int(seed)) for width, seed in map(str.split, lines)]


def finished_in(out: Path) -> set[Key]:
    """Return what a reader finds in a folder."""
    if not part_folders(out) and not (out / "runs.parquet").exists():
        return set()
    runs = AnyResults(out).runs()
    return set(zip(runs["scenario"], runs["seed"], strict=True))
