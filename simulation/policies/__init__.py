"""Policy instruments, one a file; a new file here is all that a new instrument needs (with its test).

``INSTRUMENTS`` holds the classes by name, ``AnyPolicy`` is what ``[[policies]]`` may hold, and ``Costs`` and
``Effects`` are the tables ``[costs]`` and ``[effects]`` with one field an instrument. They are built when they are
first used, because a plugin that adds an instrument imports its base class from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import Field, create_model

from simulation.plugins import Contribution, Plugin, Registry, contributions, with_added
from simulation.policies.base import Effect, Policy, RegionalPolicy
from simulation.policies.money import Budget, CostTable, EffectTable
from simulation.policies.plan import NotAffordable, Plan, plan_money
from simulation.policies.schedule import PolicySchedule
from simulation.settings import Positive

__all__ = [
    "INSTRUMENTS",
    "AnyPolicy",
    "Budget",
    "CostTable",
    "Costs",
    "Effect",
    "EffectTable",
    "Effects",
    "NotAffordable",
    "Plan",
    "Policy",
    "PolicySchedule",
    "RegionalPolicy",
    "plan_money",
]


_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def _own() -> dict[str, type[Policy]]:
    found = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, Policy) and not value.model_fields["instrument"].is_required():
                found[value.model_fields["instrument"].default] = value
    return dict(sorted(found.items()))


def _added() -> Iterator[tuple[Contribution, str, type[Policy]]]:
    found = [
        (contribution, _checked(contribution, cls), cls)
        for contribution in contributions("policies")
        for cls in contribution.classes(Policy)
        if contribution.value is cls or not _is_base(cls)
    ]
    yield from sorted(found, key=lambda each: each[1])


def _is_base(cls: type[Policy]) -> bool:
    """Whether a class only serves others: it names no instrument, and leaves something to define."""
    return cls.model_fields["instrument"].is_required() and bool(cls.__abstractmethods__)


def _checked(contribution: Contribution, cls: type[Policy]) -> str:
    """Return the name of an instrument, or raise a PluginError with what its class lacks."""

    def fault(attribute: str, message: str) -> Exception:
        value = getattr(cls, attribute, None)
        found = "" if value is None else repr(value)
        key = f"{cls.__name__}.{attribute}"
        return contribution.fault(message, at=cls, attribute=attribute, key=key, found=found)

    field = cls.model_fields["instrument"]
    name = field.default
    if get_origin(field.annotation) is not Literal or get_args(field.annotation) != (name,):
        raise fault("instrument", 'must name the instrument: instrument: Literal["name"] = "name"')
    if not _NAME.fullmatch(str(name)) or hasattr(CostTable, name) or hasattr(EffectTable, name):
        message = f'"{name}": must be lower-case letters, digits and _, and no word such as "of" or "copy"'
        raise fault("instrument", message)
    cost = getattr(cls, "unit_cost", None)
    if not isinstance(cost, int | float) or isinstance(cost, bool) or not 1e-9 <= cost <= 1e12:
        raise fault("unit_cost", "must be a number above 0: unit_cost: ClassVar[float] = 1.0")
    if not isinstance(getattr(cls, "cost_basis", None), str):
        raise fault(
            "cost_basis", 'must say what the unit cost is paid for: cost_basis: ClassVar[str] = "enterprise"'
        )
    if not isinstance(cls.effect, Effect | None):
        raise fault(
            "effect", "must be None or an Effect: effect: ClassVar[Effect | None] = Effect(0.25, ...)"
        )
    if lacking := sorted(cls.__abstractmethods__):
        raise contribution.fault(f"must define {' and '.join(lacking)}", at=cls, key=cls.__name__)
    contribution.require(cls, f"{cls.__name__}.full_cost", cls.full_cost, "self", "endowment", unit_cost="")
    contribution.require(
        cls, f"{cls.__name__}.apply", cls.apply, "self", "levers", "coverage", "endowment", effect=""
    )
    return str(name)


def _instruments() -> Iterator[tuple[str, type[Policy], Plugin | None]]:
    yield from with_added(_own(), _added())


INSTRUMENTS: Registry[type[Policy]] = Registry("instrument", _instruments)
"""Each instrument's class by its name, sorted by name, those of plugins last."""

if TYPE_CHECKING:
    AnyPolicy = Policy
    Costs = CostTable
    Effects = EffectTable
else:

    def __getattr__(name: str) -> Any:
        if name not in ("AnyPolicy", "Costs", "Effects"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals().update(_tables())
        return globals()[name]


def _tables() -> dict[str, Any]:
    """Return what a scenario says of instruments: entries, costs and effects."""
    costs: dict[str, Any] = {
        name: (Positive, Field(cls.unit_cost, description=f"Units a year per {cls.cost_basis}; assumption."))
        for name, cls in INSTRUMENTS.items()
    }
    effects: dict[str, Any] = {
        name: (
            Annotated[float, Field(ge=0, le=cls.effect.most)],
            Field(
                cls.effect.default,
                description=f"At coverage 1: {cls.effect.words}; 0 switches the instrument off. Assumption.",
            ),
        )
        for name, cls in INSTRUMENTS.items()
        if cls.effect is not None
    }
    return {
        "AnyPolicy": Annotated[reduce(or_, INSTRUMENTS.values()), Field(discriminator="instrument")],
        "Costs": create_model(
            "Costs", __base__=CostTable, __doc__=CostTable.__doc__, __module__=__name__, **costs
        ),
        "Effects": create_model(
            "Effects", __base__=EffectTable, __doc__=EffectTable.__doc__, __module__=__name__, **effects
        ),
    }
