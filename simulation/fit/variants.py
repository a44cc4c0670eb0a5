"""Variants of a fit in which channels, or the variation of absorptive capacity, are off, and which the data choose.

They are chosen by Akaike's information criterion of what was fitted, so that what was held out has no say.

References
----------
Akaike (1974), A new look at the statistical model identification, IEEE Transactions on Automatic Control 19: 716-723.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from simulation.fit.counts import Counts
from simulation.fit.counts_likelihood import AnyLikelihood, CountsLikelihood
from simulation.fit.exposures import DATED
from simulation.fit.likelihood import VARIATION, Likelihood
from simulation.fit.maximum import Maximum, Search
from simulation.fit.posterior import draws_about
from simulation.fit.ranges import Range, spec_with
from simulation.world import Array

if TYPE_CHECKING:
    from simulation.fit.running import Fitted

CAN_BE_OFF = ("diffusion.spatial", "diffusion.network", *DATED, VARIATION)

ALL = "with all"
"""Title of the fit itself."""

_STARTS = 3


@dataclass(frozen=True, slots=True)
class Variant:
    """A fit in which some of its ranges are fixed at 0."""

    off: tuple[str, ...]  # names of the ranges
    ranges: tuple[Range, ...]  # the others
    likelihood: AnyLikelihood
    maximum: Maximum

    @property
    def aic(self) -> float:
        """Akaike's information criterion; lower is better."""
        return 2.0 * (len(self.ranges) - self.maximum.log)

    @property
    def title(self) -> str:
        """What is off."""
        return f"without {' and '.join(self.off)}" if self.off else ALL


def variants(fitted: Fitted) -> list[Variant]:
    """Return all variants of a fit, itself first."""
    return [_variant(fitted, off) for off in _choices(fitted.ranges)]


def chosen(found: Sequence[Variant]) -> Variant:
    """Return the variant with the lowest criterion, of equal ones the first."""
    return min(found, key=lambda each: each.aic)


def draws_of(variant: Variant, fitted: Fitted) -> Array:
    """Return draws from the posterior of a variant, at most as many as the fit has; of the fit itself its own."""
    if not variant.off:
        return fitted.draws
    maximum, n = variant.maximum.places, len(fitted.draws)
    return draws_about(variant.likelihood, variant.ranges, maximum, n, seed=fitted.study.seed)


def _choices(ranges: Sequence[Range]) -> list[tuple[Range, ...]]:
    can = [each for each in ranges if each.key in CAN_BE_OFF]
    # One range at least is left: without any there is nothing to fit.
    most = min(len(can), len(ranges) - 1)
    return [off for n in range(most + 1) for off in combinations(can, n)]


def _variant(fitted: Fitted, off: tuple[Range, ...]) -> Variant:
    if not off:
        return Variant((), fitted.ranges, fitted.given_by, fitted.maximum)
    ranges = tuple(each for each in fitted.ranges if each not in off)
    spec, keys = spec_with(fitted.seen.spec, off, np.zeros(len(off))), [each.key for each in ranges]
    likelihood: AnyLikelihood
    if isinstance(fitted.seen, Counts):
        likelihood = CountsLikelihood(replace(fitted.seen, spec=spec), keys)
    else:
        likelihood = Likelihood(replace(fitted.seen, spec=spec), keys)
    starts = min(fitted.study.starts, _STARTS)
    maximum = Search(likelihood, ranges).maximum(starts, seed=fitted.study.seed)
    return Variant(tuple(each.name for each in off), ranges, likelihood, maximum)
