"""Figures of a fit to observed adoption: one figure per file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.fit.results import FitResults

# The package that finds the figures of studies imports this one, so that nothing here may be imported before it is
# needed.

FOLDER = "figures"


def write_fit_figures(fit: FitResults, *, width_mm: float = 190.0) -> list[Path]:
    """Draw the figures of a fit into the folder ``figures`` beside it; return the files written.

    Profiles are left out of a fit by simulation, which has none, and calibration where nothing was held out.

    Raises
    ------
    ResultsError
        If a file stands there that this program did not write; nothing is written then.
    """
    from simulation.figures import files_of
    from simulation.figures.fits import calibration, posterior, profiles, regions, synchronization
    from simulation.results.own_files import place

    drawn = {
        "fit_by_region": regions.draw(fit, width_mm=width_mm),
        "posterior": posterior.draw(fit, width_mm=width_mm),
        **({} if fit.profiles is None else {"profiles": profiles.draw(fit, width_mm=width_mm)}),
        "synchronization": synchronization.draw(fit, width_mm=width_mm),
    }
    if calibration.held_out(fit):
        drawn["calibration"] = calibration.draw(fit, width_mm=width_mm)
    files = {
        f"{FOLDER}/{file}": content
        for name, each in drawn.items()
        for file, content in files_of(each, name=name, formats=("png", "pdf")).items()
    }
    return place(fit.path, files)
