"""The platforms of a world: the enterprises that may join them, and the institutions on them."""

from __future__ import annotations

import numpy as np

from simulation.data.reader import Dataset, InstitutionRow, institution_references, load_vectors
from simulation.scenario.schema import Platform, Scenario
from simulation.world import (
    Array,
    Platforms,
)


def build_platforms(
    spec: Scenario, dataset: Dataset, institutions: tuple[InstitutionRow, ...], months: int
) -> Platforms:
    rows = sorted(spec.platforms, key=lambda row: row.name)
    steps = spec.time.steps_per_year
    h = len(rows)
    vectors = [vector.vector for vector in load_vectors()]
    place = {row.name: p for p, row in enumerate(rows)}
    references = institution_references(institutions)
    resident = np.zeros((h, len(institutions)), dtype=bool)
    may_join = np.zeros((h, len(dataset.regions), len(dataset.industries)), dtype=bool)
    for p, row in enumerate(rows):
        may_join[p] = _who_may_join(row, dataset)
        if row.institutions == "all":
            resident[p] = True
        elif row.institutions != "none":
            resident[p, [j for name in row.institutions for j in references[name]]] = True
    return Platforms(
        names=tuple(row.name for row in rows),
        vectors=np.array([[name in row.vectors for name in vectors] for row in rows], dtype=bool).reshape(
            h, len(vectors)
        ),
        may_join=may_join,
        from_month=np.array([round(row.from_year * steps) for row in rows], dtype=np.int64),
        to_month=np.array(
            [months if row.to_year is None else min(months, round(row.to_year * steps)) for row in rows],
            dtype=np.int64,
        ),
        resident=resident,
        heir_of=np.array(
            [-1 if row.inherits is None else place[row.inherits] for row in rows], dtype=np.int64
        ),
    )


def _who_may_join(platform: Platform, dataset: Dataset) -> Array:
    """Return which enterprises may join a platform, bool (R, S)."""
    regions = [
        (platform.regions == "all" or row.id in platform.regions)
        and (platform.macroregions == "all" or row.macroregion in platform.macroregions)
        for row in dataset.regions
    ]
    industries = [platform.industries == "all" or name in platform.industries for name in dataset.industries]
    return np.array(regions)[:, None] & np.array(industries)[None, :]
