"""Any function in batches: the same results however they are computed, and plain refusals."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import any_functions
import numpy as np
import pytest
from any_functions import broken, changed, drawn, returned, slept
from small_studies import write_scenarios

from simulation import AnyResults, Results, compare, load_scenario, run_any
from simulation.analysis.paired import paired_difference
from simulation.batch.calls import called, imported
from simulation.batch.run_any import MOST_TRIED
from simulation.errors import HyperclusterError, MachineError, ResultsError
from simulation.results.blocks import part_folders
from simulation.results.manifest import new_manifest
from simulation.results.writer import Store

TWO = {"plain": {}, "shifted": {"shift": 1.0}}


def table(folder: Path) -> bytes:
    return (folder / "runs.parquet").read_bytes()


def test_replications_of_one_number_have_one_seed_in_all_scenarios(tmp_path: Path):
    results = run_any(drawn, TWO, 3, out=tmp_path / "runs", seed=7, executor="serial")
    runs = results.runs()
    assert list(runs.columns) == ["scenario", "replication", "seed", "sum", "is_even", "sha256"]
    assert runs["scenario"].tolist() == ["plain"] * 3 + ["shifted"] * 3
    assert runs["seed"].tolist() == [7, 8, 9] * 2
    assert np.allclose(runs["sum"][3:].to_numpy() - runs["sum"][:3].to_numpy(), 1.0)
    assert runs["is_even"].tolist() == [0.0, 1.0, 0.0] * 2
    assert results.verify() == []
    assert results.manifest["status"] == "finished"


def test_results_do_not_depend_on_what_was_there(tmp_path: Path):
    run_any(drawn, TWO, 8, out=tmp_path / "at_once", executor="serial")
    run_any(drawn, TWO, 3, out=tmp_path / "grown", executor="serial")
    run_any(drawn, TWO, 8, out=tmp_path / "grown", executor="serial")
    assert table(tmp_path / "grown") == table(tmp_path / "at_once")


def test_any_executor_gives_the_same_results(tmp_path: Path):
    run_any(drawn, TWO, 8, out=tmp_path / "serial", executor="serial")
    with ThreadPoolExecutor(2) as executor:
        run_any(drawn, TWO, 8, out=tmp_path / "threads", workers=2, executor=executor)
    assert table(tmp_path / "threads") == table(tmp_path / "serial")


@pytest.mark.slow
def test_results_do_not_depend_on_the_workers(tmp_path: Path):
    run_any(drawn, TWO, 8, out=tmp_path / "serial", executor="serial")
    run_any(drawn, TWO, 8, out=tmp_path / "processes", workers=2)
    assert table(tmp_path / "processes") == table(tmp_path / "serial")


def test_finished_replications_are_not_computed_again(tmp_path: Path):
    notes = tmp_path / "notes"
    scenarios = {"noted": {"notes": str(notes)}}
    run_any(drawn, scenarios, 2, out=tmp_path / "runs", executor="serial")
    run_any(drawn, scenarios | {"more": {}}, 4, out=tmp_path / "runs", executor="serial", merge=False)
    assert notes.read_text().split() == ["1", "2", "3", "4"]
    assert len(part_folders(tmp_path / "runs")) > 1
    assert len(AnyResults(tmp_path / "runs").runs()) == 8


def test_a_function_may_change_its_parameters(tmp_path: Path):
    results = run_any(changed, {"one": {"list": [0]}}, 3, out=tmp_path / "runs", executor="serial")
    assert results.runs()["length"].tolist() == [2.0] * 3


def test_what_failed_is_told_with_its_seed_and_tried_again(tmp_path: Path):
    flag = tmp_path / "flag"
    flag.touch()
    scenarios = {"bad": {"seeds": [1, 3], "while": str(flag)}}
    call = partial(run_any, broken, scenarios, 4, out=tmp_path / "runs", executor="serial")
    results = call()
    assert results.failures["seed"].tolist() == [1, 3]
    assert results.failures["error"].tolist() == ["ValueError: no luck with 1", "ValueError: no luck with 3"]
    assert results.runs()["seed"].tolist() == [2, 4]
    assert "2 failed" in repr(results)
    names: dict[str, Any] = {}
    with pytest.raises(ValueError, match="no luck with 3"):
        exec(results.failures["reproduce"][1], names)
    flag.unlink()
    assert call().failures.empty
    run_any(broken, scenarios, 4, out=tmp_path / "undisturbed", executor="serial")
    assert table(tmp_path / "runs") == table(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dies", "message"), [(True, "the worker process died"), (False, "no answer within the deadline")]
)
def test_a_replication_that_ends_its_process_or_never_ends_fails_alone(
    tmp_path: Path, dies: bool, message: str
):
    scenarios = {"bad": {"seed": 3, "dies": dies}}
    deadline = None if dies else 2.0
    results = run_any(slept, scenarios, 6, out=tmp_path / "runs", workers=2, deadline=deadline)
    assert results.failures["seed"].tolist() == [3]
    assert message in results.failures["error"][0]
    assert results.runs()["seed"].tolist() == [1, 2, 4, 5, 6]


def test_a_function_that_always_fails_is_told_at_once(tmp_path: Path):
    scenarios = {"bad": {"expression": "1 / 0"}}
    with pytest.raises(
        HyperclusterError, match=rf"first {MOST_TRIED} .* ZeroDivisionError: division by zero"
    ):
        run_any(returned, scenarios, 50, out=tmp_path / "runs", executor="serial")
    assert len(AnyResults(tmp_path / "runs").failures) == MOST_TRIED


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("None", "returned None, not a dictionary"),
        ("{}", "not a dictionary of outcomes"),
        ("[1.0]", "not a dictionary of outcomes"),
        ("{1: 2.0}", "whose name is not a text"),
        ("{'x\\u202e': 2.0}", "U+202E"),
        ("{'seed': 2.0}", "rename it"),
        ("{'x': 'high'}", "returned x = 'high', which is not a number"),
        ("{'x': [1, 2]}", "which is not a number"),
        ("{'x': 1j}", "which is not a number"),
        ("{'x': 10**400}", "returned x, which is infinite"),
        ("{'x': -math.inf}", "returned x, which is infinite"),
        ("{str(n): n for n in range(1001)}", "1,001 outcomes"),
    ],
)
def test_what_is_no_outcome_is_a_failure_in_plain_words(tmp_path: Path, expression: str, message: str):
    results = run_any(returned, {"s": {"expression": expression}}, 1, out=tmp_path / "r", executor="serial")
    assert message in results.failures["error"][0]


def test_no_value_is_nan_and_counts_in_no_pair(tmp_path: Path):
    expression = "{'x': None if seed == 2 else seed, 'y': math.nan}"
    scenarios = {"a": {"expression": expression}, "b": {"expression": "{'y': 1, 'x': 2 * seed}"}}
    results = run_any(returned, scenarios, 4, out=tmp_path / "runs", executor="serial")
    runs = results.runs()
    assert list(runs.columns[3:5]) == ["x", "y"]
    assert math.isnan(runs["x"][1])
    row = results.compare().iloc[0]
    assert (row["scenario"], row["reference"], row["outcome"]) == ("b", "a", "x")
    assert (row["n"], row["pairs"], row["only_scenario"]) == (3, 4, 1)
    assert row["difference"] == pytest.approx((1 + 3 + 4) / 3)


def test_other_outcomes_than_those_of_the_first_replication_are_a_failure(tmp_path: Path):
    scenarios = {"s": {"expression": "{'x': 1} if seed < 3 else {'x': 1, 'y': 2}"}}
    results = run_any(returned, scenarios, 3, out=tmp_path / "runs", executor="serial")
    assert results.failures["seed"].tolist() == [3]
    assert 'other outcomes than the first replication: "y"' in results.failures["error"][0]


def test_a_comparison_is_that_of_the_pairs(tmp_path: Path):
    scenarios = {"a": {}, "b": {"shift": 0.5}, "c": {"shift": 2.0}}
    results = run_any(drawn, scenarios, 6, out=tmp_path / "runs", executor="serial")
    runs = results.runs().pivot(index="replication", columns="scenario", values="sum")
    found = results.compare("b").set_index(["scenario", "reference", "outcome"])
    assert list(dict.fromkeys(found.index.droplevel("outcome"))) == [("a", "b"), ("c", "b")]
    wanted = paired_difference(runs["c"].to_numpy(), runs["b"].to_numpy(), better=None)
    assert found.loc[("c", "b", "sum"), "low"] == wanted.low
    assert found.loc[("c", "b", "sum"), "high"] == wanted.high
    with pytest.raises(ResultsError, match=r"no scenario 'bb' to compare with; did you mean"):
        results.compare("bb")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(run_any, drawn, {"plain": {}}, seed=2), "seed: 1 there, 2 now"),
        (partial(run_any, drawn, {"other": {}}), "scenario plain: there, but not asked for now"),
        (
            partial(run_any, drawn, {"plain": {"shift": {"by": 2}}}),
            "scenario plain: shift.by: not set there, 2 now",
        ),
        (
            partial(run_any, returned, {"plain": {}}),
            "function: any_functions:drawn there, any_functions:returned now",
        ),
    ],
)
def test_other_runs_in_the_folder_are_refused_by_name(tmp_path: Path, call: Any, message: str):
    run_any(drawn, {"plain": {}}, 2, out=tmp_path / "runs", executor="serial")
    before = table(tmp_path / "runs")
    with pytest.raises(ResultsError, match="another study") as refusal:
        call(replications=2, out=tmp_path / "runs", executor="serial")
    assert message in str(refusal.value)
    assert table(tmp_path / "runs") == before


def test_a_worker_with_other_code_ends_the_batch():
    function = called(drawn)
    assert imported(function) is drawn
    edited = replace(function.sources, modules=(("any_functions", "0" * 64),))
    with pytest.raises(MachineError, match='"any_functions" was edited during the run'):
        imported(replace(function, sources=edited))
    with pytest.raises(MachineError, match='"numpy" has another version'):
        imported(replace(function, sources=replace(function.sources, packages=(("numpy", "0"),))))
    with pytest.raises(MachineError, match="ModuleNotFoundError"):
        imported(replace(function, module="nowhere_at_all"))
    with pytest.raises(MachineError, match="no such function"):
        imported(replace(function, name="nothing"))


@pytest.mark.parametrize(
    "function",
    [
        lambda parameters, seed: {"x": 1.0},
        any_functions.within(),
        partial(drawn, shift=1),
        any_functions.Model().method,
        "drawn",
    ],
)
def test_a_function_that_workers_cannot_import_is_refused(tmp_path: Path, function: Any):
    with pytest.raises(HyperclusterError, match="must be a function at the top of a module"):
        run_any(function, {"plain": {}}, out=tmp_path / "runs")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("scenarios", "message"),
    [
        ({}, "must be a dictionary with the parameters of each scenario"),
        ([{"a": 1}], "must be a dictionary with the parameters of each scenario"),
        ({"Upper": {}}, "lower-case letters"),
        ({"../up": {}}, "lower-case letters"),
        ({1: {}}, "lower-case letters"),
        ({"s": 3}, r'scenarios\["s"\] = 3: must be a dictionary of parameters'),
        ({"s": {"a": [1, math.nan]}}, r'scenarios\["s"\]\["a"\]\[1\] = nan: must be a finite number'),
        ({"s": {"a": {"b": object}}}, r'scenarios\["s"\]\["a"\]\["b"\] = .*object.*: must be'),
        ({"s": {"a": {1: 2}}}, "must be a finite number"),
    ],
)
def test_parameters_that_cannot_be_kept_are_refused(tmp_path: Path, scenarios: Any, message: str):
    with pytest.raises(HyperclusterError, match=message):
        run_any(drawn, scenarios, out=tmp_path / "runs")
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_and_tuples_are_parameters(tmp_path: Path):
    scenarios = {"s": {"shift": np.float32(0.5), "pair": (np.int64(1), True)}}
    results = run_any(drawn, scenarios, 1, out=tmp_path / "runs", executor="serial")
    assert results.parameters.loc["s"].to_dict() == {"shift": 0.5, "pair": [1, True]}


def test_readers_name_the_one_that_reads_a_folder(tmp_path: Path):
    of_scenarios = tmp_path / "study"
    specs = [load_scenario(file) for file in write_scenarios(tmp_path)]
    Store(of_scenarios).begin(new_manifest(specs, 1, seed=1, command="run"), fresh=False)
    run_any(drawn, TWO, 1, out=tmp_path / "runs", executor="serial")
    for read in (Results, compare):
        with pytest.raises(ResultsError, match=r"runs of a function, which simulation\.AnyResults reads"):
            read(tmp_path / "runs")
    with pytest.raises(ResultsError, match=r"which simulation\.Results reads"):
        AnyResults(of_scenarios)
    with pytest.raises(ResultsError, match=r"which simulation\.Results reads\n.*choose another"):
        run_any(drawn, TWO, 1, out=of_scenarios, executor="serial", fresh=True)
