"""An ensemble: everything that determines its rows, from a study, and as its results folder records it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pandas as pd
from annotated_types import Ge, Len
from pydantic import TypeAdapter, ValidationError

from simulation.analysis.declarations import beside
from simulation.analysis.patterns import Pattern, load_patterns
from simulation.analysis.priors import load_priors
from simulation.errors import (
    DataError,
    HyperclusterError,
    Problem,
    ResultsError,
    ScenarioError,
    listed,
    suggestion,
)
from simulation.explore.designs import Design, Kind, values_of
from simulation.explore.matching import TARGET
from simulation.explore.parameters import Parameter, paths_in, refuse_impossible, shipped_parameters
from simulation.explore.study import GENERATED, Study, read_rows
from simulation.files.toml import parse_toml
from simulation.metrics import METRICS
from simulation.results.manifest import MANIFEST, Manifest, new_manifest
from simulation.results.reader import DESIGN, Results
from simulation.scenario.loading import load_scenario, load_scenarios
from simulation.scenario.schema import Scenario

AS_DESIGNED = "-as-designed"
"""Ends the name of a scenario whose policies keep their costs and effects at every point."""

_CODE = (
    "explore/parameters.py",
    "explore/designs.py",
    "explore/points.py",
    "explore/matching.py",
    "analysis/pattern_quantities.py",
)
"""Files of ours that the rows depend on besides the model."""


_PARAMETER = TypeAdapter(Parameter)


@dataclass(frozen=True, slots=True)
class Range:
    """Where a metric of the baseline must lie."""

    metric: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Scenarios, and a design of their parameters. Run j of point p is replication p times ``replications`` plus j."""

    study: Study
    design: Design
    baseline: Scenario
    rivals: tuple[Scenario, ...]  # in the order of the study; those as designed come last
    patterns: tuple[Pattern, ...]
    ranges: tuple[Range, ...]
    years: float  # of a run that must show the patterns
    unfiltered: int = 256  # first points of a sample at which all scenarios run, whatever the baseline shows

    @property
    def matches(self) -> bool:
        """Whether a factor on the rates makes the baseline's t50 that of a target, at every point."""
        return self.study.match is not None

    @property
    def target(self) -> float | None:
        """The target that all points have, years, if they have one."""
        return None if self.study.match is None else self.study.match.years

    @property
    def filters(self) -> bool:
        """Whether rivals run only where the baseline shows the patterns, beyond the first points."""
        return self.design.kind == "sample" and bool(self.patterns or self.ranges)

    @property
    def checks(self) -> tuple[str, ...]:
        """Names of what the baseline must show."""
        return (*(pattern.name for pattern in self.patterns), *(each.metric for each in self.ranges))

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios, the baseline first."""
        return (self.baseline, *self.rivals)

    def settings(self, scenario: str, point: int) -> list[tuple[Parameter, Any]]:
        """Return the parameters that move a scenario at a point, with their values."""
        designed = scenario.endswith(AS_DESIGNED)
        values = self.design.values(point)
        return [
            (parameter, value)
            for parameter, value in zip(self.design.parameters, values, strict=True)
            if value is not None and not (designed and parameter.of_policies)
        ]

    def manifest(self, points: int, *, command: str) -> Manifest:
        """Return the manifest of its results folder."""
        manifest = new_manifest(
            self.scenarios,
            points * self.design.replications,
            seed=self.study.seed,
            command=command,
            keep="metrics",
        )
        manifest["ensemble"] = {
            "study": self.study.to_toml(),
            "title": self.study.title,
            "seed": self.study.seed,
            "points": points,
            "scenarios": [spec.name for spec in self.rivals if not spec.name.endswith(AS_DESIGNED)],
            "margin": self.study.margin.model_dump(),
            "identity": self._identity(),
        }
        return manifest

    def _identity(self) -> dict[str, Any]:
        """Return what must be the same for points to belong to one ensemble."""
        design = self.design
        package = Path(__file__).parents[1]
        code = hashlib.sha256(b"\0".join((package / file).read_bytes() for file in _CODE)).hexdigest()
        rows = hashlib.sha256(repr(design.rows).encode()).hexdigest() if design.rows else ""
        return {
            "baseline": self.baseline.name,
            "design": design.kind,
            "replications": design.replications,
            "points without a filter": self.unfiltered,
            "levels": design.levels,
            "finer": design.finer,
            "rows": rows,
            "parameters": {parameter.name: _plain(parameter) for parameter in design.parameters},
            "patterns": {pattern.name: _of_pattern(pattern) for pattern in self.patterns}
            | {each.metric: [each.low, each.high] for each in self.ranges},
            **({} if (target := self.target) is None else {"target of t50, years": target}),
            "years of a run that must show the patterns": self.years,
            "version of scipy": version("scipy"),
            "code of ensembles": code,
        }


def _plain(parameter: Parameter) -> dict[str, Any]:
    """Return what differs from the defaults of a parameter, as JSON has it."""
    default = asdict(Parameter("", (), "linear"))
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(parameter).items()
        if name in ("name", "keys", "scale")
        or not (value == default[name] or (isinstance(value, float) and math.isnan(value)))
    }


def _of_pattern(pattern: Pattern) -> list[Any]:
    return [pattern.function, pattern.low, pattern.high, pattern.share]


def parameters_of(manifest: Manifest) -> tuple[Parameter, ...]:
    """Return the parameters of a recorded ensemble."""
    found = recorded(manifest)["identity"]["parameters"]
    return tuple(_PARAMETER.validate_python(row) for row in found.values())


def ensemble_of(study: Study, *, folder: Path | None = None) -> Ensemble:
    """Return the ensemble of a study.

    Parameters
    ----------
    folder : where its files lie; by default the names are those of a command.

    Raises
    ------
    ScenarioError, DataError
        If a scenario or the design cannot be read, or the scenarios do not belong together.
    """
    where = folder or Path()
    named = [beside(name, where) for name in study.scenarios]
    rivals = load_scenarios(named, overrides=study.set)
    baseline = load_scenario(beside(study.baseline, where), overrides=study.set)
    _refuse_mismatched(baseline, rivals)
    everything = [baseline, *rivals]
    own = [varied.parameter(name) for name, varied in study.parameters.items()]
    for parameter in own:
        _refuse_unmoved(parameter, everything)
    moved = [key for parameter in own for key in parameter.keys]
    rows: tuple[tuple[Any, ...], ...] = ()
    if study.design in GENERATED:
        kind: Any = study.design
        shipped = (
            shipped_parameters(load_priors(), everything, replaced=moved, fixed=study.fix)
            if study.priors == "shipped" and study.design in ("sample", "saltelli", "morris", "one-at-a-time")
            else []
        )
        target = (
            [Parameter(TARGET, (), "linear", low=study.match.low, high=study.match.high, unit="years")]
            if study.match is not None and study.match.low is not None and study.match.high is not None
            else []
        )
        parameters = [*target, *own, *shipped]
    else:
        kind = "rows"
        parameters, rows = _read_design(where / study.design, own, everything)
    designed = tuple(
        spec.model_copy(update={"name": f"{spec.name}{AS_DESIGNED}"[-64:]})
        for spec in rivals
        if kind == "sample" and any(parameter.of_policies for parameter in parameters)
    )
    parameters = [_also_as_designed(parameter) for parameter in parameters]
    patterns, ranges = checks_of(study, baseline)
    return Ensemble(
        study=study,
        design=Design(
            kind,
            tuple(parameters),
            study.seed,
            study.replications,
            levels=study.levels,
            finer=study.finer,
            rows=rows,
        ),
        baseline=baseline,
        rivals=(*rivals, *designed),
        patterns=patterns,
        ranges=ranges,
        years=load_patterns().years,
    )


def _also_as_designed(parameter: Parameter) -> Parameter:
    """Let a parameter that moves some scenarios alone move them as designed, too."""
    return replace(parameter, only=(*parameter.only, *(f"{name}{AS_DESIGNED}" for name in parameter.only)))


def checks_of(study: Study, baseline: Scenario) -> tuple[tuple[Pattern, ...], tuple[Range, ...]]:
    """Return the patterns and the ranges of metrics that a baseline must show."""
    shipped = load_patterns().patterns
    if study.patterns == "none" or (study.match is not None and study.patterns == "shipped"):
        return (), ()  # matched worlds show the pattern that decides, and all of them are described
    if study.patterns == "shipped":
        # The ranges are those of industrial innovations in real regions; what a made-up world should show, its maker
        # knows.
        return (shipped if baseline.world.dataset == "russia-2023" else ()), ()
    given: Mapping[str, Mapping[str, float]] = study.patterns
    known = {pattern.name: pattern for pattern in shipped}
    return (
        tuple(known[name].model_copy(update=dict(bounds)) for name, bounds in given.items() if name in known),
        tuple(Range(name, **bounds) for name, bounds in given.items() if name in METRICS),
    )


def _refuse_mismatched(baseline: Scenario, rivals: Sequence[Scenario]) -> None:
    names = [baseline.name, *(spec.name for spec in rivals)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise HyperclusterError(f"two scenarios of one study are called {listed(twice)}")
    for spec in rivals:
        if spec.dataset.digest != baseline.dataset.digest:
            raise HyperclusterError(
                f'scenario "{spec.name}" has the dataset {spec.world.dataset}, the baseline '
                f'"{baseline.name}" {baseline.world.dataset}; give --baseline one of the same dataset'
            )
        if spec.time != baseline.time:
            raise HyperclusterError(
                f'scenario "{spec.name}" has {spec.time.years:g} years of {spec.time.steps_per_year} steps, the '
                f'baseline "{baseline.name}" {baseline.time.years:g} of {baseline.time.steps_per_year}; they must '
                "be the same"
            )
        if len(spec.name) + len(AS_DESIGNED) > 64:
            raise HyperclusterError(f'the name "{spec.name}" is too long: {64 - len(AS_DESIGNED)} characters')


def _refuse_unmoved(parameter: Parameter, scenarios: Sequence[Scenario]) -> None:
    names = [spec.name for spec in scenarios]
    unknown = [name for name in parameter.only if name not in names]
    place = f"parameters.{parameter.name}"
    if unknown:
        message = f'no scenario is named "{unknown[0]}"{suggestion(unknown[0], names) or f"; given: {listed(names)}"}'
        raise ScenarioError([Problem("the study", None, f"{place}.only", message)])
    if not any(paths_in(spec, parameter) for spec in scenarios):
        message = "moves nothing: no scenario uses it, or it has a value for each region, which only a factor can move"
        raise ScenarioError([Problem("the study", None, f"{place}.keys", message, listed(parameter.keys))])
    for spec in scenarios:
        try:
            refuse_impossible(spec, parameter)
        except ScenarioError as error:
            raise ScenarioError(
                [replace(problem, key=f"{place}: {problem.key}") for problem in error.problems]
            ) from None


def _read_design(
    path: Path, own: Sequence[Parameter], scenarios: Sequence[Scenario]
) -> tuple[list[Parameter], tuple[tuple[Any, ...], ...]]:
    columns, rows = read_rows(path)
    known = {parameter.name: parameter for parameter in own}
    parameters = []
    for n, column in enumerate(columns):
        values = sorted({row[n] for row in rows}, key=lambda value: (isinstance(value, str), value))
        numbers = [value for value in values if not isinstance(value, str)]
        if 0 < len(numbers) < len(values):
            raise DataError([Problem(str(path), None, column, "has numbers and texts; give one kind")])
        parameter = Parameter(
            name=column,
            keys=known[column].keys if column in known else (column,),
            scale="linear" if len(numbers) > 1 else "values",
            low=numbers[0] if len(numbers) > 1 else math.nan,
            high=numbers[-1] if len(numbers) > 1 else math.nan,
            values=() if len(numbers) > 1 else tuple(values),
            multiply=column in known and known[column].multiply,
            only=known[column].only if column in known else (),
        )
        _refuse_unmoved(parameter, scenarios)
        parameters.append(parameter)
    return parameters, rows


def design_of(results: Results) -> Design:
    """Return the design of a recorded ensemble; not of one whose rows were read from a file."""
    identity = recorded(results.manifest)["identity"]
    return Design(
        identity["design"],
        parameters_of(results.manifest),
        results.manifest["seed"],
        identity["replications"],
        levels=identity["levels"],
        finer=identity["finer"],
    )


def ensemble_from(results: Results) -> Ensemble:
    """Return the ensemble of a results folder, as far as single worlds can be run with it again.

    Raises
    ------
    HyperclusterError
        If the folder holds none, or a plugin that its scenarios use is not loaded.
    """
    found = recorded(results.manifest)
    identity = found["identity"]
    specs = {spec.name: spec for spec in results.specs()}
    known = {pattern.name: pattern for pattern in load_patterns().patterns}
    patterns = identity["patterns"]
    study = Study.model_validate(parse_toml(found["study"]))
    return Ensemble(
        study=study,
        design=design_of(results),
        baseline=specs.pop(identity["baseline"]),
        rivals=tuple(specs.values()),
        patterns=tuple(
            known[name].model_copy(update={"low": bounds[1], "high": bounds[2], "share": bounds[3]})
            for name, bounds in patterns.items()
            if len(bounds) == 4
        ),
        ranges=tuple(Range(name, *bounds) for name, bounds in patterns.items() if len(bounds) == 2),
        years=identity["years of a run that must show the patterns"],
        unfiltered=identity["points without a filter"],
    )


def design_values(results: Results, points: Sequence[int]) -> pd.DataFrame:
    """Return the values of the parameters by point: of the table, and made anew where it is not written yet."""
    design = recorded(results.manifest)["identity"]["design"]
    if design == "rows" or (results.path / DESIGN).is_file():
        table = results.design().set_index("point")
        if design == "rows" or table.index.isin(points).sum() == len(points):
            return table.loc[list(points)]
    return pd.DataFrame(values_of(design_of(results), points), index=pd.Index(points, name="point"))


_Identity = TypedDict(
    "_Identity",
    {
        "baseline": str,
        "design": Kind,
        "replications": Annotated[int, Ge(1)],
        "points without a filter": Annotated[int, Ge(0)],
        "levels": Annotated[int, Ge(2)],
        "finer": Annotated[int, Ge(0)],
        "parameters": Annotated[dict[str, Parameter], Len(1)],
        "patterns": dict[str, list[str | float]],
        "years of a run that must show the patterns": float,
    },
)


class _Recorded(TypedDict):
    """The part of a recorded ensemble that its readers rely on."""

    study: str
    points: Annotated[int, Ge(1)]
    scenarios: Annotated[list[str], Len(2)]
    margin: dict[str, float]
    identity: _Identity


_RECORDED: TypeAdapter[_Recorded] = TypeAdapter(_Recorded)


def recorded(manifest: Manifest) -> Mapping[str, Any]:
    """Return what a results folder records of its ensemble.

    Raises
    ------
    HyperclusterError
        If it holds none, or its record lacks what readers rely on.
    """
    if "ensemble" not in manifest:
        raise HyperclusterError("not an ensemble of worlds; hypercluster explore makes one")
    found: Mapping[str, Any] = manifest["ensemble"]
    try:
        _RECORDED.validate_python(found)
    except ValidationError as error:
        details = error.errors()[0]
        place = ".".join(map(str, details["loc"]))
        raise ResultsError(
            f"{MANIFEST}: ensemble.{place}: {details['msg']}. Restore the file, or run the ensemble again into another "
            "folder."
        ) from None
    return found
