"""The command ``validate``."""

from __future__ import annotations

from collections.abc import Sequence

import click


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO|DATASET...")
@click.option("--set", "overrides", multiple=True, metavar="[SCENARIO:]KEY=VALUE", help="Change a key before checking.")
def validate(scenarios: Sequence[str], overrides: tuple[str, ...]) -> None:
    """Check scenario files and datasets; print their problems and their assumptions.

    A dataset is a folder or the name of a shipped one; if a scenario has the same name, the scenario is checked.
    """
    from simulation.analysis.unspent import unspent_plans
    from simulation.data.complete import load_whole_dataset
    from simulation.data.layers import holds_dataset, shipped_datasets
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
