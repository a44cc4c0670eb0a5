"""Names in any script and with any sign are drawn as they are, or the user is told what is missing."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from legibility import shown_on, texts
from made_up_countries import TITLES, islands, long_country

from simulation.batch.running import run_batch
from simulation.figures import FIGURES, StudyCurves, plot, study_curves
from simulation.figures.drawing import letters
from simulation.figures.drawing.letters import FONT, families, missing_in_words, unreadable
from simulation.figures.drawing.style import COMFORTABLE_MM, style
from simulation.reporting.table import latex_text
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario


def test_what_the_shipped_font_has_is_drawn_in_it_alone() -> None:
    assert families("Abc Северный Ωφ − → 1 − Φ … ’ é") == (FONT,)


def test_a_font_of_the_machine_is_used_for_letters_that_ours_lacks() -> None:
    assert families("مدينة")[1:], "DejaVu, which comes with Matplotlib, has Arabic letters"
    assert not unreadable("مدينة")


def test_letters_that_no_font_has_are_named_with_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = {"DejaVu Sans": letters._letters()["DejaVu Sans"]}
    for cached in (letters.families, letters._best):
        cached.cache_clear()
    monkeypatch.setattr(letters, "_letters", lambda: shipped)
    words = missing_in_words(["内蒙古 and Latin", "Plain"])
    assert "古" in words and "fonts-noto-cjk" in words
    assert "fonts-noto-core" in missing_in_words(["\U00010900"])  # Phoenician
    assert missing_in_words(["Plain", "Северный"]) == ""
    for cached in (letters.families, letters._best):
        cached.cache_clear()


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    folder = tmp_path_factory.mktemp("countries")
    return {
        make.__name__: run_batch(
            [load_scenario(file) for file in make(folder)],
            2,
            out=folder / f"study_{make.__name__}",
            executor="serial",
        )
        for make in (islands, long_country)
    }


@pytest.mark.parametrize("width_mm", [90.0, 190.0])
@pytest.mark.parametrize("country", ["islands", "long_country"])
@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.slow
def test_every_figure_of_any_country_is_comfortable_and_no_text_leaves_the_page(
    studies: dict[str, Results], country: str, name: str, width_mm: float
) -> None:
    drawn = FIGURES[name].draw(study_curves(studies[country]), width_mm=width_mm)
    for page in drawn.pages:
        with style():
            page.draw_without_rendering()
        assert page.get_size_inches()[1] * 25.4 <= COMFORTABLE_MM + 15
        for text in shown_on(page):
            box = text.get_window_extent()
            assert page.bbox.x0 - 1 <= box.x0 and box.x1 <= page.bbox.x1 + 1, text


def test_no_name_or_title_is_mathematics_or_markdown(studies: dict[str, Results]) -> None:
    results = studies["islands"]
    plotted = plot(results, ["adoption_raster", "t50_by_region"], formats=["svg"])
    study = study_curves(results)
    drawn = FIGURES["adoption_raster"].draw(study, width_mm=190)
    assert not any(text.get_parse_math() for text in texts(drawn))
    shown = {text.get_text() for text in texts(drawn)}
    assert {"Gold $x$", "Северный", "珍珠群岛", "~Tilde^{2} \\emph{island}"} <= shown
    caption = (results.path / "figures" / "adoption_raster.md").read_text(encoding="utf-8")
    nothing, _ = TITLES["islands"]
    assert nothing.replace("$", "\\$").replace("_", "\\_") in caption
    assert any("letters" in note for note in plotted.notes) == bool(unreadable("珍珠群岛平台东区"))


@given(st.text(string.printable, max_size=40))
@settings(max_examples=12)
def test_a_name_of_any_signs_stands_in_the_raster_as_it_is(three: StudyCurves, name: str) -> None:
    name = " ".join(name.split()) or "x"
    study = replace(three, region_names=(name[:12], *three.region_names[1:]))
    ax = FIGURES["t50_by_region"].draw(study, width_mm=190).figure.axes[0]
    label = ax.get_yticklabels()[0]
    assert label.get_text() == name[:12] and not label.get_parse_math()


@given(st.text(max_size=40))
def test_no_sign_of_a_text_is_a_command_of_latex(text: str) -> None:
    for made in ("\\textbackslash{}", "\\textasciitilde{}", "\\textasciicircum{}", "\\textbar{}"):
        text = text.replace(made, "")
    written = latex_text(text)
    for made in (r"\textbackslash{}", r"\textasciitilde{}", r"\textasciicircum{}", r"\textbar{}"):
        written = written.replace(made, "")
    for made in (r"\textasciigrave{}", r"$\pm$", r"\dots{}", "$<$", "$>$", "$-$", "{[}", "{*}"):
        written = written.replace(made, "")
    for sign in "&%$#_{}":
        written = written.replace(f"\\{sign}", "")
    assert not set("\\&%$#_{}~^") & set(written)
