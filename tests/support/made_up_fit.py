"""The results of a fit, made up: three parameters, four regions, six periods."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulation.fit import predictive
from simulation.fit.maximum import DROP
from simulation.fit.results import FitResults
from simulation.fit.validation import BASS, NOBODY, OURS, scores_by_region

REGIONS = ("r0", "r1", "r2", "r3")


def made_up_fit(folder: Path) -> FitResults:
    """Return results whose values follow one rule each; nothing is written."""
    draw = np.random.default_rng(1)
    names = ("spontaneous", "spatial", "variation")
    keys = ("diffusion.spontaneous", "diffusion.spatial", "diffusion.absorptive_capacity_cv")
    middle, width = np.array([0.02, 0.5, 0.7]), np.array([0.004, 0.1, 0.2])
    draws = np.abs(middle + width * draw.normal(size=(600, 3)))
    half = width * np.sqrt(2 * DROP)
    summary = pd.DataFrame(
        {
            "parameter": names,
            "key": keys,
            "scale": ["log", "linear", "linear"],
            "range_low": [1e-4, 0.0, 0.0],
            "range_high": [1.0, 2.0, 2.0],
            "maximum": middle,
            "profile_low": middle - half,
            "profile_high": middle + half,
            "posterior_5_percent": np.quantile(draws, 0.05, axis=0),
            "posterior_median": np.quantile(draws, 0.5, axis=0),
            "posterior_95_percent": np.quantile(draws, 0.95, axis=0),
            "r_hat": 1.0,
            "effective_draws": 500.0,
        }
    )
    steps = np.linspace(-1.8, 1.8, 13)
    profiles = pd.DataFrame(
        [
            (name, middle[n] + step * half[n], -100.0 - DROP * step**2)
            for n, name in enumerate(names)
            for step in steps
        ],
        columns=["parameter", "value", "log_likelihood"],
    )
    period = np.arange(7)
    curves = pd.concat(
        [
            pd.DataFrame(
                {
                    "region": region,
                    "period": period,
                    "years": period / 2,
                    "eligible": 15,
                    "observed": np.minimum(2 * period + (2 if n == 3 else 0), 15),
                    "low": period,
                    "median": 2 * period,
                    "high": np.minimum(2 * period + 1, 13),
                }
            )
            for n, region in enumerate(REGIONS)
        ]
    ).sort_values(["period", "region"])
    runs = pd.DataFrame(draw.gamma(4.0, 0.1, size=(200, 5)), columns=list(predictive.MEASURES))
    runs.loc[10:, "theil_50"] = np.nan
    rows = []
    for name in predictive.MEASURES:
        low, median, high = (
            (np.nan,) * 3 if name == "theil_50" else np.nanquantile(runs[name], [0.05, 0.5, 0.95])
        )
        reason = {
            "theil_50": "Only 10 of 200 runs of the fitted model have a value.",
            "t50_sd_years": "The adoption share does not reach 50% within the common window in r2.",
        }.get(name, "")
        unit = {"phi": "share", "theil_50": "nats"}.get(name, "years")
        seen = np.nan if name == "t50_sd_years" else 0.4
        verdict = predictive.UNKNOWN if reason else predictive.INSIDE
        rows.append(
            (name, unit, seen, low, median, high, 200, int(runs[name].notna().sum()), verdict, reason)
        )
    columns = [
        "metric", "unit", "observed", "low", "median", "high", "runs", "runs_with_a_value", "verdict", "reason"
    ]  # fmt: skip
    truth = np.array([9, 8, 10, 12])
    samples = {OURS: draw.poisson(9.0, size=(300, 4)), BASS: draw.poisson(7.0, size=(300, 4))}
    held_out = scores_by_region(samples, truth, REGIONS)
    held_out["k"], held_out["refitted"] = 0.3, held_out.region == "r2"
    forecast = scores_by_region(samples | {NOBODY: np.zeros((300, 4), dtype=np.int64)}, truth, REGIONS)
    return FitResults(
        path=folder,
        title="A | fit",
        about="60 enterprises in 4 regions.",
        sentences=[
            "These data cannot tell spatial contact from differences in absorptive capacity: correlation -.93."
        ],
        caveats=["Regions are small."],
        study='scenario = "scenario.toml"\n',
        summary=summary,
        profiles=profiles,
        draws=pd.DataFrame(draws, columns=list(keys)),
        synchronization=pd.DataFrame(rows, columns=columns),
        curves=curves,
        runs=runs,
        forecast=forecast,
        left_out=held_out,
    )
