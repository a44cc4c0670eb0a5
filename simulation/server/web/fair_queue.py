"""Fair queue of a model process: the waiting session that has used the least of its time is served next.

With first come, first served, one session could fill the queue with slow requests, and all others would wait. Here each
session has an account of the seconds that the process has worked for it, and the smallest account comes first. A
session with few requests only waits for the current one, however many others wait.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable

MOST_COUNTED = 0.005
"""Maximum seconds of a turn that count, about those of two months: otherwise a session that has opened a world would
wait until each of fifty others had used as much time, which takes seconds."""


class Turns:
    """The queue of one process, which executes one task at a time.

    Parameters
    ----------
    clock : monotonic time, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._busy = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []  # session, in the order of arrival
        self._used: dict[int, float] = {}  # account of each session, seconds that count
        self._level = 0.0  # account of the one served last, when its turn came

    async def run[T](self, session: int, start: Callable[[], concurrent.futures.Future[T]]) -> T:
        """Return the result of the work that ``start`` begins when the session's turn comes.

        The turn lasts until the work has ended, even if its caller was cancelled meanwhile.
        """
        await self._turn(session)
        began = self._clock()
        try:
            work = asyncio.wrap_future(start())
        except BaseException:
            self._end(session, 0.0)
            raise
        work.add_done_callback(lambda _: self._end(session, self._clock() - began))
        return await asyncio.shield(work)

    async def _turn(self, session: int) -> None:
        # A session that returns after a while starts level with the others: unused time is not saved up.
        self._used[session] = max(self._used.get(session, 0.0), self._level)
        if not self._busy:
            self._begin(session)
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (session, called)
        self._waiting.append(entry)
        try:
            await called
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
            else:  # called already
                self._end(session, 0.0)
            raise

    def _begin(self, session: int) -> None:
        self._busy, self._level = True, self._used[session]

    def _end(self, session: int, seconds: float) -> None:
        self._busy = False
        self._used[session] += min(seconds, MOST_COUNTED)
        if self._waiting:
            entry = min(self._waiting, key=lambda waiting: self._used[waiting[0]])  # the first of equal ones
            self._waiting.remove(entry)
            self._begin(entry[0])
            entry[1].set_result(None)
        else:
            self._used = {name: used for name, used in self._used.items() if used > self._level}
