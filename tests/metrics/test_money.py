from __future__ import annotations

from dataclasses import replace

from simulation.metrics import compute


def test_present_values_are_those_of_the_record(uneven_record):
    values = compute(replace(uneven_record, planned_pv=38392.0, spent_pv=38000.5))
    assert values["planned_pv"] == 38392.0
    assert values["spent_pv"] == 38000.5
