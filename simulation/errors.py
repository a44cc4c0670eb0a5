"""Errors of the user and of the machine. Each prints as a message to act on, never as a traceback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from simulation.hidden_characters import visible

_MOST_ALIKE = 5
"""Problems of a file with the same message beyond which only the first few are listed in full."""
_FIRST_ALIKE = 3
_MOST_PLACES = 8


class HyperclusterError(Exception):
    """Base of all errors that the user can correct."""

    exit_code = 2

    def __str__(self) -> str:
        return visible(super().__str__())


@dataclass(frozen=True, slots=True)
class Problem:
    """A validation problem: its location, the value found, the values accepted."""

    file: str  # as the user gave it, or relative to that; "--set" for an override
    line: int | None  # counted from 1; None if the fault belongs to no line
    key: str  # dotted key such as policies[0].budget, or a column; "" for the whole file
    message: str  # the values accepted
    found: str = ""  # the value as written in the file

    def __str__(self) -> str:
        place = f"line {self.line}  " if self.line is not None else ""
        subject = f"{self.key} = {self.found}" if self.key and self.found else self.key or self.found
        whole = f"{place}{subject}: {self.message}" if subject else f"{place}{self.message}"
        return visible(whole, lines=False)


class ProblemsError(HyperclusterError):
    """Problems of an input file, or of several that belong together.

    Parameters
    ----------
    problems : the problems to list.
    more : number of other problems, if there are too many to list.
    """

    def __init__(self, problems: Iterable[Problem], more: int = 0) -> None:
        self.problems = list(problems)
        self.more = more
        assert self.problems, "an error without a problem"
        super().__init__(
            self.problems, more
        )  # kept in args, so that the error survives pickling between processes

    def __str__(self) -> str:
        by_file: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_file.setdefault(problem.file, []).append(problem)
        lines = []
        for file, problems in by_file.items():
            count = len(problems)
            lines.append(f"{visible(file, lines=False)}: {count} problem{'' if count == 1 else 's'}")
            # Faults without a line come last; sorting is stable, so that others keep the order of the file.
            ordered = sorted(problems, key=lambda p: float("inf") if p.line is None else p.line)
            lines.extend(f"  {told}" for told in _told(ordered))
        if self.more:
            lines.append(f"and {self.more:,} more problem{'' if self.more == 1 else 's'}")
        return "\n".join(lines)


def _told(problems: list[Problem]) -> Iterator[str]:
    """Each problem; of many with the same message the first few, and then where the others stand."""
    alike: dict[str, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(problem.message, []).append(problem)
    told: Counter[str] = Counter()
    for problem in problems:
        same, before = alike[problem.message], told[problem.message]
        if len(same) <= _MOST_ALIKE or before < _FIRST_ALIKE:
            yield str(problem)
        elif before == _FIRST_ALIKE:
            yield f"and {len(same) - before} more like the last: {_places(same[before:])}"
        told[problem.message] += 1


def _places(problems: list[Problem]) -> str:
    """Lines and keys, lines of one key together: "coal in lines 5, 6, 7 and 30 more"."""
    lines_of: dict[str, list[int]] = {}
    for problem in problems:
        lines_of.setdefault(problem.key, []).extend([] if problem.line is None else [problem.line])
    places = []
    for key, lines in lines_of.items():
        rest = f" and {len(lines) - _FIRST_ALIKE} more" if len(lines) > _FIRST_ALIKE else ""
        numbers = ", ".join(map(str, lines[:_FIRST_ALIKE]))
        where = f"line{'s' * (len(lines) > 1)} {numbers}{rest}" if lines else ""
        places.append(" in ".join(filter(None, (key, where))))
    more = f"; and {len(places) - _MOST_PLACES} more keys" if len(places) > _MOST_PLACES else ""
    return visible("; ".join(places[:_MOST_PLACES]), lines=False) + more


class ScenarioError(ProblemsError):
    """A scenario file cannot be used."""


class DataError(ProblemsError):
    """A table of a dataset cannot be used."""


class PluginError(ProblemsError):
    """A plugin cannot be used."""


class ResultsError(HyperclusterError):
    """A results folder cannot be read, resumed or written."""


class MachineError(HyperclusterError):
    """The machine, or one of a worker, failed; finished replications are kept and the rest can be resumed."""

    exit_code = 4


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return '; did you mean "..."?' with the known word most similar to ``word``, or nothing."""
    # Matching ignores case: "Tatarstan" for tatarstan is the most common mistake.
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(by_lower), n=1)
    return f'; did you mean "{by_lower[close[0]]}"?' if close else ""


def listed(names: Iterable[str], *, at_most: int = 8) -> str:
    """The names as a short list in quotes, for a message."""
    quoted = [f'"{name}"' for name in names]
    more = f" and {len(quoted) - at_most} more" if len(quoted) > at_most else ""
    return ", ".join(quoted[:at_most]) + more


def shortened(text: str, *, at_most: int = 60) -> str:
    """The beginning of a text that is too long for a message."""
    return text if len(text) <= at_most else text[: at_most - 3] + "..."
