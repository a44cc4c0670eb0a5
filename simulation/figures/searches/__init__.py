"""Figures of searches for policies: one figure per file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.figures.drawing.study import Drawn
    from simulation.optimize.front import Front
    from simulation.optimize.robust import Robust
    from simulation.results.derived import Outputs

# The package that finds the figures of studies imports this one, so that nothing here may be imported before it is
# needed.


def write_search_figures(front: Front, *, outputs: Outputs, width_mm: float = 190.0) -> list[Path]:
    """Draw the front of a search into the folder ``figures`` of its final comparison; return the files written.

    Parameters
    ----------
    width_mm : 90, 140 or 190 mm.
    """
    from simulation.figures.searches.front import draw

    return _written(draw(front, width_mm=width_mm), name="front", outputs=outputs)


def write_robust_figures(robust: Robust, *, outputs: Outputs, width_mm: float = 190.0) -> list[Path]:
    """Draw the comparison in uncertain worlds, likewise."""
    from simulation.figures.searches.robust import draw

    return _written(draw(robust, width_mm=width_mm), name="robust", outputs=outputs)


def _written(drawn: Drawn, *, name: str, outputs: Outputs) -> list[Path]:
    from simulation.figures import files_of
    from simulation.results.derived import FIGURES

    files = files_of(drawn, name=name, formats=("png", "pdf"))
    return outputs.write({f"{FIGURES}/{file}": content for file, content in files.items()})
