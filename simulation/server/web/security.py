"""Access to the server, and the security headers of its answers."""

from __future__ import annotations

import hmac
import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulation.errors import HyperclusterError, shortened

FRAMES = "frame-ancestors 'none'"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        FRAMES,
        "form-action 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
DEFAULT_PORT = 80


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address or name on which a server listens."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin_of(text: str) -> str:
    """Return the origin of a page as a browser writes it: scheme, host, and a port unless it is the usual one.

    Raises
    ------
    HyperclusterError
        If it is none.
    """
    try:
        place = urlsplit(text)
        port = place.port
    except ValueError:
        port, place = None, urlsplit("")
    host = place.hostname or ""
    is_host = re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host)
    if place.scheme not in ("http", "https") or not is_host or place.username is not None:
        raise HyperclusterError(
            f"{shortened(text)}: must be where a page is, as its address begins, such as http://localhost:8888"
        )
    name = f"[{host}]" if ":" in host else host
    return f"{place.scheme}://{name}" + ("" if port is None else f":{port}")


def headers_for(frames: Sequence[str]) -> dict[str, str]:
    """Return the headers of all answers; pages of these origins may show the page in a frame."""
    if not frames:
        return HEADERS
    policy = POLICY.replace(FRAMES, f"frame-ancestors {' '.join(frames)}")
    # X-Frame-Options knows no origins; browsers that know frame-ancestors ignore it.
    return {name: value for name, value in HEADERS.items() if name != "X-Frame-Options"} | {
        "Content-Security-Policy": policy
    }


class Gate:
    """Lets in requests that name this server as Host and, if they name any, as Origin; refuses others with 403.

    A foreign page can make the name of its own server resolve to this machine (DNS rebinding), and can open WebSockets
    without permission; Host and Origin reveal this.

    Parameters
    ----------
    app : the application to protect.
    host : address or name on which the server listens.
    port : the port.
    frames : origins whose pages may show this one in a frame.
    """

    def __init__(self, app: ASGIApp, host: str, *, port: int, frames: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = headers_for(frames)
        self._host = host.lower()
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._is_foreign(Headers(scope=scope)):
            if scope["type"] == "websocket":
                await send(
                    {"type": "websocket.close", "code": 1008}
                )  # before it is accepted: answered with 403
            else:
                await PlainTextResponse("foreign Host or Origin", 403, self._headers)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _is_foreign(self, headers: Headers) -> bool:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or len(origins) > 1 or not self._is_ours(hosts[0]):
            return True
        # Programs send no Origin; a browser that hides it sends "null".
        return bool(origins) and origins[0].lower() not in (
            f"http://{hosts[0]}".lower(),
            f"https://{hosts[0]}".lower(),
        )

    def _is_ours(self, host: str) -> bool:
        try:
            place = urlsplit(f"//{host}")
            name, port = place.hostname, place.port
        except ValueError:
            return False
        if name is None or place.netloc != host or place.username is not None:
            return False
        if (port or DEFAULT_PORT) != self._port:
            return False
        if is_loopback(self._host):
            return name in LOOPBACK | {self._host}
        return name == self._host or name in LOOPBACK or self._is_this_machine(name)

    def _is_this_machine(self, name: str) -> bool:
        """Whether a server that listens on all addresses has this one: any address, and the machine's own names."""
        if self._host not in ("0.0.0.0", "::"):
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in {socket.gethostname().lower(), socket.getfqdn().lower()}
        return True


def same_token(expected: str | None, given: str | None) -> bool:
    """Whether a token is correct, compared in constant time; if none is expected, any is."""
    return expected is None or hmac.compare_digest(expected.encode(), (given or "").encode())
