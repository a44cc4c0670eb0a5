"""How bytes are taken off the wire: little at a time, and only from those who say what they want."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PIECE_BYTES = 256
"""Bytes that are read at a time; most requests have fewer. In 256 kB, which asyncio reads, there is room for 43,000
empty frames of a WebSocket or chunks of a body, and others would wait a second until all are taken apart."""
LONG_SECONDS = 0.0005
"""Work from which a piece counts as long; a piece that holds nothing but text takes a tenth."""
REST = 10
"""How much longer than a long piece took nothing more is read from that connection."""
SILENT_SECONDS = 10.0
"""How long somebody may be connected without having asked for anything: open files are few."""


class LiveWire(WebSocketsSansIOProtocol):
    """A WebSocket. It reads on when what it has read is answered; pings have no answer that anybody waits for."""

    def data_received(self, data: bytes) -> None:
        """Take a piece apart."""
        began = time.thread_time()
        super().data_received(data)
        spent = time.thread_time() - began
        if spent > LONG_SECONDS:
            self.transport.pause_reading()
            self.loop.call_later(REST * spent, self._go_on)

    def _go_on(self) -> None:
        if not self.read_paused:
            self.transport.resume_reading()


class Wire(H11Protocol):
    """HTTP, and the beginning of a WebSocket, which goes on with the same transport."""

    _silent: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Note a new connection."""
        transport.max_size = PIECE_BYTES
        super().connection_made(transport)
        self._silent = self.loop.call_later(SILENT_SECONDS, self._end_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note its end."""
        if self._silent is not None:
            self._silent.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece apart."""
        began = time.thread_time()
        super().data_received(data)
        spent = time.thread_time() - began
        if spent > LONG_SECONDS and self.transport.get_protocol() is self:
            self.transport.pause_reading()
            self.loop.call_later(REST * spent, self._go_on)

    def _go_on(self) -> None:
        if not self.flow.read_paused and self.transport.get_protocol() is self:
            self.transport.resume_reading()

    def _end_if_silent(self) -> None:
        # The attributes of the class are set with the first request; a WebSocket has a protocol of its own by now.
        if getattr(self, "scope", None) is None and self.transport.get_protocol() is self:
            self.transport.abort()
