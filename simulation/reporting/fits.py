"""The report on a fit: data in words, parameters, what the data can tell, synchronization, scores, figures, caveats."""

from __future__ import annotations

import math
import shlex
from pathlib import Path

import pandas as pd

from simulation.figures.fits import write_fit_figures
from simulation.fit import predictive
from simulation.fit.checks import left_out_sentences
from simulation.fit.maximum import CONFIDENCE
from simulation.fit.results import FitResults, read_fit_results
from simulation.fit.validation import NAMES, SCORES, Score, compared
from simulation.fit.validation import sentences as forecast_sentences
from simulation.hidden_characters import visible
from simulation.markdown import markdown_text
from simulation.reporting.document import Picture, first_paragraph
from simulation.reporting.page import HTML, MARKDOWN, html_page
from simulation.reporting.table import Table
from simulation.results.own_files import place

NOTHING_CONFOUNDED = (
    "No two parameters are hard to tell apart, and no most likely value is an end of its range."
)


def write_fit_report(folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.md`` and the figures into the folder of a fit; return their paths.

    Raises
    ------
    ResultsError
        If the fit is not finished, a file is damaged, or a file stands there that this program did not write.
    """
    fit = read_fit_results(folder)
    pictures = [
        Picture(path.relative_to(folder).as_posix(), first_paragraph(path.with_suffix(".md")))
        for path in write_fit_figures(fit)
        if path.suffix == ".png" and path.with_suffix(".md").is_file()
    ]
    text = document(fit, pictures)
    return place(folder, {HTML: html_page(text, folder).encode(), MARKDOWN: text.encode()})


def document(fit: FitResults, pictures: list[Picture]) -> str:
    """Return the report as Markdown, with figures by their path in the folder of the fit."""
    sections = {
        "What was observed": [markdown_text(fit.about)],
        "Parameters": [parameters(fit.summary).markdown()],
        "What the data can tell": _listed(fit.sentences or [NOTHING_CONFOUNDED]),
        "Synchronization": [
            synchronization(fit.synchronization).markdown(),
            *_listed(predictive.sentences(fit.synchronization)),
        ],
        "Regions left out": _held_out(
            fit.left_out,
            "Each region is predicted from its initial adopters, by what all others show.",
            [] if fit.left_out is None else left_out_sentences(fit.left_out),
        ),
        "Periods held out": _held_out(
            fit.forecast,
            "The periods after those that were fitted are predicted by region.",
            [] if fit.forecast is None else forecast_sentences(fit.forecast),
        ),
        "Figures": [
            f"![Figure: {markdown_text(each.name)}]({each.path})\n\n{each.caption}" for each in pictures
        ],
        "Caveats": _listed(fit.caveats),
        "How to reproduce this": [
            "The study:",
            f"```\n{visible(fit.study.strip())}\n```",
            "This report was written by:",
            f"```\nhypercluster report {visible(shlex.quote(str(fit.path)), lines=False)}\n```",
        ],
    }
    parts = [f"# {markdown_text(fit.title)}"]
    for heading, paragraphs in sections.items():
        if paragraphs:
            parts += [f"## {heading}", *paragraphs]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _held_out(frame: pd.DataFrame | None, what: str, sentences: list[str]) -> list[str]:
    if frame is None:
        return []
    return [what, scores(frame).markdown(), *_listed(sentences)]


def _listed(lines: list[str]) -> list[str]:
    return ["\n".join(f"- {markdown_text(line)}" for line in lines)] if lines else []


def parameters(summary: pd.DataFrame) -> Table:
    """Return the values of a fit with their intervals."""
    has_maximum = "maximum" in summary  # not by simulation
    of_maximum = ("most likely", f"{100 * CONFIDENCE:.0f} % by likelihood") if has_maximum else ()
    return Table(
        name="fitted_parameters",
        title="Fitted values",
        head=("parameter", "key", "range", *of_maximum, "median", "90 % of draws"),
        rows=tuple(
            (
                str(row["parameter"]),
                str(row["key"]),
                f"{row['range_low']:.4g} to {row['range_high']:.4g}",
                *(
                    (f"{row['maximum']:.3g}", f"{row['profile_low']:.3g} to {row['profile_high']:.3g}")
                    if has_maximum
                    else ()
                ),
                f"{row['posterior_median']:.3g}",
                f"{row['posterior_5_percent']:.3g} to {row['posterior_95_percent']:.3g}",
            )
            for row in summary.to_dict("records")
        ),
        note="Rates per year. Before the data are seen, all values of a range are equally likely on its scale.",
        labels=2,
    )


def synchronization(table: pd.DataFrame) -> Table:
    """Return the metrics of what was observed beside those of the fitted model."""
    return Table(
        name="observed_synchronization",
        title="Speed and synchronization, observed and under the fitted model",
        head=("metric", "unit", "observed", "median of runs", "90 % of runs", "observed is"),
        rows=tuple(
            (
                predictive.NAMES[str(row["metric"])],
                str(row["unit"]),
                _number(row["observed"]),
                _number(row["median"]),
                "-" if math.isnan(row["low"]) else f"{row['low']:.3g} to {row['high']:.3g}",
                str(row["verdict"]),
            )
            for row in table.to_dict("records")
        ),
        note="Runs of the engine with values from the posterior. -: undefined, for the reason below.",
        labels=2,
    )


def scores(frame: pd.DataFrame) -> Table:
    """Return the scores of what was held out, of our model and its rivals."""
    found = compared(frame)
    return Table(
        name="forecast_scores",
        title=f"Scores of what was held out, means over {next(iter(found.values())).regions} regions; lower is better",
        head=(
            "forecast",
            *(cell for title in SCORES.values() for cell in (title, "our model minus it, 95 %")),
            "90 % intervals hold",
        ),
        rows=tuple(
            (
                NAMES[name],
                *(cell for score in SCORES for cell in _score(its.scores.get(score))),
                f"{its.held} of {its.regions}",
            )
            for name, its in found.items()
        ),
        note="Intervals of differences: paired by region, Student's t.",
    )


def _score(score: Score | None) -> tuple[str, str]:
    if score is None:
        return "-", "-"
    return f"{score.mean:.2f}", "-" if math.isnan(score.low) else f"{score.low:+.2f} to {score.high:+.2f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g}"
