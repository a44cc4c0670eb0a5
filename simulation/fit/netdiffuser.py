"""Observed diffusion as the R package netdiffuseR has it, turned into an observed folder, a scenario and a fit study.

The package holds classic surveys (Valente 1995). Its data belong to it and do not come with this project. Read are the
data frames of its ``.rda`` files, the same as R's ``write.csv`` writes them, or a folder with ``agents.csv`` (village,
agent, toa) and ``ties.csv`` (village, agent, named). NA stands for what is missing. Times of adoption count up; the
last stands for those that had not adopted, as a rule.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from simulation.data.dictionary import SETTINGS, TABLES
from simulation.data.tables import raise_problems, read_table
from simulation.errors import DataError, HyperclusterError, Problem, listed
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.files.toml import toml_text
from simulation.fit.observed import AGENT_COLUMNS, AGENTS, NOMINATION_COLUMNS, NOMINATIONS

if TYPE_CHECKING:
    import pandas as pd

INDUSTRY, TECHNOLOGY = "people", "the innovation"
"""The one industry and the one technology of the folder."""

SCENARIO, STUDY = "scenario.toml", "fit.toml"

INSTALL = 'install it with  pip install "hypercluster-abm[fit]"'

_MISSING = ("", "NA")

_VILLAGES = ("village", "city")
_MOST_PER_PERIOD = 2.0
"""Highest rate of the study that is written, in adoptions a period at exposure 1: nearly all adopt at once."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Agents with their time of adoption, None if they did not tell one, and whom they named in their village."""

    toa: Mapping[tuple[int, int], int | None]  # by village and agent
    named: Sequence[tuple[int, int, int]] = field(default_factory=tuple)  # village, agent, named


def read_survey(path: Path) -> Survey:
    """Return the survey of a file of R, of one that it wrote, or of a folder with two tables.

    Raises
    ------
    DataError
        If it is neither, or a table cannot be used.
    HyperclusterError
        If a file of R is given and pyreadr is not installed.
    """
    if path.is_dir():
        return _of_tables(path)
    suffix = path.suffix.lower()
    if suffix not in (".rda", ".rdata", ".csv"):
        message = "must be a .rda, .rdata or .csv file, or a folder of two tables"
        raise DataError([Problem(str(path), None, "", message)])
    return _of_frame(path, _written_by_r(path) if suffix == ".csv" else _frame(path))


def _of_tables(folder: Path) -> Survey:
    problems: list[Problem] = []
    agents = read_table(
        folder / "agents.csv", columns=("village", "agent", "toa"), problems=problems, row_names=True
    )
    ties = read_table(
        folder / "ties.csv",
        columns=("village", "agent", "named"),
        problems=problems,
        may_be_empty=True,
        row_names=True,
    )
    raise_problems(problems)
    agents.unique("village", "agent")
    toa = {}
    for row in agents:
        who = row.count("village"), row.count("agent")
        if None not in who:
            toa[who] = None if row["toa"] in _MISSING else row.count("toa")
    named = []
    for row in ties:
        if row["named"] in _MISSING:
            continue
        tie = tuple(row.count(column) for column in ("village", "agent", "named"))
        for column, agent in (("agent", tie[1]), ("named", tie[2])):
            if None not in tie and (tie[0], agent) not in toa:
                row.problem(column, f"no agent of village {tie[0]} in agents.csv")
        named.append(tie)
    raise_problems(problems)
    return Survey(toa, named)  # type: ignore[arg-type]  # a cell without a number is a problem


def _frame(path: Path) -> pd.DataFrame:
    """Return the one data frame of a file of R."""
    try:
        import pyreadr
    except ImportError:
        raise HyperclusterError(
            f"{path}: pyreadr is not installed, which reads files of R; {INSTALL}"
        ) from None
    if not path.is_file():
        raise DataError([Problem(str(path), None, "", "no such file")])
    try:
        found = pyreadr.read_r(str(path))
    except (pyreadr.PyreadrError, pyreadr.LibrdataError) as error:
        raise DataError(
            [Problem(str(path), None, "", f"not a file of R that can be read: {error}")]
        ) from None
    if len(found) != 1:
        raise DataError(
            [
                Problem(
                    str(path),
                    None,
                    "",
                    "must hold one data frame, such as kfamily; diffnet objects are not read",
                )
            ]
        )
    return next(iter(found.values()))


