"""Nothing in the parent grows with the number of replications done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from processes import SUPPORT, started
from small_worlds import dataset, plain_scenario

from simulation.results.reader import Results

REPLICATIONS = 5_000
WARM_UP = 1_000
MEGABYTES_PER_1000 = 5.0
MEGABYTES_TO_MERGE = 40.0
"""What reading and writing Parquet takes, however much of it."""


@pytest.mark.slow
def test_five_thousand_replications_leave_the_parent_as_small_as_it_was(tmp_path: Path):
    tables = dataset(tmp_path / "dataset", {"east": 3, "west": 3})
    tiny = plain_scenario(tmp_path / "tiny.toml", tables, time="years = 1")
    with started([SUPPORT / "weighed_study.py", REPLICATIONS, 2, tmp_path / "study", tiny]) as process:
        output, errors = process.communicate(timeout=1800)
    assert process.returncode == 0, errors
    assert len(Results(tmp_path / "study").runs(["seed"])) == REPLICATIONS

    done, megabytes = np.array([line.split() for line in output.splitlines()], dtype=float).T
    under_way = (done >= WARM_UP) & (np.arange(done.size) < done.size - 1)
    slope = np.polyfit(done[under_way], megabytes[under_way], 1)[0]
    merged = megabytes[-1] - megabytes[under_way][0]
    print(f"{1000 * slope:.2f} MB per 1,000 replications; after the merge {merged:+.1f} MB since {WARM_UP}")
    assert 1000 * slope <= MEGABYTES_PER_1000
    assert merged <= MEGABYTES_TO_MERGE + MEGABYTES_PER_1000 * REPLICATIONS / 1000
