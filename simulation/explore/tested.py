"""What is known of a verdict under other assumptions: the shipped answer of the main ensemble, for the shipped study.

``simulation/data/tested.toml`` holds the answer with its provenance; ``docs/write_findings.py`` writes it. It is told
beside the verdict of a study only if no key of its scenarios was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from simulation.analysis.declarations import SHIPPED
from simulation.files.toml import read_toml
from simulation.results.reader import Manifest

TESTED = SHIPPED / "tested.toml"


@lru_cache(maxsize=1)
def shipped_answer() -> Mapping[str, Any]:
    """Return the shipped answer: ``digests`` of its scenarios by name, ``sentences``, and where they are from."""
    return read_toml(TESTED, expected="the answer of an ensemble (TOML)")[1]


def about_other_assumptions(manifest: Manifest) -> list[str]:
    """Return what is known of a study's verdict under other assumptions, one sentence each."""
    if "ensemble" in manifest:
        return []
    answer = shipped_answer()
    found = {entry["name"]: entry["digest"] for entry in manifest["scenarios"]}
    rivals = [name for name in found if name != "baseline"]
    if found == answer["digests"]:
        return list(answer["sentences"])
    if len(rivals) < 2:
        return []
    changed = "" if found.keys() != answer["digests"].keys() else " ... --set KEY=VALUE"
    return [
        "This verdict was not tested against other assumptions. To do so: hypercluster explore "
        f"{' '.join(rivals)}{changed} (about {answer['minutes']:g} minutes on two cores)."
    ]
