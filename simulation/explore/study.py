"""The file of a study under uncertainty: scenarios, what varies, the design, and what a baseline must show."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from simulation.analysis.declarations import Shelf, declared_with, read_declarations
from simulation.analysis.patterns import load_patterns
from simulation.analysis.priors import Key, Keys, load_priors
from simulation.arguments import MOST_SEED
from simulation.errors import DataError, Problem, suggestion
from simulation.explore.parameters import Parameter
from simulation.files.text import TextFault, read_text
from simulation.files.toml import toml_text
from simulation.metrics import METRICS
from simulation.scenario.messages import Issue
from simulation.settings import IDENTIFIER, Line, Names, Positive, Settings

STUDIES = Shelf("studies", "study")
"""The studies that come with the project."""

GENERATED = ("sample", "saltelli", "morris", "grid", "one-at-a-time")
"""Designs that are not read from a file."""

MOST_POINTS = 300_000
"""Points of a design: with three replications, fewer than a study may have."""

SPEED, SYNCHRONIZATION = "restricted_time_years", "phi"
"""The metrics of a verdict, both better when lower; the first always has a value."""


RESERVED = {"point", "scenario", "replication", "seed", "ending", "input", "measure", *METRICS}
"""Names of columns that stand beside those of the parameters."""


class Factor(Settings):
    """The range of a factor on what scenarios have."""

    low: Positive
    """Lowest factor."""
    high: Positive
    """Highest factor."""
    scale: Literal["linear", "log"] = "log"
    """Scale on which the range is explored evenly."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self


class Varied(Settings):
    """One parameter of a study: a range, a factor, or listed values."""

    key: Key | None = None
    """The key that it moves, such as "diffusion.half_distance_km"."""
    keys: Keys | None = None
    """Several keys, all moved together."""
    low: float | None = None
    """Lowest value, in the unit of the key."""
    high: float | None = None
    """Highest value."""
    scale: Literal["linear", "log", "logit"] = "linear"
    """Scale on which the range is explored evenly."""
    multiply: Factor | None = None
    """A factor on the values of the scenarios, instead of a range."""
    values: Annotated[tuple[float | str, ...], Field(strict=False)] = ()
    """Listed values, instead of a range: numbers are ordered, texts are categories."""
    weights: Annotated[tuple[Positive, ...], Field(strict=False)] = ()
    """How likely each of the values is, in proportion; by default all alike."""
    only: Names = ()
    """Scenarios that it moves; by default all that use the key."""

    @property
    def moved(self) -> tuple[str, ...]:
        """All keys."""
        return self.keys or ((self.key,) if self.key else ())

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.key is None) == (self.keys is None):
            raise ValueError("give either key or keys")
        ranged = self.low is not None or self.high is not None
        if ranged + (self.multiply is not None) + bool(self.values) != 1:
            raise ValueError("give one of: low and high; multiply; values")
        if ranged:
            if self.low is None or self.high is None or self.low >= self.high:
                raise ValueError("needs low and high, with low below high")
            if self.scale != "linear" and self.low <= 0:
                raise ValueError(f"low {self.low:g} must be above 0 on the scale {self.scale}")
            if self.scale == "logit" and self.high >= 1:
                raise ValueError(f"high {self.high:g} must be below 1 on the scale logit")
        if self.values and (len(set(self.values)) < len(self.values) or len(self.values) < 2):
            raise ValueError("values must be at least two, all different")
        if len({isinstance(value, str) for value in self.values}) > 1:
            raise ValueError("values must be either all numbers or all texts")
        if self.weights and len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.weights)} weights for {len(self.values)} values")
        return self

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of this name."""
        if self.multiply is not None:
            return Parameter(
                name=name,
                keys=self.moved,
                scale=self.multiply.scale,
                low=self.multiply.low,
                high=self.multiply.high,
                multiply=True,
                only=self.only,
                unit="times",
                default=1.0,
            )
        units = {key: (prior.unit, prior.default) for prior in load_priors().priors for key in prior.keys}
        unit, default = units.get(self.moved[0], ("", None))
        return Parameter(
            name=name,
            keys=self.moved,
            scale="values" if self.values else self.scale,
            low=math.nan if self.low is None else self.low,
            high=math.nan if self.high is None else self.high,
            values=self.values,
            weights=self.weights,
            only=self.only,
            unit=unit,
            default=default,
        )


class Bounds(Settings):
    """The range that a baseline must show."""

    low: float
    """Lowest value."""
    high: float
    """Highest value."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self


