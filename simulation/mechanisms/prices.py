"""Prices of commodities, and their effect on the willingness to invest of the industries that sell them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from simulation.compiled import compiled
from simulation.data.tables import read_table
from simulation.elementary import exp, expm1, log
from simulation.errors import Problem
from simulation.quantiles import normal_quantiles
from simulation.settings import (
    Identifier,
    Names,
    Positive,
    Rate,
    Settings,
    ShareOrTable,
    Year,
    by_name,
)
from simulation.streams import key, numbered_all, uniforms
from simulation.world import Array, Commodities

FARTHEST = 1000.0
"""A price stays between a thousandth and a thousand times its reference, so that no hazard overflows."""

PricePoint = Annotated[tuple[Year, Positive], Field(strict=False)]
PricePath = Annotated[tuple[PricePoint, ...], Field(strict=False)]


class PriceProcess(Settings):
    """A price that returns to its reference, with noise and jumps; starts at the reference."""

    reversion: Rate
    """kappa: how fast the logarithm of the price returns to that of the reference, 1/year."""
    volatility: Annotated[float, Field(ge=0, le=10)]
    """sigma: standard deviation of a year's noise in the logarithm of the price, without reversion."""
    jumps_per_year: Rate = 0.0
    """Rate of price jumps, 1/year; at most one per step."""
    jump_mean: Annotated[float, Field(ge=-10, le=10)] = 0.0
    """Mean of a jump in the logarithm of the price; below 0 for a slump."""
    jump_sd: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Standard deviation of a jump in the logarithm of the price."""


class Commodity(Settings):
    """A commodity whose price affects the industries that sell it; given by a path or a stochastic process."""

    name: Identifier
    """Name, which keys its draws."""
    industries: Annotated[Names, Field(min_length=1)]
    """Industries that sell it."""
    elasticity: Annotated[float, Field(ge=0, le=10)]
    """eta: elasticity of adoption to the price at export dependence 1; 0 for no effect."""
    export_dependence: ShareOrTable
    """Share of the industry's sales at the world price, 0-1: one number, or a table by region, else 0."""
    reference: Positive
    """Price without effect, in the unit of the path."""
    path: PricePath | None = None
    """Pairs of year and price, linear in between and flat beyond; in a file also the name of a CSV table of them."""
    process: PriceProcess | None = None
    """The stochastic process, if no path is given."""

    @model_validator(mode="after")
    def _has_a_path_or_a_process(self) -> Self:
        if (self.path is None) == (self.process is None):
            raise ValueError("give either a path of prices or a process")
        if self.path == ():
            raise ValueError("the path must hold at least one pair of year and price")
        return self

    @model_validator(mode="after")
    def _path_goes_on_in_time_and_within_bounds(self) -> Self:
        if any(later <= year for (year, _), (later, _) in pairwise(self.path or ())):
            raise ValueError("the years of the path must increase")
        for year, price in self.path or ():
            if not 1 / FARTHEST <= price / self.reference <= FARTHEST:
                raise ValueError(
                    f"the price {price:g} of year {year:g} must lie between a thousandth and a thousand times "
                    f"the reference {self.reference:g}"
                )
        return self


def read_price_path(path: Path) -> tuple[list[list[float]], list[Problem]]:
    """Return the pairs of year and price of a CSV table with these columns, and its problems."""
    problems: list[Problem] = []
    table = read_table(path, columns=("year", "price"), problems=problems)
    if problems:
        return [], problems
    points = [
        [row.number("year", low=0, high=1000), row.number("price", low=1e-9, high=1e12)] for row in table
    ]
    for row, (before, after) in zip(table.rows[1:], pairwise(points), strict=True):
        if after[0] <= before[0]:
            row.problem("year", f"must be later than the year above, {before[0]:g}")
    return points, problems


