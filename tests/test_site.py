"""The documentation as a site: built strictly, complete, and without anything from the network."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from simulation.cli.main import cli
from simulation.figures.drawing.study import Drawn, ScenarioCurves, StudyCurves, StudyFigure
from simulation.levers import Levers
from simulation.metrics.curves import Curves
from simulation.metrics.metric import Metric
from simulation.policies import INSTRUMENTS
from simulation.policies.base import Effect
from simulation.scenario.schema import Scenario
from simulation.world import Endowment

ROOT = Path(__file__).parent.parent
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
REFERENCES = (
    "simulation.metrics",
    "simulation.policies",
    "simulation.levers",
    "simulation.world",
    "simulation.figures",
)

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page links to, what it loads, and the targets that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.targets: set[str] = {"", "__top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.targets |= {value for key in ("id", "name") if (value := given.get(key))}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loaded.append(str(given["href"]))
        if given.get("src"):
            self.loaded.append(str(given["src"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_link_leads_to_a_target_of_the_site(site: Path, pages: dict[Path, Page]):
    lost = []
    for path, page in pages.items():
        if path.name == "404.html":  # its links are from the root of a server
            continue
        for link in (*page.links, *page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = place / "index.html" if place.is_dir() else place
            there = place in pages and unquote(parts.fragment) in pages[place].targets
            if not there and not (place not in pages and place.is_file()):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert lost == []


def test_no_page_loads_anything_from_the_network(site: Path, pages: dict[Path, Page]):
    assert [url for page in pages.values() for url in page.loaded if urlsplit(url).netloc] == []
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles
    assert [url for text in styles for url in re.findall(r"url\([\"']?(?:https?:)?//[^)]*", text)] == []


def test_every_equation_is_drawn_and_its_number_can_be_linked_to(site: Path, pages: dict[Path, Page]):
    numbers = re.findall(r"\\tag\{(\d+)\}", MODEL)
    assert {f"equation-{number}" for number in numbers} <= pages[site / "model.html"].targets
    for name in ("model", "fit", "comparison", "ensembles", "explain"):
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        assert "<math" in text
        assert "arithmatex" not in text
        assert re.findall(r"\\(?:frac|sum|text|tag|left)\b", text) == []


def test_the_references_hold_every_key_instrument_and_command(site: Path, pages: dict[Path, Page]):
    keys = (site / "reference" / "scenario.html").read_text(encoding="utf-8")
    targets = pages[site / "reference" / "scenario.html"].targets
    assert {f"policies.{name}" for name in INSTRUMENTS} <= targets
    assert [
        key for key in Scenario.model_fields if key not in targets and f"<code>{key}</code>" not in keys
    ] == []
    studies = pages[site / "reference" / "studies.html"].targets
    assert {"hypercluster-explore", "explore.parameters", "optimize.entries", "fit.parameters"} <= studies
    commands = pages[site / "reference" / "commands.html"].targets
    assert {f"hypercluster-{name}" for name in cli.commands} <= commands


EXTENDED = (Metric, Curves, Effect, Levers, Endowment, StudyFigure, StudyCurves, ScenarioCurves, Drawn)
"""Classes whose fields the author of an instrument, a metric or a figure reads or writes."""


@pytest.mark.parametrize("cls", EXTENDED, ids=lambda cls: cls.__name__)
def test_the_reference_shows_fields_with_their_meaning(site: Path, cls: type):
    package = next(p for p in REFERENCES if f"{cls.__module__}.".startswith(f"{p}."))
    page = (site / "reference" / "python" / f"{package}.html").read_text(encoding="utf-8")
    for field in dataclasses.fields(cls):
        _, _, shown = page.partition(f'id="{cls.__module__}.{cls.__qualname__}.{field.name}"')
        _, _, words = shown.partition('class="doc doc-contents ">')
        assert re.match(r"\s*<p>\w", words), field.name


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_every_notebook_is_a_page_with_its_figures(site: Path, pages: dict[Path, Page], path: Path):
    """The build has executed them all, and would have failed on an error or a warning."""
    page = pages[site / "notebooks" / f"{path.stem}.html"]
    drawing = [
        cell["id"]
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if "alt" in cell["metadata"]
    ]
    assert [f"{path.stem}/{name}.png" for name in drawing] == [
        url for url in page.loaded if url.startswith(f"{path.stem}/")
    ]
    assert len(drawing) >= 2
    assert path.name in page.links


def test_the_public_names_have_their_docstrings(site: Path, pages: dict[Path, Page]):
    import simulation

    targets = pages[site / "reference" / "python" / "simulation.html"].targets
    assert {f"simulation.{name}" for name in simulation.__all__} <= targets
