"""The command ``explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulation.cli.exit_codes import FAILURES
from simulation.cli.options import Resumable, first_seed, fresh, take_over, workers

if TYPE_CHECKING:
    from simulation.explain.study import Explanation


@click.command(cls=Resumable)
@click.argument("scenario")
@click.option("--against", metavar="OTHER", help="Scenario to compare with; by default no policy.")
@click.option(
    "--replications",
    type=click.IntRange(2),
    default=10,
    show_default=True,
    help="Runs of every coalition.",
)
@first_seed
@click.option(
    "--orders",
    type=click.IntRange(2, 10_000),
    default=24,
    show_default=True,
    help="Orders that are drawn for a game of more than six parts, rounded up to whole blocks.",
)
@click.option(
    "--each-entry",
    is_flag=True,
    help="Let every entry be a part by itself; by default, with more than six, those of one instrument are one part.",
)
@click.option(
    "--width",
    type=click.Choice(["90", "140", "190"]),
    default="190",
    show_default=True,
    help="Width of the figures, mm.",
)
@workers
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Results folder; by default results/explain-SCENARIO, or results/explain-SCENARIO-against-OTHER.",
)
@fresh
@take_over
@click.pass_context
def explain(
    ctx: click.Context,
    scenario: str,
    against: str | None,
    replications: int,
    seed: int,
    orders: int,
    each_entry: bool,
    width: str,
    workers: int | None,
    out: Path | None,
    fresh: bool,
    take_over: bool,
) -> None:
    """Show what in a policy does the work.

    Runs SCENARIO with some of its parts, with the same random draws, and prints what each part contributes to speed and
    synchronization: the entries of its policy, at own cost and at equal money, the interaction vectors of its
    platforms, and the channels of contact. These are separate games, whose values must not be added together. Also
    shows what a little more or less money for an entry would change, and which regions and industries gain. Finished
    runs in the results folder are kept; only the rest is computed.
    """
    from simulation.batch.running import run_batch
    from simulation.cli.console import print_failures, print_files, print_notes, print_tables
    from simulation.cli.progress import form_of, progress_shown
    from simulation.errors import HyperclusterError
    from simulation.explain.contributions import COLUMNS, contributions
    from simulation.explain.study import Explanation
    from simulation.reporting.explanation_page import write_explanation
    from simulation.reporting.explanations import sentences, tables
    from simulation.results.derived import HERE, outputs_of
    from simulation.results.reader import plugins_named
    from simulation.scenario.loading import load_scenario

    with plugins_named(out or _folder(Path(scenario).stem, None if against is None else Path(against).stem)):
        spec = load_scenario(scenario)
        other = None if against is None else load_scenario(against)
    explanation = Explanation.of(spec, other, orders=orders, each=each_entry)
    if not explanation.games:
        raise HyperclusterError(
            f"{spec.name}: has no policy and no platform, so there is nothing to explain; "
            "name a scenario that has, or compare with another one by --against OTHER"
        )
    folder = out or _folder(spec.name, None if other is None else other.name)
    click.echo(_size(explanation, replications), err=True)
    with progress_shown(form_of(quiet=False, as_json=False)) as progress:
        results = run_batch(
            explanation.scenarios,
            replications,
            out=folder,
            seed=seed,
            workers=workers,
            fresh=fresh,
            take_over=take_over,
            progress=progress,
        )
    more = () if against is None else ("--against", against)
    count = str(results.manifest["replications"])
    outputs = outputs_of(
        results,
        *("explain", scenario, *more, "--replications", count, "--seed", str(seed)),
        *(
            "--orders",
            str(orders),
            *(["--each-entry"] if each_entry else []),
            "--width",
            width,
            "--out",
            HERE,
        ),
    )
    found = contributions(explanation, results.runs(COLUMNS))
    shown = tables(explanation, found, results)
    files = write_explanation(explanation, found, shown, outputs, width_mm=float(width))
    print_tables(shown, sentences(explanation, found))
    print_files(files)
    print_notes(results)
    if results.manifest["failures"]:
        print_failures(results.manifest)
        ctx.exit(FAILURES)


def _folder(scenario: str, against: str | None) -> Path:
    """Return the results folder of an explanation, by the names of its scenarios."""
    return Path("results") / f"explain-{scenario}{f'-against-{against}' if against else ''}"


def _size(explanation: Explanation, replications: int) -> str:
    """Return what will run; the time follows when one run has been timed."""
    games = [f"{game.name.replace('_', ' ')} {len(game.coalitions)}" for game in explanation.games]
    count = len(explanation.scenarios)
    return (
        f"{count:,} scenarios with {replications} replications each, {count * replications:,} runs in all; "
        f"combinations of parts, some in several games: {', '.join(games)}"
    )
