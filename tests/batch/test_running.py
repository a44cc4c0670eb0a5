"""Batches: the same numbers for any workers, nothing finished lost, failures recorded."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import faulty_blocks
import pytest
from small_studies import PLAIN, PLATFORM

import simulation.batch.replications
import simulation.batch.running
from simulation.batch.progress import Progress
from simulation.batch.replications import load_kernels
from simulation.batch.running import run_batch
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError, ResultsError, ScenarioError
from simulation.metrics import METRICS, compute
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

REPLICATIONS = 7
SEED = 11


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    """Two tiny scenarios, one without and one with platform and policy."""
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "plain.toml").write_text(PLAIN)
    (folder / "platform.toml").write_text(PLATFORM)
    return [load_scenario(folder / "plain.toml"), load_scenario(folder / "platform.toml")]


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """An executor in this process, where tests can put other functions in place."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="module")
def undisturbed(specs: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The study as this process makes it."""
    return run_batch(specs, REPLICATIONS, out=tmp_path_factory.mktemp("study"), seed=SEED, executor="serial")


def content(results: Results) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(results.path.glob("*.parquet"))}


def stop_at(done: int) -> Callable[[Progress], None]:
    def stop(now: Progress) -> None:
        if now.done >= done:
            raise KeyboardInterrupt

    return stop


def test_every_replication_is_there_once_and_sound(undisturbed: Results):
    runs = undisturbed.runs(["scenario", "replication", "seed"])
    assert runs["scenario"].tolist() == ["plain"] * REPLICATIONS + ["platform"] * REPLICATIONS
    assert runs["replication"].tolist() == list(range(REPLICATIONS)) * 2
    assert undisturbed.verify() == []
    assert undisturbed.manifest["status"] == "finished"


def test_replication_j_has_seed_plus_j_in_every_scenario(undisturbed: Results):
    runs = undisturbed.runs(["replication", "seed"])
    assert (runs["seed"] == SEED + runs["replication"]).all()


def test_a_row_holds_the_metrics_of_that_replication_to_the_last_bit(
    undisturbed: Results, specs: list[Scenario]
):
    row = undisturbed.runs().iloc[REPLICATIONS + 2]
    expected = compute(simulate(specs[1], SEED + 2))
    assert [row[name] for name in METRICS] == pytest.approx(
        list(expected.values()), rel=0, abs=0, nan_ok=True
    )


def test_ledger_and_memberships_are_those_of_the_run(undisturbed: Results, specs: list[Scenario]):
    record = simulate(specs[1], SEED)
    ledger = undisturbed.ledger(scenario="platform", replication=0)
    assert ledger["spent"].tolist() == record.ledger["spent"].tolist()
    members = undisturbed.memberships(["month", "members"], scenario="platform", replication=0)
    last = members[members["month"] == record.months]["members"]
    assert last.tolist() == record.members[-1][record.may_join[-1] > 0].tolist()
    assert undisturbed.memberships(scenario="plain").empty


def test_two_workers_and_a_foreign_executor_give_the_same_bytes(
    undisturbed: Results, specs: list[Scenario], threads: ThreadPoolExecutor, tmp_path: Path
):
    two = run_batch(specs, REPLICATIONS, out=tmp_path / "two", seed=SEED, workers=2)
    foreign = run_batch(specs, REPLICATIONS, out=tmp_path / "foreign", seed=SEED, executor=threads)
    assert content(two) == content(undisturbed)
    assert content(foreign) == content(undisturbed)


def test_an_interrupted_batch_goes_on_where_it_stopped(
    undisturbed: Results,
    specs: list[Scenario],
    threads: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    out = tmp_path / "study"
    with ThreadPoolExecutor(1) as first, pytest.raises(KeyboardInterrupt):
        run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=first, progress=stop_at(10))
    kept = Results(out)
    assert kept.manifest["status"] == "interrupted"
    assert len(kept.runs()) == 10
    computed: list[int] = []

    def counted(spec: Scenario, seed: int, *, deadline: float | None, threads: int):
        computed.append(seed)
        return simulate(spec, seed, deadline=deadline, threads=threads)

    monkeypatch.setattr(simulation.batch.replications, "simulate", counted)
    seen: list[Progress] = []
    whole = run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=threads, progress=seen.append)
    assert content(whole) == content(undisturbed)
    assert len(computed) == 4
    assert (seen[0].done, seen[0].kept, seen[-1].done, seen[-1].total) == (10, 10, 14, 14)


def test_one_scenario_may_stand_alone(specs: list[Scenario], tmp_path: Path):
    """A text is one name, not a list of letters."""
    alone = run_batch(specs[0], 1, out=tmp_path / "alone", executor="serial")
    listed = run_batch(specs[:1], 1, out=tmp_path / "listed", executor="serial")
    assert content(alone) == content(listed)
    with pytest.raises(ScenarioError, match="no_such_scenario: 1 problem"):
        run_batch("no_such_scenario", 1, out=tmp_path / "none")


@pytest.fixture
def children() -> Callable[[], list[BaseProcess]]:
    """Processes that were started since, whatever other tests have left running."""
    others = multiprocessing.active_children()
    return lambda: [child for child in multiprocessing.active_children() if child not in others]


@pytest.mark.slow
def test_an_interrupt_ends_workers_that_are_busy(
    specs: list[Scenario],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    children: Callable[[], list[BaseProcess]],
):
    monkeypatch.setattr(simulation.batch.running, "run_block", faulty_blocks.hanging)
    interrupted: list[float] = []

    def stop(now: Progress) -> None:
        if now.done == 8:  # replications 0 to 3 of both
            interrupted.append(time.monotonic())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(specs, REPLICATIONS, out=tmp_path / "study", seed=SEED, workers=2, progress=stop)
    assert time.monotonic() - interrupted[0] < 5
    assert children() == []
    assert len(Results(tmp_path / "study").runs()) == 8


def test_an_interrupt_takes_waiting_blocks_back_from_a_foreign_executor(
    specs: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    computed: list[int] = []

    def counted(spec: Scenario, seed: int, *, deadline: float | None, threads: int):
        computed.append(seed)
        return simulate(spec, seed, deadline=deadline, threads=threads)

    monkeypatch.setattr(simulation.batch.replications, "simulate", counted)
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        run_batch(
            specs, 20, out=tmp_path / "study", seed=SEED, executor=executor, workers=4, progress=stop_at(5)
        )
    assert len(computed) <= 5 + 8  # of 40: those that are done, and at most those that were out then


def test_a_block_that_was_deleted_is_computed_again(
    undisturbed: Results, specs: list[Scenario], threads: ThreadPoolExecutor, tmp_path: Path
):
    out = tmp_path / "study"
    with pytest.raises(KeyboardInterrupt):
        run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=threads, progress=stop_at(10))
    part = out / "parts" / "plain-000001-000001"
    for file in part.iterdir():
        file.unlink()
    part.rmdir()
    assert content(run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=threads)) == content(
        undisturbed
    )


def test_more_replications_are_added_to_a_finished_study(
    undisturbed: Results, specs: list[Scenario], threads: ThreadPoolExecutor, tmp_path: Path
):
    out = tmp_path / "study"
    run_batch(specs, 3, out=out, seed=SEED, executor=threads)
    grown = run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=threads)
    assert content(grown) == content(undisturbed)


def test_a_changed_scenario_is_refused_and_nothing_is_touched(
    specs: list[Scenario], threads: ThreadPoolExecutor, tmp_path: Path
):
    out = tmp_path / "study"
    run_batch(specs[:1], 1, out=out, seed=SEED, executor=threads)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    slower = specs[0].model_copy(
        update={"diffusion": specs[0].diffusion.model_copy(update={"spontaneous": 0.01})}
    )
    with pytest.raises(ResultsError, match=r"diffusion\.spontaneous: 0\.05 there, 0\.01 now"):
        run_batch([slower], 1, out=out, seed=SEED, executor=threads)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    replaced = run_batch([slower], 1, out=out, seed=SEED, executor=threads, fresh=True)
    assert replaced.manifest["scenarios"][0]["digest"] == slower.digest


def test_a_failing_replication_is_recorded_and_the_others_kept(
    undisturbed: Results,
    specs: list[Scenario],
    threads: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    def unlucky(spec: Scenario, seed: int, *, deadline: float | None, threads: int):
        if spec.name == "plain" and seed == SEED + 3:
            raise ValueError("no such luck")
        return simulate(spec, seed)

    monkeypatch.setattr(simulation.batch.replications, "simulate", unlucky)
    out = tmp_path / "study"
    results = run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=threads)
    (failure,) = results.manifest["failures"]
    assert (failure["scenario"], failure["replication"], failure["seed"]) == ("plain", 3, SEED + 3)
    assert failure["error"] == "ValueError: no such luck"
    assert "in unlucky" in failure["traceback"]
    assert results.manifest["status"] == "failures"
    assert len(results.runs()) == 2 * REPLICATIONS - 1
    scenario, seed = failure["reproduce"].split()[2], failure["reproduce"].split()[4]
    assert load_scenario(scenario).digest == specs[0].digest
    assert int(seed) == SEED + 3
    monkeypatch.undo()
    mended = run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor=threads)
    assert mended.manifest["failures"] == []
    assert content(mended) == content(undisturbed)


def test_a_block_that_is_lost_is_tried_again_and_costs_only_the_guilty_replication(
    specs: list[Scenario], threads: ThreadPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run_block = simulation.batch.running.run_block

    def unlucky(block: simulation.batch.running.Block) -> simulation.batch.running.Outcome:
        if 2 in block.replications:
            raise OSError("connection lost")
        return run_block(block)

    monkeypatch.setattr(simulation.batch.running, "run_block", unlucky)
    results = run_batch(specs[:1], REPLICATIONS, out=tmp_path / "study", seed=SEED, executor=threads)
    (failure,) = results.manifest["failures"]
    assert (failure["replication"], failure["error"]) == (2, "OSError: connection lost")
    assert results.runs(["replication"])["replication"].tolist() == [0, 1, 3, 4, 5, 6]


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(
    undisturbed: Results,
    specs: list[Scenario],
    tmp_path: Path,
    children: Callable[[], list[BaseProcess]],
):
    killed: list[int] = []

    def kill(now: Progress) -> None:
        if now.done and not killed:
            killed.append(children()[0].pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    results = run_batch(specs, REPLICATIONS, out=tmp_path / "study", seed=SEED, workers=1, progress=kill)
    assert killed
    assert results.manifest["failures"] == []
    assert content(results) == content(undisturbed)


@pytest.mark.slow
def test_a_replication_that_kills_its_worker_is_the_only_one_lost(
    specs: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(simulation.batch.running, "run_block", faulty_blocks.dying)
    results = run_batch(specs[:1], REPLICATIONS, out=tmp_path / "study", seed=SEED, workers=1)
    (failure,) = results.manifest["failures"]
    assert failure["replication"] == faulty_blocks.REPLICATION
    assert "process died" in failure["error"]
    assert results.runs(["replication"])["replication"].tolist() == [0, 1, 2, 4, 5, 6]


def test_a_replication_beyond_its_deadline_is_recorded_with_the_months_that_it_did(
    specs: list[Scenario], tmp_path: Path
):
    results = run_batch(specs[:1], 2, out=tmp_path / "study", executor="serial", deadline=1e-9)
    assert [failure["replication"] for failure in results.manifest["failures"]] == [0, 1]
    failure = results.manifest["failures"][0]
    assert failure["error"] == (
        "DeadlineError: not finished within the deadline of 1e-09 s; 0 of 60 months were done"
    )
    assert "--deadline 1e-09" in failure["reproduce"]


def test_kernels_are_loaded_in_a_world_of_plain_size_for_no_deadline_ends_that(monkeypatch):
    scales = []
    noted = lambda spec, seed: scales.append(spec.world.scale) or Engine(spec, seed)  # noqa: E731
    monkeypatch.setattr(simulation.batch.replications, "Engine", noted)
    monkeypatch.setattr(simulation.batch.replications, "_loaded", set())
    load_kernels([load_scenario("baseline", overrides=["world.scale=5"])])
    assert scales == [1]


def test_a_deadline_that_is_met_changes_nothing(undisturbed: Results, specs: list[Scenario], tmp_path: Path):
    results = run_batch(
        specs, REPLICATIONS, out=tmp_path / "study", seed=SEED, executor="serial", deadline=600
    )
    assert content(results) == content(undisturbed)


@pytest.mark.slow
def test_a_foreign_executor_that_does_not_answer_costs_its_replication(
    specs: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    woken = threading.Event()
    run_block = simulation.batch.running.run_block

    def stuck(block: simulation.batch.running.Block) -> simulation.batch.running.Outcome:
        if block.replications == (3,):
            woken.wait(60)
        return run_block(block)

    monkeypatch.setattr(simulation.batch.running, "run_block", stuck)
    monkeypatch.setattr("simulation.batch.workers.GRACE_ELSEWHERE_SECONDS", 0.0)
    with ThreadPoolExecutor(2) as two:
        results = run_batch(
            specs[:1], REPLICATIONS, out=tmp_path / "study", executor=two, workers=2, deadline=2
        )
        woken.set()
    (failure,) = results.manifest["failures"]
    assert (failure["replication"], failure["error"]) == (
        3,
        "NoAnswerError: no answer for 4 s; it was given up",
    )
    assert results.runs(["replication"])["replication"].tolist() == [0, 1, 2, 4, 5, 6]


def test_too_little_memory_stops_the_batch_and_is_nobody_s_failure(
    undisturbed: Results,
    specs: list[Scenario],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    def starved(spec: Scenario, seed: int, *, deadline: float | None, threads: int):
        if seed == SEED + 3:
            raise MemoryError
        return simulate(spec, seed, deadline=deadline, threads=threads)

    monkeypatch.setattr(simulation.batch.replications, "simulate", starved)
    out = tmp_path / "study"
    with pytest.raises(MemoryError):
        run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor="serial")
    assert Results(out).manifest["failures"] == []
    monkeypatch.undo()
    assert content(run_batch(specs, REPLICATIONS, out=out, seed=SEED, executor="serial")) == content(
        undisturbed
    )


def test_the_estimate_comes_before_the_bulk_and_is_of_what_is_left(specs: list[Scenario], tmp_path: Path):
    seen: list[Progress] = []
    results = run_batch(specs, REPLICATIONS, out=tmp_path / "study", executor="serial", progress=seen.append)
    first = next(now for now in seen if now.estimate is not None)
    assert first.done == 2  # one of each kind of scenario
    assert first.estimate is not None and first.estimate.seconds > 0
    written = sum(path.stat().st_size for path in results.path.glob("*.parquet"))
    assert written / 4 < first.estimate.bytes < 4 * written
    means = seen[-1].means["plain"]
    runs = results.runs(["scenario", "synchronization"])
    assert means["synchronization"].n == REPLICATIONS
    of_plain = runs.loc[runs["scenario"] == "plain", "synchronization"]
    assert means["synchronization"].value == pytest.approx(of_plain.mean())


@pytest.mark.parametrize(
    ("missing", "slots", "deadline", "size"),
    [(90, 2, None, 5), (10_000, 2, None, 20), (90, 64, None, 1), (10_000, 2, 60.0, 1), (3, 2, None, 1)],
)
def test_blocks_are_large_where_there_is_much_to_do(
    specs: list[Scenario], missing: int, slots: int, deadline: float | None, size: int
):
    blocks = simulation.batch.running._blocks(
        specs[:1], {specs[0].name: range(missing)}, seed=1, deadline=deadline, slots=slots
    )
    assert [number for block in blocks for number in block.replications] == list(range(missing))
    assert {len(block.replications) for block in blocks[:-1]} == {size}


def test_scenarios_take_turns_in_what_is_missing(specs: list[Scenario]):
    missing = {"plain": [1, 2, 3], "platform": [0, 3]}
    blocks = simulation.batch.running._blocks(specs, missing, seed=1, deadline=None, slots=1)
    assert [(block.spec.name, *block.replications) for block in blocks] == [
        ("plain", 1),
        ("platform", 0),
        ("plain", 2),
        ("platform", 3),
        ("plain", 3),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"replications": 0}, "replications = 0: must be a whole number from 1"),
        ({"seed": -1}, "seed = -1: must be a whole number from 0"),
        ({"workers": 0}, "workers = 0: must be a whole number from 1"),
        ({"deadline": 0.0}, "deadline = 0.0: must be a number, more than 0"),
        ({"executor": "threads"}, "no such executor"),
    ],
)
def test_wrong_arguments_are_refused_and_nothing_is_written(
    specs: list[Scenario], tmp_path: Path, change: dict[str, Any], words: str
):
    arguments: dict[str, Any] = {"replications": 1, "seed": 1, "workers": 1} | change
    with pytest.raises(HyperclusterError, match=words):
        run_batch(specs, out=tmp_path / "study", **arguments)
    assert not (tmp_path / "study").exists()


def test_two_scenarios_of_one_name_are_refused(specs: list[Scenario], tmp_path: Path):
    with pytest.raises(HyperclusterError, match="called plain"):
        run_batch([specs[0], specs[0]], 1, out=tmp_path / "study")
    with pytest.raises(HyperclusterError, match="at least one scenario"):
        run_batch([], 1, out=tmp_path / "study")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        # tests/faults/test_interrupt.py sends the same to all processes of the command
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_command_keeps_its_blocks_and_leaves_no_process(
    specs: list[Scenario], tmp_path: Path, sent: signal.Signals, code: int
):
    scenario = tmp_path / "plain.toml"
    scenario.write_text(specs[0].to_toml())
    out = tmp_path / "study"
    command = [sys.executable, "-m", "simulation", "run", scenario, "--replications", "2000", "--out", out]
    process = subprocess.Popen(
        [*map(str, command), "--quiet"], start_new_session=True, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not list(out.glob("parts/[!.]*")):
        assert process.poll() is None and time.monotonic() < deadline, "no block has finished"
        time.sleep(0.05)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == code
    # A worker that was just starting when the program was killed ends in Python's own words.
    assert sent == signal.SIGKILL or b"Traceback" not in errors
    gone_by = time.monotonic() + 3
    while session_members(process.pid) and time.monotonic() < gone_by:
        time.sleep(0.05)
    assert session_members(process.pid) == []
    assert Results(out).verify() == []


def session_members(session: int) -> list[int]:
    """Processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = stat.read_text().rsplit(")", 1)[1].split()[:4]
        except OSError:
            continue
        if int(of) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found
