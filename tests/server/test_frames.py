"""The binary frame is laid out as docs/browser.md says, and holds what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from page import blocks_of

from simulation.channels import Channel
from simulation.server.protocol.frames import (
    MOST_BYTES,
    MOST_MONTHS,
    UNKNOWN,
    Months,
    block,
    frame,
    months_a_frame,
)


def made(side: int, n: int, r: int, k: int, h: int, *, e: int = 0) -> tuple[bytes, dict[str, np.ndarray]]:
    rng = np.random.default_rng(n + 10 * r + 100 * k)
    parts = {
        "attribution": rng.random((n, k, len(Channel))),
        "phi": np.full(n, np.nan),
        "w1_years": rng.random(n),
        "t50_years": rng.random(n),
        "adopters": rng.integers(0, 9999, (n, r, k)),
        "members": rng.integers(0, 9999, (n, h, r)).astype(np.int32),
        "members_anywhere": rng.integers(0, 9999, n),
        "eligible": rng.integers(0, 9999, (e, r, k)),
        "may_join": rng.integers(0, 9999, (e, h, r)),
        "enterprises": rng.integers(0, 9999, (e, r)),
    }
    return block(side, 7, Months(**parts)), parts


@pytest.mark.parametrize(
    ("n", "r", "k", "h", "e"),
    [
        (1, 15, 22, 1, 0),
        (3, 1, 1, 0, 0),
        (1, 2, 2, 0, 0),
        (1, 4, 4, 1, 0),
        (0, 4, 4, 1, 0),
        (1, 15, 22, 1, 1),
        (3, 1, 3, 0, 3),
    ],
)
def test_what_is_written_is_read(n: int, r: int, k: int, h: int, e: int) -> None:
    (first, parts), (second, _) = made(0, n, r, k, h, e=e), made(1, 2, r, k, h)
    assert len(first) % 8 == len(second) % 8 == 0
    request, blocks = blocks_of(frame(2**32 - 1, [first, second]))
    assert request == 2**32 - 1
    assert set(blocks) == {"a", "b"}
    assert blocks["a"].first == 7
    for name, expected in parts.items():
        np.testing.assert_array_equal(getattr(blocks["a"], name), expected)


def test_a_count_that_is_not_known_is_the_largest() -> None:
    _, parts = made(0, 1, 1, 1, 2)
    data = block(0, 0, Months(**(parts | {"members_anywhere": np.array([-1], dtype=np.int32)})))
    assert blocks_of(frame(0, [data]))[1]["a"].members_anywhere.tolist() == [UNKNOWN]


def test_where_the_enterprises_stay_the_same_a_frame_has_nothing_of_them() -> None:
    data, parts = made(0, 2, 3, 4, 1)
    counts = sum(parts[name].size for name in ("adopters", "members", "members_anywhere"))
    floats = sum(parts[name].size for name in ("attribution", "phi", "w1_years", "t50_years"))
    assert len(data) == 32 + 8 * floats + 4 * counts


@pytest.mark.parametrize("changing", [False, True])
@pytest.mark.parametrize("size", [(15, 22, 1), (15, 22, 64), (89, 200, 10)])
def test_a_frame_is_never_long_but_has_a_month(size: tuple[int, int, int], changing: bool) -> None:
    months = months_a_frame(*size, changing=changing)
    assert 1 <= months <= MOST_MONTHS
    r, k, h = size
    data, _ = made(0, months, r, k, h, e=months if changing else 0)
    assert len(data) <= MOST_BYTES + 1000
