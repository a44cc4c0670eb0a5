"""The answer of the page to what two sides show, and the questions to start with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from simulation.analysis.answer import CAVEAT, Compared, Found, answer, question
from simulation.explore.tested import conditions, elsewhere, shipped_answer
from simulation.metrics import Curves, released
from simulation.policies import INSTRUMENTS
from simulation.policies.money import Budget
from simulation.server.protocol.forms import forms
from simulation.server.sides.side import Side, measured

METRICS = ("t50_years", "synchronization", "w1_years", "final_share")
FARTHER = 5
"""How many times as far contact reaches in the question about it."""
BEYOND = 4
"""How far beyond the bound of a rule a world is moved, so that it does not lie at the border."""
_SAID = ("name", "title", "description", "summary", "group")
_OWN = ("policies", "platforms", "budget")
"""What belongs to a side, and may differ between two sides of one world; the page tells of the money elsewhere."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the answer needs of one side at its horizon."""

    title: str
    digest: str
    live: bool
    planned_pv: float
    years: float
    metrics: Mapping[str, float]  # nan where undefined
    comparable: tuple[object, ...]  # equal for sides that can be compared


@dataclass(frozen=True, slots=True)
class Given:
    """The scenario of a live side as a file holds it, with its changes and without."""

    values: Mapping[str, Any]
    base: Mapping[str, Any]


def outcome(side: Side, *, until: float) -> Outcome | None:
    """Return the outcome of a side; None if it has not reached its horizon yet."""
    record = side.at_horizon(until=until)
    if record is None:
        return None
    values = measured(Curves(released(record)), METRICS)
    who = side.identity()
    return Outcome(
        title=who["title"] or who["name"],
        digest=who["digest"],
        live=who["live"],
        planned_pv=record.planned_pv,
        years=record.months / record.steps_per_year,
        metrics={
            name: math.nan if found["value"] is None else found["value"] for name, found in values.items()
        },
        comparable=(record.regions, record.technologies, record.steps_per_year),
    )


