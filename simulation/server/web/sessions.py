"""Sessions: their contents, limits and expiry."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from simulation.errors import HyperclusterError
from simulation.server.processes.studies import Study
from simulation.server.processes.worker import LiveRecipe, Recipe, ScenarioText
from simulation.server.protocol.messages import SIDES, SideName
from simulation.server.web.own_files import OwnFiles

MOST_SESSIONS = 64
KEPT_SECONDS = 60.0
"""Seconds that a session is kept after its connection has ended."""


class BusyError(HyperclusterError):
    """The maximum number is reached; the client may try again later."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One side of a session as it is open now."""

    recipe: Recipe
    read: ScenarioText | None  # None for a replay

    @property
    def text(self) -> str | None:
        """The whole scenario, None for a replay."""
        return self.recipe.text if isinstance(self.recipe, LiveRecipe) else None


@dataclass(eq=False, slots=True)
class Session:
    """One page: its two sides, its study, and the files that it has sent."""

    id: str
    number: int  # counted up, never used again
    shown: dict[SideName, Shown] = field(default_factory=dict)
    study: Study | None = None
    own: OwnFiles = field(default_factory=OwnFiles)
    slow: bool = False  # whether a side was ever in the process for slow requests
    hang_up: Callable[[], None] | None = None  # ends its connection; None while it has none
    left_at: float | None = None

    def key(self, side: SideName) -> str:
        """Return the key of a side of this session in the model processes."""
        return f"{self.number}{side}"

    @property
    def keys(self) -> list[str]:
        """Keys of both sides."""
        return [self.key(side) for side in SIDES]


class Sessions:
    """All sessions of a server.

    Parameters
    ----------
    clock : monotonic time, seconds.
    most : maximum number of sessions. New ones replace those without a connection, the oldest first, so that a page
        that reconnects repeatedly cannot keep others out for a minute.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = MOST_SESSIONS) -> None:
        self._clock = clock
        self._most = most
        self._sessions: dict[str, Session] = {}
        self._gone: list[Session] = []  # removed, with resources that are not freed yet
        self._opened = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def enter(self, session_id: str | None, hang_up: Callable[[], None]) -> tuple[Session, bool]:
        """Return the session of a new connection, and whether it existed before.

        An older connection of the session is ended, because the user looks at the newer one.

        Raises
        ------
        BusyError
            If there are too many.
        """
        session = self._find(session_id)
        resumed = session is not None
        if session is None:
            if len(self._sessions) >= self._most:
                self._make_room()
            session = Session(id=secrets.token_urlsafe(32), number=self._opened)
            self._opened += 1
            self._sessions[session.id] = session
        if session.hang_up is not None:
            session.hang_up()
        session.hang_up, session.left_at = hang_up, None
        return session, resumed

    def _make_room(self) -> None:
        left = [session for session in self._sessions.values() if session.left_at is not None]
        if not left:
            raise BusyError(f"{self._most} sessions are open already; try again in a minute")
        self._take_out(min(left, key=lambda session: session.left_at or 0.0))

    def _take_out(self, session: Session) -> None:
        del self._sessions[session.id]
        self._gone.append(session)

    def leave(self, session: Session, hang_up: Callable[[], None]) -> None:
        """Note that a connection has ended; if another has taken the session over, nothing changes."""
        if session.hang_up == hang_up:
            session.hang_up, session.left_at = None, self._clock()

    def expired(self) -> list[Session]:
        """Remove the expired sessions, and return all removed ones, so that their resources can be freed."""
        now = self._clock()
        for session in list(self._sessions.values()):
            if session.left_at is not None and now - session.left_at >= KEPT_SECONDS:
                self._take_out(session)
        gone, self._gone = self._gone, []
        return gone

    @property
    def studies(self) -> int:
        """How many studies are running."""
        return sum(s.study is not None and s.study.running for s in self._sessions.values())

    def _find(self, session_id: str | None) -> Session | None:
        return None if session_id is None else self._sessions.get(session_id)
