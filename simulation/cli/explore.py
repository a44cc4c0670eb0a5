"""The command ``explore``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulation.cli.options import Resumable, as_json, deadline, executor, fresh, quiet, take_over, workers

if TYPE_CHECKING:
    from simulation.explore.ensemble import Ensemble
    from simulation.explore.running import Size
    from simulation.explore.study import Study
    from simulation.results.reader import Results

RESULTS = Path("results")
STUDY = "verdict"
"""The shipped study that ``hypercluster explore`` runs if nothing is named."""


@click.command(cls=Resumable)
@click.argument("names", nargs=-1, metavar="[STUDY | SCENARIO SCENARIO... | DIR]")
@click.option(
    "--baseline", help="Scenario without policy, which must show the patterns; by default baseline."
)
@click.option(
    "--design",
    help="sample, saltelli, morris, grid, one-at-a-time, or a CSV or Parquet file whose columns are keys.",
)
@click.option("--points", type=click.IntRange(1), help="Number of worlds to draw; by default 4096.")
@click.option("--kept", type=click.IntRange(1), help="Draw worlds until so many show the patterns.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="Draw worlds until this time has passed."
)
@click.option("--replications", type=click.IntRange(1), help="Seeds of every world; by default 3.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the first run and of the design; by default 1.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="[SCENARIO:]KEY=VALUE",
    help="Change a key in every scenario, or in one. May be repeated.",
)
@click.option(
    "--write",
    type=click.Path(path_type=Path),
    help="Write the study into this file instead of running it; with --world, begin the names of scenarios so.",
)
@click.option("--world", type=click.IntRange(0), help="Write this world of DIR as scenarios.")
@click.option(
    "--flip",
    is_flag=True,
    help="Search DIR, a sample, for the smallest changes of what is assumed that turn the verdicts on speed and "
    "synchronization.",
)
@click.option(
    "--critical-mass",
    is_flag=True,
    help="Run the one SCENARIO under constant subsidies of membership, from an empty and from a full platform.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be run, how long it takes, and what varies.")
@workers
@executor
@deadline
@click.option(
    "--out", type=click.Path(path_type=Path), help="Results folder; by default results/explore-STUDY."
)
@fresh
@take_over
@quiet
@as_json
@click.pass_context
def explore(
    ctx: click.Context,
    names: tuple[str, ...],
    baseline: str | None,
    design: str | None,
    points: int | None,
    kept: int | None,
    minutes: float | None,
    replications: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    write: Path | None,
    world: int | None,
    flip: bool,
    critical_mass: bool,
    dry_run: bool,
    workers: int | None,
    executor: str,
    deadline: float | None,
    out: Path | None,
    fresh: bool,
    take_over: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ask whether the verdict survives the assumptions.

    Draws many worlds from the ranges of everything that is assumed, keeps those whose baseline shows what is known of
    diffusion, and compares the policies in each. STUDY is a file or the name of a shipped study; the first SCENARIO is
    the one that the others are compared with. With DIR, an ensemble that has run, finished or not, its answers are
    written anew. Finished points are kept; more points go on from them.
    """
    from simulation.cli.console import print_failures
    from simulation.errors import HyperclusterError
    from simulation.results.manifest import MANIFEST
    from simulation.results.reader import Results, plugins_named

    if len(names) == 1 and (Path(names[0]) / MANIFEST).is_file():
        results = Results(names[0])
        if world is not None:
            _write_world(results, world, write)
        elif flip:
            _search_flips(results, workers=workers, executor=executor)
        else:
            _conclude(results, quiet=quiet)
        return
    if world is not None or flip:
        option = "--flip" if flip else "--world"
        raise HyperclusterError(f"{option} needs DIR, the results folder of an ensemble")
    if critical_mass:
        _find_critical_mass(names, overrides, out=out)
        return
    given = {
        "baseline": baseline,
        "design": design,
        "points": points,
        "kept": kept,
        "minutes": minutes,
        "replications": replications,
        "seed": seed,
        "set": overrides or None,
    }
    from simulation.cli.progress import ending, errors_as_json, form_of, print_json, progress_shown

    with errors_as_json() if as_json else contextlib.nullcontext():
        place = out or RESULTS / f"explore-{'+'.join(Path(name).stem for name in names) or STUDY}"
        with plugins_named(place):
            study, folder = _study_of(
                names, {key: value for key, value in given.items() if value is not None}
            )
        if write is not None:
            _write_study(study, write)
            return
        from simulation.explore.ensemble import ensemble_of
        from simulation.explore.running import refuse_too_many, run_ensemble

        with plugins_named(place):
            ensemble = ensemble_of(study, folder=folder)
        size = _size_of(study, ensemble)
        refuse_too_many(size.points, ensemble)
        if dry_run:
            _foretell(ensemble, size, workers=workers)
            return
        with progress_shown(form_of(quiet=quiet, as_json=as_json)) as progress:
            results = run_ensemble(
                ensemble,
                size,
                out=place,
                workers=workers,
                executor=executor,
                deadline=deadline,
                fresh=fresh,
                take_over=take_over,
                progress=progress,
            )
        _conclude(results, quiet=quiet or as_json)
        if as_json:
            print_json(ending(results))
    if results.manifest["failures"]:
        print_failures(results.manifest)
        ctx.exit(3)


def _study_of(names: tuple[str, ...], given: dict[str, Any]) -> tuple[Study, Path | None]:
    """Return the study and the folder of its file."""
    from simulation.explore.study import STUDIES, read_study, study_with

    if len(names) >= 2:
        return study_with({"scenarios": list(names), **given}), None
    name = names[0] if names else STUDY
    path = STUDIES.find(
        name,
        advice=". A study compares at least two scenarios: hypercluster explore regional_cluster hypercluster",
    )
    study = read_study(path)
    return study_with({**study.model_dump(exclude_unset=True), **given}), path.parent


