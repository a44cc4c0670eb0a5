"""The checklist of JOSS reviewers, held by machine as far as a machine can.

    uv run python paper/checklist.py [--slow]

prints every item with its state: held, with the evidence; open, with what it waits for; or to be judged by a person. It
ends with exit code 1 if an item that should be held is not. ``--slow`` also installs the wheel and runs the tests, some
minutes. The items are those of the reviewer checklist and of the screening before review as of 2026:
https://joss.readthedocs.io/en/latest/review_checklist.html, submitting.html and paper.html.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parent))
import write_paper as written

import simulation
from simulation.data.reader import FOLDER, shipped_datasets

ROOT = written.ROOT
SECTIONS = (
    "Summary",
    "Statement of need",
    "State of the field",
    "Software design",
    "Research impact statement",
    "AI usage disclosure",
    "Acknowledgements",
    "References",
)
FEWEST_WORDS, MOST_WORDS = 750, 1750
TO_BE_STATED = "Before submission"
"""Begins the sentences of the paper that ask its authors for something."""
OSI_APPROVED = {"Apache-2.0": "Apache License"}
WITHOUT_DOI = {
    "coleman1966": "a book of 1966",
    "gilbert2001": "the journal had no DOIs in 2001; it has an address",
    "kusurgasheva": "the copy that we have names neither journal nor DOI",
    "napolskikh2024": "the copy that we have names neither journal nor DOI",
    "rogers1970": "an unpublished report",
    "rogers1981": "a book of 1981",
    "wilensky1999": "a program; it has an address",
}
"""References without a DOI, and why."""


class NotHeldError(Exception):
    """What is missing, in a sentence."""


def require(condition: object, missing: str) -> None:
    """Raise NotHeldError with what is missing unless the condition holds."""
    if not condition:
        raise NotHeldError(missing)


def paper() -> tuple[dict, dict[str, str]]:
    """Return the metadata of the paper, and the text of each section."""
    _, head, body = written.PAPER.read_text(encoding="utf-8").split("---\n", 2)
    parts = re.split(r"^# (.+)\n", body, flags=re.MULTILINE)
    return yaml.safe_load(head), dict(zip(parts[1::2], parts[2::2], strict=True))


def section(name: str) -> Callable[[], str]:
    """Return a check that the paper has a section, and that its authors have nothing to add to it."""

    def check() -> str:
        text = paper()[1].get(name, "")
        require(text.strip(), f"the paper has no section {name}")
        require(TO_BE_STATED not in text, f'the section "{name}" asks the authors for something')
        return f'the section "{name}" of paper/paper.md, {len(text.split())} words'

    return check


def entries() -> dict[str, dict[str, str]]:
    """Return the fields of each entry of the bibliography, by key."""
    found = {}
    for entry in re.split(
        r"^@", (written.HERE / "paper.bib").read_text(encoding="utf-8"), flags=re.MULTILINE
    )[1:]:
        key = re.match(r"\w+\{(\w+),", entry)
        assert key is not None, f"no key: {entry[:40]}"
        found[key[1]] = dict(re.findall(r"^\s+(\w+)\s*= \{(.*)\},?$", entry, flags=re.MULTILINE))
    return found


def cited() -> set[str]:
    """Return the keys that the paper cites."""
    return {key for text in paper()[1].values() for key in re.findall(r"(?<![\w.])@([a-z]+\d*)", text)}


def references() -> str:
    """All that is cited is in the bibliography and the reverse, with DOI, and with journals in full."""
    known = entries()
    require(known.keys() == cited(), f"cited or listed alone: {sorted(known.keys() ^ cited())}")
    without = {key for key, fields in known.items() if "doi" not in fields}
    require(
        without == WITHOUT_DOI.keys(), f"DOI missing without a reason: {sorted(without ^ WITHOUT_DOI.keys())}"
    )
    for key, fields in known.items():
        require(re.fullmatch(r"10\.\d{4,9}/\S+", fields.get("doi", "10.1234/x")), f"{key}: not a DOI")
        require("." not in fields.get("journal", ""), f"{key}: the journal is abbreviated")
    return f"paper/paper.bib, {len(known)} references, {len(known) - len(without)} with DOI, the others with a reason"


def project() -> dict:
    """Return the table [project] of pyproject.toml."""
    return tomllib.loads(written.text_of("pyproject.toml"))["project"]


def licence() -> str:
    """The licence is one that OSI has approved, as plain text."""
    name = project()["license"]
    require(name in OSI_APPROVED, f"{name} is not known to be approved")
    require(OSI_APPROVED[name] in written.text_of("LICENSE"), "LICENSE holds another text")
    return f"LICENSE, the text of {name}"


def repository() -> str:
    """The metadata name where the source can be cloned."""
    address = written.citation().get("repository-code") or project().get("urls", {}).get("Repository")
    require(address, "CITATION.cff and pyproject.toml name no repository-code")
    return str(address)


def authors() -> str:
    """The paper names people with their affiliations."""
    head = paper()[0]
    places = {str(place["index"]): place["name"] for place in head["affiliations"]}
    for author in head["authors"]:
        place = places[author["affiliation"]]
        require("to be stated" not in place, f"{author['name']}: the affiliation is not stated")
    return ", ".join(author["name"] for author in head["authors"])


def data() -> str:
    """Each shipped dataset has a page that tells where its numbers come from."""
    for name in shipped_datasets():
        require((FOLDER / name / "README.md").is_file(), f"the dataset {name} has no README.md")
    return f"simulation/data, {len(shipped_datasets())} datasets, each with a page on sources; no survey is included"


def reproduced() -> str:
    """The paper is what its template and numbers give, and the numbers are those of the program."""
    numbers = written.numbers()
    text = written.filled(written.TEMPLATE.read_text(encoding="utf-8"), numbers)
    require(text == written.PAPER.read_text(encoding="utf-8"), "paper.md is stale: run paper/write_paper.py")
    for table, values in written.program_numbers().items():
        require(values == numbers[table], f"[{table}] of numbers.toml is stale: run paper/write_paper.py")
    return "`uv run python paper/write_paper.py` writes numbers, figure and text from a study that it runs"


def no_human_data() -> str:
    """No survey of people is in the repository."""
    surveys = {"medical_innovation", "brazilian_farmers", "korean_family"}
    for part in ("docs", "paper", "scenarios", "simulation", "tests"):
        folders = {path.name for path in (ROOT / part).rglob("*") if path.is_dir()}
        require(not folders & surveys, f"{part} holds a survey of people")
    return "no such data are included; published surveys were read from an R package"


def installation() -> str:
    """The package declares its dependencies and its command, and pages tell how to install it."""
    require(
        project()["dependencies"] and "hypercluster" in project()["scripts"], "no dependencies or command"
    )
    require("pip install" in written.text_of("README.md"), "README does not tell how to install")
    require((ROOT / "docs/installing.md").is_file(), "docs/installing.md is missing")
    return f"README, docs/installing.md; {len(project()['dependencies'])} dependencies in pyproject.toml"


def installs() -> str:
    """The wheel installs into an empty environment, and its command validates a scenario (slow)."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder], cwd=ROOT, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        command = [
            "uv",
            "run",
            "--isolated",
            "--no-project",
            "--with",
            str(wheel),
            "hypercluster",
            "validate",
            "baseline",
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        require(done.returncode == 0, done.stdout + done.stderr)
        return f"{wheel.name} in an empty environment: `hypercluster validate baseline` ends well"


