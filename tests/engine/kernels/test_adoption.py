"""Hazard that is cumulated, and pairs that wait no longer, against plain twins."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.engine.kernels import adoption
from simulation.engine.kernels.network import NO_PARTNER


@settings(deadline=None)  # the first example compiles
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_pairs_that_leave_are_taken_from_those_that_wait(leaves):
    leaves = np.array(leaves)
    waiting = np.arange(7, 7 + 3 * leaves.size, 3, dtype=np.int32)
    before, places = waiting.copy(), np.flatnonzero(leaves).astype(np.int32)
    adoption.leave_at(waiting, places)
    assert places.tolist() == before[leaves].tolist()
    assert waiting[: np.count_nonzero(~leaves)].tolist() == before[~leaves].tolist()


def test_the_hazard_is_cumulated_for_those_that_wait_and_told_where_it_reaches_the_threshold():
    rng = np.random.default_rng(5)
    n, first, cells, regions, industries = 60, 11, 7, 3, 2
    waiting = (first + np.flatnonzero(rng.random(n) < 0.6)).astype(np.int32)
    rate, gain = rng.random(cells), rng.random(cells)
    cell_of = rng.integers(0, cells, n).astype(np.int32)
    exposures = np.where(rng.random(first + n) < 0.3, NO_PARTNER, rng.random(first + n))
    enterprise = rng.integers(0, 9, first + n).astype(np.int32)
    region_of, industry_of = rng.integers(0, regions, 9), rng.integers(0, industries, 9)
    spatial = rng.random((regions, industries))
    remaining = rng.random(first + n) * 2
    remaining[waiting[0]] = rate[cell_of[waiting[0] - first]]
    exposures[waiting[0]] = 0.0  # reaches its threshold exactly
    before, reached = remaining.copy(), np.full(n, -1, dtype=np.int32)
    count = adoption.cumulate_hazard(
        rate, gain, waiting, first, cell_of, exposures, enterprise, region_of, industry_of, spatial, remaining, reached
    )  # fmt: skip
    expected = before.copy()
    for p in waiting:
        contacts = exposures[p]
        if contacts == NO_PARTNER:
            contacts = spatial[region_of[enterprise[p]], industry_of[enterprise[p]]]
        expected[p] -= rate[cell_of[p - first]] + gain[cell_of[p - first]] * contacts
    np.testing.assert_array_equal(remaining, expected)
    assert reached[:count].tolist() == np.flatnonzero(expected[waiting] <= 0).tolist()
    assert 0 < count < waiting.size and reached[0] == 0
