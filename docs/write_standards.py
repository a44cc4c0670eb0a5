"""Write the tables of ``docs/trace.md``, what was tested, and ``docs/data_use.md``, what data are for.

    uv run python docs/write_standards.py

takes some seconds. The tables come from the tests, the equations, the scripts that write pages, the data dictionary,
the datasets, and the plausible ranges and patterns; only ``COLUMNS``, ``VECTORS`` and ``OTHER_TESTS`` are written by
hand. Each table stands between two comments that name it. A test compares them, and the script stops where something
is named that is not there.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from page_blocks import table, with_blocks

from simulation.analysis.patterns import load_patterns
from simulation.analysis.priors import load_priors
from simulation.data.dictionary import ASSUMPTIONS, SETTINGS, TABLES
from simulation.data.reader import FOLDER, VectorRow, load_dataset, shipped_datasets
from simulation.data.tables import read_table
from simulation.files.toml import read_toml

HERE = Path(__file__).parent
ROOT = HERE.parent
MODEL = (HERE / "model.md").read_text(encoding="utf-8")
ASSUMPTION = "assumption"


@dataclass(frozen=True)
class Use:
    """What a column is for: in words, the equations that it enters, and the code that reads it by this name."""

    purpose: str
    equations: tuple[int, ...] = ()
    file: str = ""
    name: str = ""


_ENDOWMENT = "simulation/scenario/endowment.py"
_TECHNOLOGIES = "simulation/engine/build/technologies.py"
_EFFECTS = "simulation/engine/platform_effects.py"
_NOT_READ = Use("for people; not read")
_ID = Use("which region the row is about")

INDUSTRIES = "each industry"
"""Stands for the columns of a table that are named by the industries of the dataset."""

COLUMNS = {
    "regions": {
        "region_id": Use(
            "name of the region in scenarios, and in the keys of its random draws", (), _ENDOWMENT, "row.id"
        ),
        "region": Use("name in tables and figures", (), _ENDOWMENT, "row.name"),
        "macroregion": Use(
            "whom a platform admits; parts of $\\Phi$ and of Theil's index",
            (9, 13),
            _ENDOWMENT,
            "row.macroregion",
        ),
        "seat": Use("for people; distances start from its coordinates"),
        "latitude": Use("distance between regions", (17,), "simulation/data/geography.py", "latitude"),
        "longitude": Use("distance between regions", (17,), "simulation/data/geography.py", "longitude"),
        "area_1000km2": Use("distance within a region", (16,), "simulation/data/geography.py", "area_km2"),
        "digital_readiness": Use(
            "$\\delta_r$: joining platforms, and all contact over them",
            (0, 3, 5, 7),
            _ENDOWMENT,
            "digital_readiness",
        ),
        "short_name": Use("name in figures", (), "simulation/results/manifest.py", "short_name"),
        "order": Use("order in tables and figures", (), "simulation/results/manifest.py", "region.order"),
        "country": Use(
            "no contact between countries but on platforms", (17,), "simulation/data/geography.py", "country"
        ),
    },
    "enterprises": {
        "region_id": _ID,
        "total": Use(
            "must be the sum of the industries; not used otherwise",
            (),
            "simulation/data/reader.py",
            '"total"',
        ),
        "region": _NOT_READ,
        "macroregion": _NOT_READ,
        INDUSTRIES: Use("$n_{rs}$: the enterprises that are simulated", (1, 2), _ENDOWMENT, "scaled_counts"),
    },
    "institutions": {
        "region_id": Use("place, and so whom it reaches", (3, 7), _ENDOWMENT, "row.region_id"),
        "name": Use("name in scenarios, and in the keys of its random draws", (), _ENDOWMENT, "row.name"),
        "kind": Use(
            "which institutions originate technologies, and which a platform brings",
            (3, 7),
            _ENDOWMENT,
            "row.kind",
        ),
    },
    "technologies": {
        "direction": Use("row of the table of relevance", (5,), _TECHNOLOGIES, ".direction"),
        "technology": Use("name, and key of its random draws", (), _TECHNOLOGIES, "row.technology"),
        "family": Use("complexity $\\chi_k$", (3, 5, 7), _TECHNOLOGIES, ".family"),
        "environmental": Use(
            "which technologies are counted as green; no effect",
            (),
            "simulation/metrics/greening.py",
            "environmental",
        ),
    },
    "relevance": {
        "direction": Use("which technologies the row is about", (5,), _TECHNOLOGIES, ".direction"),
        INDUSTRIES: Use(
            "$\\rho_{sk}$: who is eligible, and how readily", (5,), _TECHNOLOGIES, "dataset.relevance"
        ),
    },
    "platforms": dict.fromkeys(
        ("name", "vectors", "regions", "industries"),
        Use(
            "a platform that a scenario names", (0, 4), "simulation/scenario/loading.py", "dataset.platforms"
        ),
    )
    | {"title": _NOT_READ},
    "ties": {
        "region_id": _ID,
        "partner_region_id": Use("region of the partners"),
        "weight": Use(
            "replaces $K_{rq}$ in the draw of partners",
            (2,),
            "simulation/engine/build/enterprises.py",
            "dataset.ties",
        ),
    },
    "enterprise_ties": dict.fromkeys(
        ("region_id", "industry", "number", "partner_region_id", "partner_industry", "partner_number"),
        Use(
            "the business network as given",
            (2,),
            "simulation/engine/build/enterprises.py",
            "dataset.partners",
        ),
    ),
    "facts": dict.fromkeys(
        ("fact", "value", "unit", "meaning", "source"),
        Use("recorded; the model reads none (see Facts below)"),
    ),
}
"""The columns of a dataset, ``source`` apart, which is for people."""
VECTORS = {
    "vector": Use("name in scenarios", (), _ENDOWMENT, "row.vectors"),
    "links": Use("for people: who meets whom"),
    "digital_contact": Use("whether members meet", (4,), _EFFECTS, "digital_contact"),
    "remote_kinds": Use("kinds of institutions that a platform brings", (3,), _EFFECTS, "remote_kinds"),
    "learning_kinds": Use("kinds of institutions that learn over it", (7,), _EFFECTS, "learning_kinds"),
    "absorptive_bonus": Use("raises $\\alpha_i$", (5,), _EFFECTS, "absorptive_bonus"),
    "hazard_bonus": Use("raises the hazard", (5,), _EFFECTS, "hazard_bonus"),
    "capacity_bonus": Use("raises $Q_j$", (3, 7), _EFFECTS, "capacity_bonus"),
    "needs_kind": Use("the institution without which there is no bonus", (5,), _EFFECTS, "needs_kind"),
    "best_government": Use(
        "the best incentive and training of the platform's regions", (5,), _EFFECTS, "best_government"
    ),
    "spontaneous_bonus": Use("raises $p_0$", (5,), _EFFECTS, "spontaneous_bonus"),
}
"""The columns of simulation/data/vectors.csv."""

OTHER_TESTS = {
    "browser": "the page in a browser, as a visitor uses it",
    "faults": "kills, full and failing disks, lost folders and flipped bits, from outside",
    "page": "the modules of the page, without a browser (`.ci/page`)",
}
"""Folders of tests that no folder of the package has the name of."""
NOT_TESTS = {"comparison", "peers", "support", "typing"}
"""Folders beside the tests: studies of speed in other packages, what tests share, and a program for type checkers."""


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert text, f"{path.relative_to(ROOT)} has no docstring"
    return text.splitlines()[0].rstrip(".").replace("``", "`").replace("|", "\\|")


def linked(path: str) -> str:
    """Return a link from a page in docs/ to a file of the repository."""
    assert (ROOT / path).exists(), f"{path} is not there"
    return f"[`{path}`](../{path})"


def equation(number: int) -> str:
    """Return the number of an equation of the model, which must be there."""
    assert f"\\tag{{{number}}}" in MODEL, f"the model has no equation ({number})"
    return f"equation ({number})"


# --- TRACE ------------------------------------------------------------------------------------------------------------


def known_results() -> str:
    """Return the checks of section 6 of the model, with the tests that hold them and the command."""
    settings = dict(
        re.findall(r"^\| (\d+) \| (.+?) \| .+ \|$", MODEL.split("## 6 Verification")[1], flags=re.MULTILINE)
    )
    places: dict[int, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "verified(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "verified":
                check = node.args[0]
                assert isinstance(check, ast.Constant), f"{path}: the check {ast.unparse(check)} is no number"
                places[int(check.value)].add(str(path.relative_to(ROOT)))
    missing = {int(number) for number in settings} ^ places.keys()
    assert not missing, f"checks without a test, or not in the model: {sorted(missing)}"
    return table(
        ("#", "setting", "command"),
        (
            (str(check), settings[str(check)], f"`uv run pytest {' '.join(sorted(files))}`")
            for check, files in sorted(places.items())
        ),
    )


def equations() -> str:
    """Return each equation with the code that cites it and the tests of that code."""
    cited: dict[int, set[Path]] = defaultdict(set)
    for folder in ("data", "engine", "explain", "mechanisms", "metrics", "policies"):
        for path in (ROOT / "simulation" / folder).rglob("[!_]*.py"):
            for number in re.findall(r"equation \((\d+)\)", path.read_text(encoding="utf-8")):
                cited[int(number)].add(path.relative_to(ROOT))
    return table(
        ("equation", "code", "tests"),
        (
            (
                equation(number),
                ", ".join(linked(str(path)) for path in sorted(paths)),
                ", ".join(f"`{name}`" for name in sorted({tests_of(path) for path in paths})),
            )
            for number, paths in sorted(cited.items())
        ),
    )


def tests_of(path: Path) -> str:
    """Return the test file of a module of the package, or the folder of tests that mirrors its own."""
    folder = Path("tests", *path.parts[1:-1])
    file = folder / f"test_{path.name}"
    found = file if (ROOT / file).exists() else folder
    assert (ROOT / found).exists(), f"{path} has no tests in {folder}"
    return str(found)


def test_folders() -> str:
    """Return what each folder of tests is about, and the command that runs it."""
    rows = []
    for folder in sorted(path for path in (ROOT / "tests").iterdir() if path.is_dir()):
        package = ROOT / "simulation" / folder.name / "__init__.py"
        if folder.name in NOT_TESTS or folder.name.startswith(("_", ".")):
            continue
        about = OTHER_TESTS.get(folder.name) or first_line(package)
        command = ".ci/page" if folder.name == "page" else f"uv run pytest tests/{folder.name}"
        rows.append((f"`tests/{folder.name}`", about, f"`{command}`"))
    rows += [
        (f"`tests/{path.name}`", first_line(path), f"`uv run pytest tests/{path.name}`")
        for path in sorted((ROOT / "tests").glob("test_*.py"))
    ]
    return table(("tests", "what they are about", "command"), rows)


def written_pages() -> str:
    """Return the scripts that write pages, with what each writes."""
    scripts = [
        *sorted(HERE.glob("write_*.py")),
        HERE / "gallery" / "make_gallery.py",
        ROOT / "paper" / "write_paper.py",
    ]
    return table(
        ("script", "what it does"),
        ((linked(str(path.relative_to(ROOT))), first_line(path)) for path in scripts),
    )


def patterns() -> str:
    """Return whether each pattern was used to set a default, so that it tests nothing there."""
    return table(
        ("pattern", "rests on", "defaults that were set by hand so that the default world shows it"),
        (
            (f"`{row.name}`", row.status, ", ".join(f"`{key}`" for key in row.sets_defaults) or "none")
            for row in load_patterns().patterns
        ),
    )


# --- RAT-RS -----------------------------------------------------------------------------------------------------------


def uses(kind: str, columns: dict[str, Use]) -> Iterator[tuple[str, ...]]:
    """Yield the uses of a table's columns; stop where code or equation is not there."""
    shared: dict[Use, list[str]] = defaultdict(list)
    for column, use in columns.items():
        shared[use].append(column if column == INDUSTRIES else f"`{column}`")
    for use, names in shared.items():
        if use.file:
            assert use.name in (ROOT / use.file).read_text(encoding="utf-8"), (
                f"{use.file} does not read {use.name}"
            )
        where = linked(use.file) if use.file else ""
        yield f"`{kind}.csv`", ", ".join(names), use.purpose, ", ".join(map(equation, use.equations)), where


