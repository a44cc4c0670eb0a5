"""kill -9 of a batch of Mesa's own model: nothing that is in the folder is lost, and the table is the same in the end.

``uv run python tests/comparison/kills.py`` does it 50 times, and to Mesa's ``batch_run``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from kills_of_any import killed_runs, undisturbed

KILLS, REPLICATIONS = 10, 100


@pytest.mark.slow
def test_runs_of_a_mesa_model_survive_kills(tmp_path: Path):
    tally = killed_runs(tmp_path, REPLICATIONS, KILLS)
    print(tally)
    assert tally.kills.total() == KILLS
    assert tally.kills["worker"] > 0
    assert tally.lost == set()
    there, wanted = (
        folder / "runs.parquet" for folder in (tmp_path / "runs", undisturbed(tmp_path, REPLICATIONS))
    )
    assert there.read_bytes() == wanted.read_bytes()
