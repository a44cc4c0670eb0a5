"""The command ``run``."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulation.cli.exit_codes import FAILURES
from simulation.cli.options import Resumable, as_json, first_seed, fresh, quiet, take_over, workers

if TYPE_CHECKING:
    from simulation.results.reader import Results

STUDY = ("baseline", "regional_cluster", "hypercluster")
"""Scenarios that ``hypercluster run`` compares if none is named."""

RESULTS = Path("results")
LONGEST_FOLDER = 80
"""Longest name of a results folder that lists its scenarios, in characters."""


@click.command(cls=Resumable)
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--replications",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="Replications of every scenario.",
)
@first_seed
@click.option(
    "--until-halfwidth",
    type=click.FloatRange(0, min_open=True),
    metavar="H",
    help="Add replications until every 95 % interval of a paired difference in Phi is within +-H, e.g. 0.005.",
)
@click.option(
    "--max-replications",
    type=click.IntRange(2),
    default=1000,
    show_default=True,
    help="Ceiling for --until-halfwidth.",
)
@workers
@click.option(
    "--executor",
    default="processes",
    show_default=True,
    metavar="WHERE",
    help='"processes" of this machine, "serial", "dask" or "dask://HOST:PORT"; see docs/batches.md.',
)
@click.option(
    "--deadline",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="A replication that takes longer is recorded as failed.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Results folder, or s3://BUCKET/NAME; by default results/study, or a folder in results named after the "
    "scenarios.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="[SCENARIO:]KEY=VALUE",
    help="Change a key in every scenario, e.g. diffusion.half_distance_km=300, or in one, e.g. "
    "hypercluster:policies.platform_onboarding.share=0.5. May be repeated.",
)
@click.option(
    "--keep",
    type=click.Choice(["all", "curves", "metrics"]),
    default="all",
    show_default=True,
    help="What is written of each replication; curves leaves out memberships and ledger, metrics the curves too.",
)
@click.option(
    "--merge/--no-merge",
    default=True,
    show_default=True,
    help="Merge blocks of replications into one file per table at the end; otherwise they stay in parts/.",
)
@fresh
@take_over
@quiet
@as_json
@click.pass_context
def run(
    ctx: click.Context,
    scenarios: tuple[str, ...],
    replications: int,
    seed: int,
    until_halfwidth: float | None,
    max_replications: int,
    workers: int | None,
    executor: str,
    deadline: float | None,
    out: Path | None,
    overrides: tuple[str, ...],
    keep: str,
    merge: bool,
    fresh: bool,
    take_over: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run scenarios side by side and compare them.

    SCENARIO is a file or a name that "hypercluster scenarios" lists; the default is baseline, regional_cluster and
    hypercluster. Replications with the same number share their random draws in all scenarios. Finished runs in the
    results folder are kept; only the rest is computed.
    """
    from simulation.cli.progress import errors_as_json

    silent = quiet or as_json
    with errors_as_json() if as_json else contextlib.nullcontext():
        from simulation.batch.running import run_batch
        from simulation.cli.progress import ending, form_of, print_json, progress_shown
        from simulation.results.reader import plugins_named
        from simulation.scenario.loading import load_scenarios

        names = [Path(name).stem for name in scenarios or STUDY]
        with plugins_named(out or default_folder(names)):
            specs = load_scenarios(scenarios or STUDY, overrides=overrides)
        folder = out or default_folder([spec.name for spec in specs])
        titles = {spec.name: spec.title for spec in specs}
        with progress_shown(form_of(quiet=quiet, as_json=as_json), titles=titles) as progress:
            results = run_batch(
                specs,
                replications,
                out=folder,
                seed=seed,
                workers=workers,
                executor=executor,
                deadline=deadline,
                until_halfwidth=until_halfwidth,
                max_replications=max_replications,
                keep=keep,
                merge=merge,
                fresh=fresh,
                take_over=take_over,
                progress=progress,
            )
        # Only now: the libraries that compare and draw take longer to load than a replication.
        from simulation.cli.console import print_failures, print_until

        if any(state["finished"] for state in results.manifest["state"].values()):
            _conclude(results, quiet=silent)
        if not silent:
            print_until(results.manifest)
        if as_json:
            print_json(ending(results))
    if results.manifest["failures"]:
        print_failures(results.manifest)
        ctx.exit(FAILURES)


def default_folder(names: Sequence[str]) -> Path:
    """Return the results folder of a set of scenarios, the same for every order, and different for different sets.

    Names of scenarios contain no "+".
    """
    if len(names) == 1:
        return RESULTS / names[0]
    if set(names) == set(STUDY):
        return RESULTS / "study"
    ordered = sorted(names)
    name = "+".join(ordered)
    if len(name) > LONGEST_FOLDER:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{ordered[0]}+{len(ordered) - 1}-others+{digest}"
    return RESULTS / name


def _conclude(results: Results, *, quiet: bool) -> None:
    """Compare, draw, and print the outcome."""
    from simulation.analysis.comparison import compare as compare_scenarios
    from simulation.analysis.comparison import write_comparison
    from simulation.cli.console import print_files, print_notes, print_study, told
    from simulation.figures import write_study_figures
    from simulation.files.held_folder import held
    from simulation.files.objects import ObjectPath
    from simulation.results.derived import HERE, outputs_of
    from simulation.results.manifest import MANIFEST
    from simulation.results.own_files import RECORD, on_record

    # What lies in an object store cannot be moved.
    lasting = contextlib.nullcontext() if isinstance(results.path, ObjectPath) else held(results.path)
    with lasting:
        outputs = outputs_of(results, "compare", HERE)
        comparison = compare_scenarios(results)
        with told("No comparison"):
            write_comparison(comparison, outputs)
        # Figures are drawn before anything is printed, so that a closed pipe (| head) does not lose any.
        with told("No figures"):
            write_study_figures(results)
    if not quiet:
        print_study(results, comparison)
        written = (results.path / name for name in (MANIFEST, RECORD, *on_record(results.path)))
        print_files(sorted(path for path in written if path.is_file()))
        print_notes(results)
