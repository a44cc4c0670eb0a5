"""The command ``hypercluster``.

Nothing but click is imported before a command runs, so that help is instant.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulation.cli.animate import animate
from simulation.cli.factors import factors
from simulation.cli.new_dataset import new_dataset
from simulation.cli.report import break_even, report
from simulation.cli.serve import serve
from simulation.cli.stop import KEPT, SIGNALLED, Stopped, signals_answered

if TYPE_CHECKING:
    from simulation.results.reader import Results

STUDY = ("baseline", "regional_cluster", "hypercluster")
"""Scenarios that ``hypercluster run`` compares when none is named."""

RESULTS = Path("results")
LONGEST_FOLDER = 80
"""Characters of a folder's name that lists its scenarios."""

FAULT = 1
FAILURES = 3
WRONG = 2
MACHINE = 4
_MACHINE_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
        errno.ENODEV,
        errno.ENXIO,
    ),  # a network disk that went away
}
_PLACE_ERRORS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
}
"""A file or folder that was named cannot be used: the user can name another one."""


class _Commands(click.Group):
    """Turns what users and machines do wrong into a message and an exit code; our own faults keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            ending = _ending(error)
            if ending is None:
                raise
            code, message = ending
            with contextlib.suppress(OSError):  # the terminal may be what is gone
                click.echo(message, err=True)
            ctx.exit(code)


def _ending(error: BaseException) -> tuple[int, str] | None:
    """Return exit code and message for an error that is not our own fault."""
    # Importing simulation.errors costs little, but not nothing: --help must not wait for it.
    from simulation.characters import visible
    from simulation.errors import HyperclusterError

    if isinstance(error, HyperclusterError):
        return error.exit_code, str(error)
    if isinstance(error, KeyboardInterrupt):
        stopped = error if isinstance(error, Stopped) else Stopped()
        return SIGNALLED + stopped.number, str(stopped)
    if isinstance(error, MemoryError):
        return MACHINE, f"Out of memory. {KEPT} Fewer --workers need less."
    if isinstance(error, OSError) and error.errno in _PLACE_ERRORS and error.filename is not None:
        return WRONG, visible(f"{error.filename}: cannot be used: {error.strerror}; choose another place")
    if isinstance(error, OSError) and error.errno in _MACHINE_ERRORS | _PLACE_ERRORS:
        return MACHINE, f"{_what_stopped(error)}. {KEPT}"
    return None


def _what_stopped(error: OSError) -> str:
    """Say what the machine could not do, where, and how much room there is."""
    if error.filename is None:
        return f"The machine stopped us: {error.strerror}"
    place = next(
        path for path in (Path(error.filename), *Path(error.filename).absolute().parents) if path.exists()
    )
    free = shutil.disk_usage(place).free
    return f"{error.filename}: cannot be written: {error.strerror}; {free:,} bytes are free on that disk"


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="hypercluster-abm", prog_name="hypercluster")
def cli() -> None:
    """How fast, and how synchronized, is new technology adopted across resource-producing regions?

    Compares regional clusters, a hypercluster of digital platforms, mixtures of them, and no policy, for the same
    money. Start with: hypercluster run
    """


@cli.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--replications", type=click.IntRange(1), default=30, show_default=True, help="Runs of every scenario."
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Seed of the first replication, from 0.",
)
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
@click.option("--workers", type=click.IntRange(1), help="Blocks computed at a time; by default one a core.")
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
    help="Results folder; by default results/study, or one in results that is named after the scenarios.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a key in every scenario, e.g. diffusion.half_distance_km=300. May be repeated.",
)
@click.option("--fresh", is_flag=True, help="Replace what is in the results folder.")
@click.option(
    "--take-over",
    is_flag=True,
    help="Take the folder from a process on another machine that has ended; asked for where a disk cannot lock.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print progress and outcome as JSON, an object a line.")
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
    fresh: bool,
    take_over: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run scenarios side by side and compare them.

    SCENARIO is a file or a name that "hypercluster scenarios" lists; without any, the study of baseline,
    regional_cluster and hypercluster. Replications of one number share their random draws in all scenarios. What is
    finished in the results folder is kept, and only the rest is computed.
    """
    from simulation.cli.progress import errors_as_json

    silent = quiet or as_json
    with errors_as_json(_exit_code_of) if as_json else contextlib.nullcontext():
        from simulation.batch.running import run_batch
        from simulation.cli.console import print_failures, print_until
        from simulation.cli.progress import ending, form_of, print_json, progress_shown
        from simulation.scenario.loading import load_scenario

        specs = [load_scenario(name, overrides=overrides) for name in scenarios or STUDY]
        folder = out or default_folder([spec.name for spec in specs])
        with progress_shown(form_of(quiet=quiet, as_json=as_json)) as progress:
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
                fresh=fresh,
                take_over=take_over,
                progress=progress,
            )
        if (folder / "runs.parquet").exists():
            _conclude(results, quiet=silent)
        if not silent:
            print_until(results.manifest)
        if as_json:
            print_json(ending(results))
    if results.manifest["failures"]:
        print_failures(results.manifest)
        ctx.exit(FAILURES)


