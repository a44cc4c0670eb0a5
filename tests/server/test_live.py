"""A connection from hello to good-bye, without a browser."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from page import blocks_of, connected, live_url
from served import SMALL, Served
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from simulation.channels import CHANNELS, Channel
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.server.web import live
from simulation.server.web.app import Server, make_app
from simulation.server.web.sessions import KEPT_SECONDS, Session, Sessions

BASELINE = {"scenario": "baseline", "changes": []}
HYPERCLUSTER = {"scenario": "hypercluster", "changes": []}


def test_both_sides_are_the_replications_of_the_command_line(served: Served) -> None:
    changes = ["diffusion.half_distance_km=300", "policies[0].budget=100.0"]
    with connected(served.client) as page:
        worlds = page.open(BASELINE, {"scenario": "hypercluster", "changes": changes}, seed=7)
        assert worlds["a"]["months"] == 240
        for side, spec in (
            ("a", load_scenario("baseline")),
            ("b", load_scenario("hypercluster", overrides=changes)),
        ):
            record = simulate(spec, 7)
            assert worlds[side]["digest"] == spec.digest
            np.testing.assert_array_equal(page.history(side, 240), record.adopters.sum(axis=2))
            assert worlds[side]["eligible"] == record.eligible[0].sum(axis=1).tolist()


def test_the_page_is_told_all_channels(served: Served) -> None:
    with connected(served.client) as page:
        page.open(BASELINE, HYPERCLUSTER)
        attribution = page.frames(0, 2)["a"].attribution
        assert page.welcome["channels"] == list(CHANNELS)
        assert attribution.shape[2] == len(Channel)


def test_the_file_that_is_downloaded_gives_the_same_curves(served: Served) -> None:
    changes = ["membership.rate=0.25", 'diffusion.contacts="substituted"', "turnover.exit=0.1"]
    changes += ["time.years=10.0", "world.scale=0.2"]
    with connected(served.client) as page:
        page.open({"scenario": "mixed", "changes": changes}, seed=3)
        file = page.ask("toml", side="a")
        seen = page.history("a", 120)
    assert file["name"] == "mixed.toml"
    np.testing.assert_array_equal(seen, simulate(parse_scenario(file["text"]), 3).adopters[:121].sum(axis=2))


def test_a_change_on_one_side_leaves_the_other_where_it_was(served: Served) -> None:
    with connected(served.client) as page:
        assert not page.open(BASELINE, HYPERCLUSTER)["a"]["kept"]
        page.frames(0, 50)
        worlds = page.open(BASELINE, {"scenario": "hypercluster", "changes": ["budget.discount=0.04"]})
        assert (worlds["a"]["kept"], worlds["b"]["kept"]) == (True, False)
        worlds = page.open(BASELINE, None, seed=2)
        assert set(worlds) == {"a"} and not worlds["a"]["kept"]


def test_a_mistake_is_told_beside_its_key_and_what_was_open_goes_on(served: Served) -> None:
    with connected(served.client) as page:
        page.open(BASELINE, HYPERCLUSTER)
        before = page.frames(30, 1)
        wrong = {"scenario": "hypercluster", "changes": ["diffusion.half_distance_km=-1", "polices=[]"]}
        error = page.open(BASELINE | {"changes": ["budget.discount=0.01"]}, wrong)
        assert (error["type"], error["kind"], error["side"]) == ("error", "scenario", "b")
        assert [problem["key"] for problem in error["problems"]] == ["diffusion.half_distance_km", "polices"]
        assert 'did you mean "policies"?' in error["text"]
        after = page.frames(30, 1)
        for side in ("a", "b"):
            np.testing.assert_array_equal(after[side].adopters, before[side].adopters)
        error = page.open({"results": "study", "scenario": "none"}, None)
        assert error["kind"] == "results" and error["side"] == "a"
        np.testing.assert_array_equal(page.frames(30, 1)["a"].adopters, before["a"].adopters)


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("frames", {"sides": ["b"], "first": 0, "months": 1}, "side b is not open"),
        ("series", {"side": "a", "month": 241, "technologies": []}, "there is no month 241"),
        ("inspect", {"side": "a", "month": 0, "kind": "region", "row": 15}, "there is no region 15"),
        ("toml", {"side": "b"}, "side b is not open"),
        ("study", {"replications": 1}, "replications"),
        ("nonsense", {}, "nonsense"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_reason(
    served: Served, kind: str, details: dict[str, Any], expected: str
) -> None:
    with connected(served.client) as page:
        page.open(BASELINE)
        error = page.ask(kind, **details)
        assert error["type"] == "error" and expected in error["text"]
        assert page.frames(0, 1, sides="a")["a"].months == 1


@pytest.mark.parametrize("messages", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_malformed_messages_are_survived(served: Served, messages: int) -> None:
    rng = np.random.default_rng(1)
    good = json.dumps({"type": "frames", "id": 1, "sides": ["a"], "first": 0, "months": 1})
    with connected(served.client) as page:
        page.open(BASELINE)
        for number in range(messages):
            if number % 3 == 0:
                page.socket.send_bytes(rng.bytes(int(rng.integers(0, 200))))
            elif number % 3 == 1:
                place = int(rng.integers(0, len(good)))
                page.socket.send_text(
                    good[:place] + chr(int(rng.integers(65, 0x24F))) * 2 + good[place + 1 :]
                )
            else:
                page.socket.send_text(rng.bytes(50).decode("latin-1"))
            answer = page.socket.receive()
            assert json.loads(answer["text"])["type"] == "error"
        assert page.frames(5, 1, sides="a")["a"].months == 1


def test_a_message_of_more_than_a_megabyte_ends_the_connection(served: Served) -> None:
    with connected(served.client) as page:
        page.socket.send_text(" " * 1_000_000)
        assert page.socket.receive_json()["type"] == "error"
        page.socket.send_text(" " * 1_000_001)
        with pytest.raises(WebSocketDisconnect) as caught:
            page.socket.receive_json()
        assert caught.value.code == live.TOO_BIG


def test_two_sessions_never_see_each_other(served: Served) -> None:
    other = {"scenario": "baseline", "changes": ["diffusion.spatial=1.5"]}
    with connected(served.client) as one, connected(served.client) as two:
        one.open(BASELINE, seed=1)
        two.open(other, seed=1)
        expected = {
            page: simulate(spec, 1).adopters.sum(axis=2)
            for page, spec in (
                (one, load_scenario("baseline")),
                (two, load_scenario("baseline", overrides=other["changes"])),
            )
        }
        assert one.welcome["session"] != two.welcome["session"]
        for first in range(0, 60, 7):  # turn by turn
            for page, adopters in expected.items():
                found = page.frames(first, 7, sides="a")["a"].adopters  # fewer where the machine is busy
                np.testing.assert_array_equal(found, adopters[first : first + len(found)])


def test_a_dropped_connection_resumes(served: Served) -> None:
    with connected(served.client) as page:
        page.open(BASELINE, HYPERCLUSTER)
        before = page.frames(41, 1)
        session = page.welcome["session"]
    served.clock.now += KEPT_SECONDS - 1
    with connected(served.client, session=session) as page:
        assert page.welcome["resumed"] and page.welcome["session"] == session
        np.testing.assert_array_equal(page.frames(41, 1)["b"].adopters, before["b"].adopters)


def test_a_session_that_was_left_for_a_minute_is_freed_with_its_models(served: Served) -> None:
    with connected(served.client) as page:
        page.open(BASELINE, HYPERCLUSTER)
        session = page.welcome["session"]
    served.clock.now += KEPT_SECONDS
    wait_until(lambda: len(served.server.sessions) == 0)
    with connected(served.client, session=session) as page:
        assert not page.welcome["resumed"] and page.welcome["session"] != session
        assert "not open" in page.ask("toml", side="a")["text"]


def test_one_session_that_cannot_be_freed_does_not_keep_the_others(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drop, failed = served.server.models.drop, []

    async def drop_the_second(session: Session) -> None:
        if not failed:
            failed.append(session)
            raise RuntimeError("no")
        await drop(session)

    monkeypatch.setattr(served.server.models, "drop", drop_the_second)
    for _ in range(2):
        with connected(served.client):
            pass
        served.clock.now += KEPT_SECONDS
        wait_until(lambda: len(served.server.sessions) == 0)
    wait_until(lambda: "freeing sessions" in caplog.text)
    assert len(failed) == 1


def test_a_second_connection_takes_the_session_over(served: Served) -> None:
    with ExitStack() as stack:
        old = stack.enter_context(connected(served.client))
        old.open(BASELINE)
        new = stack.enter_context(connected(served.client, session=old.welcome["session"]))
        assert new.welcome["resumed"]
        with pytest.raises(WebSocketDisconnect) as caught:
            old.socket.receive_json()
        assert caught.value.code == live.TAKEN_OVER
        assert new.frames(0, 1, sides="a")["a"].months == 1


@pytest.mark.slow
def test_a_model_whose_process_dies_is_made_again_where_it_was(served: Served) -> None:
    with connected(served.client) as page:
        page.open(BASELINE, HYPERCLUSTER)
        before = page.frames(60, 1)
        victims = [
            child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())
        ]
        assert len(victims) >= 2
        for child in victims:
            os.kill(child.pid, signal.SIGKILL)
        after = page.frames(60, 1)
        for side in ("a", "b"):
            np.testing.assert_array_equal(after[side].adopters, before[side].adopters)


def test_our_own_mistake_is_logged_once_and_told_without_a_word_of_where(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"in {Path.home()}/secret")

    with connected(served.client) as page:
        page.open(BASELINE)
        monkeypatch.setattr(live, "frame", broken)
        with caplog.at_level(logging.ERROR, logger="hypercluster"):
            error = page.ask("frames", sides=["a"], first=0, months=1)
        assert (error["kind"], error["text"]) == ("fault", live.FAULT)
        assert len(caplog.records) == 1 and "secret" in caplog.text
        monkeypatch.undo()
        assert page.frames(0, 1, sides="a")["a"].months == 1


def test_a_fault_in_the_model_is_told_the_same_way(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(served.client) as page:
        page.open(BASELINE)
        monkeypatch.setattr(live.worker, "frames", int)  # int(side, ...) fails over there
        error = page.ask("frames", sides=["a"], first=0, months=1)
        assert error["kind"] == "fault" and "Error" not in error["text"]
        assert "TypeError" in caplog.text


def test_no_answer_names_a_place_on_this_machine(served: Served) -> None:
    told: list[str] = []
    with connected(served.client) as page:
        told.append(json.dumps(page.welcome))
        sources = (
            {"scenario": "no_such"},
            {"scenario": "baseline", "changes": ["world.dataset='/etc'"]},
            {"scenario": "small", "changes": ["x=1", "time.years=0.0"]},
            {"results": "none", "scenario": "small"},
            {"results": "study", "scenario": "other"},
            {"results": "study", "scenario": "small"},
            {"scenario": "small"},
        )
        told += [json.dumps(page.open(source)) for source in sources]
        told.append(json.dumps(page.ask("inspect", side="a", month=0, kind="region", row=0)))
    for text in told:
        for place in (str(served.results.parent), str(Path.home()), str(Path.cwd()), "/tmp"):
            assert place not in text


@pytest.mark.parametrize("sessions", [12, pytest.param(50, marks=pytest.mark.slow)])
def test_many_sessions_are_all_answered(served: Served, sessions: int) -> None:
    expected = simulate(load_scenario("baseline"), 1).adopters[:4].sum(axis=2)
    with ExitStack() as stack:
        pages = [stack.enter_context(connected(served.client)) for _ in range(sessions)]
        for page in pages:
            page.socket.send_json({"type": "open", "id": 1, "seed": 1, "a": BASELINE, "b": None})
            page.socket.send_json({"type": "frames", "id": 2, "sides": ["a"], "first": 3, "months": 1})
        for page in pages:
            assert [page.socket.receive_json()["type"] for _ in range(2)] == ["world", "opened"]
            request, blocks = blocks_of(page.socket.receive_bytes())
            assert request == 2
            np.testing.assert_array_equal(blocks["a"].adopters, expected[3:])


def test_when_there_is_no_room_a_page_is_told_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.server, "sessions", Sessions(served.clock, most=1))
    with connected(served.client), connected(served.client) as page:
        assert page.welcome["kind"] == "busy"
        with pytest.raises(WebSocketDisconnect) as caught:
            page.socket.receive_json()
        assert caught.value.code == live.TRY_LATER


def test_who_does_not_say_hello_is_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.client.websocket_connect(live_url(served.client)) as socket:
        socket.send_json({"type": "frames", "id": 1, "sides": ["a"], "first": 0, "months": 1})
        assert socket.receive_json()["kind"] == "message"
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_json()
        assert caught.value.code == live.NO_HELLO
    monkeypatch.setattr(live, "HELLO_SECONDS", 0.05)
    with served.client.websocket_connect(live_url(served.client)) as socket:
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_json()
        assert caught.value.code == live.NO_HELLO


@pytest.fixture
def guarded(served: Served) -> TestClient:
    """The same server for others too: it wants a token."""
    server = Server(served.server.catalogue, served.server.models, token="t" * 20)
    return TestClient(make_app(server, "0.0.0.0", port=8000), base_url="http://10.0.0.1:8000")


def test_without_the_token_there_is_neither_page_nor_model(guarded: TestClient) -> None:
    for token in (None, "", "t" * 19, "u" * 20):
        assert guarded.get("/", params={} if token is None else {"token": token}).status_code == 403
        with guarded.websocket_connect(live_url(guarded)) as socket:
            socket.send_json({"type": "hello", "token": token})
            with pytest.raises(WebSocketDisconnect) as caught:
                socket.receive_json()
            assert caught.value.code == live.WRONG_TOKEN
    assert guarded.get("/", params={"token": "t" * 20}).status_code == 200
    with connected(guarded, token="t" * 20) as page:
        assert page.welcome["type"] == "welcome"


def test_a_foreign_page_gets_no_connection(served: Served) -> None:
    for headers in ({"origin": "http://evil.example"}, {"host": "evil.example:8000"}, {"origin": "null"}):
        with (
            pytest.raises(WebSocketDisconnect),
            served.client.websocket_connect(live_url(served.client), headers=headers),
        ):
            pass
        assert served.client.get("/", headers=headers).status_code == 403


def test_an_inspection_is_that_of_the_engine(served: Served) -> None:
    with connected(served.client) as page:
        page.open({"scenario": "small", "changes": []}, seed=4)
        page.frames(0, 49, sides="a")
        found = page.ask("inspect", side="a", month=20, kind="institution", row=2)
        assert (found["type"], found["kind"], found["row"], found["month"]) == (
            "inspection",
            "institution",
            2,
            20,
        )
        engine = Engine(parse_scenario(SMALL), 4)
        while engine.state.month < 20:
            engine.step()
        months = engine.state.mastered_month[2]
        assert [t["mastered"] for t in found["technologies"]] == [
            None if month < 0 else month for month in months.tolist()
        ]


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what must happen soon; a hang is a failure."""
    limit = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < limit, "nothing happened"
        time.sleep(0.05)
