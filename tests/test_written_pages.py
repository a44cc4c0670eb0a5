"""Blocks of pages that scripts write, and numbers of pages that tests measure."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

import write_ensembles
from page_blocks import block_of, table, with_blocks

from simulation.explain.study import Explanation
from simulation.explore.parameters import Parameter
from simulation.explore.regimes import RegimeMap
from simulation.results.tables import RAN
from simulation.scenario.loading import load_scenario

DOCS = Path(__file__).parent.parent / "docs"
ENSEMBLES = (DOCS / "ensembles.md").read_text(encoding="utf-8")


def test_a_block_of_a_page_is_replaced_and_nothing_else():
    page = "# A\n\n<!-- one -->\n\nold\n\n<!-- /one -->\n\nkept\n\n<!-- one more -->\n\n1\n\n<!-- /one more -->\n"
    assert block_of(page, "one") == "old"
    assert with_blocks(page, {"one": r"new \1" + "\n"}) == page.replace("old", r"new \1")
    for broken in (page.replace("<!-- /one -->", ""), page + page):
        with pytest.raises(ValueError, match="<!-- one -->"):
            with_blocks(broken, {"one": ""})


def test_a_table_has_no_cell_with_two_spaces():
    assert table(("a", "b"), [("", "1")]) == "| a | b |\n| --- | --- |\n| | 1 |\n"


# --- ensembles --------------------------------------------------------------------------------------------------------


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the table of a section, without its header."""
    section = ENSEMBLES.split(f"### {heading}\n")[1].split("\n##")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]]


@pytest.mark.parametrize(("measured", "test"), [row[1:] for row in rows_under("What is measured")])
def test_what_is_measured_stands_in_the_test_that_is_named(measured: str, test: str):
    file, name = re.findall(r"`([^`]+)`", test)
    tree = ast.parse((DOCS.parent / "tests" / "explore" / file).read_text(encoding="utf-8"))
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    constants = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
    told = {float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*|\.\d+", measured)}
    assert told and told <= constants


def test_each_table_of_a_map_counts_the_cells_of_its_sentence():
    text = "\n\n".join(
        block_of(ENSEMBLES, name) for name in ("reach and readiness", "clusters and onboarding")
    )
    sentences = re.findall(
        r"^`(\w+)`: .*? is sooner than .* in (\d+) and later in (\d+) of (\d+) cells(?:, and not told apart in (\d+))?",
        text,
        flags=re.MULTILINE,
    )
    assert [name for name, *_ in sentences] == list(write_ensembles.MAPS)
    for part, (_, *told) in zip(text.split("\n`"), sentences, strict=True):
        rows = re.findall(r"^\| [\d.]+ \| (\d+) \| (\d+) \| (\d+) \| .+ \|$", part, flags=re.MULTILINE)
        sooner, later, cells, untold = (int(number or 0) for number in told)
        assert [sum(map(int, column)) for column in zip(*rows, strict=True)] == [sooner, later, untold]
        assert sooner + later + untold == cells


UPWARDS = Parameter("upwards", ("u",), "linear", low=0.0, high=2.0)


def drawn(difference: np.ndarray, *, spread: float) -> RegimeMap:
    """A map of which all five nodes upwards differ by so much from the reference, the same at both ends across."""
    seeds = spread * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    ending = np.full((2, 5), RAN, dtype=object)
    return RegimeMap(
        scenario="second",
        reference="first",
        metric="restricted_time_years",
        parameters=(Parameter("across", ("a",), "linear", low=1.0, high=3.0), UPWARDS),
        axes=([1.0, 3.0], [0.0, 0.5, 1.0, 1.5, 2.0]),
        strides=(1, 1),
        differences=np.tile(difference[None, :, None] + seeds, (2, 1, 1)),
        ending=ending,
        baseline=ending,
        planned=np.zeros((2, 5, 2)),
    )


def test_a_line_is_told_with_its_band_and_the_side_on_which_the_scenario_is_sooner():
    """Five seeds with a spread of .1 have a standard error of .035, so the 95 % interval is .1 wide on each side."""
    found = drawn(np.array([1.0, 0.5, 0.0, -0.5, -1.0]) + 1e-9, spread=0.1)
    value, low, high = map(float, re.findall(r"[\d.]+", write_ensembles.turning(found, 0)))
    assert write_ensembles.turning(found, 0).endswith("sooner above")
    assert value == 1.0
    # Half of the interval is t(4) .1 sqrt(.625 / 5) = .098; the raster has steps of .02, and two digits are told.
    assert (low, high) == pytest.approx((0.90, 1.1), abs=0.03)
    assert [row[1:4] for row in write_ensembles.rows_of(found)] == 2 * [("2", "2", "1")]


def test_where_no_line_is_it_is_told_how_well_that_is_known():
    ahead = np.full(5, -0.2)
    assert write_ensembles.turning(drawn(ahead, spread=0.1), 1) == "sooner in the whole range"
    assert write_ensembles.turning(drawn(ahead, spread=1.0), 1) == "sooner on average in the whole range"
    assert write_ensembles.turning(drawn(-ahead, spread=0.1), 1) == "later in the whole range"


def test_maps_are_compared_where_both_tell_who_is_ahead():
    plain, other = (drawn(sign * np.array([1.0, 0.5, 0.0, -0.5, -1.0]), spread=0.1) for sign in (1, -1))
    assert "10 cells" in write_ensembles.apart(plain, plain)
    assert " none: " in write_ensembles.apart(plain, plain)
    assert write_ensembles.apart(plain, other).endswith("the opposite in 8.")


def test_an_empty_platform_is_half_full_beyond_the_last_subsidy_at_which_it_is_not():
    rows = pd.DataFrame(
        {
            "branch": ["empty"] * 3 + ["full"],
            "subsidy": [0.4, 0.2, 0.3, 0.2],
            "members_at_horizon": [0.7, 0.1, 0.4, 0.9],
        }
    )
    assert "between 0.30 and 0.40" in write_ensembles.half_full(rows)
    assert "nowhere" in write_ensembles.half_full(rows[rows["subsidy"] < 0.4])


# --- explanations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "each"),
    [
        (r"For `(hypercluster)` there are ([\d,]+) scenarios", "hypercluster", False),
        (r"for `(first_wave)` with its six entries ([\d,]+);", "first_wave", False),
        (r"instead of ([\d,]+) scenarios for `(interoperable_platforms)`", "interoperable_platforms", False),
        pytest.param(
            r"\(([\d,]+) instead of [\d,]+ scenarios for `(interoperable_platforms)`",
            "interoperable_platforms",
            True,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_explanation_has_as_many_scenarios_as_its_page_says(text: str, name: str, each: bool):
    page = " ".join((DOCS / "explain.md").read_text(encoding="utf-8").split())
    (told,) = (set(found) - {name} for found in re.findall(text, page))
    assert told == {f"{len(Explanation.of(load_scenario(name), each=each).scenarios):,}"}
