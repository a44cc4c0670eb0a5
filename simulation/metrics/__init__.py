"""Speed and synchronization of adoption, and what explains them: pure functions of a record (section 5).

Every module here that has a tuple ``METRICS`` is loaded, so that a new metric is one new file.
"""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module

from simulation.errors import suggestion
from simulation.metrics.curves import Curves, crossing_time, released, select
from simulation.metrics.inequality import theil
from simulation.metrics.metric import Metric, Undefined, in_order
from simulation.metrics.phase_order import kuramoto
from simulation.metrics.phi import phi
from simulation.metrics.phi_simple import phi_simple
from simulation.metrics.wasserstein import w1
from simulation.plugins import Contribution, Plugin, Registry, contributions, with_added
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


RESERVED = frozenset(
    {
        *("scenario", "replication", "seed", "technologies_left_out", "ending", "undefined", "sha256"),
        *("point", "input", "measure"),
    }
)
"""Columns beside those of metrics, in the results of studies and of ensembles."""


def _own() -> dict[str, Metric]:
    return in_order(
        getattr(import_module(f"{__name__}.{module.name}"), "METRICS", ())
        for module in pkgutil.iter_modules(__path__)
    )


def _added(own: Mapping[str, Metric]) -> Iterator[tuple[Contribution, str, Metric]]:
    for contribution in contributions("metrics"):
        for metric in contribution.instances(Metric, "METRICS"):
            _check(contribution, metric, own)
            yield contribution, metric.name, metric


def _check(contribution: Contribution, metric: Metric, own: Mapping[str, Metric]) -> None:
    """Raise a PluginError unless a metric can be a column."""
    name = metric.name

    def fault(field: str, message: str) -> Exception:
        at = name if isinstance(name, str) else "METRICS"
        found = repr(getattr(metric, field))
        return contribution.fault(message, at=at, key=f"Metric {name}: {field}", found=found)

    if not (isinstance(name, str) and name.isidentifier() and name.islower()) or name in RESERVED:
        raise fault("name", "must be a name of lower-case letters, digits and _ that no other column has")
    for field in ("unit", "reading"):
        if not isinstance(getattr(metric, field), str):
            raise fault(field, "must be a text")
    if metric.better not in ("higher", "lower", None):
        raise fault("better", 'must be "higher", "lower" or None')
    if metric.after is not None and metric.after not in own:
        raise fault("after", f"must be a metric of hypercluster, or None{suggestion(str(metric.after), own)}")
    contribution.require(name, f"Metric {name}: measure", metric.measure, "curves")


def _metrics() -> Iterator[tuple[str, Metric, Plugin | None]]:
    own = _own()
    found = {name: (metric, plugin) for name, metric, plugin in with_added(own, _added(own))}
    order = list(own)
    for name, (metric, plugin) in found.items():
        if plugin is not None:
            place = len(order) if metric.after is None else order.index(metric.after) + 1
            order.insert(place, name)
    yield from ((name, *found[name]) for name in order)


METRICS: Registry[Metric] = Registry("metric", _metrics)
"""Every metric by name, in the order of the columns of the results; those of plugins that name no place come last."""


def _measured(record: Record) -> Iterator[tuple[str, float, str]]:
    """Name, value and reason; the value is nan exactly where there is a reason."""
    curves = Curves(released(record))
    for metric in METRICS.values():
        try:
            value = metric.measure(curves)
        except Undefined as reason:
            yield metric.name, math.nan, str(reason)
        else:
            assert not math.isnan(value), f"{metric.name} is nan without a reason; raise Undefined with one"
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
