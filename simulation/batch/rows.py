"""Computing the rows of a block, one replication after the other, whatever makes them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

import pyarrow as pa

from simulation.batch.dispatch import Block, Failure, one_line
from simulation.results.tables import TABLES_OF, Tables, to_parquet


def rows_of(block: Block, make: Callable[..., Tables]) -> tuple[list[Tables], tuple[Failure, ...]]:
    """Return the rows of the replications of a block; an exception in one of them does not affect the others.

    Raises
    ------
    MemoryError
        If there is too little memory, which is not the fault of a replication.
    """
    rows: list[Tables] = []
    failures: list[Failure] = []
    for replication in block.replications:
        try:
            rows.append(
                make(block.spec, replication, seed=block.seed, deadline=block.deadline, keep=block.keep)
            )
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, it is recorded and the others go on
            failures.append(Failure(replication, one_line(error), traceback.format_exc()))
    return rows, tuple(failures)


def files_of(rows: Sequence[Tables], *, keep: str) -> dict[str, bytes]:
    """Return the Parquet files of a block by table."""
    return {name: to_parquet(pa.concat_tables([tables[name] for tables in rows])) for name in TABLES_OF[keep]}