def tests() -> str:
    """There are tests, and one command that people and CI both run."""
    require("uv run pytest" in written.text_of(".ci/run"), ".ci/run does not run the tests")
    files = list((ROOT / "tests").rglob("test_*.py"))
    require(len(files) > 100, "the tests are missing")
    return f"tests/, {len(files)} files; `.ci/run`; docs/verification.md"


def tests_pass() -> str:
    """All tests pass (slow)."""
    done = subprocess.run(["uv", "run", "pytest", "-q"], cwd=ROOT, capture_output=True, text=True)
    require(done.returncode == 0, done.stdout[-2000:])
    return done.stdout.strip().splitlines()[-1]


def performance() -> str:
    """What is said about speed can be measured by a command."""
    require(
        "tests/benchmark.py" in written.text_of("docs/performance.md"), "docs/performance.md names no command"
    )
    return "docs/performance.md with `uv run python tests/benchmark.py`; the paper claims none"


def need() -> str:
    """README and paper say what the program is for, and for whom."""
    for name, text in (("README", written.text_of("README.md")), ("paper", paper()[1]["Statement of need"])):
        require(
            re.search(r"\bis\s+for\s+researchers\b", text), f"{name} does not say for whom the program is"
        )
    return 'README; the section "Statement of need"'


def examples() -> str:
    """There are worked examples, run by tests."""
    for name in ("docs/tutorial.md", "docs/examples/plugin/README.md", "tests/test_tutorial.py"):
        require((ROOT / name).is_file(), f"{name} is missing")
    return "README, docs/tutorial.md, docs/python.md; tests run them"


def documented() -> str:
    """Every public name has a docstring, and the site has references."""
    for name in simulation.__all__:
        require(getattr(getattr(simulation, name), "__doc__", None), f"simulation.{name} has no docstring")
    require(
        "reference/python/simulation.md" in written.text_of("mkdocs.yml"),
        "the site has no reference of Python",
    )
    return f"{len(simulation.__all__)} public names; references of keys, commands and Python on the site"


def community() -> str:
    """CONTRIBUTING tells how to contribute, report and ask."""
    text = written.text_of("CONTRIBUTING.md")
    for word in ("pull request", "bug reports", "Questions"):
        require(word in text, f"CONTRIBUTING.md does not speak of {word}")
    return "CONTRIBUTING.md, first paragraph"


