"""What leaves the page: addresses, files, batches; and that visitors stay apart."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import expect
from processes import PATIENCE, environment
from visits import MS

from simulation import Results

CHANGED = "#a=regional_cluster&a.set=diffusion.half_distance_km%3D300&b=hypercluster&seed=7&month="


def table_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def rows_of(frame):
    return sorted(map(tuple, frame.astype(str).to_numpy()))


@pytest.mark.slow
def test_an_address_shows_the_same_in_another_browser(come):
    first = come(CHANGED + "130")
    first.at(10, 10)
    first.page.locator("#difference").click()
    first.page.locator("#view").click()
    first.page.get_by_role("button", name="Share", exact=True).click()
    address = first.page.get_by_label("Address of this picture").input_value()
    second = come(address.partition("#")[1] + address.partition("#")[2])
    second.at(10, 10)
    assert second.scores() == first.scores()
    expect(second.page.locator("#changes-a")).to_have_text("1 change")
    for toggle in ("#view", "#difference"):
        expect(second.page.locator(toggle)).to_have_attribute("aria-pressed", "true")
    first.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    assert second.counts() == first.counts()


@pytest.mark.slow
def test_a_saved_scenario_gives_the_command_line_the_same_curves_bit_for_bit(come, tmp_path: Path):
    visit = come(CHANGED + "240")
    visit.at(20)
    counts = pd.DataFrame(table_of(visit.counts()))
    visit.page.locator("#save").click()
    files = []
    for button in ("A Regional clusters", "B Hypercluster"):
        saved = visit.saved(visit.page.get_by_role("dialog").get_by_role("button", name=button))
        files.append(tmp_path / saved.suggested_filename)
        saved.save_as(files[-1])
    assert [file.name for file in files] == ["regional_cluster.toml", "hypercluster.toml"]
    out = tmp_path / "out"
    options = ("--seed", 7, "--replications", 1, "--executor", "serial", "--out", out, "--quiet")
    done = subprocess.run(
        [sys.executable, "-m", "simulation", "run", *map(str, (*files, *options))],
        env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    curves = Results(out).curves()
    for side, file in zip("AB", files, strict=True):
        theirs = curves[curves["scenario"] == file.stem].groupby(
            ["month", "region", "technology"], observed=True
        )
        expected = theirs[["adopters", "eligible"]].sum().query("eligible > 0").reset_index()
        found = counts.loc[counts["side"] == side, expected.columns]
        assert rows_of(found) == rows_of(expected)
        assert int(expected["adopters"].max()) > 0


@pytest.mark.slow
def test_two_browsers_never_see_each_others_model(come):
    alone = come(CHANGED + "240")
    alone.at(20)
    expected = alone.counts()
    first, second = come(CHANGED + "1"), come("#a=mixed&b=baseline&seed=8&month=1")
    for month in (60, 120, 180, 240):
        for visit in (first, second):
            visit.page.locator("#slider").fill(str(month))
        for visit in (second, first):
            visit.at(*divmod(month, 12))
    assert first.counts() == expected
    seen = table_of(second.counts())
    assert {(row["scenario"], row["seed"]) for row in seen} == {("mixed", "8"), ("baseline", "8")}


# One format a visit: Chromium asks before it takes more than ten files from a page.
@pytest.mark.parametrize(
    "kind", ["CSV", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("SVG", "PNG"))]
)
def test_every_figure_is_saved(come, kind):
    visit = come(CHANGED + "150&difference=1&region=tatarstan")
    visit.at(12, 6)
    visit.page.locator("#save").click()
    titles = visit.page.locator(".card").evaluate_all("cards => cards.map(card => card.ariaLabel)")
    assert len(titles) == 8
    for title in titles:
        button = visit.page.get_by_role("dialog").get_by_role("button", name=f"{title} as {kind}", exact=True)
        check = {"SVG": is_svg, "PNG": is_png, "CSV": is_csv}[kind]
        assert check(Path(visit.saved(button).path())), title


def is_svg(path):
    drawn = [element.tag.rsplit("}", 1)[1] for element in ElementTree.parse(path).iter()]
    return sum(tag in ("path", "text", "image") for tag in drawn) > 10


def is_png(path):
    with Image.open(path) as picture:
        return picture.format == "PNG" and len(picture.convert("RGB").getcolors(1 << 24)) > 5


def is_csv(path):
    rows = table_of(path.read_text())
    return len(rows) > 2 and len({len(row) for row in rows}) == 1


@pytest.mark.slow
def test_a_batch_shows_progress_bands_and_a_verdict_and_can_be_replayed(come, results: Path):
    visit = come(CHANGED + "200")
    visit.at(16, 8)
    live = table_of(visit.counts())
    visit.page.locator("#open-sure").click()
    visit.page.locator("#replications").fill("3")
    visit.page.locator("#start-study").click()
    expect(visit.page.locator("#panel-sure progress")).to_be_visible(timeout=MS)
    expect(visit.page.locator("#panel-sure")).to_contain_text(
        "3 replications of both sides are done", timeout=4 * MS
    )
    expect(visit.page.locator("#panel-sure")).to_contain_text("in step")
    folder = visit.page.locator("#panel-sure b").inner_text()
    assert (results / folder / "manifest.json").exists()
    expect(visit.page.get_by_role("img", name="How much is adopted")).to_be_visible()

    replay = come()
    replay.page.locator("#choose-a").click()
    options = replay.page.get_by_role("dialog").locator(f"[data-value^='{folder}/']")
    assert options.count() == 2
    options.first.click()
    expect(replay.page.get_by_role("img", name=re.compile(re.escape(folder))).first).to_be_visible(timeout=MS)
    expect(replay.page.locator("#seed")).to_have_value("7")
    replay.page.locator("#slider").fill("200")
    replay.at(16, 8)
    replay.page.locator("#view").click()
    tiles = replay.page.locator("[data-figure='maps'] canvas")
    for part in range(1, 10):  # over tiles and gaps, all of one line
        tiles.hover(position={"x": part / 10 * tiles.bounding_box()["width"], "y": 50})
    expect(replay.page.locator("#tip")).to_be_attached()
    replayed = [row for row in table_of(replay.counts()) if row["side"] == "A"]
    key = ("month", "region", "technology", "adopters", "eligible")
    assert [[row[k] for k in key] for row in replayed] == [
        [row[k] for k in key] for row in live if row["side"] == "A"
    ]


@pytest.mark.slow
def test_a_batch_can_be_stopped(come):
    visit = come("#a=baseline&b=mixed&seed=11&month=12")
    visit.at(1)
    visit.page.locator("#open-sure").click()
    visit.page.locator("#replications").fill("900")
    visit.page.locator("#start-study").click()
    visit.page.locator("#stop-study").click(timeout=MS)
    expect(visit.page.locator("#panel-sure")).to_contain_text("Stopped.", timeout=2 * MS)
    expect(visit.page.locator("#start-study")).to_be_enabled()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "told"),
    [("no_such_scenario", "no_such_scenario"), ("study/none", "study")],
    ids=["scenario", "results"],
)
def test_an_address_that_names_what_is_not_there_is_told_and_something_is_shown(come, name, told):
    visit = come(f"#a={name}&b=hypercluster&seed=1")
    notice = visit.page.locator("#notice")
    expect(notice).to_contain_text(told, timeout=MS)
    expect(notice).to_contain_text("This address cannot be opened")
    assert "\n" not in notice.inner_text().removesuffix("\nClose")
    visit.at(20)
