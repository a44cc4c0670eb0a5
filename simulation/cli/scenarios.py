"""The command ``scenarios``."""

from __future__ import annotations

import click


@click.command("scenarios")
def list_scenarios() -> None:
    """List scenarios by group: your own, in the folder scenarios, and those that come with the program."""
    from itertools import groupby

    from simulation.scenario.listing import described, grouped, own_scenarios
    from simulation.scenario.loading import shipped_scenarios

    found = [described(path.stem, path, own=True) for path in own_scenarios()]
    found += [described(path.stem, path, own=False) for path in shipped_scenarios()]
    width = max(len(each.name) for each in found)
    for number, (group, scenarios) in enumerate(groupby(grouped(found), key=lambda each: each.group)):
        click.echo(f"{chr(10) if number else ''}{group}")
        for each in scenarios:
            click.echo(f"  {each.name:<{width}}  {each.title}")
            if line := each.problem or each.summary:
                click.echo(click.wrap_text(line, 80, initial_indent="      ", subsequent_indent="      "))
