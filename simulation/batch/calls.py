"""Replications of a function that is not our model: importing it in a worker, calling it, checking what it returns."""

from __future__ import annotations

import contextlib
import copy
import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from numbers import Real
from types import ModuleType
from typing import Any

from simulation.batch.dispatch import Block, Outcome
from simulation.batch.rows import files_of, rows_of
from simulation.batch.sources import Sources, name_of, sources_of
from simulation.batch.workers import KEPT
from simulation.errors import HyperclusterError, MachineError, listed, shortened
from simulation.hidden_characters import fault_of
from simulation.results.any_manifest import edited_modules
from simulation.results.tables import RESERVED, Tables, outcomes_of

Function = Callable[[dict[str, Any], int], Mapping[str, float]]
"""A function of the parameters of a scenario and a seed, which returns outcomes by name."""

MOST_OUTCOMES = 1000
"""More columns than anybody reads: whoever returns more returns a series."""


class OutcomesError(Exception):
    """A function returned something else than outcomes."""


@dataclass(frozen=True, slots=True)
class Called:
    """A function by the name under which worker processes import it, and what it comes from."""

    module: str
    name: str
    sources: Sources

    def __str__(self) -> str:
        """The same whether its module is imported or is the program that runs."""
        return f"{name_of(sys.modules[self.module])}:{self.name}"


@dataclass(frozen=True, slots=True)
class AnyScenario:
    """The parameters that a function is called with, under a name."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Makes the row of one replication by calling a function: a ``Replicate``."""

    function: Called
    outcomes: tuple[str, ...] = ()  # in the order of the columns; empty until a replication has told them

    def __call__(
        self, spec: AnyScenario, replication: int, *, seed: int, deadline: float | None, keep: str
    ) -> Tables:
        """Return the rows; ``seed`` is that of the study."""
        parameters = copy.deepcopy(dict(spec.parameters))  # the function may change them
        values = _checked(imported(self.function)(parameters, seed + replication))
        if self.outcomes:
            if differing := values.keys() ^ set(self.outcomes):
                raise OutcomesError(
                    f"returned other outcomes than the first replication: {listed(sorted(differing))} "
                    "only there or here"
                )
            values = {name: values[name] for name in self.outcomes}
        return outcomes_of(spec.name, seed + replication, values, replication=replication)

    def case(self, spec: AnyScenario, replication: int) -> tuple[AnyScenario, int]:
        """Raise, since no replication has a scenario or seed that differs from those of the study."""
        raise HyperclusterError("as in the study")


def called(function: Function) -> Called:
    """Return a function as worker processes import it.

    Raises
    ------
    HyperclusterError
        If they could not.
    """
    name, module_name = (getattr(function, key, None) for key in ("__qualname__", "__module__"))
    module = sys.modules.get(module_name) if isinstance(module_name, str) else None
    if not isinstance(name, str) or module is None or _within(module, name) is not function:
        raise HyperclusterError(
            f"function = {shortened(repr(function))}: must be a function at the top of a module, so that worker "
            "processes can import it; not a lambda, a function within another, a method or a partial"
        )
    if module.__name__ == "__main__" and not getattr(module, "__file__", None):
        raise HyperclusterError(
            f"function = {name}: is defined in an interactive session, where worker processes cannot find it; "
            "write it into a file and import it from there"
        )
    return Called(module.__name__, name, sources_of(module))


def _within(module: ModuleType, name: str) -> object:
    found: object = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def get_ready(function: Called) -> None:
    """Import a function before the first task, so that the time for it counts as that of no replication."""
    with contextlib.suppress(Exception):  # it occurs again in the task, and is reported there
        imported(function)


@lru_cache(maxsize=8)
def imported(function: Called) -> Function:
    """Import a function, once in each process.

    Raises
    ------
    MachineError
        If it cannot be imported here, or is not the same as where the study was started.
    """
    where = f"a worker process cannot use {function.module}:{function.name}"
    try:
        module = import_module(function.module)
    except Exception as error:
        raise MachineError(f"{where}: {type(error).__name__}: {error}; {KEPT}") from error
    found = _within(module, function.name)
    if not callable(found):
        raise MachineError(f"{where}: its module has no such function there; {KEPT}")
    here = sources_of(module)
    for there, now, what in (
        (function.sources.modules, here.modules, "was edited during the run, or is another one"),
        (function.sources.packages, here.packages, "has another version"),
    ):
        if others := edited_modules(dict(there), dict(now)):
            raise MachineError(f"{where}: {listed(others)} {what} there; {KEPT}")
    return found


def run_calls(block: Block) -> Outcome:
    """Compute a block of calls.

    Raises
    ------
    MachineError
        If the function cannot be imported, or is not the same here.
    """
    call = block.replicate
    assert isinstance(call, Call), "a block of calls"
    imported(call.function)
    began = time.perf_counter()
    rows, failures = rows_of(block, call)
    if not rows:
        return Outcome(failures=failures)
    failed = {failure.replication for failure in failures}
    return Outcome(
        files=files_of(rows, keep=block.keep),
        failures=failures,
        headline={number: () for number in block.replications if number not in failed},
        seconds=time.perf_counter() - began,
    )


def _checked(returned: object) -> dict[str, float]:
    """Return the outcomes of a replication as numbers.

    Raises
    ------
    OutcomesError
        If they are none.
    """
    if not isinstance(returned, Mapping) or not returned:
        raise OutcomesError(f"returned {shortened(repr(returned))}, not a dictionary of outcomes")
    if len(returned) > MOST_OUTCOMES:
        raise OutcomesError(f"returned {len(returned):,} outcomes; {MOST_OUTCOMES:,} at most")
    return {_name(name): _number(name, value) for name, value in returned.items()}


def _name(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise OutcomesError(f"returned the outcome {shortened(repr(name))}, whose name is not a text")
    if fault := fault_of(name):
        raise OutcomesError(f"returned the outcome {shortened(repr(name))}: {fault}")
    if name in RESERVED:
        raise OutcomesError(f"returned the outcome {name!r}, which is the name of another column; rename it")
    return name


def _number(name: str, value: object) -> float:
    """Return a number or truth value as a float; None stands for no value."""
    if value is None:
        return math.nan
    item = getattr(value, "item", None)  # of NumPy's scalars and arrays without dimensions
    if getattr(value, "shape", None) == () and callable(item):
        value = item()
    if not isinstance(value, Real):
        raise OutcomesError(f"returned {name} = {shortened(repr(value))}, which is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise OutcomesError(f"returned {name}, which is infinite; None stands for no value")
    return number