def sections() -> str:
    """The paper has all sections in their order, and a length that JOSS accepts."""
    head, parts = paper()
    require(tuple(parts) == SECTIONS, f"sections: {', '.join(parts)}")
    for key in ("title", "tags", "authors", "affiliations", "date", "bibliography"):
        require(head.get(key), f"the metadata lack {key}")
    words = sum(len(text.split()) for text in parts.values())
    require(FEWEST_WORDS <= words <= MOST_WORDS, f"{words} words, not {FEWEST_WORDS} to {MOST_WORDS}")
    for picture in re.findall(r"\]\(([^)]+\.png)\)", "".join(parts.values())):
        require((written.HERE / picture).is_file(), f"the figure {picture} is missing")
    return f"{len(SECTIONS)} sections, {words} words"


def field() -> str:
    """The section on the field compares the program with others."""
    others = (
        "wilensky1999",
        "north2013",
        "terhoeven2025",
        "datseris2024",
        "kwakkel2017",
        "iwanaga2022",
        "valente2020",
    )
    text = paper()[1]["State of the field"]
    require(all(f"@{key}" in text for key in others), "a package is not compared")
    return f"{len(others)} packages are compared"


@dataclass(frozen=True)
class Item:
    """One item: held by its check, unless it waits for something; without a check a person must judge it."""

    part: str
    name: str
    check: Callable[[], str] | None = None
    waits_for: str = ""
    judge: str = ""
    slow: bool = False

    def state(self) -> tuple[str, str]:
        """Return "held", "open" or "to be judged", and the evidence or what is missing.

        Raises
        ------
        NotHeldError
            If the check fails although the item waits for nothing.
        """
        if self.check is None:
            return ("open", self.waits_for) if self.waits_for else ("to be judged", self.judge)
        try:
            evidence = self.check()
        except NotHeldError as error:
            if self.waits_for:
                return "open", f"{self.waits_for} ({error})"
            raise
        return "held", f"{evidence}. To be judged: {self.judge}" if self.judge else evidence


ITEMS = (
    Item(
        "Screening",
        "Public history of more than six months",
        waits_for="a public repository of that age, with releases",
    ),
    Item(
        "Screening", "Demonstrated research impact", judge="we know of no publication that uses the program"
    ),
    Item(
        "Screening",
        "Good open source practices",
        community,
        judge="issues and pull requests of the public repository",
    ),
    Item(
        "General checks",
        "Repository",
        repository,
        waits_for="an address that can be read without registration",
    ),
    Item("General checks", "License", licence),
    Item(
        "General checks", "Contribution and authorship", authors, waits_for="people with their affiliations"
    ),
    Item("General checks", "Scope and significance", judge="whether the program is likely to be cited"),
    Item("General checks", "Data sharing", data),
    Item("General checks", "Reproducibility", reproduced),
    Item("General checks", "Human and animal research", no_human_data),
    Item("Functionality", "Installation", installation),
    Item("Functionality", "Installation, tried", installs, slow=True),
    Item(
        "Functionality",
        "Functionality",
        tests,
        judge="whether the claims that matter are those that are tested",
    ),
    Item("Functionality", "Functionality, tried", tests_pass, slow=True),
    Item("Functionality", "Performance", performance),
    Item("Documentation", "A statement of need", need),
    Item("Documentation", "Installation instructions", installation),
    Item("Documentation", "Example usage", examples),
    Item("Documentation", "Functionality documentation", documented),
    Item("Documentation", "Automated tests", tests),
    Item("Documentation", "Community guidelines", community),
    Item("Software paper", "Form", sections),
    Item("Software paper", "Summary", section("Summary"), judge="whether a non-specialist understands it"),
    Item("Software paper", "A statement of need", section("Statement of need")),
    Item("Software paper", "State of the field", field),
    Item("Software paper", "Software design", section("Software design")),
    Item("Software paper", "Research impact statement", section("Research impact statement")),
    Item(
        "Software paper",
        "AI usage disclosure",
        section("AI usage disclosure"),
        waits_for="a statement by the authors",
    ),
    Item(
        "Software paper",
        "Acknowledgements",
        section("Acknowledgements"),
        waits_for="a statement by the authors",
    ),
    Item("Software paper", "Quality of writing", judge="structure, language, style"),
    Item("Software paper", "References", references, judge="whether all is cited that should be"),
    Item(
        "At acceptance",
        "Release and archive with a DOI",
        waits_for="a tagged release in an archive such as Zenodo",
    ),
)


def main() -> int:
    """Print the items; return the exit code."""
    failed = 0
    for item in ITEMS:
        if item.slow and "--slow" not in sys.argv[1:]:
            state, words = "not tried", "with --slow"
        else:
            try:
                state, words = item.state()
            except NotHeldError as error:
                state, words = "NOT HELD", str(error)
                failed = 1
        print(f"{state:12}  {item.part}: {item.name}: {words}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
