"""The line between page and server: cut, foreign, hostile; and the files that the page is made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute, expect
from visits import DESK, MS, Visit, serving

import simulation

STATIC = Path(simulation.__file__).parent / "server" / "static"
HOSTILE = """
name = "hostile"
title = "<img src=x onerror=alert(1)><b>bold</b>"
description = "<script>alert(2)</script>"
[time]
years = 2
[world]
scale = 0.05
[technologies]
release = "at_start"
"""


class Line:
    """A WebSocket that a test can cut."""

    def __init__(self) -> None:
        self.open: list[WebSocketRoute] = []
        self.welcomes: list[dict] = []

    def __call__(self, page_end: WebSocketRoute) -> None:
        server_end = page_end.connect_to_server()
        self.open.append(page_end)
        page_end.on_message(server_end.send)

        def pass_on(message: str | bytes) -> None:
            if isinstance(message, str) and '"welcome"' in message[:60]:
                self.welcomes.append(json.loads(message))
            page_end.send(message)

        server_end.on_message(pass_on)

    def cut(self) -> None:
        self.open[-1].close(code=3001, reason="cut by the test")


def come_over(line: Line, browser, address: str) -> Visit:
    visit = Visit(browser.new_context(viewport=DESK, accept_downloads=True), address)
    visit.page.route_web_socket("**/live", line)
    return visit


@pytest.mark.slow
def test_a_cut_connection_resumes_the_session_and_loses_nothing(browser, address):
    line = Line()
    visit = come_over(line, browser, address).open("#a=regional_cluster&b=hypercluster&seed=3&month=60")
    visit.at(5)
    before = visit.scores()
    line.cut()
    expect(visit.page.locator("#notice")).to_contain_text("The connection was lost")
    expect(visit.page.locator("#notice")).to_be_hidden(timeout=MS)
    assert [welcome["resumed"] for welcome in line.welcomes] == [False, True]
    assert visit.scores() == before
    visit.page.locator("#slider").fill("120")
    visit.at(10)
    visit.leave()


@pytest.mark.slow
def test_a_session_that_is_gone_is_opened_anew_from_the_address(browser, address):
    line = Line()
    visit = come_over(line, browser, address).open("#a=regional_cluster&b=hypercluster&seed=3&month=60")
    visit.at(5)
    before = visit.scores()
    visit.page.evaluate("sessionStorage.setItem('hypercluster-session', 'x'.repeat(43))")
    line.cut()
    expect(visit.page.locator("#notice")).to_be_visible()
    expect(visit.page.locator("#notice")).to_be_hidden(timeout=MS)
    visit.at(5)
    assert [welcome["resumed"] for welcome in line.welcomes] == [False, False]
    assert visit.scores() == before
    visit.leave()


@pytest.mark.slow
def test_no_request_leaves_for_another_host_even_when_nothing_is_cached(come, address):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=60")
    requests: list[str] = []
    visit.page.on("request", lambda request: requests.append(request.url))
    visit.page.reload()
    visit.at(5)
    assert len(requests) > 20
    assert all(url.startswith(address) for url in requests)
    assert visit.foreign == []


@pytest.mark.slow  # a server of its own
def test_a_scenario_that_holds_markup_is_shown_as_text(browser, tmp_path):
    scenario = tmp_path / "hostile.toml"
    scenario.write_text(HOSTILE)
    with serving(tmp_path / "results", scenario) as url:
        visit = Visit(browser.new_context(viewport=DESK), url)
        visit.page.on("dialog", lambda dialog: visit.faults.append(dialog.message))
        visit.open("#a=hostile&b=baseline&seed=1&month=12")
        visit.page.locator("#open-change").click()
        visit.page.locator("#panel-change summary", has_text="About").first.click()
        expect(visit.page.locator("#panel-change")).to_contain_text("<script>alert(2)</script>")
        expect(visit.page.locator("#choose-a")).to_have_text("<img src=x onerror=alert(1)><b>bold</b>")
        assert visit.page.locator("main img, aside img, aside script").count() == 0
        visit.leave()


def test_the_library_is_the_one_that_was_fetched_and_its_licence_lies_beside_it():
    vendored = STATIC / "vendor" / "d3"
    digest, name = (vendored / "SHA256").read_text().split()
    assert hashlib.sha256((vendored / name).read_bytes()).hexdigest() == digest
    assert (vendored / "VERSION").read_text().strip() in (vendored / name).read_text()[:200]
    assert "Permission to use, copy, modify" in (vendored / "LICENSE").read_text()


def test_the_page_has_no_inline_script_or_style_and_no_module_is_long():
    page = (STATIC / "index.html").read_text()
    assert "style=" not in page and "<style" not in page and "onclick" not in page
    assert page.count("<script") == page.count('<script type="module" src=')
    for module in STATIC.glob("js/**/*.js"):
        text = module.read_text()
        assert text.count("\n") <= 500, module
        assert (
            "innerHTML" not in text
            and "eval(" not in text
            and "http://" not in text.replace("http://www.w3.org", "")
        ), module
