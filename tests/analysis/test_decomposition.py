"""Phi as a sum over regions and macroregions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from simulation.analysis.decomposition import PhiParts, split_phi
from simulation.metrics import phi

MACROREGIONS = (0, 0, 1, 1, 2)
BELONGS = np.array(MACROREGIONS)[:, None] == np.arange(3)


def split(adopters: np.ndarray, eligible: np.ndarray, macroregions: Sequence[int] = MACROREGIONS) -> PhiParts:
    """Split Phi of counts (cells, months, R) and (cells, E, R): every cell is a technology of the only industry."""
    return split_phi(
        np.ascontiguousarray(adopters[..., None], dtype=np.int32),
        np.ascontiguousarray(eligible.transpose(1, 2, 0)[:, :, None, :], dtype=np.int64),
        np.zeros(len(adopters), dtype=np.int64),
        window=adopters.shape[1] - 1,
        macroregion_of=np.array(macroregions),
        n_macroregions=max(macroregions) + 1,
    )


def random_counts(
    seed: int, *, shape: tuple[int, int] = (7, 30), sizes: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Rising shares of adopters of some cells over months in five regions, some of which lack a cell.

    ``sizes`` is 1 where enterprises stay the same, or the number of months.
    """
    rng = np.random.default_rng(seed)
    cells, months = shape
    eligible = rng.integers(0, 40, size=(cells, sizes, 5)) * (rng.random((cells, sizes, 5)) > 0.2)
    steps = rng.random((cells, months, 5)) * rng.random((cells, 1, 5))
    share = np.cumsum(steps, axis=1) / months
    return np.floor(share * eligible), eligible


@pytest.mark.parametrize("sizes", [1, 30])
@pytest.mark.parametrize("seed", range(5))
def test_parts_sum_to_phi_over_regions_and_over_macroregions(seed: int, sizes: int):
    adopters, eligible = random_counts(seed, sizes=sizes)
    parts, whole = split(adopters, eligible), phi(adopters, eligible)
    assert parts.regional.sum() == pytest.approx(whole, abs=1e-13)
    assert parts.between.sum() + parts.within.sum() == pytest.approx(whole, abs=1e-13)
    assert parts.regional @ BELONGS == pytest.approx(parts.between + parts.within, abs=1e-13)
    assert abs(whole) > 0.01


def test_two_regions_by_hand():
    # 100 and 100 eligible, 80 and 20 adopters all the time: F = .8, .2, pooled .5; MSB = 2 x 100 x .09 = 18,
    # MSW = (16 + 16) / 198, n0 = 100. Each region's part is half of Phi; the shares deviate between macroregions only.
    adopters, eligible = np.array([[[80.0, 20.0]] * 3]), np.array([[[100, 100]]])
    whole = (18 - 32 / 198) / (18 + 99 * 32 / 198)
    apart = split(adopters, eligible, (0, 1))
    assert apart.regional == pytest.approx([whole / 2, whole / 2])
    assert apart.between == pytest.approx([whole / 2, whole / 2])
    assert apart.within == pytest.approx([0, 0], abs=1e-15)
    together = split(adopters, eligible, (0, 0))
    assert together.between == pytest.approx([0], abs=1e-15)
    assert together.within == pytest.approx([whole])


def test_months_without_comparison_add_nothing():
    """The second region is empty in the middle of five months, so four of them are like those of no gap."""
    adopters, eligible = np.array([[[80.0, 20.0]] * 5]), np.full((1, 5, 2), 100)
    adopters[0, 2, 1] = eligible[0, 2, 1] = 0
    gap = split(adopters, eligible, (0, 1))
    assert gap.regional.sum() == pytest.approx((18 - 32 / 198) / (18 + 99 * 32 / 198))


def test_parts_are_zero_up_to_chance_where_regions_are_alike():
    # 4,000 cells of five like regions, half of the enterprises adopters: each part has mean 0.
    rng = np.random.default_rng(3)
    eligible = np.tile([10, 20, 30, 40, 50], (4000, 1, 1))
    adopters = np.repeat(rng.binomial(eligible, 0.5), 2, axis=1).astype(float)
    by_cell = [
        split(adopters[block : block + 100], eligible[block : block + 100]) for block in range(0, 4000, 100)
    ]
    for values in (np.array([getattr(parts, name) for parts in by_cell]) for name in ("regional", "between")):
        error = values.std(axis=0, ddof=1) / math.sqrt(len(values))
        assert np.all(np.abs(values.mean(axis=0)) < 4 * error)
        assert np.all(error > 0)


def test_parts_are_undefined_where_nothing_varies():
    parts = split(np.zeros((2, 3, 5)), np.full((2, 1, 5), 9))
    assert np.isnan(parts.regional).all() and np.isnan(parts.within).all()


def plain_regional(adopters: np.ndarray, eligible: np.ndarray, month: int) -> tuple[np.ndarray, float]:
    """The parts of regions in one month, before they are divided, and the variance in all, cell by cell."""
    parts, total = np.zeros(5), 0.0
    for a, n in zip(adopters[:, month], eligible[:, min(month, eligible.shape[1] - 1)], strict=True):
        there, size = n > 0, n.sum()
        if there.sum() < 2 or size <= there.sum():
            continue
        share = np.divide(a, n, out=np.zeros(5), where=there)
        pooled, free = a.sum() / size, there.sum() - 1
        within = (n * share * (1 - share)).sum() / (size - there.sum())
        between = (n * (share - pooled) ** 2).sum() / free
        n0 = (size - (n**2).sum() / size) / free
        total += size * (between + (n0 - 1) * within)
        parts += size / free * (n * (share - pooled) ** 2 - within * np.where(there, 1 - n / size, 0.0))
    return parts, total


@pytest.mark.parametrize("sizes", [1, 30])
def test_parts_are_those_of_the_plain_twin(sizes: int):
    adopters, eligible = random_counts(11, sizes=sizes)
    months = [plain_regional(adopters, eligible, month) for month in range(30)]
    weights = np.array([0.5, *[1.0] * 28, 0.5])  # trapezoid rule
    whole = weights @ np.array([total for _, total in months])
    assert split(adopters, eligible).regional == pytest.approx(
        weights @ np.array([parts for parts, _ in months]) / whole, abs=1e-14
    )
