"""Measure the page's server: step to frame, frames a second, sessions at a time, memory a session.

    uv run python tests/benchmark_serve.py [--write]

``--write`` puts the table into docs/browser.md. Asserts nothing.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import psutil
from measurements import publish
from websockets.asyncio.client import ClientConnection, connect

from simulation.engine.month import Engine
from simulation.scenario.loading import load_scenario

SESSIONS = 50
STEPS = 200
MODELS = 10
MEGABYTE = 1e6
A = {"scenario": "regional_cluster", "changes": []}
B = {"scenario": "hypercluster", "changes": []}


async def hello(port: int) -> ClientConnection:
    socket = await connect(f"ws://127.0.0.1:{port}/live", max_size=None)
    await socket.send('{"type": "hello"}')
    await socket.recv()
    return socket


async def open_both(socket: ClientConnection, *, seed: int = 1) -> None:
    await socket.send(json.dumps({"type": "open", "id": 1, "seed": seed, "a": A, "b": B}))
    for _ in range(3):
        answer = json.loads(await socket.recv())
        assert answer["type"] != "error", answer


async def frame(socket: ClientConnection, first: int, months: int = 1) -> None:
    message = {"type": "frames", "id": 2, "sides": ["a", "b"], "first": first, "months": months}
    await socket.send(json.dumps(message))
    assert isinstance(await socket.recv(), bytes)


async def seconds(task: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await task()
    return time.perf_counter() - began


def in_ms(times: list[float]) -> str:
    """Return median, 99th percentile and worst of times in seconds, for a cell of the table."""
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return f"{1000 * statistics.median(times):.1f} / {1000 * high:.1f} / {1000 * ordered[-1]:.1f} ms"


async def one_session(port: int) -> dict[str, str]:
    """Return what one visitor waits for."""
    socket = await hello(port)
    opening = [await seconds(lambda s=seed: open_both(socket, seed=s)) for seed in range(2, 12)]
    await open_both(socket, seed=1)
    times = [await seconds(lambda m=month: frame(socket, m)) for month in range(1, STEPS + 1)]
    again = [await seconds(lambda m=month: frame(socket, m)) for month in range(1, STEPS + 1)]
    change = {"scenario": "hypercluster", "changes": ["diffusion.half_distance_km=300"]}

    async def changed() -> None:
        await socket.send(json.dumps({"type": "open", "id": 1, "seed": 1, "a": A, "b": change}))
        for _ in range(3):
            await socket.recv()
        for first in range(0, 240, 24):
            await frame(socket, first, 24)

    changing = await seconds(changed)
    await socket.close()
    return {
        "open both sides, national": in_ms(opening),
        "one month of both sides, request to frame": in_ms(times),
        "frames a second, a month of both sides each": f"{STEPS / sum(times):.0f}",
        "one month that lies behind": in_ms(again),
        "a change of one side at the horizon, until it has reached the horizon again": (
            f"{1000 * changing:.0f} ms"
        ),
    }


async def many_sessions(port: int, server: psutil.Process, model_bytes: float) -> dict[str, str]:
    """Return what many visitors wait for, and what each takes."""
    before = memory(server)
    sockets = await asyncio.gather(*(hello(port) for _ in range(SESSIONS)))
    opening = await asyncio.gather(*(seconds(lambda s=s: open_both(s)) for s in sockets))

    async def play(socket: ClientConnection) -> list[float]:
        return [await seconds(lambda m=month: frame(socket, m)) for month in range(1, 61)]

    began = time.perf_counter()
    found = await asyncio.gather(*(play(socket) for socket in sockets))
    elapsed = time.perf_counter() - began
    a_session = (memory(server) - before) / SESSIONS
    for socket in sockets:
        await socket.close()
    return {
        f"{SESSIONS} sessions opened at the same moment": in_ms(list(opening)),
        f"{SESSIONS} sessions playing as fast as they can, request to frame": in_ms(
            [t for times in found for t in times]
        ),
        "frames a second, all of these together": f"{60 * SESSIONS / elapsed:.0f}",
        f"memory per session in addition to its two models ({2 * model_bytes / MEGABYTE:.1f} MB)": (
            f"{a_session / MEGABYTE - 2 * model_bytes / MEGABYTE:.1f} MB"
        ),
    }


def memory(process: psutil.Process) -> float:
    """Memory that belongs to a process and those that it started alone, bytes."""
    return sum(each.memory_full_info().uss for each in [process, *process.children(recursive=True)])


def bare_model_bytes() -> float:
    """Memory of a model that nobody looks at, as a process of its own sees it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_bare_models))


def _bare_models() -> float:
    specs = [load_scenario(source["scenario"]) for source in (A, B)]
    models = [Engine(spec, 1) for spec in specs]
    for model in models:
        for _ in range(60):
            model.step()
    before = psutil.Process().memory_full_info().uss
    for _ in range(MODELS):
        for spec in specs:
            models.append(Engine(spec, 1))
            for _ in range(60):
                models[-1].step()
    return (psutil.Process().memory_full_info().uss - before) / (2 * MODELS)


def main() -> None:
    """Start a server, measure, end it."""
    model_bytes = bare_model_bytes()
    with tempfile.TemporaryDirectory() as results:
        began = time.perf_counter()
        command = [sys.executable, "-m", "simulation", "serve", "--port", "0", "--results", results]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            try:
                assert process.stdout is not None
                port = int(process.stdout.readline().split(":")[2].split("/")[0])
                rows = {"from the command to the address": f"{time.perf_counter() - began:.1f} s"}
                rows |= asyncio.run(one_session(port))
                rows |= asyncio.run(many_sessions(port, psutil.Process(process.pid), model_bytes))
            finally:
                process.terminate()
    lines = [
        "| what | median / 99 % / worst |",
        "|---|---|",
        *(f"| {what} | {took} |" for what, took in rows.items()),
    ]
    publish("browser.md", {"server": "\n".join(lines)}, sys.argv)


if __name__ == "__main__":
    main()
