"""What is known of a verdict under other assumptions: the shipped answer of the main ensemble, for the shipped study.

``simulation/data/tested.toml`` holds the answer with its provenance; ``docs/write_findings.py`` writes it. It is told
beside the verdict of a study only if no key of its scenarios was changed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from simulation.analysis.answer import Elsewhere
from simulation.analysis.declarations import SHIPPED
from simulation.files.toml import read_toml
from simulation.results.manifest import Manifest
from simulation.scenario.document import value_at
from simulation.scenario.loading import load_scenario

TESTED = SHIPPED / "tested.toml"
DEFAULT_BASELINE = "baseline"
"""Of ``hypercluster explore``."""

_PLAIN = {
    ("diffusion.institutional", "below"): ("institutions persuade little", " a year"),
    ("diffusion.institutional", "above"): ("institutions persuade much", " a year"),
    ("diffusion.spontaneous", "below"): ("enterprises rarely adopt of their own accord", " a year"),
    ("diffusion.spontaneous", "above"): ("enterprises often adopt of their own accord", " a year"),
    ("diffusion.half_distance_km", "above"): ("contact reaches far", " km"),
    ("diffusion.half_distance_km", "below"): ("contact reaches less far", " km"),
}
"""What a condition of a rule means, for readers who do not know the keys, and its unit."""


@lru_cache(maxsize=1)
def shipped_answer() -> Mapping[str, Any]:
    """Return the shipped answer: ``digests`` of its scenarios by name, ``sentences``, ``pairs``, and their origin.

    Of a pair, ``together`` and ``sooner`` have the numbers of 100 worlds, with policies as designed, in which the
    scenario was ahead of the reference and behind it, and ``rules`` the conditions under which it tends to be later.
    """
    return read_toml(TESTED, expected="the answer of an ensemble (TOML)")[1]


def about_other_assumptions(manifest: Manifest) -> list[str]:
    """Return what is known of a study's verdict under other assumptions, one sentence each."""
    if "ensemble" in manifest:
        return []
    answer = shipped_answer()
    found = {entry["name"]: entry["digest"] for entry in manifest["scenarios"]}
    if found == answer["digests"]:
        return list(answer["sentences"])
    baseline = _baseline(manifest)
    rivals = [name for name in found if name != baseline]
    if len(rivals) < 2:
        return []
    given = {PurePath(word).stem: word for word in manifest["command"].split() if word.endswith(".toml")}
    words = [given.get(name, name) for name in rivals]
    if baseline != DEFAULT_BASELINE:
        words += ["--baseline", given.get(baseline, baseline)]
    if found.keys() == answer["digests"].keys():
        words += ["...", "--set", "KEY=VALUE"]
    return [
        "This verdict was not tested against other assumptions. To do so: hypercluster explore "
        f"{' '.join(words)} (about {answer['minutes']:g} minutes on two cores)."
    ]


def _baseline(manifest: Manifest) -> str:
    """Return the scenario whose patterns an ensemble would look at: of the study, if its first has no policy."""
    first = manifest["scenarios"][0]
    names = [entry["name"] for entry in manifest["scenarios"]]
    is_without_policy = not tomllib.loads(first["text"]).get("policies")
    return first["name"] if DEFAULT_BASELINE not in names and is_without_policy else DEFAULT_BASELINE


def elsewhere(a: str, b: str) -> dict[str, Elsewhere]:
    """Return what other worlds say of two scenarios, b against a, by topic; empty if they were not tried.

    Parameters
    ----------
    a, b : digests of the scenarios.
    """
    answer = shipped_answer()
    digests = answer["digests"]
    for pair in answer["pairs"]:
        scenario, reference = digests[pair["scenario"]], digests[pair["reference"]]
        rules = tuple(_in_words(rule["conditions"], world=pair["reference"]) for rule in pair["rules"])
        if (reference, scenario) == (a, b):
            return {
                "together": Elsewhere(**pair["together"]),
                "sooner": Elsewhere(**pair["sooner"], later="b", rules=rules),
            }
        if (reference, scenario) == (b, a):
            turned = {
                topic: {"ahead": pair[topic]["behind"], "behind": pair[topic]["ahead"]}
                for topic in ("together", "sooner")
            }
            return {
                "together": Elsewhere(**turned["together"]),
                "sooner": Elsewhere(**turned["sooner"], later="a", rules=rules),
            }
    return {}


def conditions(a: str, b: str) -> list[Mapping[str, Any]]:
    """Return the conditions of the first rule of a pair that was tried (``key``, ``test``, ``value``), or none."""
    answer = shipped_answer()
    for pair in answer["pairs"]:
        if {answer["digests"][pair["scenario"]], answer["digests"][pair["reference"]]} == {a, b} and pair[
            "rules"
        ]:
            return list(pair["rules"][0]["conditions"])
    return []


def _in_words(conditions: Sequence[Mapping[str, Any]], *, world: str) -> str:
    """Return the conditions of a rule in words, each with its limit and the value in the shipped world."""
    told = []
    for condition in conditions:
        key, test, limit = condition["key"], condition["test"], condition["value"]
        plain, unit = _PLAIN.get((key, test), (key, ""))
        value = _value_in(world, key)
        here = ", as here:" if (value > limit) is (test == "above") else "; here"
        told.append(f"{plain} ({test} {limit:g}{unit}{here} {value:g})")
    return " and where ".join(told)


@lru_cache(maxsize=64)
def _value_in(name: str, key: str) -> float:
    """Return a number of a shipped scenario."""
    return float(value_at(load_scenario(name).model_dump(), tuple(key.split("."))))
