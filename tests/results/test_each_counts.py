"""The counts of many replications, read in one pass, are those that are read one by one."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_studies import PLAIN, PLATFORM

from simulation.batch.running import run_batch
from simulation.errors import ResultsError
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario

REPLICATIONS = 4
KEYS = [(name, number) for name in ("plain", "platform") for number in range(REPLICATIONS)]
FOLDERS = ("finished", "stopped", "both")


def stop(now: object) -> None:
    if now.done >= 5:  # type: ignore[attr-defined]
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """A finished study, a stopped one, and one whose merging was stopped: rows in the finished file and in parts."""
    folder = tmp_path_factory.mktemp("studies")
    for name, text in (("plain", PLAIN), ("platform", PLATFORM)):
        (folder / f"{name}.toml").write_text(text)
    specs = [load_scenario(folder / f"{name}.toml") for name in ("plain", "platform")]
    run_batch(specs, REPLICATIONS, out=folder / "finished", executor="serial")
    with pytest.raises(KeyboardInterrupt):
        run_batch(specs, REPLICATIONS, out=folder / "stopped", executor="serial", progress=stop)
    shutil.copytree(folder / "stopped", folder / "both")
    for path in (folder / "finished").glob("*.parquet"):
        shutil.copy(path, folder / "both")
    return {name: Results(folder / name) for name in FOLDERS}


@settings(deadline=None, max_examples=40)
@given(where=st.sampled_from(FOLDERS), wanted=st.sets(st.sampled_from(KEYS)))
def test_they_are_those_read_one_by_one_each_once_and_in_order(
    studies: dict[str, Results], where: str, wanted: set[tuple[str, int]]
):
    results = studies[where]
    there = results.runs(["scenario", "replication"])
    wanted &= set(zip(there["scenario"].astype(str), there["replication"], strict=True))
    found = list(results.each_counts(wanted))
    assert [key for key, _ in found] == sorted(wanted)  # the order of the study is that of the names here
    for (name, number), counts in found:
        alone = results.counts(name, number)
        assert np.array_equal(counts.adopters, alone.adopters)
        assert np.array_equal(counts.eligible, alone.eligible)
        assert np.array_equal(counts.release_month, alone.release_month)
        assert (counts.scenario, counts.replication) == (name, number)
        assert counts.technologies == alone.technologies


def test_the_study_whose_merging_was_stopped_has_replications_twice(studies: dict[str, Results]):
    """Else the property above would not see one that is yielded twice."""
    parts = list((studies["both"].path / "parts").iterdir())
    assert parts and (studies["both"].path / "curves.parquet").exists()


def test_a_replication_that_is_not_there_is_named(studies: dict[str, Results]):
    with pytest.raises(ResultsError, match="no replication 77 of scenario 'plain' is here"):
        list(studies["finished"].each_counts({("plain", 0), ("plain", 77)}))
