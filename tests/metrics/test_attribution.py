from __future__ import annotations

import numpy as np
import pytest

from simulation.channels import CHANNELS, Channel
from simulation.metrics import compute


def test_attribution_is_shared_in_proportion_and_in_the_order_of_the_channels(make_record):
    owed = {channel: float(channel + 1) for channel in Channel}
    record = make_record(np.zeros((3, 2, 1, 1)), [[[30]], [[10]]], attribution=owed)
    values = compute(record)
    shares = [values[f"attributed_{channel}"] for channel in CHANNELS]
    assert shares == pytest.approx([each / sum(owed.values()) for each in owed.values()])
    assert sum(shares) == pytest.approx(1)
