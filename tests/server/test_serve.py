"""The command ``serve`` as a user and a stranger meet it: a real process, real sockets."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from processes import PATIENCE, SUPPORT, session_members, started
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import simulation.server.web.app
from simulation.cli.main import cli
from simulation.server.web.page import page_html
from simulation.server.web.serve import page_address

ENVIRONMENT = {
    "HOST": "0.0.0.0",
    "UVICORN_HOST": "0.0.0.0",
    "UVICORN_PORT": "1",
    "PORT": "1",
    "FORWARDED_ALLOW_IPS": "*",
    "WEB_CONCURRENCY": "3",
    "UVICORN_WORKERS": "3",
}
"""What might make a server listen elsewhere."""


@dataclass(frozen=True)
class Running:
    """A server process, and where it says that the page is."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])


@contextlib.contextmanager
def serving(folder: Path, *program: str | Path) -> Iterator[Running]:
    command = (*(program or ("-m", "simulation", "serve")), "--port", "0", "--results", folder)
    with started(command, changes=ENVIRONMENT) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("The page is at "), process.communicate(timeout=PATIENCE)
        # What it says later must not fill the pipe and stop it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Running(process, line.removeprefix("The page is at ").strip())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("results")) as found:
        yield found


def status(port: int, **headers: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/static/index.html", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@contextlib.contextmanager
def live(port: int, **options: Any) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{port}/live", max_size=None, open_timeout=PATIENCE, **options) as found:
        yield found


def test_whatever_the_environment_says_only_this_machine_can_reach_it(running: Running) -> None:
    assert running.url.startswith("http://127.0.0.1:")
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{running.process.pid}/net/{table}")
        .read_text(encoding="ascii")
        .splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == running.port
    ]
    assert [address.split(":")[0] for address in listening] == ["0100007F"]


def test_foreign_hosts_and_origins_get_403(running: Running) -> None:
    port = running.port
    assert status(port) == 200
    assert status(port, Origin=f"http://127.0.0.1:{port}") == 200
    assert status(port, Host="evil.example") == 403
    assert status(port, Host=f"evil.example:{port}") == 403
    assert status(port, Origin="http://evil.example") == 403
    for options in ({"origin": "http://evil.example"}, {"additional_headers": {"Origin": "null"}}):
        with pytest.raises(InvalidStatus) as caught, live(port, **options):
            pass
        assert caught.value.response.status_code == 403
    with live(port, origin=f"http://127.0.0.1:{port}") as socket_:
        socket_.send('{"type": "hello"}')
        assert json.loads(socket_.recv(PATIENCE))["type"] == "welcome"


def test_a_message_over_a_megabyte_is_not_even_read(running: Running) -> None:
    with live(running.port) as socket_:
        socket_.send('{"type": "hello"}')
        socket_.recv(PATIENCE)
        socket_.send("x" * 1_000_001)
        with pytest.raises(ConnectionClosed) as caught:
            socket_.recv(PATIENCE)
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009
    assert status(running.port) == 200


def test_garbage_on_the_wire_leaves_the_server_standing(running: Running) -> None:
    for garbage in (
        b"\x00" * 1000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as raw:
            raw.sendall(garbage)
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/nothing"):
        with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as raw:
            raw.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nConnection: close\r\n\r\n".encode()
            )
            assert b" 404 " in raw.recv(100)
    assert status(running.port) == 200


def test_the_process_that_listens_is_small() -> None:
    """What draws and computes is imported by the processes of the model alone."""
    heavy = ("pandas", "matplotlib", "pyarrow")
    code = f"import sys, simulation.server.web.serve; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert found.stdout.strip() == "[]"