def columns() -> str:
    """Return every column with its use."""
    rows: list[tuple[str, ...]] = []
    for kind, declared in TABLES.items():
        known = [column.name for column in declared.columns if column.name != "source" or column.required]
        expected = {*known, *([INDUSTRIES] if declared.industries else [])}
        assert expected == COLUMNS[kind].keys(), f"{kind}: {sorted(expected ^ COLUMNS[kind].keys())}"
        rows += uses(kind, COLUMNS[kind])
    assert {field.name for field in fields(VectorRow)} == VECTORS.keys(), "columns of vectors.csv"
    rows += uses("vectors", VECTORS)
    return table(("table", "columns", "used for", "equations", "read by"), rows)


def datasets() -> str:
    """Return the tables of each shipped dataset, and what in them is assumed."""
    rows = []
    for name in shipped_datasets():
        sizes = [
            f"`{path.name}` {len(read_table(path, columns=(), problems=[]).rows)}"
            for path in sorted((FOLDER / name).glob("*.csv"))
        ]
        _, settings = read_toml(FOLDER / name / SETTINGS, expected="the settings of a dataset (TOML)")
        assumed = " ".join(settings.get(ASSUMPTIONS, ["as in the datasets that it extends"]))
        link = f"[`{name}`](../simulation/data/{name}/README.md)"
        rows.append((link, ", ".join(sizes) or "none of its own", assumed))
    return table(("dataset", "its tables, with rows", "assumed in them"), rows)


