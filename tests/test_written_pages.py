"""Blocks of pages that scripts write, and numbers of pages that tests measure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

from page_blocks import block_of, table, with_blocks


def test_a_block_of_a_page_is_replaced_and_nothing_else():
    page = "# A\n\n<!-- one -->\n\nold\n\n<!-- /one -->\n\nkept\n\n<!-- one more -->\n\n1\n\n<!-- /one more -->\n"
    assert block_of(page, "one") == "old"
    assert with_blocks(page, {"one": r"new \1" + "\n"}) == page.replace("old", r"new \1")
    for broken in (page.replace("<!-- /one -->", ""), page + page):
        with pytest.raises(ValueError, match="<!-- one -->"):
            with_blocks(broken, {"one": ""})


def test_a_table_has_no_cell_with_two_spaces():
    assert table(("a", "b"), [("", "1")]) == "| a | b |\n| --- | --- |\n| | 1 |\n"
