"""One connection: identification, then requests and answers, one at a time.

Nothing here may block the event loop for long, because all connections share it: files are looked up in threads, large
data are read, computed and serialized by the model processes, and after each answer the others have their turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from functools import partial, singledispatchmethod
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulation.errors import HyperclusterError, ProblemsError
from simulation.server.processes import worker
from simulation.server.processes.studies import MOST_STUDIES, Exploration, Study
from simulation.server.processes.trials import Tell, Trials
from simulation.server.processes.worker import (
    AskedGame,
    Case,
    LiveRecipe,
    ReplayRecipe,
    ScenarioRequest,
    TooLargeError,
)
from simulation.server.protocol.frames import frame
from simulation.server.protocol.messages import (
    MOST_BYTES,
    SIDES,
    Answer,
    Explain,
    Explore,
    Frames,
    Hello,
    Inspect,
    Map,
    MessageError,
    Open,
    Own,
    ReadEnsemble,
    Request,
    ResultsSource,
    ScenarioSource,
    Series,
    SideName,
    StartStudy,
    StartTrials,
    StopStudy,
    StopTrials,
    Toml,
    encoded,
    error_message,
    joined,
    read_hello,
    read_request,
)
from simulation.server.web.security import same_token
from simulation.server.web.sessions import BusyError, Session, Shown

if TYPE_CHECKING:
    from simulation.server.web.app import Server

TAKEN_OVER = 4001
WRONG_TOKEN = 4003
NO_HELLO = 4000
TOO_BIG = 1009
TRY_LATER = 1013
HELLO_SECONDS = 10.0
FAULT = "The server could not answer because of an internal error; its log has the details."

log = logging.getLogger("hypercluster")


class Connection:
    """A connected page."""

    def __init__(self, server: Server, socket: WebSocket) -> None:
        self._server = server
        self._socket = socket
        self._sending = asyncio.Lock()  # a study sends messages between answers
        self._session: Session
        self._trials: Trials

    async def serve(self) -> None:
        """Serve the page until it disconnects."""
        try:
            await self._socket.accept()
            await self._serve()
        except (WebSocketDisconnect, OSError):
            return  # the page has disconnected
        except asyncio.CancelledError:
            return  # the server stops; raised again, it would be logged as an error

    async def _serve(self) -> None:
        sessions = self._server.sessions
        try:
            hello = await self._hello()
            if hello is None:
                return
            self._session, resumed = sessions.enter(hello.session, self._hang_up)
        except BusyError as error:
            await self._send(error_message(None, "busy", str(error)))
            await self._socket.close(TRY_LATER)
            return
        except _TooBigError:
            await self._socket.close(TOO_BIG)
            return
        self._trials = Trials(self._server.models, self._session.number)
        try:
            await self._welcome(resumed=resumed)
            while True:
                await self._answer(await self._receive())
                # Otherwise queued requests with immediate answers would block the event loop.
                await asyncio.sleep(0)
        except _TooBigError:
            await self._socket.close(TOO_BIG)
        finally:
            await self._trials.stop()
            sessions.leave(self._session, self._hang_up)

    def _hang_up(self) -> None:
        self._closing = asyncio.create_task(self._taken_over())

    async def _taken_over(self) -> None:
        # It may have disconnected by itself, or be closed for another reason already.
        with contextlib.suppress(WebSocketDisconnect, OSError, RuntimeError):
            await self._socket.close(TAKEN_OVER)

    async def _hello(self) -> Hello | None:
        """Return the first message; None if it is missing or invalid, which ends the connection."""
        code, hello = NO_HELLO, None
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = read_hello(await self._receive())
        except TimeoutError:
            pass
        except MessageError as error:
            await self._send(error_message(error.request, "message", str(error)))
        if hello is not None and not same_token(self._server.token, hello.token):
            code, hello = WRONG_TOKEN, None
        if hello is None:
            await self._socket.close(code)
        return hello

    async def _welcome(self, *, resumed: bool) -> None:
        await self._send(await self._server.welcome(self._session, resumed=resumed))
        if (study := self._session.study) is not None:
            study.listener = self._tell_study
            await self._tell_study(study)

    async def _receive(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if len(text if text is not None else message["bytes"]) > MOST_BYTES:
            raise _TooBigError
        return text if text is not None else ""  # a binary message holds no request

    async def _send(self, message: Mapping[str, Any] | str | bytes) -> None:
        async with self._sending:
            if self._socket.application_state is WebSocketState.DISCONNECTED:  # taken over meanwhile
                raise WebSocketDisconnect
            if isinstance(message, bytes):
                await self._socket.send_bytes(message)
            else:
                await self._socket.send_text(message if isinstance(message, str) else encoded(message))

    async def _answer(self, text: str) -> None:
        """Answer one message; report any error, so that the connection can continue."""
        try:
            request = read_request(text)
        except MessageError as error:
            await self._send(error_message(error.request, "message", str(error)))
            return
        try:
            await self._do(request)
        except _SideError as wrong:
            await self._refuse(request, wrong.error, side=wrong.side)
        except HyperclusterError as error:
            await self._refuse(request, error, side=getattr(request, "side", None))
        except (WebSocketDisconnect, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("request %s of a session", request.type)
            await self._send(error_message(request.id, "fault", FAULT))

    async def _refuse(self, request: Request, error: HyperclusterError, *, side: SideName | None) -> None:
        kind = {BusyError: "busy", TooLargeError: "too_large", MessageError: "message"}.get(type(error))
        kind = kind or ("scenario" if isinstance(error, ProblemsError) else "results")

        def without_paths(text: str) -> str:
            return self._server.catalogue.without_paths(self._session.own.without_root(text))

        message = error_message(request.id, kind, without_paths(str(error)), side=side, error=error)
        for problem in message["problems"]:
            problem["message"] = without_paths(problem["message"])
        await self._send(message)

    @singledispatchmethod
    async def _do(self, request: Request) -> None:
        raise AssertionError(f"no answer to {type(request).__name__}")

    @_do.register
    async def _open(self, request: Open) -> None:
        wanted = {
            side: self._read(side, source, request.seed)
            for side, source in zip(SIDES, (request.a, request.b), strict=True)
            if source is not None
        }
        found: dict[SideName, Shown] = {}
        both = await asyncio.gather(*wanted.values(), return_exceptions=True)
        for side, each in zip(wanted, both, strict=True):
            if isinstance(each, HyperclusterError):
                raise _SideError(side, each) from each
            if isinstance(each, BaseException):
                raise each
            found[side] = each
        worlds = await asyncio.gather(*(self._world(side, shown) for side, shown in found.items()))
        before = self._session.shown
        self._session.shown = found
        await self._trials.stop()  # they are of what was shown before
        for (side, shown), world in zip(found.items(), worlds, strict=True):
            kept = side in before and before[side].recipe == shown.recipe
            read = shown.read
            values = {"values": read.values if read else None, "base": read.base if read else None}
            head = {"type": "world", "id": request.id, "side": side, "kept": kept, **values}
            await self._send(joined(head, world))
        await self._send({"type": "opened", "id": request.id})

    async def _read(self, side: SideName, source: ScenarioSource | ResultsSource, seed: int) -> Shown:
        catalogue = self._server.catalogue
        if isinstance(source, ResultsSource):
            folder = await asyncio.to_thread(catalogue.folder, source.results)
            return Shown(ReplayRecipe(folder, source.scenario, seed), None)
        own = self._session.own.files.get(source.scenario)
        file = await asyncio.to_thread(catalogue.file, source.scenario) if own is None else own
        wanted = ScenarioRequest(file, tuple(source.changes), own=own is not None)
        read = await self._server.models.read(self._session, side, wanted)
        return Shown(LiveRecipe(read.text, seed, read.large), read)

    async def _world(self, side: SideName, shown: Shown) -> str:
        try:
            world: str = await self._ask(side, worker.world, shown=shown)
        except HyperclusterError as error:
            raise _SideError(side, error) from error
        return world

    @_do.register
    async def _frames(self, request: Frames) -> None:
        blocks = await asyncio.gather(
            *(
                self._ask(side, worker.frames, SIDES.index(side), request.first, request.months)
                for side in request.sides
            )
        )
        await self._send(frame(request.id, blocks))

    @_do.register
    async def _series(self, request: Series) -> None:
        found = await self._ask(request.side, worker.series, request.month, request.technologies)
        await self._send(joined({"type": "series", "id": request.id, "side": request.side}, found))

    @_do.register
    async def _inspect(self, request: Inspect) -> None:
        address = {"month": request.month, "kind": request.kind, "row": request.row}
        found = await self._ask(request.side, worker.inspect, request.kind, request.row, request.month)
        head = {"type": "inspection", "id": request.id, "side": request.side}
        await self._send(joined(head | address, found))

    @_do.register
    async def _map(self, request: Map) -> None:
        found = await self._ask(request.side, worker.outlines)
        await self._send(joined({"type": "map", "id": request.id}, found))

    @_do.register
    async def _toml(self, request: Toml) -> None:
        shown = self._shown(request.side)
        if shown.read is None:
            raise HyperclusterError("a replay is not changed; manifest.json of its folder has the scenario")
        name = f"{shown.read.name}.toml"
        text = self._session.own.without_root(shown.read.text)
        await self._send({"type": "toml", "id": request.id, "name": name, "text": text})

    @_do.register
    async def _answer_in_words(self, request: Answer) -> None:
        shown = dict(self._session.shown)
        if not shown:
            raise MessageError("no side is open", None)
        outcomes = await asyncio.gather(
            *(self._ask(side, worker.outcome, shown=each) for side, each in shown.items())
        )
        given = {side: (each.read.values, each.read.base) for side, each in shown.items() if each.read}
        trials = [trial.model_dump() for trial in request.trials]
        side = next(iter(shown))
        found = await self._ask(
            side,
            worker.answer,
            dict(zip(shown, outcomes, strict=True)),
            given,
            trials,
            shown=shown[side],
        )
        await self._send(joined({"type": "answer", "id": request.id}, found))

    @_do.register
    async def _own(self, request: Own) -> None:
        session = self._session
        sent = {file.name: file.text for file in request.files}
        names = await asyncio.to_thread(lambda: session.own.add(sent, taken=self._server.catalogue.files))
        entries = await self._server.models.own_entries(session, names)
        await self._send(joined({"type": "own", "id": request.id, "names": names}, entries))

    @_do.register
    async def _start_study(self, request: StartStudy) -> None:
        self._begin(request, Study, request.replications)

    @_do.register
    async def _explore(self, request: Explore) -> None:
        if len(self._session.shown) < 2:
            raise HyperclusterError("worlds compare two scenarios; open both sides")
        self._begin(request, Exploration, request.points)

    def _begin(self, request: StartStudy | Explore, kind: type[Study], size: int) -> None:
        """Start a batch in the background."""
        session, server = self._session, self._server
        if session.study is not None and session.study.running:
            raise BusyError("a study of this session is running already; stop it first")
        if server.sessions.studies >= MOST_STUDIES:
            raise BusyError(f"{MOST_STUDIES} studies are running already; try again later")
        texts = {side: shown.text for side, shown in session.shown.items() if shown.text is not None}
        if not texts or len(texts) < len(session.shown):
            raise HyperclusterError("a study runs scenarios; open scenarios, not results")
        seed = next(s.recipe.seed for s in session.shown.values())
        study = kind(texts, size, request=request.id, seed=seed, results=server.catalogue.results)
        study.listener = self._tell_study
        session.study = study
        server.start(study, session)

    @_do.register
    async def _ensemble(self, request: ReadEnsemble) -> None:
        folder = await asyncio.to_thread(self._server.catalogue.folder, request.folder)
        texts = {side: shown.text for side, shown in self._session.shown.items() if shown.text is not None}
        found = await self._server.models.quietly(self._session.number, worker.ensemble, (folder, texts))
        await self._send(joined({"type": "ensemble", "id": request.id}, found))

    @_do.register
    async def _start_trials(self, request: StartTrials) -> None:
        shown = dict(self._session.shown)
        if not shown:
            raise MessageError("no side is open", None)
        seed = next(iter(shown.values())).recipe.seed
        seeds = range(seed, seed + request.replications)
        find = partial(self._cases, request, shown)
        await self._trials.compare(find, seeds, tell=self._telling(request))

    async def _cases(self, request: StartTrials, shown: Mapping[SideName, Shown]) -> list[Case]:
        replays = {side: each.recipe for side, each in shown.items() if isinstance(each.recipe, ReplayRecipe)}
        if replays:
            folder = next(iter(replays.values())).folder
            names = {side: recipe.scenario for side, recipe in replays.items() if recipe.folder == folder}
            return [Case({"name": request.cases[0].name}, names, folder=folder)]
        return [
            await self._case(
                case.name, {side: (each.text or "", getattr(case, side)) for side, each in shown.items()}
            )
            for case in request.cases
        ]

    async def _case(self, name: str, wanted: Mapping[SideName, tuple[str, list[str]]]) -> Case:
        """Return a case, with its problem if it cannot run."""
        quietly = partial(self._server.models.quietly, self._session.number, worker.varied)
        try:
            return Case({"name": name}, {side: await quietly(what) for side, what in wanted.items()})
        except HyperclusterError as error:
            return Case({"name": name, "problem": self._server.catalogue.without_paths(str(error))}, {})

    @_do.register
    async def _explain(self, request: Explain) -> None:
        shown = self._shown(request.side)
        if shown.text is None:
            raise HyperclusterError("a replay cannot run without one of its parts; open the scenario itself")
        seeds = range(shown.recipe.seed, shown.recipe.seed + request.replications)
        await self._trials.explain(AskedGame(shown.text, request.game), seeds, tell=self._telling(request))

    def _telling(self, request: StartTrials | Explain) -> Tell:
        """Return what sends the messages about quiet runs to the page that wants them."""

        async def tell(told: Mapping[str, Any] | str) -> None:
            head = {"type": request.type, "id": request.id}
            if not isinstance(told, str) and "text" in told:
                told = {**told, "text": self._server.catalogue.without_paths(told["text"])}
            with contextlib.suppress(WebSocketDisconnect):
                await self._send(joined(head, told) if isinstance(told, str) else {**head, **told})

        return tell

    @_do.register
    async def _stop_trials(self, _: StopTrials) -> None:
        await self._trials.stop()

    @_do.register
    async def _stop_study(self, request: StopStudy) -> None:
        if self._session.study is not None:
            self._session.study.stop()

    async def _tell_study(self, study: Study) -> None:
        told: dict[str, Any] = {"type": study.kind, "id": study.request} | study.last
        if "text" in told:  # of the batch, which names files in full
            told["text"] = self._server.catalogue.without_paths(told["text"])
        with contextlib.suppress(WebSocketDisconnect):  # disconnected; the next connection gets the message
            await self._send(told)

    async def _ask(
        self, side: SideName, do: Callable[..., Any], *args: Any, shown: Shown | None = None
    ) -> Any:
        recipe = (shown or self._shown(side)).recipe
        return await self._server.models.ask(self._session, side, recipe, do, *args)

    def _shown(self, side: SideName) -> Shown:
        if side not in self._session.shown:
            raise MessageError(f"side {side} is not open", None)
        return self._session.shown[side]


class _TooBigError(Exception):
    """A message longer than allowed."""


class _SideError(Exception):
    """A user error in one of the sides."""

    def __init__(self, side: SideName, error: HyperclusterError) -> None:
        super().__init__(side, error)
        self.side = side
        self.error = error
