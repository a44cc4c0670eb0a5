"""Reading large CSV tables column by column: each distinct text is checked once, and faults have their lines.

The rules of :mod:`simulation.data.tables` hold, with one more: no cell holds a line break.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.data.tables import SEPARATOR_LINE, Row, Table, fill, lacking, opened
from simulation.errors import Problem
from simulation.world import Array

if TYPE_CHECKING:
    from pyarrow.csv import InvalidRow

MOST_FAULTS = 100
"""Faulty rows of a column that are reported one by one; of more, the number."""
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a table as codes of their distinct texts; there is no row if file, header or quotes have a fault."""

    table: Table  # without rows; holds file, header and problems
    text: str  # the lines below the header
    offset: int  # lines down to the header
    place: Array  # int64 (rows,), place of each row among the lines that are not empty
    codes: dict[str, Array]  # int32 (rows,) by column
    texts: dict[str, list[str]]  # distinct texts by column

    def values(self, column: str, value: Callable[[Row, str], int | None]) -> Array:
        """Return the value of each cell, int64 (rows,); -1, with a problem, where it is None.

        ``value`` takes a row and the column, and adds a problem to the row's table where it returns None, as
        the methods of :class:`Row` do. It is called once for each distinct text, and again for the
        rows of a text without a value.
        """
        quiet = Table("", (), [])
        found = [value(Row(quiet, 0, {column: text}), column) for text in self.texts[column]]
        known = np.array([-1 if item is None else item for item in found], dtype=np.int64)
        values = known[self.codes[column]]
        self.report(np.flatnonzero(values < 0), column, lambda row: value(row, column))
        return values

    def report(self, rows: Array, column: str, problem: Callable[[Row], object]) -> None:
        """Call ``problem``, which adds a problem, with each of these rows; beyond ``MOST_FAULTS`` tell their number."""
        if not rows.size:
            return
        first = rows[:MOST_FAULTS]
        for row, line in zip(first, self.lines(self.place[first]), strict=True):
            cells = {name: self.texts[name][codes[row]] for name, codes in self.codes.items()}
            problem(Row(self.table, line, cells))
        if rows.size > MOST_FAULTS:
            self.table.problem(None, column, f"{rows.size - MOST_FAULTS:,} more rows have such a fault")

    def lines(self, places: Array) -> list[int]:
        """Return the numbers of lines, from 1, by their places among those that are not empty."""
        starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        filled = [n for n, at in enumerate(starts) if at < len(self.text) and self.text[at] not in "\r\n"]
        return [self.offset + 1 + filled[place] for place in places]


def read_columns(path: Path, *, columns: Sequence[str], problems: list[Problem]) -> Columns:
    """Read these columns of a UTF-8 CSV file with a header; add faults of file, header and shape to ``problems``.

    Memory is less than ten times the size of the file, which is limited as that of every table.
    """
    before = len(problems)
    table, text = opened(path, columns=columns, problems=problems)
    separator = SEPARATOR_LINE.match(text)
    start = len(text) - len(text[separator.end() if separator else 0 :].lstrip(" \t\r\n,"))
    end = _LINE_END.search(text, start)
    head, body = (text[: end.start()], text[end.end() :]) if end else (text, "")
    del text
    offset = len(_LINE_END.findall(head)) + 1
    if head and fill(table, head):
        lacking(table, columns)
    if '"' in body:
        odd = (n for n, line in enumerate(_LINE_END.split(body), start=offset + 1) if line.count('"') % 2)
        if (line := next(odd, None)) is not None:
            table.problem(line, "", "a quote is left open; no cell of this table may hold a line break")
    if len(problems) > before or not body.strip():
        nobody = np.empty(0, dtype=np.int64)
        return Columns(
            table, "", offset, nobody, dict.fromkeys(columns, nobody), {name: [] for name in columns}
        )
    header = [cell.strip() for cell in next(csv.reader([head[start:]], strict=True))]
    return _parsed(table, body, offset, len(header), {name: str(header.index(name)) for name in columns})


def _parsed(table: Table, body: str, offset: int, width: int, at: dict[str, str]) -> Columns:
    """Parse the rows; ``at`` holds the place of each column in the table."""
    import pyarrow as pa  # imported late, because hardly any dataset has such a table
    import pyarrow.csv

    wrong: list[InvalidRow] = []

    def skip(row: InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    read = pyarrow.csv.read_csv(
        pa.py_buffer(body.encode()),
        # One thread, because several do not number the rows that they skip.
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=[str(n) for n in range(width)]),
        parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=skip),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=list(at.values()),
            column_types=dict.fromkeys(at.values(), pa.dictionary(pa.int32(), pa.string())),
            null_values=[],
        ),
    )
    codes, texts = {}, {}
    empty = np.ones(read.num_rows, dtype=bool)
    for name, number in at.items():
        column = read[number].unify_dictionaries()
        codes[name] = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
        texts[name] = [text.strip() for text in column.chunk(0).dictionary.to_pylist()]
        empty &= np.array([not text for text in texts[name]], dtype=bool)[codes[name]]
    skipped = np.array([row.number - 1 for row in wrong], dtype=np.int64)
    place = np.delete(np.arange(empty.size + skipped.size), skipped)
    # Empty rows, which spreadsheets leave at the end, do not count.
    codes = {name: codes[name][~empty] for name in at}
    columns = Columns(table, body, offset, place[~empty], codes, texts)
    if wrong:
        for row, line in zip(wrong, columns.lines(skipped), strict=True):
            if row.text.strip():
                message = f"{row.actual_columns} cells; expected {width}, as in the header"
                table.problem(line, "", message)
    return columns
