"""Formats of the numbers in the tables of a study."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from simulation.analysis.paired import Difference


def or_dash(value: float, form: str) -> str:
    """Format a number; "-" for nan."""
    return "-" if math.isnan(value) else form.format(value)


def signed(value: float, decimals: int) -> str:
    """Format a difference with its sign, without one if it rounds to zero; "-" for nan."""
    if math.isnan(value):
        return "-"
    return f"{value:+,.{decimals}f}" if round(value, decimals) else f"{0:.{decimals}f}"


def with_interval(difference: float, low: float, high: float, *, decimals: int) -> str:
    """Format a difference with its interval in brackets; the interval is omitted if it rounds to zero."""
    if math.isnan(low) or not any(round(value, decimals) for value in (difference, low, high)):
        return signed(difference, decimals)
    return f"{signed(difference, decimals)} [{signed(low, decimals)}, {signed(high, decimals)}]"


def as_difference(row: Mapping[str, Any]) -> Difference:
    """Return the fields of a row that belong to a difference."""
    return Difference(**{name: row[name] for name in Difference.__dataclass_fields__ if name in row})


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as mappings from column names."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
