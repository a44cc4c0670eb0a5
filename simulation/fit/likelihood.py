"""The likelihood of who adopted when, with its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.fit.exposures import RATES, SHAPES, Cumulated, Exposures, rates_of
from simulation.fit.observed import Observed
from simulation.fit.survival import log_event, log_events, log_of_events, log_survival
from simulation.world import Array

VARIATION = "diffusion.absorptive_capacity_cv"
"""Key of the coefficient of variation of absorptive capacity."""

KEYS = (*RATES, VARIATION, *SHAPES)
"""Keys that can be fitted to any data; those of ``DATED`` need dates besides."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The n enterprises that adopted m technologies, and their cumulated exposures."""

    rest: Array  # float64 (n, D), but for the periods of adoption
    during: Array  # float64 (n, m, D), in each period of adoption


class Likelihood:
    """The logarithm of the probability of what was observed, at values of some keys; the scenario has the others.

    Parameters
    ----------
    only : bool, shape (P,)
        Pairs whose probability is meant, given all that was observed of others; by default all. Those of one enterprise
        belong together.
    """

    def __init__(self, observed: Observed, keys: Sequence[str], *, only: Array | None = None) -> None:
        self.observed, self.keys, self.rates = observed, tuple(keys), rates_of(observed)
        known = (*self.rates, VARIATION, *SHAPES)
        unknown = set(keys) - set(known)
        assert not unknown, f"no likelihood for {sorted(unknown)}"
        diffusion = observed.spec.diffusion
        self._given = {key: float(getattr(diffusion, key.split(".")[1])) for key in known}
        self._shapes = [key for key in keys if key in SHAPES]
        self._exposures = Exposures(observed)
        self._places = _places(observed, only)
        self._kept: list[_Group] | None = None
        self._unmoved: Cumulated | None = None
        if not self._shapes:
            self._unmoved = self._exposures.at(self._given)[0]
            self._kept = self._grouped(self._unmoved)

    def logs(self, values: Array) -> Array:
        """Return the logarithms at several points.

        Parameters
        ----------
        values : float64, shape (W, keys)

        Returns
        -------
        float64, shape (W,)
            -inf where something that happened is impossible.
        """
        rates, v = self._rates(values), self._column(values, VARIATION) ** 2
        if self._kept is not None:
            hazards = [(rates @ group.rest.T, _products(group.during, rates)) for group in self._kept]
        else:
            points = [self._grouped(self._exposures.at(self._shape(row))[0]) for row in values]
            hazards = [
                (
                    np.stack([group.rest @ rate for group, rate in zip(of_points, rates, strict=True)]),
                    np.stack([group.during @ rate for group, rate in zip(of_points, rates, strict=True)]),
                )
                for of_points in zip(*points, strict=True)
            ]
        total = np.zeros(v.size)
        for rest, during in hazards:
            if during.shape[2] == 0:
                total += log_survival(rest, v[:, None])[0].sum(axis=1)
            elif during.shape[2] == 1:
                total += log_event(rest, during[:, :, 0], v[:, None])[0].sum(axis=1)
            else:
                each = zip(rest, during, v.tolist(), strict=True)
                total += [
                    log_of_events(its_rest, its_during, its_v).sum() for its_rest, its_during, its_v in each
                ]
        return total

    def with_gradient(self, values: Array) -> tuple[float, Array]:
        """Return the logarithm at one point, float64 (keys,), and its gradient; the gradient is 0 where it is -inf."""
        groups = self._kept
        slope_groups: list[list[_Group]] = []
        if groups is None:
            total, slopes = self._exposures.at(self._shape(values), wanted=self._shapes)
            groups, slope_groups = self._grouped(total), [self._grouped(slope) for slope in slopes]
        rates = self._rates(values[None])[0]
        v = float(self._column(values[None], VARIATION)[0]) ** 2
        log, by_v = 0.0, 0.0
        by_rate, by_shape = np.zeros(len(self.rates)), np.zeros(len(self._shapes))
        for g, group in enumerate(groups):
            found, by_rest, by_during, its_v = _logs(group.rest @ rates, group.during @ rates, v)
            log += float(found.sum())
            by_v += float(its_v.sum())
            by_rate += by_rest @ group.rest + np.einsum("nm,nmc->c", by_during, group.during)
            for n, slope in enumerate(slope_groups):
                moved = by_rest @ slope[g].rest + np.einsum("nm,nmc->c", by_during, slope[g].during)
                by_shape[n] += moved @ rates
        if not np.isfinite(log):
            return -np.inf, np.zeros(len(self.keys))
        by = dict(zip(self.rates, by_rate, strict=True)) | dict(zip(self._shapes, by_shape, strict=True))
        by[VARIATION] = 2.0 * np.sqrt(v) * by_v
        return log, np.array([by[key] for key in self.keys])

    def hazards(self, values: Array) -> Array:
        """Return what has cumulated of the hazard over absorptive capacity by the last period, float64 (P,)."""
        rates = self._rates(values[None])[0]
        total = self._unmoved or self._exposures.at(self._shape(values))[0]
        cumulated: Array = total.after @ rates
        return cumulated

    def given(self, values: Array) -> dict[str, float]:
        """Return the value of each key, those that are not fitted as the scenario has them."""
        return {**self._given, **dict(zip(self.keys, values.tolist(), strict=True))}

    def _grouped(self, total: Cumulated) -> list[_Group]:
        """Return exposures by enterprise, in groups of those with as many adoptions."""
        at_risk, number, n, members = self._places
        before = total.before[at_risk]
        rest = np.column_stack([np.bincount(number, weights=column, minlength=n) for column in before.T])
        during = total.after - total.before
        return [_Group(rest[who], during[pairs]) for who, pairs in members]

    def _shape(self, values: Array) -> dict[str, float]:
        given = self.given(values)
        return {key: given[key] for key in SHAPES}

    def _rates(self, values: Array) -> Array:
        return np.column_stack([self._column(values, key) for key in self.rates])

    def _column(self, values: Array, key: str) -> Array:
        if key in self.keys:
            return values[:, self.keys.index(key)]
        return np.full(len(values), self._given[key])


