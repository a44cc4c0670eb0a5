"""Hazard that is cumulated, and pairs that wait no longer, against plain twins."""

import numpy as np

from simulation.engine.kernels import adoption
from simulation.engine.kernels.network import NO_PARTNER


def test_the_hazard_is_cumulated_for_those_that_wait_and_told_where_it_reaches_the_threshold():
    rng = np.random.default_rng(5)
    n, first, cells = 60, 11, 7
    waiting = (first + np.flatnonzero(rng.random(n) < 0.6)).astype(np.int32)
    rate, gain = rng.random(cells), rng.random(cells)
    cell_of = rng.integers(0, cells, n).astype(np.int32)
    gain[3] = 0.0
    exposures = rng.random(first + n)
    exposures[first:][cell_of == 3] = NO_PARTNER
    remaining = rng.random(first + n) * 2
    remaining[waiting[0]] = rate[cell_of[waiting[0] - first]]
    exposures[waiting[0]] = 0.0  # reaches its threshold exactly
    before, reached, there = remaining.copy(), np.full(n, -1, dtype=np.int32), waiting.copy()
    count = adoption.cumulate_hazard(rate, gain, waiting, first, cell_of, exposures, remaining, reached)
    expected = before.copy()
    for p in there:
        expected[p] -= rate[cell_of[p - first]] + gain[cell_of[p - first]] * exposures[p]
    np.testing.assert_array_equal(remaining, expected)
    assert reached[:count].tolist() == there[expected[there] <= 0].tolist()
    assert waiting[: there.size - count].tolist() == there[expected[there] > 0].tolist()
    assert 0 < count < there.size and reached[0] == there[0]
