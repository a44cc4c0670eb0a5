"""Write files again and again, each time stopped some file operations later than before, and check what is there then.

    python dying_writer.py WHAT HOW STEP FOLDER

WHAT is one of WRITERS; HOW is "killed" or "interrupted". Every file stands there as an earlier call has left it. Prints
how many times the writer was stopped, and a line for every file that was then neither the old nor the new one, or was
left behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

import pandas as pd
from dying_store import CHANGES, WRITING

from simulation import figures
from simulation.analysis.break_even import BreakEven, write_break_even
from simulation.batch.running import run_batch
from simulation.data.template import write_template
from simulation.figures.film import scene
from simulation.figures.film.animation import animate
from simulation.reporting.analysis import analyse
from simulation.reporting.factors import Contribution, write_contributions
from simulation.reporting.page import write_report
from simulation.reporting.tables import write_tables
from simulation.results.derived import HERE, outputs_of
from simulation.results.own_files import RECORD
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

SPEC = """
name = "{name}"
[time]
years = 3
[world]
scale = 0.05
[diffusion]
spontaneous = {spontaneous}
[technologies]
release = "at_start"
"""
OLD = b"as an earlier call has left it"


def report(folder: Path) -> None:
    analysis = analyse(Results(folder))
    write_tables(analysis)
    write_report(analysis)


def plot(folder: Path) -> None:
    figures.plot(folder, formats=("png", "pdf", "svg"))


def gif(folder: Path) -> None:
    animate(folder, ("slow", "fast"))


def mp4(folder: Path) -> None:
    animate(folder, ("slow", "fast"), file_format="mp4")


def numbers(folder: Path) -> None:
    """What break-even and factors write."""
    tried = pd.DataFrame({"ratio": [1.0, 2.0]})
    write_break_even(BreakEven("a", "b", "phi", 2, 1, 1.5, 1.2, 1.8, 2.0, tried), "It holds.", folder)
    outputs = outputs_of(Results(folder), "factors", HERE)
    write_contributions([Contribution("phi", "all", "", 1.0, 0.5, 1.5, 3, 3)], outputs)


WRITERS: dict[str, Callable[[Path], object]] = {
    "report": report,
    "plot": plot,
    "gif": gif,
    "mp4": mp4,
    "numbers": numbers,
    "new-dataset": write_template,
}


def act_before(operation: int, act: Callable[[], None], *, below: Path) -> None:
    """Do something when this process is about to change files below a folder for the n-th time."""
    operations = count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        changes = (event in CHANGES or writes) and str(arguments[0]).startswith(str(below))
        if changes and next(operations) == operation:
            act()

    sys.addaudithook(hook)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt() -> None:
    raise KeyboardInterrupt


def forked(write: Callable[[], object]) -> int:
    """Call a function in a process of its own; return 0 if it came to its end, else how that ended."""
    child = os.fork()
    if child == 0:
        try:
            write()
        except KeyboardInterrupt:
            os._exit(130)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def contents(folder: Path) -> dict[str, bytes]:
    """The files there, but for the record of them, which grows with every call."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def main() -> None:
    what, how, step, place = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    write, act, ending = WRITERS[what], *{"killed": (kill, -9), "interrupted": (interrupt, 130)}[how]
    scene.FRAMES = 2  # type: ignore[misc]
    name, figure = next(iter(figures.FIGURES.items()))  # one is as good as all, and quicker
    figures.FIGURES._found = {name: (figure, None)}
    specs = [parse_scenario(SPEC.format(name=n, spontaneous=p)) for n, p in (("slow", 0.05), ("fast", 0.2))]
    study = run_batch(specs, 3, out=place / "study", executor="serial").path
    before = {} if what == "new-dataset" else contents(study)
    folder = place / "tried"
    place_of_record = study / RECORD if before else Path("none")

    def set_up(there: Iterable[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        for name in there:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(before.get(name, OLD))
        if place_of_record.exists():
            shutil.copy(place_of_record, folder)

    set_up(before)
    assert forked(lambda: write(folder)) == 0
    after = contents(folder)
    if before:
        shutil.copy(folder / RECORD, place_of_record)
    stopped = 0
    for operation in count(1, step):
        set_up(before if what == "new-dataset" else after)

        def stop(operation: int = operation) -> None:
            act_before(operation, act, below=folder)
            write(folder)

        status = forked(stop)
        if status == 0:
            break
        assert status == ending, f"operation {operation} ended with {status}"
        stopped += 1
        for name, found in contents(folder).items():
            leftover = Path(name).name.startswith(".") and Path(name).suffix == ".tmp"
            if leftover and how == "interrupted":
                print(f"operation {operation}: {name} is left")
            elif not leftover and found not in (after[name], before.get(name, OLD)):
                print(f"operation {operation}: {name} is neither the old nor the new one")
        assert forked(lambda: write(folder)) == 0
        for name, found in contents(folder).items():
            if after.get(name) != found:
                print(f"operation {operation}: {name} is not as an undisturbed call leaves it")
    print(f"stopped {stopped} times")


if __name__ == "__main__":
    main()
