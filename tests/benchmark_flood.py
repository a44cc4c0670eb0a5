"""Measure how long a visitor waits while another floods the server.

    uv run python tests/benchmark_flood.py [FLOOD]... [--seconds S] [--connections N] [--write]

For each kind of flood a process of its own floods through several connections, while one visitor loads the page again
and again, a second connects and says hello, and a third plays a running model. ``--write`` puts the table into
docs/browser.md. Asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from measurements import WRITE, publish
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

A = {"scenario": "regional_cluster", "changes": []}
B = {"scenario": "hypercluster", "changes": []}
STEPS_A_SECOND = 12

Flood = Callable[[int], Awaitable[None]]


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[ClientConnection]:
    """A connection that was welcomed."""
    url = f"ws://127.0.0.1:{port}/live"
    async with connect(url, max_size=None, ping_interval=None, open_timeout=120) as socket:
        await socket.send('{"type": "hello"}')
        assert json.loads(await socket.recv())["type"] == "welcome"
        yield socket


def opening(a: object, b: object, *, seed: int) -> str:
    return json.dumps({"type": "open", "id": 1, "seed": seed, "a": a, "b": b})


async def answers(socket: ClientConnection, last: str) -> None:
    """Take answers until one of a type, or an error, has come."""
    while True:
        answer = await socket.recv()
        if isinstance(answer, str) and json.loads(answer)["type"] in (last, "error"):
            return


async def unknown(port: int) -> None:
    """Messages with 1,000 regions that there are not."""
    regions = ",".join(f"r{n}=0.5" for n in range(1000))
    source = {"scenario": "hypercluster", "changes": [f"world.digital_readiness={{{regions}}}"]}
    async with connected(port) as socket:
        for seed in itertools.count():
            await socket.send(opening(source, source, seed=seed))
            await answers(socket, "opened")


async def refused(port: int) -> None:
    """Small messages that are refused, sent without waiting for the answers."""
    async with connected(port) as socket:
        taking = asyncio.create_task(take_all(socket))
        while not taking.done():
            await socket.send('{"type":"toml","id":1,"side":"a"}')


async def take_all(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def deaf(port: int) -> None:
    """Requests of large answers that are never read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(handshake(port))
    await reader.readuntil(b"\r\n\r\n")
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    ask = json.dumps({"type": "frames", "id": 2, "sides": ["a", "b"], "first": 1, "months": 120})
    for text in ('{"type": "hello"}', opening(A, B, seed=1), *itertools.repeat(ask, 100_000)):
        writer.write(framed(text.encode()))
        await writer.drain()


async def opens(port: int) -> None:
    """New models again and again, every fifth of them a large one."""
    large = {"scenario": "hypercluster", "changes": ["world.scale=10.0"]}
    async with connected(port) as socket:
        for seed in itertools.count(os.getpid() * 1000):
            await socket.send(opening(A, large if seed % 5 == 0 else B, seed=seed))
            await answers(socket, "opened")


async def large(port: int) -> None:
    """Frames as large as they come, series of all technologies, and messages of nearly a megabyte."""
    padding = " " * 900_000
    async with connected(port) as socket:
        await socket.send(opening(A, B, seed=1))
        await answers(socket, "opened")
        while True:
            ask = {"type": "frames", "id": 2, "sides": ["a", "b"], "first": 1, "months": 120}
            await socket.send(json.dumps(ask) + padding)
            await socket.recv()
            await socket.send('{"type":"series","id":3,"side":"b","month":120,"technologies":[]}')
            await socket.recv()


async def keys(port: int) -> None:
    """Messages of a hundred thousand keys, or changes, that no request has."""
    many = {str(n): 1 for n in range(75_000)}
    texts = [
        opening(many, None, seed=1),
        opening({"scenario": "baseline", "changes": [1] * 300_000}, None, seed=1),
    ]
    async with connected(port) as socket:
        for text in itertools.cycle(texts):
            await socket.send(text)
            await answers(socket, "opened")


async def churn(port: int) -> None:
    """Connections that come and go, some with a hello, some at once."""
    while True:
        with contextlib.suppress(AssertionError):
            async with connected(port):
                pass
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(handshake(port))
            writer.close()
            del reader


async def malformed(port: int) -> None:
    """Pings and empty frames without end, garbage, and bodies in chunks of one byte."""
    for beginning, piece in itertools.cycle(
        [
            (handshake(port), framed(b"", opcode=9)),
            (handshake(port), framed(b"", opcode=2)),
            (handshake(port), framed(b"{" * 20)),
            (b"\x00" * 1000, b"\xff" * 1000),
            (
                f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
                b"1\r\nx\r\n",
            ),
        ]
    ):
        with contextlib.suppress(OSError, ExceptionGroup):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            async with asyncio.TaskGroup() as group:
                taking = group.create_task(reader.read())
                writer.write(beginning)
                for _ in range(20):
                    writer.write(piece * 5000)
                    await writer.drain()
                writer.close()
                taking.cancel()


