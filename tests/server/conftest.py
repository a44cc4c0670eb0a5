"""A server with its processes, shared by the tests: each opens sessions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from simulation.batch import run_batch
from simulation.scenario import parse_scenario
from simulation.server.app import Server, make_app
from simulation.server.catalogue import Catalogue
from simulation.server.models import Models

PORT = 8000
SMALL = """
name = "small"
title = "Small"
[time]
years = 4
[world]
scale = 0.05
[diffusion]
spontaneous = 0.05
[technologies]
release = "at_start"
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "training"
budget = 500.0
from_year = 1.0
to_year = 2.5
"""


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Served:
    """A server that runs, and what a test may turn or ask."""

    server: Server
    client: TestClient
    clock: Clock
    results: Path


@pytest.fixture(scope="session")
def small_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results folders, with one study."""
    results = tmp_path_factory.mktemp("served") / "results"
    run_batch([parse_scenario(SMALL)], 2, out=results / "study", workers=1, seed=5)
    return results


@pytest.fixture(scope="session")
def served(small_results: Path) -> Iterator[Served]:
    scenario = small_results.parent / "small.toml"
    scenario.write_text(SMALL, encoding="utf-8")
    clock = Clock()
    server = Server(Catalogue([scenario], results=small_results), Models(2), clock=clock)
    app = make_app(server, "127.0.0.1", port=PORT)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
        yield Served(server, client, clock, small_results)
