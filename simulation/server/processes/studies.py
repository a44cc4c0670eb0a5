"""A batch of both sides in the background, in its own process, the command ``hypercluster run``."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from simulation.errors import HyperclusterError
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario
from simulation.server.protocol.messages import SideName

MOST_STUDIES = 2
GRACE_SECONDS = 10.0
"""Seconds that a batch may take to stop in an orderly way."""
LONGEST_LINE = 1_000_000
NICE = 10
BASELINE = "baseline"
"""Name of the scenario without policy of an ensemble."""
INTERRUPT = signal.SIGINT if os.name == "posix" else signal.SIGTERM  # elsewhere a process cannot be asked

log = logging.getLogger("hypercluster")


class Study:
    """One batch: starting it, reading its progress, stopping it.

    Parameters
    ----------
    texts : whole scenario by side, "a" and "b".
    replications, seed : as for ``hypercluster run``.
    request : id of the message that requested it.
    results : folder that contains the results folders.
    """

    def __init__(
        self, texts: Mapping[SideName, str], replications: int, *, request: int, seed: int, results: Path
    ) -> None:
        self.request = request
        self.kind = "study"
        specs = _named_apart({side: parse_scenario(text) for side, text in texts.items()})
        self._texts = {spec.name: spec.to_toml() for spec in specs.values()}
        self.names: dict[SideName, str] = {side: spec.name for side, spec in specs.items()}
        digests = "".join(f"{spec.name}{spec.digest}" for spec in specs.values())
        digest = hashlib.sha256(f"{digests}{seed}".encode()).hexdigest()
        self.folder = results / f"browser-{digest[:12]}"
        self._command = ["run", "--replications", str(replications), "--seed", str(seed)]
        self.running = True
        self.listener: Callable[[Study], Awaitable[None]] | None = None
        self.last: dict[str, Any] = {"state": "running", "done": 0, "total": 0, "failed": 0}
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    async def run(self, sum_up: Callable[[Path, Mapping[SideName, str]], Awaitable[dict[str, Any]]]) -> None:
        """Run it to its end and report to the listener, as ``study`` of the protocol; ``sum_up`` makes the summary."""
        try:
            with tempfile.TemporaryDirectory(prefix="hypercluster-") as folder:
                files = []
                for name, text in self._texts.items():
                    files.append(Path(folder) / f"{name}.toml")
                    files[-1].write_text(text, encoding="utf-8")
                async for told in self._lines(files):
                    await self._tell(told)
            if self.last["state"] == "summing up":
                found = {"state": "done"} if self.kind == "explore" else await sum_up(self.folder, self.names)
                self.running = False
                await self._tell(found)
        except HyperclusterError as error:
            self.running = False
            await self._tell({"state": "failed", "text": str(error)})
        except Exception:
            log.exception("a study")
            self.running = False
            await self._tell(
                {
                    "state": "failed",
                    "text": "The server failed because of an internal error; its log has the details.",
                }
            )
        finally:
            self.running = False
            self.stop()

    async def _tell(self, told: dict[str, Any]) -> None:
        self.last = told | {"folder": self.folder.name}
        if self.listener is not None:
            await self.listener(self)

    async def _lines(self, files: list[Path]) -> AsyncIterator[dict[str, Any]]:
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulation", *self._command, *map(str, self._named(files))),
            *("--json", "--workers", "1", "--out", str(self.folder)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            stdin=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
        )
        if hasattr(os, "setpriority"):
            with contextlib.suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, NICE)  # interactive sessions have priority
        if self._stopped:
            self.stop()
        end: dict[str, Any] = {}
        assert process.stdout is not None
        async for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "end":
                end = event
            elif event["event"] == "progress":
                told = {key: event[key] for key in ("done", "total", "failed", "left_seconds")}
                yield {"state": "running", **told}
        await process.wait()
        self.running = False
        if self._stopped or end.get("outcome") == "interrupted":
            yield {"state": "stopped"}
        elif end.get("outcome") in ("finished", "failures"):
            yield {"state": "summing up"}
        else:
            yield {"state": "failed", "text": end.get("message") or "the batch ended without a message"}

    def _named(self, files: list[Path]) -> list[str | Path]:
        """Return the arguments that name the scenarios."""
        return list(files)

    def stop(self) -> None:
        """Stop it in an orderly way; finished replications are kept."""
        self._stopped = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(INTERRUPT)

    async def end(self) -> None:
        """Stop it, and wait until it is gone."""
        self.stop()
        if self._process is not None:
            try:
                await asyncio.wait_for(self._process.wait(), GRACE_SECONDS)
            except TimeoutError:
                self._process.kill()


class Exploration(Study):
    """A pair in many worlds: ``hypercluster explore``, whose answer is read from its folder.

    Parameters
    ----------
    points : number of worlds.
    """

    def __init__(
        self, texts: Mapping[SideName, str], points: int, *, request: int, seed: int, results: Path
    ) -> None:
        super().__init__(texts, points, request=request, seed=seed, results=results)
        self.kind = "explore"
        self.folder = results / f"browser-worlds-{self.folder.name.removeprefix('browser-')}"
        self._command = ["explore", "--points", str(points), "--seed", str(seed)]
        first = parse_scenario(next(iter(self._texts.values())))
        without = first.model_copy(
            update={"name": BASELINE, "title": "No policy", "policies": (), "platforms": ()}
        )
        self._texts.setdefault(BASELINE, without.to_toml())

    def _named(self, files: list[Path]) -> list[str | Path]:
        """The pair, and the world without any policy, which must show what is known of diffusion."""
        pair = [file for file in files if file.stem in self.names.values()]
        return [*pair, "--baseline", next(file for file in files if file.stem == BASELINE)]


def _named_apart(specs: Mapping[SideName, Scenario]) -> dict[SideName, Scenario]:
    """Give the sides different names: a study needs them even for two versions of one scenario."""
    if len({spec.name for spec in specs.values()}) == len(specs):
        return dict(specs)
    return {
        side: spec.model_copy(
            update={"name": f"{spec.name[:62]}_{side}", "title": f"{spec.title} ({side.upper()})"}
        )
        for side, spec in specs.items()
    }
