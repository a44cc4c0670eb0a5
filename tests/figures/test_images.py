"""Three figures look as they did: pixel by pixel, but for what another version of the drawing library changes.

Where a change is wanted, look at the new image that a failing test names, and copy it over the old one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simulation.figures import FIGURES, StudyCurves
from simulation.figures.drawing.style import style

BASELINES = Path(__file__).parent / "baselines"
DPI = 120
MOST_UNLIKE = 0.002
"""Share of the pixels that may differ by more than a third of the way from black to white."""
MEAN_UNLIKE = 0.5
"""Mean difference over all pixels that is allowed, in levels of 255."""


def difference(image: Path, baseline: Path) -> tuple[float, float]:
    """Share of pixels that differ much, and mean difference in levels of 255."""
    with Image.open(image) as one, Image.open(baseline) as other:
        assert one.size == other.size
        levels = [np.asarray(each.convert("RGB"), dtype=float) for each in (one, other)]
    unlike = np.abs(levels[0] - levels[1]).max(axis=2)
    return float((unlike > 85).mean()), float(unlike.mean())


@pytest.mark.parametrize("name", ["adoption_raster", "speed_synchrony", "t50_by_region"])
def test_a_figure_looks_as_it_did(name: str, three: StudyCurves, tmp_path: Path) -> None:
    image = tmp_path / f"{name}.png"
    with style():
        FIGURES[name].draw(three, width_mm=90).figure.savefig(image, dpi=DPI)
    share, mean = difference(image, BASELINES / f"{name}.png")
    assert share <= MOST_UNLIKE, f"{share:.2%} of the pixels are unlike; the new image is {image}"
    assert mean <= MEAN_UNLIKE, f"{mean:.1f} levels on average; the new image is {image}"


def test_a_panel_without_its_marks_is_noticed(three: StudyCurves, tmp_path: Path) -> None:
    image = tmp_path / "changed.png"
    with style():
        figure = FIGURES["t50_by_region"].draw(three, width_mm=90).figure
        for mark in (*figure.axes[0].lines, *figure.axes[0].collections):
            mark.set_visible(False)
        figure.savefig(image, dpi=DPI)
    share, mean = difference(image, BASELINES / "t50_by_region.png")
    assert share > MOST_UNLIKE or mean > MEAN_UNLIKE
