"""Stand-ins for ``simulation.batch.running.run_block`` that fail in one replication; workers can import them."""

from __future__ import annotations

import os
import time

from simulation.batch import running as batch
from simulation.batch.dispatch import Failure

run_block = batch.run_block  # where a stand-in takes its place in the process of the test itself

REPLICATION = 3


def dying(block: batch.Block) -> batch.Outcome:
    """End the whole process wherever replication 3 is to be run."""
    if REPLICATION in block.replications:
        os._exit(9)
    return run_block(block)


def failing(block: batch.Block) -> batch.Outcome:
    """Report replication 3 as failed; the others are run."""
    good = tuple(number for number in block.replications if number != REPLICATION)
    outcome = run_block(batch.Block(block.spec, block.seed, good))
    failures = (Failure(REPLICATION, "ValueError: no such luck", "Traceback ..."),)
    return batch.Outcome(
        outcome.files, failures if len(good) < len(block.replications) else (), outcome.headline
    )


def hanging(block: batch.Block) -> batch.Outcome:
    """Never come back from a block that begins after replication 3."""
    if block.replications[0] > REPLICATION:
        time.sleep(600)
    return run_block(block)