def answered(
    outcomes: Mapping[str, Outcome],
    given: Mapping[str, Given],
    trials: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return ``answer`` of the protocol.

    Parameters
    ----------
    outcomes : by side.
    given : by side, of live sides.
    trials : paired differences of many histories, b minus a; those of the one history shown where there are none.
    """
    if len(outcomes) < 2:
        titles = [side.title for side in outcomes.values()]
        return {"question": question(titles, [0.0]), "lines": [], "notes": [], "caveat": CAVEAT} | {
            "test": None,
            "starters": starters(given, ()),
        }
    a, b = outcomes["a"], outcomes["b"]
    comparable = a.comparable == b.comparable
    told = elsewhere(a.digest, b.digest)
    live = len(given) == 2
    compared = Compared(
        titles=(a.title, b.title) if a.title != b.title else (f"A ({a.title})", f"B ({b.title})"),
        planned_pv=(a.planned_pv, b.planned_pv),
        found=_found(a, b) | {row["metric"]: _tried(row) for row in trials if row["metric"] in METRICS},
        years=min(a.years, b.years),
        elsewhere=told,
        changed=_changed(given),
        unequal=_unequal(given) if live else (),
        comparable=comparable,
    )
    rule = conditions(_shipped("hypercluster"), _shipped("regional_cluster")) if live else ()
    return answer(compared) | {
        "test": {"minutes": _minutes()} if live and comparable and not told else None,
        "starters": starters(given, rule if _started_as_shipped(given) else ()),
    }


def _minutes() -> int:
    """Minutes that the page's ensemble of 1,024 worlds takes; those that are shipped are of 4,096."""
    return max(1, round(shipped_answer()["minutes"] / 4))


def _shipped(name: str) -> str:
    digest: str = shipped_answer()["digests"][name]
    return digest


def _started_as_shipped(given: Mapping[str, Given]) -> bool:
    """Whether the two sides, without their changes, are the pair that was tried in other worlds."""
    return {side.base["name"] for side in given.values()} == {"hypercluster", "regional_cluster"}


def _found(a: Outcome, b: Outcome) -> dict[str, Found]:
    found = {}
    for name in METRICS:
        here, there = b.metrics[name], a.metrics[name]
        defined = not math.isnan(here - there)
        found[name] = Found(here - there, math.nan, math.nan, int(defined), 1, mean_a=there, mean_b=here)
    return found


def _tried(row: Mapping[str, Any]) -> Found:
    number = {key: math.nan if row[key] is None else float(row[key]) for key in row if key != "metric"}
    return Found(
        number["difference"],
        number["low"],
        number["high"],
        int(number["n"]),
        int(number["pairs"]),
        mean_a=number["reference_mean"],
        mean_b=number["scenario_mean"],
    )


def _unequal(given: Mapping[str, Given]) -> list[str]:
    """Return in what the two worlds differ apart from their policies, in words."""
    keys = _differing(given["a"].values, given["b"].values)
    return [_worded(key) for key in keys if key.partition(".")[0] not in _OWN]


def _changed(given: Mapping[str, Given]) -> list[str]:
    """Return what was changed, in words: what is the same on both sides once."""
    by_side = {side: dict(_leaves(g.values, but=_differing(g.values, g.base))) for side, g in given.items()}
    told = []
    for side, changes in by_side.items():
        for key, value in changes.items():
            both = len(by_side) == 2 and all(
                key in other and other[key] == value for other in by_side.values()
            )
            words = _worded(key) if both else f"{_worded(key)} of {side.upper()}"
            before = dict(_leaves(given[side].base, but=[key]))[key]
            if isinstance(before, float) and isinstance(value, float):
                words += f" from {before:g} to {value:g}"
            if words not in told:
                told.append(words)
    return told


def _differing(one: Mapping[str, Any], other: Mapping[str, Any], before: str = "") -> list[str]:
    """Return the keys of two scenarios that differ, dotted; of a whole list, its key."""
    found: list[str] = []
    for key in [*one, *(key for key in other if key not in one)]:
        if not before and key in _SAID:
            continue
        here, there = one.get(key), other.get(key)
        if isinstance(here, Mapping) and isinstance(there, Mapping):
            found += _differing(here, there, f"{before}{key}.")
        elif here != there:
            found.append(f"{before}{key}")
    return found


def _leaves(values: Mapping[str, Any], *, but: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the values of some dotted keys; None where there is none."""
    for key in but:
        value: Any = values
        for step in key.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        yield key, value


def _worded(key: str) -> str:
    """Return what a key is called: "half distance (diffusion.half_distance_km)"."""
    title = _titles().get(key)
    return f"{title.lower()} ({key})" if title else key.replace("_", " ")


@cache
def _titles() -> Mapping[str, str]:
    """The title of each field of the forms by its key."""
    tables = forms()["tables"]
    return {f"{table['key']}.{field['key']}": field["title"] for table in tables for field in table["fields"]}


def starters(given: Mapping[str, Given], rule: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return questions to start with: title, and changes of each side that answer it; none for a replay.

    Parameters
    ----------
    rule : conditions under which the hypercluster tends to be later, if that is known of the sides.
    """
    if not given:
        return []
    farther = {side: _farther(one.base) for side, one in given.items()}
    halved = {side: _halved(one.base) for side, one in given.items()}
    asked = [
        ("farther", "What if contact reaches farther?", farther),
        ("halved", "What if the budget halves?", halved),
    ]
    if rule:
        moved = {side: _moved(one.base, rule) for side, one in given.items()}
        asked.append(("turned", "When does the hypercluster lose?", moved))
    empty: dict[str, list[str]] = {"a": [], "b": []}
    return [{"id": id_, "title": title, "changes": empty | changes} for id_, title, changes in asked]


def _farther(base: Mapping[str, Any]) -> list[str]:
    return [f"diffusion.half_distance_km={FARTHER * base['diffusion']['half_distance_km']:g}"]


def _halved(base: Mapping[str, Any]) -> list[str]:
    """Halve the budget, and with it what policies have of it in units or coverage, where a part of that works."""
    budget = Budget(**base["budget"])
    changes = [f"budget.per_year={budget.money_a_year(base['world'].get('scale', 1.0)) / 2:g}"]
    for place, policy in enumerate(base["policies"]):
        for key in ("budget", "coverage"):
            value = policy.get(key)
            if value and not (key == "coverage" and INSTRUMENTS[policy["instrument"]].all_or_nothing):
                changes.append(f"policies[{place}].{key}={value / 2:g}")
    return changes


def _moved(base: Mapping[str, Any], rule: Sequence[Mapping[str, Any]]) -> list[str]:
    """Move a world into the region of a rule, as far as it does not lie there."""
    changes = []
    for condition in rule:
        table, _, name = condition["key"].rpartition(".")
        bound, above = condition["value"], condition["test"] == "above"
        now = base[table][name]
        if (now > bound) is not above:
            changes.append(f"{condition['key']}={bound * BEYOND if above else bound / BEYOND:g}")
    return changes
