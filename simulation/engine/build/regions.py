"""The regions of a world and their spatial proximity."""

from __future__ import annotations

import numpy as np

from simulation.data.geography import distances_km, spatial_kernel
from simulation.data.reader import Dataset
from simulation.scenario.schema import Scenario
from simulation.settings import by_name, multiplied
from simulation.world import (
    Regions,
)


def build_regions(spec: Scenario, dataset: Dataset) -> Regions:
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
