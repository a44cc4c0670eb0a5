"""A fit from its study to its folder: maximum, profiles, draws from the posterior, and a scenario with the values.

The folder holds what is needed to go on: the steps of the sampler so far, which each block extends by steps that
depend on what was before and on the seed alone. So a fit that was interrupted ends as if it had not been.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from simulation.data.reader import dataset_folder
from simulation.errors import HyperclusterError, ResultsError
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.fit import posterior, validation
from simulation.fit.counts import ADOPTION, Counts, observe_counts
from simulation.fit.counts_likelihood import OVERDISPERSION, AnyLikelihood, CountsLikelihood
from simulation.fit.dates import MASTERY, MEMBERSHIP
from simulation.fit.exposures import DATED, rates_of
from simulation.fit.likelihood import Likelihood
from simulation.fit.maximum import Maximum, Profile, Search
from simulation.fit.observed import AGENTS, NOMINATIONS, Observed, observe
from simulation.fit.posterior import Diagnostics
from simulation.fit.ranges import Range, spec_with, values_at
from simulation.fit.study import Fit
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.world import Array

IDENTITY, STUDY, CHAIN = "fit.json", "fit.toml", "chain.npz"
SCENARIO, POSTERIOR, SUMMARY, PROFILES, WORDS = (
    "scenario.toml",
    "posterior.parquet",
    "summary.csv",
    "profiles.csv",
    "fit.md",
)

FORECAST = "forecast.csv"

DISPERSION = "overdispersion.parquet"
"""The draws of what is no key of a scenario."""

FINDINGS = "findings.json"
"""What is said in words, for the report."""

DRAWS = 2000
"""Rows of the posterior that are written."""

_PACKAGES = ("numpy", "scipy", "emcee", "arviz-stats")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit has found; d ranges."""

    study: Fit
    seen: Observed | Counts
    ranges: tuple[Range, ...]
    maximum: Maximum
    profiles: tuple[Profile, ...]
    draws: Array  # float64 (n, d), values
    places: Array  # float64 (n, d)
    diagnostics: Diagnostics
    steps: int
    given_by: AnyLikelihood

    @property
    def observed(self) -> Observed:
        """What was observed, where enterprises have names."""
        assert isinstance(self.seen, Observed)
        return self.seen

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood, where enterprises have names."""
        assert isinstance(self.given_by, Likelihood)
        return self.given_by

    @property
    def values(self) -> Array:
        """The most likely values, float64 (d,)."""
        return values_at(self.ranges, self.maximum.places)[0]

    @property
    def scenario(self) -> Scenario:
        """The scenario with the most likely values."""
        moved = [n for n, each in enumerate(self.ranges) if each.key != OVERDISPERSION]
        spec = spec_with(self.seen.spec, [self.ranges[n] for n in moved], self.values[moved])
        return spec.model_copy(update={"name": f"{self.seen.spec.name[:57]}-fitted"})

    def summary(self) -> pd.DataFrame:
        """Return one row for each range: its maximum, its intervals, and how well the draws know it."""
        low, middle, high = np.quantile(self.draws, [0.05, 0.5, 0.95], axis=0)
        ends = [
            [float(each.values(np.array(place))[0]) for place in (profile.low, profile.high)]
            for each, profile in zip(self.ranges, self.profiles, strict=True)
        ]
        return pd.DataFrame(
            {
                "parameter": [each.name for each in self.ranges],
                "key": [each.key for each in self.ranges],
                "scale": [each.scale for each in self.ranges],
                "range_low": [each.low for each in self.ranges],
                "range_high": [each.high for each in self.ranges],
                "maximum": self.values,
                "profile_low": [low for low, _ in ends],
                "profile_high": [high for _, high in ends],
                "posterior_5_percent": low,
                "posterior_median": middle,
                "posterior_95_percent": high,
                "r_hat": self.diagnostics.r_hat,
                "effective_draws": self.diagnostics.effective,
            }
        )


def seen_by(study: Fit, folder: Path) -> Observed | Counts:
    """Return what was observed, for a study whose file lies in ``folder``: counts, if only these are there.

    Raises
    ------
    ScenarioError, DataError
        If the scenario, its dataset or what was observed cannot be used.
    """
    spec = load_scenario(folder / study.scenario)
    data = dataset_folder(spec.world.dataset)
    if (data / AGENTS).is_file() or not (data / ADOPTION).is_file():
        return observe(spec, ties=study.ties)
    if study.ties == "directed":
        raise HyperclusterError(
            f'ties = "directed": {ADOPTION} names no enterprise, so partners count on average; leave it out'
        )
    return observe_counts(spec)


def run_fit(
    study: Fit,
    folder: Path,
    out: Path,
    *,
    until: int | None = None,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Run a fit, or go on with it, and write its folder.

    Parameters
    ----------
    folder : where the file of the study lies.
    until : the last period that is fitted; by default that of the data.
    tell : called with a line of progress.

    Raises
    ------
    ScenarioError, DataError
        As :func:`seen_by`.
    HyperclusterError
        If ``until`` is not a period before the last, or nobody adopted by then.
    ResultsError
        If ``out`` holds another fit and ``fresh`` is not set.
    """
    whole = seen_by(study, folder)
    observed = whole if until is None else until_period(whole, until)
    if not np.any(observed.adopted):
        raise HyperclusterError(f"nobody adopted in the {observed.periods} periods: there is nothing to fit")
    if isinstance(observed, Counts):
        ranges = study.ranges(counts=True)
    else:
        ranges = study.ranges(dated=[key for key in rates_of(observed) if key in DATED])
    likelihood = likelihood_of(observed, [each.key for each in ranges])
    identity = identity_of(study, observed)
    chain = None if fresh else _before(out, identity)
    make_folder(out)
    if chain is None:
        (out / CHAIN).unlink(missing_ok=True)
        replace(out / IDENTITY, (json.dumps(identity, indent=2) + "\n").encode())
        replace(out / STUDY, study.to_toml().encode())
    search = Search(likelihood, ranges)
    maximum = search.maximum(study.starts, seed=study.seed)
    tell(f"maximum found: {maximum.agreeing} of {maximum.starts} starts lead to it")
    profiles = []
    for n, each in enumerate(ranges):
        profiles.append(search.profile(n, maximum))
        tell(f"profile of {each.name} ({n + 1} of {len(ranges)})")
    chain, diagnostics = _sampled(study, likelihood, ranges, maximum, out, chain, tell)
    z = posterior.draws(chain, DRAWS, seed=study.seed)
    places = posterior.places_of(z)
    values = values_at(ranges, places)[0]
    fitted = Fitted(
        study,
        likelihood.observed,
        ranges,
        maximum,
        tuple(profiles),
        values,
        places,
        diagnostics,
        chain.shape[1],
        likelihood,
    )
    _write(fitted, out)
    (out / FORECAST).unlink(missing_ok=True)  # of a fit that was here before
    if until is not None:
        frame = validation.held_out(fitted, whole)
        replace(out / FORECAST, frame.to_csv(index=False, lineterminator="\n").encode())
    return fitted


