"""The command ``scenarios``."""

from __future__ import annotations

import click


@click.command("scenarios")
def list_scenarios() -> None:
    """List the scenarios that come with the program."""
    from simulation.scenario.loading import load_scenario, shipped_scenarios

    specs = [load_scenario(path) for path in shipped_scenarios()]
    width = max(len(spec.name) for spec in specs)
    for spec in specs:
        click.echo(f"{spec.name:<{width}}  {spec.title}")
