"""Figures of a study. Each writes the numbers that it shows beside itself, and a caption.

Every module here that has a ``FIGURE`` is loaded, so that a new figure is one new file.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from simulation.errors import ResultsError, listed
from simulation.figures.adoption_curves import adoption_curves
from simulation.figures.adoption_raster import adoption_raster
from simulation.figures.inputs import study_curves
from simulation.figures.speed_synchrony import speed_synchrony
from simulation.figures.study import Drawn, ScenarioCurves, StudyCurves, StudyFigure
from simulation.figures.style import WIDTHS_MM, save, style
from simulation.results import Results

__all__ = [
    "FIGURES",
    "FORMATS",
    "Drawn",
    "ScenarioCurves",
    "StudyCurves",
    "adoption_curves",
    "adoption_raster",
    "speed_synchrony",
    "study_curves",
    "write_figure",
    "write_study_figures",
]

FORMATS = ("png", "pdf", "svg")


def _registered() -> dict[str, StudyFigure]:
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    figures = [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    by_name = {figure.name: figure for figure in sorted(figures, key=lambda figure: figure.place)}
    assert len(by_name) == len(figures), "two figures have the same name"
    return by_name


FIGURES = _registered()
"""Every figure of a study by name, in the order in which a reader meets them."""


def write_figure(
    drawn: Drawn, folder: Path, *, name: str, formats: Sequence[str] = ("png", "pdf")
) -> list[Path]:
    """Write a figure in each format, its numbers as CSV and its caption as Markdown; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{suffix}" for suffix in formats]
    with style():
        for path in paths:
            save(drawn.figure, path)
    for table, numbers in drawn.numbers.items():
        paths.append(folder / f"{table}.csv")
        numbers.to_csv(paths[-1], index=False)
    paths.append(folder / f"{name}.md")
    paths[-1].write_text(drawn.caption, encoding="utf-8")
    return paths


def write_study_figures(
    results: Results, *, formats: Sequence[str] = ("png", "pdf"), width_mm: float = 190.0
) -> list[Path]:
    """Draw every figure of a study into the folder ``figures`` of its results; return the files written.

    Parameters
    ----------
    results
        The study.
    formats
        Some of ``FORMATS``.
    width_mm
        90, 140 or 190 mm: one, one and a half or two columns of a journal.

    Raises
    ------
    ResultsError
        An unknown format or width, or results that cannot be drawn.
    """
    if unknown := [suffix for suffix in formats if suffix not in FORMATS]:
        raise ResultsError(f"no figures in the format {listed(unknown)}; there are {listed(FORMATS)}")
    if width_mm not in WIDTHS_MM:
        raise ResultsError(f"figures are {', '.join(f'{w:g}' for w in WIDTHS_MM)} mm wide, not {width_mm:g}")
    study = study_curves(results)
    folder = results.path / "figures"
    paths: list[Path] = []
    for name, figure in FIGURES.items():
        paths += write_figure(figure.draw(study, width_mm=width_mm), folder, name=name, formats=formats)
    return paths
