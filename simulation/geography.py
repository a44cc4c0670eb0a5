"""Distances between regions, and the kernel of spatial proximity (section 1)."""

from __future__ import annotations

import numpy as np

from simulation.world import Array

EARTH_RADIUS_KM = 6371.0


def great_circle_km(latitude: Array, longitude: Array) -> Array:
    """Return the great-circle distances between points given in degrees, km, float64 (R, R); haversine formula."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    half = (
        np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi[None, :]) * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def internal_distance_km(area_km2: Array) -> Array:
    """Return the mean distance inside regions, .376 sqrt(area), km.

    Head & Mayer (2000), Weltwirtschaftliches Archiv 136: 284-314.
    """
    return 0.376 * np.sqrt(area_km2)


def spatial_kernel(distance_km: Array, half_distance_km: float) -> Array:
    """Return K = 2^(-d / half distance): the weight of a contact, 1 at distance 0 and 1/2 at the half distance."""
    return np.exp2(-distance_km / half_distance_km)