def handshake(port: int) -> bytes:
    return (
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def framed(data: bytes, *, opcode: int = 1) -> bytes:
    """A frame as a client sends it, masked with zeros."""
    length = struct.pack("!BB", 0x80 | opcode, 0x80 | len(data))
    if len(data) > 125:
        length = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, len(data))
    return length + bytes(4) + data


FLOODS: dict[str, Flood] = {
    f.__name__: f for f in (unknown, refused, deaf, opens, large, keys, churn, malformed)
}


async def flood(name: str, port: int, *, connections: int, seconds: float) -> None:
    """Flood through some connections; one that is closed is opened again."""

    async def again() -> None:
        while True:
            with contextlib.suppress(ConnectionClosed, OSError, AssertionError, TimeoutError):
                await FLOODS[name](port)
            await asyncio.sleep(0.01)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(again() for _ in range(connections)))


async def visit(port: int, *, seconds: float) -> dict[str, list[float]]:
    """Wait as the visitors do, and return how long each thing took, seconds."""
    end = time.perf_counter() + seconds
    waits: dict[str, list[float]] = {"page": [], "hello": [], "step": []}

    def get() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            answer.read()

    async def load() -> None:
        while time.perf_counter() < end:
            began = time.perf_counter()
            await asyncio.to_thread(get)
            waits["page"].append(time.perf_counter() - began)
            await asyncio.sleep(0.05)

    async def come() -> None:
        while time.perf_counter() < end:
            began = time.perf_counter()
            async with connected(port):
                waits["hello"].append(time.perf_counter() - began)
            await asyncio.sleep(0.1)

    async with connected(port) as socket:
        await socket.send(opening(A, B, seed=7))
        await answers(socket, "opened")
        month = itertools.cycle(range(1, 240))

        async def play() -> None:
            while time.perf_counter() < end:
                ask = {"type": "frames", "id": 2, "sides": ["a", "b"], "first": next(month), "months": 1}
                began = time.perf_counter()
                await socket.send(json.dumps(ask))
                assert isinstance(await socket.recv(), bytes)
                waits["step"].append(time.perf_counter() - began)
                await asyncio.sleep(1 / STEPS_A_SECOND)

        await asyncio.gather(load(), come(), play())
    return waits


def measured(name: str, port: int, *, seconds: float, connections: int = 4) -> dict[str, list[float]]:
    """Return how long the visitors waited during a flood; without one where the name is empty."""
    command = [sys.executable, __file__, "--flood", name, "--port", str(port)]
    command += ["--seconds", str(seconds + 2), "--connections", str(connections)]
    flooding = subprocess.Popen(command) if name else None
    try:
        time.sleep(1.5)
        return asyncio.run(visit(port, seconds=seconds))
    finally:
        if flooding is not None:
            flooding.kill()
            flooding.wait()


def high(times: list[float]) -> float:
    """The 99th percentile."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]


@contextlib.contextmanager
def server() -> Iterator[int]:
    """Start a server and give its port."""
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "simulation", "serve", "--port", "0", "--results", results]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield int(process.stdout.readline().split(":")[2].split("/")[0])
            finally:
                process.terminate()


def main() -> None:
    """Measure floods one after the other, or be one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FLOOD", help=", ".join(FLOODS))
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--flood", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help="of a server that runs already")
    parser.add_argument(WRITE, action="store_true", help="put the table into docs/browser.md")
    given = parser.parse_args()
    if given.flood:
        asyncio.run(flood(given.flood, given.port, connections=given.connections, seconds=given.seconds))
        return
    rows = []
    with server() if given.port is None else contextlib.nullcontext(given.port) as port:
        for name in given.names or ["", *FLOODS]:
            waits = measured(name, port, seconds=given.seconds, connections=given.connections)
            what = " ".join((FLOODS[name].__doc__ or "").split()).rstrip(".") if name else "None"
            cells = [f"{1000 * high(times):.0f} ({1000 * max(times):.0f})" for times in waits.values()]
            rows.append(f"| {what} | {' | '.join(cells)} |")
            print(rows[-1], file=sys.stderr, flush=True)
    head = ["| flood | the page | a handshake with `welcome` | a month of both sides |", "|---|---|---|---|"]
    told = f"ms at the 99th percentile (the worst), in {given.seconds:.0f} s with {given.connections} connections:"
    publish("browser.md", {"floods": f"{told}\n\n" + "\n".join(head + rows)}, [WRITE] if given.write else [])


if __name__ == "__main__":
    main()
