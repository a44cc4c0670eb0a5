"""The file of a fit: a scenario with what was observed in its world, and what is to be found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulation.analysis.declarations import read_declarations
from simulation.analysis.priors import load_priors
from simulation.arguments import MOST_SEED
from simulation.errors import DataError, Problem, suggestion
from simulation.files.toml import toml_text
from simulation.fit.counts_likelihood import LEAST_OVERDISPERSION, OVERDISPERSION
from simulation.fit.exposures import DATED, RATES
from simulation.fit.likelihood import KEYS, VARIATION
from simulation.fit.ranges import Range
from simulation.scenario.messages import Issue
from simulation.settings import IDENTIFIER, Line, Settings


class Fitted(Settings):
    """One key that is fitted; without low and high it has its shipped range."""

    key: Annotated[Line, Field(min_length=1)]
    """The key of the scenario, such as "diffusion.spatial"."""
    low: float | None = None
    """Lowest value, in the unit of the key."""
    high: float | None = None
    """Highest value."""
    scale: Literal["linear", "log", "logit"] = "linear"
    """Scale on which all values of the range are equally likely before the data are seen."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("needs both low and high, or neither for the shipped range")
        if self.low is None or self.high is None:
            return self
        if not 0 <= self.low < self.high:
            raise ValueError(f"low {self.low:g} must be 0 or more, and below high {self.high:g}")
        if self.scale != "linear" and self.low <= 0:
            raise ValueError(f"low {self.low:g} must be above 0 on the scale {self.scale}")
        if self.scale == "logit" and self.high >= 1:
            raise ValueError(f"high {self.high:g} must be below 1 on the scale logit")
        return self


class Fit(Settings):
    """A fit to observed adoption."""

    title: Line = ""
    """Title of its report."""
    scenario: Annotated[Line, Field(min_length=1)]
    """File of the scenario in whose dataset ``agents.csv`` or ``adoption.csv`` lies, relative to this file."""
    method: Literal["likelihood", "simulation"] = "likelihood"
    """Whether the likelihood is computed, or the engine simulates and counts are compared (adoption.csv)."""
    ties: Literal["mutual", "directed"] = "mutual"
    """Whether partners look at each other, or each enterprise at those whom it named (nominations.csv)."""
    priors: Literal["shipped", "none"] = "shipped"
    """Whether the rates and the variation that no parameter moves are fitted in their shipped ranges, or stay.

    Counts also have an overdispersion, which is fitted in a range of its own, or is 0.
    """
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 1
    """Seed of the sampler."""
    starts: Annotated[int, Field(ge=1, le=1000)] = 8
    """Places from which the maximum is sought."""
    effective: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    """Effective sample size at which the sampler stops."""
    most_steps: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000
    """Steps after which it stops anyway."""
    runs: Annotated[int, Field(ge=100, le=2000)] = 1000
    """Runs of the fitted model with which what was observed is compared."""
    steps_per_period: Annotated[int, Field(ge=1, le=1000)] = 1
    """Steps of the scenario in a period of the data, by simulation."""
    population: Annotated[int, Field(ge=20, le=100_000)] = 500
    """Draws of a generation, by simulation."""
    least_acceptance: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of the simulations that are near enough below which the last generation is reached."""
    most_simulations: Annotated[int, Field(ge=100, le=100_000_000)] = 100_000
    """Simulations after which it is reached anyway."""
    parameters: dict[Annotated[str, Field(pattern=IDENTIFIER)], Fitted] = Field(default_factory=dict)
    """What is fitted, by name."""

    def to_toml(self) -> str:
        """The whole study as the text of a file."""
        data = self.model_dump(exclude_defaults=True)
        tables = data.pop("parameters", {})
        parts = [
            toml_text(data),
            *(f"[parameters.{name}]\n{toml_text(table)}" for name, table in tables.items()),
        ]
        return "\n".join(parts)

    def ranges(self, *, counts: bool = False, dated: Sequence[str] = ()) -> tuple[Range, ...]:
        """Return what is fitted to events or to counts, in the order of the study, then in that of the keys.

        Parameters
        ----------
        dated : those of ``DATED`` of which dates are known.
        """
        shipped: dict[str, object] = {key: prior for prior in load_priors().priors for key in prior.keys}
        shipped[OVERDISPERSION] = Range("", OVERDISPERSION, LEAST_OVERDISPERSION, 0.3, "log")
        found = []
        for name, fitted in self.parameters.items():
            if fitted.low is not None and fitted.high is not None:
                found.append(Range(name, fitted.key, fitted.low, fitted.high, fitted.scale))
            else:
                found.append(_shipped(name, fitted.key, shipped))
        moved = {each.key for each in found}
        if self.priors == "shipped":
            keys = (*RATES, *dated, VARIATION, *([OVERDISPERSION] if counts else []))
            found += [_shipped(key.split(".")[-1], key, shipped) for key in keys if key not in moved]
        return tuple(found)


def _shipped(name: str, key: str, shipped: Mapping[str, object]) -> Range:
    prior = shipped[key]
    return Range(name, key, prior.low, prior.high, prior.scale)  # type: ignore[attr-defined]


def read_fit(path: Path) -> Fit:
    """Return the fit of a file.

    Raises
    ------
    DataError
        With every problem, each with file, line and key.
    """
    if not path.is_file():
        raise DataError([Problem(str(path), None, "", "no such file; expected a fit (TOML)")])
    return read_declarations(path, Fit, expected="a fit (TOML)", check=_faults)


def _faults(fit: Fit) -> Iterator[Issue]:
    moved: dict[str, str] = {}
    for name, fitted in fit.parameters.items():
        place = ("parameters", name, "key")
        known = _simulated_keys() if fit.method == "simulation" else (*KEYS, *DATED, OVERDISPERSION)
        if fitted.key not in known:
            yield place, f"cannot be fitted{suggestion(fitted.key, known)}; what can is {_words(known)}"
        if fitted.key == OVERDISPERSION and fitted.low is not None and fitted.low < LEAST_OVERDISPERSION:
            yield ("parameters", name, "low"), f"must be {LEAST_OVERDISPERSION:g} or more for overdispersion"
        if fitted.key == OVERDISPERSION and fitted.high is not None and fitted.high >= 1:
            yield ("parameters", name, "high"), "must be below 1 for overdispersion, which is a correlation"
        if fitted.key in moved:
            yield place, f'is that of "{moved[fitted.key]}" too; each key once'
        moved[fitted.key] = name
    if fit.method == "likelihood" and fit.steps_per_period != 1:
        message = 'must be 1: only method = "simulation" knows steps that are shorter than a period'
        yield ("steps_per_period",), message
    if fit.priors == "none" and not fit.parameters:
        yield ("priors",), 'with "none" nothing is fitted; add a table such as [parameters.spatial]'


def _simulated_keys() -> tuple[str, ...]:
    """Return the numbers of a scenario that have a shipped range."""
    return tuple(key for prior in load_priors().priors if prior.scale != "categories" for key in prior.keys)


def _words(keys: Sequence[str]) -> str:
    return ", ".join(keys)
