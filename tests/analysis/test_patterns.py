"""What a baseline must show: the declared patterns, and what counts as showing one."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.analysis import pattern_quantities
from simulation.analysis.declarations import ASSUMPTION
from simulation.analysis.pattern_quantities import OF_A_RECORD, OF_A_WORLD
from simulation.analysis.patterns import Pattern, load_patterns, read_patterns, shown
from simulation.analysis.priors import load_priors
from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.errors import DataError
from simulation.scenario.loading import load_scenario

MODEL = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
DECLARED = load_patterns()


def test_every_quantity_of_the_program_has_its_pattern():
    declared = [pattern.function for pattern in DECLARED.patterns]
    assert sorted(declared) == sorted([*OF_A_WORLD, *OF_A_RECORD])
    public = [
        name
        for name, function in inspect.getmembers(pattern_quantities, inspect.isfunction)
        if function.__module__ == pattern_quantities.__name__ and not name.startswith("_")
    ]
    assert sorted(public) == sorted(declared)


def test_the_patterns_are_those_that_were_agreed():
    ranges = {pattern.name: (pattern.low, pattern.high, pattern.status) for pattern in DECLARED.patterns}
    assert ranges == {
        "t50_of_all": (5, 12, "evidence"),
        "t50_by_technology": (0.9, 15, "evidence"),
        "s_shape": (0.1, 0.5, "convention"),
        "spatial_contacts_across": (0.1, 0.4, "evidence"),
        "ties_across": (0.1, 0.4, "convention"),
        "spread_of_10_percent_dates": (2, 15, "evidence"),
    }


def test_defaults_that_were_set_for_a_pattern_are_those_of_priors():
    varied = {key for prior in load_priors().priors for key in prior.keys}
    assert {key for pattern in DECLARED.patterns for key in pattern.sets_defaults} <= varied


def test_every_source_is_a_reference_of_the_model():
    references = MODEL.split("## References")[1].split("\n- ")
    rows = (*load_priors().priors, *load_priors().fixed, *DECLARED.patterns)
    sources = {source for row in rows for source in row.sources} - {ASSUMPTION}
    for source in sources:
        found = re.fullmatch(r"(\w[\w-]*).* \((\d{4})\)", source)
        assert found, source
        author, year = found.groups()
        assert any(row.startswith(author) and f"({year})" in row for row in references), source
    assert len(sources) > 10


ANY_WORLD: Any = object()
"""Of quantities that do not look at it."""


def pattern_of(low: float, high: float, share: float) -> Pattern:
    return DECLARED.patterns[0].model_copy(
        update={"function": "ties_across", "low": low, "high": high, "share": share}
    )


@given(
    values=st.lists(st.one_of(st.just(np.nan), st.floats(-5, 5)), min_size=1, max_size=12),
    low=st.floats(-3, 0),
    high=st.floats(0.1, 3),
    share=st.floats(0.01, 1),
)
def test_a_pattern_holds_where_enough_values_lie_in_its_range(values, low, high, share):
    """A value that is nan, a time that is never reached, lies in no range."""
    pattern = pattern_of(low, high, share)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulation.analysis.patterns.OF_A_WORLD", {"ties_across": lambda _: np.array(values)})
        (found,) = shown([pattern], world=ANY_WORLD)
    inside = sum(low <= value <= high for value in values)
    assert found.inside == pytest.approx(inside / len(values))
    assert found.holds == (inside / len(values) >= share)


def test_a_pattern_without_any_value_does_not_hold(monkeypatch):
    monkeypatch.setattr("simulation.analysis.patterns.OF_A_WORLD", {"ties_across": lambda _: np.array([])})
    (found,) = shown([pattern_of(0, 1, 0.5)], world=ANY_WORLD)
    assert not found.holds


def test_a_world_shows_what_needs_no_run_and_a_record_all():
    spec = load_scenario("baseline", overrides=["time.years=2.0", "world.scale=0.05"])
    world = build_world(spec, 1)
    alone = shown(DECLARED.patterns, world=world)
    assert {found.pattern.name for found in alone} == {"spatial_contacts_across", "ties_across"}
    whole = shown(DECLARED.patterns, world=world, record=simulate(spec, 1))
    assert [found.pattern for found in whole] == list(DECLARED.patterns)


def test_the_default_world_shows_what_its_page_says():
    """Two of the ten runs of the table in the model; all patterns hold but that of single technologies."""
    spec = load_scenario("baseline", overrides=[f"time.years={DECLARED.years}"])
    runs = [
        shown(DECLARED.patterns, world=build_world(spec, seed), record=simulate(spec, seed))
        for seed in (1, 2)
    ]
    held = [{found.pattern.name for found in run if found.holds} for run in runs]
    everything = {pattern.name for pattern in DECLARED.patterns}
    assert held == [everything, everything - {"t50_by_technology"}]
    assert all(np.isfinite(found.values).all() for run in runs for found in run)


ROW = """
years = 40.0
[[patterns]]
name = "spread"
quantity = "years"
function = "ties_across"
low = 0.1
high = 0.4
sources = ["Peri (2005)"]
finding = "A fifth."
carries_over = "Weakly."
status = "convention"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ties_across"', '"tie_across"', 'line 6  patterns[0].function = "tie_across": not a function of'),
        ('"ties_across"', '"tie_across"', '; did you mean "ties_across"?'),
        ("low = 0.1", "low = 0.4", "line 3  patterns[0]: low 0.4 must be below high 0.4"),
        ('"convention"', '"guess"', 'line 12  patterns[0].status = "guess": must be "evidence" or "convention"'),
        ("high = 0.4", "high = 0.4\nshare = 0", "line 9  patterns[0].share = 0: must be more than 0"),
        ("years = 40.0", "", "years: missing"),
        ("\n[[patterns]]", ROW.replace("years = 40.0", "") + "[[patterns]]", 'patterns[1].name = "spread": "spread"'),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str):
    path = tmp_path / "patterns.toml"
    path.write_text(ROW, encoding="utf-8")
    assert read_patterns(path).patterns[0].low == 0.1
    path.write_text(ROW.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_patterns(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
