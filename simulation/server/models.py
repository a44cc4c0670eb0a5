"""The processes of the model, as the event loop asks them: one a processor, each a queue of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from simulation.server import bench
from simulation.server.bench import Recipe, Task
from simulation.server.catalogue import Catalogue
from simulation.server.messages import SIDES, SideName
from simulation.server.sessions import Session
from simulation.workers import WorkerDiedError, Workers, opened

DEADLINE_SECONDS = 60.0
"""Nothing that is let through takes so long; what does has hung, and its process is replaced."""


class Models:
    """Processes that hold the sides of sessions; the two sides of a session are with two of them, where there are two.

    Parameters
    ----------
    processes : how many.
    """

    def __init__(self, processes: int) -> None:
        self._stack = ExitStack()
        self._workers: list[Workers] = [
            self._stack.enter_context(
                opened("processes", workers=1, deadline=DEADLINE_SECONDS, prepare=bench.warm_up)
            )
            for _ in range(processes)
        ]
        # Reading a study takes seconds: no session should wait for that. Its process starts when there is one to read.
        self._aside = self._stack.enter_context(
            opened("processes", workers=1, deadline=None, prepare=_nothing)
        )

    async def __aenter__(self) -> Self:
        # All at once: where nothing is compiled yet each compiles for itself, which takes no longer by the clock.
        await asyncio.gather(*(self._ask(place, bench.drop, "") for place in range(len(self._workers))))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._stack.close)

    async def read(self, session: Session, side: SideName, wanted: bench.Wanted) -> Any:
        """Read a scenario; errors as :func:`simulation.server.bench.read`."""
        return await self._ask(self._place(session, side), bench.read, wanted)

    async def ask(
        self, session: Session, side: SideName, recipe: Recipe, do: Callable[..., Any], *args: Any
    ) -> Any:
        """Return ``do(side, *args)``, which works on a side of a session; asked again until it is not None."""
        task = Task(session.key(side), recipe, partial(_with_side, do, args))
        while True:
            found = await self._ask(self._place(session, side), bench.perform, task)
            if found is not None:
                return found

    async def listing(self, catalogue: Catalogue) -> dict[str, Any]:
        """Return what ``welcome`` lists; see :func:`simulation.server.reading.listing`."""
        return await self._ask(0, bench.listing, bench.Listed(catalogue.files, catalogue.folders))

    async def sum_up(self, folder: Path, names: Mapping[str, str]) -> dict[str, Any]:
        """Return what a finished study shows; see :func:`simulation.server.summary.summary`."""
        return await asyncio.wrap_future(self._aside.submit(bench.sum_up, (folder, names)))

    async def drop(self, session: Session) -> None:
        """Forget both sides of a session."""
        for side in SIDES:
            await self._ask(self._place(session, side), bench.drop, session.key(side))

    def _place(self, session: Session, side: SideName) -> int:
        return (session.number + (side == "b")) % len(self._workers)

    async def _ask[A, T](self, place: int, task: Callable[[A], T], argument: A) -> T:
        try:
            return await asyncio.wrap_future(self._workers[place].submit(task, argument))
        except (
            WorkerDiedError
        ):  # a new one makes the side again from its recipe; a second death is the side's own fault
            return await asyncio.wrap_future(self._workers[place].submit(task, argument))


def _nothing() -> None:
    """Prepare nothing."""


def _with_side(do: Callable[..., Any], args: tuple[Any, ...], side: Any) -> Any:
    return do(side, *args)
