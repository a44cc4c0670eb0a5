"""Running a search: interruptions, seeds, what is recorded, and what its folder refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_searches import Interrupting, run_small, small_search, small_space

from simulation.errors import HyperclusterError, ResultsError
from simulation.optimize.front import front_of
from simulation.optimize.running import FRESH_SEEDS, Call, Found, first_generation
from simulation.optimize.study import search_with
from simulation.results.reader import Results


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return run_small(tmp_path_factory.mktemp("search") / "whole")


def assert_same(found: Found, other: Found) -> None:
    assert list(found.candidates) == list(other.candidates)
    for name, genes in found.candidates.items():
        np.testing.assert_array_equal(genes, other.candidates[name])
    assert (found.tried, found.refused) == (other.tried, other.refused)
    first, second = front_of(found), front_of(other)
    assert first.names == second.names
    np.testing.assert_array_equal(first.values, second.values)


@pytest.mark.slow
def test_a_search_that_is_interrupted_twice_ends_with_the_same_front(found: Found, tmp_path: Path):
    for reports in (3, 12):
        with pytest.raises(KeyboardInterrupt):
            run_small(tmp_path / "s", Call(executor="serial", progress=Interrupting(reports)))
    assert_same(run_small(tmp_path / "s"), found)


@pytest.mark.slow
def test_a_search_that_is_killed_twice_ends_with_the_same_front(found: Found, tmp_path: Path):
    study = tmp_path / "s.toml"
    study.write_text(search_with(small_search(), folder=Path()).to_toml())
    out = tmp_path / "s"
    for generation in ("generation_000", "generation_002"):
        command = [
            sys.executable,
            "-m",
            "simulation",
            "optimize",
            study,
            "--executor",
            "serial",
            "--out",
            out,
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            parts = out / generation / "parts"
            while process.poll() is None and not (parts.is_dir() and any(parts.iterdir())):
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    assert not (out / "final_003").exists()
    assert_same(run_small(out), found)


def test_generations_share_seeds_within_and_the_final_comparison_has_fresh_ones(found: Found):
    folder = found.results.path.parent
    seeds = []
    for path in sorted(folder.glob("generation_*")):
        runs = Results(path).runs(["scenario", "seed"])
        by_scenario = runs.groupby("scenario", observed=True)["seed"].apply(tuple)
        assert len(set(by_scenario)) == 1
        seeds.append(by_scenario.iloc[0])
    assert seeds == [(1,), (2,), (3,)]
    assert set(found.results.runs(["seed"])["seed"]) == {1 + FRESH_SEEDS + n for n in range(6)}


def test_the_policies_are_in_the_first_generation_as_they_are_and_as_candidates(found: Found):
    first = Results(found.results.path.parent / "generation_000")
    digests = {entry["name"]: entry["digest"] for entry in first.manifest["scenarios"]}
    assert digests["hypercluster"] == found.policies[1].digest
    genes = first_generation(found.space, found.policies)
    for spec in found.policies:
        assert any((row == found.space.nearest(spec)).all() for row in genes)


@pytest.mark.slow
def test_more_generations_keep_those_that_are_there(found: Found, tmp_path: Path):
    shorter = run_small(tmp_path / "s", generations=2)
    assert shorter.results.path.name == "final_002"
    before = (tmp_path / "s" / "generation_001" / "runs.parquet").stat().st_mtime_ns
    assert_same(run_small(tmp_path / "s"), found)
    assert (tmp_path / "s" / "generation_001" / "runs.parquet").stat().st_mtime_ns == before


def test_fewer_final_replications_are_the_first_of_those_that_are_there(found: Found):
    fewer = front_of(run_small(found.results.path.parent, final_replications=4))
    np.testing.assert_array_equal(fewer.values, front_of(found).values[:, :4])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 2}, "study: seed"),
        ({"policies": ["hypercluster"]}, "study: policies"),
        ({"step": 0.5}, "study: step"),
    ],
)
def test_the_folder_of_another_search_is_refused(found: Found, changes: dict[str, Any], message: str):
    with pytest.raises(ResultsError, match=f"holds another search; different are .*{message}"):
        run_small(found.results.path.parent, **changes)


def test_a_folder_with_other_files_is_refused(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ResultsError, match="is not empty and holds no search"):
        run_small(tmp_path)


def test_a_search_in_which_no_candidate_keeps_the_bounds_is_a_message(tmp_path: Path):
    entries = {"training": {"instrument": "training", "share": [0.0, 0.5]}}
    with pytest.raises(HyperclusterError, match=r"none of .* candidates keeps all bounds"):
        run_small(tmp_path / "s", generations=1, platforms={}, entries=entries)


def test_a_small_space_has_each_candidate_once():
    space, policies = small_space(population=40)
    genes = first_generation(space, policies)
    assert len({row.tobytes() for row in genes}) == len(genes)
