"""However much one client asks for, the others are answered: the work of a message is bounded, and turns are taken."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
import uvicorn
from anyio.from_thread import start_blocking_portal
from page import connected
from processes import started
from served import Served
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulation.errors import ScenarioError
from simulation.scenario.loading import MOST_PROBLEMS, load_scenario
from simulation.server.protocol.messages import MOST_CHANGED
from simulation.server.web import read_limits
from simulation.server.web.live import Connection
from simulation.server.web.sessions import Session

BENCHMARK = Path(__file__).parents[1] / "benchmark_flood.py"


def of_unknown_regions(number: int) -> str:
    return f"world.digital_readiness={{{','.join(f'r{n}=0.5' for n in range(number))}}}"


def test_of_a_thousand_problems_fifty_are_told_and_the_others_counted(served: Served) -> None:
    with connected(served.client) as page:
        source = {"scenario": "hypercluster", "changes": [of_unknown_regions(1000)]}
        error = page.open(source)
    assert error["kind"] == "scenario" and len(error["problems"]) == MOST_PROBLEMS == 50
    assert error["text"].endswith("and 950 more problems")
    assert len(json.dumps(error)) < 100_000


@pytest.mark.parametrize(
    "change",
    [
        of_unknown_regions(60),
        of_unknown_regions(60).replace("0.5", "5.0"),
        f"policies=[{','.join(['{budget=1.0}'] * 60)}]",
        f'platforms=[{{name="x", vectors=[{",".join(f'"v{n}"' for n in range(60))}]}}]',
        f"platforms=[{','.join(['{name="x", vectors=["B2B"]}'] * 61)}]",
    ],
)
def test_problems_that_are_not_told_are_counted(change: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("baseline", overrides=[change])
    found = caught.value
    assert len(found.problems) == MOST_PROBLEMS
    # Unknown names whose value is wrong too are two problems each.
    assert found.more in (10, 70), str(found)[-100:]


def test_all_changes_of_a_side_have_a_length_together(served: Served) -> None:
    with connected(served.client) as page:
        half = "a" * (MOST_CHANGED // 4)
        assert page.open({"scenario": "baseline", "changes": [half] * 4})["kind"] == "scenario"
        error = page.open({"scenario": "baseline", "changes": [*[half] * 4, "a"]})
        assert error["kind"] == "message" and "300,000 characters" in error["text"]


class _Flooding:
    """A socket at which there is always another message, and which takes every answer at once."""

    application_state = WebSocketState.CONNECTED

    def __init__(self, message: str, *, most: int) -> None:
        self.answered = 0
        self._message = message
        self._most = most

    async def receive(self) -> dict[str, Any]:
        if self.answered >= self._most:
            raise WebSocketDisconnect
        return {"type": "websocket.receive", "text": self._message}

    async def send_text(self, _: str) -> None:
        self.answered += 1


@pytest.mark.parametrize("message", ['{"type":"toml","id":1,"side":"a"}', "{", "", '{"type":"frames"}'])
def test_after_each_answer_the_others_have_their_turn(
    served: Served, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    socket_ = _Flooding(message, most=2000)
    connection = Connection(served.server, cast(WebSocket, socket_))
    session = Session(id="x", number=10**6)
    monkeypatch.setattr(Connection, "_hello", _nothing_said)
    monkeypatch.setattr(Connection, "_welcome", _not_welcomed)
    monkeypatch.setattr(served.server.sessions, "enter", lambda *_: (session, False))

    async def game() -> None:
        flooding = asyncio.create_task(_until_gone(connection._serve()))
        for turn in range(1000):
            await asyncio.sleep(0)
            assert socket_.answered <= 2 * turn + 2, "answered several in one turn"
        await flooding

    with start_blocking_portal() as portal:
        portal.call(game)
    assert socket_.answered == 2000


class _Anybody:
    session = None
    token = None


async def _nothing_said(_: Connection) -> _Anybody:
    return _Anybody()


async def _not_welcomed(_: Connection, *, resumed: bool) -> None:
    assert not resumed


async def _until_gone(serving: Awaitable[None]) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        await serving


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _listening(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await _hello(scope, receive, send)
        return
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def with_wire(game: Callable[[int], Awaitable[None]]) -> None:
    """Play with a server that takes bytes as ours does."""

    async def play() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                _listening, http=read_limits.Wire, ws=read_limits.LiveWire, log_level="error", lifespan="off"
            )
        )
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            await game(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await running

    with start_blocking_portal() as portal:
        portal.call(play)


def test_bytes_are_taken_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    taken = read_limits.Wire.data_received

    def noted(self: read_limits.Wire, data: bytes) -> None:
        sizes.append(len(data))
        taken(self, data)

    monkeypatch.setattr(read_limits.Wire, "data_received", noted)

    async def game(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        assert b" 200 " in await reader.readline()
        writer.close()

    with_wire(game)
    assert sum(sizes) > 1000 and max(sizes) <= read_limits.PIECE_BYTES


def test_a_connection_rests_after_a_piece_that_took_long_and_then_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_limits, "LONG_SECONDS", -1.0)  # every piece counts as long
    monkeypatch.setattr(read_limits, "REST", 0)
    rests: list[float] = []
    benchmark = loaded()

    async def game(port: int) -> None:
        loop = asyncio.get_running_loop()
        later = loop.call_later

        def noted(delay: float, call: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
            if getattr(call, "__name__", "") == "_go_on":
                rests.append(delay)
            return later(delay, call, *args)

        monkeypatch.setattr(loop, "call_later", noted)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(benchmark.handshake(port))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(benchmark.framed(b"", opcode=9) * 1000)
        assert await reader.readexactly(2000) == b"\x8a\x00" * 1000
        writer.close()

    with_wire(game)
    assert len(rests) >= 6000 // read_limits.PIECE_BYTES


def test_who_connects_and_says_nothing_is_sent_away_and_who_asks_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_limits, "SILENT_SECONDS", 0.2)

    async def game(port: int) -> None:
        silent, _ = await asyncio.open_connection("127.0.0.1", port)
        half, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHos")
        asking, other = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(5):
            other.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 200 " in await asking.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.1)
        for gone in (silent, half):
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(gone.read(), 60) == b""
        other.close()

    with_wire(game)


def loaded() -> ModuleType:
    """The benchmark, which is a program."""
    spec = importlib.util.spec_from_file_location("benchmark_flood", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["benchmark_flood"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    command = ("-m", "simulation", "serve", "--port", "0", "--results", tmp_path_factory.mktemp("results"))
    with started(command) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().split(":")[2].split("/")[0])


@pytest.mark.slow
def test_nobody_waits_for_a_flood(port: int) -> None:
    """A machine that is busy with other things is slow without a flood too: what counts is what a flood adds."""
    benchmark = loaded()
    quiet = {what: benchmark.high(times) for what, times in benchmark.measured("", port, seconds=4).items()}
    for name in benchmark.FLOODS:
        for what, times in benchmark.measured(name, port, seconds=4).items():
            assert benchmark.high(times) < max(1.5, 6 * quiet[what]), (name, what, quiet)
        time.sleep(1)
