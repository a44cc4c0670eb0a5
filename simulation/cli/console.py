"""The output of the commands: tables of a study, its verdict, failures."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simulation.analysis.comparison import by_pair, needed_decimals
from simulation.analysis.failing_platforms import failing_platforms
from simulation.analysis.paired import Difference
from simulation.analysis.unspent import unspent_money
from simulation.analysis.verdict import verdicts
from simulation.cli.progress import is_terminal
from simulation.errors import HyperclusterError
from simulation.explore.tested import about_other_assumptions
from simulation.hidden_characters import visible
from simulation.reporting.analysis import Analysis
from simulation.reporting.table import Table as TextTable
from simulation.reporting.tables import tables
from simulation.results.derived import notes_on
from simulation.results.manifest import Manifest
from simulation.results.reader import Results

SUMMARY = {
    "t50_years": ("t50\nyears", "{:.1f}"),
    "synchronization": ("1 - Phi", "{:.3f}"),
    "w1_years": ("W1\nyears", "{:.2f}"),
    "final_share": ("final\nshare", "{:.1%}"),
    "member_share": ("members", "{:.1%}"),
    "planned_pv": ("planned", "{:,.0f}"),
    "spent_pv": ("spent", "{:,.0f}"),
}
"""Columns of the table of scenarios: heading and format by metric."""

DIFFERENCES = {
    "t50_years": ("t50, years", 1),
    "synchronization": ("1 - Phi", 3),
    "w1_years": ("W1, years", 2),
}
"""Columns of the table of paired differences: heading and decimals at least."""

NOTE = (
    "Means over replications; t50: half of the eligible have adopted; 1 - Phi: synchronization, 1 is perfect; "
    "W1: lag between regions; final share: adopters of the eligible at the horizon; planned and spent: present "
    "value, units; (n) where a metric is undefined in some replications, - in all. Assumptions, not data, are rates, "
    "unit costs and the effects of policies."
)
LONGEST_NAME = 18
"""Characters of a scenario's name on one line of the table; longer names are wrapped."""

WIDEST = 1000
"""Columns of characters: wider than any table."""
NARROW = 80
"""Width of tables where there is no terminal, in columns."""


def print_study(results: Results, comparison: pd.DataFrame) -> None:
    """Print the scenarios' means, the paired differences with their intervals, and the verdict in words."""
    console = _console()
    _print_whole(console, summary_table(results))
    console.print(" ".join([NOTE, *results.assumptions]), style="dim", markup=False)
    _print_comparison(comparison, results.titles, console)
    if lines := about_other_assumptions(results.manifest):
        console.print("Under other assumptions:", style="bold")
    for line in lines:
        console.print(f"{line}\n", markup=False)
    _print_lines("Platforms that fail:", failing_platforms(results), console)
    _print_lines("Unspent money:", unspent_money(results), console)


def print_analysis(analysis: Analysis) -> None:
    """Print all tables of a comparison, the verdict in words, platforms that fail, and money that is never spent."""
    console = _console()
    print_tables(tables(analysis), analysis.verdicts, console=console)
    _print_lines("Platforms that fail:", analysis.failing, console)
    _print_lines("Unspent money:", analysis.idle, console)


def print_tables(
    shown: Iterable[TextTable], sentences: Iterable[str], *, console: Console | None = None
) -> None:
    """Print tables with their notes, and the verdict in words."""
    console = console or _console()
    for table in shown:
        _print_narrow(console, table)
        if table.note:
            console.print(f"{table.note}\n", style="dim", markup=False)
    for sentence in sentences:
        console.print(f"{sentence}\n", markup=False)


def _print_lines(heading: str, lines: Sequence[str], console: Console) -> None:
    """Print a list under its heading, if there is anything on it."""
    if lines:
        console.print(heading)
    for line in lines:
        console.print(f"  {line}", markup=False)


