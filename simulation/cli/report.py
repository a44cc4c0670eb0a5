"""The command ``report``."""

from __future__ import annotations

from pathlib import Path

import click

from simulation.cli.options import results_folder


@click.command()
@results_folder
@click.option("--reference", help="Scenario to compare with; by default baseline, or the first.")
def report(folder: Path, reference: str | None) -> None:
    """Write a report on a results folder.

    Writes one self-contained HTML page, the same report as Markdown, tables as LaTeX and Markdown, and all figures as
    PNG.
    """
    from simulation.cli.console import print_files, print_notes
    from simulation.reporting.page import write_report
    from simulation.reporting.tables import analyse, write_tables
    from simulation.results.reader import Results

    results = Results(folder)
    analysis = analyse(results, reference)
    print_files([*write_tables(analysis), *write_report(analysis)])
    print_notes(results)
