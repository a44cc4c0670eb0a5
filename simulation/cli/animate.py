"""The command ``animate``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from simulation.cli.options import results_folder


@click.command()
@results_folder
@click.option(
    "--scenario",
    "scenarios",
    nargs=2,
    metavar="A B",
    help="Scenarios on the left and on the right; by default the last two of the study.",
)
@click.option(
    "--seed",
    type=int,
    help="Replication to show, by its number; by default the first that both scenarios have.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["gif", "mp4"]),
    default="gif",
    show_default=True,
    help="MP4 needs the program ffmpeg.",
)
def animate(
    folder: Path, scenarios: tuple[str, str] | None, seed: int | None, file_format: Literal["gif", "mp4"]
) -> None:
    """Show two scenarios side by side on the map, month by month.

    One replication of each, with the same seed. Writes the animation, the numbers that it shows and a caption into
    DIR/figures.
    """
    from simulation.cli.console import print_files, print_notes
    from simulation.errors import ResultsError
    from simulation.figures.film.animation import animate as write_animation
    from simulation.results.reader import Results

    results = Results(folder)
    if scenarios is None:
        if len(results.scenarios) < 2:
            raise ResultsError(f"{folder}: contains only one scenario; an animation needs two")
        scenarios = (results.scenarios[-2], results.scenarios[-1])
    with click.progressbar(length=1, label="frames", file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        notes: list[str] = []
        paths = write_animation(
            results, scenarios, seed=seed, file_format=file_format, progress=show, note=notes.append
        )
    print_files(paths)
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)
    print_notes(results)
