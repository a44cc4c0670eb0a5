"""Of those who wait for a process, the one who has had the least of it comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.server.web.fair_queue import Turns


class Process:
    """Works at one thing at a time, for as long as it says, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[str] = []
        self.working: tuple[str, float, Future[str]] | None = None
        self.turns = Turns(lambda: self.now)

    def start(self, name: str, seconds: float) -> Callable[[], Future[str]]:
        def begin() -> Future[str]:
            assert self.working is None, "two at a time"
            self.working = (name, seconds, Future())
            return self.working[2]

        return begin

    async def finish(self) -> None:
        """Let the work that was begun be done."""
        assert self.working is not None
        name, seconds, future = self.working
        self.working = None
        self.now += seconds
        self.done.append(name)
        future.set_result(name)
        await settled()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def played(game: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with (
        start_blocking_portal() as portal
    ):  # a loop of its own: browser tests leave one running in this thread
        portal.call(game)


def test_who_asks_for_little_waits_for_one_piece_of_work_however_many_wait() -> None:
    async def game() -> None:
        process = Process()
        tasks = [
            asyncio.create_task(process.turns.run(1, process.start(f"slow {n}", 5.0))) for n in range(100)
        ]
        await settled()
        for n in range(10):
            tasks.append(asyncio.create_task(process.turns.run(2, process.start(f"quick {n}", 0.01))))
            await settled()
            await process.finish()  # of the other, which had begun
            assert process.working is not None and process.working[0] == f"quick {n}"
            await process.finish()
        while process.working is not None:
            await process.finish()
        assert sorted(await asyncio.gather(*tasks)) == sorted(process.done)
        slow = [name for name in process.done if name.startswith("slow")]
        assert slow == [f"slow {n}" for n in range(100)], "each session in its own order"

    played(game)


def test_time_that_was_not_used_is_not_saved_up() -> None:
    async def game() -> None:
        process = Process()
        tasks = [asyncio.create_task(process.turns.run(1, process.start("early", 100.0))) for _ in range(3)]
        await settled()
        await process.finish()
        await process.finish()
        tasks += [
            asyncio.create_task(process.turns.run(name, process.start(str(name), 1.0)))
            for name in (2, 3, 2, 3, 2, 3)
        ]
        await settled()
        while process.working is not None:
            await process.finish()
        await asyncio.gather(*tasks)
        assert process.done[3:] == ["2", "3", "2", "3", "2", "3"]

    played(game)


def test_who_has_asked_for_much_is_not_kept_waiting_until_all_others_have_had_as_much() -> None:
    async def game() -> None:
        process = Process()
        first = asyncio.create_task(process.turns.run(0, process.start("world", 60.0)))
        await settled()
        playing = [
            asyncio.create_task(process.turns.run(name, process.start("month", 0.002)))
            for name in range(1, 11)
            for _ in range(100)
        ]
        await settled()
        await process.finish()
        month = asyncio.create_task(process.turns.run(0, process.start("its month", 0.002)))
        await settled()
        while process.working is not None:
            await process.finish()
        await asyncio.gather(first, month, *playing)
        assert process.done.index("its month") <= 1 + 10 * 4, "the others had some three months each"

    played(game)


def test_who_goes_away_while_waiting_or_working_holds_up_nobody() -> None:
    async def game() -> None:
        process = Process()
        tasks = [asyncio.create_task(process.turns.run(n, process.start(str(n), 1.0))) for n in range(4)]
        await settled()
        for gone in (0, 2):
            tasks[gone].cancel()
        await settled()
        assert process.working is not None and process.working[0] == "0", "what has begun is waited for"
        while process.working is not None:
            await process.finish()
        assert process.done == ["0", "1", "3"]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one).__name__ for one in found] == ["CancelledError", "str", "CancelledError", "str"]

    played(game)


def test_work_that_cannot_begin_or_fails_is_told_and_the_next_one_comes() -> None:
    async def game() -> None:
        process = Process()

        def no() -> Future[str]:
            raise RuntimeError("shut down")

        with pytest.raises(RuntimeError, match="shut down"):
            await process.turns.run(1, no)
        failing: Future[str] = Future()
        task = asyncio.create_task(process.turns.run(1, lambda: failing))
        await settled()
        failing.set_exception(ValueError("wrong"))
        with pytest.raises(ValueError, match="wrong"):
            await task
        next_one = asyncio.create_task(process.turns.run(1, process.start("next", 1.0)))
        await settled()
        await process.finish()
        assert await next_one == "next"

    played(game)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 5.0), st.booleans()), max_size=40))
def test_everything_that_is_asked_is_done_once(asked: list[tuple[int, float, bool]]) -> None:
    async def game() -> None:
        process, tasks = Process(), []
        for n, (session, seconds, finish) in enumerate(asked):
            tasks.append(
                asyncio.create_task(process.turns.run(session, process.start(f"{session} {n}", seconds)))
            )
            await settled()
            if process.working is not None and finish:
                await process.finish()
        while process.working is not None:
            await process.finish()
        assert sorted(await asyncio.gather(*tasks)) == sorted(process.done)
        assert sorted(process.done) == sorted(f"{session} {n}" for n, (session, _, _) in enumerate(asked))

    played(game)
