"""Write the results of a small study again and again, each time killed one file operation later than before.

    python dying_store.py FOLDER BLOCKS SCENARIO...

BLOCKS holds a pickled list of (scenario, replications, files). Try n is written to FOLDER/n, and what had been put in
place by the time of the kill is listed in FOLDER/n.kept; the last try comes to its end.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from simulation.results.blocks import part_name
from simulation.results.manifest import Manifest, new_manifest
from simulation.results.reader import Replication
from simulation.results.writer import Store
from simulation.scenario.loading import load_scenario

Block = tuple[str, tuple[int, ...], dict[str, bytes]]

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir"}
WRITING = os.O_WRONLY | os.O_RDWR


def write(folder: Path, blocks: Sequence[Block], manifest: Manifest) -> None:
    """Write the first half of the blocks, merge them, and then the others likewise, as a study that has grown."""
    half = len(blocks) // 2
    for some in (blocks[:half], blocks[half:]):
        store = Store(folder)
        store.begin({**manifest, "failures": [], "damaged": []}, fresh=False)
        with store.ended():
            put(store, some)
            store.compact()


def put(store: Store, blocks: Sequence[Block]) -> None:
    for scenario, replications, files in blocks:
        keys = {(scenario, number) for number in replications}
        if not keys <= store.finished:
            store.add(part_name(scenario, replications), files)
            store.finished |= keys
            note(store.folder.with_suffix(".kept"), keys)


def note(path: Path, keys: set[Replication]) -> None:
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(handle, "".join(f"{name} {number}\n" for name, number in sorted(keys)).encode())
    os.close(handle)


def die_at(operation: int) -> None:
    """Have the system kill this process when it is about to change files for the n-th time."""
    operations = count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        opened_to_write = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        changes = (event in CHANGES or opened_to_write) and not str(arguments[0]).endswith(".kept")
        if changes and next(operations) == operation:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> None:
    folder, blocks_file, *files = map(Path, sys.argv[1:])
    blocks: list[Block] = pickle.loads(blocks_file.read_bytes())
    replications = 1 + max(max(numbers) for _, numbers, _ in blocks)
    manifest = new_manifest([load_scenario(file) for file in files], replications, seed=1, command="")
    for operation in count(1):
        child = os.fork()  # while there is only one thread
        if child == 0:
            die_at(operation)
            write(folder / str(operation), blocks, manifest)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        assert os.WTERMSIG(status) == signal.SIGKILL, f"operation {operation} ended with {status}"


if __name__ == "__main__":
    main()
