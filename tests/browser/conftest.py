"""Chromium and a server, shared; every visit has a context of its own and is looked through afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from visits import Visit, serving, visit


@pytest.fixture(scope="module")  # while Playwright is there, its event loop keeps others out of this thread
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        message = "no Chromium here: install Debian's package chromium"
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results folders that the server knows."""
    return tmp_path_factory.mktemp("browser") / "results"


@pytest.fixture(scope="session")
def address(results: Path) -> Iterator[str]:
    results.mkdir()
    with serving(results) as url:
        yield url


@pytest.fixture
def come(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Visit the page: ``come("#seed=2", size=..., scheme="dark")``."""
    visits: list[Visit] = []

    def arrive(fragment: str = "", *, size: dict[str, int] | None = None, scheme: str = "light") -> Visit:
        visits.append(visit(browser, address, size=size, scheme=scheme))
        return visits[-1].open(fragment)

    yield arrive
    for each in visits:
        each.leave()
