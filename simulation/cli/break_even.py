"""The command ``break-even``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulation.cli.options import first_seed

if TYPE_CHECKING:
    from simulation.analysis.paired import Difference

METRICS = ("t50_years", "phi")
"""Metrics for which a break-even ratio can be found: speed and synchronization."""


@click.command("break-even")
@click.argument("scenario")
@click.argument("rival")
@click.option(
    "--metric", type=click.Choice(METRICS), default=METRICS[0], show_default=True, help="Ahead in what."
)
@click.option(
    "--replications",
    type=click.IntRange(2),
    default=10,
    show_default=True,
    help="Pairs of runs at every ratio.",
)
@first_seed
@click.option("--out", type=click.Path(path_type=Path), help="Folder for break_even.csv, .md, .png and .pdf.")
def break_even(
    scenario: str, rival: str, metric: str, replications: int, seed: int, out: Path | None
) -> None:
    """Find how many times dearer a platform may become.

    Multiplies the unit costs of the platforms of SCENARIO (operation, onboarding, residency, interoperability) until it
    is no longer ahead of RIVAL or its plan is not affordable. What has a coverage is still paid for, and what has a
    share gets what is left, so that the plan keeps its present value. About ten ratios are tried, with the same random
    draws.
    """
    from simulation.analysis.break_even import break_even as find
    from simulation.analysis.break_even import check_place, in_words, write_break_even
    from simulation.cli.console import print_files
    from simulation.cli.progress import say_if_compiling
    from simulation.figures.break_even import draw
    from simulation.figures.drawing.style import saved
    from simulation.scenario.loading import load_scenario

    def show(ratio: float, found: Difference) -> None:
        ahead = "ahead" if found.difference > 0 else "behind"
        click.echo(f"ratio {ratio:.2f}: {ahead} by {abs(found.difference):.3g}, n = {found.n}", err=True)

    specs = load_scenario(scenario), load_scenario(rival)
    if out is not None:
        check_place(out)
    say_if_compiling()
    found = find(*specs, metric=metric, replications=replications, seed=seed, progress=show)
    words = in_words(found, (specs[0].title, specs[1].title))
    click.echo(words)
    if out is not None:
        drawn = draw(found, words)
        pictures = {f"break_even.{suffix}": saved(drawn.figure, suffix) for suffix in ("png", "pdf")}
        print_files(write_break_even(found, words, out, pictures=pictures))
