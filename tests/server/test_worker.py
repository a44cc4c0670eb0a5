"""A process of the model holds what it can, and makes the rest again from its recipe."""

from __future__ import annotations

from functools import partial

import pytest
from served import SMALL

from simulation.server.processes import worker
from simulation.server.processes.worker import LiveRecipe, Task
from simulation.server.sides.side import Side

RECIPES = [LiveRecipe(SMALL, seed) for seed in range(3)]


def frames_of(key: str, recipe: LiveRecipe) -> bytes:
    found: bytes | None = None
    while found is None:
        found = worker.perform(Task(key, recipe, partial(frames, first=20)))
    return found


def frames(side: Side, first: int) -> bytes | None:
    return worker.frames(side, 0, first, 1)


def side_of(key: str, recipe: LiveRecipe) -> Side:
    found: Side = worker.perform(Task(key, recipe, lambda side: side))
    return found


@pytest.fixture(autouse=True)
def _emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_shelf", worker._Shelf())
    # In how many slices a busy machine gets to a month decides on the last digit of Phi so far.
    monkeypatch.setattr(worker, "SLICE_SECONDS", 60.0)


def test_a_side_stays_while_its_recipe_does() -> None:
    first = side_of("0a", RECIPES[0])
    assert side_of("0a", RECIPES[0]) is first
    assert side_of("1a", RECIPES[0]) is not first, "another session never gets it"
    assert side_of("0a", RECIPES[1]) is not first
    assert side_of("0a", RECIPES[0]) is not first


def test_a_side_that_had_to_make_room_comes_back_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [frames_of(f"{n}a", recipe) for n, recipe in enumerate(RECIPES)]
    assert len(set(expected)) == len(RECIPES)
    size = side_of("0a", RECIPES[0]).size
    monkeypatch.setattr(worker, "MOST_BYTES_HELD", 2.5 * size)
    oldest, kept = side_of("1a", RECIPES[1]), side_of("0a", RECIPES[0])
    side_of("2a", RECIPES[2])
    assert side_of("0a", RECIPES[0]) is kept, "it was asked for later than the other"
    assert side_of("1a", RECIPES[1]) is not oldest
    assert [frames_of(f"{n}a", recipe) for n, recipe in enumerate(RECIPES)] == expected


def test_a_side_too_large_to_keep_beside_others_is_still_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_BYTES_HELD", 0)
    assert frames_of("0a", RECIPES[0]) == frames_of("0a", RECIPES[0])


def test_what_is_dropped_is_gone() -> None:
    first = side_of("0a", RECIPES[0])
    worker.drop("0a")
    worker.drop("never there")
    assert side_of("0a", RECIPES[0]) is not first
