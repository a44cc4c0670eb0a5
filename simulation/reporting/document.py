"""The report on a study as Markdown, from a template and the tables and figures of the study."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from simulation import plugins
from simulation.hidden_characters import visible
from simulation.markdown import markdown_text
from simulation.policies import INSTRUMENTS
from simulation.reporting.analysis import MOST_PAIRS, Analysis
from simulation.reporting.places_of_change import places
from simulation.reporting.table import Table
from simulation.reporting.tables import (
    additionality,
    attribution,
    decomposition,
    differences,
    directions,
    levels,
    means,
    money,
    of_plugins,
)
from simulation.results.code_digest import together
from simulation.results.manifest import Manifest
from simulation.scenario.schema import Scenario

LEADING = "adoption_raster"
"""The figure at the beginning."""
CONTENTS = "[contents]"
"""Stands for the contents until all sections are there."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the report."""

    path: str  # relative to the results folder
    caption: str  # Markdown

    @property
    def leads(self) -> bool:
        """Whether it stands at the beginning of the report."""
        return PurePosixPath(self.path).stem == LEADING

    @property
    def name(self) -> str:
        """Return the name of a figure in words."""
        return PurePosixPath(self.path).stem.replace("_", " ")


def first_paragraph(path: Path) -> str:
    """Return a caption without its scenarios and seeds, which the report states elsewhere."""
    return path.read_text(encoding="utf-8").split("\n\n", 1)[0]


@dataclass(frozen=True, slots=True)
class Explained:
    """What an explanation in the folder of the study says."""

    sentences: Sequence[str]
    table: Table | None  # of its first game
    picture: Picture | None
    page: str  # where all of it stands, relative to the results folder


def document(
    analysis: Analysis,
    pictures: Sequence[Picture],
    left_out: Mapping[str, str],
    *,
    explained: Sequence[Explained] = (),
) -> str:
    """Return the whole report as Markdown, with figures by their path in the results folder.

    Parameters
    ----------
    left_out : the reason for each missing figure, by its name.
    explained : what does the work, where the folder says it.
    """
    manifest = analysis.results.manifest
    text = _template().render(
        analysis=analysis,
        manifest=manifest,
        compared=not analysis.comparison.empty,
        heading=_heading(analysis),
        last_seed=manifest["seed"] + manifest["replications"] - 1,
        settings=_settings(manifest),
        pairs=list(analysis.pairs()),
        all_pairs=analysis.comparison[["scenario", "reference"]].drop_duplicates().shape[0],
        leading=next((picture for picture in pictures if picture.leads), None),
        others=[picture for picture in pictures if not picture.leads],
        contents=CONTENTS,
        explained=explained,
        left_out=left_out,
        reasons=[f"{name.replace('_', ' ')} ({reason})" for name, reason in left_out.items()],
        # A line feed in the name of a folder would end the code block, and the rest would be read as Markdown.
        report_command=shlex.join(["hypercluster", "report", str(analysis.results.path), *plugins.options()]),
        runs=len(analysis.results.runs(["replication"])),
    )
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    sections = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    links = "\n".join(f"- [{section}](#{anchor(section)})" for section in sections)
    return text.replace(CONTENTS, f"**Contents**\n\n{links}", 1)


def anchor(heading: str) -> str:
    """Return the name by which a link finds a heading, as programs that show Markdown make it."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def _template() -> Template:
    """Load the template of the report with the tables and filters that it uses."""
    environment = Environment(
        loader=PackageLoader("simulation.reporting"),
        undefined=StrictUndefined,
        autoescape=False,  # the output is Markdown: a filter escapes the texts of users
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown"] = markdown_text
    environment.filters["together"] = together
    environment.filters["visible"] = partial(visible, lines=False)
    tables = (
        additionality,
        attribution,
        decomposition,
        differences,
        digests,
        directions,
        of_plugins,
        of_plugins,
        levels,
        means,
        money,
    )
    for function in (*tables, places, unit_costs, paragraphs):
        environment.globals[function.__name__] = function
    return environment.get_template("report.md.jinja")


def unit_costs(manifest: Manifest) -> Table:
    """Return the table of unit costs of the instruments, by scenario."""
    texts = [tomllib.loads(entry["text"]) for entry in manifest["scenarios"]]
    used = sorted({policy["instrument"] for text in texts for policy in text.get("policies", ())})
    rows = [
        (
            name.replace("_", " "),
            INSTRUMENTS[name].cost_basis,
            " / ".join(dict.fromkeys(f"{text['costs'][name]:,g}" for text in texts)),
        )
        for name in used
    ]
    return Table(
        name="unit_costs",
        title="Unit costs, all of them assumptions",
        head=("instrument", "paid for each", "units a year"),
        rows=tuple(rows),
        labels=2,
    )


def _heading(analysis: Analysis) -> str:
    titles = [markdown_text(title) for title in analysis.results.titles.values()]
    if len(titles) > MOST_PAIRS:
        return f"{len(titles)} policies for synchronized technology adoption"
    return " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))


def paragraphs(description: str) -> list[str]:
    """Return the paragraphs of a scenario's description."""
    return [line for line in description.splitlines() if line.strip()] or ["No description was given."]


def _settings(manifest: Manifest) -> dict[str, list[str]]:
    """Return the settings that differ from the defaults, with the titles of the scenarios that have them."""
    found: dict[str, list[str]] = {}
    for entry in manifest["scenarios"]:
        for line in _departures(tomllib.loads(entry["text"])):
            found.setdefault(line, []).append(entry["title"])
    return found


def _departures(text: Mapping[str, Any]) -> Iterator[str]:
    default = tomllib.loads(Scenario().to_toml())
    for section, settings in text.items():
        if section in ("costs", "policies"):  # these have their own tables
            continue
        if isinstance(settings, Mapping):
            for key, value in settings.items():
                if value != default.get(section, {}).get(key):
                    yield f"{section}.{key} = {value}"
        elif isinstance(settings, list):  # commodities, chains, platforms, institutions: a line each
            for row in settings:
                yield f"{section}: {', '.join(f'{key} = {value}' for key, value in row.items())}"


def digests(manifest: Manifest) -> Table:
    """Return the table of the digests that identify scenarios and data."""
    return Table(
        name="digests",
        title="Digests of the scenarios and their tables of data",
        head=("scenario", "name", "scenario, SHA-256", "data, SHA-256"),
        rows=tuple(
            (entry["title"], entry["name"], entry["digest"][:16], entry["dataset_digest"][:16])
            for entry in manifest["scenarios"]
        ),
        labels=4,
    )
