"""How far those who extract are, without the services that work for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulation.metrics import compute, reasons


def measured(make_record, industries):
    """Of ten enterprises each, in the first industry one adopts a month, in the second two, in the third none."""
    months = np.arange(25)
    adopters = np.zeros((25, 1, 3, 1))
    adopters[:, 0, 0, 0] = np.minimum(months, 10)
    adopters[:, 0, 1, 0] = np.minimum(2 * months, 10)
    return replace(make_record(adopters, np.full((1, 3, 1), 10)), industries=industries)


def test_services_do_not_count_among_those_who_extract(make_record):
    values = compute(measured(make_record, ("coal", "metal_ores", "mining_services")))
    assert values["extraction_share"] == pytest.approx(1.0)
    assert values["extraction_t50_years"] == pytest.approx((10 / 3) / 12)  # three a month of twenty
    values = compute(measured(make_record, ("coal", "mining_services", "oil_gas")))
    assert values["extraction_share"] == pytest.approx(0.5)
    assert values["extraction_t50_years"] == pytest.approx(10 / 12)


def test_where_nobody_serves_all_extract(make_record):
    values = compute(measured(make_record, ("coal", "metal_ores", "oil_gas")))
    assert values["extraction_share"] == values["final_share"]
    assert values["extraction_t50_years"] == values["t50_years"]


@pytest.mark.parametrize("name", ["extraction_share", "extraction_t50_years"])
def test_where_nobody_extracts_there_is_nothing_to_say(make_record, name):
    record = make_record(np.zeros((5, 1, 1, 1)), np.full((1, 1, 1), 10))
    why = reasons(replace(record, industries=("mining_services",)))
    assert why[name] == "No enterprise of an extracting industry is eligible for any technology."
