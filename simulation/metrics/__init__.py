"""Speed and synchronization of adoption, and what explains them: pure functions of a record (section 5).

Every module here that has a tuple ``METRICS`` is loaded, so that a new metric is one new file.
"""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Iterator
from importlib import import_module

from simulation.metrics.curves import Curves, crossing_time, released, select
from simulation.metrics.inequality import theil
from simulation.metrics.metric import Metric, Undefined, in_order
from simulation.metrics.phase_order import kuramoto
from simulation.metrics.phi import phi
from simulation.metrics.phi_simple import phi_simple
from simulation.metrics.wasserstein import w1
from simulation.record import Record

__all__ = [
    "METRICS",
    "Curves",
    "Metric",
    "Undefined",
    "compute",
    "crossing_time",
    "kuramoto",
    "phi",
    "phi_simple",
    "reasons",
    "released",
    "select",
    "theil",
    "values_and_reasons",
    "w1",
]


METRICS = in_order(
    getattr(import_module(f"{__name__}.{module.name}"), "METRICS", ())
    for module in pkgutil.iter_modules(__path__)
)
"""Every metric by name, in the order of the columns of the results."""


def _measured(record: Record) -> Iterator[tuple[str, float, str]]:
    """Name, value and reason; the value is nan exactly where there is a reason."""
    curves = Curves(released(record))
    for metric in METRICS.values():
        try:
            value = metric.measure(curves)
        except Undefined as reason:
            yield metric.name, math.nan, str(reason)
        else:
            assert not math.isnan(value), f"{metric.name} is nan without a reason"
            yield metric.name, value, ""


def compute(record: Record) -> dict[str, float]:
    """Every metric of a run, nan where it is undefined; keys in the order of ``METRICS``, units in each ``Metric``."""
    return values_and_reasons(record)[0]


def reasons(record: Record) -> dict[str, str]:
    """Why metrics are nan: a plain sentence for each that is, and no entry for the others."""
    return values_and_reasons(record)[1]


def values_and_reasons(record: Record) -> tuple[dict[str, float], dict[str, str]]:
    """Return what :func:`compute` and :func:`reasons` return, in half of the time that both take."""
    measured = list(_measured(record))
    return (
        {name: value for name, value, _ in measured},
        {name: reason for name, _, reason in measured if reason},
    )
