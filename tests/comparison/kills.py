"""Kill ``run_any`` and Mesa's ``batch_run`` 50 times each in 600 replications of Mesa's Boltzmann wealth model.

    uv run python tests/comparison/kills.py [--kills 50] [--replications 600]

writes into ``docs/reliability.md`` what was kept. Half an hour, since every kill is followed by a new start.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

import mesa
from kills_of_any import Tally, killed_batch_run, killed_runs, undisturbed
from page_blocks import write_blocks

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def table(ours: Tally, theirs: Tally, *, replications: int, same: bool) -> str:
    """Return what happened to both as a table in Markdown."""
    rows = {
        "kills of the program": (ours.kills["program"], theirs.kills["program"]),
        "kills of a worker, of which it hangs afterwards": tuple(
            f"{tally.kills['worker']}, {tally.hung}" for tally in (ours, theirs)
        ),
        "replications that had finished at the kills, since the start of the program": (
            ours.finished,
            f"{theirs.finished:,}",
        ),
        "of these to compute again, because they were not on the disk": (
            ours.computed - replications,
            f"{theirs.finished:,}",
        ),
        "replications in the folder at a kill that were lost, or computed again": (
            len(ours.lost),
            "none was there",
        ),
        f"of {replications} replications there in the end": (replications, 0),
        "table in the end, byte for byte that of an undisturbed run": (
            "yes" if same else "no",
            "there is none",
        ),
    }
    head = f"| | `run_any` | `batch_run` of Mesa {mesa.__version__} |\n|---|---:|---:|\n"
    return head + "\n".join(f"| {what} | {ours} | {theirs} |" for what, (ours, theirs) in rows.items())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--replications", type=int, default=600)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with ThreadPoolExecutor(2) as both:  # which wait for processes
            tallies = [
                both.submit(each, folder, given.replications, given.kills)
                for each in (killed_runs, killed_batch_run)
            ]
        ours, theirs = (tally.result() for tally in tallies)
        files = (each / "runs.parquet" for each in (folder / "runs", undisturbed(folder, given.replications)))
        there, wanted = (file.read_bytes() for file in files)
    found = table(ours, theirs, replications=given.replications, same=there == wanted)
    print(found)
    write_blocks(PAGE, {"kills": found})


if __name__ == "__main__":
    main()