def default_folder(names: Sequence[str]) -> Path:
    """Return the results folder of a set of scenarios, whatever their order: a set has one study, a study one set.

    Names of scenarios hold no "+".
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


def _exit_code_of(error: BaseException) -> int:
    ending = _ending(error)
    return FAULT if ending is None else ending[0]


def _conclude(results: Results, *, quiet: bool) -> None:
    """Compare, draw, and print all of it."""
    from simulation.analysis.comparison import compare as compare_scenarios
    from simulation.analysis.comparison import write_comparison
    from simulation.cli.console import print_files, print_notes, print_study
    from simulation.figures import write_study_figures
    from simulation.files.held_folder import held
    from simulation.results.derived import HERE, outputs_of
    from simulation.results.reader import MANIFEST
    from simulation.results.written import RECORD, on_record

    with held(results.path):
        outputs = outputs_of(results, "compare", HERE)
        comparison = compare_scenarios(results)
        with _told("No comparison"):
            write_comparison(comparison, outputs)
        # Figures come before anything is printed, so that a reader who has seen enough (| head) loses none.
        with _told("No figures"):
            write_study_figures(results)
    if not quiet:
        print_study(results, comparison)
        written = (results.path / name for name in (MANIFEST, RECORD, *on_record(results.path)))
        print_files(sorted(path for path in written if path.is_file()))
        print_notes(results)


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Say why something cannot be written; what else there is to do does not suffer from that."""
    from simulation.errors import HyperclusterError

    try:
        yield
    except HyperclusterError as error:
        click.echo(f"{what}: {error}", err=True)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("other", type=click.Path(path_type=Path), metavar="[OTHER]", required=False)
@click.option("--reference", help="Scenario of DIR to compare with; by default baseline, or the first.")
@click.option(
    "--precision",
    type=click.FloatRange(0, min_open=True),
    default=0.1,
    show_default=True,
    help="Half-width of an interval, as a share of the difference, for the number of replications needed.",
)
def compare(folder: Path, other: Path | None, reference: str | None, precision: float) -> None:
    """Compare the scenarios of a results folder again, or those of another folder with them.

    Prints paired differences, money, what a policy added, where the change in synchronization comes from, and the
    verdict; writes the numbers as CSV and the tables for LaTeX and Markdown into the folder. With OTHER, each of its
    scenarios is compared with that of the same name in DIR, or else with the reference there; replications with the
    same seed make a pair, and the CSV file and the table of differences go into OTHER.
    """
    if other is not None:
        _compare_across(folder, other, reference, precision=precision)
        return
    from simulation.cli.console import print_analysis, print_files, print_notes
    from simulation.reporting.tables import analyse, write_tables
    from simulation.results.reader import Results

    results = Results(folder)
    analysis = analyse(results, reference, precision=precision)
    if analysis.comparison.empty:
        click.echo(f"{folder}: only one scenario here, nothing to compare it with")
        return
    print_analysis(analysis)
    print_files(write_tables(analysis))
    print_notes(results)


