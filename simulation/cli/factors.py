"""The command ``factors``."""

from __future__ import annotations

from pathlib import Path

import click

from simulation.cli.options import Resumable, first_seed, fresh, take_over, workers

DEFAULT = "four_factors"


@click.command(cls=Resumable)
@click.argument("scenario", default=DEFAULT, metavar="[SCENARIO]")
@click.option(
    "--replications",
    type=click.IntRange(2),
    default=10,
    show_default=True,
    help="Runs of every combination.",
)
@first_seed
@workers
@click.option(
    "--out", type=click.Path(path_type=Path), help="Results folder; by default results/factors-SCENARIO."
)
@fresh
@take_over
def factors(
    scenario: str,
    replications: int,
    seed: int,
    workers: int | None,
    out: Path | None,
    fresh: bool,
    take_over: bool,
) -> None:
    """Decompose speed and synchronization by factor.

    Runs SCENARIO with all sixteen combinations of spatial concentration, business networks, institutional environment
    and digital environment switched on and off, with the same random draws. Prints the Shapley value of each factor
    and the interaction of each pair. Finished runs in the results folder are kept; only the rest is computed. This is
    the game of channels of one scenario; what in a policy does the work, "hypercluster explain" shows.
    """
    from simulation.batch.running import run_batch
    from simulation.cli.console import print_failures, print_files, print_notes, print_tables
    from simulation.cli.progress import form_of, progress_shown
    from simulation.figures import files_of
    from simulation.reporting.factors import (
        combinations_of,
        contributions,
        in_words,
        picture,
        tables,
        write_contributions,
    )
    from simulation.results.derived import FIGURES, HERE, outputs_of
    from simulation.results.reader import plugins_named
    from simulation.scenario.loading import load_scenario

    with plugins_named(out or Path("results") / f"factors-{Path(scenario).stem}"):
        spec = load_scenario(scenario)
    folder = out or Path("results") / f"factors-{spec.name}"
    with progress_shown(form_of(quiet=False, as_json=False)) as progress:
        results = run_batch(
            combinations_of(spec),
            replications,
            out=folder,
            seed=seed,
            workers=workers,
            fresh=fresh,
            take_over=take_over,
            progress=progress,
        )
    again = () if scenario == DEFAULT else (scenario,)
    count = str(results.manifest["replications"])
    outputs = outputs_of(
        results, "factors", *again, "--replications", count, "--seed", str(seed), "--out", HERE
    )
    found = contributions(results)
    print_tables(tables(found), [in_words(found, spec.title)])
    files = files_of(picture(found, spec.title), name="factors", formats=("png", "pdf"))
    drawn = outputs.write({f"{FIGURES}/{file}": content for file, content in files.items()})
    print_files([write_contributions(found, outputs), *drawn])
    print_notes(results)
    if results.manifest["failures"]:
        print_failures(results.manifest)
        raise click.exceptions.Exit(3)
