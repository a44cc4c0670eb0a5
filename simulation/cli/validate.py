"""The command ``validate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulation.policies import PolicySchedule

EQUAL = 1e-3
"""Relative difference up to which plans are called equal: budgets are written in round numbers."""

HEAD = (
    ("", "cost", "planned", "", "", "planned", "spent"),
    ("policies", "a year", "a year", "coverage", "years", "PV", "PV"),
)
"""Heading of the table of policies, in two lines: cost of full coverage; PV is the present value."""


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO|DATASET...")
@click.option(
    "--set", "overrides", multiple=True, metavar="[SCENARIO:]KEY=VALUE", help="Change a key before checking."
)
def validate(scenarios: Sequence[str], overrides: tuple[str, ...]) -> None:
    """Check scenario files and datasets; print their problems and their assumptions.

    A dataset is a folder or the name of a shipped one; if a scenario has the same name, the scenario is checked.
    """
    from simulation.analysis.unspent import unspent_plans
    from simulation.data.complete import load_whole_dataset
    from simulation.data.layers import holds_dataset, shipped_datasets
    from simulation.errors import HyperclusterError
    from simulation.scenario.loading import read_scenario, refuse_unmatched, shipped_scenarios
    from simulation.scenario.plan import schedule_of

    plans: dict[str, float] = {}
    names: list[str] = []
    datasets = set(shipped_datasets()) - {path.stem for path in shipped_scenarios()}
    wrong: list[HyperclusterError] = []
    for name in scenarios:
        try:
            if holds_dataset(name) or name in datasets:
                _describe_dataset(name)
                continue
            spec = read_scenario(name, overrides=overrides)
            names.append(spec.name)
            load_whole_dataset(spec.world.dataset)
        except HyperclusterError as error:
            wrong.append(error)
            continue
        schedule = schedule_of(spec)
        click.echo(f"OK  {name}: {spec.title}; planned present value {schedule.planned_pv:,.0f} units")
        _describe_plan(schedule, steps_per_year=spec.time.steps_per_year)
        for line in (*unspent_plans(spec), *(f"Assumed: {text}" for text in spec.dataset.assumptions)):
            click.echo(f"    {line}")
        if spec.policies:
            plans[spec.name] = schedule.planned_pv
    if not wrong:  # else the name of a scenario that could not be read would count as unknown
        refuse_unmatched(overrides, names)
    if len(plans) > 1:
        click.echo(_whether_equal(plans))
    if wrong:
        raise HyperclusterError("\n".join(str(error) for error in wrong))


def _describe_plan(schedule: PolicySchedule, *, steps_per_year: int) -> None:
    """Print the money of each entry of policy, narrow enough for 80 columns."""
    rows = [
        (
            f"{account.label.removeprefix('policies')} {account.instrument}",
            f"{account.full_cost:,.0f}",
            f"{account.per_year:,.0f}",
            f"{account.coverage:.1%}",
            f"{account.months[0] / steps_per_year:.3g} to {account.months[1] / steps_per_year:.3g}",
            f"{account.planned_pv:,.0f}",
            f"{account.spent_pv:,.0f}",
        )
        for account in schedule.accounts()
    ]
    if not rows:
        return
    columns = list(zip(*HEAD, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    for first, *others in (*HEAD, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(others, widths[1:], strict=True))]
        click.echo(f"  {'  '.join(cells)}".rstrip())


def _whether_equal(plans: Mapping[str, float]) -> str:
    """Return whether the plans of scenarios have one present value, in words."""
    least, most = min(plans.values()), max(plans.values())
    if most - least <= EQUAL * most:
        return f"The plans are equal: each has a present value of {most:,.0f} units."
    each = ", ".join(f"{name} {value:,.0f}" for name, value in plans.items())
    return f"The plans are not equal; their present values are, in units: {each}."


def _describe_dataset(folder: str) -> None:
    """Print the size of a dataset and its assumptions."""
    from simulation.data.complete import load_whole_dataset

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
