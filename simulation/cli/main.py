"""The command ``hypercluster``.

Only click is imported before a command runs, so that help is instant.
"""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Any

import click

from simulation.cli.animate import animate
from simulation.cli.break_even import break_even
from simulation.cli.compare import compare
from simulation.cli.exit_codes import ending_of
from simulation.cli.explain import explain
from simulation.cli.explore import explore
from simulation.cli.factors import factors
from simulation.cli.fit import fit
from simulation.cli.new_dataset import new_dataset
from simulation.cli.optimize import optimize
from simulation.cli.options import Resumable, with_plugins
from simulation.cli.plot import plot
from simulation.cli.report import report
from simulation.cli.run import run
from simulation.cli.scenarios import list_scenarios
from simulation.cli.serve import serve
from simulation.cli.stop import asked_to_stop, signals_answered
from simulation.cli.validate import validate


class _Commands(click.Group):
    """Turns errors of the user and the machine into a message and an exit code; other errors keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            resumable = isinstance(self.commands.get(ctx.invoked_subcommand or ""), Resumable)
            ending = ending_of(asked_to_stop() or error, resumable=resumable)
            if ending is None:
                raise
            code, message = ending
            with contextlib.suppress(OSError):  # the terminal may have been closed
                click.echo(message, err=True)
            ctx.exit(code)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="hypercluster-abm", prog_name="hypercluster")
def cli() -> None:
    """How fast, and how synchronized, is new technology adopted across resource-producing regions?

    Compares regional clusters, a hypercluster of digital platforms, mixtures of them, and no policy, for the same
    money. Start with: hypercluster run
    """


for command in (
    run,
    explore,
    explain,
    optimize,
    fit,
    compare,
    plot,
    validate,
    list_scenarios,
    animate,
    new_dataset,
    report,
    break_even,
    factors,
    serve,
):
    cli.add_command(with_plugins(command))


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A title with letters that the encoding of the output cannot represent must not end a command.
        sys.stdout.reconfigure(errors="replace")
    with signals_answered():
        cli(prog_name="hypercluster")
