"""Write ``docs/validation.md``: the model against three classic surveys, which do not come with the project.

    HYPERCLUSTER_OBSERVED=path/to/surveys uv run python docs/write_validation.py

The folder holds ``medical_innovation``, ``brazilian_farmers`` and ``korean_family``, each with ``agents.csv`` and
``ties.csv`` (docs/fit.md says what they are). It takes some minutes, two processes for each survey.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from simulation.fit import validation, words
from simulation.fit.checks import checked
from simulation.fit.netdiffuser import STUDY, read_survey, write_observed
from simulation.fit.running import FORECAST, run_fit, seen_by
from simulation.fit.study import Fit, read_fit
from simulation.reporting import fits as reports

PLACE = "HYPERCLUSTER_OBSERVED"

PAGE = Path(__file__).parent / "validation.md"

SURVEYS = {
    "medical_innovation": ("Physicians and tetracycline", "Coleman, Katz & Menzel 1966", 12),
    "brazilian_farmers": ("Brazilian farmers and hybrid corn", "Rogers, Ascroft & Röling 1970", 1),
    "korean_family": ("Korean women and family planning", "Rogers & Kincaid 1981", 1),
}
"""Title, source, and periods in a year."""

HEAD = """# The model against observed diffusion

`docs/write_validation.py` writes this page; [fit.md](fit.md) explains the methods and their limits. The surveys are
those of the R package netdiffuseR (Valente 1995), do not come with the program, and are about other people and
innovations than those of the model. Fitted are the spontaneous rate, spatial and network contact, and the spread of
absorptive capacity, in wide ranges. Villages have no coordinates: spatial contact is contact with all of one's village,
alike. The last period stands for not having adopted, nominations for contact, and those of the first period are initial
adopters. Villages are few and small, so that most comparisons between models are uncertain.

Of each survey there are, in this order, the fitted values; the speed and synchronization of the data, measured by the
functions that measure runs, beside 90 % of the runs of the fitted model; each village predicted from its initial
adopters by what all others show; and the last third of the periods predicted by village from the first two thirds. The
rivals are Bass (with values of its own for each village where periods are held out, and with those of the other
villages where a village is), and a logistic hazard of time without contacts. The variant of ours is the one that
Akaike's criterion chooses on the fitted periods, of those with spatial contact, network contact or the spread of
absorptive capacity off. Scores are better when lower; an interval of a difference is of the mean over villages, by
Student's t. What came out is here as it came out.

The model has no rates of a village's own. Where villages differ by more than contact and chance make them, its
intervals are too narrow.
"""

KINDS = {"left out": "Villages left out", "forecast": "Periods held out"}


EFFECTIVE = 1000
"""Effective draws of a fit: as many as there are runs of the fitted model, and samples of a forecast."""

Ahead = dict[str, dict[str, bool]]
"""By what was held out and by score, which of ours is ahead of Bass and of the logistic hazard."""


@contextmanager
def observed(name: str) -> Iterator[tuple[Fit, Path, Path]]:
    """Yield the study of a survey, the folder in which it lies, and one for the fit."""
    with tempfile.TemporaryDirectory() as scratch:
        seen = Path(scratch) / "seen"
        write_observed(read_survey(Path(os.environ[PLACE]) / name), seen, steps_per_year=SURVEYS[name][2])
        yield read_fit(seen / STUDY).model_copy(update={"effective": EFFECTIVE}), seen, Path(scratch) / "fit"


def whole(name: str) -> tuple[str, Ahead]:
    """Return what is to be said of the fit of one survey, and of its villages that are left out."""
    title, source, _ = SURVEYS[name]
    with observed(name) as (study, seen, out):
        fitted = run_fit(study, seen, out)
        found = checked(fitted, out)
    said = found.sections()
    parts = [
        f"## {title}",
        f"{source}. {words.about(fitted)}",
        reports.parameters(fitted.summary()).markdown(),
        *words.sentences(fitted),
        reports.synchronization(found.synchronization).markdown(),
        _listed(said["Synchronization"]),
    ]
    ahead = {}
    if found.left_out is not None:
        parts += [f"### {KINDS['left out']}", reports.scores(found.left_out).markdown()]
        parts.append(_listed(said["Regions left out"]))
        ahead["left out"] = _ahead(found.left_out)
    return "\n\n".join(part.strip() for part in parts), ahead


def forecast(name: str) -> tuple[str, Ahead]:
    """Return what is to be said of the last third of the periods of one survey, predicted from the others."""
    with observed(name) as (study, seen, out):
        periods = seen_by(study, seen).periods
        until = round(periods * 2 / 3)
        fitted = run_fit(study, seen, out, until=until)
        frame = pd.read_csv(out / FORECAST)
    parts = [
        f"### {KINDS['forecast']}: {until + 1} to {periods}",
        reports.scores(frame).markdown(),
        _listed([*words.sentences(fitted), *validation.sentences(frame)]),
    ]
    return "\n\n".join(part.strip() for part in parts), {"forecast": _ahead(frame)}


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _ahead(frame: pd.DataFrame) -> dict[str, bool]:
    """Return of our model, by score, whether it is ahead of both rivals, and has the lower mean than both."""
    found = validation.compared(frame)
    rivals = [found[name] for name in (validation.BASS, validation.LOGISTIC)]
    result = {}
    for score in validation.SCORES:
        result[f"ahead {score}"] = all(rival.scores[score].verdict == validation.AHEAD for rival in rivals)
        ours = found[validation.OURS].scores[score].mean
        result[f"lower {score}"] = all(ours < rival.scores[score].mean for rival in rivals)
    return result


def _in_short(found: list[Ahead]) -> str:
    lines = []
    for kind, title in KINDS.items():
        there = [each[kind] for each in found if kind in each]
        for score, name in validation.SCORES.items():
            ahead, lower = (sum(each[f"{word} {score}"] for each in there) for word in ("ahead", "lower"))
            lines.append(
                f"{title}, {name}: lower than both Bass and the logistic hazard in {lower} of {len(there)} surveys, "
                f"beyond chance in {ahead}."
            )
    return "In short, our model:\n\n" + _listed(lines)


def main() -> None:
    """Write the page."""
    if not os.environ.get(PLACE):
        sys.exit(f"{PLACE} must say where the surveys are")
    with ProcessPoolExecutor(2 * len(SURVEYS)) as pool:
        fits, forecasts = pool.map(whole, SURVEYS), pool.map(forecast, SURVEYS)
        found = [each for both in zip(fits, forecasts, strict=True) for each in both]
    short = _in_short([ahead for _, ahead in found])
    PAGE.write_text("\n\n".join([HEAD.rstrip(), short, *(text for text, _ in found)]) + "\n")


if __name__ == "__main__":
    main()
