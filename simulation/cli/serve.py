"""The command ``serve``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path), metavar="[SCENARIO]...")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes one that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at. Any but this machine's own needs a token, which is printed once.",
)
@click.option("--token", help="The token, instead of a new one; only with --host.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder that holds results folders, to replay them and to put studies into.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
def serve(
    scenarios: tuple[Path, ...], port: int, host: str, token: str | None, results: Path, open_browser: bool
) -> None:
    """Show two scenarios side by side, live, in a browser.

    Offers the scenarios that come with the program, those in the folder scenarios, and the files named; opens with the
    first two that are named. Nothing leaves this machine, and no network is needed. Stop it with Ctrl-C.
    """
    from simulation.server.web.serve import serve as run_server

    run_server(scenarios, host=host, port=port, token=token, results=results, open_browser=open_browser)
