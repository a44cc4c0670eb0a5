"""Quiet pairs of a session: runs in the background, one after the other, and what they say."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from simulation.errors import HyperclusterError
from simulation.server.processes import worker
from simulation.server.processes.process_pool import Models
from simulation.server.processes.worker import Case
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
        self._quietly = partial(models.quietly, session)
        self._task: asyncio.Task[None] | None = None

    async def start(
        self, find: Callable[[], Awaitable[list[Case]]], seeds: Sequence[int], *, tell: Tell
    ) -> None:
        """Run cases with these seeds in the background; earlier ones are stopped.

        ``tell`` gets the answers, as ``trials`` of the protocol without their address.
        """
        await self.stop()
        self._task = asyncio.create_task(self._run(find, seeds, tell))

    async def stop(self) -> None:
        """Stop, after the run that is being computed."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, find: Callable[[], Awaitable[list[Case]]], seeds: Sequence[int], tell: Tell) -> None:
        try:
            cases = await find()
            texts = dict.fromkeys(text for case in cases for text in case.texts)
            runs = [(text, seed) for seed in seeds for text in texts]
            told = -TOLD_SECONDS
            for done, run in enumerate(runs):
                if time.monotonic() - told >= TOLD_SECONDS:
                    told = time.monotonic()
                    await tell({"state": "running", "done": done, "total": len(runs)})
                await self._quietly(worker.trial, run)
            answers = [await self._quietly(worker.compare, (case, seeds)) for case in cases]
            await tell(joined({"state": "done", "seeds": list(seeds)}, f'{{"cases":[{",".join(answers)}]}}'))
        except asyncio.CancelledError:
            await tell({"state": "stopped"})
            raise
        except HyperclusterError as error:
            await tell({"state": "failed", "text": str(error)})
        except Exception:
            log.exception("quiet runs")
            text = "The server failed because of an internal error; its log has the details."
            await tell({"state": "failed", "text": text})
