"""Arguments and options that several commands have in common."""

from __future__ import annotations

from pathlib import Path

import click

results_folder = click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")

first_seed = click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of the first replication, from 0."
)

workers = click.option(
    "--workers", type=click.IntRange(1), help="Blocks computed at a time; by default one a core."
)

fresh = click.option("--fresh", is_flag=True, help="Replace what is in the results folder.")

take_over = click.option(
    "--take-over",
    is_flag=True,
    help="Take the folder from a process on another machine that has ended; asked for where a disk cannot lock.",
)
