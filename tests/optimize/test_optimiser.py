"""The optimiser and the driver: known fronts, noise, interruptions, what is judged together."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from pymoo.indicators.hv import HV

from simulation.errors import HyperclusterError
from simulation.optimize.optimiser import Optimiser, evolve
from simulation.world import Array

GENES = 6
"""Genes of the test problems."""


def zdt1(genes: Array) -> Array:
    """Zitzler, Deb & Thiele (2000), test function 1: the front is f2 = 1 - sqrt(f1)."""
    f1 = genes[:, 0]
    g = 1 + 9 * genes[:, 1:].mean(axis=1)
    return np.stack([f1, g * (1 - np.sqrt(f1 / g))], axis=1)


WHOLE = 1.1 * 1.1 - (1 - 2 / 3)
"""Hypervolume of the front of ZDT1 for the reference point (1.1, 1.1): all but the area under 1 - sqrt(f1)."""


def hypervolume(objectives: Array) -> float:
    return float(HV(ref_point=np.array([1.1, 1.1]))(objectives))


def rounded(genes: Array) -> Array:
    return np.round(genes, 3)


class Stored:
    """Evaluates a function, stores the values of each generation, and is interrupted before some of them."""

    def __init__(self, function, *, interrupted: tuple[int, ...] = ()) -> None:  # type: ignore[no-untyped-def]
        self.function, self.interrupted = function, list(interrupted)
        self.known: dict[int, tuple[Array, Array]] = {}
        self.asked: list[tuple[int, Array]] = []

    def __call__(self, generation: int, genes: Array) -> tuple[Array, Array]:
        if generation in self.known:
            before, values = self.known[generation]
            np.testing.assert_array_equal(genes, before)
            return values, np.zeros(len(genes))
        if generation in self.interrupted:
            self.interrupted.remove(generation)
            raise KeyboardInterrupt
        self.asked.append((generation, genes))
        values = self.function(generation, genes)
        self.known[generation] = genes, values
        return values, np.zeros(len(genes))


def evolved(evaluate: Stored, generations: int, *, population: int = 24) -> Optimiser:
    first = rounded(np.random.default_rng(1).random((population, GENES)))
    while True:
        optimiser = Optimiser(first, canonical=rounded, seed=1)
        try:
            evolve(optimiser, evaluate, generations)
        except KeyboardInterrupt:
            continue
        return optimiser


def test_zdt1_is_solved_to_95_percent_of_its_hypervolume():
    optimiser = evolved(Stored(lambda _, genes: zdt1(genes)), 60)
    assert hypervolume(zdt1(optimiser.first_front)) > 0.95 * WHOLE


def test_with_noise_the_front_is_found_although_single_values_are_wrong():
    def noisy(generation: int, genes: Array) -> Array:
        # Common to a generation, and of each candidate: with sd .05 more than the distance of neighbours on the front.
        draws = np.random.default_rng([7, generation])
        return zdt1(genes) + draws.normal(0, 0.3, 2) + draws.normal(0, 0.05, (len(genes), 2))

    optimiser = evolved(Stored(noisy), 60)
    assert hypervolume(zdt1(optimiser.parents)) > 0.85 * WHOLE
    first = zdt1(rounded(np.random.default_rng(1).random((24, GENES))))
    assert hypervolume(first) < 0.3 * WHOLE


def test_a_search_that_is_interrupted_twice_ends_with_the_same_front():
    whole = evolved(Stored(lambda _, genes: zdt1(genes)), 12)
    broken = evolved(Stored(lambda _, genes: zdt1(genes), interrupted=(3, 9)), 12)
    np.testing.assert_array_equal(broken.first_front, whole.first_front)
    np.testing.assert_array_equal(broken.parents, whole.parents)


def test_more_generations_go_on_from_those_that_are_there():
    stored = Stored(lambda _, genes: zdt1(genes))
    evolved(stored, 5)
    evolved(stored, 8)
    assert [generation for generation, _ in stored.asked] == list(range(8))


def test_survivors_are_judged_anew_beside_the_new_candidates():
    stored = Stored(lambda _, genes: zdt1(genes))
    evolved(stored, 4, population=8)
    assert [len(genes) for _, genes in stored.asked] == [8, 16, 16, 16]
    before = {row.tobytes() for row in stored.asked[1][1]}
    again = stored.asked[2][1][:8]
    assert all(row.tobytes() in before for row in again)


def test_a_candidate_that_breaks_a_constraint_does_not_survive_while_others_keep_it():
    def evaluate(generation: int, genes: Array) -> tuple[Array, Array]:
        return zdt1(genes), np.maximum(0.5 - genes[:, 0], 0.0)

    first = rounded(np.random.default_rng(3).random((16, GENES)))
    optimiser = Optimiser(first, canonical=rounded, seed=3)
    evolve(optimiser, evaluate, 8)
    assert (optimiser.parents[:, 0] >= 0.5).all()


def test_a_space_with_few_candidates_is_searched_to_its_end():
    def halves(genes: Array) -> Array:
        return np.round(2 * genes) / 2

    first = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 1.0], [0.0, 1.0]])
    optimiser = Optimiser(first, canonical=halves, seed=1)
    evolve(optimiser, lambda _, genes: (zdt1(genes), np.zeros(len(genes))), 12)
    assert {tuple(row) for row in optimiser.first_front} == {(0.0, 0.0), (0.5, 0.0), (1.0, 0.0)}


def test_without_pymoo_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pymoo.algorithms.moo.nsga2", None)
    with pytest.raises(HyperclusterError, match=r'pip install "hypercluster-abm\[optimize\]"'):
        Optimiser(np.zeros((4, 2)), canonical=rounded, seed=1)
