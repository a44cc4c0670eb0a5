"""Hazard that is cumulated, and pairs that wait no longer, against plain twins."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.engine.kernels import adoption, waiting
from simulation.engine.kernels.network import NO_PARTNER


def test_the_hazard_is_cumulated_for_those_that_wait_and_told_where_it_reaches_the_threshold():
    rng = np.random.default_rng(5)
    n, waits, cells = 60, 41, 7
    rate, gain = rng.random(cells), rng.random(cells)
    cell_of = rng.integers(0, cells, n).astype(np.int32)
    gain[3] = 0.0
    exposures = rng.random(n)
    exposures[cell_of == 3] = NO_PARTNER
    remaining = rng.random(n) * 2
    remaining[0], exposures[0] = rate[cell_of[0]], 0.0  # reaches its threshold exactly
    before, reached = remaining.copy(), np.full(n, -1, dtype=np.int32)
    count = adoption.cumulate_hazard(
        rate, gain, cell_of[:waits], exposures[:waits], remaining[:waits], reached
    )
    expected = before.copy()
    for w in range(waits):
        expected[w] -= rate[cell_of[w]] + gain[cell_of[w]] * exposures[w]
    np.testing.assert_array_equal(remaining, expected)
    assert reached[:count].tolist() == np.flatnonzero(expected[:waits] <= 0).tolist()
    assert 0 < count < waits and reached[0] == 0


@settings(deadline=None)  # the first example may have to compile
@given(data=st.data())
def test_enterprises_that_trade_places_take_what_is_theirs_along(data):
    """Of those that are let wait, some at a time wait no longer, until none is left."""
    n = data.draw(st.integers(1, 12))
    order = np.array(data.draw(st.permutations(range(n))), dtype=np.int32)
    slot = np.array(data.draw(st.permutations(range(n))), dtype=np.int32)
    remaining = order + 0.5
    who = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    waits = {int(i) for i in range(n) if who[slot[i]]}
    count = waiting.let_wait(who, slot, order, remaining)
    assert (remaining == order + 0.5).all()
    place = np.full(n, 99, dtype=np.int32)
    waiting.find_places(order[:count], place)
    exposures, cells = order * 2.0, order + 100
    contacts = np.stack([order, order + 1, order + 2, order + 3], axis=1)
    while True:
        first = order[:count]
        assert set(first.tolist()) == waits and sorted(order.tolist()) == list(range(n))
        assert place[first].tolist() == list(range(count))
        assert (place[order[count:]] == waiting.NOWHERE).all()
        assert (remaining[:count] == first + 0.5).all() and (exposures[:count] == first * 2.0).all()
        assert (cells[:count] == first + 100).all()
        assert (contacts[:count] == first[:, None] + np.arange(4)).all()
        if not waits:
            break
        reached = sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1)))
        waits -= set(order[reached].tolist())
        waiting.stop_waiting(
            np.array(reached, dtype=np.int32), count, order, place, remaining, contacts, exposures, cells
        )
        count -= len(reached)