class Target(Settings):
    """What the baseline's t50 is to be, years: drawn from a range, or the same at every point."""

    low: Positive | None = None
    """Lowest target."""
    high: Positive | None = None
    """Highest target."""
    years: Positive | None = None
    """The target of every point, instead of a range."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.years is not None and self.low is None and self.high is None:
            return self
        if self.years is not None or self.low is None or self.high is None:
            raise ValueError("give either low and high, or years")
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self


class Until(Settings):
    """When to stop."""

    share: Annotated[float, Field(gt=0, lt=0.5)]
    """Half of the width of the 95 % interval of every leading share."""


class Margin(Settings):
    """Differences that count as alike."""

    restricted_time_years: Annotated[float, Field(ge=0)] = 0.1
    """Speed, years."""
    phi: Annotated[float, Field(ge=0)] = 0.01
    """Synchronization."""


def _patterns(found: Any) -> Any:
    if isinstance(found, str):
        if found not in ("shipped", "none"):
            raise ValueError(
                'must be "shipped", "none", or a table such as t50_years = { low = 5, high = 12 }'
            )
        return found
    if not isinstance(found, dict):
        raise ValueError('must be "shipped", "none", or a table such as t50_years = { low = 5, high = 12 }')
    known = [*(pattern.name for pattern in load_patterns().patterns), *METRICS]
    for name, bounds in found.items():
        if name not in known:
            raise ValueError(f'"{name}" is neither a shipped pattern nor a metric{suggestion(name, known)}')
        Bounds.model_validate(bounds)
    return found


class Study(Settings):
    """A study under uncertainty."""

    title: Line = ""
    """Title of its report."""
    scenarios: Annotated[Names, Field(min_length=2)]
    """Files or names of scenarios; the first is the one that the others are compared with."""
    baseline: Line = "baseline"
    """The scenario without policy, which must show the patterns."""
    design: Annotated[Line, Field(min_length=1)] = "sample"
    """"sample", "saltelli", "morris", "grid", "one-at-a-time", or a CSV or Parquet file whose columns are keys."""
    points: Annotated[int, Field(ge=1, le=MOST_POINTS)] = 4096
    """Number of points; of a Saltelli or Morris design, of sets of points that belong together."""
    kept: Annotated[int, Field(ge=1, le=MOST_POINTS)] | None = None
    """Stop when so many points have shown the patterns."""
    minutes: Positive | None = None
    """Stop after this time."""
    until: Until | None = None
    """Stop when the shares are known well enough."""
    replications: Annotated[int, Field(ge=1, le=1000)] = 3
    """Seeds of each point."""
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 1
    """Seed of the first run, and of the design."""
    levels: Annotated[int, Field(ge=2, le=1000)] = 5
    """Values of a parameter with a range, in a grid or one at a time."""
    finer: Annotated[int, Field(ge=0, le=4)] = 0
    """How often the steps of a grid over two parameters are halved, near where the verdict turns."""
    priors: Literal["shipped", "none"] = "shipped"
    """Ranges of what no parameter moves: the shipped ones, or none."""
    fix: Names = ()
    """Keys that keep the values of the scenarios."""
    patterns: Annotated[Any, AfterValidator(_patterns)] = "shipped"
    """What the baseline must show: the shipped patterns, nothing, or a table of ranges by pattern or metric."""
    match: Target | None = None
    """Target for the baseline's t50: a common factor on its rates is solved for at every point."""
    margin: Margin = Margin()
    """Differences that count as alike."""
    set: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Values that replace keys of the scenarios, as "KEY=VALUE"."""
    parameters: dict[Annotated[str, Field(pattern=IDENTIFIER)], Varied] = Field(default_factory=dict)
    """What varies, by name."""

    def to_toml(self) -> str:
        """The whole study as the text of a file."""
        return toml_text(self.model_dump(exclude_defaults=True))


def study_with(data: Mapping[str, Any]) -> Study:
    """Return a study from values of a file and of a command.

    Raises
    ------
    HyperclusterError
        If the values cannot stand together.
    """
    return declared_with(data, Study, check=_faults)


def read_study(path: Path) -> Study:
    """Return the study of a file.

    Raises
    ------
    DataError
        With every problem, each with file, line and key.
    """
    return read_declarations(path, Study, expected="a study (TOML)", check=_faults)


def _faults(study: Study) -> Iterator[Issue]:
    moved: dict[str, str] = {}
    for name in RESERVED & study.parameters.keys():
        yield ("parameters", name), "a column of the results has this name; choose another"
    for name, varied in study.parameters.items():
        for key in varied.moved:
            if key in moved:
                where = ("parameters", name, "key" if varied.keys is None else "keys")
                yield where, f'moves {key}, which "{moved[key]}" moves too; each key once'
            moved[key] = name
    for key in study.fix:
        if key in moved:
            yield ("fix",), f'"{key}" is moved by "{moved[key]}"; either fix it or let it vary'
    known = {key for prior in load_priors().priors for key in prior.keys} | moved.keys()
    for key in study.fix:
        if key not in known:
            yield ("fix",), f'"{key}" does not vary{suggestion(key, known)}'
    if study.priors == "none" and not study.parameters and study.design in GENERATED:
        yield ("priors",), 'with "none" nothing varies; add a table such as [parameters.half_distance]'
    drawn = study.match is not None and study.match.years is None
    if drawn and study.design not in ("sample", "saltelli"):
        yield ("match",), "targets are drawn in a sample or a saltelli design only; elsewhere give years"
    if study.finer and not (study.design == "grid" and len(study.parameters) == 2):
        yield ("finer",), 'must be 0, except in a design "grid" over two parameters'
    if study.design == "saltelli" and study.replications != 1:
        yield ("replications",), "must be 1 in a saltelli design, where the seed is a column of the design"


def read_rows(path: Path) -> tuple[tuple[str, ...], tuple[tuple[float | str, ...], ...]]:
    """Return the columns and rows of a design in a file, CSV or Parquet; a cell is a number or a text.

    Raises
    ------
    DataError
        If it cannot be read, or a row has not a value for every column.
    """
    if path.suffix == ".parquet":
        return _rows_of_parquet(path)
    try:
        text = read_text(path, expected="a design (CSV)")
    except FileNotFoundError:
        raise DataError([Problem(str(path), None, "", "no such file")]) from None
    except TextFault as fault:
        raise DataError([fault.problem(path)]) from None
    reader = csv.reader(io.StringIO(text))
    lines = [(reader.line_num, row) for row in reader if row]
    if len(lines) < 2:
        raise DataError([Problem(str(path), None, "", "needs a line of keys, and one line for each point")])
    (first, columns), *rows = lines
    problems = [
        Problem(str(path), first, column, "two columns have this name; each key once")
        for column in sorted({column for column in columns if columns.count(column) > 1})
    ]
    problems += [
        Problem(str(path), n, "", f"{len(row)} values for {len(columns)} columns")
        for n, row in rows
        if len(row) != len(columns)
    ]
    problems += [
        Problem(str(path), n, column, "must be a number or a text", cell)
        for n, row in rows
        for column, cell in zip(columns, row, strict=False)
        if not cell.strip() or (isinstance(_cell(cell), str) and _is_number(cell))
    ]
    if problems:
        raise DataError(problems[:50], len(problems[50:]))
    return tuple(columns), tuple(tuple(_cell(cell) for cell in row) for _, row in rows)


def _rows_of_parquet(path: Path) -> tuple[tuple[str, ...], tuple[tuple[float | str, ...], ...]]:
    """Return the columns and rows of a table such as the posterior of a fit."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except FileNotFoundError:
        raise DataError([Problem(str(path), None, "", "no such file")]) from None
    except (pa.ArrowException, OSError) as error:
        message = f"not a table that can be read (Parquet): {str(error).splitlines()[0]}"
        raise DataError([Problem(str(path), None, "", message)]) from None
    if not table.num_rows:
        raise DataError([Problem(str(path), None, "", "needs a row for each point")])
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    bad = [name for name, column in zip(table.column_names, table.columns, strict=True) if column.null_count]
    if bad:
        raise DataError([Problem(str(path), None, bad[0], "has not a value in every row")])
    return tuple(table.column_names), tuple(rows)


def _cell(text: str) -> float | str:
    return float(text) if _is_number(text) and math.isfinite(float(text)) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
