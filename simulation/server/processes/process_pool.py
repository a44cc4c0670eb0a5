"""The pool of model processes, one per processor, each with its own fair queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from simulation.batch.compiling import has_to_compile
from simulation.batch.workers import WorkerDiedError, Workers, opened
from simulation.server.processes import worker
from simulation.server.processes.worker import LiveRecipe, Recipe, Task
from simulation.server.protocol.messages import SIDES, SideName
from simulation.server.web.catalogue import Catalogue
from simulation.server.web.fair_queue import Turns
from simulation.server.web.sessions import Session

DEADLINE_SECONDS = 60.0
"""No valid task takes so long, seconds; a process that does has hung and is replaced."""
LONG_CHANGES = 5_000
"""Characters of changes; longer ones may take a second to parse, those of the page some milliseconds."""
SLOW = -2
"""Index of the process for slow requests, so that other requests do not wait for them."""
QUIET = -1
"""Index of the process that runs pairs in the background and reads studies, for which no session should wait."""


class Models:
    """Processes that hold the sides of sessions; the two sides of a session are in two of them, if there are two.

    An additional process holds the sides that take long to build, another one, with low priority, runs pairs in the
    background and reads studies. They start when there is something for them.

    Parameters
    ----------
    processes : number of processes, without the additional ones.
    """

    def __init__(self, processes: int) -> None:
        self._stack = ExitStack()
        # The additional processes load their modules on demand: warming them up would delay others.
        prepared = [*[worker.warm_up] * processes, _nothing, worker.be_quiet]
        self._workers: list[Workers] = [
            self._stack.enter_context(
                opened(
                    "processes",
                    workers=1,
                    deadline=None
                    if prepare is worker.be_quiet
                    else DEADLINE_SECONDS,  # reading a study may take longer
                    prepare=prepare,
                )
            )
            for prepare in prepared
        ]
        self._turns = [Turns() for _ in self._workers]

    async def __aenter__(self) -> Self:
        places = list(range(self._processes))
        if has_to_compile():  # one process compiles for all
            await self._ask(places.pop(0), 0, worker.drop, "")
        await asyncio.gather(*(self._ask(place, 0, worker.drop, "") for place in places))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._stack.close)

    @property
    def _processes(self) -> int:
        return len(self._workers) + SLOW

    async def read(self, session: Session, side: SideName, wanted: worker.ScenarioRequest) -> Any:
        """Read a scenario; errors as :func:`simulation.server.processes.worker.read`."""
        long = sum(map(len, wanted.changes)) > LONG_CHANGES
        place = SLOW if long or wanted.own else self._place(session, side)
        return await self._ask(place, session.number, worker.read, wanted)

    async def ask(
        self, session: Session, side: SideName, recipe: Recipe, do: Callable[..., Any], *args: Any
    ) -> Any:
        """Return ``do(side, *args)`` for a side of a session; repeat the task until the result is not None.

        A dictionary comes as :func:`simulation.server.processes.worker.perform` writes it.
        """
        task = Task(session.key(side), recipe, partial(_with_side, do, args))
        slow = isinstance(recipe, LiveRecipe) and recipe.large
        session.slow |= slow
        place = SLOW if slow else self._place(session, side)
        while True:
            found = await self._ask(place, session.number, worker.perform, task)
            if found is not None:
                return found

    async def listing(self, session: Session, catalogue: Catalogue) -> str:
        """Return what ``welcome`` lists, as JSON; see :func:`simulation.server.processes.reading.listing`."""
        listed = await asyncio.to_thread(lambda: worker.CatalogueRequest(catalogue.files, catalogue.folders))
        found: str = await self._ask(self._place(session, "a"), session.number, worker.listing, listed)
        return found

    async def quietly[A, T](self, session: int, task: Callable[[A], T], argument: A) -> T:
        """Execute a task in the quiet process, when the turn of the session comes."""
        return await self._ask(QUIET, session, task, argument)

    async def own_entries(self, session: Session, names: list[str]) -> str:
        """Return files that a page has sent, as ``own`` of the protocol lists them, as JSON."""
        listed = worker.CatalogueRequest({name: session.own.files[name] for name in names}, ())
        found: str = await self._ask(SLOW, session.number, worker.listing, listed)
        return found

    async def sum_up(self, session: int, folder: Path, names: Mapping[SideName, str]) -> dict[str, Any]:
        """Return the summary of a finished study; see :func:`simulation.server.sides.summary.summary`."""
        return await self.quietly(session, worker.sum_up, (folder, names))

    async def drop(self, session: Session) -> None:
        """Discard both sides of a session."""
        for side in SIDES:
            await self._ask(self._place(session, side), session.number, worker.drop, session.key(side))
            if session.slow:
                await self._ask(SLOW, session.number, worker.drop, session.key(side))

    def _place(self, session: Session, side: SideName) -> int:
        return (session.number + (side == "b")) % self._processes

    async def _ask[A, T](self, place: int, session: int, task: Callable[[A], T], argument: A) -> T:
        async def once() -> T:
            return await self._turns[place].run(session, lambda: self._workers[place].submit(task, argument))

        try:
            return await once()
        except WorkerDiedError:
            # A new process rebuilds the side from its recipe; if it dies too, the side is at fault.
            return await once()


def _nothing() -> None:
    """Prepare nothing."""


def _with_side(do: Callable[..., Any], args: tuple[Any, ...], side: Any) -> Any:
    return do(side, *args)
