"""The command ``report``."""

from __future__ import annotations

from pathlib import Path

import click

from simulation.cli.options import results_folder


@click.command()
@results_folder
@click.option("--reference", help="Scenario to compare with; by default baseline, or the first.")
@click.option(
    "--ro-crate",
    is_flag=True,
    help="Write only ro-crate-metadata.json, which describes the folder for archives.",
)
def report(folder: Path, reference: str | None, ro_crate: bool) -> None:
    """Write a report on a results folder, also on an ensemble or a fit.

    Writes one self-contained HTML page, the same report as Markdown, tables as LaTeX and Markdown, and all figures as
    PNG.
    """
    from simulation.cli.console import print_files, print_notes
    from simulation.errors import HyperclusterError
    from simulation.fit.results import is_fit
    from simulation.reporting.analysis import analyse
    from simulation.reporting.ensembles import write_ensemble_report
    from simulation.reporting.page import write_report
    from simulation.reporting.tables import write_tables
    from simulation.results.reader import Results

    if is_fit(folder):
        from simulation.reporting.fits import write_fit_report

        if reference is not None:
            raise HyperclusterError("--reference: a fit compares no scenarios")
        if ro_crate:
            raise HyperclusterError("--ro-crate: a fit has no manifest of a study to describe")
        print_files(write_fit_report(folder))
        return
    results = Results(folder)
    if ro_crate:
        from simulation.results.crate import write_crate

        print_files([write_crate(results)])
        return
    if "ensemble" in results.manifest:
        if reference is not None:
            raise HyperclusterError(
                "--reference: an ensemble is compared with the first scenario of its study"
            )
        print_files(write_ensemble_report(results))
        print_notes(results)
        return
    analysis = analyse(results, reference)
    print_files([*write_tables(analysis), *write_report(analysis)])
    print_notes(results)
