"""The command ``compare``."""

from __future__ import annotations

from pathlib import Path

import click

from simulation.cli.options import results_folder


@click.command()
@results_folder
@click.argument("other", type=click.Path(path_type=Path), metavar="[OTHER]", required=False)
@click.option("--reference", help="Scenario of DIR to compare with; by default baseline, or the first.")
@click.option(
    "--precision",
    type=click.FloatRange(0, min_open=True),
    default=0.1,
    show_default=True,
    help="Half-width of an interval, as a share of the difference, for the number of replications needed.",
)
def compare(folder: Path, other: Path | None, reference: str | None, precision: float) -> None:
    """Compare the scenarios of a results folder, or those of a second folder with them.

    Prints paired differences, costs, additional adoptions, the sources of the change in synchronization, and the
    verdict. Writes the numbers as CSV and the tables as LaTeX and Markdown into the folder. With OTHER, compares each
    of its scenarios with the scenario of the same name in DIR, or with the reference there if there is none.
    Replications with the same seed form a pair; the CSV file and the table of differences go into OTHER.
    """
    if other is not None:
        _compare_across(folder, other, reference, precision=precision)
        return
    from simulation.cli.console import print_analysis, print_files, print_notes
    from simulation.reporting.analysis import analyse
    from simulation.reporting.tables import write_tables
    from simulation.results.reader import Results

    results = Results(folder)
    analysis = analyse(results, reference, precision=precision)
    if analysis.comparison.empty:
        click.echo(f"{folder}: contains only one scenario, so there is nothing to compare it with")
        return
    print_analysis(analysis)
    print_files(write_tables(analysis))
    print_notes(results)


def _compare_across(folder: Path, other: Path, reference: str | None, *, precision: float) -> None:
    from simulation.analysis.between_folders import compare_folders, write_across
    from simulation.analysis.verdict import verdicts
    from simulation.cli.console import print_files, print_notes, print_tables
    from simulation.reporting.tables import differences_across, write_table
    from simulation.results.derived import HERE, outputs_of
    from simulation.results.reader import Results

    first, second = Results(folder), Results(other)
    chosen = () if reference is None else ("--reference", reference)
    outputs = outputs_of(second, "compare", str(folder), HERE, *chosen, others=[first])
    across = compare_folders(first, second, reference=reference, precision=precision)
    for note in across.notes:
        click.echo(f"Note: {note}", err=True)
    table = differences_across(across)
    print_tables([table], verdicts(across.comparison, across.titles))
    print_files([write_across(across, outputs), *write_table(table, outputs)])
    print_notes(second)
