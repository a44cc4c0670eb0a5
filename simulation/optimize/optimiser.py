"""The optimiser: NSGA-II of pymoo, asked for candidates and told their values.

Candidates that survive are judged anew in each generation, beside the new ones and with the same random draws, so that
none lives on because of lucky draws. All randomness follows from a seed: told the same values, it asks for the same
candidates.

References
----------
Blank & Deb (2020), Pymoo: multi-objective optimization in Python, IEEE Access 8: 89497-89509.
Deb, Pratap, Agarwal & Meyarivan (2002), A fast and elitist multiobjective genetic algorithm: NSGA-II, IEEE Transactions
on Evolutionary Computation 6: 182-197.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from simulation.errors import HyperclusterError
from simulation.world import Array

INSTALL = 'pip install "hypercluster-abm[optimize]"'

NOT_JUDGED = 1e9
"""Objective of a candidate that breaks a constraint: it must be finite, and is never compared."""


class Evaluate(Protocol):
    """Judges candidates."""

    def __call__(self, generation: int, genes: Array) -> tuple[Array, Array]:
        """Return objectives to minimise, float64 (n, 2), and violations, float64 (n,): 0 if it breaks no constraint.

        It may be called again with the same generation and genes, after an interruption, and must then return the same.
        """


class Optimiser:
    """Asks for candidates in generations; d genes in [0, 1].

    Parameters
    ----------
    first : float64 (population, d), the first generation.
    canonical : maps genes, float64 (d,), to the vector that stands for the same candidate.
    seed : of all its random draws.

    Raises
    ------
    HyperclusterError
        If pymoo is not installed.
    """

    def __init__(self, first: Array, *, canonical: Callable[[Array], Array], seed: int) -> None:
        try:
            from pymoo.algorithms.moo.nsga2 import NSGA2
            from pymoo.config import Config
            from pymoo.core.evaluator import Evaluator
            from pymoo.core.problem import Problem
            from pymoo.core.repair import Repair
            from pymoo.core.termination import NoTermination
            from pymoo.problems.static import StaticProblem
        except ImportError:
            raise HyperclusterError(f"a search needs pymoo, which is not installed; {INSTALL}") from None
        Config.warnings["not_compiled"] = (
            False  # its compiled parts are no faster for some dozens of candidates
        )

        class Canonical(Repair):
            def _do(self, problem: Any, X: Array, **_: Any) -> Array:
                return np.array([canonical(row) for row in X])

        self._problem = Problem(n_var=first.shape[1], n_obj=2, n_ieq_constr=1, xl=0.0, xu=1.0)
        self._algorithm = NSGA2(
            pop_size=len(first), sampling=first, repair=Canonical(), eliminate_duplicates=True
        )
        self._algorithm.setup(self._problem, termination=NoTermination(), seed=seed)
        self._known = StaticProblem
        self._evaluator = Evaluator(skip_already_evaluated=False)
        self._asked: Any = None

    @property
    def parents(self) -> Array:
        """The population that the last generation left, float64 (n, d); none before the first."""
        population = self._algorithm.pop
        return self._none() if population is None or not len(population) else population.get("X")

    @property
    def first_front(self) -> Array:
        """Those of the population that no other dominates, by the values of the last generation, float64 (n, d)."""
        population = self._algorithm.pop
        is_first = (population.get("rank") == 0) & population.get("FEAS")[:, 0]
        found: Array = population.get("X")[is_first]
        return found

    def ask(self) -> Array:
        """Return new candidates, float64 (n, d); none if all that it can think of are in the population."""
        self._asked = self._algorithm.ask()
        return self._none() if self._asked is None else self._asked.get("X")

    def tell(self, objectives: Array, violations: Array) -> None:
        """Take the values of parents and new candidates, in this order, and select the next population."""
        parents = len(self.parents)
        values = np.where(violations[:, None] > 0, NOT_JUDGED, objectives)
        for population, chosen in (
            (self._algorithm.pop, slice(0, parents)),
            (self._asked, slice(parents, None)),
        ):
            if population is not None and len(population):
                known = self._known(self._problem, F=values[chosen], G=violations[chosen, None])
                self._evaluator.eval(known, population)
        self._algorithm.tell(infills=self._asked)

    def _none(self) -> Array:
        return np.empty((0, self._problem.n_var))


def evolve(
    optimiser: Optimiser, evaluate: Evaluate, generations: int, *, began: Callable[[int], None] | None = None
) -> None:
    """Let candidates evolve: each generation is asked for, judged together with its parents, and selected from.

    What is interrupted goes on by being done again from the start, with values that ``evaluate`` has stored.
    """
    for generation in range(generations):
        if began is not None:
            began(generation)
        asked = optimiser.ask()
        genes = np.concatenate([optimiser.parents, asked])
        optimiser.tell(*evaluate(generation, genes))
