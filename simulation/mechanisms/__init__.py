"""Mechanisms of the mining region, one per file: settings, arrays and equation (section 13).

Each contributes a factor to the market factor x of equation (5), or changes one of its inputs. Each is off unless a
scenario enables it; the factor of a mechanism that is off is exactly 1.

A mechanism with a factor of its own is a subclass of ``Mechanism``. ``MECHANISMS`` finds it, the schema takes its table
from there, and the market multiplies by its factor. Mechanisms that have arrays in the world, or that change which
enterprises are present or their ties, also have code in the schema and in the engine.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from simulation.mechanisms.mechanism import Mechanism

__all__ = ["MECHANISMS", "Mechanism"]


def _mechanisms() -> dict[str, type[Mechanism]]:
    found: dict[str, type[Mechanism]] = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, Mechanism) and value is not Mechanism:
                assert value.key not in found, f"two mechanisms have the table {value.key}"
                found[value.key] = value
    return dict(sorted(found.items()))


MECHANISMS: dict[str, type[Mechanism]] = _mechanisms()
"""The class of each mechanism by the name of its table, sorted, which is also the order of the factors."""