def _written_by_r(path: Path) -> pd.DataFrame:
    """Return the data frame of a file of ``write.csv``."""
    import pandas as pd

    if not path.is_file():
        raise DataError([Problem(str(path), None, "", "no such file")])
    try:
        return pd.read_csv(path, low_memory=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError([Problem(str(path), None, "", f"not a table (CSV): {error}")]) from None


def _of_frame(path: Path, frame: pd.DataFrame) -> Survey:
    """Return the survey of a data frame: village or city, id, toa, and nominations net11, net1_2 and so on."""
    village = next((name for name in _VILLAGES if name in frame), None)
    missing = [name for name in ("id", "toa") if name not in frame]
    if village is None or missing:
        lacks = [*([] if village else [" or ".join(_VILLAGES)]), *missing]
        there = listed(map(str, frame.columns), at_most=12)
        raise DataError([Problem(str(path), None, "", f"has no column {listed(lacks)}; it has {there}")])
    nets = [name for name in frame.columns if re.fullmatch(r"net[0-9]+(_[0-9]+)?", str(name))]
    try:
        plain = frame[[village, "id", "toa", *nets]].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            [Problem(str(path), None, "", f"villages, agents and times must be numbers: {error}")]
        ) from None
    if np.isnan(plain[:, :2]).any():
        raise DataError([Problem(str(path), None, village, "is missing in a row, or the id is")])
    toa: dict[tuple[int, int], int | None] = {}
    for row in plain:
        who = int(row[0]), int(row[1])
        if who in toa:
            raise DataError([Problem(str(path), None, "id", f"{who[1]} occurs twice in {village} {who[0]}")])
        toa[who] = None if np.isnan(row[2]) else int(row[2])
    named = {
        (int(row[0]), int(row[1]), int(other))
        for row in plain
        for other in row[3:][~np.isnan(row[3:])]
        if other != row[1] and (int(row[0]), int(other)) in toa
    }
    return Survey(toa, sorted(named))


def write_observed(
    survey: Survey,
    folder: Path,
    *,
    steps_per_year: int = 1,
    last_period: Literal["not-yet", "adopters"] = "not-yet",
    first_period: Literal["seeds", "adopters"] = "seeds",
) -> list[Path]:
    """Write an observed folder, its scenario and a study to fit; return the files.

    Parameters
    ----------
    steps_per_year : periods in a year.
    last_period : whether the last time of adoption stands for agents that had not adopted.
    first_period : whether those who adopted in the first period are initial adopters, of whom nothing is asked, or
        adopted by the hazard of a first period without any contact.

    Raises
    ------
    DataError
        If the folder holds such files, the last time does not look like one of agents that had not adopted, or nobody
        adopted.
    """
    period, periods = _periods(survey, last_period=last_period, first_period=first_period)
    villages = sorted({village for village, _ in survey.toa})
    names = {village: f"village_{village:0{len(str(max(villages)))}d}" for village in villages}
    number = {
        who: n for v in villages for n, who in enumerate(sorted(who for who in survey.toa if who[0] == v))
    }
    sizes = Counter(village for village, _ in survey.toa)
    ties = sorted({(v, min(a, b), max(a, b)) for v, a, b in survey.named if a != b})
    directed = sorted({tie for tie in survey.named if tie[1] != tie[2]})
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[object]]]] = {
        "regions.csv": (
            (*TABLES["regions"].required_columns, "country"),
            # Without coordinates, K = 0 between villages: each is a country of its own.
            [
                (names[v], f"Village {v}", "Villages", f"Village {v}", 0, 0, 0.001, 0, names[v])
                for v in villages
            ],
        ),
        "enterprises.csv": (
            ("region_id", "total", INDUSTRY),
            [(names[v], sizes[v], sizes[v]) for v in villages],
        ),
        "institutions.csv": (("region_id", "name", "kind"), []),
        "technologies.csv": (("direction", "technology", "family"), [("all", TECHNOLOGY, "digital")]),
        "relevance.csv": (("direction", INDUSTRY), [("all", 1)]),
        "enterprise_ties.csv": (NOMINATION_COLUMNS, [_tie(tie, names, number) for tie in ties]),
        NOMINATIONS: (NOMINATION_COLUMNS, [_tie(tie, names, number) for tie in directed]),
        AGENTS: (
            AGENT_COLUMNS,
            [
                (names[who[0]], INDUSTRY, number[who], TECHNOLOGY, "" if t is None else t)
                for who, t in sorted(period.items())
            ],
        ),
    }
    contents = {name: _csv(columns, rows) for name, (columns, rows) in tables.items()}
    contents[SETTINGS] = toml_text({"assumptions": list(_ASSUMPTIONS)})
    seeds = Counter(names[who[0]] for who, t in period.items() if t == 0)
    contents[SCENARIO] = _scenario(periods, steps_per_year, seeds)
    contents[STUDY] = _study(steps_per_year)
    there = [name for name in contents if os.path.lexists(folder / name)]
    if there:
        message = (
            f"already holds {listed(there, at_most=3)}; nothing is overwritten, so choose another folder"
        )
        raise DataError([Problem(str(folder), None, "", message)])
    make_folder(folder)
    for name, text in contents.items():
        replace(folder / name, text.encode())
    return [folder / name for name in contents]


