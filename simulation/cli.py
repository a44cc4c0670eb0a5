"""The command ``hypercluster``.

Nothing but click is imported before a command runs, so that help is instant.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulation.results import Results

STUDY = ("baseline", "regional_cluster", "hypercluster")
"""Scenarios that ``hypercluster run`` compares when none is named."""

RESULTS = Path("results")

FAILURES = 3
WRONG = 2
MACHINE = 4
INTERRUPTED = 130
_MACHINE_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
}
_PLACE_ERRORS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR),
}
"""A file or folder that was named cannot be used: the user can name another one."""


class _Commands(click.Group):
    """Turns what users and machines do wrong into a message and an exit code; our own faults keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        # Importing simulation.errors costs little, but not nothing: --help must not wait for it.
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(
                "Interrupted. What has finished is kept; the same command goes on from there.", err=True
            )
            ctx.exit(INTERRUPTED)
        except MemoryError:
            click.echo("Out of memory. What has finished is kept; try fewer --workers.", err=True)
            ctx.exit(MACHINE)
        except OSError as error:
            if error.errno in _PLACE_ERRORS and error.filename is not None:
                click.echo(
                    f"{error.filename}: cannot be used: {error.strerror}; choose another place", err=True
                )
                ctx.exit(WRONG)
            if error.errno not in _MACHINE_ERRORS | _PLACE_ERRORS:
                raise
            click.echo(f"The machine stopped us: {error}. What has finished is kept.", err=True)
            ctx.exit(MACHINE)
        except Exception as error:
            from simulation.errors import HyperclusterError

            if not isinstance(error, HyperclusterError):
                raise
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="hypercluster")
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
    type=click.IntRange(0, 2**32),
    default=1,
    show_default=True,
    help="Seed of the first replication.",
)
@click.option("--workers", type=click.IntRange(1), help="Processes; by default one a core.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Results folder; by default results/SCENARIO, or results/study where there are several.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a key in every scenario, e.g. diffusion.half_distance_km=300. May be repeated.",
)
@click.option("--fresh", is_flag=True, help="Replace what is in the results folder.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def run(
    ctx: click.Context,
    scenarios: tuple[str, ...],
    replications: int,
    seed: int,
    workers: int | None,
    out: Path | None,
    overrides: tuple[str, ...],
    fresh: bool,
    quiet: bool,
) -> None:
    """Run scenarios side by side and compare them.

    SCENARIO is a file or a name that "hypercluster scenarios" lists; without any, the study of baseline,
    regional_cluster and hypercluster. Replications of one number share their luck in all scenarios. What is finished
    in the results folder is kept, and only the rest is computed.
    """
    from simulation.scenario import load_scenario

    specs = [load_scenario(name, overrides=overrides) for name in scenarios or STUDY]
    folder = out or RESULTS / (specs[0].name if len(specs) == 1 else "study")

    from simulation.batch import run_batch
    from simulation.console import print_damaged, print_failures, progress_shown

    with progress_shown(quiet=quiet) as progress:
        results = run_batch(
            specs, replications, out=folder, seed=seed, workers=workers, fresh=fresh, progress=progress
        )
    print_damaged(results.manifest)
    if (folder / "runs.parquet").exists():
        _conclude(results, quiet=quiet)
    if results.manifest["failures"]:
        print_failures(results.manifest)
        ctx.exit(FAILURES)


def _conclude(results: Results, *, quiet: bool) -> None:
    """Compare, draw, and print all of it."""
    from simulation.compare import compare as compare_scenarios
    from simulation.compare import write_comparison
    from simulation.console import print_files, print_study

    comparison = compare_scenarios(results)
    write_comparison(comparison, results.path)
    # Figures come before anything is printed, so that a reader who has seen enough (| head) loses none.
    _draw(results)
    if not quiet:
        print_study(results, comparison)
        print_files(sorted(path for path in results.path.rglob("*") if path.is_file()))


def _draw(results: Results) -> list[Path]:
    """Draw the figures; one that cannot be drawn says why and takes nothing else with it."""
    from simulation.errors import HyperclusterError
    from simulation.figures import write_study_figures

    try:
        return write_study_figures(results)
    except HyperclusterError as error:
        click.echo(f"No figures: {error}", err=True)
        return []


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--reference", help="Scenario to compare with; by default baseline, or the first.")
def compare(folder: Path, reference: str | None) -> None:
    """Compare the scenarios of a results folder again.

    Prints the paired differences and the verdict, and writes comparison.csv into the folder.
    """
    from simulation.compare import compare as compare_scenarios
    from simulation.compare import write_comparison
    from simulation.console import print_comparison, print_files
    from simulation.results import Results

    results = Results(folder)
    comparison = compare_scenarios(results, reference)
    if comparison.empty:
        click.echo(f"{folder}: only one scenario here, nothing to compare it with")
        return
    print_comparison(results, comparison)
    print_files([write_comparison(comparison, folder)])


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def plot(folder: Path) -> None:
    """Draw the figures of a results folder into DIR/figures."""
    from simulation.console import print_files
    from simulation.figures import write_study_figures
    from simulation.results import Results

    print_files(write_study_figures(Results(folder)))


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key before checking.")
def validate(scenarios: Sequence[str], overrides: tuple[str, ...]) -> None:
    """Check scenario files and say what is wrong in them."""
    from simulation.errors import HyperclusterError
    from simulation.scenario import load_scenario

    wrong: list[HyperclusterError] = []
    for name in scenarios:
        try:
            spec = load_scenario(name, overrides=overrides)
        except HyperclusterError as error:
            wrong.append(error)
            continue
        click.echo(f"OK  {name}: {spec.title}; planned present value {spec.planned_pv:,.0f} units")
    if wrong:
        raise HyperclusterError("\n".join(str(error) for error in wrong))


@cli.command("scenarios")
def list_scenarios() -> None:
    """List the scenarios that come with the program."""
    from simulation.scenario import load_scenario, shipped_scenarios

    specs = [load_scenario(path) for path in shipped_scenarios()]
    width = max(len(spec.name) for spec in specs)
    for spec in specs:
        click.echo(f"{spec.name:<{width}}  {spec.title}")


def main() -> None:
    """Run the command line."""
    cli(prog_name="hypercluster")
