"""Forms offer every key of a scenario, within the bounds of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
from pydantic import BaseModel

from simulation.data.reader import load_vectors
from simulation.errors import ScenarioError
from simulation.files.toml import toml_value
from simulation.mechanisms.chains import Chain
from simulation.mechanisms.prices import Commodity
from simulation.policies import INSTRUMENTS
from simulation.scenario.loading import load_scenario, shipped_scenarios
from simulation.scenario.schema import Platform, Scenario
from simulation.server.protocol.forms import forms

FORMS = forms()
KINDS = {"number", "whole", "choice", "text", "names", "number_or_table", "toml"}


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for table in FORMS["tables"]:
        for field in table["fields"]:
            yield f"{table['key']}.{field['key']}", field


def field_of(key: str) -> dict[str, Any]:
    return dict(fields())[key]


def test_every_key_of_the_schema_is_in_a_form() -> None:
    tables = [key for key in Scenario.model_fields if isinstance(getattr(Scenario(), key), BaseModel)]
    vectors = [f"vectors.{row.vector}" for row in load_vectors()]
    assert {table["key"] for table in FORMS["tables"]} == {*tables, *vectors} - {"vectors"}
    for table in FORMS["tables"]:
        model = type(attrgetter(table["key"])(Scenario()))
        assert [field["key"] for field in table["fields"]] == list(model.model_fields)
    assert [entry["instrument"] for entry in FORMS["instruments"]] == list(INSTRUMENTS)
    for entry in FORMS["instruments"]:
        known = set(INSTRUMENTS[entry["instrument"]].model_fields)
        assert {field["key"] for field in entry["fields"]} == known - {"instrument"}
    models = {"platforms": Platform, "chains": Chain, "commodities": Commodity}
    assert {entry["key"]: [field["key"] for field in entry["fields"]] for entry in FORMS["arrays"]} == {
        key: list(model.model_fields) for key, model in models.items()
    }
    assert [vector["name"] for vector in FORMS["vectors"]] == [row.vector for row in load_vectors()]


def test_every_field_says_what_it_is() -> None:
    lists = [entry["fields"] for entry in (*FORMS["instruments"], *FORMS["arrays"])]
    for field in [*(field for _, field in fields()), *(field for found in lists for field in found)]:
        assert field["help"] and field["title"], field["key"]
        assert "`" not in field["help"], field["key"]
        assert field["kind"] in KINDS
        assert field["kind"] != "choice" or field["options"], field["key"]


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("diffusion.half_distance_km", "km"),
        ("diffusion.spatial", "1/year"),
        ("diffusion.density_exponent", ""),
        ("diffusion.relatedness_other", ""),
        ("time.years", "years"),
        ("time.steps_per_year", ""),
        ("technologies.per_year", "1/year"),
        ("budget.per_year", "units a year"),
        ("budget.discount", "1/year"),
        ("costs.technopark", "units a year"),
        ("membership.rate", "1/year"),
        ("membership.base", ""),
    ],
)
def test_units_are_those_of_the_model(key: str, unit: str) -> None:
    assert field_of(key)["unit"] == unit


def test_kinds_follow_the_types() -> None:
    for key, kind in {
        "diffusion.spatial": "number",
        "world.network_degree": "whole",
        "world.digital_readiness": "number_or_table",
        "world.capacity": "number_or_table",
        "diffusion.contacts": "choice",
        "technologies.origin_weights": "toml",
        "world.dataset": "choice",
    }.items():
        assert field_of(key)["kind"] == kind, key


def test_defaults_are_accepted_as_changes() -> None:
    changes = [
        f"{key}={toml_value(field['default'])}" for key, field in fields() if field["default"] is not None
    ]
    assert len(changes) > 35
    baseline = next(path for path in shipped_scenarios() if path.stem == "baseline")
    assert load_scenario(baseline, overrides=changes).digest == load_scenario(baseline).digest


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_a_bound_is_accepted_and_what_lies_just_beyond_it_refused(end: str) -> None:
    checked = 0
    for key, field in fields():
        if (bound := field[end]) is None:
            continue
        checked += 1
        number = int if field["kind"] == "whole" else float
        step = field["step"] or max(abs(bound) * 1e-3, 1e-9)
        table, _, name = key.rpartition(".")
        default = attrgetter(table)(Scenario())
        type(default).model_validate({**default.model_dump(), name: number(bound)})
        beyond = number(bound + step if end == "maximum" else bound - step)
        with pytest.raises(ScenarioError) as caught:
            load_scenario("baseline", overrides=[f"{key}={beyond}"])
        assert f"{key} = " in str(caught.value)
    assert checked > 20
