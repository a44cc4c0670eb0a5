"""Figures of ensembles: one figure per file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.explore.answers import Answers
    from simulation.figures.drawing.study import Drawn
    from simulation.results.derived import Outputs
    from simulation.results.reader import Results

# The package that finds the figures of studies imports this one, so that nothing here may be imported before it is
# needed.


def write_ensemble_figures(
    results: Results,
    *,
    answers: Answers | None = None,
    outputs: Outputs | None = None,
    width_mm: float = 190.0,
) -> list[Path]:
    """Draw the figures of an ensemble into the folder ``figures`` of its results; return the files written.

    A sample of worlds has its outcomes, what decides them, and rules if any were found; a grid of two parameters has a
    regime map for each scenario; other designs have no figures.

    Parameters
    ----------
    answers : those of the results, if they are known already.
    outputs : the set of output files to which the figures belong; by default one of their own.
    width_mm : 90, 140 or 190 mm.

    Raises
    ------
    HyperclusterError
        If the results hold no ensemble, or too little of it as yet to be drawn; nothing is written then.
    """
    from simulation.figures import files_of
    from simulation.results.derived import FIGURES, HERE, outputs_of

    outputs = outputs_of(results, "explore", HERE) if outputs is None else outputs
    files = {
        f"{FIGURES}/{file}": content
        for name, drawn in _drawn(results, answers, width_mm=width_mm).items()
        for file, content in files_of(drawn, name=name, formats=("png", "pdf")).items()
    }
    return outputs.write(files) if files else []


def _drawn(results: Results, answers: Answers | None, *, width_mm: float) -> dict[str, Drawn]:
    """Return the figures by name."""
    from simulation.explore.answers import answers_of
    from simulation.explore.ensemble import parameters_of, recorded
    from simulation.figures.ensembles import outcomes, regime_map, rules, what_decides

    found = recorded(results.manifest)
    if found["identity"]["design"] == "grid" and len(parameters_of(results.manifest)) == 2:
        rivals = found["scenarios"][1:]
        names = {rival: f"regime_map_{rival}" if len(rivals) > 1 else "regime_map" for rival in rivals}
        return {
            name: regime_map.draw(results, width_mm=width_mm, scenario=rival) for rival, name in names.items()
        }
    answers = answers_of(results) if answers is None else answers
    if not answers.ensemble.is_sample:
        return {}
    drawn = {
        "outcomes": outcomes.draw(answers, width_mm=width_mm),
        "what_decides": what_decides.draw(answers, width_mm=width_mm),
    }
    return drawn | ({"rules": rules.draw(answers, width_mm=width_mm)} if len(answers.rule_table) else {})
