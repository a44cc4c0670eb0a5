"""The command ``new-dataset``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command("new-dataset")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--from-netdiffuser",
    "survey",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write observed adoption instead: a .rda file of netdiffuseR, the same as R writes it (.csv), or a folder "
    "with agents.csv and ties.csv.",
)
@click.option(
    "--steps-per-year", type=click.IntRange(1, 366), help="Periods of the data in a year; by default 1."
)
@click.option(
    "--last-period",
    type=click.Choice(["not-yet", "adopters"]),
    help="What the last time of adoption stands for; by default those who had not adopted.",
)
@click.option(
    "--first-period",
    type=click.Choice(["seeds", "adopters"]),
    help="What those of the first period are; by default initial adopters, whom nothing explains.",
)
def new_dataset(
    folder: Path,
    survey: Path | None,
    steps_per_year: int | None,
    last_period: Literal["not-yet", "adopters"] | None,
    first_period: Literal["seeds", "adopters"] | None,
) -> None:
    """Write template tables of a dataset and a data dictionary into DIR.

    The tables hold a few invented rows, so that they are valid as they are. Existing files are never overwritten. Check
    your tables with "hypercluster validate DIR"; docs/tutorial.md builds a small country step by step.

    With --from-netdiffuser, DIR gets observed adoption, a scenario and a study for "hypercluster fit" (docs/fit.md).
    """
    from simulation.cli.console import print_files
    from simulation.data.template import write_template
    from simulation.errors import HyperclusterError

    if survey is None:
        given = {
            "--steps-per-year": steps_per_year,
            "--last-period": last_period,
            "--first-period": first_period,
        }
        alone = [name for name, value in given.items() if value is not None]
        if alone:
            raise HyperclusterError(f"{alone[0]} needs --from-netdiffuser FILE")
        print_files(write_template(folder))
        click.echo(f"Edit them, then: hypercluster validate {folder}")
        return
    from simulation.fit.netdiffuser import STUDY, read_survey, write_observed

    files = write_observed(
        read_survey(survey),
        folder,
        steps_per_year=steps_per_year or 1,
        last_period=last_period or "not-yet",
        first_period=first_period or "seeds",
    )
    print_files(files)
    click.echo(f"Next: hypercluster fit {folder / STUDY}")
