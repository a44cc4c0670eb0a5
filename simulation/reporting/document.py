"""The report on a study as Markdown: question, answer, scenarios, assumptions, tables, figures, how to reproduce."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.characters import visible
from simulation.policies import INSTRUMENTS
from simulation.reporting.places import places
from simulation.reporting.table import Table, markdown_text
from simulation.reporting.tables import (
    MOST_PAIRS,
    Analysis,
    additionality,
    attribution,
    decomposition,
    differences,
    directions,
    levels,
    means,
    money,
)
from simulation.results.reader import Manifest
from simulation.scenario.schema import Scenario

QUESTION = """\
How fast does new technology spread among the mining, oil and gas enterprises of resource-producing regions, and how \
synchronized: do the regions adopt together, or one after the other? This report compares policies that answer the \
question differently. **Regional clusters** make strong regions stronger: enterprises of one region meet, and \
technoparks back its institutions. A **hypercluster** reaches across regions: a digital platform on which enterprises, \
universities and research institutes of all regions meet. The comparison is fair where policies plan the same money, \
and speed has to be read beside synchronization: a policy can synchronize regions by slowing the fast ones."""

ASSUMPTIONS = """\
- **Data** are the numbers of enterprises and institutions by region, the technologies, and geography, but for what \
the end of this list says of the tables.
- **Digital readiness of regions** decides who joins a platform, what remote contact is worth, and what onboarding \
costs. It is an assumption unless a table has a source for it.
- **Unit costs are assumptions**, and so is what each instrument does at full coverage. Equal money is therefore a \
convention; `hypercluster break-even` says how many times dearer a platform may become before a verdict turns.
- All rates are assumptions, set so that without policy half of those who can use a technology have adopted it about \
ten years after its release, which is what Mansfield (1961) found for industrial innovations.
- **There are no data of adoption, and nothing is calibrated on any.** The numbers below show what follows from the \
assumptions. They are no forecast."""

READING = """\
Replications with the same seed share their random draws in all scenarios, so they are compared pair by pair, and \
differences come from the policies alone. An interval tells how well {n} replications pin down the mean difference \
*in the model*; it says nothing about the world, nor about the assumptions. A verdict names a direction only where \
the 95 % interval leaves zero out. Where a metric is undefined the pair is left out and counted, never replaced by a \
number."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the report."""

    path: str  # relative to the results folder
    caption: str  # Markdown


