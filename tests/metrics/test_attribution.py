from __future__ import annotations

import numpy as np
import pytest

from simulation.metrics import compute
from simulation.world import CHANNELS


def test_attribution_is_shared_in_proportion_and_in_the_order_of_the_channels(make_record):
    record = make_record(np.zeros((3, 2, 1, 1)), [[[30]], [[10]]], attribution=[1, 2, 3, 4, 5, 5])
    values = compute(record)
    shares = [values[f"attributed_{channel}"] for channel in CHANNELS]
    assert shares == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25, 0.25])
    assert sum(shares) == pytest.approx(1)
