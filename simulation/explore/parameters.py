"""What varies between the worlds of an ensemble: one parameter moves one or several keys of its scenarios.

A parameter has a place from 0 to 1 in every world; its value there follows from its range, evenly on its scale, or from
its list of values.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from pydantic import ValidationError

from simulation.analysis.priors import Prior, Priors, place_between, value_between
from simulation.data.reader import load_dataset
from simulation.errors import Problem, ScenarioError, suggestion
from simulation.files.toml import KeyPath, key_text
from simulation.mechanisms import MECHANISMS
from simulation.policies.plan import NotAffordable
from simulation.scenario.consistency import inconsistencies
from simulation.scenario.document import contains, value_at
from simulation.scenario.messages import expected
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario

Scale = Literal["linear", "log", "logit", "values"]

MAGNITUDES = ("costs", "effects", "vectors", "budget")
"""Tables of a scenario that say what policies cost and do."""

_LIMITS = {"greater_than_equal": "ge", "less_than_equal": "le"}
"""Errors of a value beyond a limit that is itself allowed, with the name of the limit in the error."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or a choice that differs between the worlds of an ensemble."""

    name: str
    keys: tuple[str, ...]  # of a scenario; [*] stands for each table of an array
    scale: Scale
    low: float = math.nan
    high: float = math.nan
    values: tuple[Any, ...] = ()  # with scale "values"
    weights: tuple[float, ...] = ()  # of the values; all alike if empty
    multiply: bool = False  # the value is a factor on what the scenario has
    only: tuple[str, ...] = ()  # scenarios that it moves; all if empty
    unit: str = ""
    default: Any = None  # value without a word from the scenario, if known

    @property
    def of_policies(self) -> bool:
        """Whether it says what a policy costs or does, and nothing about the world without it."""
        return bool(self.keys) and all(key.split(".")[0] in MAGNITUDES for key in self.keys)

    @property
    def is_choice(self) -> bool:
        """Whether its values are texts, which have no order."""
        return any(isinstance(value, str) for value in self.values)

    def value_at(self, place: float) -> Any:
        """Return the value at a place from 0 to 1."""
        if self.scale == "values":
            bounds = self._bounds()
            return self.values[min(bisect_right(bounds, place), len(bounds) - 1)]
        return value_between(self.low, self.high, place, scale=self.scale)

    def place_of(self, value: Any) -> float:
        """Return the place of a value, of a listed value the middle of its part; nan if it lies outside."""
        if self.scale == "values":
            if value not in self.values:
                return math.nan
            bounds = [0.0, *self._bounds()]
            number = self.values.index(value)
            return (bounds[number] + bounds[number + 1]) / 2
        if isinstance(value, str) or not self.low <= value <= self.high:
            return math.nan
        return place_between(self.low, self.high, float(value), scale=self.scale)

    def _bounds(self) -> list[float]:
        weights = self.weights or (1.0,) * len(self.values)
        total = math.fsum(weights)
        return [part / total for part in accumulate(weights)]


def shipped(prior: Prior) -> Parameter:
    """Return the parameter of a plausible range, named after its first key."""
    listed = prior.scale == "categories"
    return Parameter(
        name=prior.keys[0],
        keys=prior.keys,
        scale="values" if prior.scale == "categories" else prior.scale,
        low=math.nan if prior.low is None else prior.low,
        high=math.nan if prior.high is None else prior.high,
        values=prior.categories if listed else (),
        unit=prior.unit,
        default=prior.default,
    )


def shipped_parameters(
    priors: Priors, scenarios: Sequence[Scenario], *, replaced: Iterable[str], fixed: Iterable[str]
) -> list[Parameter]:
    """Return the parameters of the shipped ranges that move some scenario.

    Parameters
    ----------
    replaced, fixed : keys whose range is given elsewhere, or that do not vary.
    """
    left_out = {*replaced, *fixed}
    found = [shipped(prior) for prior in priors.priors if not left_out & set(prior.keys)]
    return [each for each in found if any(paths_in(spec, each) for spec in scenarios)]


def paths_in(spec: Scenario, parameter: Parameter) -> list[KeyPath]:
    """Return the keys of a scenario that a parameter moves: those that the scenario uses."""
    if parameter.only and spec.name not in parameter.only:
        return []
    data = _data_of(spec)
    paths = [path for key in parameter.keys for path in _paths(key, data) if _is_used(spec, path, data)]
    # One number in place of a table would take away what the scenario says of its regions.
    return [path for path in paths if parameter.multiply or not isinstance(_found(data, path), dict)]


def _paths(key: str, data: Mapping[str, Any]) -> Iterator[KeyPath]:
    """Yield the paths of a key; [*] stands for each table that there is, policies.NAME for each of that instrument."""
    steps: list[str | int] = []
    for part in key.split("."):
        found = re.fullmatch(r"([^\[\]]+)(?:\[(\*|\d+)\])?", part)
        assert found, f"a key that was not checked: {key}"
        steps.append(found[1])
        if found[2] is not None:
            steps.append(found[2] if found[2] == "*" else int(found[2]))
    if steps[0] == "policies" and len(steps) > 1 and isinstance(steps[1], str) and steps[1] != "*":
        for number, entry in enumerate(data.get("policies", ())):
            if entry["instrument"] == steps[1]:
                yield ("policies", number, *steps[2:])
        return
    if "*" not in steps:
        yield tuple(steps)
        return
    star = steps.index("*")
    for number in range(len(data.get(str(steps[0]), ()))):
        yield (*steps[:star], number, *steps[star + 1 :])


