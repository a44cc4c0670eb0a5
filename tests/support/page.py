"""A page without a browser: what it says to the server, and how it reads frames."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from starlette.testclient import TestClient, WebSocketTestSession

from simulation.server.protocol.messages import SideName
from simulation.world import Array


@dataclass(frozen=True)
class Block:
    """One side of a frame."""

    side: int
    first: int
    attribution: Array
    phi: Array
    w1_years: Array
    t50_years: Array
    adopters: Array
    members: Array
    members_anywhere: Array
    eligible: Array
    may_join: Array
    enterprises: Array

    @property
    def months(self) -> int:
        return len(self.phi)


def blocks_of(data: bytes) -> tuple[int, dict[SideName, Block]]:
    """Id and blocks of a frame, read as docs/browser.md lays it out."""
    magic, request, count, zero = struct.unpack_from("<4s3I", data)
    assert (magic, zero) == (b"HCF1", 0)
    place, found = 16, {}
    for _ in range(count):
        side, first, n, r, k, h, e, channels = struct.unpack_from("<8I", data, place)
        assert e in (0, n)
        start = place
        place += 32
        parts = []
        for kind, *shape in (
            ("<f8", n, k, channels),
            ("<f8", n),
            ("<f8", n),
            ("<f8", n),
            ("<u4", n, r, k),
            ("<u4", n, h, r),
            ("<u4", n),
            ("<u4", e, r, k),
            ("<u4", e, h, r),
            ("<u4", e, r),
        ):
            assert place % np.dtype(kind).itemsize == 0
            length = int(np.prod(shape))
            parts.append(np.frombuffer(data, kind, length, place).reshape(shape))
            place += parts[-1].nbytes
        while (place - start) % 8:
            assert data[place] == 0
            place += 1
        found["ab"[side]] = Block(side, first, *parts)
    assert place == len(data)
    return request, found


class Page:
    """One connection."""

    def __init__(self, socket: WebSocketTestSession, welcome: Mapping[str, Any]) -> None:
        self.socket = socket
        self.welcome = welcome
        self._last = 0

    def ask(self, request: str, /, **details: Any) -> dict[str, Any]:
        """Send a request and return its answer."""
        self._last += 1
        self.socket.send_json({"type": request, "id": self._last} | details)
        answer: dict[str, Any] = self.socket.receive_json()
        assert answer["id"] == self._last
        return answer

    def open(
        self, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None = None, *, seed: int = 1
    ) -> dict[str, Any]:
        """Open both sides and return their worlds by side, or the error."""
        answer = self.ask("open", a=a, b=b, seed=seed)
        worlds = {}
        while answer["type"] == "world":
            worlds[answer["side"]] = answer
            answer = self.socket.receive_json()
        if answer["type"] == "error":
            return answer
        assert answer == {"type": "opened", "id": self._last}
        return worlds

    def frames(self, first: int, months: int, *, sides: str = "ab") -> dict[SideName, Block]:
        """Ask for one frame."""
        self._last += 1
        message = {"type": "frames", "id": self._last, "sides": list(sides), "first": first, "months": months}
        self.socket.send_text(json.dumps(message))
        request, blocks = blocks_of(self.socket.receive_bytes())
        assert request == self._last
        return blocks

    def history(self, side: SideName, months: int) -> Array:
        """Adopters of months 0 to ``months``, (months + 1, R, K), asked for until they are all there."""
        parts, first = [], 0
        while first <= months:
            block = self.frames(first, months + 1 - first, sides=side)[side]
            assert block.first == first and block.months >= 1
            parts.append(block.adopters)
            first += block.months
        return np.concatenate(parts)


def live_url(client: TestClient) -> str:
    """Where the WebSocket is, at the host that the client calls."""
    return f"ws://{client.base_url.netloc.decode()}/live"


@contextmanager
def connected(client: TestClient, *, session: str | None = None, token: str | None = None) -> Iterator[Page]:
    """Connect and say hello."""
    with client.websocket_connect(live_url(client)) as socket:
        socket.send_json({"type": "hello", "session": session, "token": token})
        yield Page(socket, socket.receive_json())
