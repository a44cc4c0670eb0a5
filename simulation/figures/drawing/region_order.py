"""The order of regions in figures, tables and lists.

It is that of the dataset, if its table has one. Otherwise regions stand along the longer axis of the country, west to
east or north to south, macroregions together, so that neighbours in a list are neighbours on the ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulation.data.geography import continuous
from simulation.world import Array

GIVEN = "in the order of the dataset"


def region_order(
    ids: Sequence[str],
    macroregions: Sequence[str],
    *,
    longitude: Array,
    latitude: Array,
    given: Sequence[float | None] = (),
) -> tuple[list[int], str]:
    """Return the positions of the regions in their order, and the order in words.

    Parameters
    ----------
    ids, macroregions : of the R regions.
    longitude, latitude : float64, shape (R,)
        Of the seats, degrees.
    given : the places that the dataset gives to all regions; empty, or None for each, if it gives none.
    """
    places = [float(place) for place in given if place is not None]
    if len(places) == len(ids):  # of several datasets together, only some may give places
        return sorted(range(len(ids)), key=lambda r: (places[r], ids[r])), GIVEN
    east = continuous(longitude)
    width = np.ptp(east) * np.cos(np.radians(latitude.mean()))
    along, words = (east, "west to east") if width >= np.ptp(latitude) else (-latitude, "north to south")
    of = {name: along[[other == name for other in macroregions]].mean() for name in set(macroregions)}
    together = [(of[name], name) for name in macroregions]
    return sorted(range(len(ids)), key=lambda r: (*together[r], along[r], ids[r])), words


def order_of_entries(regions: Sequence[Mapping[str, Any]]) -> tuple[list[int], str]:
    """Do the same for the regions of a manifest."""
    return region_order(
        [region["id"] for region in regions],
        [region["macroregion"] for region in regions],
        longitude=np.array([region["longitude"] for region in regions], dtype=float),
        latitude=np.array([region["latitude"] for region in regions], dtype=float),
        given=[region.get("order") for region in regions],
    )
