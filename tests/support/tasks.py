"""Tasks for worker processes, which import them from here."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time


def doubled(number: int) -> int:
    return 2 * number


def pid(_: object) -> int:
    return os.getpid()


def dying(_: object) -> None:
    os._exit(9)


def killed(_: object) -> None:
    """End as a process does that Linux ends for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def crashing(_: object) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def greedy(_: object) -> None:
    """Ask for more memory than there may be."""
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    bytearray(2**32)


def failing(word: str) -> None:
    raise ValueError(f"no {word}")


def hanging(_: object) -> None:
    time.sleep(600)


def nothing() -> None:
    """Prepare a process for nothing."""


def dying_at_once() -> None:
    os._exit(9)


class HalfAnswer:
    """An answer of 100 MB whose sender is killed some time after it has begun to write it down."""

    def __init__(self, delay_seconds: float) -> None:
        self.delay_seconds = delay_seconds

    def __reduce__(self) -> tuple[object, ...]:
        threading.Timer(self.delay_seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return bytes, (b"x" * 100_000_000,)


def killed_while_it_answers(delay_seconds: float) -> HalfAnswer:
    """Return what takes long to send, and be killed on the way."""
    return HalfAnswer(delay_seconds)
