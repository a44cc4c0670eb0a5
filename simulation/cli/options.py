"""Arguments, options and kinds of commands that several commands share."""

from __future__ import annotations

from pathlib import Path

import click


class Resumable(click.Command):
    """A command that computes runs in parallel and keeps finished ones, so that its next call continues from them."""


results_folder = click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")

first_seed = click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of the first replication, 0 or more."
)

workers = click.option(
    "--workers", type=click.IntRange(1), help="Blocks computed at the same time; by default one per core."
)

executor = click.option(
    "--executor", default="processes", show_default=True, metavar="WHERE", help="As for run."
)

deadline = click.option(
    "--deadline", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="As for run."
)

quiet = click.option("--quiet", is_flag=True, help="Print only errors.")

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print progress and outcome as JSON, one object per line."
)

fresh = click.option("--fresh", is_flag=True, help="Replace what is in the results folder.")

take_over = click.option(
    "--take-over",
    is_flag=True,
    help="Take the folder over from a process on another machine that has ended; needed on disks without file locks.",
)


def _use(ctx: click.Context, param: click.Parameter, paths: tuple[str, ...]) -> None:
    if paths:
        from simulation.plugins import use

        use(*paths)


def with_plugins(command: click.Command) -> click.Command:
    """Give a command the option ``--plugin``, which is read before all others."""
    command.params.append(
        click.Option(
            ["--plugin"],
            multiple=True,
            metavar="FILE",
            expose_value=False,
            is_eager=True,
            callback=_use,
            help="Add the instruments, metrics, figures and so on of a Python file. May be repeated.",
        )
    )
    return command