def until_period[Seen: Observed | Counts](whole: Seen, until: int) -> Seen:
    """Return what was observed by the end of a period.

    Raises
    ------
    HyperclusterError
        If it is not a period before the last.
    """
    if not 0 < until < whole.periods:
        raise HyperclusterError(f"--until {until}: must be 1 to {whole.periods - 1}, before the last period")
    return whole.until(until)  # type: ignore[return-value]  # of the same kind


def likelihood_of(observed: Observed | Counts, keys: Sequence[str]) -> AnyLikelihood:
    """Return the likelihood of events or of counts.

    Raises
    ------
    HyperclusterError
        If events are to be fitted with an overdispersion, or a channel without the dates that it needs.
    """
    known = () if isinstance(observed, Counts) else rates_of(observed)
    for key, table in zip(DATED, (MASTERY, MEMBERSHIP), strict=True):
        if key in keys and key not in known:
            raise HyperclusterError(
                f'"{key}" needs {AGENTS} and {table} in the dataset; without, leave it out'
            )
    if isinstance(observed, Counts):
        return CountsLikelihood(observed, keys)
    if OVERDISPERSION in keys:
        raise HyperclusterError(
            f'"{OVERDISPERSION}" is that of counts ({ADOPTION}); with {AGENTS} the network is known, so leave it out'
        )
    return Likelihood(observed, keys)


