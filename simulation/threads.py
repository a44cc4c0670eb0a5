"""Threads of this process: how many of them have a core, and what they compute in the order in which it is wanted."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor


def available_cores() -> int:
    """Return how many cores this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_one_thread_of_blas() -> None:
    """Let BLAS use one thread in this process and in those that it starts, unless the environment says otherwise.

    BLAS reads this when NumPy is loaded, so this comes first. Where arrays are small, as in a fit, its threads mostly
    wait for each other: two were seen to take twice the processor time of one.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def in_order[A, T](function: Callable[[A], T], values: Iterable[A]) -> Iterator[T]:
    """Yield a function of each value, in the order of the values, computed ahead by as many threads as there are cores.

    At most two results for each core wait for the caller. The values themselves are taken in the caller's thread. The
    function must leave the interpreter free for most of its time, as compiled code and reading of files do.
    """
    cores = available_cores()
    coming: deque[Future[T]] = deque()
    with ThreadPoolExecutor(cores) as threads:
        try:
            for value in values:
                coming.append(threads.submit(function, value))
                if len(coming) > 2 * cores:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for waiting in coming:
                waiting.cancel()
