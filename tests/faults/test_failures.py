"""A replication that fails and one that hangs cost themselves and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from processes import PATIENCE, SUPPORT, session_members, started, wait_until
from small_studies import REPLICATIONS, Study, checksums

import simulation.batch.replications
import simulation.batch.running
from simulation.batch.running import Progress, run_batch
from simulation.engine.simulate import simulate
from simulation.record import Record
from simulation.results.reader import Results
from simulation.scenario.schema import Scenario

FAILING, HANGING = 9, 14  # seeds: replication 8 and 13
DEADLINE = 4.0


@pytest.mark.slow
@pytest.mark.parametrize("hang", ["silent", "busy"])
def test_of_60_replications_one_that_fails_and_one_that_hangs_leave_58(
    study: Study, tmp_path: Path, hang: str
):
    out = tmp_path / "study"
    command = [SUPPORT / "faulty_command.py", "run", study.files[1], "--replications", 2 * REPLICATIONS]
    options = ["--workers", 2, "--deadline", DEADLINE, "--out", out, "--quiet"]
    unlucky = {"FAILING": str(FAILING), "HANGING": str(HANGING), "HANG": hang}
    with started([*command, *options], changes=unlucky) as process:
        _, errors = process.communicate(timeout=PATIENCE)
        wait_until(lambda: not session_members(process.pid), within=3)
    assert process.returncode == 3, errors
    assert "2 replications failed" in errors
    assert "Traceback" not in errors

    failures = {failure["seed"]: failure for failure in Results(out).manifest["failures"]}
    assert set(failures) == {FAILING, HANGING}
    assert failures[FAILING]["error"] == "ValueError: no such luck"
    assert "deadline" in failures[HANGING]["error"]
    for seed, failure in failures.items():
        assert (failure["scenario"], failure["replication"]) == ("platform", seed - 1)
        assert f"--seed {seed} --replications 1" in failure["reproduce"]
        assert failure["reproduce"] in errors

    kept = checksums(out)
    assert [number for _, number in kept] == [n for n in range(60) if n + 1 not in (FAILING, HANGING)]
    undisturbed = {key: sha for key, sha in study.checksums.items() if key in kept}
    assert {key: sha for key, sha in kept.items() if key in undisturbed} == undisturbed
    assert len(undisturbed) == REPLICATIONS - 2


def test_what_failed_in_a_block_of_which_the_middle_was_kept_is_put_beside_it_later(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The first and the last of a block fail in passing, then the study is stopped before its parts are merged."""
    spec, out, block = study.specs[0], tmp_path / "study", 5
    monkeypatch.setattr(simulation.batch.running, "BLOCK", block)
    monkeypatch.setattr(simulation.batch.running, "BLOCKS_PER_WORKER", 1)

    def unlucky(spec: Scenario, seed: int, *, deadline: float | None, threads: int) -> Record:
        if (seed - 1) % block in (0, block - 1):
            raise OSError("the network is down")
        return simulate(spec, seed, deadline=deadline, threads=threads)

    def stop(now: Progress) -> None:
        if now.failed >= 4:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr(simulation.batch.replications, "simulate", unlucky)
        with pytest.raises(KeyboardInterrupt):
            run_batch([spec], 2 * block, out=out, executor=executor, workers=1, progress=stop)
        assert Results(out).runs(["replication"])["replication"].tolist() == [1, 2, 3, 6, 7, 8]
        monkeypatch.setattr(simulation.batch.replications, "simulate", simulate)
        run_batch([spec], 2 * block, out=out, executor=executor, workers=1)
    assert checksums(out) == {
        key: sha for key, sha in study.checksums.items() if key[0] == spec.name and key[1] < 2 * block
    }