def _is_used(spec: Scenario, path: KeyPath, data: Mapping[str, Any]) -> bool:
    """Whether a key can change a run of a scenario; a mechanism that is off stays off."""
    table = path[0]
    instruments = {policy.instrument for policy in spec.policies}
    if table in ("costs", "effects"):
        return path[1] in instruments
    if table == "vectors":
        return path[1] in {name for platform in spec.platforms for name in platform.vectors}
    if table == "budget":
        return bool(spec.policies)
    if path == ("membership", "rivalry"):
        return len(spec.platforms) > 1
    if table == "membership" or path in (("diffusion", "digital"), ("diffusion", "contacts")):
        return bool(spec.platforms)
    if path == ("technologies", "per_year"):
        return spec.technologies.release == "poisson"
    if table in MECHANISMS:
        return getattr(spec, str(table)).is_on and _found(data, path) is not None
    if table == "mobility":
        return spec.mobility.rate > 0
    if table == "migration":
        return spec.migration.rate != 0
    if table == "turnover":
        return bool(_found(data, path))
    return True


def _found(data: Mapping[str, Any], path: KeyPath) -> Any:
    return value_at(data, path) if contains(data, path) else None


_data: dict[int, tuple[Scenario, dict[str, Any]]] = {}


def _data_of(spec: Scenario) -> dict[str, Any]:
    """Return all values of a scenario as plain tables; those of the last few scenarios are kept."""
    known = _data.get(id(spec))
    if known is None or known[0] is not spec:
        if len(_data) >= 64:
            _data.clear()
        known = _data[id(spec)] = spec, spec.model_dump()
    return known[1]


def changed(spec: Scenario, values: Sequence[tuple[Parameter, Any]]) -> tuple[Scenario, list[str]]:
    """Return a scenario with the values of parameters, and the keys that were cut off by their limits.

    Raises
    ------
    ScenarioError
        If these values cannot stand together.
    NotAffordable
        If its plan then costs more than its budget.
    """
    data = deepcopy(_data_of(spec))
    for parameter, value in values:
        for path in paths_in(spec, parameter):
            _set(data, path, _product(_present(spec, data, path), value) if parameter.multiply else value)
    scenario, cut = _validated(data)
    issues = inconsistencies(scenario, scenario.dataset)
    if issues:
        raise ScenarioError([_problem(spec, data, path, message) for path, message in issues])
    if scenario.policies:
        plan_of(scenario)  # raises NotAffordable
    return scenario, cut


def _present(spec: Scenario, data: Mapping[str, Any], path: KeyPath) -> Any:
    """Return the value that a factor multiplies; the readiness of regions may be that of the dataset."""
    if path != ("world", "digital_readiness"):
        return value_at(data, path)
    given = spec.world.digital_readiness
    if isinstance(given, int | float):
        return given
    there = {row.id: row.digital_readiness for row in load_dataset(spec.world.dataset).regions}
    return {**there, **(given or {})}


def refuse_impossible(spec: Scenario, parameter: Parameter) -> None:
    """Raise ``ScenarioError`` if a scenario lacks a key that a parameter moves, or a value of it is none of the key's.

    Each of its values, or each end of its range, is tried by itself.
    """
    data = _data_of(spec)
    for path in paths_in(spec, parameter):
        if not contains(data, path):
            message = f"no key of a scenario{suggestion(str(path[-1]), _beside(data, path))}"
            raise ScenarioError([Problem(f"scenario {spec.name}", None, key_text(path), message)])
        present = _present(spec, data, path)
        parts = present.values() if isinstance(present, dict) else [present]
        is_number = all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts)
        if parameter.multiply and not is_number:
            message = f"is {present!r:.40}, which no factor can multiply"
            raise ScenarioError([Problem(f"scenario {spec.name}", None, key_text(path), message)])
    for value in parameter.values or (parameter.low, parameter.high):
        with suppress(NotAffordable):
            scenario, _ = changed(spec, [(parameter, value)])
            if scenario.name != spec.name:
                raise ScenarioError([Problem(f"scenario {spec.name}", None, "name", "a name does not vary")])


def _beside(data: Mapping[str, Any], path: KeyPath) -> list[str]:
    """Return the keys beside the last step of a path."""
    table = value_at(data, path[:-1]) if contains(data, path[:-1]) else None
    return list(table) if isinstance(table, Mapping) else []


def _product(value: Any, factor: float) -> Any:
    if isinstance(value, dict):
        return {name: each * factor for name, each in value.items()}
    return value * factor


def _set(data: dict[str, Any], path: KeyPath, value: Any) -> None:
    """Set one value; a whole number stays one."""
    table: Any = data
    for step in path[:-1]:
        table = table[step]
    before = table.get(path[-1]) if isinstance(table, dict) else None
    if isinstance(before, int) and not isinstance(before, bool) and isinstance(value, float):
        value = round(value)
    table[path[-1]] = value


def _validated(data: dict[str, Any]) -> tuple[Scenario, list[str]]:
    """Return the scenario, with values beyond a limit moved to it, and the keys of these values."""
    cut: list[str] = []
    while True:
        try:
            return Scenario.model_validate(data), cut
        except ValidationError as error:
            beyond = [
                (tuple(step for step in details["loc"] if not str(step).startswith("<")), details)
                for details in error.errors()
            ]
            if any(details["type"] not in _LIMITS or key_text(path) in cut for path, details in beyond):
                raise ScenarioError(
                    [
                        Problem("the scenario", None, key_text(path), expected(details))
                        for path, details in beyond
                    ]
                ) from None
            for path, details in beyond:
                _set(data, path, details["ctx"][_LIMITS[details["type"]]])
                cut.append(key_text(path))


def _problem(spec: Scenario, data: Mapping[str, Any], path: KeyPath, message: str) -> Problem:
    found = repr(value_at(data, path)) if contains(data, path) else ""
    return Problem(f"scenario {spec.name}", None, key_text(path), message, found)