def _products(during: Array, rates: Array) -> Array:
    """Return the hazards, (W, n, m), of exposures, (n, m, D), at rates, (W, D)."""
    n, m, channels = during.shape
    return (rates @ during.reshape(n * m, channels).T).reshape(len(rates), n, m)


def _logs(rest: Array, during: Array, v: float) -> tuple[Array, Array, Array, Array]:
    """Return the logarithm of each enterprise, and its derivatives by rest, during and v; during is (n, m)."""
    if during.shape[1] == 0:
        value, by_rest, by_v = log_survival(rest, v)
        return value, by_rest, np.zeros(during.shape), by_v
    if during.shape[1] == 1:
        value, by_rest, by_one, by_v = log_event(rest, during[:, 0], v)
        return value, by_rest, by_one[:, None], by_v
    return log_events(rest, during, v)


def _places(observed: Observed, only: Array | None) -> tuple[Array, Array, int, list[tuple[Array, Array]]]:
    """Return the pairs at risk, the numbers of their enterprises, how many these are, and their groups.

    A group is the enterprises (n,) with m adoptions, and the pairs of these, (n, m).
    """
    at_risk, adopted = observed.at_risk, observed.adopted
    if only is not None:
        at_risk, adopted = at_risk & only, adopted & only
    enterprise = observed.world.pairs.enterprise
    who, number = np.unique(enterprise[at_risk], return_inverse=True)
    of_pair = np.full(enterprise.size, -1, dtype=np.int64)
    of_pair[at_risk] = number
    times = np.bincount(of_pair[adopted], minlength=who.size)
    pairs = np.flatnonzero(adopted)
    pairs = pairs[np.argsort(of_pair[pairs], kind="stable")]
    members = []
    for m in np.unique(times):
        chosen = np.flatnonzero(times == m)
        own = pairs[np.isin(of_pair[pairs], chosen)]
        members.append((chosen, own.reshape(chosen.size, int(m))))
    return np.flatnonzero(at_risk), number, who.size, members
