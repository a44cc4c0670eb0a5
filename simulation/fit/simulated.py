"""A fit of what has no likelihood, by simulation: approximate Bayesian computation, as pyABC has it.

Values are drawn, the engine simulates with them, and those whose counts are near what was observed are kept; then
values are drawn about these, and must come nearer, until hardly any does (sequential Monte Carlo; Toni et al. 2009).
Whatever a scenario has can be fitted so: institutions, platforms, policies, a step that is shorter than a period.

Why pyABC: it keeps all generations in a file, so that a fit that was interrupted goes on; it chooses how near and where
to draw next by itself; and it needs neither PyTorch nor JAX, as those do that learn the posterior by a network (sbi and
others), which would be half of a gigabyte for this one command. Evaluations are numbered and have seeds of their own,
and the first that are near enough are kept, so that a fit does not depend on the number of workers.

References
----------
Schälte et al. (2022), pyABC: efficient and robust easy-to-use approximate Bayesian computation, JOSS 7(74): 4304.
Toni et al. (2009), Approximate Bayesian computation scheme for parameter inference and model selection in dynamical
systems, Journal of the Royal Society Interface 6: 187-202.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from simulation.batch.compiling import has_to_compile
from simulation.batch.replications import load_kernels
from simulation.engine.month import Engine
from simulation.errors import HyperclusterError
from simulation.fit.counts import Counts
from simulation.fit.netdiffuser import INSTALL
from simulation.fit.ranges import Range, spec_with, values_at
from simulation.scenario.schema import Scenario
from simulation.world import Array

BLOCK = 20
"""Evaluations of one task of a worker."""

SHARES = "shares"


@dataclass(frozen=True, slots=True)
class Found:
    """What simulation has found; d ranges."""

    places: Array  # float64 (n, d)
    weights: Array  # float64 (n,), sum 1
    distance: float  # the largest of those that were kept
    generations: int
    simulations: int

    @property
    def effective(self) -> float:
        """The number of independent draws that are worth as much."""
        return float(1.0 / (self.weights**2).sum())

    def draws(self, n: int, *, seed: int) -> Array:
        """Return ``n`` draws, float64 (n, d); those of large weight occur several times."""
        draw = np.random.default_rng([seed, 5])
        return self.places[draw.choice(len(self.places), size=n, p=self.weights)]


@dataclass(frozen=True, slots=True)
class Simulator:
    """The engine as a function of places; G groups, T periods."""

    spec: Scenario
    ranges: tuple[Range, ...]
    region: Array  # int64 (C,)
    industry: Array
    technology: Array
    group: Array
    periods: int  # T
    steps: int  # of a period
    seed: int

    @staticmethod
    def of(observed: Counts, ranges: Sequence[Range], *, steps: int, seed: int) -> Simulator:
        """Return the simulator of what was counted."""
        cells = observed.region, observed.industry, observed.technology, observed.group
        return Simulator(observed.spec, tuple(ranges), *cells, observed.periods, steps, seed)

    def __call__(self, parameters: dict[str, float]) -> dict[str, Array]:
        """Return the share of each group that had adopted by each period, flat."""
        engine = self.simulated(np.array([parameters[each.name] for each in self.ranges]), self.periods)
        record = engine.record()
        cells = record.adopters[:: self.steps, self.region, self.industry, self.technology]
        of_all = engine.world.enterprises.counts[self.region, self.industry]
        sizes = np.bincount(self.group, weights=of_all)
        shares = np.stack([np.bincount(self.group, weights=row) / sizes for row in cells])
        return {SHARES: shares[1:].ravel()}

    def simulated(self, places: Array, periods: int) -> Engine:
        """Return the engine after so many periods at some places, float64 (d,), which determine the seed.

        So what was simulated for some periods can be gone on with.
        """
        words = hashlib.blake2b(places.tobytes() + self.seed.to_bytes(8, "big"), digest_size=4).digest()
        spec = spec_with(self.spec, self.ranges, values_at(self.ranges, places)[0])
        engine = Engine(spec, int.from_bytes(words, "big"))
        engine.run_for(periods * self.steps)
        return engine


@dataclass(frozen=True, slots=True)
class Distance:
    """The root of the mean squared difference of shares, weighted by those that were counted."""

    weights: Array  # float64 (T * G,), sum 1

    def __call__(self, one: dict[str, Array], other: dict[str, Array]) -> float:
        """Return the distance of two simulations, or of one and what was observed."""
        return float(np.sqrt((self.weights * (one[SHARES] - other[SHARES]) ** 2).sum()))


def search(
    observed: Counts,
    ranges: Sequence[Range],
    database: Path,
    *,
    steps: int = 1,
    seed: int = 1,
    population: int = 500,
    least_acceptance: float = 0.01,
    most_simulations: int = 100_000,
    workers: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> Found:
    """Go on until fewer than ``least_acceptance`` of the simulations come nearer, or there are so many.

    Parameters
    ----------
    database : keeps all generations; one that is there goes on.
    steps : steps of the model in a period of the data.
    population : draws of a generation.

    Raises
    ------
    HyperclusterError
        If pyABC is not installed.
    """
    try:
        import pyabc
    except ImportError:
        raise HyperclusterError(f"pyabc is not installed, which fits by simulation; {INSTALL}") from None
    logging.getLogger("ABC").setLevel(logging.WARNING)  # progress is told here
    simulator = Simulator.of(observed, ranges, steps=steps, seed=seed)
    share = observed.stock[:, 1:] / observed.eligible[:, None]
    weights = np.broadcast_to(observed.eligible, share.T.shape).ravel() / (
        observed.eligible.sum() * observed.periods
    )
    prior = pyabc.Distribution(**{each.name: pyabc.RV("uniform", 0.0, 1.0) for each in ranges})
    url, goes_on = f"sqlite:///{database}", database.is_file()
    given = {}
    if goes_on:
        history = pyabc.History(url)
        history.id = 1
        if _is_done(history, population, least_acceptance, most_simulations):
            return _found(history, ranges)
        if history.n_populations:
            # As pyABC goes on without a stop: what is nearer than half of the last generation.
            last = history.get_weighted_distances(t=history.max_t)
            given["initial_epsilon"] = pyabc.weighted_statistics.weighted_quantile(
                points=last["distance"].to_numpy(), weights=last["w"].to_numpy(), alpha=0.5
            )
    if has_to_compile():
        load_kernels([observed.spec])  # this process compiles for all
    with _evaluating(workers) as evaluate:
        abc = pyabc.ABCSMC(
            simulator,
            prior,
            Distance(weights),
            population_size=population,
            eps=pyabc.MedianEpsilon(**given),
            sampler=_numbered(pyabc, evaluate, seed, tell),
        )
        if goes_on:
            abc.load(url)
        else:
            abc.new(url, {SHARES: share.T.ravel()})
        history = abc.run(min_acceptance_rate=least_acceptance, max_total_nr_simulations=most_simulations)
    return _found(history, ranges)


def _generations(history: Any) -> Any:
    """Return the generations of a history, but for the sample by which it starts."""
    table = history.get_all_populations()
    return table[table["t"] >= 0]


def _is_done(history: Any, population: int, least_acceptance: float, most_simulations: int) -> bool:
    table = _generations(history)
    if not len(table):
        return False
    too_few = population / float(table["samples"].iloc[-1]) < least_acceptance
    return too_few or int(history.total_nr_simulations) >= most_simulations


def _found(history: Any, ranges: Sequence[Range]) -> Found:
    table = _generations(history)
    frame, weight = history.get_distribution(m=0)
    places = frame[[each.name for each in ranges]].to_numpy(dtype=np.float64)
    total = np.asarray(weight, dtype=np.float64)
    return Found(
        places,
        total / total.sum(),
        float(table["epsilon"].iloc[-1]),
        len(table),
        int(table["samples"].sum()),
    )


_Evaluate = Callable[[bytes, int, int, int], "Future[list[Any]] | list[Any]"]


def _numbered(pyabc: Any, evaluate: _Evaluate, seed: int, tell: Callable[[str], None]) -> Any:
    """Return a sampler that keeps the first evaluations that are accepted, by number and not by when they end."""
    import cloudpickle

    class Numbered(pyabc.sampler.Sampler):
        def sample_until_n_accepted(
            self,
            n: int,
            simulate_one: Any,
            t: int,
            *,
            max_eval: float = np.inf,
            all_accepted: bool = False,
            ana_vars: Any = None,
        ) -> Any:
            task, sample, number = cloudpickle.dumps(simulate_one), self._create_empty_sample(), 0
            waiting: list[Any] = []
            while sample.n_accepted < n:
                while len(waiting) < AHEAD:
                    waiting.append(evaluate(task, seed, t + 2, number))
                    number += BLOCK
                block = waiting.pop(0)
                for one in block.result() if isinstance(block, Future) else block:
                    if sample.n_accepted < n:
                        sample.append(one)
            for block in waiting:
                if isinstance(block, Future):
                    block.cancel()
            # What was evaluated in order until enough were accepted; pyABC counts it.
            self.nr_evaluations_ = number - BLOCK * len(waiting)
            if t >= 0:
                tell(f"generation {t + 1}: {n:,} of {self.nr_evaluations_:,} simulations are near enough")
            return sample

    return Numbered()


AHEAD = 32
"""Blocks that wait to be evaluated."""


@contextmanager
def _evaluating(workers: int) -> Iterator[_Evaluate]:
    """Yield a function that evaluates a block of numbers, in other processes if there are several workers."""
    if workers == 1:
        yield _Lazy
        return
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_undisturbed
    )
    try:
        yield lambda *task: pool.submit(_evaluated, *task)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Lazy(list[Any]):
    """A block that is evaluated when it is read, so that none is in vain."""

    def __init__(self, *task: Any) -> None:
        super().__init__()
        self._task = task

    def __iter__(self) -> Iterator[Any]:
        return iter(_evaluated(*self._task))


def _undisturbed() -> None:
    """Leave Ctrl-C to the process that waits for this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _evaluated(task: bytes, seed: int, generation: int, first: int) -> list[Any]:
    """Evaluate a block of numbers; pyABC draws from the generators of NumPy and Python, which each number seeds."""
    simulate_one = _loaded(task)
    found = []
    for number in range(first, first + BLOCK):
        words = np.random.SeedSequence([seed, generation, number]).generate_state(4)
        np.random.seed(words)  # noqa: NPY002
        random.seed(int(words[0]))
        found.append(simulate_one())
    return found


@lru_cache(maxsize=1)
def _loaded(task: bytes) -> Any:
    import cloudpickle

    return cloudpickle.loads(task)
