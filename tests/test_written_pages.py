"""Blocks of pages that scripts write, and numbers of pages that tests measure."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

from page_blocks import block_of, table, with_blocks

from simulation.explain.study import Explanation
from simulation.scenario.loading import load_scenario

DOCS = Path(__file__).parent.parent / "docs"


def test_a_block_of_a_page_is_replaced_and_nothing_else():
    page = "# A\n\n<!-- one -->\n\nold\n\n<!-- /one -->\n\nkept\n\n<!-- one more -->\n\n1\n\n<!-- /one more -->\n"
    assert block_of(page, "one") == "old"
    assert with_blocks(page, {"one": r"new \1" + "\n"}) == page.replace("old", r"new \1")
    for broken in (page.replace("<!-- /one -->", ""), page + page):
        with pytest.raises(ValueError, match="<!-- one -->"):
            with_blocks(broken, {"one": ""})


def test_a_table_has_no_cell_with_two_spaces():
    assert table(("a", "b"), [("", "1")]) == "| a | b |\n| --- | --- |\n| | 1 |\n"


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
