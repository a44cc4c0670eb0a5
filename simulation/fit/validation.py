"""Forecasts of what was held out, beside those of rivals, and which is ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import t as student

from simulation.fit.counts import Counts
from simulation.fit.counts_likelihood import AnyLikelihood, CountsLikelihood
from simulation.fit.counts_predictive import by_region
from simulation.fit.forecast import INTERVAL, adopters_by_region, scored, simulated_forward
from simulation.fit.observed import Observed
from simulation.fit.rivals import bass_by_region, logistic_hazard, no_change
from simulation.fit.variants import ALL, chosen, draws_of, variants
from simulation.world import Array

if TYPE_CHECKING:
    from simulation.fit.running import Fitted

OURS, CHOSEN, BASS, LOGISTIC, NOBODY = "model", "chosen", "bass", "logistic", "no change"

NAMES = {
    OURS: "our model",
    CHOSEN: "the variant of ours that was chosen",
    BASS: "Bass",
    LOGISTIC: "a logistic hazard without contacts",
    NOBODY: "no change",
}

SCORES = {"crps": "continuous ranked probability score", "log_score": "log score"}

AHEAD, BEHIND, NEITHER = "ahead of", "behind", "neither ahead of nor behind"

_FORECASTS = 1000


def held_out(fitted: Fitted, whole: Observed | Counts) -> pd.DataFrame:
    """Return one row for each model and region: what it expected of the periods after those fitted, and its scores.

    Among ours is the variant that the fitted periods choose; the column ``variant`` says which that is.

    Parameters
    ----------
    whole : what was observed by the last period.
    """
    early, until, seed = fitted.seen, whole.periods, fitted.study.seed
    variant = chosen(variants(fitted))
    samples = {OURS: _forward(fitted.given_by, fitted.draws[:_FORECASTS], until=until, seed=seed)}
    samples[CHOSEN] = samples[OURS]
    if variant.off:
        draws = draws_of(variant, fitted)[:_FORECASTS]
        samples[CHOSEN] = _forward(variant.likelihood, draws, until=until, seed=seed)
    frame = scores_by_region(
        samples | rivals_of(early, until=until, seed=seed), came(early, whole), whole.world.regions.ids
    )
    frame["variant"] = np.where(frame.model == CHOSEN, variant.title, "")
    return frame


def rivals_of(early: Observed | Counts, *, until: int, seed: int) -> dict[str, Array]:
    """Return what rivals expect in each region after the last period and by another, int64 (M, R)."""
    return {
        BASS: bass_by_region(early, until=until, draws=_FORECASTS, seed=seed),
        LOGISTIC: logistic_hazard(early, until=until, draws=_FORECASTS, seed=seed),
        NOBODY: no_change(early, draws=_FORECASTS),
    }


def came(early: Observed | Counts, whole: Observed | Counts) -> Array:
    """Return how many adopted in each region after what was observed early, int64 (R,)."""
    if isinstance(whole, Counts):
        return by_region(whole, whole.stock[:, -1] - whole.stock[:, early.periods])
    return adopters_by_region(whole, whole.period, after=early.periods, until=whole.periods)


def _forward(likelihood: AnyLikelihood, draws: Array, *, until: int, seed: int) -> Array:
    """Return how many adopt in each region after the last period and by another, int64 (M, R)."""
    if isinstance(likelihood, CountsLikelihood):
        draw = np.random.default_rng([seed, 4])
        found = np.array([likelihood.forward(values, until=until, draw=draw) for values in draws])
        return by_region(likelihood.observed, found)
    early = likelihood.observed
    period = simulated_forward(likelihood, draws, until=until, seed=seed)
    return adopters_by_region(early, period, after=early.periods, until=until)


def scores_by_region(samples: Mapping[str, Array], truth: Array, regions: Sequence[str]) -> pd.DataFrame:
    """Return one row for each model and region, of samples, int64 (M, R), and what came, int64 (R,)."""
    parts = []
    for name, of_model in samples.items():
        low, high = np.quantile(of_model, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
        scores = scored(of_model, truth)
        parts.append(
            pd.DataFrame(
                {
                    "model": name,
                    "region": list(regions),
                    "adopted": truth,
                    "mean": of_model.mean(axis=0),
                    "low": low,
                    "high": high,
                    "crps": scores.crps,
                    "log_score": scores.log,
                    "covered": scores.covered,
                    "held_from": scores.held_from,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, slots=True)
class Score:
    """A mean score over regions, and the 95 % interval of that of our model minus it."""

    mean: float
    low: float  # nan for our model itself
    high: float

    @property
    def verdict(self) -> str:
        """How our model stands; less is better."""
        return AHEAD if self.high < 0 else BEHIND if self.low > 0 else NEITHER


@dataclass(frozen=True, slots=True)
class Compared:
    """One model beside ours, over n regions."""

    scores: Mapping[
        str, Score
    ]  # by the names of SCORES; no change has no log score, as a point that misses has none
    held: int  # regions that its 90 % intervals hold
    regions: int


def compared(frame: pd.DataFrame) -> dict[str, Compared]:
    """Return each model of a frame of scores beside ours."""
    table = {
        score: {
            str(name): part.sort_values("region")[score].to_numpy() for name, part in frame.groupby("model")
        }
        for score in SCORES
    }
    found = {}
    for name in dict.fromkeys(frame.model):
        scores = {}
        for score, of in table.items():
            if name == NOBODY and score == "log_score":
                continue
            low, high = (np.nan, np.nan) if name == OURS else _interval(of[OURS] - of[name])
            scores[score] = Score(float(of[name].mean()), low, high)
        covered = frame[frame.model == name].covered
        found[str(name)] = Compared(scores, int(covered.sum()), len(covered))
    return found


def sentences(frame: pd.DataFrame) -> list[str]:
    """Return how the forecasts of a frame of scores compare, in words."""
    found, lines = compared(frame), []
    ours = found[OURS]
    for score, title in SCORES.items():
        for name, its in found.items():
            if name in (OURS, CHOSEN) or score not in its.scores:
                continue
            that = its.scores[score]
            lines.append(
                f"By the {title}, {NAMES[OURS]} is {that.verdict} {NAMES[name]}: {ours.scores[score].mean:.2f} "
                f"against {that.mean:.2f} a region, difference {that.low:+.2f} to {that.high:+.2f} (95 %, "
                f"{ours.regions} regions)."
            )
    lines.append(f"Its {100 * INTERVAL:.0f} % intervals hold {ours.held} of {ours.regions} regions.")
    if CHOSEN in found:
        lines.append(_about_the_variant(str(frame.variant[frame.model == CHOSEN].iloc[0]), found[CHOSEN]))
    return lines


def _about_the_variant(title: str, its: Compared) -> str:
    if title == ALL:
        return "By Akaike's criterion, the fitted periods choose our model with all that was fitted."
    return (
        f"By Akaike's criterion, the fitted periods choose our model {title}: continuous ranked probability score "
        f"{its.scores['crps'].mean:.2f}, log score {its.scores['log_score'].mean:.2f}, and its intervals hold "
        f"{its.held} of {its.regions} regions."
    )


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """Return the interval of the mean of paired differences, by Student's t."""
    n = differences.size
    if n < 2:
        return -np.inf, np.inf
    half = student.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n)
    return float(differences.mean() - half), float(differences.mean() + half)
