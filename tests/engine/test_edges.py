"""Every number of a scenario at the edge of what a double can hold: refused by name, or a run without a flaw."""

from __future__ import annotations

import json
import math
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import dataset

from simulation.engine.kernels.exposure import contact_weights, spatial_denominator, spatial_exposure
from simulation.engine.month import Engine
from simulation.errors import Problem, ScenarioError
from simulation.files.toml import toml_text
from simulation.replication import Run
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.schema import Scenario
from simulation.streams import race
from simulation.world import World

EVERYTHING = """
[time]
years = 2.0
steps_per_year = 6
[world]
digital_readiness = 0.5
government_quality = { north = 1.0 }
capacity = 1.0
network_degree = 4
[[institutions]]
name = "Bank"
region = "south"
kind = "finance"
[diffusion]
spontaneous = 0.1
density_exponent = 0.5
[technologies]
release = "schedule"
schedule = { "technology 000" = 0.0, "technology 001" = 0.5, "technology 002" = 1.0 }
origin_weights = { all = { north = 0.5 } }
[membership]
rivalry = 0.5
[[commodities]]
name = "coal"
industries = ["coal"]
elasticity = 1.0
export_dependence = 0.5
reference = 60.0
path = [[0.0, 60.0], [1.0, 90.0]]
[[commodities]]
name = "ore"
industries = ["oil_gas"]
elasticity = 1.0
export_dependence = { north = 0.5 }
reference = 60.0
process = { reversion = 0.5, volatility = 0.3, jumps_per_year = 0.5, jump_mean = -0.2, jump_sd = 0.1 }
[[chains]]
name = "chain"
industries = ["coal", "oil_gas"]
strength = 1.0
[migration]
rate = 0.02
[transfer]
donors = ["north"]
effect = 0.5
[mobility]
rate = 0.1
across_platforms = 0.5
[turnover]
entry = 0.1
exit = 0.1
[budget]
per_year = 1e7
[[seeds]]
technology = "technology 001"
region = "north"
number = 2
[[seeds]]
technology = "technology 002"
region = "south"
share = 0.5
month = 7
[[platforms]]
name = "a"
vectors = ["B2B", "B2SC", "SC2SC", "B2ED", "B2F", "B2C", "B2G"]
to_year = 2.0
[[platforms]]
name = "b"
vectors = ["B2B", "B2SC", "SC2SC"]
"""
NEEDS = {
    "platform_operation": 'platform = "a"',
    "platform_onboarding": 'platform = "b"',
    "remote_residency": 'platform = "b"',
    "interoperability": 'platforms = ["a", "b"]',
    "processing_chain": 'chain = "chain"',
}
OTHER_MONEY = {"cluster_organisation": "coverage", "technopark": "share"}
EDGES = [
    *(
        0.0,
        -0.0,
        5e-324,
        1e-308,
        sys.float_info.min,
        1e-300,
        1e-160,
        1e-17,
        1e-16,
        sys.float_info.epsilon,
        1e-9,
    ),
    *(
        0.5,
        1 - 1e-16,
        1.0,
        1 + 2e-16,
        2.0,
        1e3,
        1e6,
        1e9,
        1e12,
        2.0**53,
        1e16,
        1e154,
        1e300,
        1e308,
        sys.float_info.max,
    ),
]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A small world in which every mechanism and every instrument is at work, so that every key has a value."""
    folder = dataset(
        tmp_path_factory.mktemp("world") / "data",
        {
            "north": {"coal": 6, "oil_gas": 3, "mining_services": 2},
            "south": {"coal": 4},
            "east": {"oil_gas": 5},
        },
        places={"north": (62.0, 40.0), "south": (58.0, 41.0), "east": (60.0, 70.0)},
        institutions=[("north", "University", "university"), ("south", "College", "university")],
        technologies=3,
    )
    costs = Scenario.model_fields["costs"].annotation
    assert costs is not None
    policies = "".join(
        f'[[policies]]\ninstrument = "{name}"\nbudget = 50.0\nto_year = 2.0\n{NEEDS.get(name, "")}\n'
        for name in costs.model_fields
    )
    others = "".join(
        f'[[policies]]\ninstrument = "{name}"\n{money} = 0.5\n' for name, money in OTHER_MONEY.items()
    )
    text = EVERYTHING.replace("[world]", f'[world]\ndataset = "{folder}"') + policies + others
    return parse_scenario(text)


Place = tuple[str | int, ...]


def numbers_of(scenario: Scenario) -> dict[Place, dict[str, Any]]:
    """Every number of a scenario by its place: its part of the schema, and its model and key."""
    schema = Scenario.model_json_schema()
    found: dict[Place, dict[str, Any]] = {}

    def walk(node: dict[str, Any], value: Any, place: Place, key: tuple[str, str]) -> None:
        for one in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            walk(one, value, place, key)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        kind, known = node.get("type"), node.get("properties", {})
        if kind in ("number", "integer") and (value is None or isinstance(value, int | float)):
            found[place] = node | {"key": key}
        elif kind == "object" and isinstance(value, dict):
            if known.get("instrument", {}).get("const") not in (None, value.get("instrument")):
                return  # the schema of another instrument
            for name, item in value.items():
                inner = known.get(name, node.get("additionalProperties"))
                if isinstance(inner, dict):
                    walk(inner, item, (*place, name), (node["title"], name) if name in known else key)
        elif kind == "array" and isinstance(value, list | tuple):
            prefix = node.get("prefixItems", ())
            for n, item in enumerate(value):
                walk(prefix[n] if n < len(prefix) else node["items"], item, (*place, n), key)

    walk(schema, scenario.model_dump(), (), ("", ""))
    return found


def changed(data: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    first, rest = place[0], place[1:]
    if isinstance(data, dict):
        return {**data, first: changed(data.get(first), rest, value)}
    return [changed(item, rest, value) if n == first else item for n, item in enumerate(data)]


def key_of(place: Place) -> str:
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def floats_of(what: Any, name: str, seen: set[int]) -> Iterator[tuple[str, np.ndarray]]:
    """Every array and number of floats within an object of ours."""
    if id(what) in seen:
        return
    seen.add(id(what))
    if isinstance(what, float):
        yield name, np.array(what)
    elif isinstance(what, np.ndarray):
        if what.dtype.kind == "f":
            yield name, what
    elif isinstance(what, dict):
        for key, item in what.items():
            yield from floats_of(item, f"{name}[{key}]", seen)
    elif isinstance(what, list | tuple):
        for n, item in enumerate(what):
            yield from floats_of(item, f"{name}[{n}]", seen)
    elif type(what).__module__.startswith("simulation") and not isinstance(what, Scenario):
        slots = [slot for cls in type(what).__mro__ for slot in getattr(cls, "__slots__", ())]
        for key in {*slots, *getattr(what, "__dict__", {})}:
            yield from floats_of(getattr(what, key, None), f"{name}.{key}", seen)


def flaws_of(spec: Scenario) -> list[str]:
    """Run a scenario to its horizon and return what is wrong with its numbers; a warning of NumPy is raised."""
    flaws = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine = Engine(spec, 1)
        flaws += flaws_of_weights(engine.world)
        while not engine.finished:
            engine.step()
            for name, values in floats_of(engine, "engine", set()):
                # The clock of an enterprise that can never adopt has no end.
                sound = ~np.isnan(values) if name.endswith("remaining") else np.isfinite(values)
                if not sound.all():
                    flaws.append(f"{name} in month {engine.state.month}")
        done = Run(engine.record())
        for name, value in done.metrics.items():
            if math.isinf(value) or (math.isnan(value) and name not in done.undefined):
                flaws.append(f"{name} = {value}")
        for column in ("planned", "spent", "unspent"):
            if not np.isfinite(done.ledger[column]).all():
                flaws.append(column)
    return flaws


def flaws_of_weights(world: World) -> list[str]:
    """Where everybody has adopted, spatial exposure is the sum of a row of weights: 1, wherever somebody is there."""
    counts = np.ascontiguousarray(world.enterprises.counts.T, dtype=float)
    weights, denominator, out = (
        np.empty_like(world.regions.proximity),
        np.empty_like(counts),
        np.empty_like(counts),
    )
    phi = world.enterprises.relatedness
    contact_weights(world.regions.proximity, np.ones(counts.shape[1]), weights)
    spatial_denominator(weights, phi, counts, 1.0, denominator)
    spatial_exposure(weights, phi, np.arange(len(phi)), counts, denominator, out)
    sums = out[counts > 0]
    return [] if np.allclose(sums, 1.0, rtol=1e-12, atol=0) else [f"a row of weights sums to {sums.min()}"]


def edges_of(node: dict[str, Any]) -> st.SearchStrategy[float | int]:
    """Values at the ends of a key's bounds, just outside them, and what a double can barely hold."""
    low, high = (
        node.get("minimum", node.get("exclusiveMinimum")),
        node.get("maximum", node.get("exclusiveMaximum")),
    )
    bounds = [bound for bound in (low, high) if bound is not None]
    if node["type"] == "integer":
        some = [
            *bounds,
            *(bound + step for bound in bounds for step in (-1, 1)),
            0,
            1,
            2,
            2**53,
            2**63,
            10**30,
        ]
        return st.sampled_from([int(value) for value in some])
    beside = [math.nextafter(bound, end) for bound in bounds for end in (-math.inf, math.inf)]
    inside = [value for value in EDGES if (low is None or value >= low) and (high is None or value <= high)]
    outside = st.sampled_from([*EDGES, *(-value for value in EDGES), *beside])
    ends = {"min_value": low, "max_value": high}
    return st.one_of(
        st.sampled_from([*inside, *map(float, bounds)]), st.floats(**ends, allow_nan=False), outside
    )


