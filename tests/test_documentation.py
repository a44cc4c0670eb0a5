"""What README and docs say about numbers and names is what the program holds."""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))

from page_blocks import block_of

from simulation.data.reader import load_dataset, load_vectors
from simulation.explore.tested import shipped_answer
from simulation.metrics import METRICS
from simulation.policies import INSTRUMENTS
from simulation.scenario.loading import parse_scenario, shipped_scenarios
from simulation.scenario.plan import schedule_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REGIONS = (ROOT / "simulation" / "data" / "russia-2023" / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "results/README.md",
    "docs/model.md",
    "docs/architecture.md",
    "docs/batches.md",
    "docs/browser.md",
    "docs/fit.md",
    "docs/validation.md",
    "docs/commands.md",
    "docs/installing.md",
    "docs/plugins.md",
    "docs/python.md",
    "docs/reliability.md",
    "docs/trace.md",
    "docs/data_use.md",
    "docs/fair.md",
    "docs/tutorial.md",
    "docs/comparison.md",
    "docs/explain.md",
)


def table(text: str, header: str) -> list[list[str]]:
    """The cells of the rows below the header that begins like this."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(header)) + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`*") for cell in line.strip("|").split("|")])
    return rows


def test_the_quick_start_is_one_block_of_two_commands():
    section = README.split("## Quick start")[1].split("\n## ")[0]
    blocks = re.findall(r"```\w*\n(.*?)```", section, flags=re.DOTALL)
    assert [block.splitlines() for block in blocks] == [
        ["pip install uv && uv run hypercluster run", "uv run pytest"]
    ]


def test_the_table_of_regions_is_that_of_the_dataset():
    dataset = load_dataset()
    institutions = Counter(row.region_id for row in dataset.institutions)
    expected = [
        [r.id, r.name, r.macroregion, str(n), str(institutions[r.id]), f"{r.digital_readiness:g}"]
        for r, n in sorted(
            zip(dataset.regions, dataset.counts.sum(axis=1), strict=True), key=lambda pair: pair[0].longitude
        )
    ]
    *rows, total = table(REGIONS, "| id | region |")
    assert rows == expected
    assert total[3:5] == [f"{dataset.counts.sum():,}", str(len(dataset.institutions))]


def test_the_scenario_in_the_readme_is_valid_and_uses_its_budget():
    text = re.search(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert text is not None
    scenario = parse_scenario(text[1], file=ROOT / "scenarios" / "slow_start.toml")
    schedule = schedule_of(scenario)
    assert schedule.planned_pv == pytest.approx(schedule.available_pv, rel=1e-9)


def test_the_finding_in_the_readme_is_that_of_the_main_ensemble():
    told = " ".join(README.split("**What it finds.**")[1].split("## Quick start")[0].split())
    answer = shipped_answer()
    _, found, _ = answer["sentences"]
    assert f"of {answer['kept']:,} worlds" in told
    for ours, theirs in (
        (r"more in step in about (\d+) of 100", r"more in step in (\d+) "),
        (r"sooner in only about (\d+) of 100", r"sooner in (\d+) "),
        (r"later in about (\d+)\.", r"later in (\d+),"),
    ):
        assert re.findall(ours, told) == re.findall(theirs, found)
    (paid,) = re.findall(r"both plans can be paid for in (\d+) of 100", found)
    assert 45 <= int(paid) <= 55 and "In half of these worlds" in told


def script(name: str) -> ModuleType:
    """A script of the folder docs, as a module."""
    spec = spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def write_parameters() -> ModuleType:
    return script("write_parameters")


STALE = "stale: run `uv run python docs/write_parameters.py`"


@pytest.mark.parametrize("name", ["priors", "patterns"])
def test_the_tables_of_parameters_and_patterns_are_written_from_their_files(
    write_parameters: ModuleType, name: str
):
    assert block_of(MODEL, name) == write_parameters.BLOCKS[name]().strip("\n"), STALE


@pytest.mark.slow
def test_what_the_baseline_shows_of_the_patterns_is_what_it_shows_today(write_parameters: ModuleType):
    assert write_parameters.filled(MODEL) == MODEL, STALE


@pytest.mark.slow
def test_the_results_on_the_page_of_comparisons_are_those_of_today():
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    assert script("write_comparison").filled(page) == page, (
        "stale: run `uv run python docs/write_comparison.py`"
    )


def test_the_instruments_of_the_model_are_those_of_the_program_at_their_cost():
    rows = {name: cost for name, _, cost in table(MODEL, "| instrument | lever")}
    assert set(rows) == set(INSTRUMENTS)
    for name, instrument in INSTRUMENTS.items():
        assert re.match(rf"\$?{instrument.unit_cost:g}\b", rows[name]), name


def test_the_model_tells_of_every_interaction_vector():
    told = {name for names, *_ in table(MODEL, "| vector | links |") for name in names.split(", ")}
    assert told == {row.vector for row in load_vectors()}


def test_every_equation_has_its_number_once_and_the_code_cites_it():
    numbers = [int(n) for n in re.findall(r"\\tag\{(\d+)\}", MODEL)]
    assert sorted(numbers) == list(range(len(numbers)))
    assert len(numbers) >= 28
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("engine", "metrics", "mechanisms", "data", "policies", "explain")
        for path in (ROOT / "simulation" / folder).rglob("*.py")
    )
    cited = {int(n) for n in re.findall(r"\((\d+)\)", " ".join(re.findall(r"equation (?:\(\d+\))", code)))}
    assert set(numbers) <= cited


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"(?<!!)\[[^\]]*\]\((?!https?:)([^)#]+)", text)
    assert [t for t in targets if not ((ROOT / page).parent / t).exists()] == []


def test_the_readme_names_only_scenarios_and_metrics_that_exist():
    commands = re.findall(r"hypercluster (?:run|validate) ([^`\n|]*)", README + COMMANDS)
    words = {word for line in commands for word in line.split() if re.fullmatch(r"[a-z_]+", word)}
    assert words <= {path.stem for path in shipped_scenarios()}
    assert words
    assert set(re.findall(r"`([a-z0-9]+_years|synchronization)`", README)) <= set(METRICS)


def drawn(text: str) -> dict[str, set[str]]:
    """Read the picture of the tree: the modules that each folder is drawn with, itself included."""
    block = text.split("## The tree")[1].split("```")[1]
    found: dict[str, set[str]] = {}
    path: list[str] = []
    for line in filter(str.strip, block.splitlines()):
        words, depth = line.split(), (len(line) - len(line.lstrip())) // 4
        if words[0].endswith("/"):
            path = [*path[:depth], words[0].rstrip("/")]
            found["/".join(path)] = set()
        else:
            found["/".join(path[:depth])] |= {word for word in words if word.endswith(".py")}
    return found


REPEATED = {
    "simulation/mechanisms",
    "simulation/policies",
    "simulation/metrics",
    "simulation/figures",
    "simulation/figures/drawing",
}
"""Folders of which the picture shows a few modules: the others are mechanisms, instruments, metrics and figures."""


def test_the_picture_of_the_tree_shows_the_package_as_it_is():
    picture = drawn((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    modules = [path.relative_to(ROOT) for path in (ROOT / "simulation").rglob("*.py")]
    folders: dict[str, set[str]] = {str(path.parent): set() for path in modules}
    for path in modules:
        if not path.name.startswith("__"):
            folders[str(path.parent)].add(path.name)
    assert picture.keys() - {"simulation/server/static"} == folders.keys()
    for folder, names in folders.items():
        if folder in REPEATED:
            assert picture[folder] <= names, folder
        else:
            assert picture[folder] == names, folder


REFERENCE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`~?([\w.]+)`")


def is_there(name: str) -> bool:
    """True where a dotted name is a module, or is found in one; fields of a dataclass are in their class."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            here = importlib.import_module(".".join(parts[:length]))
            for part in parts[length:]:
                if not hasattr(here, part):
                    return part in getattr(here, "__annotations__", {})
                here = getattr(here, part)
            return True
    return False


