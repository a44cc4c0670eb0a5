"""Have processes contend for a results folder, again and again, each killed at a random moment, and note what they see.

    python contending_writers.py FOLDER BLOCKS STUDIES SEED

BLOCKS holds a pickled manifest and a list of (scenario, replications, files). Study n is written to FOLDER/n. A line of
FOLDER/n.notes is "PID refused", "PID began SCENARIO:NUMBER,...", "PID added SCENARIO:NUMBER,...", "PID ended", or "PID
is killed", noted before the kill.
"""

from __future__ import annotations

import copy
import os
import pickle
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulation.errors import ResultsError
from simulation.results.blocks import Replication, part_name
from simulation.results.manifest import Manifest
from simulation.results.writer import Store

Block = tuple[str, tuple[int, ...], dict[str, bytes]]
AT_ONCE = 3
"""Processes that try in a round."""

ROUNDS = 4
"""Of each study; the process after them is left in peace."""

LIFE = 0.15
"""Seconds within which one is killed."""


def note(path: Path, what: str, keys: Sequence[Replication] = ()) -> None:
    line = f"{what} {','.join(f'{name}:{number}' for name, number in sorted(keys))}".strip()
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def work(folder: Path, blocks: Sequence[Block], manifest: Manifest, notes: Path) -> None:
    """Take in what is missing, slowly enough to be met by others, and merge it."""
    me = os.getpid()
    store = Store(folder)
    try:
        with store.alone():
            note(notes, f"{me} began", list(store.begin(copy.deepcopy(manifest), fresh=False)))
            with store.ended():
                for name, some, files in blocks:
                    keys = {(name, number) for number in some}
                    if not keys <= store.finished:
                        store.add(part_name(name, some), files)
                        store.finished |= keys
                        note(notes, f"{me} added", list(keys))
                        time.sleep(0.002)
                store.compact()
            note(notes, f"{me} ended")
    except ResultsError as error:
        if "another process is writing" not in str(error):
            raise
        note(notes, f"{me} refused")


def started(*arguments: Any) -> int:
    """Have a process of its own do the work, and return its number."""
    child = os.fork()  # while there is only one thread
    if child == 0:
        work(*arguments)
        os._exit(0)
    return child


def contend(choice: random.Random, notes: Path, *arguments: Any) -> None:
    """Start processes one after the other, and kill each at its moment."""
    ends = []
    for _ in range(AT_ONCE):
        ends.append((time.monotonic() + choice.uniform(0, LIFE), started(*arguments)))
        time.sleep(choice.uniform(0, LIFE / AT_ONCE))
    for moment, child in sorted(ends):
        time.sleep(max(moment - time.monotonic(), 0))
        note(notes, f"{child} is killed")
        os.kill(child, signal.SIGKILL)
    for _, child in ends:
        see_off(child)


def see_off(child: int) -> None:
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, f"{child} ended with {status}"


def main() -> None:
    folder, blocks_file = map(Path, sys.argv[1:3])
    studies, choice = int(sys.argv[3]), random.Random(int(sys.argv[4]))
    manifest, blocks = pickle.loads(blocks_file.read_bytes())
    for study in range(studies):
        notes = folder / f"{study}.notes"
        arguments = (folder / str(study), blocks, manifest, notes)
        for _ in range(ROUNDS):
            contend(choice, notes, *arguments)
        see_off(started(*arguments))


if __name__ == "__main__":
    main()
