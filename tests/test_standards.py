"""The pages after TRACE, RAT-RS and FAIR4RS: their tables are those of tests, code and data, and name what is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

import write_standards

ROOT = write_standards.ROOT
FAIR = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "fair.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [FAIR]\d", line)
]


@pytest.mark.parametrize("page", write_standards.BLOCKS)
def test_the_tables_are_those_of_tests_code_and_data(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert text == write_standards.filled(page), "stale: run `uv run python docs/write_standards.py`"


def test_every_equation_and_every_check_of_the_model_has_tests():
    numbers = re.findall(r"\\tag\{(\d+)\}", write_standards.MODEL)
    rows = write_standards.equations().splitlines()[2:]
    assert {row.split(" | ")[0] for row in rows} == {f"| equation ({number})" for number in numbers}
    assert len(write_standards.known_results().splitlines()) == 2 + 15


@pytest.mark.parametrize(
    ("use", "fault"),
    [
        (write_standards.Use("", (99,)), "no equation"),
        (write_standards.Use("", (), "simulation/world.py", "no_such_name"), "does not read"),
    ],
)
def test_a_use_that_is_not_there_is_refused(use, fault):
    with pytest.raises(AssertionError, match=fault):
        list(write_standards.uses("regions", {"region_id": use}))


def test_a_column_without_a_use_is_refused(monkeypatch):
    monkeypatch.delitem(write_standards.COLUMNS["regions"], "latitude")
    with pytest.raises(AssertionError, match="latitude"):
        write_standards.columns()


def test_every_principle_has_its_state_and_evidence_that_is_there():
    names = "F1 F1.1 F1.2 F2 F3 F4 A1 A1.1 A1.2 A2 I1 I2 R1 R1.1 R1.2 R2 R3"
    assert [row[0] for row in FAIR] == names.split()
    for name, asks, state, evidence in FAIR:
        assert asks
        assert state in ("met", "in part", "not met"), name
        paths = [path for path in re.findall(r"`([^` ]+)`", evidence) if "/" in path or "." in path]
        assert state == "not met" or paths or name in ("A1.1", "A1.2"), name
        assert [path for path in paths if not (ROOT / path).exists()] == [], name


def test_a_doi_is_missing_exactly_where_the_page_says_so():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    has_doi = "doi" in citation or any(each["type"] == "doi" for each in citation.get("identifiers", []))
    states = {name: state for name, _, state, _ in FAIR}
    assert {states["F1"], states["F3"]} == ({"met"} if has_doi else {"not met"})
