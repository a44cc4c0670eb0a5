"""Signals that stop a command: Ctrl-C, SIGTERM of a batch system, SIGHUP of a terminal that closes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

SIGNALLED = 128
"""Added to the number of the signal that stopped a command, as shells do: 130 for Ctrl-C, 143 for SIGTERM."""


class Stopped(KeyboardInterrupt):
    """A signal asked the command to stop."""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        if self.number == signal.SIGINT:
            return "Interrupted."
        return f"Stopped by {signal.Signals(self.number).name}."


_received: list[Stopped] = []


def asked_to_stop() -> Stopped | None:
    """Return what the first signal raised; it may have become another error in a library that it interrupted."""
    return _received[0] if _received else None


@contextlib.contextmanager
def signals_answered() -> Iterator[None]:
    """Raise :class:`Stopped` in the block at the first signal; signals that already have a handler keep it."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)
    try:
        yield
    finally:
        _end_quietly()


def _stop(number: int, _: object) -> None:
    """Stop in an orderly way at the first signal, and at once at a later Ctrl-C: worker processes end with this one."""
    if number != signal.SIGINT:
        signal.signal(
            number, signal.SIG_IGN
        )  # batch systems may repeat the signal; it means no more than the first
    signal.signal(signal.SIGINT, lambda *_: os._exit(SIGNALLED + signal.SIGINT))
    _received.append(Stopped(number))
    raise _received[-1]


def _end_quietly() -> None:
    """Let a signal end the process at once from now on: the work is done, and Python would print a traceback."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