def document(analysis: Analysis, pictures: Sequence[Picture], left_out: Mapping[str, str]) -> str:
    """Return the whole report as Markdown, with figures by their path in the results folder.

    Parameters
    ----------
    left_out : why a figure is missing, by its name.
    """
    manifest = analysis.results.manifest
    compared = not analysis.comparison.empty
    parts: list[str] = [
        f"# {_heading(analysis)}",
        _origin(manifest),
        "## The question",
        QUESTION,
        "## The answer",
        *_answer(analysis),
        "## The scenarios",
        *_scenarios(manifest),
        "## What is assumed",
        "\n".join([ASSUMPTIONS, *(f"- {markdown_text(text)}" for text in analysis.results.assumptions)]),
        *_settings(manifest),
        "## Results",
        means(analysis).markdown(),
    ]
    if compared:
        parts += [
            READING.format(n=manifest["replications"]),
            *_which_pairs(analysis),
            differences(analysis.pairs(), precision=analysis.precision).markdown(),
        ]
    parts += [levels(analysis).markdown(), directions(analysis).markdown()]
    parts += ["## Money", money(analysis).markdown(), unit_costs(manifest).markdown()]
    if compared:
        parts += [
            additionality(analysis).markdown(),
            "## Where adoption changes",
            places(analysis.effects.places, analysis.results, analysis.reference).markdown(),
            "## Where the change in synchronization comes from",
            decomposition(analysis).markdown(),
            attribution(analysis).markdown(),
        ]
    parts.append("## Figures")
    parts += [part for picture in pictures for part in (_image(picture), picture.caption)]
    if left_out:
        reasons = [f"{name.replace('_', ' ')} ({reason})" for name, reason in left_out.items()]
        parts.append(f"Not drawn: {markdown_text('; '.join(reasons))}.")
    parts += ["## How to reproduce this", *_reproduction(analysis)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def unit_costs(manifest: Manifest) -> Table:
    """What the instruments of the study cost, by scenario."""
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


def _origin(manifest: Manifest) -> str:
    count = manifest["replications"]
    return (
        f"{count} replication{'s' * (count != 1)} of each scenario, seeds {manifest['seed']} to "
        f"{manifest['seed'] + count - 1}; hypercluster {manifest['version']}, {manifest['started'][:10]}"
    )


def _answer(analysis: Analysis) -> Iterator[str]:
    if analysis.comparison.empty:
        yield "There is one scenario here, so that nothing can be compared; the table of results describes it."
    for sentence in analysis.verdicts:
        yield f"> {markdown_text(sentence)}"
    if analysis.idle:
        yield "**Money that buys nothing.** What was planned for these entries was never spent:"
        yield "\n".join(f"- {markdown_text(line)}" for line in analysis.idle)
    if failures := analysis.results.manifest["failures"]:
        yield (
            f"**{len(failures)} replication{'s' * (len(failures) != 1)} failed** and "
            f"{'are' if len(failures) != 1 else 'is'} missing here; manifest.json says why."
        )


def _scenarios(manifest: Manifest) -> Iterator[str]:
    for entry in manifest["scenarios"]:
        yield f"### {markdown_text(entry['title'])}"
        paragraphs = [line for line in entry["description"].splitlines() if line.strip()]
        yield from map(markdown_text, paragraphs or ["No description was given."])


def _settings(manifest: Manifest) -> Iterator[str]:
    """Say which settings are not the defaults, and in which scenarios."""
    found: dict[str, list[str]] = {}
    for entry in manifest["scenarios"]:
        for line in _departures(tomllib.loads(entry["text"])):
            found.setdefault(line, []).append(entry["title"])
    if not found:
        yield "All other settings are the defaults of the program, the same in all scenarios."
        return
    yield "Settings other than the defaults of the program, assumptions unless a scenario names a source:"
    everywhere = len(manifest["scenarios"])
    yield "\n".join(
        f"- `{line}` in {'all scenarios' if len(names) == everywhere else markdown_text(', '.join(names))}"
        for line, names in found.items()
    )


def _departures(text: Mapping[str, Any]) -> Iterator[str]:
    default = tomllib.loads(Scenario().to_toml())
    for section, settings in text.items():
        if section in ("costs", "policies"):  # these have tables of their own
            continue
        if isinstance(settings, Mapping):
            for key, value in settings.items():
                if value != default.get(section, {}).get(key):
                    yield f"{section}.{key} = {value}"
        elif isinstance(settings, list):  # commodities, chains, platforms, institutions: a line each
            for row in settings:
                yield f"{section}: {', '.join(f'{key} = {value}' for key, value in row.items())}"


def _which_pairs(analysis: Analysis) -> Iterator[str]:
    shown = len(list(analysis.pairs()))
    every = analysis.comparison[["scenario", "reference"]].drop_duplicates().shape[0]
    if shown < every:
        yield f"Tables show {shown} of {every} pairs of scenarios; all metrics of all pairs are in `comparison.csv`."


def _image(picture: Picture) -> str:
    name = picture.path.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " ")
    return f"![Figure: {markdown_text(name)}]({picture.path})"


def _reproduction(analysis: Analysis) -> Iterator[str]:
    manifest, folder = analysis.results.manifest, analysis.results.path
    yield (
        "The same scenarios, seeds and versions give the same numbers, bit for bit, with any number of workers. "
        "The full text of every scenario, defaults included, is in `manifest.json` beside this report."
    )
    # Names of folders may hold anything: a line feed would end the block, and what follows would be Markdown.
    commands = (manifest["command"], f"hypercluster report {shlex.quote(str(folder))}")
    yield "\n".join(["```", *(visible(command, lines=False) for command in commands), "```"])
    packages = ", ".join(f"{name} {version}" for name, version in manifest["packages"].items())
    first, count = manifest["seed"], manifest["replications"]
    yield "\n".join(
        [
            f"- Seeds: {first} to {first + count - 1}; replication j has seed {first} + j in every scenario.",
            f"- Versions: hypercluster {manifest['version']}, Python {manifest['python']}, {packages}.",
            f"- Program: SHA-256 `{manifest['code']}` of its code and tables.",
            f"- Runs: {len(analysis.results.runs(['replication']))}, those whose checksums together have SHA-256 "
            f"`{analysis.outputs.origin.runs}`.",
            f"- Computed: {manifest['started']} to {manifest['ended'] or 'now, not yet finished'}.",
        ]
    )
    yield Table(
        name="digests",
        title="Digests of the scenarios and their tables of data",
        head=("scenario", "name", "scenario, SHA-256", "data, SHA-256"),
        rows=tuple(
            (entry["title"], entry["name"], entry["digest"][:16], entry["dataset_digest"][:16])
            for entry in manifest["scenarios"]
        ),
        labels=4,
    ).markdown()
