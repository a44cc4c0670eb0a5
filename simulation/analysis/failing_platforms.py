"""Platforms that fail: their members never reach the critical mass, so that they leave when nobody is paid to stay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.analysis.membership_levels import fold_of
from simulation.data.reader import load_dataset
from simulation.errors import HyperclusterError
from simulation.metrics.curves import ratio
from simulation.results.reader import Results
from simulation.settings import multiplied
from simulation.world import Array


@dataclass(frozen=True, slots=True)
class Failure:
    """A platform that does not reach its critical mass."""

    platform: str
    peak: float  # the largest share of members in any month, of those who may join
    critical_mass: float  # share beyond which membership grows without subsidy

    def in_words(self) -> str:
        """Say that it fails, in one sentence without its end."""
        return (
            f'platform "{self.platform}" fails: its members peak at {100 * self.peak:.0f} % of those who may join, '
            f"and from {100 * self.critical_mass:.0f} % on it would grow by itself (critical mass)"
        )


def failure_of(
    platform: str, share: Array, may_join: Array, *, readiness: Array, text: Mapping[str, Any]
) -> Failure | None:
    """Return how a platform fails; None if it reaches its critical mass, or has none.

    Parameters
    ----------
    share : float64, shape (T + 1,)
        Members of those who may join, by month; over all replications, or in one.
    may_join : shape (R,)
        Enterprises that may join at the start.
    readiness : float64, shape (R,)
        delta_r.
    text : the whole scenario, in the form of its file.
    """
    if not may_join.sum() > 0:
        return None
    membership = text["membership"]
    _, critical = fold_of(
        ratio(may_join, may_join.sum()),
        readiness,
        base=membership["base"],
        network_effect=membership["network_effect"],
        readiness_effect=membership["readiness_effect"],
        kept=kept_of(text),
    ).levels()
    peak = float(share.max())
    return Failure(platform, peak, critical[-1]) if critical and peak < critical[-1] else None


def failures_of(results: Results, scenario: str) -> list[Failure]:
    """Return the platforms of a scenario that fail, by the means over its replications; none if they are not kept."""
    if results.lacking("memberships"):
        return []
    entry = next(entry for entry in results.manifest["scenarios"] if entry["name"] == scenario)
    text = tomllib.loads(entry["text"])
    ids = [region["id"] for region in entry["regions"]]
    found = results.members(scenario)
    if not found.platforms or (readiness := readiness_of(text["world"], ids)) is None:
        return []
    members, may_join = (
        np.moveaxis(counts.sum(axis=0, dtype=np.int64), 1, 0) for counts in (found.members, found.may_join)
    )
    failures = (
        failure_of(name, ratio(here.sum(axis=1), may.sum(axis=1)), may[0], readiness=readiness, text=text)
        for name, here, may in zip(found.platforms, members, may_join, strict=True)
    )
    return [failure for failure in failures if failure is not None]


def failing_platforms(results: Results) -> list[str]:
    """Return a sentence for each platform of a study that fails."""
    return [
        f"{title}: {failure.in_words()}."
        for scenario, title in results.titles.items()
        for failure in failures_of(results, scenario)
    ]


def kept_of(text: Mapping[str, Any]) -> float:
    """Return, at rest, members over those who would be, did no enterprises enter; 1 where none do."""
    joining, entering = text["membership"]["rate"], text.get("turnover", {}).get("entry", 0.0)
    return float(joining / (joining + entering)) if entering else 1.0


def readiness_of(world: Mapping[str, Any], ids: Sequence[str]) -> Array | None:
    """Return delta_r of the regions; None if the scenario's dataset was moved, or its regions have changed."""
    given, factor = world.get("digital_readiness", {}), world.get("readiness_factor", 1.0)
    if not isinstance(given, dict):
        return multiplied(np.full(len(ids), float(given)), factor)
    try:
        of_region = {row.id: row.digital_readiness for row in load_dataset(world["dataset"]).regions}
    except HyperclusterError:
        return None
    of_region |= given
    if not of_region.keys() >= set(ids):
        return None
    return multiplied(np.array([of_region[name] for name in ids]), factor)
