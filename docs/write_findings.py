"""Write docs/findings.md, and the answer that is shipped for the main study.

uv run hypercluster explore verdict --points 16384 --out results/verdict
uv run hypercluster run $(ls scenarios/*.toml) --keep metrics --out results/all
uv run python docs/write_findings.py results/verdict results/all [results/timed]

The last one is an ensemble of the same study that ran in one go on two free cores, and tells how long one takes;
without it, the first is taken for that.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.explore.answers import Answers, answers_of, leading_inputs, with_interval
from simulation.explore.ensemble import AS_DESIGNED
from simulation.explore.tested import TESTED
from simulation.figures.drawing.style import saved as saved_as
from simulation.figures.drawing.style import style
from simulation.figures.ensembles import outcomes, what_decides
from simulation.files.toml import toml_text
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario

PICTURES = Path(__file__).parent / "pictures"
FINDINGS = Path(__file__).parent / "findings.md"
OF_OTHERS = re.compile(r"<!-- \w[\w ]* -->.*?<!-- /\w[\w ]* -->\n", re.DOTALL)
"""Sections that write_best_policies.py writes."""
SAVED = ("restricted_time_years", "t50_years", "phi", "final_share", "w1_years")
"""Metrics of the table of what pairing saves."""
USUAL = 4096
"""Points of an ensemble, unless a user says otherwise."""


def minutes_of(timed: Results, ensemble: Results) -> float:
    """Return the minutes that an ensemble of the usual size takes, to half a minute: its runs at the measured rate."""
    began, ended = (datetime.fromisoformat(timed.manifest[name]) for name in ("started", "ended"))
    each = ensemble.manifest["ensemble"]["identity"]["replications"]
    runs = int((ensemble.runs(["replication"])["replication"] < USUAL * each).sum())
    seconds = (ended - began).total_seconds() / len(timed.runs(["replication"]))
    return round(2 * runs * seconds / 60) / 2


def pairing(results: Results) -> pd.DataFrame:
    """Return the variance of paired differences to the baseline over that of independent runs, by scenario.

    Scenarios of other datasets share no draws with the baseline and are left out.
    """
    dataset_of = {entry["name"]: entry["dataset_digest"] for entry in results.manifest["scenarios"]}
    runs = results.runs(["scenario", "seed", *SAVED]).set_index(["scenario", "seed"])
    rows = {}
    for name in results.scenarios:
        if name == "baseline" or dataset_of[name] != dataset_of["baseline"]:
            continue
        mine, other = runs.loc[name], runs.loc["baseline"]
        shared = mine.index.intersection(other.index)
        a, b = mine.loc[shared], other.loc[shared]
        independent = a.var() + b.var()
        rows[name] = ((a - b).var() / independent).where(independent > 0)
    return pd.DataFrame(rows).T


def filter_table(answers: Answers) -> list[str]:
    """Return the shares of worlds ahead under each filter, as lines of a Markdown table."""
    lines = [
        "| worlds that show | accepted, % | sooner, %: policies uncertain | as designed | more in step, %: policies "
        "uncertain | as designed |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    table = answers.shares.query("kind == 'worlds' and outcome == 'ahead'")
    accepted = answers.acceptance.set_index("filter")["share"]
    for name in accepted.index:
        rows = table[table["filter"] == name].set_index(["measure", "policies"])
        cells = [
            with_interval(rows.loc[(measure, policies)])
            for measure in ("speed", "synchronization")
            for policies in ("uncertain", "as designed")
        ]
        lines.append(f"| {name.replace('_', ' ')} | {100 * accepted[name]:.1f} | {' | '.join(cells)} |")
    return lines


_CONDITION = re.compile(r"(\S+) (above|below) ([\d.,e-]+)")


def pairs(answers: Answers) -> list[dict[str, object]]:
    """Return of each pair the numbers of 100 worlds, with policies as designed, and the rules of where it is later."""
    ensemble = answers.ensemble
    found: list[dict[str, object]] = []
    for scenario in ensemble.scenarios:
        table = answers.shares.query(
            "scenario == @scenario and policies == 'as designed' and filter == @answers.leading_filter "
            "and kind == 'worlds'"
        ).set_index(["measure", "outcome"])["share"]
        counted = {
            topic: {
                outcome: round(100 * float(table.get((measure, outcome), 0)), 1)
                for outcome in ("ahead", "behind")
            }
            for topic, measure in (("together", "synchronization"), ("sooner", "speed"))
        }
        rules = []
        for rule in answers.rules:
            where, behind, outcome = rule.partition(f": {ensemble.titles[scenario]} is behind in speed in ")
            if behind:
                conditions = [
                    {"key": key, "test": test, "value": float(value.replace(",", ""))}
                    for key, test, value in _CONDITION.findall(where)
                ]
                rules.append({"density": float(outcome.split()[0]), "conditions": conditions})
        found.append({"scenario": scenario, "reference": ensemble.reference, **counted, "rules": rules})
    return found


def _ratio(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def page(answers: Answers, results: Results, saved: pd.DataFrame) -> str:
    """Return the page."""
    sentences = answers.sentences()
    decisive = leading_inputs(answers)
    return "\n".join(
        [
            "# Findings",
            "",
            "Written by `docs/write_findings.py` and `docs/write_best_policies.py`; do not edit.",
            "",
            "## Does the verdict survive the assumptions?",
            "",
            *(f"{line}\n" for line in sentences),
            "Worlds are drawn evenly from the ranges in [section 10 of the model](model.md); the patterns stand there "
            "too. Both are judgements: a share of such worlds is not a probability. "
            "[ensembles.md](ensembles.md) explains how the numbers are made.",
            "",
            "![Shares of outcomes by speed and synchronization, and under other patterns.](pictures/outcomes.png)",
            "",
            "Worlds in which the hypercluster is ahead, of those in which both plans are affordable, under other "
            "patterns:",
            "",
            *filter_table(answers),
            "",
            "## Where it is behind",
            "",
            *(f"- {rule}" for rule in answers.rules or ("no rule stands out",)),
            "",
            "## What decides in the kept worlds",
            "",
            "![The inputs that explain most of the difference.](pictures/what_decides.png)",
            "",
            *(f"- {line}" for line in decisive),
            "",
            "Shares of the variance of the difference that one input explains alone. Inputs of kept worlds are "
            "dependent, so these shares do not add up.",
            "",
            "## What pairing saves",
            "",
            "Variance of the paired difference to the baseline over that of two independent runs, for the "
            f"{len(saved)} other shipped scenarios of the default dataset, 30 replications:",
            "",
            f"| scenario | {' | '.join(SAVED)} |",
            f"|---|{'---:|' * len(SAVED)}",
            *(
                f"| {name} | {' | '.join(_ratio(row[metric]) for metric in SAVED)} |"
                for name, row in [("median", saved.median()), *saved.iterrows()]
            ),
            "",
            "A ratio of .1 means that ten times as many independent runs would be needed for the same interval. - "
            "stands where no run has a value.",
            "",
        ]
    )


def main() -> None:
    """Write both files from the results folders that are given."""
    ensemble, everything, *timed = (Results(path) for path in sys.argv[1:4])
    answers = answers_of(ensemble)
    names = [name for name in ensemble.scenarios if not name.endswith(AS_DESIGNED)]
    ensemble_versions = ensemble.manifest["packages"]
    TESTED.write_text(
        "# What the main ensemble says of the shipped study; written by docs/write_findings.py.\n"
        + toml_text(
            {
                "sentences": answers.sentences(),
                "minutes": minutes_of(timed[0] if timed else ensemble, ensemble),
                "points": len(answers.ensemble.baseline),
                "kept": answers.kept,
                "seed": ensemble.manifest["seed"],
                "numpy": ensemble_versions["numpy"],
                "numba": ensemble_versions["numba"],
                "pairs": pairs(answers),
                "digests": {name: load_scenario(name).digest for name in names},
            }
        ),
        encoding="utf-8",
    )
    saved = pairing(everything)
    assert np.isfinite(saved.median()).all(), "a metric without pairs"
    for name, draw in (("outcomes", outcomes.draw), ("what_decides", what_decides.draw)):
        drawn = draw(answers, width_mm=190.0)
        with style():
            (PICTURES / f"{name}.png").write_bytes(saved_as(drawn.figure, "png"))
    text = page(answers, ensemble, saved)
    if FINDINGS.exists():  # another script writes the sections between marks
        kept = OF_OTHERS.findall(FINDINGS.read_text(encoding="utf-8"))
        text = "\n".join([text, *kept])
    FINDINGS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
