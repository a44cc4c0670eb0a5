"""The page that builds a country from nothing does what it says: its files are written, its commands run."""

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.cli.main import cli

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
NAME = re.compile(r"`([\w/]+\.(?:csv|toml))`")
FAULTY = ["finds", "the", "mistake,"]
"""What the page says after the command that is to fail."""


def steps():
    """What the page asks for, in order: file and text to save, commands to run, lines that they print."""
    text = PAGE.read_text(encoding="utf-8")
    end = 0
    for block in BLOCK.finditer(text):
        before, end = text[end : block.start()], block.end()
        kind, content = block.groups()
        if kind in ("csv", "toml"):
            yield "file", NAME.findall(before)[-1], content
        elif kind == "text":
            yield "print", "", content
        else:
            yield "run", text[end:].split(maxsplit=3)[:3], content


def run(commands):
    """Run the commands of a block; return exit codes and what they print."""
    codes, printed = [], ""
    for line in commands.splitlines():
        program, *arguments = shlex.split(line.removeprefix("uv run "))
        assert program == "hypercluster"
        outcome = CliRunner().invoke(cli, arguments)
        codes.append(outcome.exit_code)
        printed += outcome.output
    return codes, printed


@pytest.mark.slow
def test_every_step_of_the_page_does_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed, done = "", Counter()
    for kind, what, content in steps():
        done[kind] += 1
        if kind == "file":
            path = Path(what)
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif kind == "run":
            codes, printed = run(content)
            assert set(codes) == {2 if what == FAULTY else 0}, printed
        else:
            assert set(content.splitlines()) <= set(printed.splitlines()), printed
    assert done == {"file": 13, "run": 7, "print": 4}
    assert Path("results/lakeland/figures/adoption_raster.png").exists()
    assert Path("results/lakeland/figures/t50_by_region.png").exists()


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", PAGE.read_text(encoding="utf-8")))
def test_links_of_the_page_lead_somewhere(target):
    assert (PAGE.parent / target).exists()