def commodities_of(
    rows: Sequence[Commodity],
    *,
    seed: int,
    regions: tuple[str, ...],
    industries: tuple[str, ...],
    months: int,
    steps_per_year: int,
) -> Commodities:
    """Return the prices of the whole run, drawn or given, and their exponents by region and industry."""
    rows = sorted(rows, key=lambda row: row.name)
    log_price = np.zeros((months + 1, len(rows)))
    exponent = np.zeros((len(rows), len(regions), len(industries)))
    for m, row in enumerate(rows):
        if row.path is not None:
            years, prices = np.array(row.path).T
            price = _interpolated(np.arange(months + 1) / steps_per_year, years, prices)
            log_price[:, m] = [log(one) for one in price / row.reference]
        else:
            assert row.process is not None
            log_price[:, m] = drawn_log_price(
                row.process, seed=seed, name=row.name, months=months, steps_per_year=steps_per_year
            )
        dependence = by_name(row.export_dependence, regions, np.zeros(len(regions)))
        exponent[m] = row.elasticity * dependence[:, None] * np.isin(industries, row.industries)[None, :]
    return Commodities(tuple(row.name for row in rows), log_price, exponent)


def drawn_log_price(
    process: PriceProcess, *, seed: int, name: str, months: int, steps_per_year: int
) -> Array:
    """Draw the logarithm of price over reference at the start of each month, 0 at first; equation (22).

    A step is the exact solution of the process over a month, so that its variance does not depend on the step; there
    is at most one jump per step.

    Returns
    -------
    float64, shape (months + 1,)
        Within the bounds of ``FARTHEST``.

    References
    ----------
    Schwartz (1997), The Journal of Finance 52: 923-973; jumps after Merton (1976), Journal of Financial Economics 3:
    125-144.
    """
    dt = 1.0 / steps_per_year
    identities = numbered_all(np.full(months, key("month"), dtype=np.uint64), np.arange(months))
    draws = np.empty((3, months))
    for purpose, out in zip(("price", "price_jump", "price_jump_size"), draws, strict=True):
        uniforms(key(seed, purpose, name), identities, out)
    reversion, farthest = np.float64(process.reversion), log(np.float64(FARTHEST))
    kept = exp(-reversion * dt)
    variance = -expm1(-2 * reversion * dt) / (2 * reversion) if reversion else dt
    noise = process.volatility * np.sqrt(variance) * normal_quantiles(draws[0])
    jumps = draws[1] < -expm1(np.float64(-process.jumps_per_year * dt))
    change = noise + jumps * (process.jump_mean + process.jump_sd * normal_quantiles(draws[2]))
    log_price = np.zeros(months + 1)
    for month in range(months):
        moved = kept * log_price[month] + change[month]
        log_price[month + 1] = np.clip(moved, -farthest, farthest)
    return log_price


@compiled
def price_factor(log_price: Array, exponent: Array) -> Array:
    """Return (price / reference) ^ (eta e_rs), the product over commodities; equation (21).

    Parameters
    ----------
    log_price : float64, shape (M,)
        Logarithm of price over reference in the month.
    exponent : float64, shape (M, R, S)
        Elasticity times export dependence.

    Returns
    -------
    float64, shape (R, S)
        Exactly 1 where the exponent is 0.
    """
    factor = np.empty(exponent.shape[1:])
    for r in range(factor.shape[0]):
        for s in range(factor.shape[1]):
            total = 0.0
            for m in range(log_price.size):
                total += log_price[m] * exponent[m, r, s]
            factor[r, s] = exp(total)
    return factor


def _interpolated(time: Array, times: Array, values: Array) -> Array:
    """Return values between given ones on straight lines, and beyond the first and the last those."""
    time = np.clip(time, times[0], times[-1])
    before = np.clip(np.searchsorted(times, time, side="right") - 1, 0, max(times.size - 2, 0))
    after = np.minimum(before + 1, times.size - 1)
    length = np.where(after > before, times[after] - times[before], 1.0)
    return values[before] + (values[after] - values[before]) * ((time - times[before]) / length)
