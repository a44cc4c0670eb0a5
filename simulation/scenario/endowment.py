"""The endowment of a scenario: regions, enterprises by industry, institutions, platforms and chains (section 1).

It holds nothing random and does not depend on the seed, so that money can be planned before a world is drawn.
"""

from __future__ import annotations

import numpy as np

from simulation.data.geography import distances_km, spatial_kernel
from simulation.data.reader import Dataset, InstitutionRow, institution_references
from simulation.mechanisms.chains import chains_of
from simulation.scenario.schema import Platform, Scenario
from simulation.scenario.vectors import VECTORS
from simulation.settings import by_name, multiplied
from simulation.world import Array, Endowment, Platforms, Regions


def endowment_of(spec: Scenario) -> Endowment:
    """Return what the scenario gives its world at the start.

    Raises
    ------
    DataError
        If the tables of its dataset cannot be used.
    """
    dataset = spec.dataset
    institutions = institutions_of(spec, dataset)
    regions = _regions(spec, dataset)
    counts = dataset.scaled_counts(spec.world.scale)
    return Endowment(
        months=spec.time.months,
        steps_per_year=spec.time.steps_per_year,
        regions=regions,
        industries=dataset.industries,
        counts=counts,
        institution_names=tuple(row.name for row in institutions),
        institution_kinds=tuple(row.kind for row in institutions),
        institution_region=np.array(
            [regions.ids.index(row.region_id) for row in institutions], dtype=np.int32
        ),
        institution_capacity=_capacity(spec, institutions),
        platforms=_platforms(spec, dataset, institutions),
        chains=chains_of(spec.chains, regions=regions.ids, industries=dataset.industries, counts=counts),
    )


def institutions_of(spec: Scenario, dataset: Dataset) -> tuple[InstitutionRow, ...]:
    """Return the institutions of the dataset and the scenario, sorted by region and name."""
    own = (InstitutionRow(region_id=row.region, name=row.name, kind=row.kind) for row in spec.institutions)
    return tuple(sorted([*dataset.institutions, *own], key=lambda row: (row.region_id, row.name)))


def _regions(spec: Scenario, dataset: Dataset) -> Regions:
    rows = dataset.regions
    ids = tuple(row.id for row in rows)
    macroregions = tuple(sorted({row.macroregion for row in rows}))
    countries = np.array([row.country for row in rows])
    latitude = np.array([row.latitude for row in rows])
    longitude = np.array([row.longitude for row in rows])
    area = np.array([row.area_km2 for row in rows])
    distance = distances_km(latitude, longitude, area, within=spec.world.intra_regional_distance)
    return Regions(
        ids=ids,
        names=tuple(row.name for row in rows),
        macroregions=macroregions,
        macroregion_of=np.array([macroregions.index(row.macroregion) for row in rows], dtype=np.int64),
        latitude=latitude,
        longitude=longitude,
        area_km2=area,
        readiness=multiplied(
            by_name(spec.world.digital_readiness, ids, np.array([row.digital_readiness for row in rows])),
            spec.world.readiness_factor,
        ),
        government_quality=by_name(spec.world.government_quality, ids, np.ones(len(ids))),
        outflow=by_name(spec.migration.rate, ids, np.zeros(len(ids))),
        distance_km=distance,
        # There is no proximity across a border: countries have contact on platforms, and through ties given in a table.
        proximity=spatial_kernel(distance, spec.diffusion.half_distance_km)
        * (countries[:, None] == countries[None, :]),
    )


def _capacity(spec: Scenario, rows: tuple[InstitutionRow, ...]) -> Array:
    given = spec.world.capacity
    if not isinstance(given, dict):
        return np.full(len(rows), float(given))
    capacity = np.ones(len(rows))
    references = institution_references(rows)
    for name, value in given.items():
        capacity[list(references[name])] = value
    return capacity


def _platforms(spec: Scenario, dataset: Dataset, institutions: tuple[InstitutionRow, ...]) -> Platforms:
    rows = sorted(spec.platforms, key=lambda row: row.name)
    months, steps = spec.time.months, spec.time.steps_per_year
    h = len(rows)
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
        vectors=np.array([[name in row.vectors for name in VECTORS] for row in rows], dtype=bool).reshape(
            h, len(VECTORS)
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
    """Return bool (R, S): the enterprises that a platform is open to."""
    regions = [
        (platform.regions == "all" or row.id in platform.regions)
        and (platform.macroregions == "all" or row.macroregion in platform.macroregions)
        for row in dataset.regions
    ]
    industries = [platform.industries == "all" or name in platform.industries for name in dataset.industries]
    return np.array(regions)[:, None] & np.array(industries)[None, :]
