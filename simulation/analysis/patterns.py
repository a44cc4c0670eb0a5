"""What a baseline must show, with the evidence for it: ``simulation/data/patterns.toml``.

A pattern tests what the model produces; a source that sets a prior is therefore never the source of a pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from simulation.analysis.declarations import (
    SHIPPED,
    Sources,
    Words,
    read_declarations,
    repeated,
)
from simulation.analysis.pattern_quantities import OF_A_RECORD, OF_A_WORLD, Observed
from simulation.errors import listed, suggestion
from simulation.record import Record
from simulation.scenario.messages import Issue
from simulation.settings import Identifier, Names, Positive, Settings
from simulation.world import Array, World

PATTERNS = SHIPPED / "patterns.toml"


def _known(name: str) -> str:
    known = [*OF_A_WORLD, *OF_A_RECORD]
    if name not in known:
        hint = suggestion(name, known) or f"; known are {listed(known)}"
        raise ValueError(f"not a function of simulation.analysis.pattern_quantities{hint}")
    return name


class Pattern(Settings):
    """One thing that a run without policy must show."""

    name: Identifier
    """Name, once in the file."""
    quantity: Words
    """What is measured, in words."""
    function: Annotated[str, AfterValidator(_known)]
    """Function of ``simulation.analysis.pattern_quantities`` that measures it."""
    unit: str = ""
    """Unit; empty for a plain number or a share."""
    low: float
    """Lowest value."""
    high: float
    """Highest value."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of a run's values that must lie in the range, where there are several."""
    sources: Sources
    """Sources, as author and year; or the one word "assumption"."""
    finding: Words
    """What the sources report."""
    unverified: str = ""
    """Figures of the sources that could not be looked up, in words; empty if all were."""
    carries_over: Words
    """How far the finding carries over to this model."""
    status: Literal["evidence", "convention"]
    """Whether the range rests on what was observed, or on what is usually expected."""
    sets_defaults: Names = ()
    """Keys whose defaults were set by hand to meet the pattern: for these defaults it is no test."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self


class Patterns(Settings):
    """All patterns, and how long a run must be to show them."""

    years: Positive
    """Horizon of the run, years, so that no technology is cut off."""
    patterns: Annotated[tuple[Pattern, ...], Field(strict=False)]
    """The patterns."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run shows of one pattern."""

    pattern: Pattern
    values: Array  # float64 (N,), nan where a time is never reached
    inside: float  # share of the values in the range; nan is outside of any

    @property
    def holds(self) -> bool:
        """Whether enough values lie in the range."""
        return self.inside >= self.pattern.share


def read_patterns(path: Path) -> Patterns:
    """Return the patterns of a file.

    Raises
    ------
    DataError
        With every problem, each with file, line and key.
    """
    return read_declarations(path, Patterns, expected="patterns (TOML)", check=_names_stand_once)


@lru_cache(maxsize=1)
def load_patterns() -> Patterns:
    """Return the shipped patterns."""
    return read_patterns(PATTERNS)


def shown(
    patterns: Iterable[Pattern], *, world: World | None = None, record: Record | None = None
) -> tuple[Shown, ...]:
    """Return what a world and the record of its run show of the patterns; without either, the patterns of the other."""
    found = []
    observed = Observed(record) if record is not None else None
    for pattern in patterns:
        if world is not None and pattern.function in OF_A_WORLD:
            values = OF_A_WORLD[pattern.function](world)
        elif observed is not None and pattern.function in OF_A_RECORD:
            values = OF_A_RECORD[pattern.function](observed)
        else:
            continue
        within = (values >= pattern.low) & (values <= pattern.high)
        found.append(Shown(pattern, values, float(np.mean(within)) if values.size else 0.0))
    return tuple(found)


def _names_stand_once(declared: Patterns) -> Iterator[Issue]:
    return repeated((("patterns", n, "name"), row.name) for n, row in enumerate(declared.patterns))
