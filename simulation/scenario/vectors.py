"""The tables ``[vectors.B2B]`` and so on: what each interaction vector does (section 3).

The defaults are those of ``simulation/data/vectors.csv``; all of them are assumptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, create_model

from simulation.data.reader import VectorRow, load_vectors
from simulation.settings import Names, Settings

NO_KIND = "none"
"""Stands for no kind of institution."""
FIELDS = tuple(name for name in VectorRow.__dataclass_fields__ if name not in ("vector", "links"))

Bonus = Annotated[float, Field(ge=0, le=10)]


class Vector(Settings):
    """What a vector does for the enterprises and institutions of a platform that carries it."""

    digital_contact: bool
    """Whether members meet each other: D of section 2.4."""
    remote_kinds: Names
    """Kinds of institutions on the platform with a remote weight in I."""
    learning_kinds: Names
    """Kinds of institutions on the platform that learn from each other remotely."""
    absorptive_bonus: Bonus
    """Members' absorptive capacity is multiplied by 1 + this times readiness."""
    hazard_bonus: Bonus
    """Members' hazard is multiplied by 1 + this times readiness."""
    capacity_bonus: Bonus
    """Capacity of the institutions on the platform is multiplied by 1 + this."""
    needs_kind: str
    """Kind of institution without which the vector does nothing, or "none"."""
    best_government: bool
    """Whether members have the best incentive and training among the platform's regions."""
    spontaneous_bonus: Bonus
    """Members' p0 is multiplied by 1 + this times readiness."""


class VectorTable(Settings):
    """What each interaction vector does; a platform names those that it carries. Assumptions."""

    def of(self, vector: str) -> Vector:
        """Return what a vector does."""
        found: Vector = getattr(self, vector)
        return found

    def of_all(self) -> tuple[Vector, ...]:
        """Return what each vector does, in the order of ``vectors.csv``."""
        return tuple(self.of(name) for name in VECTORS)

    def used_by(self, names: Iterable[str]) -> dict[str, dict[str, object]]:
        """Return what these vectors do, as plain values by name."""
        return {name: self.of(name).model_dump(mode="json") for name in sorted(set(names))}


def _default(row: VectorRow) -> Vector:
    """Return what a vector does by default, from its row of ``vectors.csv``."""
    values = {name: getattr(row, name) for name in FIELDS}
    return Vector.model_validate(
        {name: NO_KIND if value is None else value for name, value in values.items()}
    )


def _completed(default: Vector) -> BeforeValidator:
    """Return a validator that takes the keys that a table does not have from the default."""

    def complete(given: Any) -> Any:
        return {**default.model_dump(), **given} if isinstance(given, dict) else given

    return BeforeValidator(complete)


VECTORS = tuple(row.vector for row in load_vectors())
"""Names of the vectors, in the order of ``vectors.csv``, which is the order of columns everywhere."""

if TYPE_CHECKING:
    Vectors = VectorTable
else:
    Vectors = create_model(
        "Vectors",
        __base__=VectorTable,
        __module__=__name__,
        __doc__=VectorTable.__doc__,
        **{
            row.vector: (
                Annotated[Vector, _completed(_default(row))],
                Field(_default(row), description=f"Vector of {row.links}."),
            )
            for row in load_vectors()
        },
    )
