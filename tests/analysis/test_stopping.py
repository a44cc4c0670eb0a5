"""Replications until differences are known well enough: an answer that no timing and no interruption can change."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from small_studies import content, write_scenarios

from simulation.analysis.paired import interval
from simulation.analysis.stopping import ROUND, Goal, widest_interval
from simulation.batch.progress import Progress
from simulation.batch.running import run_batch
from simulation.errors import HyperclusterError
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

FIRST, CEILING = 4, 24
Run = Callable[..., Results]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return [load_scenario(file) for file in write_scenarios(tmp_path_factory.mktemp("scenarios"))]


@pytest.fixture(scope="module")
def fixed(specs: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The study of fixed size."""
    return run_batch(specs, CEILING, out=tmp_path_factory.mktemp("fixed"), executor="serial")


@pytest.fixture(scope="module")
def widths(fixed: Results) -> dict[int, float]:
    """Half-width of the interval of the difference in Phi after each round, from the study of fixed size."""
    phi = fixed.runs(["phi"])["phi"].to_numpy().reshape(2, CEILING)
    ends = {n: interval(phi[1, :n] - phi[0, :n]) for n in Goal(1.0, CEILING).rounds(FIRST)}
    return {n: (high - low) / 2 for n, (low, high) in ends.items()}


@pytest.fixture(scope="module")
def run(specs: list[Scenario], widths: dict[int, float]) -> Run:
    """The study until the second round meets its goal, which the first does not."""
    assert widths[FIRST + ROUND] < 0.9 * widths[FIRST]
    goal = (widths[FIRST] + widths[FIRST + ROUND]) / 2
    return partial(run_batch, specs, FIRST, until_halfwidth=goal, max_replications=CEILING)


@pytest.fixture(scope="module")
def straight(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What nothing interrupts."""
    return run(out=tmp_path_factory.mktemp("straight"), executor="serial")


def test_rounds_begin_with_the_smallest_number_and_end_with_the_ceiling():
    assert list(Goal(0.1, 45).rounds(30)) == [30, 40, 45]
    assert list(Goal(0.1, 50).rounds(30)) == [30, 40, 50]
    assert list(Goal(0.1, 20).rounds(30)) == [20]


def test_the_widest_interval_of_all_pairs_counts_and_no_replication_beyond():
    phi = {("a", n): 0.0 for n in range(4)} | {("b", n): 0.1 * n for n in range(4)}
    phi |= {("c", n): 0.3 * n for n in range(3)} | {("c", 3): 1e6}
    widest = widest_interval(phi, ["a", "b", "c"], replications=3)
    low, high = interval(np.array([0.0, 0.3, 0.6]))
    assert (widest.scenario, widest.reference) == ("c", "a")
    assert widest.halfwidth == pytest.approx((high - low) / 2)


def test_an_interval_that_cannot_be_known_is_the_widest():
    phi = {("a", 0): 0.1, ("a", 1): 0.2, ("b", 0): 0.1, ("b", 1): math.nan}
    assert widest_interval(phi, ["a", "b"], replications=2).halfwidth == math.inf


def test_it_stops_after_the_first_round_that_meets_the_goal(straight: Results, widths: dict[int, float]):
    until = straight.manifest["until"]
    assert (until["replications"], until["reached"]) == (FIRST + ROUND, True)
    assert until["widest"] == pytest.approx(widths[FIRST + ROUND])
    assert until["pair"] == ["platform", "plain"]
    assert len(straight.runs(["phi"])) == 2 * (FIRST + ROUND)
    assert straight.manifest["replications"] == FIRST + ROUND


def test_neither_workers_nor_interruptions_change_the_answer(run: Run, straight: Results, tmp_path: Path):
    def stop(now: Progress) -> None:
        if now.done >= 2 * FIRST + 3:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(3) as threads, pytest.raises(KeyboardInterrupt):
        run(out=tmp_path / "broken", executor=threads, workers=3, progress=stop)
    broken = run(out=tmp_path / "broken", executor="serial")
    assert content(broken.path) == content(straight.path)
    assert broken.manifest["until"] == straight.manifest["until"]


def test_replications_that_are_there_already_do_not_change_the_answer(
    run: Run, fixed: Results, tmp_path: Path
):
    there = shutil.copytree(fixed.path, tmp_path / "study")
    assert run(out=there, executor="serial").manifest["until"]["replications"] == FIRST + ROUND


def test_the_ceiling_ends_what_would_take_longer(run: Run, tmp_path: Path):
    results = run(out=tmp_path / "study", executor="serial", max_replications=FIRST + 2, until_halfwidth=1e-9)
    until = results.manifest["until"]
    assert (until["replications"], until["reached"]) == (FIRST + 2, False)
    assert len(results.runs(["phi"])) == 2 * (FIRST + 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"until_halfwidth": 0.0}, "until_halfwidth = 0.0: must be a number, more than 0"),
        (
            {"until_halfwidth": 0.1, "max_replications": 1},
            "max_replications = 1: must be a whole number from 2",
        ),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(
    specs: list[Scenario], tmp_path: Path, change: dict[str, float], words: str
):
    with pytest.raises(HyperclusterError, match=words):
        run_batch(specs, 1, out=tmp_path / "study", **change)
    assert not (tmp_path / "study").exists()


def test_one_scenario_has_no_difference_to_know(specs: list[Scenario], tmp_path: Path):
    with pytest.raises(HyperclusterError, match="at least two scenarios"):
        run_batch(specs[:1], 1, out=tmp_path / "study", until_halfwidth=0.1)