def test_docstrings_refer_to_what_is_there():
    wrong = []
    for path in (ROOT / "simulation").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        parts = [part for part in path.relative_to(ROOT).with_suffix("").parts if part != "__init__"]
        # A bare name is one of the module, of one of its classes, or of a package that the module is in.
        places = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        places += [f"{places[-1]}.{name}" for name in re.findall(r"^class (\w+)", text, flags=re.MULTILINE)]
        wrong += [
            f"{path.relative_to(ROOT)} refers to {name}"
            for name in REFERENCE.findall(text)
            if not any(is_there(known) for known in (name, *(f"{place}.{name}" for place in places)))
            and not re.search(rf"\bself\.{name}\b.* = ", text)
        ]
    assert not wrong


SCRIPTS = [
    path
    for folder in ("docs", "docs/gallery", "paper", "tests")
    for path in sorted((ROOT / folder).glob("*.py"))
    if not path.name.startswith(("test_", "conftest"))
]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_script_imports_of_the_package_is_there(path):
    """Scripts run seldom, so a name that was moved would not be missed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        if node.module is None or not node.module.startswith("simulation"):
            continue
        module = importlib.import_module(node.module)
        for alias in node.names:
            if not hasattr(module, alias.name):
                importlib.import_module(f"{node.module}.{alias.name}")
