"""Tables as spreadsheets save them: what is meant is read, and what could be read in two ways is refused."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.data.reader import load_dataset
from simulation.data.tables import Table, read_table
from simulation.data.template import write_template
from simulation.errors import DataError, Problem

REGIONS = "regions.csv"
ENTERPRISES = "enterprises.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_template(tmp_path)
    return tmp_path


def edit(folder: Path, old: str, new: str, *, file: str = REGIONS) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def error_of(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    return caught.value


def problem_of(folder: Path) -> Problem:
    (problem,) = error_of(folder).problems
    return problem


def table_of(path: Path, cells: list[str]) -> Table:
    out = io.StringIO()
    csv.writer(out).writerows([["value"], *([cell] for cell in cells)])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    problems: list[Problem] = []
    table = read_table(path, columns=("value",), problems=problems, may_be_empty=True)
    assert not problems
    return table


numbers = st.one_of(
    st.text(max_size=6),
    st.text("0123456789.,eE+-_ \xa0'", max_size=6),
    st.text("0123456789.,eE+-_ ٣१３", max_size=6),
    st.floats().map(repr),
    st.integers().map(str),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cell=numbers.filter(lambda cell: "\0" not in cell and cell.strip()))
def test_a_number_has_digits_a_point_and_an_exponent_and_nothing_else(tmp_path: Path, cell: str) -> None:
    (row,) = table_of(tmp_path / "table.csv", [cell])
    found = row.number("value", low=-1e300, high=1e300)
    meant = re.fullmatch(r"[-+]?(?=\.?[0-9])[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?", cell.strip())
    if row.table.problems:
        assert meant is None or not abs(float(cell)) <= 1e300
        assert "must be a number from" in row.table.problems[0].message
    else:
        assert meant and found == float(cell)


@pytest.mark.parametrize(
    "cell", ["6_2.0", "62,0", "1 234", "1\xa0234", "1,234.5", "٦٢", "６２", "62%", "1'234", "62.0.1"]
)
def test_what_looks_like_a_number_is_told_how_to_be_written(folder: Path, cell: str) -> None:
    edit(folder, "62.0", f'"{cell}"')
    problem = problem_of(folder)
    assert (problem.line, problem.key, problem.found) == (2, "latitude", f'"{cell}"')
    assert problem.message == (
        "must be a number from -90 to 90, written with the digits 0 to 9 and a point before decimals, such as 1234.5"
    )


@pytest.mark.parametrize("cell", ["inf", "nan", "north", "0x1f", "1e999", "91"])
def test_what_is_no_number_is_not_told_how_to_be_written(folder: Path, cell: str) -> None:
    edit(folder, "62.0", cell)
    assert problem_of(folder).message == "must be a number from -90 to 90"


@pytest.mark.parametrize("zeros", [".0", ".", ".000"])
def test_a_whole_number_may_end_in_zeros_behind_the_point(folder: Path, zeros: str) -> None:
    before = load_dataset(folder).digest
    edit(folder, "60,40,20", f"60{zeros},40{zeros},20{zeros}", file=ENTERPRISES)
    assert load_dataset(folder).digest == before


@pytest.mark.parametrize("flag", ["0", "1"])
@pytest.mark.parametrize("zeros", ["", ".0", ".", ".000"])
def test_so_may_a_flag(tmp_path: Path, flag: str, zeros: str) -> None:
    (row,) = table_of(tmp_path / "table.csv", [flag + zeros])
    assert row.flag("value") == (flag == "1") and not row.table.problems


@pytest.mark.parametrize("cell", ["2", "1.5", "-1", "10", "01", "TRUE", "yes"])
def test_anything_else_is_no_flag(tmp_path: Path, cell: str) -> None:
    (row,) = table_of(tmp_path / "table.csv", [cell])
    assert not row.flag("value")
    assert row.table.problems[0].message == 'not a flag; accepted values: "0", "1"'


@pytest.mark.parametrize("cell", ["40.5", "40.01", "4e1", "+40", "4_0", "-40.0", "1234567890.0"])
def test_another_number_is_no_whole_number(folder: Path, cell: str) -> None:
    edit(folder, "60,40,20", f"60,{cell},20", file=ENTERPRISES)
    assert problem_of(folder).message.startswith("must be a whole number, 0 or more")


def spoilt(text: str, *, ends: str, mark: bool, sep: str, columns: int, cells: int, rows: int) -> bytes:
    """A table as a spreadsheet may save it."""
    lines = text.splitlines()
    lines = [lines[0] + "," * columns, *(line + "," * (columns + cells) for line in lines[1:])]
    lines = [*([sep] if sep else []), *lines, *["," * (lines[0].count(",") + cells)] * rows]
    return ("\ufeff" * mark + "".join(line + ends for line in lines)).encode()


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from([REGIONS, ENTERPRISES, "institutions.csv", "technologies.csv", "relevance.csv"]),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.booleans(),
    sep=st.sampled_from(["", "sep=,", '"sep=,"', "SEP=,", "sep=,,,,", '"sep=,",,']),
    columns=st.integers(0, 3),
    cells=st.integers(0, 3),
    rows=st.integers(0, 3),
)
def test_marks_separators_line_ends_and_empty_columns_and_rows_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    file: str,
    ends: str,
    mark: bool,
    sep: str,
    columns: int,
    cells: int,
    rows: int,
) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    write_template(folder)
    before = load_dataset(folder).digest
    path = folder / file
    text = path.read_text(encoding="utf-8")
    path.write_bytes(spoilt(text, ends=ends, mark=mark, sep=sep, columns=columns, cells=cells, rows=rows))
    assert load_dataset(folder).digest == before
    if b"\nnorth" in text.encode():  # a fault is told at the line where an editor shows it
        path.write_bytes(path.read_bytes().replace(b"north", b"North!"))
        shown = [n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if "North!" in line]
        assert shown[0] in {problem.line for problem in error_of(folder).problems}


def test_a_column_with_values_and_without_a_name_is_told_with_the_first_of_them(folder: Path) -> None:
    edit(folder, "0.8,invented", "0.8,invented,,why")
    edit(folder, "digital_readiness,source", "digital_readiness,source,,")
    edit(folder, "0.2,invented", "0.2,invented,,")
    problem = problem_of(folder)
    assert (problem.line, problem.message) == (1, "a column has no name, and line 3 has a value in it")


@pytest.mark.parametrize("sep", [";", "\t"])
def test_another_separator_is_told_with_or_without_a_line_that_names_it(folder: Path, sep: str) -> None:
    path = folder / REGIONS
    text = path.read_text(encoding="utf-8").replace(",", sep)
    for head in ("", f"sep={sep}\n"):
        path.write_text(head + text, encoding="utf-8")
        assert "columns are separated by " in problem_of(folder).message


def test_a_line_break_within_a_name_is_told_and_within_a_source_is_not(folder: Path) -> None:
    edit(folder, "0.2,invented", '0.2,"invented\nby us"')
    load_dataset(folder)
    edit(folder, ",Southton,", ',"South\nton",')
    problem = problem_of(folder)
    assert (problem.line, problem.key) == (4, "seat")
    assert "U+000A" in problem.message and "\n" not in str(problem)


def test_a_hidden_character_in_a_cell_or_a_header_is_told(folder: Path) -> None:
    edit(folder, ",Southton,", ",South\x1b[2Jton,")
    edit(folder, "coal", "co\u202eal", file=ENTERPRISES)
    found = [(problem.line, problem.key) for problem in error_of(folder).problems]
    assert found == [(1, "co\u202eal")] or (3, "seat") in found
    assert "\x1b" not in str(error_of(folder)) and "\u202e" not in str(error_of(folder))


def test_one_fault_forty_times_is_told_once_with_its_count_and_first_lines(folder: Path) -> None:
    path = folder / "facts.csv"
    rows = "".join(f"fact-{n},{n} %,units,meaning,source\n" for n in range(40))
    path.write_text("fact,value,unit,meaning,source\n" + rows, encoding="utf-8")
    first, *told = str(error_of(folder)).splitlines()
    assert first == f"{path}: 40 problems"
    assert len(told) == 4
    assert told[0].startswith('  line 2  value = "0 %": must be a number from -1e+12 to 1e+12')
    assert told[3] == "  and 37 more like the last: value in lines 5, 6, 7 and 34 more"
