"""Write the paper from results: its table of numbers, its figure, and ``paper.md`` from ``template.md``.

    uv run python paper/write_paper.py [RESULTS]

RESULTS is a folder of the main study, as ``hypercluster run`` writes it. Without it the study runs into
``results/paper``, about a minute on two cores, or is read there if it has finished. What the paper says of other worlds
comes from the answer that ``docs/write_findings.py`` ships with the program, what it says of surveys from the page that
``docs/write_validation.py`` writes. No number of the paper is typed: ``template.md`` names them, and ``numbers.toml``
holds them as they are printed.

A draft as PDF: ``cd paper && pandoc paper.md --citeproc --pdf-engine=lualatex -o ../results/paper.pdf``.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from simulation import Results, compare, load_scenario, run, run_batch
from simulation.analysis.priors import load_priors
from simulation.data.reader import load_dataset
from simulation.explore.tested import shipped_answer
from simulation.figures import FIGURES, study_curves
from simulation.figures.drawing.style import saved, style
from simulation.files.toml import read_toml, toml_text

HERE = Path(__file__).parent
ROOT = HERE.parent
PAPER = HERE / "paper.md"
TEMPLATE = HERE / "template.md"
NUMBERS = HERE / "numbers.toml"
FIGURE = "adoption_raster"
STUDY = ("baseline", "regional_cluster", "hypercluster")
REPLICATIONS = 30
FIRST_SEED = 1
PLACE = re.compile(r"\{\{ (\w+)\.(\w+) \}\}")

Numbers = dict[str, dict[str, Any]]


def text_of(path: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def found(pattern: str, text: str) -> tuple[str, ...]:
    """Return the groups of a pattern that must occur once."""
    matches = list(re.finditer(pattern, text))
    assert len(matches) == 1, f"{len(matches)} times instead of once: {pattern}"
    return matches[0].groups()


def world_numbers() -> dict[str, str]:
    """Return the sizes of the default world."""
    dataset = load_dataset()
    return {
        "regions": str(len(dataset.regions)),
        "enterprises": f"{dataset.counts.sum():,}",
        "institutions": str(len(dataset.institutions)),
        "technologies": str(len(dataset.technologies)),
    }


def model_numbers() -> dict[str, str]:
    """Return how many equations the model has, and how many numbers with a plausible range."""
    return {
        "equations": str(len(re.findall(r"\\tag\{\d+\}", text_of("docs/model.md")))),
        "ranges": str(len(load_priors().priors)),
    }


def verification_numbers() -> dict[str, str]:
    """Return how many groups of known results the tests compare, and how many values."""
    rows = re.findall(r"^\| (\d+) \|.*\|$", text_of("docs/verification.md"), flags=re.MULTILINE)
    return {"checks": str(len(set(rows))), "rows": str(len(rows))}


def ensemble_numbers() -> dict[str, str]:
    """Return what the shipped ensemble says of worlds in which costs and effects of policies are uncertain too."""
    answer = shipped_answer()
    sentence = next(each for each in answer["sentences"] if "drawn from their ranges too" in each)
    affordable, sooner, interval, later = found(
        r"paid for in (\d+) of 100 worlds .* sooner in (\d+) \(95 % interval ([^)]*)\), later in (\d+),",
        sentence,
    )
    in_step, in_step_interval = found(r"more in step in (\d+) \(95 % interval ([^)]*)\)", sentence)
    return {
        "points": f"{answer['points']:,}",
        "kept": f"{answer['kept']:,}",
        "affordable": affordable,
        "sooner": sooner,
        "sooner_interval": interval,
        "later": later,
        "more_in_step": in_step,
        "more_in_step_interval": in_step_interval,
    }


def survey_numbers() -> dict[str, str]:
    """Return how often the model was ahead of a rival, behind it, or neither, on what was held out of surveys."""
    outcomes = Counter(
        re.findall(
            r"^- By the [\w ]+, our model is (ahead of|behind|neither ahead of nor behind)"
            r" (?:Bass|a logistic hazard without contacts):",
            text_of("docs/validation.md"),
            flags=re.MULTILINE,
        )
    )
    return {
        "comparisons": str(outcomes.total()),
        "ahead": str(outcomes["ahead of"]),
        "behind": str(outcomes["behind"]),
        "alike": str(outcomes["neither ahead of nor behind"]),
    }


def study_numbers(results: Results) -> dict[str, Any]:
    """Return the paired differences of the main study, each with the ends of its 95 % interval, and what pairing saved.

    ``first`` holds metrics of the first replication in full, for a test that the program still computes them.
    """
    assert results.scenarios == STUDY, f"not the main study: {results.scenarios}"
    rows = compare(results).set_index(["scenario", "reference", "metric"])
    # Name, pair, metric, the sign that makes the difference positive, and digits.
    wanted = (
        ("sooner", ("hypercluster", "regional_cluster"), "t50_years", -1, 1),
        ("more_in_step", ("hypercluster", "regional_cluster"), "synchronization", 1, 3),
        ("clusters_sooner", ("regional_cluster", "baseline"), "t50_years", -1, 1),
        ("clusters_less", ("regional_cluster", "baseline"), "synchronization", -1, 3),
    )
    numbers: dict[str, Any] = {}
    for name, pair, metric, sign, digits in wanted:
        row = rows.loc[(*pair, metric)]
        assert row["n"] == row["pairs"] == REPLICATIONS, f"{pair}: {metric} is undefined in some pairs"
        low, high = sorted((sign * row["low"], sign * row["high"]))
        assert low > 0, f"the template says that {pair} differ in {metric}"
        for end, value in (("", sign * row["difference"]), ("_low", low), ("_high", high)):
            numbers[name + end] = f"{value:.{digits}f}"
    ours, theirs = (
        results.runs(["scenario", "seed", "restricted_time_years"])
        .pivot(index="seed", columns="scenario", values="restricted_time_years")[list(STUDY[1:])]
        .to_numpy()
        .T
    )
    independent = np.var(ours, ddof=1) + np.var(theirs, ddof=1)
    numbers["variance_saved"] = f"{independent / np.var(ours - theirs, ddof=1):.1f}"
    numbers["replications"] = str(REPLICATIONS)
    numbers["first"] = first_replication()
    return numbers


def first_replication() -> dict[str, dict[str, float]]:
    """Return speed and synchronization of the first replication of each scenario."""
    return {
        name: {
            metric: float(metrics[metric])
            for metrics in [run(load_scenario(name), seed=FIRST_SEED).metrics]
            for metric in ("t50_years", "synchronization")
        }
        for name in STUDY
    }


def people(citation: Mapping[str, Any]) -> str:
    """Return the authors of ``CITATION.cff`` with their affiliations, as the head of a JOSS paper has them."""
    places: list[str] = []
    authors = []
    for author in citation["authors"]:
        name = author.get("name") or f"{author['given-names']} {author['family-names']}"
        place = author.get("affiliation", "to be stated before submission")
        if place not in places:
            places.append(place)
        entry = {"name": name, "affiliation": str(places.index(place) + 1)}
        if "orcid" in author:
            entry["orcid"] = author["orcid"].rstrip("/").split("/")[-1]
        authors.append(entry)
    head = {"authors": authors, "affiliations": [{"index": n, "name": p} for n, p in enumerate(places, 1)]}
    return str(yaml.safe_dump(head, allow_unicode=True, sort_keys=False)).rstrip()


def program_numbers() -> Numbers:
    """Return all numbers that need no run of the study."""
    return {
        "world": world_numbers(),
        "model": model_numbers(),
        "verification": verification_numbers(),
        "ensemble": ensemble_numbers(),
        "surveys": survey_numbers(),
    }


def filled(template: str, numbers: Numbers) -> str:
    """Return the paper: the template with its numbers.

    Raises
    ------
    KeyError
        If the template names a number that is not there.
    """
    told = numbers | {"metadata": numbers["metadata"] | {"people": people(citation())}}
    return PLACE.sub(lambda place: told[place[1]][place[2]], template)


def citation() -> dict[str, Any]:
    """Return the contents of ``CITATION.cff``."""
    return dict(yaml.safe_load(text_of("CITATION.cff")))


def numbers() -> Numbers:
    """Return the table of numbers that is kept beside the paper."""
    return dict(read_toml(NUMBERS, expected="the numbers of the paper (TOML)")[1])


def main() -> None:
    """Write everything."""
    if len(sys.argv) > 1:
        results = Results(sys.argv[1])
    else:
        results = run_batch(
            list(STUDY), replications=REPLICATIONS, seed=FIRST_SEED, out=ROOT / "results/paper"
        )
    ended = datetime.fromisoformat(results.manifest["ended"])
    table = {
        "metadata": {"date": f"{ended.day} {ended:%B %Y}"},
        **program_numbers(),
        "study": study_numbers(results),
    }
    NUMBERS.write_text(
        f"# Written by paper/write_paper.py; do not edit.\n{toml_text(table)}", encoding="utf-8"
    )
    figure = FIGURES[FIGURE]
    drawn = figure.draw(study_curves(results, parts=figure.needs), width_mm=140.0)
    with style():
        (HERE / "figures" / f"{FIGURE}.png").write_bytes(saved(drawn.figure, "png"))
    PAPER.write_text(filled(TEMPLATE.read_text(encoding="utf-8"), numbers()), encoding="utf-8")


if __name__ == "__main__":
    main()
