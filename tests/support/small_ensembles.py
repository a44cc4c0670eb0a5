"""Ensembles small enough to be run in a test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulation.explore.ensemble import Ensemble, ensemble_of
from simulation.explore.study import study_with

SMALL = (
    "world.scale=0.05",
    "time.years=4.0",
    "diffusion.spontaneous=0.02",
    "technologies.release='at_start'",
)
"""What makes the shipped scenarios small: 265 enterprises, a run of 10 ms."""

UNFILTERED = 4
"""Points at which all scenarios run whatever the baseline shows."""


def small_study(**changes: Any) -> dict[str, Any]:
    """Return the values of a small study: two parameters, a pattern that holds in about half of its worlds."""
    return {
        "scenarios": ["regional_cluster", "hypercluster"],
        "points": 12,
        "replications": 2,
        "priors": "none",
        "patterns": {"final_share": {"low": 0.45, "high": 1.0}},
        "set": list(SMALL),
        "parameters": {
            "spatial": {"key": "diffusion.spatial", "low": 0.2, "high": 2.0, "scale": "log"},
            "onboarding": {"key": "costs.platform_onboarding", "low": 0.25, "high": 4.0, "scale": "log"},
        },
    } | changes


def small_ensemble(**changes: Any) -> Ensemble:
    """Return a small ensemble."""
    return replace(ensemble_of(study_with(small_study(**changes))), unfiltered=UNFILTERED)
