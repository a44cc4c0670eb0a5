"""Sessions live as long as their connection and a minute more."""

from __future__ import annotations

import pytest

from simulation.server.web.sessions import KEPT_SECONDS, BusyError, Sessions


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Line:
    """A connection that notes that it was ended."""

    ended = 0

    def hang_up(self) -> None:
        self.ended += 1


def test_a_session_is_freed_a_minute_after_it_was_left_and_not_before() -> None:
    clock, line = Clock(), Line()
    sessions = Sessions(clock)
    session, resumed = sessions.enter(None, line.hang_up)
    assert not resumed
    clock.now += 1e6
    assert sessions.expired() == [], "it is connected"
    sessions.leave(session, line.hang_up)
    clock.now += KEPT_SECONDS - 0.001
    assert sessions.expired() == []
    clock.now += 0.001
    assert sessions.expired() == [session]
    assert len(sessions) == 0
    assert sessions.enter(session.id, line.hang_up)[1] is False


def test_who_comes_back_in_time_has_the_same_session() -> None:
    clock, first, second = Clock(), Line(), Line()
    sessions = Sessions(clock)
    session, _ = sessions.enter(None, first.hang_up)
    sessions.leave(session, first.hang_up)
    clock.now += KEPT_SECONDS / 2
    assert sessions.enter(session.id, second.hang_up) == (session, True)
    clock.now += 2 * KEPT_SECONDS
    assert sessions.expired() == []
    assert first.ended == second.ended == 0


def test_the_newer_connection_takes_over_and_the_older_cannot_end_it() -> None:
    clock, old, new = Clock(), Line(), Line()
    sessions = Sessions(clock)
    session, _ = sessions.enter(None, old.hang_up)
    assert sessions.enter(session.id, new.hang_up) == (session, True)
    assert (old.ended, new.ended) == (1, 0)
    sessions.leave(session, old.hang_up)
    clock.now += 2 * KEPT_SECONDS
    assert sessions.expired() == [], "the new connection is still there"


def test_ids_cannot_be_guessed_and_a_wrong_one_gives_a_new_session() -> None:
    sessions = Sessions(Clock())
    found = [sessions.enter("0", Line().hang_up)[0] for _ in range(50)]
    assert len({session.id for session in found}) == len({session.number for session in found}) == 50
    assert min(len(session.id) for session in found) >= 43, "256 bits"
    assert {key for session in found for key in session.keys}.__len__() == 100


def test_there_is_an_end_to_how_many_there_may_be() -> None:
    clock, line = Clock(), Line()
    sessions = Sessions(clock, most=2)
    first, _ = sessions.enter(None, line.hang_up)
    sessions.enter(None, line.hang_up)
    with pytest.raises(BusyError, match="2 sessions are open"):
        sessions.enter(None, line.hang_up)
    assert sessions.enter(first.id, line.hang_up)[1], "who is in already stays in"
    sessions.leave(first, line.hang_up)
    clock.now += KEPT_SECONDS
    sessions.expired()
    assert sessions.enter(None, line.hang_up)[1] is False


def test_who_comes_and_goes_keeps_nobody_out() -> None:
    clock, line = Clock(), Line()
    sessions = Sessions(clock, most=3)
    there, _ = sessions.enter(None, line.hang_up)
    left = []
    for _ in range(20):
        clock.now += 0.01
        left.append(sessions.enter(None, line.hang_up)[0])
        sessions.leave(left[-1], line.hang_up)
    assert len(sessions) == 3
    assert sessions.expired() == left[:18], "those left longest ago made room, and are freed"
    assert sessions.expired() == []
    assert sessions.enter(left[-1].id, line.hang_up) == (left[-1], True)
    assert sessions.enter(there.id, line.hang_up)[1]
