"""What a user can do wrong. Each error prints as a message to act on, never as a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class HyperclusterError(Exception):
    """Base of all errors that the user can mend."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what was found and what would do."""

    file: str  # as the user gave it, or relative to that; "--set" for an override
    line: int | None  # counted from 1; None where the fault belongs to no line
    key: str  # dotted key such as policies[0].budget, or a column; "" where the whole file is meant
    message: str  # what would do
    found: str = ""  # the value as it stands in the file

    def __str__(self) -> str:
        place = f"line {self.line}  " if self.line is not None else ""
        subject = f"{self.key} = {self.found}" if self.key and self.found else self.key or self.found
        return f"{place}{subject}: {self.message}" if subject else f"{place}{self.message}"


class ProblemsError(HyperclusterError):
    """An input file, or several that belong together, with everything that is wrong in them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        assert self.problems, "an error without a problem"
        super().__init__(self.problems)  # kept in args, so that the error survives pickling between processes

    def __str__(self) -> str:
        by_file: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_file.setdefault(problem.file, []).append(problem)
        lines = []
        for file, problems in by_file.items():
            count = len(problems)
            lines.append(f"{file}: {count} problem{'' if count == 1 else 's'}")
            # Faults without a line come last; sorting is stable, so that others keep the order of the file.
            ordered = sorted(problems, key=lambda p: float("inf") if p.line is None else p.line)
            lines.extend(f"  {problem}" for problem in ordered)
        return "\n".join(lines)


class ScenarioError(ProblemsError):
    """A scenario file cannot be used."""


class DataError(ProblemsError):
    """A table of a dataset cannot be used."""


class ResultsError(HyperclusterError):
    """A results folder cannot be read, resumed or written."""


class MachineError(HyperclusterError):
    """The machine, or a machine that works for us, gave up; what has finished is kept and the rest can be resumed."""

    exit_code = 4


def suggestion(word: str, known: Iterable[str]) -> str:
    """'; did you mean "..."?' with the known word that is spelt most like ``word``, or nothing."""
    # Matching ignores case: "Tatarstan" for tatarstan is the commonest slip.
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(by_lower), n=1)
    return f'; did you mean "{by_lower[close[0]]}"?' if close else ""


def listed(names: Iterable[str], *, at_most: int = 8) -> str:
    """The names as a short list in quotes, for a message."""
    quoted = [f'"{name}"' for name in names]
    more = f" and {len(quoted) - at_most} more" if len(quoted) > at_most else ""
    return ", ".join(quoted[:at_most]) + more
