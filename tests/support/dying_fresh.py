"""Replace a study with ``fresh`` again and again, each time killed some file operations later than before.

    python dying_fresh.py STUDY FOLDER STEP

STUDY is a results folder. Try n replaces a copy of it, FOLDER/n; the last try comes to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from dying_store import die_at

from simulation.results.manifest_form import read_manifest
from simulation.results.own_files import Origin, place
from simulation.results.writer import Store

AGAIN = {"tables/new.md": b"new", "comparison.csv": b"new"}


def replace(folder: Path) -> None:
    """Begin the study afresh, and write two derived files."""
    manifest = read_manifest(folder)
    Store(folder).begin({**manifest, "seed": manifest["seed"] + 1, "damaged": []}, fresh=True)
    place(folder, AGAIN, Origin("digest", ("compare", ".")))


def main() -> None:
    study, folder, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    os.fsync = lambda _: None  # no power fails here
    for operation in count(1, step):
        copy = shutil.copytree(study, folder / str(operation))
        child = os.fork()  # while there is only one thread
        if child == 0:
            die_at(operation)
            replace(copy)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        assert os.WTERMSIG(status) == signal.SIGKILL, f"operation {operation} ended with {status}"


if __name__ == "__main__":
    main()
