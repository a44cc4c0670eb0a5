"""Figures of a study. With each figure, the numbers that it shows and a caption are written.

Every module here that has a ``FIGURE`` is loaded, so that a new figure is one new file. Besides its
``FIGURE`` such a module has a function of the same name that draws into given axes, for notebooks; the
package exports it:

>>> from simulation import figures
>>> ax = figures.speed_synchrony("results/study")
>>> ax.figure.savefig("plane.pdf")
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from matplotlib.axes import Axes
from matplotlib.text import Text

from simulation import plugins
from simulation.arguments import real_number, seed_of
from simulation.errors import ResultsError, listed, suggestion
from simulation.figures.drawing.inputs import study_curves
from simulation.figures.drawing.letters import missing_in_words
from simulation.figures.drawing.study import OPTIONAL, Drawn, ScenarioCurves, StudyCurves, StudyFigure
from simulation.figures.drawing.style import MM_PER_INCH, PAGE_MM, WIDTHS_MM, saved, style
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.plugins import Contribution, Plugin, Registry, with_added
from simulation.results.derived import FIGURES as FOLDER
from simulation.results.derived import HERE, Outputs, outputs_of
from simulation.results.reader import Results

__all__ = [
    "FIGURES",
    "FORMATS",
    "Drawn",
    "Plotted",
    "ScenarioCurves",
    "StudyCurves",
    "plot",
    "study_curves",
    "write_figure",
    "write_study_figures",
]

FORMATS = ("png", "pdf", "svg")


_MODULES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
_OWN = sorted((module for module in _MODULES if hasattr(module, "FIGURE")), key=lambda m: m.FIGURE.place)

for _module in _OWN:
    # Importing a module binds it to its name in this package; here that name belongs to its function.
    del globals()[_module.FIGURE.name]


def _figures() -> Iterator[tuple[str, StudyFigure, Plugin | None]]:
    own = {module.FIGURE.name: module.FIGURE for module in _OWN}
    assert len(own) == len(_OWN), "two figures have the same name"
    added = []
    for contribution in plugins.contributions("figures"):
        for figure in contribution.instances(StudyFigure, "FIGURE", "FIGURES"):
            _check(contribution, figure)
            added.append((contribution, figure.name, figure))
    found = list(with_added(own, added))
    yield from sorted(found, key=lambda each: each[1].place)


def _check(contribution: Contribution, figure: StudyFigure) -> None:
    """Raise a PluginError unless a figure can be drawn."""
    name, place = figure.name, cast("object", figure.place)
    if not (isinstance(name, str) and name.isidentifier()):
        message = "must be a name of letters, digits and _, which its files have"
        raise contribution.fault(message, at="FIGURE", key="StudyFigure: name", found=repr(name))
    if not isinstance(place, int | float):
        message = "must be a number, which orders the figures"
        raise contribution.fault(message, at=name, key=f"StudyFigure {name}: place", found=repr(place))
    if unknown := sorted(figure.needs - OPTIONAL):
        message = f"must be among {listed(sorted(OPTIONAL))}"
        raise contribution.fault(message, at=name, key=f"StudyFigure {name}: needs", found=listed(unknown))
    contribution.require(name, f"StudyFigure {name}: draw", figure.draw, "study", width_mm="")


FIGURES: Registry[StudyFigure] = Registry("figure", _figures)
"""Every figure by name, in the order in which a reader meets them."""


def __getattr__(name: str) -> Callable[..., Axes]:
    # Names such as __path__ are asked for while this package is imported, before plugins can be.
    if name.startswith("_") or name not in FIGURES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{suggestion(name, FIGURES)}")
    module = sys.modules[FIGURES[name].draw.__module__]
    function: Callable[..., Axes] | None = getattr(module, name, None)
    if function is None:
        raise AttributeError(f"the figure {name!r} of {module.__name__} has no function for given axes")
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *FIGURES})


@dataclass(frozen=True, slots=True)
class Plotted:
    """What :func:`plot` has written."""

    paths: list[Path]
    left_out: dict[str, str]  # figure -> why the study has no data for it
    too_high: dict[str, float]  # figure -> its height in mm, if it is higher than a page
    notes: tuple[str, ...] = ()  # what could be drawn only in part, and why


def write_figure(
    drawn: Drawn, folder: Path, *, name: str, formats: Sequence[str] = ("png", "pdf")
) -> list[Path]:
    """Write a figure in each format, its numbers as CSV and its caption as Markdown; return the paths."""
    make_folder(folder)
    files = files_of(drawn, name=name, formats=formats)
    for file, content in files.items():
        replace(folder / file, content)
    return [folder / file for file in files]


def files_of(drawn: Drawn, *, name: str, formats: Sequence[str]) -> dict[str, bytes]:
    """Return the files of a figure by name: each format, its numbers as CSV and its caption as Markdown."""
    with style():
        files = {
            f"{page_name(name, number)}.{suffix}": saved(page, suffix)
            for number, page in enumerate(drawn.pages)
            for suffix in formats
        }
    for table, numbers in drawn.numbers.items():
        files[f"{table}.csv"] = numbers.to_csv(index=False, lineterminator="\n").encode()
    return files | {f"{name}.md": drawn.caption.encode()}


def page_name(name: str, number: int) -> str:
    """Return the name of the file of a page of a figure, counted from 0: NAME, NAME_page2, NAME_page3, ..."""
    return name if number == 0 else f"{name}_page{number + 1}"


def plot(
    results: Results | str | Path,
    names: Sequence[str] | None = None,
    *,
    scenarios: Sequence[str] | None = None,
    seed: int | None = None,
    width_mm: float = 190.0,
    formats: Sequence[str] = ("png", "pdf"),
    outputs: Outputs | None = None,
) -> Plotted:
    """Draw figures of a study into the folder ``figures`` of its results.

    Parameters
    ----------
    results
        The study, or its folder.
    names
        Figures to draw, of ``FIGURES``; by default all for which the study has data.
    scenarios, seed
        The scenarios and the replication to draw; by default all.
    width_mm
        90, 140 or 190 mm: one, one and a half or two columns of a journal.
    formats
        Some of ``FORMATS``.
    outputs
        The set of output files to which the figures belong; by default one of their own.

    Raises
    ------
    ResultsError
        If a figure, scenario, seed, format or width is unknown, the results cannot be drawn, or a figure
        requested by name lacks data. Nothing is written then.

    Examples
    --------
    >>> figures.plot("results/study", ["t50_by_region"], width_mm=140, formats=["pdf"]).paths
    """
    _check_formats(formats)
    seed = None if seed is None else seed_of(seed)
    width_mm = _width(width_mm)
    found = results if isinstance(results, Results) else Results(results)
    _check_known(names or (), found)
    if outputs is None:
        options = _options(names, scenarios=scenarios, seed=seed, width_mm=width_mm, formats=formats)
        outputs = outputs_of(found, "plot", HERE, *options)
    wanted = tuple(FIGURES if names is None else names)
    parts = frozenset().union(*(FIGURES[name].needs for name in wanted))
    study = study_curves(found, scenarios=scenarios, seed=seed, parts=parts)
    drawn, left_out = _drawn(study, wanted, width_mm=width_mm)
    if names is not None and left_out:
        raise ResultsError("\n".join(left_out.values()))
    files = {
        f"{FOLDER}/{file}": content
        for name, each in drawn.items()
        for file, content in files_of(each, name=name, formats=formats).items()
    }
    paths = outputs.write(files)
    heights = {
        name: max(float(page.get_size_inches()[1]) for page in each.pages) * MM_PER_INCH
        for name, each in drawn.items()
    }
    too_high = {name: height for name, height in heights.items() if height > PAGE_MM}
    without = study.outlines_fault if "region_map" in drawn else ""
    notes: tuple[str, ...] = (f"region_map is drawn without outlines; {without}",) if without else ()
    if letters := missing_in_words(
        text.get_text() for each in drawn.values() for page in each.pages for text in page.findobj(Text)
    ):
        notes += (letters,)
    return Plotted(paths, left_out, too_high, notes)


def _check_known(names: Iterable[str], results: Results) -> None:
    """Raise a ResultsError for a figure that neither the program has nor a plugin that is loaded."""
    if unknown := [name for name in names if name not in FIGURES]:
        hint = suggestion(unknown[0], FIGURES)
        known = f"no figure {listed(unknown)}{hint}; there are {listed(FIGURES, at_most=99)}"
        lacking = results.plugins_lacking()
        raise ResultsError(
            "\n".join([known if lacking else f"{known}, or one of a plugin (--plugin FILE)", *lacking])
        )


def _check_formats(formats: Iterable[str]) -> None:
    if unknown := [suffix for suffix in formats if suffix not in FORMATS]:
        raise ResultsError(f"no figures in the format {listed(unknown)}; there are {listed(FORMATS)}")


def _width(given: float) -> float:
    """Return the width of a figure as a float, mm, if a journal has a column of that width."""
    width_mm = real_number("width_mm", given)
    if width_mm not in WIDTHS_MM:
        widths = " or ".join(f"{width:g}" for width in WIDTHS_MM)
        raise ResultsError(f"width_mm = {width_mm:g}: must be a width of {widths} mm")
    return width_mm


def _drawn(
    study: StudyCurves, names: Iterable[str], *, width_mm: float
) -> tuple[dict[str, Drawn], dict[str, str]]:
    """Draw figures; return those that the study has data for, and why the others are left out."""
    drawn: dict[str, Drawn] = {}
    left_out: dict[str, str] = {}
    for name in names:
        try:
            drawn[name] = FIGURES[name].draw(study, width_mm=width_mm)
        except ResultsError as error:
            left_out[name] = str(error)
    return drawn, left_out


def _options(
    names: Sequence[str] | None,
    *,
    scenarios: Sequence[str] | None,
    seed: int | None,
    width_mm: float,
    formats: Sequence[str],
) -> list[str]:
    """Return the options with which the command draws these figures again; a figure of every run needs no name."""
    after_every_run = [name for name, figure in FIGURES.items() if figure.after_every_run]
    options = [word for name in names or () if name not in after_every_run for word in ("--figure", name)]
    options += [word for name in scenarios or () for word in ("--scenario", name)]
    options += [] if seed is None else ["--seed", str(seed)]
    options += [] if width_mm == 190.0 else ["--width", f"{width_mm:g}"]
    return options + ([] if set(formats) == {"png", "pdf"} else ["--format", ",".join(formats)])


def write_study_figures(results: Results) -> list[Path]:
    """Draw the few figures that conclude every run; return the files written. Errors are those of :func:`plot`."""
    return plot(results, [name for name, figure in FIGURES.items() if figure.after_every_run]).paths
