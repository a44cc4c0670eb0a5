"""What a fit has found, in words: the values, what the data cannot tell, and whether the draws can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulation.fit.counts import Counts
from simulation.fit.counts_likelihood import OVERDISPERSION
from simulation.fit.counts_predictive import by_region
from simulation.fit.maximum import CONFIDENCE, EDGE
from simulation.fit.observed import Observed
from simulation.fit.posterior import MOST_R_HAT
from simulation.world import Array

if TYPE_CHECKING:
    from simulation.fit.running import Fitted

CANNOT, HARDLY = 0.9, 0.7
"""Correlations of two parameters from which on data cannot, or can hardly, tell one from the other."""

SAYS_NOTHING = 0.9
"""Spread of the posterior over that of the range from which on data say next to nothing."""

_OF_A_RANGE = 12**-0.5
"""Standard deviation of the place where all places are equally likely."""

_NAMES = {
    "diffusion.spontaneous": "spontaneous adoption",
    "diffusion.spatial": "spatial contact",
    "diffusion.network": "network contact",
    "diffusion.institutional": "contact with institutions",
    "diffusion.digital": "contact on platforms",
    "diffusion.absorptive_capacity_cv": "differences in absorptive capacity",
    "diffusion.half_distance_km": "half distance",
    "diffusion.density_exponent": "the density exponent",
    "diffusion.relatedness_other": "relatedness of industries",
    "diffusion.relatedness_services": "relatedness to services",
    OVERDISPERSION: "overdispersion",
}

_HEADINGS = (
    "parameter",
    "range",
    "most likely",
    f"{100 * CONFIDENCE:.0f} % by likelihood",
    "median",
    "90 % of draws",
)


def page(fitted: Fitted, further: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return all that is to be said, as Markdown, with further sections of sentences."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *table(fitted)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    parts = [f"# {_title(fitted)}", about(fitted), "\n".join(lines), *sentences(fitted)]
    for heading, said in (further or {}).items():
        parts += [f"## {heading}", "\n".join(f"- {line}" for line in said)]
    parts += ["## Caveats", "\n".join(f"- {line}" for line in caveats(fitted))]
    return "\n\n".join(parts) + "\n"


def findings(fitted: Fitted) -> dict[str, str | list[str]]:
    """Return what a report says of a fit in words."""
    return {
        "title": _title(fitted),
        "about": about(fitted),
        "sentences": sentences(fitted),
        "caveats": caveats(fitted),
    }


def _title(fitted: Fitted) -> str:
    return fitted.study.title or f"Fit of {fitted.seen.spec.title}"


def caveats(fitted: Fitted) -> list[str]:
    """Return what must be known of the data."""
    seen = fitted.seen
    if isinstance(seen, Counts):
        return counts_caveats(seen)
    of = seen.world.enterprises
    sizes = np.bincount(of.region_of, minlength=len(seen.world.regions.ids))
    found = [_about_sizes(sizes)]
    if (~seen.at_risk).any():
        found.append("Initial adopters are those that were observed, in runs of the fitted model, too.")
    if of.indices.size:
        found.append(
            "A tie says that two are in contact, not that they spoke of the innovation. Contact and likeness look the "
            "same: a rate of network contact is not a causal effect."
        )
    if never := int((seen.period > seen.periods).sum()):
        found.append(_about_censoring(never, seen.periods))
    return [*found, _EVIDENCE, *seen.spec.dataset.assumptions]


def counts_caveats(seen: Counts) -> list[str]:
    """Return what must be known of counts, however they were fitted."""
    sizes = by_region(seen, seen.eligible)
    found = [_about_sizes(sizes)]
    n = seen.world.enterprises.counts[seen.region, seen.industry]
    if seen.eligible.sum() < n.sum():
        found.append(
            f"{int(seen.eligible.sum()):,} of {int(n.sum()):,} were counted; runs of the model are compared with what "
            "was counted, scaled up to all."
        )
    found.append(
        "Nobody is named: what partners tell each other is known on average alone, and initial adopters of runs are "
        "drawn."
    )
    if never := int(seen.eligible.sum() - seen.stock[:, -1].sum()):
        found.append(_about_censoring(never, seen.periods))
    return [*found, _EVIDENCE, *seen.spec.dataset.assumptions]


_EVIDENCE = (
    "This is evidence about one innovation among these people. It is no calibration of the shipped ranges, which are "
    "about mining regions."
)


def _about_sizes(sizes: Array) -> str:
    return (
        f"Regions are small: the smallest has {_counted(int(sizes.min()), 'enterprise')}, the middle one "
        f"{np.median(sizes):g}. Much of what differs between them is chance."
    )


def _about_censoring(never: int, periods: int) -> str:
    return f"{never:,} that had not adopted by period {periods} are censored: they count as not yet, not as never."


def table(fitted: Fitted) -> list[tuple[str, ...]]:
    """Return a row for each parameter, with the columns of the page."""
    return [
        (
            str(row.parameter),
            f"{row.range_low:.4g} to {row.range_high:.4g}",
            f"{row.maximum:.3g}",
            f"{row.profile_low:.3g} to {row.profile_high:.3g}",
            f"{row.posterior_median:.3g}",
            f"{row.posterior_5_percent:.3g} to {row.posterior_95_percent:.3g}",
        )
        for row in fitted.summary().itertuples(index=False)
    ]


def headings() -> tuple[str, ...]:
    """Return the names of the columns of :func:`table`."""
    return _HEADINGS


def about(fitted: Fitted) -> str:
    """Return what was observed, and which channels it is explained by."""
    seen, world = fitted.seen, fitted.seen.world
    enterprises, regions = world.enterprises.region_of.size, len(world.regions.ids)
    technologies = len(world.technologies.names)
    if isinstance(seen, Counts):
        shared = (
            " Technologies are taken as independent, which they are not where enterprises differ: intervals are then "
            "too narrow."
            if technologies > 1
            else ""
        )
        return (
            f"{about_counts(seen)} Nobody is named: partners count as they are on average. Institutions and platforms "
            f"are off, as no file tells of them.{shared} Log likelihood {fitted.maximum.log:.2f}."
        )
    adopted, risk = int(seen.adopted.sum()), int(seen.at_risk.sum())
    given = int((~seen.at_risk).sum())
    first = f"{given:,} had it at the start. " if given else ""
    ties = "mutual" if fitted.study.ties == "mutual" else "directed: each looks at those whom it named"
    return (
        f"{_counted(enterprises, 'enterprise')} in {_counted(regions, 'region')}, "
        f"{_counted(technologies, 'technology', 'technologies')}, {_counted(seen.periods, 'period')} of "
        f"1/{world.steps_per_year} year. {first}{adopted:,} of {risk:,} others adopted. Ties are {ties}. "
        f"{_dated(seen)} Log likelihood {fitted.maximum.log:.2f}."
    )


def about_counts(seen: Counts, *, steps: int = 1) -> str:
    """Return what was counted; ``steps`` are those of the scenario in a period."""
    world = seen.world
    technologies = len(world.technologies.names)
    first = f"{seen.given:,} had it at the start. " if seen.given else ""
    return (
        f"{_counted(seen.eligible.size, 'group')} of {int(seen.eligible.sum()):,} that were counted, in "
        f"{_counted(len(world.regions.ids), 'region')}, {_counted(technologies, 'technology', 'technologies')}, "
        f"{_counted(seen.periods, 'period')} of {steps}/{world.steps_per_year} year. {first}{seen.adopted:,} of "
        f"{seen.at_risk:,} others adopted."
    )


def _dated(seen: Observed) -> str:
    """Return which dates of institutions and platforms are known."""
    if seen.mastered is None and seen.members is None:
        return "Institutions and platforms are off, as no file tells of them."
    mastered = "When institutions mastered a technology is known"
    members = "when enterprises were on a platform is known"
    if seen.members is None:
        return f"{mastered}; platforms are off, as no file tells of them."
    if seen.mastered is None:
        return f"{members.capitalize()}; institutions are off, as no file tells of them."
    return f"{mastered}, and {members}."


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def sentences(fitted: Fitted) -> list[str]:
    """Return what must be known of the values."""
    return [*_edges(fitted), *_unknown(fitted), *_confounded(fitted), *_of_the_sampler(fitted)]


def _name(key: str) -> str:
    return _NAMES[key]


def _edges(fitted: Fitted) -> list[str]:
    found = []
    for each, place in zip(fitted.ranges, fitted.maximum.places, strict=True):
        if place <= EDGE or place >= 1.0 - EDGE:
            end, value = ("low", each.low) if place <= EDGE else ("high", each.high)
            found.append(
                f"The most likely value of {each.name} is the {end} end of its range, {value:g}"
                + (": the data need none of it." if value == 0 else "; a wider range may fit better.")
            )
    return found


def _unknown(fitted: Fitted) -> list[str]:
    spread = fitted.places.std(axis=0) / _OF_A_RANGE
    return [
        f"These data say next to nothing about {_name(each.key)}: the draws are spread over its range as before."
        for each, share in zip(fitted.ranges, spread, strict=True)
        if share >= SAYS_NOTHING
    ]


def _confounded(fitted: Fitted) -> list[str]:
    if len(fitted.ranges) < 2:
        return []
    correlation = np.corrcoef(fitted.places, rowvar=False)
    found = []
    for a in range(len(fitted.ranges)):
        for b in range(a + 1, len(fitted.ranges)):
            r = float(correlation[a, b])
            if abs(r) >= HARDLY:
                verb = "cannot tell" if abs(r) >= CANNOT else "can hardly tell"
                one, other = (_name(fitted.ranges[n].key) for n in (a, b))
                number = f"{r:.2f}".replace("0.", ".")
                found.append(f"These data {verb} {one} from {other}: correlation {number}.")
    return found


def _of_the_sampler(fitted: Fitted) -> list[str]:
    found: list[str] = []
    maximum, diagnostics = fitted.maximum, fitted.diagnostics
    if maximum.agreeing < maximum.starts:
        found.append(
            f"{maximum.agreeing} of {maximum.starts} starts lead to the maximum: the likelihood has other peaks, or "
            "flat parts."
        )
    if not diagnostics.has_converged:
        bad = _named(fitted, diagnostics.r_hat > MOST_R_HAT)
        found.append(
            f"The sampler has not converged after {fitted.steps:,} steps: R-hat of {bad} is up to "
            f"{diagnostics.r_hat.max():.2f}. Do not use its draws; raise most_steps."
        )
    elif diagnostics.effective.min() < fitted.study.effective:
        bad = _named(fitted, diagnostics.effective < fitted.study.effective)
        found.append(
            f"The draws of {bad} are worth only {diagnostics.effective.min():,.0f} independent ones; raise most_steps."
        )
    return found


def _named(fitted: Fitted, which: Sequence[bool] | np.ndarray) -> str:
    return ", ".join(each.name for each, bad in zip(fitted.ranges, which, strict=True) if bad)
