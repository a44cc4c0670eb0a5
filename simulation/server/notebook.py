"""The page in a cell of a notebook: a server of its own, which only that notebook's page may show in a frame."""

from __future__ import annotations

import atexit
import html
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from simulation.arguments import seed_of, whole_number
from simulation.errors import HyperclusterError
from simulation.scenario.loading import load_scenario
from simulation.server.protocol.messages import SIDES

ANNOUNCED = "The page is at "
HEIGHT, MOST_HEIGHT = 900, 10_000
"""Default and largest height of the frame, pixels."""

_servers: dict[tuple[str, ...], tuple[subprocess.Popen[str], str]] = {}


@dataclass(frozen=True, slots=True)
class Frame:
    """The page, which a notebook shows in a frame."""

    address: str
    height: int

    def _repr_html_(self) -> str:
        address = html.escape(self.address, quote=True)
        return (
            f'<iframe src="{address}" title="hypercluster" width="100%" height="{self.height}" '
            'style="border: 0" allow="clipboard-write; fullscreen"></iframe>'
        )


def page(
    *scenarios: str | Path,
    seed: int = 1,
    height: int = HEIGHT,
    origin: str | None = None,
    results: str | Path = "results",
) -> Frame:
    """Show one or two scenarios side by side, live, in a cell of a notebook.

    The server listens on this machine alone, requires a token, lets no page but the notebook show it in a frame,
    and ends with the kernel.

    Parameters
    ----------
    scenarios : files, or names of shipped scenarios; by default those of the main question.
    seed : of the history shown first.
    height : of the frame, pixels.
    origin : where the notebook is, as its address begins, such as "http://localhost:8888"; by default that of the
        Jupyter server that has started this kernel.
    results : folder with the results folders to replay.

    Raises
    ------
    HyperclusterError
        If the scenarios cannot be used, or it is not known where the notebook is.
    """
    seed, height = seed_of(seed), whole_number("height", height, least=1, most=MOST_HEIGHT)
    if len(scenarios) > len(SIDES):
        raise HyperclusterError(f"{len(scenarios)} scenarios: the page shows two side by side")
    shown = scenarios or ("regional_cluster", "hypercluster")
    for each in shown:
        load_scenario(each)
    origins = _origins() if origin is None else (_checked(origin),)
    files = [str(Path(each).resolve()) for each in shown if Path(each).is_file()]
    address = _address(origins, files, str(Path(results).resolve()))
    sides = "&".join(f"{side}={quote(Path(each).stem)}" for side, each in zip(SIDES, shown, strict=False))
    rest = "" if len(shown) > 1 else f"&{SIDES[1]}=none"
    return Frame(f"{address}#{sides}{rest}&seed={seed}", height)


def _address(origins: Sequence[str], files: Sequence[str], results: str) -> str:
    """Return the address of a server for these, which is started if there is none."""
    key = (*origins, *files, results)
    known = _servers.get(key)
    if known is not None and known[0].poll() is None:
        return known[1]
    frames = [argument for origin in origins for argument in ("--frame", origin)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulation", "serve", *files, "--port", "0", "--results", results, *frames],
        stdin=subprocess.PIPE,  # it ends when this is closed, so that it never outlives the kernel
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    if not line.startswith(ANNOUNCED):
        raise HyperclusterError(process.stderr.read().strip() or "the server ended without a message")
    atexit.register(process.terminate)
    address = line.removeprefix(ANNOUNCED).strip().partition("#")[0]
    _servers[key] = process, address
    return address


def _origins() -> tuple[str, ...]:
    """Return the origins of the Jupyter server that has started this kernel, under each of its names."""
    try:
        from jupyter_server.serverapp import list_running_servers
    except ImportError:
        servers = []
    else:
        servers = list(list_running_servers())
    parent = os.environ.get("JPY_PARENT_PID")
    mine = [server for server in servers if str(server.get("pid")) == parent] or servers
    if len(mine) != 1:
        raise HyperclusterError(
            "it is not known at which address this notebook is; give it, as it begins, such as "
            'simulation.page("hypercluster", origin="http://localhost:8888")'
        )
    place = urlsplit(mine[0]["url"])
    names = {place.hostname, "localhost", "127.0.0.1"} if _is_here(place.hostname) else {place.hostname}
    return tuple(sorted(f"{place.scheme}://{name}:{place.port}" for name in names))


def _is_here(host: str | None) -> bool:
    return host in ("localhost", "127.0.0.1", "0.0.0.0", "::1")


def _checked(origin: str) -> str:
    from simulation.server.web.security import origin_of

    return origin_of(origin)
