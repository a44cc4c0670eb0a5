"""Reading from connections: in small pieces, and with a time limit for the first request."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PIECE_BYTES = 256
"""Bytes that are read at a time; most requests have fewer. The 256 kB that asyncio reads can contain 43,000 empty
WebSocket frames or chunks of a body, which take a second to parse while others wait."""
LONG_SECONDS = 0.0005
"""Seconds of work from which a piece counts as long; a piece of plain text takes a tenth."""
REST = 10
"""After a long piece, reading from that connection pauses for this multiple of its time."""
SILENT_SECONDS = 10.0
"""Seconds that a connection may stay open without a request: open files are limited."""


class LiveWire(WebSocketsSansIOProtocol):
    """A WebSocket. It continues to read once earlier messages are answered; pings need no such wait."""

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
    """HTTP, and the handshake of a WebSocket, which continues on the same transport."""

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
        # The attributes of the class are set with the first request; a WebSocket has its own protocol by now.
        if getattr(self, "scope", None) is None and self.transport.get_protocol() is self:
            self.transport.abort()
