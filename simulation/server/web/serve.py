"""Starting the server: check the arguments, bind the port, print the address, serve until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import logging
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import click
import uvicorn

from simulation.batch.compiling import COMPILING, has_to_compile
from simulation.errors import HyperclusterError
from simulation.scenario.loading import load_scenario
from simulation.server.processes.process_pool import Models
from simulation.server.protocol.messages import MOST_BYTES, SIDES
from simulation.server.web.app import Server, make_app
from simulation.server.web.catalogue import Catalogue
from simulation.server.web.read_limits import LiveWire, Wire
from simulation.server.web.security import is_loopback, origin_of
from simulation.threads import available_cores

LEAST_TOKEN = 16
"""Minimum length of a token chosen by the user."""
MOST_PROCESSES = 8
"""Enough for the maximum number of sessions; each process takes about 250 MB at the start."""


def serve(
    scenarios: Sequence[Path],
    *,
    host: str,
    port: int,
    token: str | None,
    results: Path,
    open_browser: bool,
    frames: Sequence[str] = (),
) -> None:
    """Serve the page until it is stopped.

    Parameters
    ----------
    scenarios : files offered in addition to the others, or names; the page opens with the first two.
    host, port : where to listen; port 0 chooses a free one.
    token : the token that a page must send; by default a new one, if other machines can reach the server.
    results : folder that contains the results folders.
    open_browser : whether to open the page.
    frames : origins whose pages may show this one in a frame, with a token; the server then ends with its standard
        input, which is that of whoever has started it.

    Raises
    ------
    HyperclusterError
        If a scenario cannot be used, or the server cannot listen there.
    """
    for path in scenarios:
        load_scenario(path)  # report unusable scenarios before anything starts
    frames = [origin_of(frame) for frame in frames]
    token = _token(host, token, needed=bool(frames))
    with contextlib.closing(_listen(host, port)) as listener:
        port = listener.getsockname()[1]
        files = [path for path in scenarios if path.is_file()]  # a shipped one is available by its name
        server = Server(Catalogue(files, results=results), Models(_processes()), token=token)
        # Set explicitly, because uvicorn reads missing settings from the environment.
        config = uvicorn.Config(
            make_app(server, host, port=port, frames=frames),
            host=host,
            port=port,
            http=Wire,
            ws=LiveWire,
            ws_max_size=MOST_BYTES,
            ws_per_message_deflate=False,  # compressing half a megabyte of counts would block all others for 40 ms
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            workers=1,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_level="error",  # invalid requests of strangers must not fill the log
            timeout_graceful_shutdown=3,
        )
        logging.getLogger("hypercluster").addHandler(logging.StreamHandler())
        url = page_address(host, port, token=token, shown=[path.stem for path in scenarios[:2]])
        if frames:
            threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):  # the way to stop it
            _Announcing(config, url, open_browser=open_browser).run(sockets=[listener])
        click.echo("Stopped.")


class _Announcing(uvicorn.Server):
    """Prints the address of the page once it can be opened."""

    def __init__(self, config: uvicorn.Config, url: str, *, open_browser: bool) -> None:
        super().__init__(config)
        self._url = url
        self._open_browser = open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        click.echo("Starting the model.", err=True)
        if has_to_compile():
            click.echo(COMPILING, err=True)
        await super().startup(sockets)
        if not self.started:
            return
        click.echo(f"The page is at {self._url}\nStop it with Ctrl-C.")
        if self._open_browser:
            webbrowser.open(self._url)


def _stop_at_end_of_input() -> None:
    sys.stdin.buffer.read()
    signal.raise_signal(signal.SIGINT)


def _token(host: str, token: str | None, *, needed: bool) -> str | None:
    if is_loopback(host) and not needed:
        if token is not None:
            raise HyperclusterError(
                "--token: only with --host; on 127.0.0.1 no other machine can reach the page"
            )
        return None
    if token is not None and len(token) < LEAST_TOKEN:
        raise HyperclusterError(f"--token: must have {LEAST_TOKEN} characters or more, or be left out")
    if token is not None and not token.isprintable():  # also lone surrogates, which no address can contain
        raise HyperclusterError("--token: must be text in UTF-8 without hidden characters")
    return token or secrets.token_urlsafe(32)


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that the printed address is the actual one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise HyperclusterError(f"--host {host}: no such address: {error.strerror or error}") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"--port {port}: used by another program; choose another one, or 0 for any free one"
        else:
            message = f"--host {host} --port {port}: cannot listen there: {error.strerror}"
        raise HyperclusterError(message) from None
    return listener


def _processes() -> int:
    return min(available_cores(), MOST_PROCESSES)


def page_address(host: str, port: int, *, token: str | None, shown: Sequence[str]) -> str:
    """Return the address of the page, with the token where one is needed, opened with these scenarios."""
    everywhere = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}
    name = everywhere.get(host, host)
    place = f"[{name}]" if ":" in name else name
    fragment = "&".join(
        f"{side}={quote(name, errors='replace')}" for side, name in zip(SIDES, shown, strict=False)
    )
    query = f"?token={quote(token)}" if token else ""
    return f"http://{place}:{port}/{query}" + (f"#{fragment}" if fragment else "")
