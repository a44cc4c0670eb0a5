"""Write ``docs/validation.md``: the model against three classic surveys, which do not come with the project.

    HYPERCLUSTER_OBSERVED=path/to/surveys uv run python docs/write_validation.py

The folder holds ``medical_innovation``, ``brazilian_farmers`` and ``korean_family``, each with ``agents.csv`` and
``ties.csv`` (docs/fit.md says what they are). It takes some minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from simulation.fit import validation, words
from simulation.fit.netdiffuser import STUDY, read_survey, write_observed
from simulation.fit.running import run_fit
from simulation.fit.study import read_fit

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

A forecast is fitted to the first two thirds of the periods and predicts how many adopt in each village in the rest. The
scores are better when lower; an interval of a difference is of the mean over villages, by Student's t. What came out is
here as it came out.
"""


def section(folder: Path, name: str) -> tuple[str, bool]:
    """Return what is to be said of one survey, and whether our forecast is ahead of Bass and of time alone."""
    title, source, steps = SURVEYS[name]
    with tempfile.TemporaryDirectory() as scratch:
        seen = Path(scratch) / "seen"
        write_observed(read_survey(folder / name), seen, steps_per_year=steps)
        study = read_fit(seen / STUDY)
        parts = [f"## {title}", f"{source}."]
        whole = run_fit(study, seen, Path(scratch) / "whole")
        rows = [words.headings(), ("---",) * len(words.headings()), *words.table(whole)]
        parts += [
            words.about(whole),
            "\n".join(f"| {' | '.join(row)} |" for row in rows),
            *words.sentences(whole),
        ]
        until = round(whole.observed.periods * 2 / 3)
        early = run_fit(study, seen, Path(scratch) / "early", until=until)
        parts.append(f"Forecast from period {until} to {whole.observed.periods}:")
        compared = validation.sentences(validation.held_out(early, whole.observed))
        parts.append("\n".join(f"- {line}" for line in [*words.sentences(early), *compared]))
        rivals = [
            line for line in compared if any(validation.NAMES[rival] in line for rival in ("bass", "time"))
        ]
    return "\n\n".join(parts), all("is ahead of" in line for line in rivals)


def main() -> None:
    """Write the page."""
    place = os.environ.get("HYPERCLUSTER_OBSERVED")
    if not place:
        sys.exit("HYPERCLUSTER_OBSERVED must say where the surveys are")
    sections = [section(Path(place), name) for name in SURVEYS]
    short = (
        f"In short: our forecasts are ahead of both Bass by region and a hazard of time alone, by both scores, in "
        f"{sum(ahead for _, ahead in sections)} of {len(sections)} surveys."
    )
    PAGE.write_text("\n\n".join([HEAD.rstrip(), short, *(text for text, _ in sections)]) + "\n")


if __name__ == "__main__":
    main()
