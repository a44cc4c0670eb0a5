"""The nearest flip is found where it is known, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.explore.flips import FRESH, Search
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_SHOWN
from simulation.world import Array

SEEDS = range(100, 108)
MARGIN = 0.1
NAMES = "abcdef"
INPUTS = [Parameter(name, (name,), "linear", low=0.0, high=10.0) for name in NAMES]
OWN = dict.fromkeys(NAMES, 5.0)
Gain = Callable[[Mapping[str, float]], float | str]


class World:
    """Gains that follow from the values, with noise that seeds share."""

    def __init__(self, gain: Gain, *, noise: float = 0.02) -> None:
        self.gain, self.noise = gain, noise
        self.seen: list[tuple[dict[str, Any], list[int]]] = []

    def __call__(self, values: Mapping[str, Any], seeds: Sequence[int]) -> Array | str:
        self.seen.append((dict(values), list(seeds)))
        gain = self.gain(OWN | dict(values))
        if isinstance(gain, str):
            return gain
        return gain + self.noise * np.array([np.random.default_rng(seed).normal() for seed in seeds])


def sample(gain: Gain, n: int = 256) -> tuple[Array, Array]:
    places = np.random.default_rng(7).random((n, len(INPUTS)))
    found = [gain({name: 10 * p for name, p in zip(NAMES, row, strict=True)}) for row in places]
    shown = np.array([not isinstance(each, str) for each in found])
    return places[shown], np.array([each for each in found if not isinstance(each, str)])


def search(gain: Gain, **options: Any) -> tuple[Any, World]:
    world = World(gain)
    found = Search(INPUTS, OWN, world, margin=MARGIN, seeds=SEEDS, **options).run(*sample(gain))
    return found, world


def test_the_nearest_single_change_is_found_and_comes_before_larger_ones() -> None:
    # Ahead by 1; b needs .9 / .4 = 2.25 of its 5 upwards, e .9 / .25 = 3.6 downwards, the others do not suffice.
    found, _ = search(lambda v: 1.0 - 0.4 * (v["b"] - 5) + 0.25 * (v["e"] - 5) + 0.1 * (v["a"] - 5))
    assert found.verdict == "ahead"
    first, second = found.flips
    assert [change.name for change in first.changes] == ["b"]
    assert first.size == pytest.approx(0.225, abs=0.02)
    assert [(change.name, change.places < 0) for change in second.changes] == [("e", True)]
    assert second.size == pytest.approx(0.36, abs=0.02)
    assert first.verdict in ("alike", "behind")
    assert "The nearest found in" in found.sentence()


def test_two_inputs_are_changed_where_none_suffices_alone_and_the_others_return() -> None:
    # Alone each can take away .75 of the .9; together, 3 of 5 each: .9 / (.15 + .15) = 3.
    found, _ = search(lambda v: 1.0 - 0.15 * (v["c"] - 5) + 0.15 * (v["f"] - 5))
    assert {change.name for change in found.nearest.changes} == {"c", "f"}
    assert found.nearest.size == pytest.approx(0.30, abs=0.025)


@settings(max_examples=25, deadline=None)
@given(
    slopes=st.lists(st.sampled_from([-0.3, -0.12, 0.0, 0.12, 0.3]), min_size=6, max_size=6),
    gain=st.sampled_from([-1.0, 1.0]),
)
def test_of_a_linear_gain_the_flip_is_the_closed_form(slopes: list[float], gain: float) -> None:
    """With inputs by falling slope, k are needed as soon as 5 times the sum of their slopes exceeds the gap of .9."""
    found, _ = search(
        lambda v: gain + sum(w * (v[n] - 5) for n, w in zip(NAMES, slopes, strict=True)), tries=3000
    )
    gap = abs(gain) - MARGIN
    reach = np.cumsum(np.sort(np.abs(slopes))[::-1]) * 5
    needed = int(np.argmax(reach > gap)) + 1
    if reach[-1] < gap:
        assert found.nearest is None
        return
    changes = found.nearest.changes
    assert len(changes) == needed
    slope = {n: abs(w) for n, w in zip(NAMES, slopes, strict=True)}
    assert found.nearest.size == pytest.approx(
        gap / (10 * sum(slope[change.name] for change in changes)), abs=0.03
    )


def test_the_baseline_must_show_the_patterns_at_a_flip() -> None:
    # b would turn it first, beyond 6; but there the patterns are not shown.
    def gain(v: Mapping[str, float]) -> float | str:
        return NOT_SHOWN if v["b"] > 6 else 1.0 - 0.4 * (v["b"] - 5) - 0.25 * (v["e"] - 5)

    found, _ = search(gain)
    assert [change.name for change in found.nearest.changes] == ["e"]


def test_a_range_whose_end_has_no_verdict_is_looked_at_on_the_way() -> None:
    found, _ = search(lambda v: NOT_SHOWN if v["b"] > 8 else 1.0 - 0.4 * (v["b"] - 5))
    assert found.nearest.size == pytest.approx(0.225, abs=0.02)


def test_no_flip_is_reported_that_only_the_seeds_of_the_search_show() -> None:
    class Lucky(World):
        def __call__(self, values: Mapping[str, Any], seeds: Sequence[int]) -> Array | str:
            gains = super().__call__(values, seeds)
            assert not isinstance(gains, str)
            return gains - 3.0 if values and list(seeds) == list(SEEDS) else gains

    gain = lambda v: 1.0  # noqa: E731
    world = Lucky(gain)
    found = Search(INPUTS, OWN, world, margin=MARGIN, seeds=SEEDS).run(*sample(gain))
    assert found.flips == ()
    assert "No change turns" in found.sentence()


def test_a_flip_holds_on_thirty_seeds_that_nothing_else_has_used() -> None:
    found, world = search(lambda v: 1.0 - 0.4 * (v["b"] - 5))
    used: set[int] = set()
    checks = 0
    for _, seeds in world.seen:
        if list(seeds) != list(SEEDS):
            checks += 1
            assert len(seeds) == FRESH
            assert not used & set(seeds)
        used |= set(seeds)
    assert checks >= len(found.flips) > 0
    assert found.nearest.high <= MARGIN


def test_unchanged_inputs_are_left_to_the_scenarios() -> None:
    found, world = search(lambda v: 1.0 - 0.4 * (v["b"] - 5))
    assert world.seen[0][0] == {}
    assert all(value != 5.0 for values, _ in world.seen for value in values.values())
    assert found.tries == len(world.seen)


def test_listed_values_and_choices_flip_as_a_whole() -> None:
    inputs = [
        Parameter("contacts", ("contacts",), "values", values=("added", "substituted")),
        Parameter("number", ("number",), "values", values=(2, 3, 4, 5)),
    ]
    own = {"contacts": "added", "number": 2}

    def evaluate(values: Mapping[str, Any], seeds: Sequence[int]) -> Array:
        v = own | dict(values)
        return np.full(len(seeds), 1.0 - 2.0 * (v["contacts"] == "substituted") - 0.6 * (v["number"] - 2))

    found = Search(inputs, own, evaluate, margin=MARGIN, seeds=SEEDS).run(np.empty((0, 2)), np.empty(0))
    assert {(c.name, c.after, c.places) for flip in found.flips for c in flip.changes} == {
        ("contacts", "substituted", 0.5),
        ("number", 4, 0.5),
    }


def test_only_flips_to_the_verdict_that_is_asked_for_count() -> None:
    gain = lambda v: max(1.0 - 0.4 * (v["b"] - 5), 0.0) - (v["e"] > 9) * 2.0  # noqa: E731
    alike, _ = search(gain)
    behind, _ = search(gain, to="behind")
    assert alike.nearest.verdict == "alike"
    assert behind.nearest.verdict == "behind"
    assert [change.name for change in behind.nearest.changes] == ["e"]


def test_a_search_ends_after_its_tries() -> None:
    found, world = search(lambda v: 1.0, tries=20)
    assert len(world.seen) <= 20
    assert found.tries <= 20


def test_without_a_verdict_at_the_start_there_is_nothing_to_turn() -> None:
    found, _ = search(lambda v: NOT_SHOWN if v == OWN else 1.0)
    assert (found.verdict, found.flips, found.tries) == (NOT_SHOWN, (), 1)
    assert "there is no verdict to turn" in found.sentence()
