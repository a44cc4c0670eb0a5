"""A search small enough to be run in a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from small_ensembles import SMALL

from simulation.batch.progress import Progress
from simulation.optimize.running import Call, Found, run_search
from simulation.optimize.space import Space, space_of
from simulation.optimize.study import search_with
from simulation.optimize.uncertain import InWorlds, run_in_worlds
from simulation.scenario.schema import Scenario

HUBS = ["bashkortostan", "samara", "tatarstan", "tyumen_khanty_yamal"]


def small_search(**changes: Any) -> dict[str, Any]:
    """Return the values of a small search: one platform, three instruments, two policies."""
    return {
        "policies": ["regional_cluster", "hypercluster"],
        "population": 4,
        "generations": 3,
        "replications": 1,
        "final_replications": 6,
        "step": 0.25,
        "set": list(SMALL),
        "groups": {"hubs": HUBS},
        "platforms": {"national": {"vectors": ["B2B", "SC2SC"], "residents": ["everywhere", "hubs", "none"]}},
        "entries": {
            "onboarding": {
                "instrument": "platform_onboarding",
                "platform": "national",
                "to_year": [1.0, 4.0],
            },
            "clusters": {"instrument": "cluster_organisation", "regions": ["everywhere", "hubs"]},
            "training": {"instrument": "training", "from_year": [0.0, 2.0]},
        },
    } | changes


def small_space(**changes: Any) -> tuple[Space, tuple[Scenario, ...]]:
    """Return the space of a small search, and its policies."""
    return space_of(search_with(small_search(**changes), folder=Path()), folder=Path())


def run_small(out: Path, call: Call | None = None, **changes: Any) -> Found:
    """Run a small search in this process."""
    space, policies = small_space(**changes)
    return run_search(space, policies, out=out, call=call or Call(executor="serial"))


SMALL_ROBUST = {"worlds": 8, "candidates": 6, "replications": 2, "patterns": "none"}
LONGER = [*SMALL, "time.years=8.0"]
"""Long enough for most worlds to have a synchronization without policy."""


def small_changes(**changes: Any) -> dict[str, Any]:
    """Return what differs from other small searches, with changes of the table [robust]."""
    return {"set": LONGER, "generations": 1, "robust": SMALL_ROBUST | changes}


def in_worlds(out: Path, found: Found, call: Call | None = None, **changes: Any) -> InWorlds:
    """Run the best of a search in few uncertain worlds, in this process."""
    space, _ = small_space(**small_changes(**changes))
    return run_in_worlds(replace(found, space=space), out=out, call=call or Call(executor="serial"))


class Interrupting:
    """Interrupts after a number of reports of progress."""

    def __init__(self, reports: int) -> None:
        self.left = reports

    def __call__(self, _: Progress) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
