"""The common task of the benchmark of peers: its graph, its law, and the check that tells a wrong curve."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import common
import compare
import numba_loop
import ours
import task as common_task
from page_blocks import block_of

N, RUNS = 4_000, 40


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = common_task.write_task(tmp_path_factory.mktemp("task"), N)
    return common.Task(folder, common.read_graph(folder))


@pytest.fixture(scope="module")
def curves(task):
    return [list(ours.months(ours.start(task, seed))) for seed in range(RUNS)]


def of_the_loop(task):
    return [numba_loop.months((task, common.thresholds(task, seed))) for seed in range(100, 100 + RUNS)]


def test_everyone_has_ten_partners_other_than_itself_and_they_are_mutual(task):
    assert task.partners.shape == (N, common.PARTNERS)
    ties = {(i, j) for i, row in enumerate(task.partners.tolist()) for j in row}
    assert len(ties) == N * common.PARTNERS
    assert ties == {(j, i) for i, j in ties if i != j}


def test_our_scenario_is_the_task(task, curves):
    engine = ours.start(task, 1)
    enterprises = engine.world.enterprises
    np.testing.assert_array_equal(enterprises.indices.reshape(N, -1), task.partners)
    # All hazard is p, and q for each partner who has adopted; rates are per year.
    for _ in range(30):
        engine.step()
    adopted = engine.state.adopted_month >= 0
    per_step = [engine.hazard_of(i, 0).sum() * engine.dt for i in range(50)]
    expected = common.P + common.Q * adopted[task.partners[:50]].sum(axis=1)
    np.testing.assert_allclose(per_step, expected, rtol=1e-12)
    assert compare.apart(of_the_loop(task), curves) < compare.MOST_APART


@pytest.mark.parametrize("change", [{"q": 1.1 * common.Q}, {"p": 1.5 * common.P}, {"q": common.Q / 10}])
def test_another_task_has_no_times(task, curves, change):
    other = dataclasses.replace(task, **change)
    assert compare.apart(of_the_loop(other), curves) > compare.MOST_APART


@pytest.mark.parametrize(("peer", "compiler"), [("c_loop", "cc"), ("rust_loop", "rustc")])
def test_the_compiled_loop_of_another_language_gives_the_same_counts(task, peer, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    command = [sys.executable, str(compare.HERE / f"{peer}.py"), str(task.folder), "1", "60"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = compare.json.loads(done.stdout)
    for seed, curve in enumerate(found["curves"], start=1):
        np.testing.assert_array_equal(curve, numba_loop.months((task, common.thresholds(task, seed))))
    assert min(found["cpu"], found["wall"], found["peak"]) > 0


def test_a_peer_that_cannot_run_is_named_with_the_reason(task):
    with pytest.raises(compare.PeerError, match="nobody"):
        compare.run_peer("nobody", task.folder, 1)


def test_the_documentation_has_room_for_the_report():
    assert block_of(compare.DOCUMENT.read_text(encoding="utf-8"), compare.BLOCK)
