"""The common base of a scenario's schema: strict validation, bounded numbers, lists of names."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from simulation.hidden_characters import fault_of
from simulation.world import Array


class Settings(BaseModel):
    """A table of a scenario file: immutable, no unknown keys, no silent conversion, no NaN."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f'must name each only once; "{twice[0]}" occurs twice')
    return names


LEAST_WEIGHT = 1e-9


def _not_lost(weight: float) -> float:
    # Far below, products and quotients of weights underflow, and the only positive weight would count as 0.
    if 0 < weight < LEAST_WEIGHT:
        raise ValueError(f"must be 0, or {LEAST_WEIGHT:g} or more")
    return weight


def _number_or_table(value: Any) -> str:
    return "<table>" if isinstance(value, dict) else "<number>"


def _all_or_list(value: Any) -> str:
    return "<all>" if isinstance(value, str) else "<list>"


UNION_TAGS = ("<number>", "<table>", "<all>", "<list>")
"""Names of alternatives, which pydantic adds to the location of an error and which messages must not contain."""

NonNegative = Annotated[float, Field(ge=0, le=1e12)]
# No smaller than 1e-9, so that dividing by it neither overflows nor leaves the whole numbers.
Positive = Annotated[float, Field(ge=1e-9, le=1e12)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1e6)]
# What is compared with others of its kind: 0, or no less than 1e-9.
ShareWeight = Annotated[Share, AfterValidator(_not_lost)]
Weight = Annotated[NonNegative, AfterValidator(_not_lost)]
Year = Annotated[float, Field(ge=0, le=1000)]


def _one_line(text: str) -> str:
    if fault := fault_of(text):
        raise ValueError(fault)
    return text


def _lines(text: str) -> str:
    if fault := fault_of(text, lines=True):
        raise ValueError(fault)
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""A text on one line, without hidden characters."""
Text = Annotated[str, AfterValidator(_lines)]
"""A text that may have several lines, without hidden characters."""
IDENTIFIER = r"^[a-z0-9_-]{1,64}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]

# A TOML array is a list, which strict pydantic refuses for a tuple; its elements stay strict.
Names = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_distinct)]
Selection = Annotated[
    Annotated[Literal["all"], Tag("<all>")] | Annotated[Names, Tag("<list>")],
    Discriminator(_all_or_list),
]
Residents = Annotated[
    Annotated[Literal["none", "all"], Tag("<all>")] | Annotated[Names, Tag("<list>")],
    Discriminator(_all_or_list),
]
ShareOrTable = Annotated[
    Annotated[Share, Tag("<number>")] | Annotated[dict[str, Share], Tag("<table>")],
    Discriminator(_number_or_table),
]
WeightOrTable = Annotated[
    Annotated[Weight, Tag("<number>")] | Annotated[dict[str, Weight], Tag("<table>")],
    Discriminator(_number_or_table),
]
RateOrTable = Annotated[
    Annotated[Rate, Tag("<number>")] | Annotated[dict[str, Rate], Tag("<table>")],
    Discriminator(_number_or_table),
]
PositiveOrTable = Annotated[
    Annotated[Positive, Tag("<number>")] | Annotated[dict[str, Positive], Tag("<table>")],
    Discriminator(_number_or_table),
]


def multiplied(shares: Array, factor: float) -> Array:
    """Return shares times a factor, at most 1; the same bits at factor 1."""
    return np.minimum(shares * factor, 1.0)


def by_name(given: float | dict[str, float] | None, names: tuple[str, ...], default: Array) -> Array:
    """Return the value of each name, float64, from a number or a table: ``default`` for names not in the table."""
    if given is None:
        return default.astype(np.float64)
    if not isinstance(given, dict):
        return np.full(len(names), float(given))
    return np.array(
        [given.get(name, value) for name, value in zip(names, default, strict=True)], dtype=np.float64
    )