def names_it(problem: Problem, place: Place) -> bool:
    """Whether a problem names the key, or the table in which the key does not go with the others."""
    if "not affordable" in str(problem):  # by many keys at once, none of which is wrong by itself
        return place[0] in ("budget", "costs", "policies", "time", "world", "turnover")
    key = next(step for step in reversed(place) if isinstance(step, str))
    return key in str(problem) or (problem.key != "" and key_of(place).startswith(problem.key))


def refused_or_sound(everything: Scenario, values: dict[Place, float | int]) -> None:
    data: Any = everything.model_dump()
    for place, value in values.items():
        data = changed(data, place, value)
    problems: list[Problem] = []
    try:
        spec = parse_scenario(toml_text(data))
    except ScenarioError as error:
        problems = error.problems
    for problem in problems:
        assert any(names_it(problem, place) for place in values), problem
    if problems:
        return
    if spec.time.months <= 60 and spec.world.scale <= 3:  # others take minutes
        assert flaws_of(spec) == [], {key_of(place): value for place, value in values.items()}


def test_every_number_of_the_schema_is_tried(everything: Scenario):
    """A new table, instrument or mechanism belongs into the scenario above; its keys are then found by themselves."""
    schema = Scenario.model_json_schema()
    keys = {
        (model["title"], key)
        for model in (schema, *schema["$defs"].values())
        for key, node in model.get("properties", {}).items()
        if re.search(r'"type": "(number|integer)"', json.dumps(node))
    }
    tried = {node["key"] for node in numbers_of(everything).values()}
    assert len(keys) > 60 and keys - tried == set()


