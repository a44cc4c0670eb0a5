"""A server with its processes, shared by the tests: each opens sessions of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from processes import environment
from served import PORT, SMALL, Clock, Served
from starlette.testclient import TestClient

from simulation.batch.running import run_batch
from simulation.scenario.loading import parse_scenario
from simulation.server.processes.process_pool import Models
from simulation.server.web.app import Server, make_app
from simulation.server.web.catalogue import Catalogue


@pytest.fixture(scope="session")
def small_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results folders, with one study."""
    results = tmp_path_factory.mktemp("served") / "results"
    run_batch([parse_scenario(SMALL)], 2, out=results / "study", executor="serial", seed=5)
    return results


@pytest.fixture(scope="session")
def served(small_results: Path) -> Iterator[Served]:
    scenario = small_results.parent / "small.toml"
    scenario.write_text(SMALL, encoding="utf-8")
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
            patch.delenv(name, raising=False)
        for name, value in environment().items():  # so that the processes of the model start fast
            patch.setenv(name, value)
        # The quiet process would wait for the other tests on the machine.
        patch.setattr("simulation.server.processes.worker.be_quiet", partial(os.nice, 0))
        server = Server(Catalogue([scenario], results=small_results), Models(2), clock=clock)
        app = make_app(server, "127.0.0.1", port=PORT)
        with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
            yield Served(server, client, clock, small_results)