def _periods(
    survey: Survey, *, last_period: str, first_period: str
) -> tuple[dict[tuple[int, int], int | None], int]:
    """Return the period of every agent, None if it had not adopted, and the number of periods."""
    counts = Counter(t for t in survey.toa.values() if t is not None)
    if len(counts) < 3:
        raise DataError(
            [Problem("toa", None, "", "has fewer than three values: there is no diffusion to fit")]
        )
    first, last = min(counts), max(counts)
    if last_period == "not-yet":
        most = max(t for t in counts if counts[t] == max(n for at, n in counts.items() if at != last))
        if counts[last] <= counts[most]:
            raise DataError(
                [
                    Problem(
                        "toa",
                        None,
                        "",
                        f"its last value {last} has {counts[last]} agents, no more than {most} with {counts[most]}: it "
                        "does not look like those who had not adopted; if they adopted, say --last-period adopters",
                    )
                ]
            )
    never = last if last_period == "not-yet" else last + 1
    shift = first if first_period == "seeds" else first - 1
    period = {who: None if t is None or t >= never else t - shift for who, t in survey.toa.items()}
    return period, never - 1 - shift


def _tie(
    tie: tuple[int, int, int], names: Mapping[int, str], number: Mapping[tuple[int, int], int]
) -> Sequence[object]:
    village, one, other = tie
    return (names[village], INDUSTRY, number[village, one], names[village], INDUSTRY, number[village, other])


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


_ASSUMPTIONS = (
    "The villages have no coordinates: there is no spatial contact between them, and all within one are equally near.",
    "Who named whom in a survey stands for who is in contact with whom.",
)


def _scenario(periods: int, steps_per_year: int, seeds: Mapping[str, int]) -> str:
    """Return the scenario; what is not said has the defaults of the baseline."""
    lines = [
        "# Every key that is not here has its default, which is that of the baseline. One step is one period of the",
        "# data. There are no institutions and no platforms. The technology has complexity 0, so that f_near = 1.",
        'description = """',
        "Observed diffusion from netdiffuseR. The villages have no coordinates, so each is a country of its own:",
        'between villages there is no spatial contact."""',
        "",
        "[time]",
        f"years = {periods / steps_per_year!r}",
        f"steps_per_year = {steps_per_year}",
        "",
        "[world]",
        'dataset = "."',
        'intra_regional_distance = "zero"',
        "",
        "[technologies]",
        'release = "at_start"',
        "",
        "[diffusion]",
        "complexity_digital = 0.0",
        "institutional = 0.0",
        "digital = 0.0",
    ]
    for region, number in sorted(seeds.items()):
        lines += [
            "",
            "[[seeds]]",
            f'technology = "{TECHNOLOGY}"',
            f'region = "{region}"',
            f"number = {number}",
        ]
    return "\n".join(lines) + "\n"


def _study(steps_per_year: int) -> str:
    """Return the study: the four keys that data without coordinates can say something about."""
    most = _MOST_PER_PERIOD * steps_per_year
    return f"""# hypercluster fit {STUDY}
scenario = "{SCENARIO}"
ties = "mutual"                 # "directed": an agent looks at those whom it named
priors = "none"                 # shipped ranges are those of industrial innovations

[parameters.spontaneous]        # rates are per year
key = "diffusion.spontaneous"
low = {most * 1e-5!r}
high = {most / 2!r}
scale = "log"

[parameters.spatial]
key = "diffusion.spatial"
low = 0.0
high = {most!r}

[parameters.network]
key = "diffusion.network"
low = 0.0
high = {most!r}

[parameters.variation]          # of absorptive capacity: standard deviation over mean
key = "diffusion.absorptive_capacity_cv"
low = 0.0
high = 2.0
"""