@pytest.mark.parametrize("examples", [60, pytest.param(300, marks=pytest.mark.slow)])
def test_a_number_at_the_edge_is_refused_by_name_or_does_no_harm(everything: Scenario, examples: int):
    numbers = numbers_of(everything)
    places = st.lists(st.sampled_from(list(numbers)), min_size=1, max_size=3, unique=True)

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(st.data())
    def try_some(data: st.DataObject) -> None:
        chosen = data.draw(places)
        refused_or_sound(everything, {place: data.draw(edges_of(numbers[place])) for place in chosen})

    try_some()


@pytest.mark.parametrize(
    "place", [("diffusion", "half_distance_km"), ("diffusion", "density_exponent"), ("world", "capacity")]
)
def test_every_edge_of_what_underflows_first(everything: Scenario, place: Place):
    low = everything.model_copy(
        update={"technologies": everything.technologies.model_copy(update={"origin_weights": {}})}
    )
    for value in EDGES:
        refused_or_sound(low, {place: value})


@pytest.mark.parametrize(
    "key", ["world.capacity", "diffusion.relatedness_other", "diffusion.relatedness_services"]
)
def test_a_weight_that_would_be_lost_beside_nothing_is_refused(key: str):
    for weight in (5e-324, 1e-308, 0.999e-9):
        with pytest.raises(ScenarioError, match=f"{key} = {weight}: must be 0, or 1e-09 or more"):
            load_scenario("baseline", overrides=[f"{key}={weight}"])
    for weight in (0.0, 1e-9):
        load_scenario("baseline", overrides=[f"{key}={weight}"])


def test_the_zero_below_zero_is_zero():
    """Enterprises that leave at the rate -0.0 had all left before the start."""
    plus, minus = (load_scenario("baseline", overrides=[f"turnover.exit={zero}"]) for zero in ("0.0", "-0.0"))
    assert math.copysign(1, minus.turnover.exit) == 1 and minus.digest == plus.digest


def test_the_least_half_distance_of_a_world_is_told(tmp_path: Path):
    file = tmp_path / "short.toml"
    file.write_text("[diffusion]\nhalf_distance_km = 0.6\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    (problem,) = caught.value.problems
    assert (problem.line, problem.key, problem.found) == (2, "diffusion.half_distance_km", "0.6")
    least = re.search(r"the smallest value accepted for this world is ([0-9.]+) km", problem.message)
    assert least
    load_scenario(file, overrides=[f"diffusion.half_distance_km={least[1]}"])
    with pytest.raises(ScenarioError):
        load_scenario(file, overrides=[f"diffusion.half_distance_km={float(least[1]) - 0.02}"])


def test_many_factors_that_overflow_together_are_refused(everything: Scenario):
    commodity, chain = everything.commodities[0], everything.chains[0]
    for key, rows in (
        (
            "commodities",
            [
                commodity.model_copy(update={"name": f"c{n}", "elasticity": 10.0, "export_dependence": 1.0})
                for n in range(11)
            ],
        ),
        ("chains", [chain.model_copy(update={"name": f"g{n}", "strength": 1000.0}) for n in range(110)]),
    ):
        spec = everything.model_copy(update={key: tuple(rows), "policies": ()})
        with pytest.raises(ScenarioError, match=f"{key}.*must be"):
            parse_scenario(spec.to_toml())


def test_a_race_depends_on_ratios_of_weights_alone():
    identities = np.arange(1, 6, dtype=np.uint64)
    weights = np.array([0.3, 0.1, 0.0, 2.0, 0.7])
    for number in range(50):
        stream = np.uint64(number)
        winners = {race(stream, identities, np.ldexp(weights, power)) for power in (-1000, -1, 0, 500)}
        assert len(winners) == 1 and winners != {-1}