def facts() -> str:
    """Return every recorded fact, and the tests that use it."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    rows = []
    seen: set[str] = set()
    for name in shipped_datasets():
        for fact in load_dataset(name).facts:
            if fact.fact in seen:
                continue
            seen.add(fact.fact)
            tests = [f"`{path.relative_to(ROOT)}`" for path, text in texts.items() if fact.fact in text]
            use = ", ".join(tests) or "recorded alone"
            rows.append((f"`{fact.fact}`", f"{fact.value:g} {fact.unit}", fact.source, use))
    return table(("fact", "value", "source", "tests that use it"), rows)


def sources() -> str:
    """Return every source of a plausible range or a pattern, with what it is used for and what is not verified."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    declared = load_priors()
    for prior in declared.priors:
        for source in prior.sources:
            found[source].append((f"range of {_keys(prior.keys)}", prior.unverified))
    for fixed in declared.fixed:
        for source in fixed.sources:
            found[source].append((f"default of {_keys(fixed.keys)}", ""))
    for pattern in load_patterns().patterns:
        for source in pattern.sources:
            found[source].append((f"pattern `{pattern.name}`", pattern.unverified))
    rows = [
        (
            source,
            "; ".join(use for use, _ in found[source]),
            " ".join(dict.fromkeys(filter(None, (u for _, u in found[source])))),
        )
        for source in sorted(found)
        if source != ASSUMPTION
    ]
    of_ranges, of_patterns = (
        {source for row in rows for source in row.sources} - {ASSUMPTION}
        for rows in (declared.priors, load_patterns().patterns)
    )
    assert not of_ranges & of_patterns, f"a source of a pattern sets a range: {of_ranges & of_patterns}"
    assumed = sum(ASSUMPTION in row.sources for row in declared.priors)
    rows.append(
        (
            "no source",
            f"ranges of {assumed} of {len(declared.priors)} numbers that are varied: assumptions",
            "",
        )
    )
    return table(("source", "used for", "not verified"), rows)


def surveys() -> str:
    """Return the surveys that the model is validated on, as ``write_validation.py`` names them."""
    # Read, not imported: with all that fits need, an import takes longer than the rest of this script.
    script = ast.parse((HERE / "write_validation.py").read_text(encoding="utf-8"))
    (named,) = (
        node.value
        for node in script.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SURVEYS"
    )
    return table(
        ("survey", "source", "periods in a year"),
        ((title, source, str(periods)) for title, source, periods in ast.literal_eval(named).values()),
    )


def _keys(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


BLOCKS = {
    "trace.md": (known_results, equations, test_folders, patterns, written_pages),
    "data_use.md": (columns, datasets, facts, sources, surveys),
}
"""The functions whose tables stand in each page, between comments with their names."""


def filled(name: str) -> str:
    """Return a page with every table written anew."""
    page = (HERE / name).read_text(encoding="utf-8")
    return with_blocks(page, {block.__name__: block() for block in BLOCKS[name]})


if __name__ == "__main__":
    for page in BLOCKS:
        (HERE / page).write_text(filled(page), encoding="utf-8")
