"""Quiet runs of a session, in the background, one after the other, and what they say."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from simulation.errors import HyperclusterError
from simulation.server.processes import worker
from simulation.server.processes.process_pool import Models
from simulation.server.processes.worker import AskedGame, Case
from simulation.server.protocol.messages import joined

TOLD_SECONDS = 0.25
"""Seconds between two messages on progress."""

Tell = Callable[[dict[str, Any] | str], Awaitable[None]]

log = logging.getLogger("hypercluster")


class Trials:
    """The quiet runs of a session, one request at a time.

    Parameters
    ----------
    session : number of the session.
    """

    def __init__(self, models: Models, session: int) -> None:
        self._models = models
        self._session = session
        self._task: asyncio.Task[None] | None = None

    async def compare(
        self, find: Callable[[], Awaitable[list[Case]]], seeds: Sequence[int], *, tell: Tell
    ) -> None:
        """Run cases with these seeds in the background; earlier runs are stopped.

        ``tell`` gets the answers, as ``trials`` of the protocol without their address.
        """
        await self._start(lambda: self._compared(find, seeds, tell), tell)

    async def explain(self, asked: AskedGame, seeds: Sequence[int], *, tell: Tell) -> None:
        """Run the scenarios of a game in the background; earlier runs are stopped.

        ``tell`` gets the answers, as ``explain`` of the protocol without their address.
        """
        await self._start(lambda: self._explained(asked, seeds, tell), tell)

    async def _start(self, work: Callable[[], Awaitable[str]], tell: Tell) -> None:
        await self.stop()
        self._task = asyncio.create_task(_told(work, tell))

    async def _quietly[A, T](self, task: Callable[[A], T], argument: A) -> T:
        return await self._models.quietly(self._session, task, argument)

    async def stop(self) -> None:
        """Stop, after the run that is being computed."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _compared(
        self, find: Callable[[], Awaitable[list[Case]]], seeds: Sequence[int], tell: Tell
    ) -> str:
        cases = await find()
        texts = dict.fromkeys(text for case in cases for text in case.texts)
        runs = [(text, seed) for seed in seeds for text in texts]
        await self._all(worker.trial, runs, tell)
        answers = [await self._quietly(worker.compare, (case, seeds)) for case in cases]
        return joined({"seeds": list(seeds)}, f'{{"cases":[{",".join(answers)}]}}')

    async def _explained(self, asked: AskedGame, seeds: Sequence[int], tell: Tell) -> str:
        scenarios = await self._quietly(worker.scenarios_to_explain, asked)
        runs = [(place, seed) for seed in seeds for place in range(scenarios)]
        outcomes = await self._all(worker.measured, [(asked, *run) for run in runs], tell)
        measured = [(*run, outcome) for run, outcome in zip(runs, outcomes, strict=True)]
        return joined({"seeds": list(seeds)}, await self._quietly(worker.explained, (asked, measured)))

    async def _all[A, T](self, task: Callable[[A], T], runs: Sequence[A], tell: Tell) -> list[T]:
        """Execute a task for each of some runs, and tell how far they are."""
        found = []
        told = -TOLD_SECONDS
        for done, run in enumerate(runs):
            if time.monotonic() - told >= TOLD_SECONDS:
                told = time.monotonic()
                await tell({"state": "running", "done": done, "total": len(runs)})
            found.append(await self._quietly(task, run))
        return found


async def _told(work: Callable[[], Awaitable[str]], tell: Tell) -> None:
    """Tell what quiet runs have found, or how they ended."""
    try:
        await tell(joined({"state": "done"}, await work()))
    except asyncio.CancelledError:
        await tell({"state": "stopped"})
        raise
    except HyperclusterError as error:
        await tell({"state": "failed", "text": str(error)})
    except Exception:
        log.exception("quiet runs")
        text = "The server failed because of an internal error; its log has the details."
        await tell({"state": "failed", "text": text})
