"""The command ``new-dataset``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new-dataset")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def new_dataset(folder: Path) -> None:
    """Write template tables of a dataset and a data dictionary into DIR.

    The tables hold a few invented rows, so that they are valid as they are. Existing files are never overwritten. Check
    your tables with "hypercluster validate DIR"; docs/tutorial.md builds a small country step by step.
    """
    from simulation.cli.console import print_files
    from simulation.data.template import write_template

    print_files(write_template(folder))
    click.echo(f"Edit them, then: hypercluster validate {folder}")
