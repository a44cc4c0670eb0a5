"""Candidates in uncertain worlds: who runs where, interruptions, worlds that cannot pay, and what is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_searches import Interrupting, in_worlds, run_small, small_changes

from simulation.errors import HyperclusterError
from simulation.explore.points import NOT_AFFORDABLE
from simulation.optimize.robust import Robust, robust_of, write_robust
from simulation.optimize.running import Call, Found
from simulation.optimize.uncertain import InWorlds, values_in
from simulation.results.derived import outputs_of
from simulation.results.tables import ENDING
from simulation.scenario.loading import load_scenario


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return run_small(tmp_path_factory.mktemp("search") / "s", **small_changes())


@pytest.fixture(scope="module")
def tested(found: Found, tmp_path_factory: pytest.TempPathFactory) -> InWorlds:
    return in_worlds(tmp_path_factory.mktemp("robust"), found)


@pytest.fixture(scope="module")
def robust(tested: InWorlds) -> Robust:
    return robust_of(tested)


def test_all_have_the_same_seeds_in_the_worlds_of_their_rung(tested: InWorlds):
    runs = tested.results.runs(["scenario", "replication", "seed"])
    worlds = {str(name): rows for name, rows in runs.groupby("scenario", observed=True)}
    first, last = tested.rungs
    numbers = [2 * point + n for point in tested.points for n in range(2)]
    for name in tested.rivals:
        assert worlds[name]["replication"].tolist() == numbers
    for name in set(first.candidates) - set(last.candidates):
        assert worlds[name]["replication"].tolist() == numbers[: 2 * first.worlds]
    assert len(runs.drop_duplicates(["replication", "seed"])) == len(set(runs["replication"]))


def test_half_of_the_candidates_or_more_go_on_and_all_policies_do(tested: InWorlds):
    first, last = tested.rungs
    assert [rung.worlds for rung in tested.rungs] == [4, 8]
    assert first.candidates == tuple(tested.pool)
    assert len(first.candidates) / 2 <= len(last.candidates) <= len(first.candidates)
    assert {spec.name for spec in tested.found.policies} <= set(tested.rivals)


@pytest.mark.slow
def test_a_comparison_that_is_interrupted_twice_ends_with_the_same_rows(
    found: Found, tested: InWorlds, tmp_path: Path
):
    out = tmp_path / "s"
    for reports in (12, 20):
        with pytest.raises(KeyboardInterrupt):
            in_worlds(out, found, Call(executor="serial", progress=Interrupting(reports)))
    again = in_worlds(out, found)
    assert (again.rungs, again.points, again.drawn) == (tested.rungs, tested.points, tested.drawn)
    pd.testing.assert_frame_equal(again.results.runs(), tested.results.runs())
    pd.testing.assert_frame_equal(again.results.design(), tested.results.design())


@pytest.mark.slow
def test_other_numbers_of_worlds_use_the_rows_that_are_there(found: Found, tested: InWorlds, tmp_path: Path):
    fewer = in_worlds(tmp_path, found, worlds=4)
    assert fewer.points == tested.points[:4]
    again = in_worlds(tmp_path, found)
    pd.testing.assert_frame_equal(again.results.runs(), tested.results.runs())


def test_a_world_that_cannot_pay_has_the_values_without_policy(robust: Robust):
    runs = robust.tested.results.runs(["scenario", ENDING])
    unpaid = set(runs.loc[runs[ENDING] == NOT_AFFORDABLE, "scenario"])
    assert unpaid, "no world is too dear in this test"
    for n, name in enumerate(robust.names):
        assert (name in unpaid) == (not robust.paid[n].all())
        np.testing.assert_array_equal(robust.values[n, ~robust.paid[n]], robust.baseline[~robust.paid[n]])
    told = " ".join(robust.sentences())
    assert (
        f"Regional clusters (hubs) in {(~robust.paid[robust.names.index('regional_cluster')]).sum()}" in told
    )


def test_values_are_those_of_the_rows(tested: InWorlds):
    name = tested.rungs[-1].candidates[0]
    values, paid = values_in(tested.results, [name], tested.points, space=tested.found.space)
    runs = tested.results.runs(["scenario", "replication", "restricted_time_years"])
    mine = runs[(runs["scenario"] == name)].sort_values("replication")
    rows = mine["restricted_time_years"].to_numpy().reshape(8, 2)
    np.testing.assert_array_equal(values[0, paid[0], :, 0], rows[paid[0]])


def made(robust: Robust, values: np.ndarray) -> Robust:
    """Return the comparison of two policies and a candidate with made-up values, float64 (3, 8, 2)."""
    candidate = next(name for name in robust.names if name in robust.tested.pool)
    return replace(
        robust,
        names=("regional_cluster", "hypercluster", candidate),
        titles=("Regional clusters (hubs)", "Hypercluster", "made"),
        values=values,
        paid=np.ones((3, 8), dtype=bool),
    )


def test_regret_worst_tenth_and_front_of_a_case_worked_out_by_hand(robust: Robust):
    # Later is worse, more in step is better. In the first world the candidate loses in both, elsewhere it wins in both.
    values = np.zeros((3, 8, 2))
    values[:, :, 0] = np.array([9.0, 8.0, 7.0])[:, None]
    values[:, :, 1] = np.array([0.5, 0.9, 0.95])[:, None]
    values[2, 0] = 10.0, 0.4
    found = made(robust, values)
    assert found.worst.tolist() == [[9.0, 0.5], [8.0, 0.9], [10.0, 0.4]]
    np.testing.assert_allclose(found.regret[:, 0], [[1.0, 0.4], [0.0, 0.0], [2.0, 0.5]], atol=1e-12)
    np.testing.assert_allclose(
        found.regret[:, 1:].mean(axis=1), [[2.0, 0.45], [1.0, 0.05], [0.0, 0.0]], atol=1e-12
    )
    assert found.on_front.sum(axis=1).tolist() == [0, 1, 7]
    told = " ".join(found.sentences())
    assert f"{found.names[2]} in 7 (95 % interval 53 to 98 %)" in told
    # Chosen in the first four worlds, where the candidate has a mean of 7.75, and judged in the four others.
    assert "better by 1 [1, 1] years, and ahead in 4 of 4 worlds" in told


def test_the_sentences_say_how_much_was_tried(robust: Robust):
    told = robust.sentences()[0]
    first, last = robust.tested.rungs
    assert f"{len(first.candidates)} candidates were tried" in told
    assert (
        f"({len(first.candidates)} in 4, {len(last.candidates)} in 8 worlds), and 2 policies in all 8" in told
    )


def test_finalists_are_written_as_scenarios_that_are_the_candidates(robust: Robust):
    results = robust.tested.results
    write_robust(robust, outputs_of(results, "optimize", "--robust"))
    digests = {entry["name"]: entry["digest"] for entry in results.manifest["scenarios"]}
    files = {path.stem: path for path in (results.path / "finalists").glob("*.toml")}
    assert set(files) == {"baseline", *(name for name in robust.names if name in robust.tested.pool)}
    for name, path in files.items():
        assert load_scenario(path).digest == digests[name]


def test_too_few_worlds_that_show_the_patterns_are_a_message(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("simulation.optimize.uncertain.MOST_DRAWN", 1)
    with pytest.raises(HyperclusterError, match=r"only \d of 64 worlds show the patterns .* fewer worlds"):
        in_worlds(tmp_path, found, patterns="shipped")
