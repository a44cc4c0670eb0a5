"""Reading CSV tables cell by cell, so that each fault is reported with its line and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulation.errors import DataError, Problem, listed, shortened, suggestion
from simulation.files.text import TextFault, read_text
from simulation.hidden_characters import fault_of


def raise_problems(problems: list[Problem]) -> None:
    """Raise a DataError if there is any problem."""
    if problems:
        raise DataError(problems)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COUNT = re.compile(r"([0-9]{1,9})(?:\.0*)?")
_LIKE_A_NUMBER = re.compile(r"[+-]?[.,]?\d[\d.,_'’\s]*%?")


def _how_to_write(cell: str) -> str:
    """Advice for a cell that a person would read as a number, but a program cannot read safely."""
    if _NUMBER.fullmatch(cell) or not _LIKE_A_NUMBER.fullmatch(cell):
        return ""
    return ", written with the digits 0 to 9 and a point before decimals, such as 1234.5"


@dataclass(frozen=True, slots=True)
class Row:
    """A row with typed access to its cells: for a fault it adds a problem and returns a harmless value."""

    table: Table
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def problem(self, column: str, message: str) -> None:
        """Add a problem with one cell."""
        self.table.problem(self.line, column, message, found=f'"{shortened(self.cells[column])}"')

    def text(self, column: str, *, lines: bool = False) -> str:
        """A text that is not empty, on one line unless ``lines``."""
        if not self.cells[column]:
            self.problem(column, "must not be empty")
        return self.line_of(column, lines=lines)

    def line_of(self, column: str, *, lines: bool = False) -> str:
        """A text that may be empty, on one line unless ``lines``."""
        if fault := fault_of(self.cells[column], lines=lines):
            self.problem(column, fault)
        return self.cells[column]

    def identifier(self, column: str) -> str:
        """A text of lower-case letters, digits, - and _."""
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", self.cells[column]):
            self.problem(column, "must be 1 to 64 lower-case letters, digits, - or _")
        return self.cells[column]

    def number(self, column: str, *, low: float, high: float, above_low: bool = False) -> float:
        """A number from ``low`` (exclusive if ``above_low``) to ``high``."""
        cell = self.cells[column]
        # Python accepts more as a number than people expect: 6_2.0, digits of other scripts, nan, inf.
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        # Written so that NaN fails it.
        if not (low <= value <= high) or (above_low and value == low):
            bound = f"above {low:g} and at most" if above_low else f"from {low:g} to"
            self.problem(column, f"must be a number {bound} {high:g}{_how_to_write(cell)}")
            return low
        return value + 0.0  # -0.0 is 0

    def count(self, column: str) -> int | None:
        """A whole number, 0 or more, which may end in .0 as spreadsheets write it; None if it is not."""
        cell = self.cells[column]
        whole = _COUNT.fullmatch(cell)
        if whole is None:
            self.problem(column, f"must be a whole number, 0 or more{_how_to_write(cell)}")
            return None
        return int(whole[1])

    def flag(self, column: str) -> bool:
        """0 or 1, which may end in .0 as spreadsheets write it."""
        whole = _COUNT.fullmatch(self.cells[column])
        if whole is None or whole[1] not in ("0", "1"):
            self.problem(column, 'not a flag; accepted values: "0", "1"')
            return False
        return whole[1] == "1"

    def choice(self, column: str, known: Sequence[str], *, what: str) -> str | None:
        """One of the known words; None if it is not."""
        word = self.cells[column]
        if word in known:
            return word
        self.problem(column, f"not a {what}; accepted values: {listed(known)}{suggestion(word, known)}")
        return None

    def choices(self, column: str, known: Sequence[str], *, what: str) -> tuple[str, ...]:
        """Known words separated by |, possibly none."""
        words = tuple(word for word in self.cells[column].split("|") if word)
        for word in words:
            if word not in known:
                self.problem(column, f'"{word}" is not a known {what}{suggestion(word, known)}')
        return words


@dataclass(slots=True)
class Table:
    """The rows of one file and the list to which its problems are added."""

    file: str
    columns: tuple[str, ...]
    problems: list[Problem]
    rows: list[Row] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def problem(self, line: int | None, column: str, message: str, *, found: str = "") -> None:
        """Add a problem."""
        self.problems.append(Problem(self.file, line, column, message, found))

    def unique(self, *columns: str) -> None:
        """Report rows that agree in these columns."""
        first: dict[tuple[str, ...], int] = {}
        for row in self.rows:
            key = tuple(row[column] for column in columns)
            if key in first:
                row.problem(columns[-1], f"occurs already in line {first[key]}; must be unique")
            first.setdefault(key, row.line)

    def complete(self, column: str, names: Sequence[str], *, what: str) -> None:
        """Report names without a row."""
        missing = sorted(set(names) - {row[column] for row in self.rows})
        if missing:
            self.problem(None, column, f"no row for the {what} {listed(missing)}")


def read_table(
    path: Path,
    *,
    columns: Sequence[str],
    problems: list[Problem],
    may_be_empty: bool = False,
    row_names: bool = False,
) -> Table:
    """Read a UTF-8 CSV file with a header; add faults of the file, its header and its shape to ``problems``.

    Parameters
    ----------
    row_names : whether the first column may have no name and is passed over then, as R writes the names of rows.
    """
    table, text = opened(path, columns=columns, problems=problems)
    if not text or not fill(table, text, row_names=row_names):
        return table
    lacking(table, columns)
    if not table.rows and not may_be_empty:
        table.problem(None, "", "no row below the header")
    return table


def opened(path: Path, *, columns: Sequence[str], problems: list[Problem]) -> tuple[Table, str]:
    """Return a table without rows and the text of its file, which is empty where that cannot be read."""
    table = Table(str(path), (), problems)
    try:
        text = read_text(path, expected="a table (CSV)")
    except FileNotFoundError:
        table.problem(None, "", f"missing file; expected the columns {listed(columns)}")
        return table, ""
    except TextFault as fault:
        problems.append(fault.problem(path))
        return table, ""
    if not text.strip():
        table.problem(None, "", f"empty file; expected the columns {listed(columns)}")
        return table, ""
    return table, text


def lacking(table: Table, columns: Sequence[str]) -> None:
    """Report columns that the table lacks."""
    for column in columns:
        if column not in table.columns:
            table.problem(1, column, f"missing column{suggestion(column, table.columns)}")


_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""Column separators of spreadsheets in countries with a decimal comma."""
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?,*[\r\n]+', re.IGNORECASE)
"""The line before the header that tells Excel the column separator; other programs save it as a row."""


