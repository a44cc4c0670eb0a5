"""The compiled passes over counts and codes against plain twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.record import technologies_first
from simulation.results.passes import by_appearance, sparse_rows
from simulation.world import Array

MONTHS, REGIONS, INDUSTRIES, TECHNOLOGIES = 7, 2, 3, 2


def plain_rows(adopters: Array, eligible: Array, release_month: Array) -> list[list[int]]:
    """The rows of ``curves`` in plain Python."""
    changing = len(eligible) > 1
    rows = []
    for r in range(REGIONS):
        for s in range(INDUSTRIES):
            for k in range(TECHNOLOGIES):
                for month in range(MONTHS):
                    released = month == release_month[k] and eligible[:, r, s, k].any()
                    adopted = month > 0 and adopters[month, r, s, k] != adopters[month - 1, r, s, k]
                    entered = (
                        changing
                        and month > release_month[k]
                        and eligible[month, r, s, k] != eligible[month - 1, r, s, k]
                    )
                    if released or adopted or entered:
                        there = eligible[month if changing else 0, r, s, k]
                        rows.append([month, r, s, k, int(adopters[month, r, s, k]), int(there)])
    return rows


@settings(deadline=None)  # the first example may have to compile
@given(seed=st.integers(0, 2**32 - 1), changing=st.booleans())
def test_rows_are_those_of_the_plain_twin(seed: int, changing: bool):
    rng = np.random.default_rng(seed)
    shape = (MONTHS, REGIONS, INDUSTRIES, TECHNOLOGIES)
    # Few distinct numbers, so that counts often stay the same, and cells are often empty.
    eligible = rng.integers(0, 2, size=(MONTHS if changing else 1, *shape[1:]))
    adopters = rng.integers(0, 2, size=shape).astype(np.int32)
    release_month = rng.integers(0, MONTHS, size=TECHNOLOGIES)
    found = sparse_rows(technologies_first(adopters), eligible, release_month)
    assert found.dtype == np.int32
    assert found.T.tolist() == plain_rows(adopters, eligible, release_month)


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=40))
def test_codes_are_numbered_by_their_first_appearance(codes: list[int]):
    numbers, used = by_appearance(np.array(codes, dtype=np.int32), 10)
    assert used.tolist() == list(dict.fromkeys(codes))
    assert used[numbers].tolist() == codes


@pytest.mark.parametrize("code", [-1, 3, 2**31 - 1, -(2**31)])
def test_a_code_without_a_name_is_refused(code: int):
    """Compiled code would otherwise read and write beyond its arrays where a file is damaged."""
    with pytest.raises(IndexError):
        by_appearance(np.array([0, code], dtype=np.int32), 3)
