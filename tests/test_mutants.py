"""Every mutant of tests/mutations.py still finds the text that it breaks; whether tests notice, the script says."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
MUTANTS = runpy.run_path(str(TESTS / "mutations.py"))["MUTANTS"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_text_to_replace_stands_once_and_the_tests_are_there(mutant: Any):
    text = (TESTS.parent / "simulation" / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1
    assert all((TESTS.parent / path).exists() for path in mutant.tests.split())