def _sampled(
    study: Fit,
    likelihood: AnyLikelihood,
    ranges: tuple[Range, ...],
    maximum: Maximum,
    out: Path,
    chain: Array | None,
    tell: Callable[[str], None],
) -> tuple[Array, Diagnostics]:
    """Return all steps of the sampler, kept in the folder after every block, and their diagnostics."""
    density = posterior.log_density(likelihood, ranges)
    while True:
        if chain is not None:
            found = posterior.diagnosed(chain)
            least = float(found.effective.min())
            tell(f"{chain.shape[1]:,} steps, {least:,.0f} of {study.effective:,} effective draws")
            if (found.has_converged and least >= study.effective) or chain.shape[1] >= study.most_steps:
                return chain, found
        begin = posterior.starts(density, maximum.places, seed=study.seed) if chain is None else chain[:, -1]
        done = 0 if chain is None else chain.shape[1] // posterior.BLOCK
        new = posterior.sample_block(density, begin, seed=study.seed, block=done)
        chain = new if chain is None else np.concatenate([chain, new], axis=1)
        buffer = io.BytesIO()
        np.savez(buffer, chain=chain)
        replace(out / CHAIN, buffer.getvalue())


def identity_of(study: Fit, observed: Observed | Counts) -> dict[str, str]:
    """Return what must be the same for steps of the sampler to belong to one fit."""
    folder = dataset_folder(observed.spec.world.dataset)
    seen = observed.stock if isinstance(observed, Counts) else observed.period
    data = hashlib.sha256(seen.tobytes())
    for name in (AGENTS, NOMINATIONS, ADOPTION, MASTERY, MEMBERSHIP):
        path = folder / name
        data.update(path.read_bytes() if path.is_file() else b"\0")
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    # How long to go on does not change the steps.
    same = study.model_copy(update={"title": "", "effective": 100, "most_steps": 100, "runs": 1000})
    return {
        "study": hashlib.sha256(same.to_toml().encode()).hexdigest(),
        "scenario": observed.spec.digest,
        "observed": data.hexdigest(),
        "code of fits": code.hexdigest(),
        **{f"version of {name}": version(name) for name in _PACKAGES},
    }


def _before(out: Path, identity: dict[str, str]) -> Array | None:
    """Return the steps that a folder holds of this fit, (ENSEMBLES, steps, W, d); None without any.

    Raises
    ------
    ResultsError
        If the folder holds another fit, or something else.
    """
    path = out / IDENTITY
    if not path.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise ResultsError(f"{out}: not the folder of a fit, and not empty; choose another --out")
        return None
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        there = {}
    there = there if isinstance(there, dict) else {}
    other = [key for key in identity if there.get(key) != identity[key]]
    if other:
        raise ResultsError(f"{out}: holds another fit ({', '.join(other)}); choose another --out, or --fresh")
    try:
        with np.load(out / CHAIN, allow_pickle=False) as file:
            chain: Array = file["chain"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None  # damaged: sampled again
    return chain


def _write(fitted: Fitted, out: Path) -> None:
    from simulation.fit.words import findings, page

    frame = pd.DataFrame(fitted.draws, columns=[each.key for each in fitted.ranges])
    beside = [name for name in frame if name == OVERDISPERSION]  # no key of a scenario, so of no ensemble
    for name, table in ((POSTERIOR, frame.drop(columns=beside)), (DISPERSION, frame[beside])):
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        if table.shape[1]:
            replace(out / name, buffer.getvalue())
        else:
            (out / name).unlink(missing_ok=True)
    replace(out / SUMMARY, fitted.summary().to_csv(index=False, lineterminator="\n").encode())
    rows = [
        (each.name, float(each.values(np.array(place))[0]), log)
        for each, profile in zip(fitted.ranges, fitted.profiles, strict=True)
        for place, log in zip(profile.places, profile.logs, strict=True)
    ]
    profiles = pd.DataFrame(rows, columns=["parameter", "value", "log_likelihood"])
    replace(out / PROFILES, profiles.to_csv(index=False, lineterminator="\n").encode())
    replace(out / SCENARIO, fitted.scenario.to_toml().encode())
    replace(out / WORDS, page(fitted).encode())
    replace(out / FINDINGS, (json.dumps(findings(fitted), indent=2) + "\n").encode())
