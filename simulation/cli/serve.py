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
    help="0 chooses a free one.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Any other than the loopback address requires a token, which is printed once.",
)
@click.option("--token", help="Token to use instead of a new one; only with --host.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder with the results folders to replay; new studies are written there.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--frame",
    "frames",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin, such as http://localhost:8888, show this one in a frame. Requires a token, and "
    "ends with the standard input. May be repeated.",
)
def serve(
    scenarios: tuple[Path, ...],
    port: int,
    host: str,
    token: str | None,
    results: Path,
    open_browser: bool,
    frames: tuple[str, ...],
) -> None:
    """Show two scenarios side by side, live, in a browser.

    Offers the scenarios that come with the program, those in the folder scenarios, and the files named, and opens with
    the first two of these. No data leave this machine, and no network is needed. Stop it with Ctrl-C.
    """
    from simulation.server.web.serve import serve as run_server

    run_server(
        scenarios,
        host=host,
        port=port,
        token=token,
        results=results,
        open_browser=open_browser,
        frames=frames,
    )
