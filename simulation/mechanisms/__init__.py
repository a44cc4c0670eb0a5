"""Mechanisms of the mining region, one per file: settings, arrays and equation (section 13).

Each contributes a factor to the market factor x of equation (5), or changes one of its inputs. Each is off unless a
scenario enables it; the factor of a mechanism that is off is exactly 1.

A mechanism with a factor of its own is a subclass of ``Mechanism``. ``MECHANISMS`` finds it, the schema takes its table
from there, and the market multiplies by its factor. Mechanisms that have arrays in the world, or that change which
enterprises are present or their ties, also have code in the schema and in the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from pydantic import ValidationError

from simulation.mechanisms.mechanism import Mechanism
from simulation.plugins import Contribution, Plugin, Registry, contributions, with_added

__all__ = ["MECHANISMS", "Mechanism"]


def _own() -> dict[str, type[Mechanism]]:
    found: dict[str, type[Mechanism]] = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, Mechanism) and value is not Mechanism:
                assert value.key not in found, f"two mechanisms have the table {value.key}"
                found[value.key] = value
    return dict(sorted(found.items()))


def _added() -> Iterator[tuple[Contribution, str, type[Mechanism]]]:
    found = [(c, cls) for c in contributions("mechanisms") for cls in c.classes(Mechanism)]
    for contribution, cls in found:
        _check(contribution, cls)
    yield from sorted(((c, cls.key, cls) for c, cls in found), key=lambda each: each[1])


def _check(contribution: Contribution, cls: type[Mechanism]) -> None:
    """Raise a PluginError unless a class is a mechanism that is off by default."""
    if lacking := sorted(cls.__abstractmethods__):
        raise contribution.fault(f"must define {' and '.join(lacking)}", at=cls, key=cls.__name__)
    key = getattr(cls, "key", None)
    if not isinstance(key, str) or not key.isidentifier():
        message = 'must be the name of its table in a scenario, such as key: ClassVar[str] = "season"'
        raise contribution.fault(message, at=cls, key=f"{cls.__name__}.key", found=repr(key))
    contribution.require(cls, f"{cls.__name__}.factor", cls.factor, "self", "world")
    try:
        is_on = cls().is_on
    except ValidationError:
        message = "each key of its table needs a default, and with the defaults it must be off"
        raise contribution.fault(message, at=cls, key=cls.__name__) from None
    if is_on:
        raise contribution.fault("must be off with the defaults of its table", at=cls, key=cls.__name__)


def _mechanisms() -> Iterator[tuple[str, type[Mechanism], Plugin | None]]:
    yield from with_added(_own(), _added())


MECHANISMS: Registry[type[Mechanism]] = Registry("mechanism", _mechanisms)
"""The class of each mechanism by the name of its table, sorted, those of plugins last; also the order of the factors.
"""
