"""A real browser at a real server: who visits the page sees no error and asks nobody else for anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page, WebSocket, expect
from processes import PATIENCE, started

DESK = {"width": 1280, "height": 720}
MS = 30_000
"""What must come has come by then, even where the machine is busy."""


@contextmanager
def serving(folder: Path, *arguments: object) -> Iterator[str]:
    """Serve the page at a free port, with results folders in ``folder``; yields the address."""
    command = ("-m", "simulation", "serve", *arguments, "--port", "0", "--results", folder)
    with started(command) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("The page is at "), process.communicate(timeout=PATIENCE)
        # What it says later must not fill the pipe and stop it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield line.removeprefix("The page is at ").strip()


class Visit:
    """One page in a context of its own, and what went wrong there."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address.partition("#")[0]
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(MS)
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.sent: list[str] = []
        self.page.on(
            "console", lambda said: self._note(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("request", lambda request: self._watch(request.url))
        self.page.on("websocket", self._listen)
        context.route(lambda url: self._is_foreign(url), lambda route: route.abort())

    def open(self, fragment: str = "") -> Visit:
        """Open the page and wait for its first picture."""
        self.page.goto(f"{self.address}{fragment}")
        self.arrive()
        return self

    def arrive(self) -> None:
        """Wait until a picture is there."""
        expect(self.page.locator("#clock")).to_contain_text("year", timeout=MS)

    def panel(self, tab: str) -> Locator:
        """Open a panel of the drawer and return it with its figures."""
        if not self.page.locator("#drawer").is_visible():
            self.page.locator("#open-sure").click()
        self.page.locator(f"#tab-{tab}").click()
        return self.page.locator(f"#tabpanel-{tab}")

    def answered(self) -> Locator:
        """The answer, once its words are those of what is open."""
        expect(self.page.locator("#answer")).to_have_attribute("aria-busy", "false", timeout=MS)
        return self.page.locator("#answer")

    def at(self, year: int, month: int = 0) -> None:
        """Wait until the page shows this time."""
        expect(self.page.locator("#clock")).to_have_text(f"year {year} month {month}", timeout=MS)

    def score(self, title: str) -> Locator:
        """One measure of the scoreboard."""
        return self.page.locator("#scoreboard li", has=self.page.get_by_text(title, exact=True))

    def scores(self) -> list[str]:
        """All measures, as they are written."""
        return self.page.locator("#scoreboard li").all_inner_texts()

    def change(self, key: str, value: str) -> None:
        """Write a value into a field of the forms."""
        field = self.page.locator(f'[data-key="{key}"]')
        field.fill(value)
        field.press("Enter")

    def choose(self, side: str, value: str) -> None:
        """Choose a scenario for a side: its name, or "folder/scenario"."""
        self.page.locator(f"#choose-{side}").click()
        self.page.get_by_role("dialog").locator(f'[data-value="{value}"]').click()

    def forms(self, table: str) -> None:
        """Open the forms and unfold a table."""
        self.panel("change")
        self.page.locator("#panel-change summary", has_text=table).last.click()

    def saved(self, press: Locator) -> Download:
        """What the browser saves when this is pressed."""
        with self.page.expect_download() as download:
            press.click()
        return download.value

    def counts(self) -> str:
        """The counts of all months so far, as CSV."""
        self.page.locator("#save").click()
        box = self.page.get_by_role("dialog")
        text = Path(self.saved(box.get_by_role("button", name="All counts")).path()).read_text()
        box.get_by_role("button", name="Close").click()
        return text

    def leave(self) -> None:
        """Close the context; fails if the page reported an error or asked anybody else."""
        self.context.close()
        assert self.faults == []
        assert self.foreign == []

    def _note(self, fault: str) -> None:
        self.faults.append(fault)

    def _watch(self, url: str) -> None:
        if self._is_foreign(url):
            self.foreign.append(url)

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme not in ("blob", "data") and parts.netloc != urlsplit(self.address).netloc

    def _listen(self, socket: WebSocket) -> None:
        if self._is_foreign(socket.url):
            self.foreign.append(socket.url)
        socket.on("framesent", lambda message: self.sent.append(str(message)))


def visit(
    browser: Browser, address: str, *, size: dict[str, int] | None = None, scheme: str = "light"
) -> Visit:
    """Come to the page with a fresh browser context."""
    context = browser.new_context(viewport=size or DESK, color_scheme=scheme, accept_downloads=True)
    return Visit(context, address)
