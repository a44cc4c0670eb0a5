"""The files of the page, read and compressed once when the server starts, so that no answer waits for either."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

GAIN = 0.9
"""What is not smaller than this share after compression is sent as it is."""


@dataclass(frozen=True, slots=True)
class _File:
    plain: bytes
    packed: bytes | None
    media_type: str
    etag: str

    def response(self, headers: Headers) -> Response:
        sent = {"ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in headers.get("if-none-match", ""):
            return Response(status_code=304, headers=sent)
        if self.packed is None or not accepts_gzip(headers):
            return Response(self.plain, media_type=self.media_type, headers=sent)
        return Response(self.packed, media_type=self.media_type, headers=sent | {"Content-Encoding": "gzip"})


class StaticFiles:
    """An application that sends these files, by their path, and nothing else.

    Parameters
    ----------
    folder : every file in it and below is sent.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _file(path.read_bytes(), path.name)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD."""
        response: Response
        found = self._files.get(scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/"))
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            response = PlainTextResponse("Method Not Allowed", 405, {"Allow": "GET, HEAD"})
        elif found is None:
            response = PlainTextResponse("Not Found", 404)
        else:
            response = found.response(Headers(scope=scope))
        await response(scope, receive, send)


def packed_page(html: bytes) -> _File:
    """Return the page itself in the same way."""
    return _file(html, "index.html")


def accepts_gzip(headers: Headers) -> bool:
    """Whether the answer to a request may be compressed."""
    for part in headers.get("accept-encoding", "").lower().split(","):
        name, *settings = (piece.strip() for piece in part.split(";"))
        if name in ("gzip", "*"):
            return not any(setting.replace(" ", "") in ("q=0", "q=0.0") for setting in settings)
    return False


def _file(plain: bytes, name: str) -> _File:
    packed = gzip.compress(plain, 6, mtime=0)
    return _File(
        plain,
        packed if len(packed) < GAIN * len(plain) else None,
        mimetypes.guess_type(name)[0] or "text/plain",
        f'"{hashlib.sha256(plain).hexdigest()[:32]}"',
    )