def rich_table(table: TextTable, *, width: int = WIDEST) -> Table:
    """Convert a table of texts to one for a terminal of this width; its labels take at most half of it."""
    shown = Table(box=SIMPLE_HEAD, title=escape(table.title), title_justify="left", pad_edge=False)
    for place, heading in enumerate(table.head):
        if place < table.labels:
            most = max(width // 2 // table.labels, 12)
            shown.add_column(escape(heading), overflow="fold", max_width=most)
        else:
            shown.add_column(escape(heading), justify="right", no_wrap=True)
    for row in table.merged:
        shown.add_row(*map(escape, row))
    return shown


def _print_comparison(comparison: pd.DataFrame, titles: Mapping[str, str], console: Console) -> None:
    """Print the paired differences with their intervals, and the verdict in words, which uses the titles."""
    if comparison.empty:
        return
    console.print()
    _print_whole(console, difference_table(comparison, titles))
    for sentence in verdicts(comparison, titles):
        console.print(f"{sentence}\n", markup=False)


def _console() -> Console:
    """Return a console as wide as the terminal, or wide enough for all columns if there is no terminal."""
    return Console(highlight=False, width=None if is_terminal(sys.stdout) else 110)


def _print_narrow(console: Console, table: TextTable) -> None:
    """Print a table in as many parts, each with the labels and some of the columns, as fit into the width."""
    width = console.width if is_terminal(sys.stdout) else NARROW
    numbers = list(range(table.labels, len(table.head)))
    while numbers:
        count = next((n for n in range(len(numbers), 1, -1) if _fits(console, table, numbers[:n], width)), 1)
        shown = rich_table(_some(table, numbers[:count]), width=width)
        if numbers[-1] != len(table.head) - 1 or numbers[0] != table.labels:
            shown.title = None
        _print_whole(console, shown)
        numbers = numbers[count:]


def _some(table: TextTable, numbers: Sequence[int]) -> TextTable:
    """Return the labels and some columns of a table."""
    chosen = [*range(table.labels), *numbers]
    return replace(
        table,
        head=tuple(table.head[n] for n in chosen),
        rows=tuple(tuple(row[n] for n in chosen) for row in table.rows),
    )


def _fits(console: Console, table: TextTable, numbers: Sequence[int], width: int) -> bool:
    shown = rich_table(_some(table, numbers), width=width)
    return console.measure(shown, options=console.options.update(max_width=WIDEST)).maximum <= width


def _print_whole(console: Console, table: Table) -> None:
    """Print a table wide enough that no number is cut off; on a narrow terminal its lines wrap."""
    needed = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    if needed > console.width:
        table.width = needed
    console.print(table, crop=False)


def summary_table(results: Results) -> Table:
    """Return one row a scenario: means of speed, synchronization and cost."""
    runs = results.runs(["scenario", "replication", "seed", *SUMMARY])
    seeds = f"{runs['seed'].min()} to {runs['seed'].max()}"
    table = Table(
        box=SIMPLE_HEAD,
        title=escape(visible(f"{results.path}: seeds {seeds}", lines=False)),
        title_justify="left",
        pad_edge=False,
        collapse_padding=True,  # so that the shipped scenarios fit into 80 columns
    )
    table.add_column("scenario", overflow="fold", max_width=LONGEST_NAME)
    for heading, _ in (("n", ""), *SUMMARY.values()):
        table.add_column(heading, justify="right", no_wrap=True)
    for scenario in results.scenarios:
        rows = runs[runs["scenario"] == scenario]
        cells = [_mean(rows[metric].to_numpy(), form) for metric, (_, form) in SUMMARY.items()]
        table.add_row(escape(results.titles[scenario]), str(len(rows)), *cells)
    return table


def _mean(values: np.ndarray, form: str) -> str:
    defined = values[~np.isnan(values)]
    if not defined.size:
        return "-"
    count = f" ({defined.size})" if defined.size < values.size else ""
    return form.format(defined.mean()) + count


def difference_table(comparison: pd.DataFrame, titles: Mapping[str, str]) -> Table:
    """Return one row a pair of scenarios: differences of the headline metrics with their 95 % intervals."""
    table = Table(
        box=SIMPLE_HEAD, title="Paired differences, 95 % intervals", title_justify="left", pad_edge=False
    )
    table.add_column("scenario minus reference", overflow="fold", max_width=LONGEST_NAME)
    for heading, _ in DIFFERENCES.values():
        table.add_column(heading, justify="right")
    for scenario, reference, found in by_pair(comparison):
        cells = [_interval(found[metric], decimals) for metric, (_, decimals) in DIFFERENCES.items()]
        table.add_row(escape(f"{titles[scenario]} minus\n{titles[reference]}"), *cells)
    return table


def _interval(found: Difference, at_least: int) -> str:
    count = f"n = {found.n} of {found.pairs}"
    if found.n == 0:
        return f"undefined\n{count}"
    if found.n == 1:
        return f"{found.difference:+.{at_least}f}\n{count}"
    low, high = found.low, found.high
    decimals = needed_decimals(low, high, at_least=at_least) if low or high else at_least
    interval = escape(f"[{low:+.{decimals}f}, {high:+.{decimals}f}]")
    return f"{found.difference:+.{decimals}f}\n{interval}\n{count}"


def print_files(paths: Sequence[Path]) -> None:
    """Print the files that were written."""
    print("Files written:")
    for path in paths:
        print(visible(f"  {path}", lines=False))


def print_notes(results: Results) -> None:
    """Print on standard error which runs of the folder are not read, and which files are older than its runs."""
    for note in notes_on(results):
        print(visible(f"Note: {note}"), file=sys.stderr)


def print_failures(manifest: Manifest) -> None:
    """Print on standard error what failed, and the command that reproduces each failure."""
    failures = manifest["failures"]
    print(f"{len(failures)} replication{'s' * (len(failures) != 1)} failed:", file=sys.stderr)
    for failure in failures:
        place = f"{failure['scenario']}, replication {failure['replication']}, seed {failure['seed']}"
        print(visible(f"  {place}: {failure['error']}\n    {failure['reproduce']}"), file=sys.stderr)
    print(f"The full messages are in manifest.json under {'failures'!r}.", file=sys.stderr)


def print_until(manifest: Manifest) -> None:
    """Print how many replications a study with a target precision needed."""
    until = manifest.get("until")
    if until is None:
        return
    widest = "not known" if until["widest"] is None else f"+-{until['widest']:.2g}"
    pair = f"widest: {widest}, {until['pair'][0]} minus {until['pair'][1]}"
    aim = f"every 95 % interval of a difference in Phi is within +-{until['halfwidth']:g}"
    if until["reached"]:
        print(f"{until['replications']} replications of each scenario were enough: {aim} ({pair}).")
    else:
        print(f"The limit of {until['max_replications']} replications was reached before {aim} ({pair}).")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Report what cannot be written and go on, so that one failure does not prevent the other outputs."""
    try:
        yield
    except HyperclusterError as error:
        click.echo(f"{what}: {error}", err=True)
