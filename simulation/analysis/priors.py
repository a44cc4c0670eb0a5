"""The plausible range of every number that is assumed: ``simulation/data/priors.toml``.

What varies is a key of a scenario, such as ``diffusion.spatial``; ``[*]`` stands for each table of an array, such as
``commodities[*].elasticity``. Section 10 of the model is written from the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from simulation.analysis.declarations import (
    SHIPPED,
    Sources,
    Value,
    Words,
    read_declarations,
    repeated,
)
from simulation.scenario.messages import Issue
from simulation.settings import Line, Names, Settings

PRIORS = SHIPPED / "priors.toml"

_SCALES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (float, float),
    "log": (math.log, math.exp),
    "logit": (lambda p: math.log(p / (1 - p)), lambda x: 1 / (1 + math.exp(-x))),
}
"""From a value to the scale on which its range is explored evenly, and back."""


def value_between(low: float, high: float, place: float, *, scale: str) -> float:
    """Return the value of a range at a place from 0, the low end, to 1, on its scale."""
    to_scale, back = _SCALES[scale]
    first, last = to_scale(low), to_scale(high)
    # Rounding must not lead out of the range, nor away from its ends.
    return (
        low if place <= 0 else high if place >= 1
        else min(max(back(first + place * (last - first)), low), high)
    )  # fmt: skip


def place_between(low: float, high: float, value: float, *, scale: str) -> float:
    """Return the place of a value of a range: the inverse of :func:`value_between`."""
    to_scale, _ = _SCALES[scale]
    first, here, last = to_scale(low), to_scale(value), to_scale(high)
    return (here - first) / (last - first)


_KEY = re.compile(r"[a-z_]+(\[(\*|\d{1,3})\])?(\.[A-Za-z0-9_]+)+")


def _key(name: str) -> str:
    if not _KEY.fullmatch(name):
        raise ValueError(
            f'must be keys of a scenario, such as "diffusion.spatial" or "chains[*].strength"; "{name}" is none'
        )
    return name


def _keys(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_key, names))


Key = Annotated[Line, AfterValidator(_key)]
Keys = Annotated[Names, Field(min_length=1), AfterValidator(_keys)]


class Prior(Settings):
    """One number of a scenario that is an assumption about the world or a policy, and where it may plausibly lie."""

    symbol: Words
    """Symbol in the model, or a few words."""
    keys: Keys
    """Keys that it varies, all to the same value."""
    unit: str = ""
    """Unit; empty for a plain number."""
    default: Value = None
    """Value without a word from the scenario; missing where a scenario must give one."""
    scale: Literal["linear", "log", "logit", "categories"]
    """Scale on which the range is to be explored evenly."""
    low: float | None = None
    """Lowest plausible value."""
    high: float | None = None
    """Highest plausible value."""
    categories: Annotated[tuple[Value, ...], Field(strict=False)] = ()
    """Plausible values, with scale = "categories" only."""
    sources: Sources
    """Sources of the range, as author and year; or the one word "assumption"."""
    unverified: str = ""
    """Figures of the sources that could not be looked up, in words; empty if all were."""
    why: Words
    """Why the range is as wide as it is, and no wider."""

    @model_validator(mode="after")
    def _has_a_range_on_its_scale(self) -> Self:
        if self.scale == "categories":
            if self.low is not None or self.high is not None:
                raise ValueError('scale = "categories" has categories, and neither low nor high')
            if len(set(self.categories)) < 2 or len(set(self.categories)) < len(self.categories):
                raise ValueError("categories must be at least two, all different")
            if self.default is not None and self.default not in self.categories:
                raise ValueError(f"the default {self.default} must be one of the categories")
            return self
        if self.categories or self.low is None or self.high is None:
            raise ValueError(f'scale = "{self.scale}" has low and high, and no categories')
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        if self.scale != "linear" and self.low <= 0:
            raise ValueError(f"low {self.low:g} must be above 0 on the scale {self.scale}")
        if self.scale == "logit" and self.high >= 1:
            raise ValueError(f"high {self.high:g} must be below 1 on the scale logit")
        if self.default is not None and not (
            isinstance(self.default, int | float) and self.low <= self.default <= self.high
        ):
            raise ValueError(
                f"the default {self.default} must lie in the range {self.low:g} to {self.high:g}"
            )
        return self

    def value_at(self, place: float) -> Any:
        """Return the value at a place from 0, the low end, to 1, on its scale; categories have equal parts of it."""
        if self.scale == "categories":
            return self.categories[min(int(place * len(self.categories)), len(self.categories) - 1)]
        assert self.low is not None and self.high is not None, "a range without ends"
        return value_between(self.low, self.high, place, scale=self.scale)


class Fixed(Settings):
    """A key that is not varied: a choice of method, data, or what each scenario decides."""

    symbol: Words
    """Symbol in the model, or a few words."""
    keys: Keys
    """Keys of a scenario."""
    unit: str = ""
    """Unit; empty for a plain number."""
    default: Value = None
    """Value without a word from the scenario."""
    sources: Sources
    """Sources of the default, as author and year; or the one word "assumption"."""
    why: Words
    """Why it is not varied."""


class Priors(Settings):
    """What is varied, and what is not."""

    priors: Annotated[tuple[Prior, ...], Field(strict=False)]
    """Numbers with a plausible range."""
    fixed: Annotated[tuple[Fixed, ...], Field(strict=False)] = ()
    """Keys that are not varied."""


def read_priors(path: Path) -> Priors:
    """Return the priors of a file.

    Raises
    ------
    DataError
        With every problem, each with file, line and key.
    """
    return read_declarations(path, Priors, expected="priors (TOML)", check=_keys_stand_once)


@lru_cache(maxsize=1)
def load_priors() -> Priors:
    """Return the shipped priors."""
    return read_priors(PRIORS)


def _keys_stand_once(declared: Priors) -> Iterator[Issue]:
    tables: dict[str, tuple[Prior | Fixed, ...]] = {"priors": declared.priors, "fixed": declared.fixed}
    return repeated(
        ((table, n, "keys"), key)
        for table, rows in tables.items()
        for n, row in enumerate(rows)
        for key in row.keys
    )
