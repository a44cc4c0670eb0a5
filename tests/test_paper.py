"""The paper in ``paper/``: its numbers are those of the program, and the checklist of its reviewers is held."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "paper"))

import checklist
import write_paper

TEMPLATE = write_paper.TEMPLATE.read_text(encoding="utf-8")
BODY = TEMPLATE.split("---\n", 2)[2]


@pytest.mark.parametrize(
    "item",
    [item for item in checklist.ITEMS if not item.slow],
    ids=lambda item: f"{item.part}: {item.name}",
)
def test_the_reviewers_find_what_a_machine_can_find_and_what_is_open_is_known(item):
    state, words = item.state()
    expected = "open" if item.waits_for else "held" if item.check else "to be judged"
    assert state == expected, words


def test_no_number_of_a_result_is_typed_and_every_number_that_is_kept_is_told():
    numbers = write_paper.numbers()
    kept = {(table, name) for table, values in numbers.items() for name in values} - {("study", "first")}
    assert set(write_paper.PLACE.findall(TEMPLATE)) == kept | {("metadata", "people")}
    text = re.sub(r"@\w+|\]\([^)]*\)|95 %|of 100\b", "", write_paper.PLACE.sub("", BODY))
    assert re.findall(r".{0,20}\d.{0,20}", text) == []


def test_the_study_of_the_paper_is_what_the_program_computes():
    assert write_paper.first_replication() == write_paper.numbers()["study"]["first"]


def fault_of(check: Callable[[], str]) -> str:
    with pytest.raises(checklist.NotHeldError) as error:
        check()
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "check", "fault"),
    [
        ("# Software design\n", "", checklist.sections, "sections: "),
        ("# Summary\n", "# Summary\n" + 2000 * "word ", checklist.sections, "words, not 750 to 1750"),
        ("[@kiesling2012; @zhang2019]", "[@kiesling2012]", checklist.references, "zhang2019"),
        ("@bass1969", "@bass1968", checklist.references, "bass1968"),
        ("figures/adoption_raster.png", "figures/no.png", checklist.sections, "figures/no.png"),
        ("2,276", "2,277", checklist.reproduced, "stale"),
    ],
)
def test_the_checklist_sees_what_is_wrong_with_a_paper(tmp_path, monkeypatch, old, new, check, fault):
    text = write_paper.PAPER.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "paper.md").write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(write_paper, "PAPER", tmp_path / "paper.md")
    assert fault in fault_of(check)


def test_a_reference_without_doi_needs_a_reason(monkeypatch):
    monkeypatch.delitem(checklist.WITHOUT_DOI, "coleman1966")
    assert "coleman1966" in fault_of(checklist.references)


def test_people_are_named_as_the_journal_wants_them():
    citation = {
        "authors": [
            {
                "given-names": "A.",
                "family-names": "One",
                "affiliation": "X",
                "orcid": "https://orcid.org/0000-0001",
            },
            {"given-names": "B.", "family-names": "Two", "affiliation": "Y"},
            {"name": "The others", "affiliation": "X"},
        ]
    }
    assert write_paper.people(citation).splitlines() == [
        "authors:",
        "- name: A. One",
        "  affiliation: '1'",
        "  orcid: 0000-0001",
        "- name: B. Two",
        "  affiliation: '2'",
        "- name: The others",
        "  affiliation: '1'",
        "affiliations:",
        "- index: 1",
        "  name: X",
        "- index: 2",
        "  name: Y",
    ]
