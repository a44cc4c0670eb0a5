"""The command ``optimize``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulation.cli.options import Resumable, fresh, take_over, workers

if TYPE_CHECKING:
    from simulation.optimize.front import Front
    from simulation.optimize.study import Search
    from simulation.reporting.table import Table

RESULTS = Path("results")
STUDY = "budget"
"""The shipped study that ``hypercluster optimize`` runs if nothing is named."""
LEAST_UNUSABLE = 0.005
"""Part of the money from which on the table says what nobody can use."""


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
    type=click.IntRange(2),
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
@workers
@click.option("--executor", default="processes", show_default=True, metavar="WHERE", help="As for run.")
@click.option("--deadline", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="As for run.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; by default results/optimize-STUDY.")
@fresh
@take_over
@click.option("--quiet", is_flag=True, help="Print only errors.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print progress and outcome as JSON, one object per line."
)
def optimize(
    name: str | None,
    population: int | None,
    generations: int | None,
    replications: int | None,
    final_replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
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
    metrics, compares them with the policies of the study on fresh seeds, and writes them as scenario files. An
    interrupted search goes on where it was; more generations go on from those that are there.
    """
    from simulation.cli.progress import ending, errors_as_json, form_of, print_json, progress_shown
    from simulation.figures.searches import write_search_figures
    from simulation.optimize.front import front_of, write_front
    from simulation.optimize.running import Call, run_search
    from simulation.optimize.space import space_of
    from simulation.results.derived import outputs_of

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
        search, path = _search_of(
            name or STUDY, {key: value for key, value in given.items() if value is not None}
        )
        space, policies = space_of(search, folder=path.parent)
        with progress_shown(form_of(quiet=quiet, as_json=as_json)) as progress:
            found = run_search(
                space,
                policies,
                out=out or RESULTS / f"optimize-{path.stem}",
                call=Call(
                    workers=workers,
                    executor=executor,
                    deadline=deadline,
                    fresh=fresh,
                    take_over=take_over,
                    progress=progress,
                    tell=tell,
                ),
            )
        outputs = outputs_of(found.results, "optimize", *([name] if name else []))
        front = front_of(found)
        write_front(front, outputs)
        write_search_figures(front, outputs=outputs)
        if not (quiet or as_json):
            _print(front)
        if as_json:
            print_json(ending(found.results) | {"sentences": front.sentences()})


def _search_of(name: str, given: dict[str, Any]) -> tuple[Search, Path]:
    """Return the search, and its file."""
    from simulation.errors import HyperclusterError, listed, suggestion
    from simulation.optimize.study import find_search, read_search, search_with, shipped_searches

    path = find_search(name)
    if path is None:
        known = [each.stem for each in shipped_searches()]
        hint = suggestion(name, known) or f"; shipped searches are {listed(known)}"
        raise HyperclusterError(f"{name}: no such search{hint}")
    search = read_search(path)
    if not given:
        return search, path
    return search_with({**search.model_dump(exclude_unset=True), **given}, folder=path.parent), path


def _print(front: Front) -> None:
    """Print the table of the front, what its candidates consist of, and the verdict in words."""
    from simulation.cli.console import print_files, print_tables
    from simulation.optimize.front import WRITTEN

    space = front.found.space
    print_tables([table_of(front)], front.sentences())
    for n in front.on_front():
        if not front.is_policy[n]:
            genes = front.found.candidates[front.names[n]]
            click.echo(f"{front.names[n]}: {space.details(space.values(genes))}\n")
    folder = front.found.results.path
    print_files([folder / file for file in WRITTEN])


def table_of(front: Front) -> Table:
    """Return the table of those on the front and of the policies: means, half-widths of intervals, unspent money."""
    from simulation.optimize.front import words_of
    from simulation.reporting.table import Table

    rows = front.table().iloc[1:].reset_index(drop=True)
    first, second = front.objectives
    shown = [*front.on_front()]
    shown += [n for n in rows.index if front.is_policy[n] and n not in shown]
    is_idle = bool((rows.loc[shown, "unspent"] >= LEAST_UNUSABLE).any())
    cells = []
    for n in shown:
        row = rows.loc[n]
        label = str(row["title"]) if front.is_policy[n] else str(row["name"])
        values = [
            f"{row[metric]:.{digits}f} [{row[f'{metric}_low']:.{digits}f}, {row[f'{metric}_high']:.{digits}f}]"
            for metric, digits in ((first, 2), (second, 3))
        ]
        idle = [f"{100 * row['unspent']:.0f} %"] if is_idle else []
        cells.append((label, str(row["standing"]), *values, *idle))
    unusable = " Unusable: part of the money that nobody can use." if is_idle else ""
    return Table(
        name="front",
        title=front.found.space.search.title or "The best use of the budget",
        head=("policy", "standing", words_of(first), words_of(second), *(["unusable"] if is_idle else [])),
        rows=tuple(cells),
        labels=2,
        note=f"Means of {front.values.shape[1]} fresh seeds with 95 % intervals.{unusable}",
    )
