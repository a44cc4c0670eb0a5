"""A study in an object store keeps the promises of one in a folder, as far as a store permits.

The store is OpenStack Swift behind its S3 interface, a process of its own that listens on loopback.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from any_functions import drawn
from object_stores import BUCKET, LAX, ObjectServer, object_server
from processes import PATIENCE, SUPPORT, end, session_members, started, wait_until, workers_of
from small_studies import REPLICATIONS, Study, checksums, notes

from simulation.batch.run_any import run_any
from simulation.batch.running import run_batch
from simulation.errors import HyperclusterError, ResultsError
from simulation.files.objects import ObjectPath, located
from simulation.results.blocks import part_folders
from simulation.results.locks import LOCK, Holder
from simulation.results.object_store import NOT_LOCKED
from simulation.results.reader import Replication, Results

FEW = 3
SEED = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("store")) as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.environment.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture
def out(server: ObjectServer, request: pytest.FixtureRequest) -> ObjectPath:
    path = located(f"s3://{BUCKET}/{request.node.name}")
    assert isinstance(path, ObjectPath)
    return path


def first(study: Study, replications: int) -> dict[Replication, str]:
    return {key: sha for key, sha in study.checksums.items() if key[1] < replications}


def names(folder: ObjectPath) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.objects()}


@pytest.mark.slow
def test_a_study_in_a_store_has_the_same_rows_and_goes_on_where_it_stopped(study: Study, out: ObjectPath):
    run_batch(study.specs, 2, out=str(out), executor="serial")
    before = {path: path.read_bytes() for path in out.objects() if path.suffix == ".parquet"}
    results = run_batch(study.specs, FEW, out=out, executor="serial")
    assert checksums(results.path) == first(study, FEW)
    tables = {name for name in names(out) if name.endswith(".parquet")}
    assert len(tables) == 4 * len(part_folders(out))
    assert names(out) - tables == {"manifest.json", "written.jsonl"}
    assert all(path.read_bytes() == content for path, content in before.items())
    note = f"{out}: lies in an object store, so its blocks are not merged, and stay in parts/"
    assert results.manifest["notes"] == [note]
    # The same numbers as from a folder, whole and by replication.
    local = Results(study.undisturbed)
    scenario = results.scenarios[1]
    for table in ("curves", "memberships", "ledger"):
        there, here = (getattr(each, table)(scenario=scenario, replication=2) for each in (results, local))
        assert there.astype(str).equals(here.astype(str)), table
    counted = dict(results.each_counts(set(first(study, FEW))))
    assert (counted[scenario, 1].adopters == local.counts(scenario, 1).adopters).all()


@pytest.mark.slow
def test_runs_of_a_function_in_a_store_go_on_where_they_stopped(out: ObjectPath, tmp_path: Path):
    notes = tmp_path / "notes"
    scenarios = {"plain": {"notes": str(notes)}}
    run_any(drawn, scenarios, 2, out=str(out), executor="serial")
    there = run_any(drawn, scenarios, 4, out=str(out), executor="serial")
    assert notes.read_text().split() == ["1", "2", "3", "4"]
    beside = run_any(drawn, scenarios, 4, out=tmp_path / "runs", executor="serial")
    pd.testing.assert_frame_equal(there.runs(), beside.runs())
    assert there.verify() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        ({}, "s3://nowhere/study", "there is no bucket nowhere"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, f"s3://{BUCKET}/study", "403"),
        ({}, "s3://studies", "a study in an object store is s3://BUCKET/NAME"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_one_message_before_work_begins(
    study: Study, server: ObjectServer, changes: Mapping[str, str], where: str, message: str
):
    command = ["-m", "simulation", "run", *study.files, "--replications", 2, "--out", where]
    with started(command, changes=changes) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, errors
    assert message in errors
    assert "Traceback" not in errors
    assert len(errors.strip().splitlines()) == 1, errors


@pytest.mark.slow
def test_another_study_and_foreign_objects_are_refused(study: Study, out: ObjectPath):
    run_batch(study.specs[:1], 1, out=out, executor="serial")
    there = names(out)
    with pytest.raises(ResultsError, match=f"(?s)another study.*--out {out}-2"):
        run_batch(study.specs[:1], 1, seed=7, out=out, executor="serial")
    foreign = out.with_name("foreign")
    (foreign / "letter.txt").write_bytes(b"Dear reader")
    with pytest.raises(ResultsError, match="holds files that are not results"):
        run_batch(study.specs[:1], 1, out=foreign, executor="serial")
    assert names(out) == there
    (out / "parts" / "letter.txt").write_bytes(b"Dear reader")
    run_batch(study.specs[:1], 1, seed=7, out=out, executor="serial", fresh=True)
    assert set(Results(out).runs(["seed"])["seed"]) == {7}
    assert (out / "parts" / "letter.txt").read_bytes() == b"Dear reader"


@pytest.mark.slow
def test_one_process_writes_at_a_time_and_the_lock_of_a_killed_one_is_taken_over(
    study: Study, out: ObjectPath
):
    (out / LOCK).write_bytes(json.dumps(_holder(host="another", boot="other", machine="other")).encode())
    with pytest.raises(ResultsError, match=r"locked by process 1 on another.*--take-over"):
        run_batch(study.specs[:1], 1, out=out, executor="serial")
    run_batch(study.specs[:1], 1, out=out, executor="serial", take_over=True)
    assert not any(name.startswith(".writer") for name in names(out))
    (out / LOCK).write_bytes(json.dumps(_holder(process=2**22 + 1)).encode())
    (out / ".writer-here-0123456789abcdef.lock").write_bytes(b"")
    results = run_batch(study.specs[:1], 2, out=out, executor="serial")
    assert len(results.runs(["replication"])) == 2
    assert not any(name.startswith(".writer") for name in names(out))


def _holder(**changes: object) -> dict[str, object]:
    me = Holder()
    known = {name: getattr(me, name) for name in me.__slots__}
    return known | {"process": 1, "began": "1"} | changes


def test_a_store_that_cannot_refuse_to_overwrite_is_told_before_work_begins(
    study: Study, server: ObjectServer
):
    told: list[tuple[int, object]] = []
    run_batch(
        study.specs[:1],
        1,
        out=f"s3://{LAX}/study",
        executor="serial",
        progress=lambda progress: told.append((progress.done, progress.notes)),
    )
    done, said = told[0]
    assert done == 0
    assert NOT_LOCKED in said


@pytest.mark.slow
def test_a_damaged_block_is_set_aside_and_computed_again(study: Study, out: ObjectPath):
    run_batch(study.specs[:1], FEW, out=out, executor="serial")
    path = part_folders(out)[1] / "curves.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(bytes(content))
    results = run_batch(study.specs[:1], FEW, out=out, executor="serial")
    assert len(results.manifest["damaged"]) == 1
    assert bytes(content) in [each.read_bytes() for each in (out / "damaged").objects()]
    assert checksums(out) == {key: sha for key, sha in first(study, FEW).items() if key[0] == "plain"}


@pytest.mark.slow
def test_commands_read_a_store_and_write_to_it(study: Study, out: ObjectPath):
    run_batch(study.specs, FEW, out=out, executor="serial")
    for words in (["compare", out], ["plot", out, "--format", "png"], ["report", out]):
        with started(["-m", "simulation", *words]) as process:
            printed, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        assert f"{out}/" in printed
    found = names(out)
    assert {"comparison.csv", "report.html", "figures/adoption_curves.png"} <= found
    assert (out / "figures" / "adoption_curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_kills_of_the_program_and_of_workers_lose_nothing(study: Study, out: ObjectPath, tmp_path: Path):
    """At random moments; what was finished is not computed again, and the end is the same."""
    moments = random.Random(SEED)
    noted = tmp_path / "notes"
    kills = 0
    while True:
        before = set(_finished(out))
        computed = len(notes(noted))
        command = [SUPPORT / "noted_study.py", REPLICATIONS, 2, out, *study.files]
        with started(command, changes={"NOTES": str(noted)}) as process:
            until = computed + moments.randrange(1, 12)
            wait_until(partial(_has_come_to, process, noted, until))
            if process.poll() is None:
                kills += 1
                workers = sorted(workers_of(process.pid))
                if kills > 2 and workers:  # a study whose worker is killed comes to its end
                    end(moments.choice(workers), signal.SIGKILL)
                else:
                    end(process.pid, signal.SIGKILL)
            _, errors = process.communicate(timeout=PATIENCE)
            assert process.returncode in (0, -signal.SIGKILL), errors
            wait_until(lambda: not session_members(process.pid))
        assert not before & set(notes(noted)[computed:])
        assert before <= set(_finished(out))
        if process.returncode == 0:
            break
    assert kills >= 3
    assert checksums(out) == study.checksums
    assert not any(name.startswith(".writer") for name in names(out))


def _has_come_to(process: subprocess.Popen[str], noted: Path, computed: int) -> bool:
    return len(notes(noted)) >= computed or process.poll() is not None


def _finished(out: ObjectPath) -> list[Replication]:
    if not part_folders(out):
        return []
    runs = Results(out).runs(["scenario", "replication"])
    return list(zip(runs["scenario"], runs["replication"], strict=True))


@pytest.mark.slow
def test_a_store_that_is_lost_ends_in_a_message_and_the_next_call_goes_on(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with object_server(tmp_path / "store") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        where = f"s3://{BUCKET}/study"
        noted = tmp_path / "notes"
        command = [SUPPORT / "noted_study.py", REPLICATIONS, 2, where, *study.files]
        with started(
            ["-m", "simulation", "run", *study.files, "--replications", REPLICATIONS, "--out", where]
        ) as process:
            out = located(where)
            wait_until(lambda: len(part_folders(out)) >= 3 or process.poll() is not None)
            server.stop()
            _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 4, errors
        assert "the object store does not do its work" in errors and "bytes are free" not in errors
        assert "Traceback" not in errors
        server.start()
        kept = set(_finished(out))  # type: ignore[arg-type]
        assert len(kept) >= 3
        with started(command, changes={"NOTES": str(noted)}) as process:
            _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        assert not kept & set(notes(noted))
        assert checksums(out) == study.checksums
    shutil.rmtree(tmp_path / "store", ignore_errors=True)


def test_without_its_library_the_message_says_how_to_install_it(
    study: Study, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(HyperclusterError, match=r"pip install .hypercluster-abm\[s3\]"):
        run_batch(study.specs[:1], 1, out="s3://elsewhere/study", executor="serial")
