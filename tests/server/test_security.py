"""Foreign pages are kept out, and browsers are told to fetch nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from simulation.errors import HyperclusterError
from simulation.server.web.security import HEADERS, Gate, headers_for, is_loopback, origin_of, same_token

Headers = Sequence[tuple[str, str]]


async def _behind(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


def status(headers: Headers, *, host: str = "127.0.0.1", port: int = 8000) -> int:
    """What the gate answers to a request with these headers, as they come over the wire."""
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
        await Gate(_behind, host, port=port)(scope, receive, send)

    with (
        start_blocking_portal() as portal
    ):  # a loop of its own: browser tests leave one running in this thread
        portal.call(ask)
    return int(sent[0]["status"])


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_this_machine_is_let_in(host: str) -> None:
    assert status([("host", host)]) == 200
    assert status([("host", host), ("origin", f"http://{host}")]) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1",
        "127.0.0.1:8001",
        "127.0.0.1:8000.evil.example",
        "localhost.evil.example:8000",
        "user@127.0.0.1:8000",
        "127.0.0.1:8000/",
        "127.0.0.1:",
        "[::1",
        "127.0.0.1:x",
        "",
        "0.0.0.0:8000",
        "192.168.0.1:8000",
    ],
)
def test_foreign_hosts_are_refused(host: str) -> None:
    assert status([("host", host)]) == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:8001",
        "http://127.0.0.1",
        "http://localhost:8000",
        "file://",
        "http://127.0.0.1:8000.evil.example",
        "http://127.0.0.1:8000@evil.example",
    ],
)
def test_foreign_origins_are_refused(origin: str) -> None:
    assert status([("host", "127.0.0.1:8000"), ("origin", origin)]) == 403


def test_no_host_and_two_of_either_are_refused() -> None:
    ours = ("host", "127.0.0.1:8000")
    origin = ("origin", "http://127.0.0.1:8000")
    assert status([]) == 403
    assert status([ours, ours]) == 403
    assert status([ours, origin, ("origin", "http://evil.example")]) == 403
    assert status([ours, origin]) == 200


@pytest.mark.parametrize(
    ("listens", "host", "expected"),
    [
        ("0.0.0.0", "192.168.0.7:8000", 200),
        ("0.0.0.0", "[fe80::1]:8000", 200),
        ("0.0.0.0", "localhost:8000", 200),
        ("0.0.0.0", "evil.example:8000", 403),
        ("model.example", "model.example:8000", 200),
        ("model.example", "MODEL.example:8000", 200),
        ("model.example", "192.168.0.7:8000", 403),
    ],
)
def test_a_server_for_others_is_called_by_its_address_or_name(listens: str, host: str, expected: int) -> None:
    assert status([("host", host)], host=listens) == expected


def test_port_80_may_be_left_out() -> None:
    assert status([("host", "localhost")], port=80) == 200
    assert status([("host", "localhost")], port=8000) == 403


def test_every_answer_has_the_headers_and_the_policy_allows_nothing_inline_or_foreign() -> None:
    client = TestClient(Gate(_behind, "127.0.0.1", port=8000), base_url="http://127.0.0.1:8000")
    refused = client.get("/", headers={"host": "evil.example"})
    assert refused.status_code == 403
    for answer in (client.get("/"), refused):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy) and "http" not in str(policy)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("model.example", False),
    ],
)
def test_loopback_is_what_others_cannot_reach(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_token_must_be_the_same_to_the_last_letter() -> None:
    assert same_token(None, None) and same_token(None, "anything")
    assert same_token("a" * 20, "a" * 20) and same_token("ключ", "ключ")
    for wrong in (None, "", "a" * 19, "a" * 21, "a" * 19 + "b", "ключ"):
        assert not same_token("a" * 20, wrong)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost:8888", "http://localhost:8888"),
        ("https://hub.example.org/user/me/lab?x=1", "https://hub.example.org"),
        ("http://[::1]:8888/", "http://[::1]:8888"),
    ],
)
def test_an_origin_is_what_an_address_begins_with(text: str, origin: str) -> None:
    assert origin_of(text) == origin


@given(st.text(max_size=30) | st.text(max_size=20).map(lambda text: f"http://{text}"))
def test_no_text_brings_more_than_an_origin_into_the_policy(text: str) -> None:
    try:
        origin = origin_of(text)
    except HyperclusterError:
        return
    policy = headers_for([origin])["Content-Security-Policy"]
    assert re.fullmatch(r"https?://[\w.:\[\]-]+", origin, re.ASCII)
    assert policy.count(";") == HEADERS["Content-Security-Policy"].count(";")


def test_only_the_origin_that_is_named_may_show_the_page_in_a_frame() -> None:
    assert "frame-ancestors 'none'" in headers_for([])["Content-Security-Policy"]
    assert headers_for([])["X-Frame-Options"] == "DENY"
    framed = headers_for(["http://localhost:8888"])
    assert "frame-ancestors http://localhost:8888;" in framed["Content-Security-Policy"]
    assert set(HEADERS) - set(framed) == {"X-Frame-Options"}
