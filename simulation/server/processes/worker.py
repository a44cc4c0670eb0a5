"""A model process: it holds sides of sessions and executes one task at a time.

A side that is not in memory is built from its recipe: at first, after it was evicted, or after the process was
restarted. A rebuilt side has bit for bit the same counts; running metrics may differ in their last digit, which depends
on how many months were simulated at a time.

The server imports this module for the names of tasks, but must not import the model, so tasks import it when they run.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.errors import HyperclusterError
from simulation.server.protocol.messages import GameName, SideName, encoded

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario
    from simulation.server.sides.answering import Outcome
    from simulation.server.sides.explaining import Measured
    from simulation.server.sides.side import Side

QUIET = 10
"""Niceness of the process of quiet runs."""
SLICE_SECONDS = 0.02
"""Seconds that a task may simulate before others have their turn."""
MOST_BYTES = 200_000_000
"""Size of a side; the country as shipped takes 16 million."""
LARGE_BYTES = 40_000_000
"""Size from which a side counts as large: building it takes 0.1 to 2 seconds."""
MOST_BYTES_HELD = 1_000_000_000
"""Size of all sides of a process; beyond it, the least recently used are evicted and rebuilt when needed."""
MOST_MONTHS = 1_200
MOST_POLICIES = 200
"""Largest number of policies; each is sent with its money of every month."""


class TooLargeError(HyperclusterError):
    """A run that is too large for a page, because others would have to wait."""


@dataclass(frozen=True, slots=True)
class LiveRecipe:
    """Text of a whole scenario, and a seed; ``large`` if it takes long to build."""

    text: str
    seed: int
    large: bool = False

    def make(self) -> Side:
        """Return the side at its start."""
        from simulation.scenario.loading import parse_scenario
        from simulation.server.sides.live_side import LiveSide

        return LiveSide(parse_scenario(self.text), self.seed)


@dataclass(frozen=True, slots=True)
class ReplayRecipe:
    """A replication of a results folder."""

    folder: Path
    scenario: str
    seed: int

    def make(self) -> Side:
        """Return the side."""
        from simulation.server.sides.replay import ReplaySide

        return ReplaySide(self.folder, self.scenario, self.seed)


Recipe = LiveRecipe | ReplayRecipe


@dataclass(frozen=True, slots=True)
class Task:
    """A task for a side."""

    key: str
    recipe: Recipe
    do: Callable[[Side], Any]  # sent to another process: a partial or a methodcaller


@dataclass(frozen=True, slots=True)
class ScenarioRequest:
    """A scenario to read: its file, and changes."""

    path: Path
    changes: tuple[str, ...]
    own: bool = False  # whether a page has sent it, so that reading it may take long


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """A scenario that was read, with changes; ``base`` has its values without them."""

    name: str
    text: str
    values: dict[str, Any]
    base: dict[str, Any]
    large: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueRequest:
    """Scenario files by name, and results folders, to be listed."""

    files: Mapping[str, Path]
    folders: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Case:
    """Scenarios to compare by quiet runs, and what else the page is to know of them; nothing runs without sides.

    With a folder, the sides are scenarios of that study, whose runs are there already.
    """

    told: Mapping[str, Any]
    sides: Mapping[SideName, str]
    folder: Path | None = None

    @property
    def texts(self) -> list[str]:
        """Whole scenarios to run."""
        return [] if self.folder else list(self.sides.values())


@dataclass(frozen=True, slots=True)
class AskedGame:
    """A game against no policy over the parts of a whole scenario; its policies are at own cost."""

    text: str
    game: GameName


class _Shelf:
    """The sides of this process, the most recently used at the end."""

    def __init__(self) -> None:
        self._sides: OrderedDict[str, tuple[Recipe, Side]] = OrderedDict()

    def get(self, key: str, recipe: Recipe) -> Side:
        held = self._sides.pop(key, None)
        if held is None or held[0] != recipe:
            del held  # before its successor is made
            held = (recipe, recipe.make())
        self._sides[key] = held
        while len(self._sides) > 1 and sum(s.size for _, s in self._sides.values()) > MOST_BYTES_HELD:
            self._sides.popitem(last=False)
        return held[1]

    def drop(self, key: str) -> None:
        self._sides.pop(key, None)


_shelf = _Shelf()


def perform(task: Task) -> Any:
    """Execute a task with its side. A dictionary is returned as JSON, so that the server need not serialize it."""
    found = task.do(_shelf.get(task.key, task.recipe))
    return encoded(found) if isinstance(found, dict) else found


def drop(key: str) -> None:
    """Forget a side."""
    _shelf.drop(key)


def read(wanted: ScenarioRequest) -> ScenarioText:
    """Read a scenario.

    Raises
    ------
    ScenarioError, DataError
        If it cannot be used.
    TooLargeError
        If its run would take too much of the machine.
    """
    from simulation.server.processes.reading import read_scenario

    found = read_scenario(wanted.path, wanted.changes)
    return replace(found, large=found.large or wanted.own)


def size_of(spec: Scenario) -> float:
    """Return the size of a run in bytes; raises a TooLargeError if the page does not take it."""
    from simulation.server.sides.live_side import needed_bytes

    if len(spec.policies) > MOST_POLICIES:
        raise TooLargeError(
            f"too large for the page: {len(spec.policies):,} policies; the page takes up to {MOST_POLICIES}. "
            "Run it with hypercluster run"
        )
    size = needed_bytes(spec)
    if size > MOST_BYTES or spec.time.months > MOST_MONTHS:
        raise TooLargeError(
            f"too large for the page: a run of {spec.time.months:,} months that takes about {size / 1e6:,.0f} MB; "
            f"the page takes up to {MOST_MONTHS:,} months and {MOST_BYTES / 1e6:,.0f} MB. Lower world.scale or "
            "time.years, or run it with hypercluster run"
        )
    return size


def listing(wanted: CatalogueRequest) -> str:
    """List scenarios and results, as JSON; see :func:`simulation.server.processes.reading.listing`."""
    from simulation.server.processes import reading

    return encoded(reading.listing(wanted))


def sum_up(study: tuple[Path, Mapping[SideName, str]]) -> dict[str, Any]:
    """Summarize a study: its folder and scenarios by side; see :func:`simulation.server.sides.summary.summary`."""
    from simulation.server.sides.summary import summary

    folder, names = study
    return summary(folder, names)


def be_quiet() -> None:
    """Give the other processes priority over this one."""
    if hasattr(os, "nice"):
        os.nice(QUIET)


def varied(wanted: tuple[str, Sequence[str]]) -> str:
    """Return a whole scenario with changes, for quiet runs.

    Raises
    ------
    ScenarioError, DataError, TooLargeError
        If it cannot be used.
    """
    from simulation.scenario.loading import parse_scenario
    from simulation.server.processes.reading import refuse_foreign_datasets

    text, changes = wanted
    refuse_foreign_datasets(changes)
    spec = parse_scenario(text, overrides=changes)
    if size_of(spec) > LARGE_BYTES:
        raise TooLargeError("too large for quiet runs; a run takes seconds. Use the replications instead")
    return spec.to_toml()


def scenarios_to_explain(asked: AskedGame) -> int:
    """Return how many scenarios a game needs; errors as :func:`varied`."""
    from simulation.server.sides import explaining

    varied((asked.text, ()))
    return explaining.scenarios_to_run(asked)


def measured(run: tuple[AskedGame, int, int]) -> Measured:
    """Run one of the scenarios of a game: its place, and a seed."""
    from simulation.server.sides import explaining

    return explaining.measured(*run)


def explained(wanted: tuple[AskedGame, Sequence[tuple[int, int, Measured]]]) -> str:
    """Return what the parts of a scenario contribute, as JSON, from all runs of a game."""
    from simulation.server.sides import explaining

    return encoded({"game": explaining.explained(*wanted)})


def trial(run: tuple[str, int]) -> None:
    """Run a scenario with a seed, and keep what it leaves for :func:`compare`."""
    from simulation.server.sides.trials import outcome

    outcome(*run)


def compare(wanted: tuple[Case, Sequence[int]]) -> str:
    """Compare the runs of a case, as JSON; those that are not kept run again."""
    from simulation.server.sides.trials import compared

    case, seeds = wanted
    if case.folder is not None:
        return encoded({**case.told, **sum_up((case.folder, case.sides))})
    found = compared(case.sides, seeds) if case.sides else {}
    return encoded({**case.told, **found})


def ensemble(wanted: tuple[Path, Mapping[SideName, str]]) -> str:
    """Return what an ensemble says, as JSON; see :func:`simulation.server.sides.ensembles.ensemble`."""
    from simulation.server.sides import ensembles

    return encoded(ensembles.ensemble(*wanted))


def world(side: Side) -> dict[str, Any]:
    """Return the constant description of a side."""
    return side.world()


def outlines(side: Side) -> dict[str, Any]:
    """The map."""
    return side.map()


def frames(side: Side, number: int, first: int, months: int) -> bytes | None:
    """Return a block of a frame, or None if the side has not reached the month yet."""
    return side.frames(number, first, months, until=_until())


def series(side: Side, month: int, technologies: list[int]) -> dict[str, Any] | None:
    """Return metrics and curves, or None if the side has not reached the month yet."""
    return side.series(month, technologies, until=_until())


def outcome(side: Side) -> Outcome | None:
    """Return what the answer needs of a side, or None if it has not reached its horizon yet."""
    from simulation.server.sides import answering

    return answering.outcome(side, until=_until())


def answer(
    _: Side,
    outcomes: Mapping[str, Outcome],
    given: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    trials: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the answer to two sides; see :func:`simulation.server.sides.answering.answered`."""
    from simulation.server.sides.answering import Given, answered

    return answered(outcomes, {side: Given(*values) for side, values in given.items()}, trials)


def inspect(side: Side, kind: str, row: int, month: int) -> dict[str, Any] | None:
    """Return the content of the inspector, or None if the side has not reached the month yet."""
    return side.inspect(kind, row, month, until=_until())


def _until() -> float:
    return time.perf_counter() + SLICE_SECONDS


def warm_up() -> None:
    """Load and, if necessary, compile everything in advance, so that no session waits for it."""
    from simulation.scenario.loading import load_scenario
    from simulation.server.processes import reading  # noqa: F401 - for the first session that needs it
    from simulation.server.sides import answering, replay  # noqa: F401
    from simulation.server.sides.live_side import LiveSide

    side = LiveSide(load_scenario("fragmented_platforms"), 1)
    frames(side, 0, 0, 3)
    side.inspect("enterprise", 0, 1, until=time.perf_counter() + 60)
    side.advance(2, until=time.perf_counter() + 60)
    side.series(2, [], until=time.perf_counter() + 60)
    side.world()
    side.map()
