"""Tasks for worker processes, which import them from here."""

from __future__ import annotations

import os
import resource
import signal
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
