"""An animation shows two replications with one seed, month by month, as the metrics would see them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

from simulation import HyperclusterModel, run_batch
from simulation.errors import ResultsError
from simulation.figures.drawing.letters import families
from simulation.figures.drawing.maps import PAPER
from simulation.figures.drawing.style import style
from simulation.figures.film.animation import animate
from simulation.figures.film.film import calendar_shares, first_divergence, read_film
from simulation.figures.film.scene import draw_frame, frame_months, new_page, read_scene
from simulation.results.reader import Results
from simulation.results.tables import Counts
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario
from simulation.world import Array

YEARS, MONTHS = 6, 72
START = 2 * 12
"""The policy of the one scenario and the platform of the other begin with this month."""
HEAD = """
name = "{name}"
[time]
years = 6
[world]
scale = 0.1
[diffusion]
spontaneous = 0.1
[technologies]
per_year = 12.0
"""
TRAINING = """
[[policies]]
instrument = "training"
budget = 500.0
from_year = 2.0
"""
PLATFORM = """
[[platforms]]
name = "national"
vectors = ["B2B"]
regions = "all"
from_year = 2.0
"""


def spec(name: str, text: str) -> Scenario:
    return parse_scenario(HEAD.format(name=name) + text)


TRAINED, LINKED = spec("trained", TRAINING), spec("linked", PLATFORM)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("animation") / "study"
    return run_batch([TRAINED, LINKED], 2, out=folder, executor="serial", seed=5)


def test_shares_and_synchronization_are_those_of_the_model_at_that_month(results: Results) -> None:
    film = read_film(results, "linked", replication=1)
    model = HyperclusterModel(LINKED, rng=6)
    defined = 0
    for month in (1, 7, 12, 18, 24, 60, 71, 72):
        model.run_for(month - model.state.month)
        assert film.pooled[month] == pytest.approx(model.adoption_share, abs=1e-15)
        expected = model.result().metrics["synchronization"]
        assert film.synchronization(month) == pytest.approx(expected, abs=1e-12, nan_ok=True)
        defined += np.isfinite(expected)
    assert defined >= 2
    assert np.isnan(film.synchronization(0))


def test_where_enterprises_enter_and_leave_shares_are_those_of_the_month_too(tmp_path: Path) -> None:
    renewed = spec("renewed", PLATFORM + "[turnover]\nentry = 0.1\nexit = 0.3\n")
    results = run_batch([renewed], 1, out=tmp_path / "renewed", executor="serial", seed=5)
    film = read_film(results, "renewed", replication=0)
    model = HyperclusterModel(renewed, rng=5)
    for month in (11, 12, 24, 30, 72):
        model.run_for(month - model.state.month)
        assert film.pooled[month] == pytest.approx(model.adoption_share, abs=1e-15)
        expected = model.result().metrics["synchronization"]
        assert film.synchronization(month) == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert film.may_join[month].sum() == model.result().record.enterprises[month]
        empty = model.world.eligible.sum(axis=(1, 2)) == 0
        np.testing.assert_array_equal(np.isnan(film.regional[month]), empty)
    assert np.isfinite(expected)
    assert film.may_join[72].sum() < 0.6 * film.may_join[0].sum()


def test_regional_shares_are_standardized_over_what_is_released() -> None:
    """Two regions, two industries: the second lacks one, which takes the pooled share; one technology comes late."""
    eligible = np.array([[[[10, 4], [30, 4]], [[20, 4], [0, 0]]]])
    adopters = np.zeros((3, 2, 2, 2), dtype=np.int32)
    adopters[1, :, :, 0] = [[5, 3], [4, 0]]
    adopters[2] = [[[10, 1], [6, 2]], [[4, 3], [0, 0]]]
    counts = Counts(
        scenario="s",
        replication=0,
        steps_per_year=12,
        regions=("a", "b"),
        macroregions=("m",),
        macroregion_of=np.zeros(2, dtype=np.int64),
        industries=("i", "j"),
        technologies=("early", "late"),
        directions=("d", "d"),
        release_month=np.array([0, 1]),
        eligible=eligible,
        adopters=adopters,
    )
    pooled, regional = calendar_shares(counts)
    np.testing.assert_allclose(pooled, [0, 12 / 60, 26 / 72])
    early = [[30 / 60 * 5 / 10 + 30 / 60 * 3 / 30, 30 / 60 * 4 / 20 + 30 / 60 * 3 / 30]]
    np.testing.assert_allclose(regional[:2], [[0, 0], *early])
    late = [8 / 12 * 1 / 4 + 4 / 12 * 2 / 4, 8 / 12 * 3 / 4 + 4 / 12 * 2 / 4]
    second = [0.5 * 10 / 10 + 0.5 * 6 / 30, 0.5 * 4 / 20 + 0.5 * 6 / 30]
    np.testing.assert_allclose(
        regional[2], [(60 * a + 12 * b) / 72 for a, b in zip(second, late, strict=True)]
    )


def test_two_films_part_when_the_policies_begin_and_not_before(results: Results) -> None:
    films = [read_film(results, name, replication=0) for name in ("trained", "linked")]
    month = first_divergence(*films)
    assert START < month < START + 12
    np.testing.assert_array_equal(films[0].counts.adopters[:month], films[1].counts.adopters[:month])
    assert first_divergence(films[0], films[0]) == MONTHS + 1


def test_one_adopter_or_one_member_more_parts_two_films(results: Results) -> None:
    film = read_film(results, "linked", replication=0)
    adopters, members = film.counts.adopters.copy(), film.members.copy()
    adopters[50:, 0, 0, 0] += 1
    members[40:, 0, 0] += 1
    assert first_divergence(film, replace(film, counts=replace(film.counts, adopters=adopters))) == 50
    assert first_divergence(film, replace(film, members=members)) == 40


def test_frames_say_so_while_the_two_are_identical(results: Results) -> None:
    scene = read_scene(results, ("trained", "linked"), seed=5)
    with style():
        page = new_page(scene)
        draw_frame(page, scene, scene.first_divergence - 1)
        assert page.parted.get_text() == "identical so far"
        draw_frame(page, scene, scene.first_divergence)
        assert page.parted.get_text() == ""
    year, month = divmod(scene.first_divergence, 12)
    assert page.clock.get_text() == f"year {year}, month {month}"


def test_maps_are_coloured_by_the_shares_of_the_month(results: Results) -> None:
    scene = read_scene(results, ("trained", "linked"), seed=5)
    with style():
        page = new_page(scene)
        draw_frame(page, scene, MONTHS)
    film = scene.sides[0].film
    faces = page.maps[0].collections[1].get_facecolors()  # after the surroundings, regions in their order
    brightness = faces[:, :3].mean(axis=1)
    np.testing.assert_array_equal(np.argsort(film.regional[MONTHS])[[0, -1]], np.argsort(brightness)[[0, -1]])
    assert PAPER == "white" and brightness.max() < 1


def test_a_gif_has_all_frames_at_its_size_and_the_table_holds_what_they_show(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.figures.film.scene.FRAMES", 4)
    calls: list[tuple[int, int]] = []
    paths = animate(
        results, ("trained", "linked"), seed=6, progress=lambda done, total: calls.append((done, total))
    )
    frames = frame_months(MONTHS)
    assert len(frames) == 5
    assert calls == [(done, len(frames)) for done in range(1, len(frames) + 1)]
    with Image.open(paths[0]) as image:
        assert image.n_frames == len(frames)
        assert image.width == 1000 and image.height % 2 == 0 and 400 < image.height < 700
    table = pd.read_csv(paths[1])
    assert list(table["month"].unique()) == frames and set(table["seed"]) == {6}
    last = table[table["month"] == MONTHS].groupby("scenario").first()
    runs = results.runs().query("seed == 6").set_index("scenario")
    for name in ("trained", "linked"):
        assert last.loc[name, "pooled_share"] == pytest.approx(runs.loc[name, "final_share"])
        assert last.loc[name, "synchronization"] == pytest.approx(
            runs.loc[name, "synchronization"], nan_ok=True
        )
    assert "seed 6" in paths[2].read_text(encoding="utf-8")


def decoded(path: Path) -> Array:
    """The frames of a film, uint8 (frames, height, width, 3), as ffmpeg reads them back."""
    command = ["ffmpeg", "-loglevel", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    pixels = subprocess.run(command, check=True, capture_output=True).stdout
    with Image.open(path.with_suffix(".gif")) as still:
        return np.frombuffer(pixels, dtype=np.uint8).reshape(-1, still.height, still.width, 3)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_an_mp4_shows_what_the_gif_shows_and_holds_its_last_frame(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.figures.film.scene.FRAMES", 12)
    gif = animate(results, ("trained", "linked"))[0]
    frames = decoded(animate(results, ("trained", "linked"), file_format="mp4")[0])
    held = 3 * 8  # seconds, frames a second
    months = len(frame_months(MONTHS))
    assert len(frames) == months + held
    with Image.open(gif) as image:
        for number in (0, months // 2, months - 1):
            image.seek(number)
            still = np.asarray(image.convert("RGB"), dtype=np.float64)
            # Halved colour resolution and compression move letters and lines a little, and areas hardly.
            assert np.abs(frames[number] - still).mean() < 4, number
            assert np.abs(frames[number] - still).mean() < np.abs(frames[number - months // 2] - still).mean()
    assert np.abs(frames[-1].astype(float) - frames[months - 1]).mean() < 0.5


def test_without_ffmpeg_the_message_names_it(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ResultsError, match="needs the program ffmpeg"):
        animate(results, ("trained", "linked"), file_format="mp4")


@pytest.mark.skipif(sys.platform == "win32", reason="the failing program is a shell script")
def test_an_ffmpeg_that_fails_is_told_in_its_own_words_and_leaves_no_file(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(
        "#!/bin/sh\necho begun > \"$(eval echo \\${$#})\"\necho 'Unknown encoder' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    before = {path: path.read_bytes() for path in (results.path / "figures").glob("*")}
    with pytest.raises(ResultsError, match="ffmpeg could not write it: Unknown encoder"):
        animate(results, ("trained", "linked"), file_format="mp4")
    assert {path: path.read_bytes() for path in (results.path / "figures").glob("*")} == before


def test_months_are_evenly_spaced_and_end_with_the_last() -> None:
    assert frame_months(240) == list(range(0, 241, 4))
    assert frame_months(10) == list(range(11))
    assert frame_months(250)[-2:] == [248, 250]


@pytest.mark.parametrize(
    ("scenarios", "seed", "message"),
    [
        (("trained", "linkd"), None, 'did you mean "linked"'),
        (("trained", "linked"), 99, "no replication with seed 99"),
    ],
)
def test_what_is_not_there_is_named(
    results: Results, scenarios: tuple[str, str], seed: int | None, message: str
) -> None:
    with pytest.raises(ResultsError, match=message):
        animate(results, scenarios, seed=seed)


@pytest.mark.slow
def test_twenty_years_of_the_whole_country_are_a_small_file(tmp_path: Path) -> None:
    results = run_batch(["mixed", "fragmented_platforms"], 1, out=tmp_path / "study", executor="serial")
    path = animate(results, ("mixed", "fragmented_platforms"))[0]
    assert path.stat().st_size < 5_000_000


def test_frames_name_scenarios_by_their_titles_and_regions_by_their_short_names(results: Results) -> None:
    scene = read_scene(results, ("trained", "linked"), seed=5)
    with style():
        page = new_page(scene)
        draw_frame(page, scene, scene.last)
    shown = {text.get_text() for text in page.figure.texts}
    assert {side.label for side in scene.sides} <= shown
    for ax in page.maps:
        assert {text.get_text() for text in ax.texts} == set(scene.region_names)


def test_frames_use_a_font_that_has_the_letters_of_titles_and_names(results: Results) -> None:
    scene = read_scene(results, ("trained", "linked"), seed=5)
    sides = tuple(replace(side, label="مدينة") for side in scene.sides)
    names = ("مدينة", *scene.region_names[1:])
    scene = replace(scene, sides=(sides[0], sides[1]), region_names=names)
    with style():
        page = new_page(scene)
        draw_frame(page, scene, scene.last)
    arabic = [text for text in page.figure.findobj(Text) if text.get_text() == "مدينة"]
    assert len(arabic) == 4
    assert {tuple(text.get_fontfamily()) for text in arabic} == {families("مدينة")}
    assert len(families("مدينة")) > 1