def _size_of(study: Study, ensemble: Ensemble) -> Size:
    """Return how far to go; without a number of points, to the end of a design that has one, or to another goal."""
    from simulation.arguments import MOST_REPLICATIONS
    from simulation.explore.answers import is_known_well
    from simulation.explore.running import Size

    goal = study.kept is not None or study.minutes is not None
    most = MOST_REPLICATIONS // (ensemble.design.together * ensemble.design.replications)
    until = study.until
    points = study.points
    if "points" not in study.model_fields_set:
        whole = ensemble.design.size
        points = whole if whole is not None else most if goal else points
    return Size(
        points=points,
        kept=study.kept,
        minutes=study.minutes,
        enough=None if until is None else lambda results: is_known_well(results, until.share),
    )


def _write_study(study: Study, path: Path) -> None:
    from simulation.cli.console import print_files
    from simulation.errors import HyperclusterError
    from simulation.files.durable import replace
    from simulation.files.held_folder import make_folder

    if path.exists():
        raise HyperclusterError(f"{path}: is already there; choose another --write")
    make_folder(path.parent)
    replace(path, study.to_toml().encode())
    print_files([path])


def _write_world(results: Results, point: int, write: Path | None) -> None:
    from simulation.cli.console import print_files
    from simulation.explore.world import write_world

    print_files(write_world(results, point, write or Path(f"world_{point}.toml")))


def _search_flips(results: Results, *, workers: int | None, executor: str) -> None:
    """Print and write the nearest changes that turn the verdicts."""
    import pandas as pd

    from simulation.cli.console import print_files
    from simulation.cli.progress import say_if_compiling
    from simulation.explore.ensemble import ensemble_from
    from simulation.explore.flip_search import nearest_flip
    from simulation.explore.outcomes import METRIC
    from simulation.results.derived import HERE, outputs_of

    outputs = outputs_of(results, "explore", HERE, "--flip")
    ensemble = ensemble_from(results)
    click.echo("This takes some minutes.", err=True)
    say_if_compiling()
    tables = []
    for measure, metric in METRIC.items():
        found = nearest_flip(ensemble, results, metric=metric, workers=workers, executor=executor)
        click.echo(f"{measure.capitalize()}: {found.sentence()}\n")
        tables.append(found.table().assign(measure=measure))
    table = pd.concat(tables)
    if len(table):
        text = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
        print_files(outputs.write({"flips.csv": text.encode()}))


def _find_critical_mass(names: tuple[str, ...], overrides: tuple[str, ...], *, out: Path | None) -> None:
    """Print and draw members against a subsidy, on both branches."""
    import numpy as np

    from simulation.cli.console import print_files
    from simulation.cli.progress import say_if_compiling
    from simulation.errors import HyperclusterError
    from simulation.explore.critical_mass import critical_mass
    from simulation.figures import write_figure
    from simulation.figures.ensembles.critical_mass import draw
    from simulation.scenario.loading import load_scenario

    if len(names) != 1:
        raise HyperclusterError("--critical-mass needs one SCENARIO with a platform, such as hypercluster")
    spec = load_scenario(names[0], overrides=overrides)
    click.echo("This takes a minute or two, in one process.", err=True)
    say_if_compiling()
    found = critical_mass(spec, np.linspace(-1.0, 1.0, 21).tolist())
    click.echo(found.sentence())
    folder = out or RESULTS / f"critical-mass-{spec.name}"
    print_files(write_figure(draw(found, width_mm=190.0), folder, name="critical_mass"))


def _foretell(ensemble: Ensemble, size: Size, *, workers: int | None) -> None:
    """Print what would be run."""
    from simulation.cli.progress import duration, say_if_compiling
    from simulation.explore.forecast import forecast

    say_if_compiling()
    found = forecast(ensemble, size.points, workers=workers)
    click.echo(
        f"{found.points:,} points, about {found.runs:,} runs, {duration(found.seconds)}, {found.megabytes:.0f} MB"
    )
    click.echo(f"{len(ensemble.design.parameters)} parameters vary:")
    for parameter in ensemble.design.parameters:
        ends = (
            ", ".join(map(str, parameter.values))
            if parameter.values
            else f"{parameter.low:g} to {parameter.high:g} {parameter.unit} ({parameter.scale})"
        )
        click.echo(f"  {parameter.name}: {ends}")


def _conclude(results: Results, *, quiet: bool) -> None:
    """Write tables and figures of the answers, and print the sentences."""
    from simulation.cli.console import print_files, print_notes, told
    from simulation.explore.answers import answers_of, write_answers
    from simulation.figures.ensembles import write_ensemble_figures
    from simulation.results.derived import HERE, outputs_of
    from simulation.results.manifest import MANIFEST
    from simulation.results.own_files import RECORD, on_record

    outputs = outputs_of(results, "explore", HERE)
    answers = answers_of(results)
    write_answers(answers, outputs)
    # Figures are drawn before anything is printed, so that a closed pipe (| head) does not lose any.
    with told("No figures"):
        write_ensemble_figures(results, answers=answers, outputs=outputs)
    if quiet:
        return
    for line in [*answers.sentences(), *answers.rules]:
        click.echo(f"{line}\n")
    written = (results.path / name for name in (MANIFEST, RECORD, *on_record(results.path)))
    print_files(sorted(path for path in written if path.is_file()))
    print_notes(results)
