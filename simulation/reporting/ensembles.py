"""The report on an ensemble: the answers in words to paste, figures, shares, and all that was assumed."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator
from pathlib import Path

from simulation.analysis.patterns import load_patterns
from simulation.errors import HyperclusterError
from simulation.explore.answers import (
    Answers,
    answers_of,
    leading_indices,
    leading_inputs,
    with_interval,
)
from simulation.explore.ensemble import recorded
from simulation.explore.outcomes import AHEAD, ALIKE, BEHIND, METRIC
from simulation.explore.parameters import Parameter
from simulation.figures.ensembles import write_ensemble_figures
from simulation.hidden_characters import visible
from simulation.markdown import markdown_text
from simulation.reporting.document import Picture, digests, first_paragraph
from simulation.reporting.page import HTML, MARKDOWN, html_page
from simulation.reporting.table import Table
from simulation.results.code_digest import together
from simulation.results.derived import HERE, Outputs, outputs_of
from simulation.results.reader import Results


def write_ensemble_report(results: Results) -> list[Path]:
    """Write ``report.html``, ``report.md``, the tables and the figures of an ensemble; return their paths.

    Raises
    ------
    HyperclusterError
        If the folder holds no ensemble, or no point of it yet.
    """
    outputs = outputs_of(results, "report", HERE)
    answers = answers_of(results)
    pictures, missing = _pictures(results, answers, outputs)
    text = document(results, answers, pictures, missing=missing)
    pages = {HTML: html_page(text, results.path), MARKDOWN: text}
    return outputs.write({name: content.encode() for name, content in pages.items()})


def _pictures(results: Results, answers: Answers, outputs: Outputs) -> tuple[list[Picture], str]:
    """Draw the figures; return them, or why there are none."""
    of_explore = dataclasses.replace(outputs.origin, renew=("explore", HERE))
    try:
        paths = write_ensemble_figures(
            results, answers=answers, outputs=dataclasses.replace(outputs, origin=of_explore)
        )
    except HyperclusterError as error:  # too little of it has run as yet
        return [], str(error)
    return [
        Picture(path.relative_to(results.path).as_posix(), first_paragraph(path.with_suffix(".md")))
        for path in paths
        if path.suffix == ".png"
    ], ""


def document(results: Results, answers: Answers, pictures: list[Picture], *, missing: str) -> str:
    """Return the report as Markdown, with figures by their path in the results folder.

    Parameters
    ----------
    missing : why there are no figures, if there are none.
    """
    manifest = results.manifest
    found = recorded(manifest)
    sections = {
        "The answer": [f"> {markdown_text(line)}" for line in answers.sentences()],
        "Where it is behind": _listed(answers.rules),
        "What decides": _listed([*leading_indices(answers), *leading_inputs(answers)]),
        "Figures": [
            *(f"![Figure: {markdown_text(each.name)}]({each.path})\n\n{each.caption}" for each in pictures),
            *([f"Not drawn: {markdown_text(missing)}."] if missing else []),
        ],
        "Shares": [table.markdown() for table in _tables(answers)],
        "What is assumed": [
            ranges(answers).markdown(),
            *([patterns(answers).markdown()] if answers.ensemble.checks else []),
            "All else is as in the scenarios. " + " ".join(map(markdown_text, results.assumptions)),
        ],
        "How to read this": [answers.how_to_read],
        "How to reproduce this": [
            "The study, with all that differs from the defaults:",
            f"```\n{visible(found['study'].strip())}\n```",
            "It was run, and this report written, by:",
            f"```\n{visible(manifest['command'], lines=False)}\n"
            f"hypercluster report {visible(shlex.quote(str(results.path)), lines=False)}\n```",
            f"The SHA-256 of the code and tables that the scenarios use is `{together(manifest['code'])}`; "
            f"hypercluster {manifest['version']}, "
            + ", ".join(f"{name} {version}" for name, version in manifest["packages"].items())
            + ".",
            digests(manifest).markdown(),
        ],
    }
    title = markdown_text(found["title"] or "The verdict under uncertainty")
    parts = [f"# {title}"]
    for heading, paragraphs in sections.items():
        if paragraphs:
            parts += [f"## {heading}", *paragraphs]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _listed(lines: tuple[str, ...] | list[str]) -> list[str]:
    return ["\n".join(f"- {markdown_text(line)}" for line in lines)] if lines else []


def _tables(answers: Answers) -> Iterator[Table]:
    if not len(answers.shares):
        return
    yield outcomes(answers)
    if answers.ensemble.checks:
        yield under_filters(answers)


def outcomes(answers: Answers) -> Table:
    """Return the shares of worlds and pairs with each outcome under the leading filter."""
    table = answers.shares[answers.shares["filter"] == answers.leading_filter]
    rows = []
    for (scenario, policies, measure, kind), part in table.groupby(
        ["scenario", "policies", "measure", "kind"], sort=False
    ):
        by_outcome = part.set_index("outcome")
        if AHEAD in by_outcome.index:
            shares = (with_interval(by_outcome.loc[word]) for word in (AHEAD, ALIKE, BEHIND))
            title = answers.ensemble.titles[str(scenario)]
            rows.append((title, str(policies), str(measure), str(kind), *shares))
    return Table(
        name="outcomes",
        title=f"Shares of outcomes under {answers.leading_filter}, %, with 95 % intervals",
        head=("scenario", "policies", "measure", "of", "ahead", "alike", "behind"),
        rows=tuple(rows),
        labels=4,
        note="Of worlds: in expectation over chance, among those in which both plans are affordable. Of pairs: of all "
        "pairs of a world and a seed.",
    )


def under_filters(answers: Answers) -> Table:
    """Return the shares of worlds ahead under each filter; of pairs where each world has one seed."""
    kind = "worlds" if (answers.shares.query("kind == 'worlds'")["outcome"] == AHEAD).any() else "pairs"
    ahead = answers.shares.query("outcome == @AHEAD and kind == @kind and measure != 'both'")
    accepted = answers.acceptance.set_index("filter")["share"]
    shares = {
        (str(scenario), str(policies), str(name), str(measure)): with_interval(part.iloc[0])
        for (scenario, policies, name, measure), part in ahead.groupby(
            ["scenario", "policies", "filter", "measure"], sort=False
        )
    }
    rows = [
        (
            answers.ensemble.titles[scenario],
            policies,
            name.replace("_", " "),
            f"{100 * accepted[name]:.1f}",
            *(shares.get((scenario, policies, name, measure), "-") for measure in METRIC),
        )
        for scenario, policies, name in dict.fromkeys(key[:3] for key in shares)
    ]
    return Table(
        name="under_filters",
        title=f"Share of {kind} ahead in worlds that show other patterns, %, with 95 % intervals",
        head=("scenario", "policies", "worlds that show", "accepted", "sooner", "more in step"),
        rows=tuple(rows),
        labels=3,
    )


def ranges(answers: Answers) -> Table:
    """Return what varies, with its range."""
    return Table(
        name="ranges",
        title="What varies between worlds",
        head=("input", "keys", "values", "unit", "scale", "by default"),
        rows=tuple(_range(parameter) for parameter in answers.ensemble.parameters),
        labels=6,
        note="Worlds are the rows of the design's file."
        if answers.ensemble.is_given
        else "Worlds are drawn evenly on the scale of each range. Ranges are judgements.",
    )


def _range(parameter: Parameter) -> tuple[str, ...]:
    values = (
        ", ".join(map(str, parameter.values))
        if parameter.values
        else f"{parameter.low:g} to {parameter.high:g}"
    )
    default = parameter.default
    return (
        parameter.name,
        ", ".join(key for key in parameter.keys if key != parameter.name) or "the same",
        f"{values}; only {', '.join(parameter.only)}" if parameter.only else values,
        parameter.unit or "-",
        "listed" if parameter.values else parameter.scale,
        "-" if default is None else f"{default:g}" if isinstance(default, int | float) else str(default),
    )


def patterns(answers: Answers) -> Table:
    """Return what the baseline had to show."""
    known = {pattern.name: pattern for pattern in load_patterns().patterns}
    accepted = answers.acceptance.set_index("filter")["share"]
    rows = []
    for name, (low, high) in answers.ensemble.bounds.items():
        pattern = known.get(name)
        rows.append(
            (
                name.replace("_", " "),
                pattern.quantity if pattern is not None else "a metric of the baseline",
                f"{low:g} to {high:g}",
                "-" if f"{name} alone" not in accepted else f"{100 * accepted[f'{name} alone']:.1f}",
            )
        )
    return Table(
        name="patterns",
        title="What the baseline must show",
        head=("pattern", "quantity", "range", "shown in, % of worlds"),
        rows=tuple(rows),
        labels=3,
    )