def fill(table: Table, text: str, *, row_names: bool = False) -> bool:
    """Read the header and the rows of a text; report a problem and return False if it is not a table with commas."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    rows: list[tuple[int, list[str]]] = []
    try:
        if SEPARATOR_LINE.match(text):
            next(reader)
        columns = next(cells for row in reader if any(cells := [cell.strip() for cell in row]))
        header = reader.line_num
        for sign, name in _OTHER_SEPARATORS.items():
            if len(columns) == 1 and sign in columns[0]:
                message = (
                    f"columns are separated by {name}; save the table with commas, and numbers with points"
                )
                table.problem(header, "", message)
                return False
        line = reader.line_num + 1
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):  # empty rows, which spreadsheets leave at the end, do not count
                rows.append((line, cells))
            line = reader.line_num + 1
    except StopIteration:
        table.problem(None, "", "no header")
        return False
    except csv.Error as error:  # an open quote extends to the end: report the row that opens it
        table.problem(line, "", f"not a CSV table from here on: {error}; is a quote left open?")
        return False
    # Spreadsheets also write columns whose cells were emptied.
    first_value = {n: number for number, cells in reversed(rows) for n, cell in enumerate(cells) if cell}
    passed_over = row_names and not columns[0]
    named = [
        n for n, name in enumerate(columns) if name or (n in first_value and not (passed_over and n == 0))
    ]
    table.columns = tuple(columns[n] for n in named)
    width = named[-1] + 1
    for number, cells in rows:
        if len(cells) < width or any(cells[len(columns) :]):
            message = f"{len(cells)} cells; expected {width}, as in the header"
            table.problem(number, "", message)
        else:
            inside = (cells[n] for n in named)
            table.rows.append(Row(table, number, dict(zip(table.columns, inside, strict=True))))
    for column, times in sorted(Counter(filter(None, table.columns)).items()):
        if times > 1:
            table.problem(header, column, "column occurs twice")
    for column in table.columns:
        if fault := fault_of(column):
            table.problem(header, column, fault)
    if "" in table.columns:
        line = min(first_value[n] for n in named if not columns[n])
        table.problem(header, "", f"a column has no name, and line {line} has a value in it")
    return True
