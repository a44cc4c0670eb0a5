"""Whoever has to wait until the equations are compiled is told so, and nobody else."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simulation import run_batch
from simulation.batch.compiling import has_to_compile
from simulation.batch.progress import Progress
from simulation.batch.replications import load_kernels
from simulation.engine import months
from simulation.scenario.loading import parse_scenario

TINY = 'name = "tiny"\n[time]\nyears = 1\n[world]\nscale = 0.02\n'


def test_the_equations_are_compiled_unless_an_index_of_the_present_sources_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    load_kernels([parse_scenario(TINY)])
    assert not has_to_compile()
    kernel: Any = months.run_months
    stored = kernel._cache._cache_file
    with monkeypatch.context() as changed:
        changed.setattr(stored, "_source_stamp", "of other sources")
        assert has_to_compile()
    for content in (None, b"", b"garbage"):
        index = tmp_path / "index"
        if content is not None:
            index.write_bytes(content)
        with monkeypatch.context() as changed:
            changed.setattr(stored, "_index_path", str(index))
            assert has_to_compile()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "hypercluster-compiled-x"))
    monkeypatch.setattr(stored, "_source_stamp", "of other sources")
    assert not has_to_compile()  # nothing can be kept, which has been said


def test_progress_says_that_it_compiles_until_the_first_replication_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def told(executor: Executor | str, *, cold: bool, out: str) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []

        def note(now: Progress) -> None:
            found.append((now.done, now.compiling))

        monkeypatch.setattr("simulation.batch.running.has_to_compile", lambda: cold)
        run_batch([parse_scenario(TINY)], 2, out=tmp_path / out, executor=executor, progress=note)
        return found

    cold = told("serial", cold=True, out="cold")
    assert (0, True) in cold
    assert not any(compiling for done, compiling in cold if done)
    assert not any(compiling for _, compiling in told("serial", cold=False, out="warm"))
    with ThreadPoolExecutor(1) as threads:  # of which nobody knows on which machine it computes
        assert not any(compiling for _, compiling in told(threads, cold=True, out="elsewhere"))
