"""The web application: the page, its files, the WebSocket, and background tasks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from simulation.channels import CHANNELS
from simulation.results.manifest import DISTRIBUTION
from simulation.server.processes.process_pool import Models
from simulation.server.processes.studies import Study
from simulation.server.protocol.forms import forms
from simulation.server.protocol.messages import MOST_CASES, MOST_REPLICATIONS, MOST_TRIALS, encoded, joined
from simulation.server.web.catalogue import Catalogue
from simulation.server.web.live import Connection
from simulation.server.web.page import page_html
from simulation.server.web.security import Gate, same_token
from simulation.server.web.sessions import Session, Sessions
from simulation.server.web.static_files import StaticFiles, packed_page

STATIC = Path(__file__).parents[1] / "static"
SWEEP_SECONDS = 1.0
REFUSED = (
    "This page needs the token that the server printed when it was started, as ?token=... in the address."
)

log = logging.getLogger("hypercluster")


class Server:
    """The state that all connections share.

    Parameters
    ----------
    catalogue : what can be opened.
    models : the processes of the model.
    token : the token that a page must send; None if only this machine can reach the server.
    clock : monotonic time, seconds.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        models: Models,
        *,
        token: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.catalogue = catalogue
        self.models = models
        self.token = token
        self.sessions = Sessions(clock)
        self._studies: set[asyncio.Task[None]] = set()
        self._always = encoded(
            {
                "version": version(DISTRIBUTION),
                "channels": CHANNELS,
                "forms": forms(),
                "limits": {"replications": MOST_REPLICATIONS, "trials": MOST_TRIALS, "cases": MOST_CASES},
            }
        )

    async def welcome(self, session: Session, *, resumed: bool) -> str:
        """Return the first message to a page."""
        head = {"type": "welcome", "session": session.id, "resumed": resumed}
        return joined(joined(head, self._always), await self.models.listing(session, self.catalogue))

    def start(self, study: Study, session: Session) -> None:
        """Run a study of a session in the background."""
        task = asyncio.create_task(study.run(partial(self.models.sum_up, session.number)))
        self._studies.add(task)
        task.add_done_callback(self._studies.discard)

    async def sweep(self) -> None:
        """Free the resources of abandoned sessions."""
        for session in self.sessions.expired():
            if session.study is not None:
                session.study.stop()
            await self.models.drop(session)
            await asyncio.to_thread(session.own.remove)

    async def sweep_for_ever(self) -> None:
        """Free abandoned sessions periodically."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except Exception:
                log.exception("freeing sessions")  # a failure must not prevent later ones from being freed

    async def end_studies(self) -> None:
        """Stop all studies, wait until they are gone, and remove what pages have sent."""
        await asyncio.gather(*(s.study.end() for s in self.sessions if s.study is not None))
        await asyncio.gather(*self._studies, return_exceptions=True)
        for session in self.sessions:
            session.own.remove()


def make_app(server: Server, host: str, *, port: int, frames: Sequence[str] = ()) -> ASGIApp:
    """Return the application of a server that listens on this host and port, and that ``frames`` may show in a frame.

    Its processes start with the application and end with it.
    """
    index = packed_page(page_html(STATIC))

    async def page(request: Request) -> Response:
        if not same_token(server.token, request.query_params.get("token")):
            return PlainTextResponse(REFUSED, 403)
        return index.response(request.headers)

    async def live(socket: WebSocket) -> None:
        await Connection(server, socket).serve()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with server.models:
            sweeper = asyncio.create_task(server.sweep_for_ever())
            try:
                yield
            finally:
                sweeper.cancel()
                await server.end_studies()

    app = Starlette(
        routes=[
            Route("/", page),
            WebSocketRoute("/live", live),
            Mount("/static", StaticFiles(STATIC)),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return Gate(app, host, port=port, frames=frames)
