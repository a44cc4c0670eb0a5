"""Every assumed number has a plausible range, under keys and defaults that the program has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from simulation.analysis.declarations import ASSUMPTION
from simulation.analysis.patterns import load_patterns, read_patterns
from simulation.analysis.priors import Fixed, Prior, load_priors, read_priors
from simulation.errors import DataError
from simulation.files.toml import toml_text, toml_value
from simulation.policies.money import DEFAULT_PER_YEAR
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

DECLARED = load_priors()
ROWS: tuple[Prior | Fixed, ...] = (*DECLARED.priors, *DECLARED.fixed)
KEYS = [(key, row) for row in ROWS for key in row.keys]

PARTS_OF_A_SCENARIO = ("institutions", "platforms", "policies", "seeds")
"""Tables that say what a scenario is about; their numbers are no assumptions about the world."""


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The schemas of the tables that a key may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def field_of(key: str) -> FieldInfo:
    """The field of the schema under a key; KeyError if there is none."""
    *tables, name = key.replace("[*]", "").split(".")
    model: type[BaseModel] = Scenario
    for table in tables:
        model = next(models_in(model.model_fields[table].annotation))
    return model.model_fields[name]


def default_of(key: str) -> Any:
    """The default of a key; that of a vector depends on the vector."""
    return attrgetter(key)(Scenario()) if key.startswith("vectors.") else field_of(key).default


def numbers(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of the schema that holds a number, alone or in a table by name."""
    for name, field in model.model_fields.items():
        below = list(models_in(field.annotation))
        several = bool(below) and not isinstance(field.annotation, type) and "tuple" in str(field.annotation)
        if not path and name in PARTS_OF_A_SCENARIO:
            continue
        for table in below:
            yield from numbers(table, f"{path}{name}{'[*]' if several else ''}.")
        plain = str(field.annotation) + str(field.metadata)
        if not below and re.search(r"\b(float|int)\b", plain):
            yield f"{path}{name}", field


def test_every_number_of_the_schema_is_varied_or_said_not_to_be():
    declared = {key for key, _ in KEYS}
    missing = [
        key
        for key, _ in numbers(Scenario)
        # What a vector does not do says what it is for, and a path of prices is data of a scenario.
        if key not in declared
        and not (key.startswith("vectors.") and not default_of(key))
        and not key.endswith((".path", ".schedule"))
    ]
    assert missing == []


@pytest.mark.parametrize(("key", "row"), KEYS, ids=[key for key, _ in KEYS])
def test_a_key_is_one_of_a_scenario_with_that_default(key: str, row: Prior | Fixed):
    field = field_of(key)
    if key == "budget.per_year":  # its default grows with the world
        assert field.default is None
        assert row.default == DEFAULT_PER_YEAR
    elif not key.startswith("vectors.") and (
        field.is_required() or field.default_factory or field.default in (None, ())
    ):
        assert row.default is None
    else:
        assert row.default == default_of(key)
        assert type(row.default) is type(default_of(key))


@pytest.mark.parametrize("prior", DECLARED.priors, ids=lambda prior: prior.keys[0])
def test_the_ends_of_a_range_are_within_the_bounds_of_the_schema(prior: Prior):
    for key in prior.keys:
        field = field_of(key)
        for value in prior.categories or (prior.low, prior.high):
            TypeAdapter(
                FieldInfo.from_annotated_attribute(field.annotation, field).rebuild_annotation()
            ).validate_python(value)


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_any_values_in_the_ranges_make_a_scenario_together(data: st.DataObject):
    overrides = [
        f"{key}={toml_value(prior.value_at(data.draw(st.floats(0, 1), label=key)))}"
        for prior in DECLARED.priors
        for key in prior.keys
        if "[*]" not in key
    ]
    assert len(overrides) > 40
    load_scenario("baseline", overrides=overrides)


def test_a_source_of_a_prior_is_no_source_of_a_pattern():
    of_priors = {source for prior in DECLARED.priors for source in prior.sources} - {ASSUMPTION}
    of_patterns = {source for pattern in load_patterns().patterns for source in pattern.sources} - {
        ASSUMPTION
    }
    assert len(of_priors) > 5 and len(of_patterns) > 3
    assert not of_priors & of_patterns


