"""The command ``optimize``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulation.cli.options import Resumable, as_json, deadline, executor, fresh, quiet, take_over, workers

if TYPE_CHECKING:
    from simulation.optimize.front import Front
    from simulation.optimize.robust import Robust
    from simulation.optimize.running import Call, Found
    from simulation.optimize.study import Search

RESULTS = Path("results")
STUDY = "budget"
"""The shipped study that ``hypercluster optimize`` runs if nothing is named."""


@click.command(cls=Resumable)
@click.argument("name", required=False, metavar="[STUDY]")
@click.option(
    "--population", type=click.IntRange(4), help="Candidates in a generation; by default that of the study."
)
@click.option(
    "--generations", type=click.IntRange(1), help="Generations in all; by default those of the study."
)
@click.option(
    "--replications", type=click.IntRange(1), help="Seeds of each generation; by default those of the study."
)
@click.option(
    "--final-replications",
    type=click.IntRange(4),
    help="Fresh seeds of the final comparison; by default those of the study.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    help="Seed of the first run and of the optimiser; by default that of the study.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a key of all scenarios. May be repeated.",
)
@click.option(
    "--robust",
    is_flag=True,
    help="Then compare the best and the policies in uncertain worlds, as the study says.",
)
@workers
@executor
@deadline
@click.option("--out", type=click.Path(path_type=Path), help="Folder; by default results/optimize-STUDY.")
@fresh
@take_over
@quiet
@as_json
def optimize(
    name: str | None,
    population: int | None,
    generations: int | None,
    replications: int | None,
    final_replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    robust: bool,
    workers: int | None,
    executor: str,
    deadline: float | None,
    out: Path | None,
    fresh: bool,
    take_over: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Search for the best use of one budget.

    STUDY is a file, or the name of a shipped search: it says what a policy may consist of, and by which two metrics
    policies are judged (docs/optimize.md). All candidates cost the same. Finds those that no other beats in both
    metrics, compares them with the policies of the study on fresh seeds, and writes them as scenario files. --robust
    asks how good they are in worlds that differ in all that is assumed. An interrupted search goes on where it was;
    more generations go on from those that are there.
    """
    from simulation.cli.progress import ending, errors_as_json, form_of, print_json, progress_shown
    from simulation.figures.searches import write_search_figures
    from simulation.optimize.front import front_of, write_front
    from simulation.optimize.running import Call, run_search
    from simulation.optimize.space import space_of
    from simulation.results.derived import outputs_of
    from simulation.results.manifest import MANIFEST
    from simulation.results.reader import plugins_named

    given = {
        "population": population,
        "generations": generations,
        "replications": replications,
        "final_replications": final_replications,
        "seed": seed,
        "set": overrides or None,
    }

    def tell(line: str) -> None:
        if not (quiet or as_json):
            click.echo(line, err=True)

    with errors_as_json() if as_json else contextlib.nullcontext():
        place = out or RESULTS / f"optimize-{Path(name or STUDY).stem}"
        generations_there = sorted(file.parent for file in place.glob(f"*/{MANIFEST}"))
        with plugins_named(generations_there[0] if generations_there else place):
            search, path = _search_of(
                name or STUDY, {key: value for key, value in given.items() if value is not None}
            )
            space, policies = space_of(search, folder=path.parent)
        with progress_shown(form_of(quiet=quiet, as_json=as_json)) as progress:
            call = Call(
                workers=workers,
                executor=executor,
                deadline=deadline,
                fresh=fresh,
                take_over=take_over,
                progress=progress,
                tell=tell,
            )
            found = run_search(space, policies, out=place, call=call)
            outputs = outputs_of(found.results, "optimize", *([name] if name else []))
            front = front_of(found)
            write_front(front, outputs)
            write_search_figures(front, outputs=outputs)
            judged = _judged(found, place, call=call, name=name) if robust else None
        sentences = front.sentences() + (judged.sentences() if judged else [])
        if not (quiet or as_json):
            _print(front, judged)
        if as_json:
            print_json(ending((judged.tested if judged else found).results) | {"sentences": sentences})


def _judged(found: Found, out: Path, *, call: Call, name: str | None) -> Robust:
    """Run what is best in uncertain worlds, and write tables and figures."""
    from simulation.figures.searches import write_robust_figures
    from simulation.optimize.robust import robust_of, write_robust
    from simulation.optimize.uncertain import run_in_worlds
    from simulation.results.derived import outputs_of

    tested = run_in_worlds(found, out=out, call=call)
    outputs = outputs_of(tested.results, "optimize", *([name] if name else []), "--robust")
    robust = robust_of(tested)
    write_robust(robust, outputs)
    write_robust_figures(robust, outputs=outputs)
    return robust


def _search_of(name: str, given: dict[str, Any]) -> tuple[Search, Path]:
    """Return the search, and its file."""
    from simulation.optimize.study import SEARCHES, read_search, search_with

    path = SEARCHES.find(name)
    search = read_search(path)
    if not given:
        return search, path
    return search_with({**search.model_dump(exclude_unset=True), **given}, folder=path.parent), path


def _print(front: Front, robust: Robust | None) -> None:
    """Print tables, what the candidates on the front consist of, and the verdict in words."""
    from simulation.cli.console import print_files, print_tables
    from simulation.optimize.front import WRITTEN
    from simulation.optimize.robust import WRITTEN as WRITTEN_OF_WORLDS
    from simulation.reporting.searches import front_table, robust_tables

    space = front.found.space
    files = [front.found.results.path / file for file in WRITTEN]
    print_tables([front_table(front)], front.sentences())
    chosen = {
        front.names[n]: front.found.candidates[front.names[n]]
        for n in front.on_front()
        if not front.is_policy[n]
    }
    if robust is not None:
        files += [robust.tested.results.path / file for file in WRITTEN_OF_WORLDS]
        print_tables(robust_tables(robust), robust.sentences())
        names = [robust.names[n] for n in robust.shown() if not robust.is_policy[n]]
        chosen |= {name: robust.tested.pool[name] for name in names}
    for name, genes in chosen.items():
        click.echo(f"{name}: {space.details(space.values(genes))}\n")
    print_files(files)
