"""Policy instruments, one a file; a new file here is all that a new instrument needs (with its test).

``INSTRUMENTS`` holds the classes by name, ``AnyPolicy`` is what ``[[policies]]`` may hold, and ``Costs`` and
``Effects`` are the tables ``[costs]`` and ``[effects]`` with one field an instrument.
"""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, create_model

from simulation.policies.base import Policy
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
    "EffectTable",
    "Effects",
    "NotAffordable",
    "Plan",
    "Policy",
    "PolicySchedule",
    "plan_money",
]


def _instruments() -> dict[str, type[Policy]]:
    found = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, Policy) and not value.model_fields["instrument"].is_required():
                found[value.model_fields["instrument"].default] = value
    return dict(sorted(found.items()))


INSTRUMENTS: dict[str, type[Policy]] = _instruments()
"""Each instrument's class by its name, sorted by name."""

if TYPE_CHECKING:
    AnyPolicy = Policy
    Costs = CostTable
    Effects = EffectTable
else:
    AnyPolicy = Annotated[reduce(or_, INSTRUMENTS.values()), Field(discriminator="instrument")]
    Costs = create_model(
        "Costs",
        __base__=CostTable,
        __doc__=CostTable.__doc__,
        **{
            name: (
                Positive,
                Field(
                    cls.unit_cost,
                    description=f"Units a year per {cls.cost_basis}; assumption.",
                ),
            )
            for name, cls in INSTRUMENTS.items()
        },
    )
    Effects = create_model(
        "Effects",
        __base__=EffectTable,
        __doc__=EffectTable.__doc__,
        **{
            name: (
                Annotated[float, Field(ge=0, le=cls.effect.most)],
                Field(
                    cls.effect.default,
                    description=f"At coverage 1: {cls.effect.words}; 0 switches the instrument off. Assumption.",
                ),
            )
            for name, cls in INSTRUMENTS.items()
            if cls.effect is not None
        },
    )
