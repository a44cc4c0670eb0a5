"""Simulating a replication from its first month to the horizon."""

from __future__ import annotations

import math
import time

from simulation.arguments import real_number
from simulation.engine.month import Engine
from simulation.record import Record
from simulation.scenario.schema import Scenario

BETWEEN_LOOKS = 12
"""The largest number of months between two looks at the clock."""

MOST_AT_ONCE = 100_000_000
"""Months times pairs of a call where no clock is looked at: an interrupt waits for its end, half a second."""


class DeadlineError(Exception):
    """A replication exceeded its deadline."""


def simulate(spec: Scenario, seed: int, *, deadline: float | None = None, threads: int = 1) -> Record:
    """Run one replication to its horizon and return its record.

    The same scenario, seed and versions give the same bits.

    Parameters
    ----------
    deadline : maximum wall-clock time, seconds, checked before every BETWEEN_LOOKS months.
    threads : as for :class:`simulation.engine.month.Engine`.

    Raises
    ------
    DeadlineError
        If the deadline is reached before the horizon.
    HyperclusterError
        If the seed or the deadline is invalid.
    """
    if deadline is not None:
        deadline = real_number("deadline", deadline, above=0)
    limit = math.inf if deadline is None else time.monotonic() + deadline
    engine = Engine(spec, seed, threads=threads)
    months = BETWEEN_LOOKS
    if deadline is None:  # fewer calls take less time
        months = max(months, MOST_AT_ONCE // max(engine.world.pairs.enterprise.size, 1))
    while not engine.finished:
        if time.monotonic() > limit:
            done = f"{engine.state.month} of {engine.world.months} months"
            raise DeadlineError(f"not finished within the deadline of {deadline:g} s; {done} were done")
        engine.run_for(months)
    return engine.record()
