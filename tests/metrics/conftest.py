"""Records made by hand, so that a metric is tested without a simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hand_made_records import record_of

from simulation.record import Record

type Make = Callable[..., Record]


def counts_of(
    months_of_adoption: npt.NDArray[Any], cell: npt.NDArray[Any], shape: tuple[int, ...], *, months: int
) -> Any:
    """Cumulated adopters (months + 1, *shape) of pairs that adopt at the end of a month, or never within ``months``."""
    within = months_of_adoption <= months
    new = np.zeros((months + 1, int(np.prod(shape))), dtype=np.int64)
    np.add.at(new, (months_of_adoption[within], cell[within]), 1)
    return new.cumsum(axis=0).reshape(months + 1, *shape)


def national_enterprises() -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Enterprises (15, 5) of the shipped table by region and industry, and the macroregion of each region (15,)."""
    with (files("simulation") / "data" / "russia-2023" / "enterprises.csv").open() as table:
        frame = pd.read_csv(table)
    industries = ["coal", "metal_ores", "mining_services", "oil_gas", "other_minerals"]
    _, macroregion_of = np.unique(frame["macroregion"], return_inverse=True)
    return frame[industries].to_numpy(), macroregion_of


@pytest.fixture(scope="session")
def make_record() -> Make:
    return record_of


@pytest.fixture(scope="session")
def mixed_world() -> Callable[..., Record]:
    """National sizes, all enterprises eligible for all technologies, every pair with the same hazard at all times."""
    enterprises, macroregion_of = national_enterprises()

    def make(seed: int, *, technologies: int = 22, months: int = 240, hazard: float = 0.2) -> Record:
        shape = (*enterprises.shape, technologies)
        eligible = np.broadcast_to(enterprises[:, :, None], shape)
        cell = np.repeat(np.arange(eligible.size), eligible.ravel())
        years = np.random.default_rng(seed).exponential(1 / hazard, size=cell.size)
        adopters = counts_of(np.ceil(years * 12).astype(np.int64), cell, shape, months=months)
        return record_of(adopters, eligible, macroregion_of=macroregion_of.tolist())

    return make


@pytest.fixture(scope="session")
def uneven_record() -> Record:
    """Four regions in two macroregions, three industries and four technologies, released at different times.

    Some regions lack an industry, and one lacks all that a technology needs; hazards differ between regions.
    """
    rng = np.random.default_rng(7)
    enterprises = np.array([[40, 0, 25], [10, 30, 0], [60, 20, 5], [0, 15, 0]])
    relevant = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 1]])
    eligible = enterprises[:, :, None] * relevant
    release = np.array([0, 5, 17, 30])
    region, _, technology = np.unravel_index(
        np.repeat(np.arange(eligible.size), eligible.ravel()), eligible.shape
    )
    years = rng.exponential(1 / np.array([0.5, 0.3, 0.2, 0.1])[region])
    cell = np.repeat(np.arange(eligible.size), eligible.ravel())
    month = release[technology] + np.ceil(years * 12).astype(np.int64)
    adopters = counts_of(month, cell, eligible.shape, months=200)
    return record_of(
        adopters,
        eligible,
        release_month=release.tolist(),
        macroregion_of=[0, 0, 1, 1],
        members_anywhere=41,
        environmental=[1, 2],
    )


@pytest.fixture(scope="session")
def renewed_record(uneven_record: Record) -> Record:
    """The same, but each year other enterprises are there, and in the fifth year none in the second region.

    Of those who stay as many have adopted as among all; so adopters fall where enterprises leave.
    """
    rng = np.random.default_rng(8)
    of_year = rng.uniform(0.6, 1.4, size=(17, *uneven_record.eligible.shape[1:3], 1))
    of_year[4, 1] = 0
    of_month = of_year[np.arange(uneven_record.months + 1) // 12]
    eligible = np.rint(uneven_record.eligible * of_month).astype(np.int64)
    share = uneven_record.adopters / np.maximum(uneven_record.eligible, 1)
    return replace(
        uneven_record,
        eligible=eligible,
        adopters=np.floor(share * eligible).astype(np.int32),
        may_join=np.zeros((len(eligible), 0, 4), dtype=np.int64),
        enterprises=eligible.max(axis=3).sum(axis=(1, 2)),
    )


@pytest.fixture(scope="session")
def halved_record() -> Record:
    """Two regions of a hundred with 30 and 10 adopters all year; in month 6 fifty others leave the first."""
    eligible = np.full((13, 2, 1, 1), 100)
    eligible[6:, 0] = 50
    adopters = np.broadcast_to(np.array([30, 10])[:, None, None], eligible.shape)
    return record_of(adopters, eligible, members_anywhere=15)