ROW = """
[[priors]]
symbol = "b"
keys = ["diffusion.spatial"]
default = 0.9
scale = "log"
low = 0.2
high = 2.0
sources = ["assumption"]
why = "Nobody knows."
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("low = 0.2", "low = 3.0", "line 2  priors[0]: low 3 must be below high 2"),
        ("low = 0.2", "low = 0.0", "line 2  priors[0]: low 0 must be above 0 on the scale log"),
        ("low = 0.2", 'low = "a"', 'line 7  priors[0].low = "a": must be a number'),
        ("low = 0.2\n", "", 'line 2  priors[0]: scale = "log" has low and high, and no categories'),
        ('"log"', '"logit"', "line 2  priors[0]: high 2 must be below 1 on the scale logit"),
        ('"log"', '"lag"', 'line 6  priors[0].scale = "lag": must be "linear" or "log" or "logit"'),
        ('"log"', '"categories"', 'line 2  priors[0]: scale = "categories" has categories, and neither low nor high'),
        ("default = 0.9", "default = 9", "line 2  priors[0]: the default 9 must lie in the range 0.2 to 2"),
        ("default = 0.9", "default = true", "line 5  priors[0].default = true: must be a number or a text in quotes"),
        ("default = 0.9", "default = nan", "line 5  priors[0].default = nan: must be a number or a text in quotes"),
        ('["diffusion.spatial"]', "[]", "line 4  priors[0].keys = []: must not be empty"),
        ('["diffusion.spatial"]', '["spatial"]', 'line 4  priors[0].keys = ["spatial"]: must be keys of a scenario'),
        ('["assumption"]', '["assumption", "X (1)"]', 'must be ["assumption"], or sources'),
        ('"Nobody knows."', '""', 'line 10  priors[0].why = "": must not be empty'),
        ("why", "whi", 'line 10  priors[0].whi: unknown key; did you mean "why"?'),
        ("why", "whi", "line 2  priors[0].why: missing; it has no default; expected: Why the range"),
        ("\n[[priors]]", f"{ROW}\n[[priors]]", 'line 14  priors[1].keys = ["diffusion.spatial"]: "diffusion.spatial"'),
        ("[[priors]]", "[priors]", "line 2  priors"),
        ("low = 0.2", "low = ", "line 7  not TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str):
    assert old in ROW
    path = tmp_path / "priors.toml"
    path.write_text(ROW.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_priors(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(DataError, match="no such file"):
        read_priors(tmp_path / "priors.toml")


JUNK = st.one_of(
    st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=8), st.just([]), st.just(["a", 1])
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(data=st.data())
@pytest.mark.parametrize("name", ["priors", "patterns"])
def test_whatever_stands_in_a_file_it_is_read_or_told_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
):
    declared: Any = load_priors() if name == "priors" else load_patterns()
    content = declared.model_dump(mode="json", exclude_none=True)
    rows = content[name] = content[name][:3]
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from([*row, "more"]))] = data.draw(JUNK)
    path = tmp_path_factory.mktemp("declared") / f"{name}.toml"
    path.write_text(toml_text(content), encoding="utf-8")
    problems = []
    try:
        (read_priors if name == "priors" else read_patterns)(path)
    except DataError as error:
        problems = error.problems
    assert all(problem.file == str(path) and problem.line for problem in problems)


@pytest.mark.parametrize("prior", DECLARED.priors, ids=lambda prior: prior.keys[0])
def test_places_on_a_scale_lie_in_the_range_and_in_its_order(prior: Prior):
    found = [prior.value_at(place) for place in (0.0, 0.25, 0.5, 0.75, 1.0)]
    if prior.scale == "categories":
        assert (found[0], found[-1]) == (prior.categories[0], prior.categories[-1])
        return
    assert (found[0], found[-1]) == (prior.low, prior.high)
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("scale", "low", "high", "middle"),
    [("linear", -1.0, 3.0, 1.0), ("log", 0.25, 4.0, 1.0), ("logit", 0.2, 0.8, 0.5), ("logit", 1 / 5, 4 / 13, 1 / 4)],
)  # fmt: skip
def test_the_middle_of_a_range_is_that_of_its_scale(scale: Any, low: float, high: float, middle: float):
    """On the logit scale it is the one of the odds: of 1 to 4 and 4 to 9, sqrt(1/9) is 1 to 3."""
    prior = DECLARED.priors[0].model_copy(update={"scale": scale, "low": low, "high": high})
    assert prior.value_at(0.5) == pytest.approx(middle)


def test_every_category_has_the_same_part_of_the_places():
    (degree,) = (prior for prior in DECLARED.priors if prior.keys == ("world.network_degree",))
    found = [degree.value_at((n + 0.5) / 100) for n in range(100)]
    assert found == [category for category in degree.categories for _ in range(20)]
