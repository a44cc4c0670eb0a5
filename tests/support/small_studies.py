"""A study small enough to be run many times, and what is compared of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulation.batch.running import run_batch
from simulation.results.reader import Replication, Results
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

PLAIN = """
title = "Plain"
[time]
years = 5
[world]
scale = 0.05
[diffusion]
spontaneous = 0.05
[technologies]
release = "at_start"
"""
PLATFORM = """
extends = "plain.toml"
title = "Platform"
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "training"
budget = 50.0
"""
REPLICATIONS = 30
"""Of each of the two scenarios; one takes some 25 ms."""


@dataclass(frozen=True)
class Study:
    """Two scenarios, without and with a platform, and their results as an undisturbed run makes them."""

    files: Sequence[Path]
    specs: Sequence[Scenario]
    undisturbed: Path
    checksums: dict[Replication, str]


def write_scenarios(folder: Path) -> list[Path]:
    """Write the two scenario files."""
    files = [folder / "plain.toml", folder / "platform.toml"]
    for file, text in zip(files, (PLAIN, PLATFORM), strict=True):
        file.write_text(text)
    return files


def undisturbed_study(folder: Path) -> Study:
    """Run the study in a folder."""
    files = write_scenarios(folder)
    specs = [load_scenario(file) for file in files]
    results = run_batch(specs, REPLICATIONS, out=folder / "undisturbed", executor="serial")
    return Study(files, specs, results.path, checksums(results.path))


def checksums(folder: Path) -> dict[Replication, str]:
    """SHA-256 of every replication, each compared with the rows themselves."""
    results = Results(folder)
    assert results.verify() == []
    runs = results.runs(["scenario", "replication", "sha256"])
    keys = zip(runs["scenario"], runs["replication"], strict=True)
    return dict(zip(keys, runs["sha256"], strict=True))


def content(folder: Path) -> dict[str, bytes]:
    """The tables of a study that has ended."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def notes(path: Path) -> list[Replication]:
    """What the processes of ``noted_study.py`` noted: every replication that they computed, as often as they did."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [(name, int(seed) - 1) for name, seed in (line.split() for line in lines)]  # the first seed is 1
