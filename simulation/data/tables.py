"""A CSV table whose cells are read one by one, so that each fault is reported with its line and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulation.errors import DataError, Problem, listed, suggestion


def raise_problems(problems: list[Problem]) -> None:
    """Raise a DataError if there is any problem."""
    if problems:
        raise DataError(problems)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: typed access to cells; a fault is added to the problems and a harmless value returned."""

    table: Table
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def problem(self, column: str, message: str) -> None:
        """Add a problem with one cell."""
        self.table.problem(self.line, column, message, found=f'"{self.cells[column]}"')

    def text(self, column: str) -> str:
        """A text that is not empty."""
        if not self.cells[column]:
            self.problem(column, "must not be empty")
        return self.cells[column]

    def identifier(self, column: str) -> str:
        """A text of small letters, digits, - and _."""
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", self.cells[column]):
            self.problem(column, "must be 1 to 64 small letters, digits, - or _")
        return self.cells[column]

    def number(self, column: str, *, low: float, high: float, above_low: bool = False) -> float:
        """A number from ``low`` (exclusive if ``above_low``) to ``high``."""
        try:
            value = float(self.cells[column])
        except ValueError:
            value = math.nan
        # Written so that NaN fails it.
        if not (low <= value <= high) or (above_low and value == low):
            bound = f"above {low:g} and at most" if above_low else f"from {low:g} to"
            self.problem(column, f"must be a number {bound} {high:g}")
            return low
        return value + 0.0  # -0.0 is 0

    def count(self, column: str) -> int | None:
        """A whole number, 0 or more; None if it is not."""
        cell = self.cells[column]
        if not (cell.isascii() and cell.isdigit() and len(cell) <= 9):
            self.problem(column, "must be a whole number, 0 or more")
            return None
        return int(cell)

    def flag(self, column: str) -> bool:
        """0 or 1."""
        return self.choice(column, ("0", "1"), what="flag") == "1"

    def choice(self, column: str, known: Sequence[str], *, what: str) -> str | None:
        """One of the known words; None if it is not."""
        word = self.cells[column]
        if word in known:
            return word
        self.problem(column, f"not a {what}; known are {listed(known)}{suggestion(word, known)}")
        return None

    def choices(self, column: str, known: Sequence[str], *, what: str) -> tuple[str, ...]:
        """Known words separated by |, possibly none."""
        words = tuple(word for word in self.cells[column].split("|") if word)
        for word in words:
            if word not in known:
                self.problem(column, f'"{word}" is no {what}{suggestion(word, known)}')
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
        """No two rows may agree in these columns."""
        first: dict[tuple[str, ...], int] = {}
        for row in self.rows:
            key = tuple(row[column] for column in columns)
            if key in first:
                row.problem(columns[-1], f"stands in line {first[key]} already; must be unique")
            first.setdefault(key, row.line)

    def complete(self, column: str, names: Sequence[str], *, what: str) -> None:
        """Each name must have a row."""
        missing = sorted(set(names) - {row[column] for row in self.rows})
        if missing:
            self.problem(None, column, f"no row for the {what} {listed(missing)}")


def read_table(
    path: Path, *, columns: Sequence[str], problems: list[Problem], may_be_empty: bool = False
) -> Table:
    """Read a UTF-8 CSV file with a header; faults of the file, its header and its shape are added to ``problems``."""
    table = Table(str(path), (), problems)
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the header.
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        table.problem(None, "", f"missing file; expected the columns {listed(columns)}")
        return table
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        table.problem(
            line,
            "",
            f"not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8",
        )
        return table
    except OSError as error:
        table.problem(None, "", f"cannot be read: {error.strerror}")
        return table
    if not text.strip():
        table.problem(None, "", f"empty file; expected the columns {listed(columns)}")
        return table
    if not _fill(table, text):
        return table
    for column in columns:
        if column not in table.columns:
            table.problem(1, column, f"missing column{suggestion(column, table.columns)}")
    if not table.rows and not may_be_empty:
        table.problem(None, "", "no row below the header")
    return table


_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What spreadsheets of many countries put between columns, where a comma stands in numbers."""


def _fill(table: Table, text: str) -> bool:
    """Take the header and the rows of a text; False where it is no table with commas, which is told."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        table.columns = tuple(cell.strip() for cell in next(reader))
        for sign, name in _OTHER_SEPARATORS.items():
            if len(table.columns) == 1 and sign in table.columns[0]:
                message = (
                    f"columns are separated by {name}; save the table with commas, and numbers with points"
                )
                table.problem(1, "", message)
                return False
        line = reader.line_num + 1
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) and len(cells) != len(table.columns):
                message = f"{len(cells)} cells; expected {len(table.columns)}, as in the header"
                table.problem(line, "", message)
            elif any(cells):  # empty rows, as spreadsheets leave them at the end, do not count
                table.rows.append(Row(table, line, dict(zip(table.columns, cells, strict=True))))
            line = reader.line_num + 1
    except csv.Error as error:  # an open quote runs on to the end: the row that opens it is to be mended
        table.problem(line, "", f"not a CSV table from here on: {error}; is a quote left open?")
        return False
    for column in sorted({column for column in table.columns if table.columns.count(column) > 1}):
        table.problem(1, column, "column stands twice")
    if "" in table.columns:
        table.problem(1, "", "a column has no name")
    return True
