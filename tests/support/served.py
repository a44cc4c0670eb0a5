"""A server under test, and a small scenario that it offers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.testclient import TestClient

from simulation.server.web.app import Server

PORT = 8000
SMALL = """
name = "small"
title = "Small"
[time]
years = 4.5
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
[[policies]]
instrument = "cluster_organisation"
budget = 20.0
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