def _compare_across(folder: Path, other: Path, reference: str | None, *, precision: float) -> None:
    from simulation.analysis.across import compare_folders, write_across
    from simulation.analysis.verdict import verdicts
    from simulation.cli.console import print_files, print_notes, print_tables
    from simulation.reporting.tables import differences_across, write_table
    from simulation.results.derived import HERE, outputs_of
    from simulation.results.reader import Results

    first, second = Results(folder), Results(other)
    chosen = () if reference is None else ("--reference", reference)
    outputs = outputs_of(second, "compare", str(folder), HERE, *chosen, others=[first])
    across = compare_folders(first, second, reference=reference, precision=precision)
    for note in across.notes:
        click.echo(f"Note: {note}", err=True)
    table = differences_across(across)
    print_tables([table], verdicts(across.comparison, across.titles))
    print_files([write_across(across, outputs), *write_table(table, outputs)])
    print_notes(second)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--figure", "names", multiple=True, metavar="NAME", help="Draw only this figure. May be repeated."
)
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="NAME", help="Draw only this one. May be repeated."
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
    help="Some of pdf, svg and png.",
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

    Without --figure, every figure is drawn that the study has data for; without --scenario and --seed, the whole study.
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
            f"Note: {name} is {height:.0f} mm high, and a page holds {PAGE_MM:.0f}; "
            "take a larger --width, or fewer scenarios with --scenario",
            err=True,
        )
    for note in plotted.notes:
        click.echo(f"Note: {note}", err=True)
    for reason in plotted.left_out.values():
        click.echo(f"Not drawn: {reason}", err=True)
    print_notes(results)


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO|DATASET...")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key before checking.")
def validate(scenarios: Sequence[str], overrides: tuple[str, ...]) -> None:
    """Check scenario files, and datasets, and say what is wrong in them and what is assumed.

    A dataset is a folder or the name of a shipped one; where a scenario has that name too, the scenario is meant.
    """
    from simulation.analysis.unspent import unspent_plans
    from simulation.data.layers import holds_dataset, shipped_datasets
    from simulation.data.whole import load_whole_dataset
    from simulation.errors import HyperclusterError
    from simulation.scenario.loading import load_scenario, shipped_scenarios

    datasets = set(shipped_datasets()) - {path.stem for path in shipped_scenarios()}
    wrong: list[HyperclusterError] = []
    for name in scenarios:
        try:
            if holds_dataset(name) or name in datasets:
                _describe_dataset(name)
                continue
            spec = load_scenario(name, overrides=overrides)
            load_whole_dataset(spec.world.dataset)
        except HyperclusterError as error:
            wrong.append(error)
            continue
        click.echo(f"OK  {name}: {spec.title}; planned present value {spec.planned_pv:,.0f} units")
        for line in (*unspent_plans(spec), *(f"Assumed: {text}" for text in spec.dataset.assumptions)):
            click.echo(f"    {line}")
    if wrong:
        raise HyperclusterError("\n".join(str(error) for error in wrong))


def _describe_dataset(folder: str) -> None:
    """Print how much a dataset holds, and what in it is made up."""
    from simulation.data.whole import load_whole_dataset

    found = load_whole_dataset(folder)
    click.echo(
        f"OK  {folder}: {len(found.regions)} regions, {len(found.industries)} industries, "
        f"{found.counts.sum():,} enterprises, {len(found.institutions)} institutions, "
        f"{len(found.technologies)} technologies"
    )
    for text in found.gaps:
        click.echo(f"    Note: {text}")
    for text in found.assumptions:
        click.echo(f"    Assumed: {text}")


@cli.command("scenarios")
def list_scenarios() -> None:
    """List the scenarios that come with the program."""
    from simulation.scenario.loading import load_scenario, shipped_scenarios

    specs = [load_scenario(path) for path in shipped_scenarios()]
    width = max(len(spec.name) for spec in specs)
    for spec in specs:
        click.echo(f"{spec.name:<{width}}  {spec.title}")


cli.add_command(animate)
cli.add_command(new_dataset)
cli.add_command(report)
cli.add_command(break_even)
cli.add_command(factors)
cli.add_command(serve)


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A title in letters that the terminal, or Windows for a file, has no codes for must not end a command.
        sys.stdout.reconfigure(errors="replace")
    with signals_answered():
        cli(prog_name="hypercluster")
