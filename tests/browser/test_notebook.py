"""The page in a cell of a notebook, with a real Jupyter server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect
from visits import MS

TOKEN = "of-the-notebook"
CODE = """
import simulation
simulation.page("regional_cluster", "hypercluster", seed=3, height=700)
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def notebook(code: str) -> str:
    cell = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": code,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )


def wait_for(address: str) -> None:
    end = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < end, "the Jupyter server does not answer"
            time.sleep(0.5)


@pytest.mark.slow
def test_a_cell_shows_the_page_and_no_other_page_may(browser, tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_text(notebook(CODE), encoding="utf-8")
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "RUNTIME", "DATA")}
    port = free_port()
    jupyter = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}"),
        ],
        env=os.environ | folders,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://localhost:{port}/api")
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"http://localhost:{port}/lab/tree/one.ipynb?token={TOKEN}")
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click(timeout=2 * MS)
        page.keyboard.press("Shift+Enter")
        frame = page.frame_locator("iframe[title='hypercluster']")
        expect(frame.locator("#clock")).to_contain_text("year", timeout=4 * MS)
        expect(frame.locator("#choose-b")).to_have_text("Hypercluster", timeout=MS)
        address = page.locator("iframe[title='hypercluster']").get_attribute("src")
        assert address is not None and "token=" in address and "seed=3" in address
        with urllib.request.urlopen(address.partition("#")[0]) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Frame-Options"] is None
        assert f"frame-ancestors http://127.0.0.1:{port} http://localhost:{port};" in policy
        # A page of another origin, which has got hold of the address, shows nothing of it.
        other = browser.new_page()
        other.route(
            "http://elsewhere.example/",
            lambda route: route.fulfill(
                content_type="text/html", body=f"<iframe title='stolen' src='{address}'></iframe>"
            ),
        )
        other.goto("http://elsewhere.example/")
        other.wait_for_timeout(2000)
        assert other.frame_locator("iframe").locator("#clock").count() == 0
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address.partition("?")[0])
        served = [
            each
            for each in psutil.process_iter(["cmdline"])
            if f"http://localhost:{port}" in (each.info["cmdline"] or [])
        ]
        assert served
        other.close()
        page.close()
    finally:
        for child in psutil.Process(jupyter.pid).children(recursive=True):
            if any("ipykernel" in part for part in child.cmdline()):
                child.kill()  # as hard as can be: the server must notice by itself
        jupyter.terminate()
        jupyter.wait(30)
    _, left = psutil.wait_procs(served, timeout=30)
    assert not left
