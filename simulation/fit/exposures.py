"""Cumulated exposures to what was observed, by the model's own kernels (equations 1 and 2), and their derivatives.

The hazard (5) is linear in the rates p0, b_S and b_B, and in b_I and b_D where dates of mastery and membership are
known. So the cumulated hazard of a pair of enterprise and technology, over its absorptive capacity, is the product of
the rates with its cumulated exposures: those before the period of its adoption, and those up to its end. Only what
shapes the exposures themselves, such as half distance, needs new ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.data.geography import spatial_kernel
from simulation.engine.kernels.exposure import contact_weights, spatial_denominator, spatial_exposure
from simulation.engine.kernels.network import Contact, count_no_adopter, network_exposures, tell_partners
from simulation.engine.kernels.waiting import find_places
from simulation.fit.dated_exposures import Contacts, DatedExposures
from simulation.fit.observed import Observed
from simulation.world import SERVICES, Array, Enterprises, World

RATES = ("diffusion.spontaneous", "diffusion.spatial", "diffusion.network")
"""Keys of the rates, in the order of the channels here."""

DATED = ("diffusion.institutional", "diffusion.digital")
"""Keys of the rates of channels that need dates of mastery and of membership; they come after the others."""

SHAPES = (
    "diffusion.half_distance_km",
    "diffusion.density_exponent",
    "diffusion.relatedness_other",
    "diffusion.relatedness_services",
)
"""Keys that shape the exposures."""


def rates_of(observed: Observed) -> tuple[str, ...]:
    """Return the keys of the rates whose channels can be known of what was observed, in the order of the channels."""
    dated = (observed.mastered is not None, observed.members is not None)
    return (*RATES, *(key for key, is_known in zip(DATED, dated, strict=True) if is_known))


@dataclass(frozen=True, slots=True)
class Cumulated:
    """Cumulated exposures of the P pairs, times relevance and years: what a rate of 1 a year has added to the hazard.

    The D channels are in the order of :func:`rates_of`. ``before`` ends with the period before that of adoption; of
    pairs that had not adopted, both end at the horizon.
    """

    before: Array  # float64 (P, D)
    after: Array  # float64 (P, D)

    def plus(self, other: Cumulated) -> Cumulated:
        """Return the sum of both."""
        return Cumulated(self.before + other.before, self.after + other.after)


class SpatialExposures:
    """Spatial exposures (equation 1) to known adopters of a world, and their derivatives by ``SHAPES``."""

    def __init__(self, world: World) -> None:
        technologies, of = world.technologies, world.enterprises
        self._release = technologies.release_month
        self._eligible = np.ascontiguousarray(world.eligible.T, dtype=np.float64)
        self._industries = [np.flatnonzero(rho > 0) for rho in technologies.relevance.T]
        self._distance = world.regions.distance_km
        self._reachable = world.regions.proximity > 0
        services = np.array([name == SERVICES for name in of.industries])
        self._served = (services[:, None] | services[None, :]) & ~np.eye(services.size, dtype=bool)
        self._others = ~self._served & ~np.eye(services.size, dtype=bool)

    def at(
        self, shape: Mapping[str, float], adopters: Array, *, wanted: Sequence[str] = ()
    ) -> tuple[Array, list[Array]]:
        """Return S at the start of each period, and its derivatives with respect to some of ``SHAPES``.

        Parameters
        ----------
        shape : the value of each of ``SHAPES``.
        adopters : float64, shape (K, T, S, R)

        Returns
        -------
        float64, shape (K, T, S, R)
            0 before the release of the technology.
        """
        gamma = shape["diffusion.density_exponent"]
        weights, phi = self.contacts(shape)
        moves = self.moves(shape)
        spatial = np.zeros_like(adopters)
        slopes = [np.zeros_like(spatial) for _ in wanted]
        for k, eligible in enumerate(self._eligible):
            base, denominator = np.zeros_like(eligible), np.zeros_like(eligible)
            spatial_denominator(weights, phi, eligible, 1.0, base)
            spatial_denominator(weights, phi, eligible, gamma, denominator)
            within = denominator > 0
            for t in range(int(self._release[k]), len(adopters[k])):
                spatial_exposure(
                    weights, phi, self._industries[k], adopters[k, t], denominator, spatial[k, t]
                )
            for key, slope in zip(wanted, slopes, strict=True):
                d_weights, d_phi = moves[key]
                below = d_phi @ eligible @ weights + phi @ eligible @ d_weights
                if key == "diffusion.density_exponent":
                    below = _by_exponent(base, denominator, eligible)
                else:
                    below = _by_base(below, base, denominator, eligible, gamma)
                above = d_phi @ adopters[k] @ weights + phi @ adopters[k] @ d_weights
                change = above - spatial[k] * below
                slope[k] = np.divide(change, denominator, out=np.zeros_like(change), where=within)
                slope[k][: int(self._release[k])] = 0.0
        return spatial, slopes

    def of(self, shape: Mapping[str, float], adopters: Array) -> Array:
        """Return S, float64 (K, S, R), where so many have adopted, float64 (K, S, R)."""
        weights, phi = self.contacts(shape)
        found, denominator = np.zeros(adopters.shape), np.zeros(adopters.shape[1:])
        for k, eligible in enumerate(self._eligible):
            spatial_denominator(weights, phi, eligible, shape["diffusion.density_exponent"], denominator)
            spatial_exposure(weights, phi, self._industries[k], adopters[k], denominator, found[k])
        return found

    def moves(self, shape: Mapping[str, float]) -> dict[str, Contacts]:
        """Return the derivatives of :meth:`contacts` with respect to each of ``SHAPES``."""
        half = shape["diffusion.half_distance_km"]
        weights, phi = self.contacts(shape)
        nothing = np.zeros_like(weights), np.zeros_like(phi)
        return {
            "diffusion.half_distance_km": (
                weights * (math.log(2.0) * self._distance.T / half**2),
                nothing[1],
            ),
            "diffusion.density_exponent": nothing,
            "diffusion.relatedness_other": (nothing[0], self._others.astype(np.float64)),
            "diffusion.relatedness_services": (nothing[0], self._served.astype(np.float64)),
        }

    def contacts(self, shape: Mapping[str, float]) -> Contacts:
        """Return the weights of contacts between regions, (R, R), the giving one last, and relatedness, (S, S)."""
        kernel = spatial_kernel(self._distance, shape["diffusion.half_distance_km"]) * self._reachable
        weights = np.empty_like(kernel)
        contact_weights(kernel, np.ones(len(kernel)), weights)
        phi = np.eye(len(self._served))
        phi[self._others] = shape["diffusion.relatedness_other"]
        phi[self._served] = shape["diffusion.relatedness_services"]
        return weights, phi


class Exposures:
    """The exposures to what was observed; what does not depend on ``SHAPES`` is computed once."""

    def __init__(self, observed: Observed) -> None:
        world = observed.world
        technologies, pairs, of = world.technologies, world.pairs, world.enterprises
        self._enterprise = i = pairs.enterprise
        k = observed.technology_of
        self._place = k, of.industry_of[i], of.region_of[i]
        release = technologies.release_month
        last = np.clip(observed.period, 0, observed.periods)
        self._ends = np.clip(observed.period - 1, 0, observed.periods), last
        self._years = technologies.relevance[of.industry_of[i], k] / world.steps_per_year
        self._near = 1.0 - technologies.complexity[k] ** 2
        self._alone = pairs.partners[pairs.pattern_of[k], i] == 0
        self._adopters = _adopters(observed)
        self._spatial = SpatialExposures(world)
        self._channels = [rates_of(observed).index(key) for key in DATED if key in rates_of(observed)]
        self._which = [DATED.index(rates_of(observed)[channel]) for channel in self._channels]
        self._dated = DatedExposures(observed) if self._channels else None
        self._weights = (
            None  # of each enterprise in each period, where vectors of platforms may raise hazards
        )
        if self._dated is not None and observed.members is not None:
            factors = [self._dated.factors(t) for t in range(observed.periods)]
            self._weights = np.array([factor for factor, _ in factors])[:, i]
            raised = np.array([factor * spontaneous for factor, spontaneous in factors])[:, i]
        self._known = []  # the channels that no shape moves
        for end in self._ends:
            if self._weights is None:
                spontaneous = np.maximum(end - release[k], 0)
            else:
                spontaneous = _cumulated(raised, release[k], end)
            met = _cumulated_network(observed, end, self._weights)
            columns = [spontaneous, np.zeros(end.size), np.where(self._alone, 0.0, self._near * met)]
            columns += [np.zeros(end.size) for _ in self._channels]
            self._known.append(self._years[:, None] * np.column_stack(columns))

    def at(
        self, shape: Mapping[str, float], *, wanted: Sequence[str] = ()
    ) -> tuple[Cumulated, list[Cumulated]]:
        """Return the cumulated exposures, and their derivatives with respect to some of ``SHAPES``.

        Parameters
        ----------
        shape : the value of each of ``SHAPES``.
        """
        spatial, slopes = self._spatial.at(shape, self._adopters, wanted=wanted)
        dated = np.zeros((1 + len(wanted), 2, 0, 0))
        if self._dated is not None:
            moves = self._spatial.moves(shape)
            contacts = self._spatial.contacts(shape)
            dated = self._dated.cumulated(self._ends, contacts, [moves[key] for key in wanted])
        found = [self._of_pairs(each, dated[n], is_slope=n > 0) for n, each in enumerate((spatial, *slopes))]
        return found[0], found[1:]

    def spatial(self, shape: Mapping[str, float], adopters: Array) -> Array:
        """Return S, float64 (K, S, R), where so many have adopted, float64 (K, S, R)."""
        return self._spatial.of(shape, adopters)

    def dated(self, shape: Mapping[str, float], has: Array, *, row: int) -> Array:
        """Return the exposures after those of ``RATES``, float64 (P, D - 3), after a period.

        Parameters
        ----------
        has : bool, shape (P,)
            Pairs that have adopted.
        row : the period, whose mastery and membership count.
        """
        if self._dated is None:
            return np.zeros((has.size, 0))
        return self._dated.after(row, has, self._spatial.contacts(shape))[:, self._which]

    def factors(self, row: int) -> tuple[Array, Array]:
        """Return the factors on the hazard and on its spontaneous term after a period, float64 (P,)."""
        i = self._enterprise
        if self._weights is None or self._dated is None:
            return np.ones(i.size), np.ones(i.size)
        factor, spontaneous = self._dated.factors(row)
        return factor[i], spontaneous[i]

    def _of_pairs(self, spatial: Array, dated: Array, *, is_slope: bool) -> Cumulated:
        """Return what has cumulated of S, float64 (K, T, S, R), with the other channels.

        ``dated``, float64 (2, P, 2), is what has cumulated of I and f_far delta D.
        """
        k, industry, region = self._place
        if self._weights is None:
            total = np.zeros((spatial.shape[0], spatial.shape[1] + 1, *spatial.shape[2:]))
            np.cumsum(spatial, axis=1, out=total[:, 1:])
        found = []
        for n, (end, known) in enumerate(zip(self._ends, self._known, strict=True)):
            exposures = np.zeros_like(known) if is_slope else known.copy()
            if self._weights is None:
                near = total[k, end, industry, region]
            else:  # S is 0 before the release
                near = _cumulated(self._weights * spatial[k, :, industry, region].T, np.zeros_like(end), end)
            exposures[:, 1] = self._years * self._near * near
            exposures[self._alone, 2] = exposures[self._alone, 1]
            if self._channels:
                exposures[:, self._channels] = self._years[:, None] * dated[n][:, self._which]
            found.append(exposures)
        return Cumulated(*found)


def _cumulated(values: Array, begin: Array, end: Array) -> Array:
    """Return the sum of float64 (T, P) from one period of each pair, inclusive, to another, exclusive."""
    total = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=total[1:])
    pair = np.arange(values.shape[1])
    found: Array = total[end, pair] - total[np.minimum(begin, end), pair]
    return found


def _adopters(observed: Observed) -> Array:
    """Return the adopters at the start of each period, float64 (K, T, S, R)."""
    world = observed.world
    of, i = world.enterprises, world.pairs.enterprise
    n_regions, n_industries, n_technologies, _, _ = world.shape
    new = np.zeros((n_technologies, observed.periods + 2, n_industries, n_regions))
    place = (observed.technology_of, observed.period, of.industry_of[i], of.region_of[i])
    np.add.at(new, place, 1.0)
    return np.ascontiguousarray(np.cumsum(new, axis=1)[:, : observed.periods])


def _cumulated_network(observed: Observed, end: Array, weights: Array | None) -> Array:
    """Return the sum of B over the periods from the release of each pair's technology to ``end``, float64 (P,).

    Parameters
    ----------
    weights : float64, shape (T, P)
        Of each period; None where all are 1.
    """
    world = observed.world
    pairs, of = world.pairs, world.enterprises
    total, neutral = np.zeros(observed.period.size), np.ones(len(world.regions.ids))
    place = np.empty(of.region_of.size, dtype=np.int32)
    indptr, indices = reversed_ties(of)
    for k, pattern in enumerate(pairs.pattern_of):
        own = slice(pairs.start[k], pairs.start[k + 1])
        enterprises, period = pairs.enterprise[own], observed.period[own]
        contacts = np.empty((enterprises.size, len(Contact)), dtype=np.int32)
        met = np.empty(enterprises.size)
        find_places(enterprises, place)  # all, because those who have adopted are observed as well
        count_no_adopter(enterprises, pairs.partners[pattern], of.region_of, contacts)
        network_exposures(neutral, contacts, met)
        for t in range(observed.periods):
            new = enterprises[period == t] if t > 0 else enterprises[period <= 0]
            tell_partners(new, indptr, indices, of.region_of, neutral, place, contacts, met)
            weighted = met if weights is None else weights[t, own] * met
            total[own] += np.where((observed.released[own] <= t) & (t < end[own]), weighted, 0.0)
    return total


def reversed_ties(of: Enterprises) -> tuple[Array, Array]:
    """Return the enterprises that have a tie to each, int64 (N + 1,) and int32 (n_ties,) in CSR form.

    An adopter is counted for those who look at it. With mutual ties these are its partners.
    """
    n = of.region_of.size
    who = np.repeat(np.arange(n, dtype=np.int32), np.diff(of.indptr))
    order = np.argsort(of.indices, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(of.indices, minlength=n))]).astype(np.int64)
    return indptr, who[order]


def _by_base(change: Array, base: Array, denominator: Array, eligible: Array, gamma: float) -> Array:
    """Return the derivative of D^gamma m^(1 - gamma), from that of D; m is the mean of D, weighted by eligible."""
    mean = _means(base, eligible)
    share = gamma * _ratio(change, base) + (1.0 - gamma) * _ratio(_means(change, eligible), mean)
    return denominator * share


def _by_exponent(base: Array, denominator: Array, eligible: Array) -> Array:
    """Return the derivative of D^gamma m^(1 - gamma) with respect to gamma."""
    ratio = _ratio(base, _means(base, eligible))
    return denominator * np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)


def _means(base: Array, eligible: Array) -> Array:
    """Return the mean of each industry over regions, weighted by eligible, (S, R)."""
    total = (eligible * base).sum(axis=1, keepdims=True)
    return np.broadcast_to(_ratio(total, eligible.sum(axis=1, keepdims=True)), base.shape)


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(
        above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0
    )
