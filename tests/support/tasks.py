"""Tasks for worker processes, which import them from here."""

from __future__ import annotations

import os
import time


def doubled(number: int) -> int:
    return 2 * number


def pid(_: object) -> int:
    return os.getpid()


def dying(_: object) -> None:
    os._exit(9)


def failing(word: str) -> None:
    raise ValueError(f"no {word}")


def hanging(_: object) -> None:
    time.sleep(600)


def nothing() -> None:
    """Prepare a process for nothing."""


def dying_at_once() -> None:
    os._exit(9)
