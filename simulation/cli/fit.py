"""The command ``fit``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from simulation.cli.options import Resumable, fresh, workers

RESULTS = Path("results")


@click.command(cls=Resumable)
@click.argument("file", type=click.Path(path_type=Path), metavar="STUDY")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; by default results/fit-STUDY.")
@click.option(
    "--until", type=click.IntRange(1), help="Fit what was observed by this period, and predict the others."
)
@workers
@fresh
@click.option("--quiet", is_flag=True, help="Print only errors.")
def fit(
    file: Path, out: Path | None, until: int | None, workers: int | None, fresh: bool, quiet: bool
) -> None:
    """Fit a scenario to observed adoption.

    STUDY is a TOML file that names the scenario and the keys to fit (docs/fit.md); "hypercluster new-dataset DIR
    --from-netdiffuser FILE" writes one. Finds the most likely values and draws from the posterior, and says what the
    data cannot tell. With method = "simulation" the engine simulates, on --workers. An interrupted fit goes on where it
    was.
    """
    from simulation.threads import available_cores, use_one_thread_of_blas

    use_one_thread_of_blas()  # before NumPy is loaded
    import pandas as pd

    from simulation.cli.progress import say_if_compiling
    from simulation.figures.fits import write_fit_figures
    from simulation.fit import checks, predictive, validation, words
    from simulation.fit.by_simulation import HEADINGS, run_by_simulation
    from simulation.fit.results import read_fit_results
    from simulation.fit.running import FORECAST, run_fit
    from simulation.fit.study import read_fit

    study = read_fit(file)
    name = file.parent.resolve().name if file.stem == "fit" else file.stem
    folder = out or RESULTS / (f"fit-{name}" if until is None else f"fit-{name}-until-{until}")

    def tell(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    if not quiet:
        say_if_compiling()
    if study.method == "simulation":
        by_simulation = run_by_simulation(
            study,
            file.parent,
            folder,
            workers=workers or available_cores(),
            until=until,
            fresh=fresh,
            tell=tell,
        )
        results = read_fit_results(folder)
        figures = write_fit_figures(results)
        if quiet:
            return
        click.echo(by_simulation.about())
        _print(by_simulation.table(), HEADINGS)
        for line in by_simulation.sentences():
            click.echo(f"{line}\n")
        _print_listed("Synchronization", predictive.sentences(results.synchronization))
        if results.forecast is not None:
            _print_listed(f"Forecast of the periods after {until}", validation.sentences(results.forecast))
        _print_files(folder, figures)
        return
    fitted = run_fit(study, file.parent, folder, until=until, fresh=fresh, tell=tell)
    found = checks.checked(fitted, folder, tell=tell)
    figures = write_fit_figures(read_fit_results(folder))
    if quiet:
        return
    click.echo(words.about(fitted))
    _print(words.table(fitted), words.headings())
    for line in words.sentences(fitted):
        click.echo(f"{line}\n")
    for heading, lines in found.sections().items():
        _print_listed(heading, lines)
    if until is not None:
        forecast = validation.sentences(pd.read_csv(folder / FORECAST))
        _print_listed(f"Forecast of the periods after {until}", forecast)
    _print_files(folder, figures)


def _print_listed(heading: str, lines: Sequence[str]) -> None:
    click.echo(f"{heading}:")
    for line in lines:
        click.echo(f"- {line}")
    click.echo("")


def _print_files(folder: Path, figures: Sequence[Path]) -> None:
    from simulation.cli.console import print_files
    from simulation.fit import checks
    from simulation.fit.running import FORECAST, POSTERIOR, PROFILES, SCENARIO, SUMMARY, WORDS

    files = [SCENARIO, POSTERIOR, SUMMARY, PROFILES, WORDS, *checks.FILES, FORECAST]
    print_files([*(folder / each for each in files if (folder / each).is_file()), *figures])


def _print(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
