"""The command ``plot``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from simulation.cli.options import results_folder

_FIGURES = Path(__file__).parents[1] / "figures"
_DECLARED = re.compile(r'^FIGURE = StudyFigure\("(\w+)", place=(\d+)', re.MULTILINE)


class _WithFigures(click.Command):
    """A command whose help lists the figures, from their files: nothing is imported for help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Figures"):
            formatter.write_dl(figures_in_words())


def figures_in_words() -> list[tuple[str, str]]:
    """Return the name of each figure and what it shows, in the order in which a reader meets them."""
    found = []
    for path in _FIGURES.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if declared := _DECLARED.search(text):
            told = text.removeprefix('"""').split('"""', 1)[0].split("\n\n", 1)[0]
            found.append((int(declared[2]), declared[1], " ".join(told.split())))
    return [(name, words) for _, name, words in sorted(found)]


@click.command(cls=_WithFigures)
@results_folder
@click.option(
    "--figure",
    "names",
    multiple=True,
    metavar="NAME",
    help="Draw only this figure of those below. May be repeated.",
)
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="Draw only this scenario. May be repeated."
)
@click.option("--seed", type=int, help="Draw only the replications with this seed.")
@click.option(
    "--width",
    type=click.Choice(["90", "140", "190"]),
    default="190",
    show_default=True,
    help="Width in mm: one, one and a half or two columns of a journal.",
)
@click.option(
    "--format",
    "formats",
    default="png,pdf",
    show_default=True,
    metavar="FORMAT,...",
    help="One or more of pdf, svg and png.",
)
def plot(
    folder: Path,
    names: tuple[str, ...],
    scenarios: tuple[str, ...],
    seed: int | None,
    width: str,
    formats: str,
) -> None:
    """Draw the figures of a results folder into DIR/figures, with their numbers (CSV) and captions.

    By default draws every figure that the study has data for, from all of its scenarios and seeds.
    """
    from simulation.cli.console import print_files, print_notes
    from simulation.figures import plot as draw
    from simulation.figures.drawing.style import PAGE_MM
    from simulation.results.reader import Results

    results = Results(folder)
    plotted = draw(
        results,
        names or None,
        scenarios=scenarios or None,
        seed=seed,
        width_mm=float(width),
        formats=[suffix.strip() for suffix in formats.split(",")],
    )
    print_files(plotted.paths)
    for name, height in plotted.too_high.items():
        click.echo(
            f"Note: {name} is {height:.0f} mm high, and a page only {PAGE_MM:.0f}; "
            "use a larger --width, or select fewer scenarios with --scenario",
            err=True,
        )
    for note in plotted.notes:
        click.echo(f"Note: {note}", err=True)
    for reason in plotted.left_out.values():
        click.echo(f"Not drawn: {reason}", err=True)
    print_notes(results)
