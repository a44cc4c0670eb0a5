"""Every command and every snippet of Python on the site is understood by the program, and run unless a reason is given.

The quick tests read each command as far as its execution; the slow ones run the pages from top to bottom in one folder,
at a reduced size.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from small_ensembles import SMALL

import simulation.plugins
from simulation.cli.main import cli
from simulation.explore.study import STUDIES
from simulation.figures import FIGURES
from simulation.scenario.loading import shipped_scenarios

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "gallery" / "README.md"),
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
PROGRAMS = ("hypercluster ", "uv ", "pip ", "python3 ", "py ", ".venv/", ".ci/", "dask ", "AWS_")
"""How a line that is a command begins; other blocks without a language are texts."""
SPAN = re.compile(r"`(?:uv run )?hypercluster ([a-z][^`]*)`")
PLACEHOLDERS = {"N": "1", "S": "1", "W": "1", "NUMBER": "1", "SECONDS": "1"}

REDUCED = [word for each in SMALL for word in ("--set", each)] + ["--executor", "serial"]
EXECUTED = {
    "uv run hypercluster run": [*REDUCED, "--replications", "7"],
    "uv run hypercluster run --set diffusion.half_distance_km=529 --out results/long_reach": [
        *REDUCED,
        *("--replications", "7"),
    ],
    "uv run hypercluster compare results/study results/long_reach": [],
    "uv run hypercluster validate scenarios/slow_start.toml": [],
    "uv run hypercluster run baseline hypercluster scenarios/slow_start.toml --out results/slow_start": [
        *REDUCED,
        *("--replications", "2"),
    ],
    "uv run hypercluster explore": [*REDUCED, "--points", "24", "--replications", "1"],
    "uv run hypercluster explore regional_cluster mixed --kept 500": [
        *REDUCED,
        *("--kept", "1", "--points", "4"),
    ],
    "uv run hypercluster explore my_study.toml --dry-run": [],
    "hypercluster explain hypercluster": ["--replications", "2"],
    "hypercluster explain hypercluster --against regional_cluster --replications 20": ["--replications", "2"],
    "hypercluster explain hypercluster --out results/study/explain": ["--replications", "2"],
    "hypercluster report results/study": [],
}
"""Commands that are run here, in this order, with what is added to make them small."""

OTHERWISE = {
    "docs/tutorial.md": "tests/test_tutorial.py runs them all",
    "docs/installing.md": "other systems, and what every run of CI does to begin with",
    "CONTRIBUTING.md": "what CI itself is",
    "docs/fit.md": "the survey does not come with the program; tests/cli/test_fit.py fits a made-up one",
    "docs/optimize.md": "hours; tests/cli/test_optimize.py runs a small search",
    "docs/browser.md": "run until they are stopped; tests/server/test_serve.py starts and stops them",
    "docs/batches.md": "need a cluster and a store; tests/faults/ starts small ones",
    "docs/plugins.md": "tests/plugins/ runs the file, and installs the package",
}
"""Pages whose commands are not run here, and why."""
ELSEWHERE = {"pip install uv": "how CI begins", "uv run pytest": "what runs this"}


def commands(page: str) -> Iterator[str]:
    """Yield the commands in the blocks of a page, without comments."""
    for language, text in BLOCK.findall(PAGES[page]):
        if language in ("", "sh", "bash", "console"):
            for line in text.replace("\\\n", " ").splitlines():
                command = line.split(" #")[0].strip()
                if command.startswith(PROGRAMS):
                    yield from (part.strip() for part in command.split("&&"))


def test_every_command_of_a_page_is_run_or_says_why_not():
    found = [(page, command) for page in PAGES for command in commands(page)]
    assert len(found) > 40
    missing = [
        f"{page}: {command}"
        for page, command in found
        if page not in OTHERWISE and command not in EXECUTED and command not in ELSEWHERE
    ]
    assert missing == []
    assert {command for _, command in found} >= EXECUTED.keys() | ELSEWHERE.keys()
    assert {page for page, _ in found} >= OTHERWISE.keys()
    for reason in OTHERWISE.values():
        assert all((ROOT / path).exists() for path in re.findall(r"tests/[\w/]+(?:\.py)?", reason))


CALLS = sorted(
    {
        (page, words.strip())
        for page in PAGES
        for words in [
            *(each.split("hypercluster ", 1)[1] for each in commands(page) if "hypercluster " in each),
            *(SPAN.findall(BLOCK.sub("", PAGES[page]))),
        ]
    }
)


@pytest.mark.parametrize(("page", "words"), CALLS, ids=lambda value: value.replace("/", "."))
def test_the_program_understands_every_command_of_the_site(
    page: str, words: str, monkeypatch: pytest.MonkeyPatch
):
    """A command is read up to its execution: an option or a command that is no longer there is a mistake."""
    monkeypatch.setattr(simulation.plugins, "use", lambda *paths: None)
    name, *arguments = [PLACEHOLDERS.get(word, word) for word in shlex.split(words)]
    assert name in cli.commands
    if not arguments:  # named in a sentence
        return
    given = cli.commands[name].make_context(name, arguments, parent=click.Context(cli)).params
    assert set(given.get("figure") or given.get("figures") or ()) <= set(FIGURES)


def test_scenarios_and_studies_that_commands_name_are_there():
    known = {path.stem for path in shipped_scenarios()} | {path.stem for path in STUDIES.files()}
    named = {
        (page, word)
        for page, words in CALLS
        if words.split()[0] in ("run", "validate", "explore", "explain", "break-even")
        for word in re.sub(r"--\S+ \S+", "", words).split()[1:]
        if re.fullmatch(r"[a-z_]+", word)
    }
    of_the_example = {("docs/plugins.md", "demonstration"), ("docs/tutorial.md", "lakeland")}
    of_the_example |= {("docs/tutorial.md", "lakeland_and_valley")}
    assert {(page, word) for page, word in named if word not in known} == of_the_example
    assert len(named) > 10


TESTS = sorted(
    {
        (page, words)
        for page, text in PAGES.items()
        for words in re.findall(r"uv run (pytest|python) ([^`\n#]+)", text)
    }
)


@pytest.mark.parametrize(
    ("page", "command"),
    TESTS,
    ids=lambda value: "-".join(value).replace("/", ".") if isinstance(value, tuple) else value,
)
def test_every_test_and_script_that_the_site_names_is_there(page: str, command: tuple[str, str]):
    words = shlex.split(command[1])
    files = [ROOT / word for word in words if re.fullmatch(r"(tests|docs)/[\w/]+(\.py)?", word)]
    assert [file for file in files if not file.exists()] == []
    if "-k" in words:
        found = [path for file in files for path in ([file] if file.is_file() else file.rglob("test_*.py"))]
        names = re.findall(r"def (test_\w+)", "".join(path.read_text(encoding="utf-8") for path in found))
        parts = [part for part in words[words.index("-k") + 1].split() if part not in ("and", "or", "not")]
        assert [part for part in parts if not any(part in name for name in names)] == []


SNIPPETS = [
    (page, n, code)
    for page, text in PAGES.items()
    for n, code in enumerate(code for language, code in BLOCK.findall(text) if language == "python")
]
ELSEWHERE_PYTHON = {
    "dask_jobqueue": "needs SLURM",
    "polars": "no dependency of the program",
    "class Reach": "tests/mesa/test_mesa.py runs it",
    "class Mentoring": "tests/plugins/test_single_file.py runs it",
}
CHANGED = {
    "replications=10": "replications=2",
    'page("regional_cluster", "hypercluster")': 'page("regional_cluster", "hypercluster", origin="http://localhost:8888")',
    "replications=200": "replications=2",
    "scenarios=200": "scenarios=4",
    "replications=3)": "replications=1)",
    '"diffusion.half_distance_km=300"]': '"diffusion.half_distance_km=300", "world.scale=0.1"]',
    'load_scenario("hypercluster"), load_scenario("regional_cluster")': (
        'load_scenario("hypercluster", overrides=["world.scale=0.1"]), '
        'load_scenario("regional_cluster", overrides=["world.scale=0.1"])'
    ),
}
"""What makes snippets small, and what a notebook would know."""


@pytest.mark.parametrize(
    ("page", "n", "code"),
    # The workbench takes seconds to import.
    [
        pytest.param(*each, id=f"{each[0]}-{each[1]}", marks=[pytest.mark.slow] * ("workbench" in each[2]))
        for each in SNIPPETS
    ],
)
def test_what_a_snippet_imports_is_there(page: str, n: int, code: str):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simulation"):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                assert hasattr(module, alias.name), f"{node.module}.{alias.name}"


@pytest.fixture(scope="module")
def pages_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all commands of the pages have been run."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    for page, name in (("README.md", "scenarios/slow_start.toml"), ("docs/ensembles.md", "my_study.toml")):
        (text,) = [text for language, text in BLOCK.findall(PAGES[page]) if language == "toml"]
        (folder / name).write_text(text, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for command, more in EXECUTED.items():
            words = shlex.split(command.split("hypercluster ", 1)[1])
            result = CliRunner().invoke(cli, [*words, *more], catch_exceptions=False)
            assert result.exit_code == 0, f"{command}\n{result.output}"
    finally:
        os.chdir(before)
    return folder


@pytest.mark.slow
def test_the_commands_of_the_pages_write_what_these_say(pages_run: Path):
    for file in (
        "study/figures/adoption_raster.png",
        "study/report.html",
        "long_reach/comparison-with-study.csv",
        "slow_start/comparison.csv",
        "explore-verdict/answers.md",
        "explain-hypercluster/explain.html",
    ):
        assert (pages_run / "results" / file).exists(), file
    assert "What does the work" in (pages_run / "results" / "study" / "report.md").read_text(encoding="utf-8")


RUN = [each for each in SNIPPETS if not any(word in each[2] for word in ELSEWHERE_PYTHON)]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "n", "code"), RUN, ids=[f"{page}-{n}" for page, n, _ in RUN])
def test_a_snippet_runs_without_a_warning(pages_run: Path, page: str, n: int, code: str):
    for words, less in CHANGED.items():
        code = code.replace(words, less)
    script = pages_run / f"snippet_{page.replace('/', '_')}_{n}.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        cwd=pages_run,
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    ours = [line for line in done.stderr.splitlines() if "Warning:" in line and "site-packages" not in line]
    assert ours == []
