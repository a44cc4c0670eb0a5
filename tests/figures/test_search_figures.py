"""The figure of a search: its width, its numbers, and all policies of the study in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_searches import in_worlds, run_small, small_changes

from simulation.figures.drawing.style import MM_PER_INCH, SMALL_PT, saved
from simulation.figures.searches.front import draw
from simulation.figures.searches.robust import draw as draw_robust
from simulation.optimize.front import Front, front_of
from simulation.optimize.robust import robust_of


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    return front_of(run_small(tmp_path_factory.mktemp("figure") / "s", generations=2))


@pytest.mark.parametrize("width_mm", [90.0, 190.0])
def test_the_front_has_its_width_and_every_policy(front: Front, width_mm: float, tmp_path: Path):
    drawn = draw(front, width_mm=width_mm)
    assert drawn.figure.get_size_inches()[0] * MM_PER_INCH == pytest.approx(width_mm)
    assert saved(drawn.figure, "png").startswith(b"\x89PNG")
    table = drawn.numbers["front"].set_index("name")
    assert {"baseline", "regional_cluster", "hypercluster"} <= set(table.index)
    own = [name for name in table.index if name in front.found.candidates]
    on_front = table.loc[own].query("standing == 'front'")
    assert sorted(on_front["number"]) == list(range(1, len(on_front) + 1))
    texts = [text for text in drawn.figure.findobj(lambda x: hasattr(x, "get_fontsize")) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= SMALL_PT
    words = " ".join(text.get_text() for text in texts)
    assert "Regional clusters (hubs)" in words
    assert "candidates were tried" in drawn.caption


@pytest.mark.slow
def test_the_robust_comparison_has_a_row_for_every_policy(tmp_path: Path):
    found = run_small(tmp_path / "s", **small_changes(worlds=4))
    robust = robust_of(in_worlds(tmp_path, found, worlds=4))
    drawn = draw_robust(robust, width_mm=140.0)
    assert drawn.figure.get_size_inches()[0] * MM_PER_INCH == pytest.approx(140.0)
    texts = [text for text in drawn.figure.findobj(lambda x: hasattr(x, "get_fontsize")) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= SMALL_PT
    words = " ".join(text.get_text() for text in texts)
    assert "Hypercluster" in words
    assert "candidates were tried" in words
    assert {"baseline", *robust.names} == set(drawn.numbers["robust"]["name"])
