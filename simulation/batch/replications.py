"""Computing a block: its replications one after the other, each with its metrics and rows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from functools import partial

import pyarrow as pa

from simulation.arguments import MOST_REPLICATIONS, seed_of, whole_number
from simulation.batch.dispatch import Block, Outcome
from simulation.batch.progress import HEADLINE
from simulation.batch.rows import files_of, rows_of
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.metrics import values_and_reasons
from simulation.results.tables import ENDING, Tables, tables_of
from simulation.scenario.schema import Scenario


def replicate(
    spec: Scenario,
    replication: int,
    *,
    seed: int,
    deadline: float | None = None,
    keep: str = "all",
    threads: int = 1,
) -> Tables:
    """Simulate one replication and return its rows in the tables to keep; ``seed`` is that of replication 0."""
    replication = whole_number("replication", replication, most=MOST_REPLICATIONS - 1)
    seed = seed_of(seed, replications=replication + 1)
    record = simulate(spec, seed + replication, deadline=deadline, threads=threads)
    metrics, why = values_and_reasons(record)
    return tables_of(record, metrics, reasons=why, replication=replication, keep=keep)


def run_block(block: Block) -> Outcome:
    """Simulate a block; an exception in one replication does not affect the others.

    Raises
    ------
    MemoryError
        If there is too little memory, which is not the fault of a replication.
    """
    if block.deadline is not None:
        load_kernels([block.spec])
    began = time.perf_counter()
    rows, failures = rows_of(block, block.replicate or partial(replicate, threads=block.threads))
    if not rows:
        return Outcome(failures=failures)
    runs = pa.concat_tables([tables["runs"] for tables in rows])
    numbers = runs["replication"].to_pylist()
    headline = zip(*(runs[name].to_pylist() for name in HEADLINE), strict=True)
    endings = runs[ENDING].to_pylist() if ENDING in runs.column_names else []
    return Outcome(
        files=files_of(rows, keep=block.keep),
        failures=failures,
        headline=dict(zip(numbers, headline, strict=True)),
        endings=dict(zip(numbers, endings, strict=False)),
        seconds=time.perf_counter() - began,
    )


_loaded: set[tuple[bool, bool]] = set()
"""Kinds of scenario whose kernels this process has loaded."""


def load_kernels(specs: Iterable[Scenario]) -> None:
    """Simulate one month of each kind of scenario that is new to this process.

    Kernels are compiled, or read from numba's cache, when they are first called. That may take longer than a
    replication and should not count towards its deadline. No deadline applies here, so a large world is not scaled up.
    """
    for spec in specs:
        if kind_of(spec) not in _loaded:
            _loaded.add(kind_of(spec))
            world = spec.world.model_copy(update={"scale": min(spec.world.scale, 1.0)})
            # An error here will occur again in a replication, and be recorded there.
            with contextlib.suppress(Exception):
                engine = Engine(spec.model_copy(update={"world": world}), 0)
                engine.step()
                # The rows take compiled passes too.
                tables_of(engine.record(), {}, reasons={}, replication=0)


def kind_of(spec: Scenario) -> tuple[bool, bool]:
    """Return the features of a scenario that determine its kernels and, roughly, its cost."""
    return bool(spec.platforms), bool(spec.policies)
