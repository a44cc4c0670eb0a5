"""Progress of a batch: a live display on a terminal, lines for a log, or JSON for another program."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from simulation.batch.compiling import COMPILING, has_to_compile
from simulation.batch.progress import Estimate, Mean, Progress
from simulation.cli.exit_codes import FAULT, ending_of
from simulation.results.reader import Results

Form = Literal["screen", "lines", "json", "quiet"]
Callback = Callable[[Progress], None]

LINES = 10
"""Lines of progress of a whole batch where there is no terminal."""

BAR_WIDTH = 40


@contextmanager
def progress_shown(form: Form, *, titles: Mapping[str, str] | None = None) -> Iterator[Callback]:
    """Yield a callback that shows progress: on standard error for people, as JSON on standard output for programs.

    Parameters
    ----------
    titles : what people call the scenarios, by name.
    """
    if form == "screen":
        with Live(console=Console(stderr=True), refresh_per_second=4) as live:
            screen = _Screen(titles or {})
            live.update(screen)
            yield _Told(screen.show, lambda line: live.console.print(line, markup=False, highlight=False))
    elif form == "lines":
        yield _Told(_Lines().show, _to_stderr)
    elif form == "json":
        yield _as_json
    else:
        yield _Told(lambda _: None, _to_stderr, quiet=True)


def say_if_compiling() -> None:
    """Say, before a command computes in a way that has no progress, that the equations have to be compiled first."""
    if has_to_compile():
        _to_stderr(COMPILING)


def form_of(*, quiet: bool, as_json: bool) -> Form:
    """Return the form that suits the options, and where standard error goes."""
    if quiet:
        return "quiet"
    if as_json:
        return "json"
    return "screen" if is_terminal(sys.stderr) else "lines"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether standard error is a terminal; a program without a console has no such stream."""
    return stream is not None and stream.isatty()


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Told:
    """Prints damaged files, notes about the disk and that it compiles once each; ``show`` prints the rest."""

    def __init__(self, show: Callback, say: Callable[[str], None], *, quiet: bool = False) -> None:
        self._show = show
        self._say = say
        self._began = False
        self._compiled = quiet  # whether it was said, or need not be

    def __call__(self, now: Progress) -> None:
        if not self._began:
            self._began = True
            for line in now.damaged:
                self._say(f"damaged and computed again: {line}")
            for line in now.notes:
                self._say(f"Note: {line}")
        if now.compiling and not self._compiled:
            self._compiled = True
            self._say(COMPILING)
        self._show(now)


class _Lines:
    """Prints a line at the start, one with the estimate, and one for every tenth of the batch."""

    def __init__(self) -> None:
        self._printed = -1
        self._estimated = False

    def show(self, now: Progress) -> None:
        if now.estimate is not None and not self._estimated:
            self._estimated = True
            _to_stderr(f"the rest will take {estimated(now.estimate)}")
        tenth = (now.done + now.failed) * LINES // max(now.total, 1)
        if tenth == self._printed:
            return
        kept = f", {now.kept} kept from before" if self._printed < 0 and now.kept else ""
        self._printed = tenth
        left = f", {duration(now.left_seconds)} left" if now.left_seconds and now.done < now.total else ""
        _to_stderr(
            f"{now.done} of {now.total} replications{kept}{_failed(now)}, {now.elapsed_seconds:.0f} s{left}"
        )


class _Screen:
    """A progress bar and running means, redrawn a few times a second."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._now: Progress | None = None

    def show(self, now: Progress) -> None:
        self._now = now

    def __rich__(self) -> Group:
        now = self._now
        if now is None:
            return Group(Text("starting"))
        line = Table.grid(padding=(0, 1))
        line.add_row(
            ProgressBar(total=max(now.total, 1), completed=now.done + now.failed, width=BAR_WIDTH),
            f"{now.done}/{now.total}",
            f"{now.rate:.1f}/s" if now.rate else "",
            f"{duration(now.left_seconds)} left" if now.left_seconds is not None else "",
            Text(_failed(now).removeprefix(", "), style="red"),
        )
        estimate = [Text(f"estimate: {estimated(now.estimate)}", style="dim")] if now.estimate else []
        return Group(line, *estimate, _means(now.means, self._titles))


def _means(means: Mapping[str, Mapping[str, Mean]], titles: Mapping[str, str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("running means", "n", "1 - Phi", "t50, years"):
        table.add_column(heading, justify="left" if heading == "running means" else "right")
    for scenario, found in means.items():
        synchronization, t50 = found["synchronization"], found["t50_years"]
        cells = [
            form.format(mean.value) if mean.n else "-"
            for mean, form in ((synchronization, "{:.3f}"), (t50, "{:.1f}"))
        ]
        table.add_row(Text(titles.get(scenario, scenario)), str(synchronization.n), *cells)
    return table


def _failed(now: Progress) -> str:
    return f", {now.failed} failed" if now.failed else ""


def estimated(estimate: Estimate) -> str:
    """Return an estimate in words."""
    return f"about {duration(estimate.seconds)} and {size(estimate.bytes)} on disk"


def duration(seconds: float) -> str:
    """Format a duration in one or two units."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Format a number of bytes with a suitable unit."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _as_json(now: Progress) -> None:
    print_json(
        {
            "event": "progress",
            "done": now.done,
            "total": now.total,
            "kept": now.kept,
            "failed": now.failed,
            "elapsed_seconds": round(now.elapsed_seconds, 3),
            "rate": round(now.rate, 3),
            "left_seconds": None if now.left_seconds is None else round(now.left_seconds, 3),
            "estimate": now.estimate and {"seconds": now.estimate.seconds, "bytes": now.estimate.bytes},
            "means": {
                scenario: {name: mean.value if mean.n else None for name, mean in means.items()}
                for scenario, means in now.means.items()
            },
            "damaged": list(now.damaged),
            "notes": list(now.notes),
            "compiling": now.compiling,
        }
    )


def print_json(event: Mapping[str, Any]) -> None:
    """Print one object on a line of its own."""
    print(json.dumps(event, ensure_ascii=False, allow_nan=False), flush=True)


OUTCOMES = {
    1: "fault",
    2: "refused",
    4: "stopped",
    129: "interrupted",
    130: "interrupted",
    143: "interrupted",
}
"""Status of a command that did not succeed, by exit code."""


@contextmanager
def errors_as_json() -> Iterator[None]:
    """Print, as the last line, an object with the status of a resumable command that did not succeed."""
    try:
        yield
    except BaseException as error:
        fault = FAULT, str(error) or type(error).__name__
        code, message = ending_of(error, resumable=True) or fault
        print_json({"event": "end", "outcome": OUTCOMES[code], "exit_code": code, "message": message})
        raise


def ending(results: Results) -> dict[str, Any]:
    """Return the object that describes how a batch ended."""
    manifest = results.manifest
    return {
        "event": "end",
        "outcome": manifest["status"],
        "exit_code": 3 if manifest["failures"] else 0,
        "folder": str(results.path),
        "state": manifest["state"],
        "until": manifest.get("until"),
        "damaged": manifest["damaged"],
        "failures": [
            {key: failure[key] for key in ("scenario", "replication", "seed", "error", "reproduce")}
            for failure in manifest["failures"]
        ],
    }