def test_a_port_that_is_taken_is_told(running: Running) -> None:
    result = CliRunner().invoke(cli, ["serve", "--port", str(running.port)])
    assert result.exit_code == 2
    assert f"--port {running.port}: used by another program" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("host", "token", "shown", "expected"),
    [
        ("127.0.0.1", None, [], "http://127.0.0.1:8000/"),
        ("127.0.0.1", None, ["baseline"], "http://127.0.0.1:8000/#a=baseline"),
        ("::1", "a b", ["x y", "z"], "http://[::1]:8000/?token=a%20b#a=x%20y&b=z"),
        ("0.0.0.0", "t", [], f"http://{socket.gethostname()}:8000/?token=t"),
    ],
)
def test_the_address_has_what_the_page_needs(
    host: str, token: str | None, shown: list[str], expected: str
) -> None:
    assert page_address(host, 8000, token=token, shown=shown) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--token", "x" * 30], "only with --host"),
        (["--host", "0.0.0.0", "--token", "short"], "16 characters or more"),
        (["--host", "0.0.0.0", "--token", "x" * 30 + "\udcff"], "must be text in UTF-8"),
        (["--host", "0.0.0.0", "--token", "x" * 30 + "\x1b"], "must be text in UTF-8"),
        (["--host", "no.such.name.invalid"], "no such address"),
        (["no_such.toml"], "no such file"),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["serve", "--port", "0", *arguments])
    assert result.exit_code == 2
    assert message in result.output


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for others too, which wants a token."""
    with serving(tmp_path_factory.mktemp("guarded"), SUPPORT / "guarded_server.py") as found:
        yield found


def answer(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    """Status and body of a request whose path is sent as it stands."""
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        with raw.makefile("rb") as file:
            whole: bytes = file.read()
    return int(whole.split(b" ", 2)[1]), whole.partition(b"\r\n\r\n")[2]


def test_for_others_a_token_is_required_and_printed_once(guarded: Running) -> None:
    token = guarded.url.split("?token=")[1]
    assert len(token) >= 43, "256 bits"
    assert answer(guarded.port, f"/?token={token}") == (200, page_html(simulation.server.web.app.STATIC))
    wrong = (token[:-1], token + "0", token.swapcase(), "", "%00", "%FF", f"{token}%00", "0" * 10_000)
    for path in (
        *("/", "/?", "/?Token=" + token, "/?a=1;token=" + token, "/#token=" + token, f"/?token[]={token}"),
        *(f"/?token={one}" for one in wrong),
        *(f"/?token={token}&token={one}" for one in wrong),
    ):
        assert answer(guarded.port, path)[0] in (403, 404), path
    for headers in (
        {"Cookie": f"token={token}"},
        {"Authorization": f"Bearer {token}"},
        {"Token": token},
        {"X-Token": token},
        {"Referer": guarded.url},
    ):
        assert answer(guarded.port, "/", **headers)[0] == 403, headers
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        assert answer(guarded.port, f"/?token={token}", **headers)[0] == 403, headers


def test_without_the_token_there_are_only_the_files_of_the_page(guarded: Running) -> None:
    for path in (
        *("/index.html", "//", "/live", "/static", "/static/", "/static/js/", "/static/../app.py"),
        *("/static/%2e%2e/serve.py", "/static/..%5cserve.py", "/static/%00", "/openapi.json", "/docs"),
        *("/scenarios/baseline.toml", "/results/", "/static//etc/passwd", "/static/js/../../../cli.py"),
    ):
        assert answer(guarded.port, path)[0] == 404, path
    root = simulation.server.web.app.STATIC
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        status, body = answer(guarded.port, f"/static/{file.relative_to(root).as_posix()}")
        assert (status, body) == (200, file.read_bytes())


@pytest.mark.parametrize("session", [False, True])
def test_nothing_is_said_over_the_line_before_the_token(guarded: Running, session: bool) -> None:
    token = guarded.url.split("?token=")[1]
    with live(guarded.port) as socket_:
        socket_.send(json.dumps({"type": "hello", "token": token}))
        welcome = json.loads(socket_.recv(PATIENCE))
        assert welcome["type"] == "welcome"
        stolen = welcome["session"] if session else None
        for given in (None, "", token[:-1], token.swapcase(), "\0", token + " "):
            with connect(
                f"ws://127.0.0.1:{guarded.port}/live?token={token}",
                additional_headers={"Cookie": f"token={token}", "Authorization": f"Bearer {token}"},
                open_timeout=PATIENCE,
            ) as other:
                other.send(json.dumps({"type": "hello", "session": stolen, "token": given}))
                with pytest.raises(ConnectionClosed) as caught:
                    other.recv(PATIENCE)
                assert caught.value.rcvd is not None and caught.value.rcvd.code == 4003
        socket_.send(json.dumps({"type": "toml", "id": 1, "side": "a"}))
        assert json.loads(socket_.recv(PATIENCE))["type"] == "error", "the session was not taken over"
    with pytest.raises(InvalidStatus), live(guarded.port, origin="http://evil.example"):
        pass


PHASES = ("connect", "handshake", "hello", "open", "frames", "study", "taken over", "busy")


def leave_abruptly(port: int, phase: str) -> None:
    """Come as a page does, and be gone at this point without a word: the connection is reset."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if phase == "connect":
            raw.sendall(b"GET /live HT")
            return
        raw.sendall(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        if phase == "handshake":
            return
        raw.recv(1000)
        side = {"scenario": "baseline", "changes": []}
        messages: list[dict[str, Any]] = [
            {"type": "hello"},
            {"type": "open", "id": 1, "seed": 1, "a": side, "b": side},
            {"type": "frames", "id": 2, "sides": ["a", "b"], "first": 1, "months": 100},
            {"type": "study", "id": 3, "replications": 50},
        ]
        number = {"hello": 1, "open": 2, "frames": 3, "study": 4}.get(phase, 1)
        for message in messages[:number]:
            data = json.dumps(message).encode()
            raw.sendall(struct.pack("!BBH", 0x81, 0xFE, len(data)) + bytes(4) + data)
        if phase == "study":
            time.sleep(3)
        if phase == "taken over":
            raw.recv(4)
            found = re.search(rb'"session":"([^"]+)"', raw.recv(100_000))
            if found is not None:
                with live(port) as other:
                    other.send(json.dumps({"type": "hello", "session": found[1].decode()}))
                    raw.close()


@pytest.mark.slow
@pytest.mark.parametrize("last", PHASES)
def test_closed_tabs_and_ctrl_c_leave_no_word_in_the_log(tmp_path: Path, last: str) -> None:
    """Pages vanish in every phase, and Ctrl-C comes right after one of them."""
    with serving(tmp_path) as running:
        for phase in (*PHASES, last):
            leave_abruptly(running.port, phase)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(PATIENCE) == 0
        assert running.process.stderr is not None
        said = running.process.stderr.read()
    assert said.splitlines()[1:] == [], said


@pytest.mark.slow
def test_ctrl_c_ends_it_and_all_that_it_started(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        with live(running.port) as socket_:
            socket_.send('{"type": "hello"}')
            socket_.recv(PATIENCE)
            side = {"scenario": "baseline", "changes": []}
            socket_.send(json.dumps({"type": "open", "id": 1, "seed": 1, "a": side, "b": side}))
            for _ in range(3):
                socket_.recv(PATIENCE)
            socket_.send(json.dumps({"type": "study", "id": 2, "replications": 500}))
            assert json.loads(socket_.recv(PATIENCE))["state"] == "running"
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(PATIENCE) == 0
        limit = time.monotonic() + PATIENCE
        while session_members(running.process.pid):
            assert time.monotonic() < limit, "something was left behind"
            time.sleep(0.1)
