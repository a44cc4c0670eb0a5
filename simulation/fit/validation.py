"""A forecast of the periods that were held out, beside those of rivals, and which is ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import t as student

from simulation.fit.forecast import INTERVAL, adopters_by_region, scored, simulated_forward
from simulation.fit.observed import Observed
from simulation.fit.rivals import bass_by_region, hazard_of_time, no_change

if TYPE_CHECKING:
    from simulation.fit.running import Fitted

OURS = "model"

RIVALS = ("bass", "time", "no change")
"""Bass by region, a hazard of time alone, nobody any more."""

NAMES = {
    OURS: "our model",
    "bass": "Bass by region",
    "time": "a hazard of time alone",
    "no change": "no change",
}

_FORECASTS = 1000


def held_out(fitted: Fitted, whole: Observed) -> pd.DataFrame:
    """Return one row for each model and region: what it expected of the periods after those fitted, and its scores.

    Parameters
    ----------
    whole : what was observed by the last period.
    """
    early, until, seed = fitted.observed, whole.periods, fitted.study.seed
    period = simulated_forward(fitted.likelihood, fitted.draws[:_FORECASTS], until=until, seed=seed)
    samples = {
        OURS: adopters_by_region(early, period, after=early.periods, until=until),
        "bass": bass_by_region(early, until=until, draws=_FORECASTS, seed=seed),
        "time": hazard_of_time(early, until=until, draws=_FORECASTS, seed=seed),
        "no change": no_change(early, draws=_FORECASTS),
    }
    truth = adopters_by_region(whole, whole.period, after=early.periods, until=until)
    parts = []
    for name, of_model in samples.items():
        low, high = np.quantile(of_model, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
        scores = scored(of_model, truth)
        parts.append(
            pd.DataFrame(
                {
                    "model": name,
                    "region": whole.world.regions.ids,
                    "adopted": truth,
                    "mean": of_model.mean(axis=0),
                    "low": low,
                    "high": high,
                    "crps": scores.crps,
                    "log_score": scores.log,
                    "covered": scores.covered,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def sentences(frame: pd.DataFrame) -> list[str]:
    """Return how the forecasts of :func:`held_out` compare, in words."""
    found = []
    for score, name in (("crps", "continuous ranked probability score"), ("log_score", "log score")):
        table = frame.pivot_table(index="region", columns="model", values=score)
        # A point forecast that misses has an infinite log score; ours stands for what many samples can tell.
        rivals = [rival for rival in RIVALS if not (score == "log_score" and rival == "no change")]
        for rival in rivals:
            low, high = _interval((table[OURS] - table[rival]).to_numpy())
            verdict = "ahead of" if high < 0 else "behind" if low > 0 else "neither ahead of nor behind"
            found.append(
                f"By the {name}, {NAMES[OURS]} is {verdict} {NAMES[rival]}: {table[OURS].mean():.2f} against "
                f"{table[rival].mean():.2f} a region, difference {low:+.2f} to {high:+.2f} (95 %, {len(table)} "
                "regions)."
            )
    covered = frame[frame.model == OURS].covered
    found.append(f"Its {100 * INTERVAL:.0f} % intervals hold {int(covered.sum())} of {len(covered)} regions.")
    return found


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """Return the interval of the mean of paired differences, by Student's t."""
    n = differences.size
    if n < 2:
        return -np.inf, np.inf
    half = student.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n)
    return float(differences.mean() - half), float(differences.mean() + half)
