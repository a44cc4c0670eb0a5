"""Distances between regions, the kernel of spatial proximity (section 1), and places on a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulation.elementary import arcsine, exp2, sine_and_cosine
from simulation.world import Array

EARTH_RADIUS_KM = 6371.0
HALVINGS = 1000
"""Largest number of halvings of a contact's weight: from 1,022 on a double loses digits, at 1,075 it is 0."""


def great_circle_km(latitude: Array, longitude: Array) -> Array:
    """Return the great-circle distances between points given in degrees, km, float64 (R, R); haversine formula."""
    phi, lam = latitude / 180.0, longitude / 180.0  # half turns
    of_phi, _ = sine_and_cosine((phi[:, None] - phi[None, :]) / 2)
    of_lam, _ = sine_and_cosine((lam[:, None] - lam[None, :]) / 2)
    _, cosine = sine_and_cosine(phi)
    half = of_phi**2 + cosine[:, None] * cosine[None, :] * of_lam**2
    return 2 * EARTH_RADIUS_KM * arcsine(np.sqrt(np.clip(half, 0.0, 1.0)))


def internal_distance_km(area_km2: Array) -> Array:
    """Return the mean distance inside regions, .376 sqrt(area), km; equation (16).

    Head & Mayer (2000), Weltwirtschaftliches Archiv 136: 284-314.
    """
    return 0.376 * np.sqrt(area_km2)


def distances_km(
    latitude: Array, longitude: Array, area_km2: Array, *, within: Literal["area", "zero"]
) -> Array:
    """Return the distances between regions, and on the diagonal those within them, km, float64 (R, R)."""
    distance = great_circle_km(latitude, longitude)
    if within == "area":
        np.fill_diagonal(distance, internal_distance_km(area_km2))
    return distance


def spatial_kernel(distance_km: Array, half_distance_km: float) -> Array:
    """Return the weight of a contact, K = 2^(-d / half distance), equation (17): 1 at distance 0, else in (0, 1)."""
    return exp2(-distance_km / half_distance_km)


def least_half_distance_km(
    distance_km: Array, reachable: Array, *, density_exponent: float, partners_elsewhere: bool
) -> float:
    """Return the smallest half distance for which a double can represent every weight that matters, km.

    A weight may vanish beside a larger one of the same sum, but not if it is the largest: that of the own region in
    spatial exposure, whose denominator is raised to the density exponent, and that of the nearest other region where
    business partners are drawn.

    Parameters
    ----------
    distance_km : float64, shape (R, R)
        From :func:`distances_km`.
    reachable : bool, shape (R, R)
        Both regions have enterprises, in one country.
    density_exponent : gamma of section 2.4.
    partners_elsewhere : whether partners in other regions are drawn by distance.
    """
    # An exponent above 1 raises exposure where few are in reach, and the hazard must not overflow.
    own = np.diag(distance_km)[np.diag(reachable)] * (1 + 2.5 * max(density_exponent - 1, 0.0))
    others = np.where(reachable & ~np.eye(len(reachable), dtype=bool), distance_km, np.inf).min(axis=1)
    farthest = [own.max(initial=0.0)]
    if partners_elsewhere:
        farthest.append(others[np.isfinite(others)].max(initial=0.0))
    return float(max(farthest)) / HALVINGS


def continuous(longitude: Array) -> Array:
    """Return longitudes moved by whole turns so that the widest gap between them lies outside, degrees, float64 (N,).

    Neighbours on both sides of the antimeridian become neighbours in number: 179 and -179 become 179 and 181.
    """
    ordered = np.sort(longitude % 360.0)
    gaps = np.diff(ordered, append=ordered[:1] + 360.0)
    first = ordered[(int(gaps.argmax()) + 1) % len(ordered)]
    turned = first + (longitude - first) % 360.0
    middle = (turned.min() + turned.max()) / 2
    # Positions that wrap nowhere stay as they are.
    return turned - 360.0 * np.floor((middle + 180.0) / 360.0)


