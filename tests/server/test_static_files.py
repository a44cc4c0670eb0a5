"""Files of the page are sent compressed to who can read it, as they are to others, and once."""

from __future__ import annotations

import pytest
from served import Served

from simulation.server.web.app import STATIC
from simulation.server.web.static_files import accepts_gzip


@pytest.mark.parametrize("path", ["js/main.js", "vendor/d3/d3.min.js", "css/layout.css", "icon.svg"])
def test_a_file_is_the_same_compressed_and_plain_and_is_not_sent_twice(served: Served, path: str) -> None:
    expected = (STATIC / path).read_bytes()
    for encoding in ("gzip", "identity"):
        answer = served.client.get(f"/static/{path}", headers={"Accept-Encoding": encoding})
        assert answer.content == expected
        assert answer.headers["Vary"] == "Accept-Encoding"
    again = served.client.get(f"/static/{path}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_and_its_files_are_less_than_half_as_long_compressed(served: Served) -> None:
    lengths = {}
    for encoding in ("gzip", "identity"):
        paths = ["/", *(f"/static/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*.js"))]
        answers = [served.client.get(path, headers={"Accept-Encoding": encoding}) for path in paths]
        lengths[encoding] = sum(int(answer.headers["Content-Length"]) for answer in answers)
    assert lengths["gzip"] < lengths["identity"] / 2


@pytest.mark.parametrize(
    ("said", "accepted"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False), ("*", True)],
)
def test_who_does_not_read_gzip_gets_none(said: str, accepted: bool) -> None:
    assert accepts_gzip({"accept-encoding": said}) == accepted  # type: ignore[arg-type]


def test_there_is_nothing_but_the_files_and_no_other_method(served: Served) -> None:
    assert served.client.get("/static/js/").status_code == 404
    assert served.client.post("/static/js/main.js").status_code == 405
