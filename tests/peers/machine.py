"""The rates of this machine: memory in order, memory in no order."""

import platform
import statistics
import time
from pathlib import Path

import numba as nb
import numpy as np

BYTES_OF_A_VISIT = 32
"""Of the plain loop: number 4 read and 4 written, hazard 8 read, remainder 8 read and 8 written."""
TIMES = 21


@nb.njit
def _triad(a, b, c):
    for i in range(a.size):
        a[i] = b[i] + 3.0 * c[i]


@nb.njit
def _gather(values, order):
    total = 0.0
    for i in order:
        total += values[i]
    return total


def _seconds(action, repeats):
    """Median seconds of one call; each of TIMES measurements makes ``repeats`` calls."""
    action()
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        for _ in range(repeats):
            action()
        times.append((time.perf_counter() - start) / repeats)
    return statistics.median(times)


def triad(size):
    """Return the bytes a second that a = b + s c moves, with arrays of ``size`` doubles."""
    a, b, c = np.zeros(size), np.ones(size), np.ones(size)
    return 24 * size / _seconds(lambda: _triad(a, b, c), max(1, 1_000_000 // size))


def gather(size):
    """Return the seconds that reading one double of ``size`` takes, in a random order."""
    order = np.random.default_rng(1).permutation(size).astype(np.int32)
    values = np.ones(size)
    return _seconds(lambda: _gather(values, order), max(1, 1_000_000 // size)) / size


def processor():
    """Return the name of the processor."""
    try:
        names = [
            line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
        ]
        return names[0].split(":")[1].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()