@dataclass(frozen=True, slots=True)
class Azimuthal:
    """Lambert's azimuthal equal-area projection of a sphere, which maps the whole globe onto a disk.

    Snyder (1987), Map Projections: A Working Manual, U.S. Geological Survey Professional Paper 1395, section 24.
    """

    longitude: float  # of the centre, degrees east
    latitude: float  # of the centre, degrees north

    @classmethod
    def fitted(cls, longitude: Array, latitude: Array) -> Azimuthal:
        """Return a projection whose centre is the mean of these points, in degrees."""
        lam, phi = np.radians(longitude), np.radians(latitude)
        points = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
        x, y, z = points.mean(axis=0)
        if np.hypot(np.hypot(x, y), z) < 1e-3:  # points all around the globe have no middle
            x, y, z = 1.0, 0.0, 0.0
        return cls(float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y)))))

    def project(self, longitude: Array, latitude: Array) -> Array:
        """Return positions on the map in km east and north of the centre, float64 (N, 2); parameters in degrees."""
        lam = np.radians(longitude - self.longitude)
        phi, middle = np.radians(latitude), np.radians(self.latitude)
        cosine = np.sin(middle) * np.sin(phi) + np.cos(middle) * np.cos(phi) * np.cos(lam)
        # At the point opposite to the centre, which is the whole edge of the disk, the direction is undefined.
        scale = EARTH_RADIUS_KM * np.sqrt(2 / np.maximum(1 + cosine, 1e-9))
        east = np.cos(phi) * np.sin(lam)
        north = np.cos(middle) * np.sin(phi) - np.sin(middle) * np.cos(phi) * np.cos(lam)
        return np.column_stack([scale * east, scale * north])


@dataclass(frozen=True, slots=True)
class EqualEarth:
    """The Equal Earth projection of a sphere: a map of the world with true areas that looks familiar.

    Šavrič, Patterson & Jenny (2019), International Journal of Geographical Information Science 33: 454-465.
    """

    meridian: float  # degrees east; vertical on the map

    def project(self, longitude: Array, latitude: Array) -> Array:
        """Return positions on the map in km east and north of the meridian at the equator, float64 (N, 2).

        Parameters
        ----------
        longitude, latitude : float64, shape (N,)
            Degrees; a longitude beyond the meridian's opposite lies on the other side.
        """
        lam = np.radians((longitude - self.meridian + 180.0) % 360.0 - 180.0)
        theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
        a = np.array([1.340264, -0.081106, 0.000893, 0.003796])
        powers = np.array([1, 3, 7, 9])
        north = (a * theta[:, None] ** powers).sum(axis=1)
        slope = (a * powers * theta[:, None] ** (powers - 1)).sum(axis=1)
        east = 2 * np.sqrt(3) * lam * np.cos(theta) / (3 * slope)
        return EARTH_RADIUS_KM * np.column_stack([east, north])


@dataclass(frozen=True, slots=True)
class Albers:
    """Albers' equal-area conic projection of a sphere: areas on the map are proportional to those on the ground.

    Snyder (1987), Map Projections: A Working Manual, U.S. Geological Survey Professional Paper 1395, section 14.
    """

    south: float  # standard parallels, degrees north; distances along them are true
    north: float
    meridian: float  # degrees east; vertical on the map

    def project(self, longitude: Array, latitude: Array) -> Array:
        """Return positions on the map in km east and north of the central meridian at latitude 0.

        Parameters
        ----------
        longitude, latitude : float64, shape (N,)
            Degrees; a longitude beyond 180 lies east of it.

        Returns
        -------
        float64, shape (N, 2)
        """
        sines = np.sin(np.radians([self.south, self.north]))
        n = sines.sum() / 2
        c = 1 + sines.prod()
        rho = EARTH_RADIUS_KM / n * np.sqrt(c - 2 * n * np.sin(np.radians(latitude)))
        theta = n * np.radians(longitude - self.meridian)
        apex = EARTH_RADIUS_KM / n * np.sqrt(c)
        return np.column_stack([rho * np.sin(theta), apex - rho * np.cos(theta)])
