"""Choosing, changing, playing, and going back, in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visits import MS, serving, visit

from simulation.data.outlines import OUTLINES
from simulation.data.template import write_template

CLUSTER = "#a=regional_cluster&b=hypercluster&seed=3"
COLOURS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""


def written(side, value, decimals):
    """A number of the scoreboard: with the decimals of its measure, or with two where the difference needs them."""
    forms = (f"{value:.{places}f}".replace(".", r"\.") for places in {decimals, max(decimals, 2)})
    return re.compile(rf"{side} ({'|'.join(forms)})(?!\d)")


def frames_asked(visit):
    return [message for message in map(json.loads, visit.sent) if message["type"] == "frames"]


def test_the_page_opens_at_the_end_with_its_answer_and_draws_every_figure(come):
    visit = come()
    visit.at(20)
    expect(visit.answered()).to_contain_text("Together: Hypercluster.")
    expect(visit.answered()).to_contain_text("Sooner: it depends.")
    expect(visit.page.locator("#question")).to_contain_text("the same money")
    expect(visit.page.locator("#money")).to_contain_text("equal plans")
    expect(visit.answered()).to_contain_text("10 simulated histories", timeout=3 * MS)
    expect(visit.page.locator("#choose-a")).to_have_attribute("value", "regional_cluster")
    expect(visit.page.locator("#choose-b")).to_have_attribute("value", "hypercluster")
    assert visit.page.locator(".card").count() == 8
    for tab in (None, "why", "sure", "money"):
        box = visit.page.locator("#cards") if tab is None else visit.panel(tab)
        expect(box.locator("canvas").first).to_be_visible()
        for card in box.locator(".card").all():
            canvas = card.locator("canvas")
            visit.page.wait_for_function("c => c.width === c.clientWidth", arg=canvas.element_handle())
            assert canvas.evaluate(COLOURS) > 3, card.get_attribute("data-figure")


def test_a_change_takes_back_what_was_said_of_other_worlds_and_a_starter_answers_for_both_sides(come):
    visit = come(f"{CLUSTER}&month=240")
    expect(visit.answered()).to_contain_text("100 other worlds")
    visit.page.get_by_role("button", name="What if contact reaches farther?").click()
    answer = visit.page.locator("#answer")
    expect(answer).to_contain_text("not tested against other assumptions yet", timeout=MS)
    expect(answer).not_to_contain_text("100 other worlds")
    expect(answer.get_by_role("button", name="Test, about")).to_be_visible()
    for side in "ab":
        expect(visit.page.locator(f"#changes-{side}")).to_have_text("1 change")
    visit.page.get_by_role("button", name="What if contact reaches farther?").click()
    expect(answer).to_contain_text("100 other worlds", timeout=MS)


@pytest.mark.slow
def test_unequal_worlds_and_unequal_money_are_named_and_money_is_made_equal_again(come):
    visit = come(f"{CLUSTER}&b.set=diffusion.half_distance_km%3D300&b.set=budget.per_year%3D4000&month=240")
    expect(visit.answered()).to_contain_text("Unequal worlds: A and B differ in half distance")
    expect(visit.page.locator("#question")).to_contain_text("not the same money")
    visit.page.get_by_role("button", name="Make plans equal again").click()
    expect(visit.page.locator("#money")).to_contain_text("equal plans", timeout=MS)
    expect(visit.page.locator("#changes-a")).to_have_text("1 change")


@pytest.mark.slow
def test_another_scenario_replaces_one_side_and_the_other_keeps_its_history(come):
    visit = come(f"{CLUSTER}&month=120")
    visit.at(10)
    b = visit.score("Adopted").locator("span").nth(2).inner_text()
    already = len(frames_asked(visit))
    visit.choose("a", "baseline")
    expect(visit.score("Adopted")).to_contain_text("points", timeout=MS)
    expect(visit.page.get_by_role("img", name=re.compile("A No policy")).first).to_be_visible(timeout=MS)
    visit.at(10)
    assert visit.score("Adopted").locator("span").nth(2).inner_text() == b
    assert {tuple(message["sides"]) for message in frames_asked(visit)[already:]} == {("a",)}
    expect(visit.page).to_have_url(re.compile("a=baseline"), timeout=MS)


def test_a_changed_parameter_runs_the_same_seed_again_up_to_the_month_shown(come):
    visit = come(f"{CLUSTER}&month=120")
    visit.at(10)
    before = visit.scores()
    visit.forms("Diffusion")
    visit.change("diffusion.half_distance_km", "300")
    expect(visit.page.locator("#changes-b")).to_have_text("1 change", timeout=MS)
    expect(visit.page.locator("#changes-a")).to_have_text("1 change", timeout=MS)
    visit.at(10)
    expect(visit.score("Adopted")).not_to_have_text(before[0], timeout=MS)
    assert "seed=3" in visit.page.url
    expect(visit.page).to_have_url(
        re.compile(re.escape("a.set=diffusion.half_distance_km%3D300")), timeout=MS
    )
    visit.page.get_by_role("button", name="Undo all").click()
    expect(visit.page.locator("#changes-a")).to_be_hidden(timeout=MS)
    expect(visit.page.locator("#scoreboard li").first).to_have_text(before[0].replace("\n", ""), timeout=MS)
    assert visit.scores() == before


@pytest.mark.slow
def test_a_value_that_is_refused_is_told_beside_its_field_and_changes_nothing(come):
    visit = come(f"{CLUSTER}&month=120")
    visit.at(10)
    before = visit.scores()
    visit.forms("Diffusion")
    visit.change("diffusion.spatial", "-1")
    wrong = visit.page.locator(".field.wrong")
    expect(wrong.get_by_role("alert")).to_have_text("must be 0 or more", timeout=MS)
    expect(wrong.locator("input")).to_have_value("-1")
    assert visit.scores() == before
    assert "spatial" not in visit.page.url
    visit.change("diffusion.spatial", "0.8")
    expect(wrong).to_have_count(0, timeout=MS)
    expect(visit.page.locator("#changes-a")).to_have_text("1 change")


@pytest.mark.slow
def test_the_budget_of_a_policy_and_a_new_policy_move_the_money(come):
    visit = come(f"{CLUSTER}&month=240")
    visit.at(20)
    visit.panel("change")
    # Training, which has the rest, has the money of the cluster organisation too, and can use 2,145 of it a year.
    purse = visit.page.locator("#money .purse").first
    expect(purse).to_contain_text("38,392 units planned, 38,392 spent")
    visit.page.locator("#panel-change .segments").get_by_role("button", name=re.compile("^A ")).click()
    visit.change("policies[0].budget", "0")
    expect(purse).not_to_contain_text("38,392 spent", timeout=MS)
    spent = purse.inner_text()
    visit.page.get_by_label("Instrument").select_option("adoption_incentive")
    visit.page.get_by_role("button", name="Add", exact=True).click()  # 100 a year
    expect(purse).not_to_have_text(spent, timeout=MS)
    spent = purse.inner_text()
    visit.page.get_by_role("button", name="Remove Technopark").click()
    expect(purse).not_to_have_text(spent, timeout=MS)


def test_it_plays_pauses_and_steps(come):
    visit = come(CLUSTER)
    visit.at(20)
    visit.page.locator("#speed").select_option("24")
    visit.page.get_by_role("button", name="Watch 20 years").click()
    expect(visit.page.locator("#clock")).to_contain_text(re.compile("year 2 "), timeout=MS)
    visit.page.get_by_role("button", name="Pause").click()
    expect(
        visit.page.get_by_role("button", name="Play")
    ).to_be_visible()  # the picture of the month it stopped at
    paused = visit.page.locator("#clock").inner_text()
    visit.page.wait_for_timeout(300)
    assert visit.page.locator("#clock").inner_text() == paused
    month = int(visit.page.locator("#slider").input_value())
    visit.page.get_by_role("button", name="One month on").click()
    visit.at(*divmod(month + 1, 12))
    visit.page.get_by_role("button", name="One month back").click()
    visit.at(*divmod(month, 12))


@pytest.mark.slow
def test_going_back_in_time_asks_the_server_for_nothing(come):
    visit = come(f"{CLUSTER}&month=200")
    visit.at(16, 8)
    visit.page.wait_for_timeout(500)  # until the months ahead are there
    end = visit.scores()
    asked = len(frames_asked(visit))
    slider = visit.page.locator("#slider")
    for month in range(190, 0, -10):
        slider.fill(str(month))
    visit.at(0, 10)
    slider.fill("200")
    visit.at(16, 8)
    assert len(frames_asked(visit)) == asked
    assert visit.scores() == end


@pytest.mark.slow
def test_jumping_ahead_brings_the_months_between(come):
    visit = come(f"{CLUSTER}&month=0")
    visit.page.get_by_role("button", name="To the end").click()
    visit.at(20)
    rows = visit.counts().splitlines()
    assert rows[0] == "side,scenario,seed,month,region,technology,adopters,eligible"
    assert {int(row.split(",")[3]) for row in rows[1:]} == set(range(241))


@pytest.mark.slow
def test_two_runs_that_cannot_differ_yet_are_called_identical(come):
    visit = come("#a=baseline&b=baseline&b.set=diffusion.digital%3D0.5&seed=3&month=60")
    visit.at(5)
    expect(visit.score("Adopted")).to_contain_text("identical so far")
    visit.choose("b", "hypercluster")
    expect(visit.score("Adopted")).not_to_contain_text("identical", timeout=MS)


@pytest.mark.slow
def test_choosing_a_technology_shows_only_its_adoptions(come):
    visit = come(f"{CLUSTER}&month=180")
    visit.at(15)
    before = visit.scores()
    visit.page.locator("#show").select_option("direction:solid_minerals_mining")
    expect(visit.score("Regions in step")).to_contain_text("A 0.", timeout=MS)
    expect(visit.page.locator("#scoreboard li").first).not_to_have_text(before[0], timeout=MS)
    visit.page.locator("#show").select_option("all")
    expect(visit.page.locator("#scoreboard li").first).to_have_text(before[0].replace("\n", ""), timeout=MS)
    assert visit.scores() == before


@pytest.mark.slow
def test_the_end_of_the_run_shows_what_the_metrics_module_says(come):
    from simulation import load_scenario, run

    visit = come(f"{CLUSTER}&month=240")
    visit.at(20)
    for side, name in (("A", "regional_cluster"), ("B", "hypercluster")):
        metrics = run(load_scenario(name), seed=3).metrics
        for words, metric, decimals in (
            ("Half have adopted after", "t50_years", 1),
            ("Regions in step", "synchronization", 3),
            ("Lag between regions", "w1_years", 2),
        ):
            expect(visit.score(words)).to_contain_text(written(side, metrics[metric], decimals))


@pytest.mark.slow
def test_where_enterprises_enter_and_leave_each_month_has_those_who_are_there(come):
    from simulation.engine.simulate import simulate
    from simulation.scenario.loading import load_scenario

    record = simulate(load_scenario("turnover"), 3)
    tatarstan = record.regions.index("tatarstan")
    visit = come("#a=turnover&b=hypercluster&seed=3&month=240&region=tatarstan")
    visit.panel("inspect")
    for month in (240, 37, 144):
        visit.page.locator("#slider").fill(str(month))
        visit.at(*divmod(month, 12))
        share = record.adopters[month].sum() / record.eligible[month].sum()
        expect(visit.score("Adopted")).to_contain_text(written("A", 100 * share, 1), timeout=MS)
        members = record.members_anywhere[month] / record.enterprises[month]
        expect(visit.score("Members of a platform")).to_contain_text(written("A", 100 * members, 1))
        adopters, eligible = (part[month, tatarstan].sum() for part in (record.adopters, record.eligible))
        expect(visit.page.locator("#panel-inspect")).to_contain_text(
            f"{adopters:,} of {eligible:,}", timeout=MS
        )
    rows = [row for row in csv.DictReader(io.StringIO(visit.counts())) if row["side"] == "A"]
    assert {row["month"] for row in rows} == {str(month) for month in range(145)}
    for row in rows[::500]:
        cell = record.regions.index(row["region"]), slice(None), record.technologies.index(row["technology"])
        month = int(row["month"])
        assert int(row["adopters"]) == record.adopters[month][cell].sum()
        assert int(row["eligible"]) == record.eligible[month][cell].sum()


@pytest.mark.slow
def test_what_is_made_up_in_the_data_is_said_under_the_scenario(come):
    visit = come("#a=kuzbass&b=baseline&seed=2")
    visit.panel("change").locator("summary", has_text="About this scenario").first.click()
    expect(visit.page.locator("#panel-change")).to_contain_text(
        "Assumption: Numbers of enterprises in Kemerovo"
    )
    visit.page.locator("#panel-change").get_by_role("button", name=re.compile("^B ")).click()
    expect(visit.page.locator("#panel-change")).to_contain_text("without any policy")
    expect(visit.page.locator("#panel-change")).not_to_contain_text("Assumption: Numbers")


@pytest.mark.slow
def test_a_region_that_only_one_side_has_moves_no_row_of_the_other(come):
    visit = come("#a=kuzbass&b=baseline&seed=2&month=240&region=kemerovo")
    visit.at(20)
    visit.page.locator("#save").click()
    button = visit.page.get_by_role("button", name="When it is adopted as CSV", exact=True)
    rows = list(csv.DictReader(io.StringIO(Path(visit.saved(button).path()).read_text())))
    visit.page.keyboard.press("Escape")
    raster, tip = visit.page.locator("[data-figure='raster'] canvas"), visit.page.locator("#tip")
    box = raster.bounding_box()
    raster.hover(position={"x": box["width"] * 0.4, "y": box["height"] - 26})  # the last row
    expect(tip).to_contain_text("Sakhalin")
    year, month = map(int, re.search(r"year (\d+) month (\d+)", tip.inner_text()).groups())
    for side in ("a", "b"):
        share = next(
            float(row["adoption_share"])
            for row in rows
            if (row["panel"], row["region"]) == (side, "sakhalin")
            and abs(float(row["years"]) - year - month / 12) < 1e-6
        )
        assert share > 0
        expect(tip).to_contain_text(f"{100 * share:.1f}\u202f%")
    raster.hover(position={"x": box["width"] * 0.7, "y": 20 + 11.5 * (box["height"] - 40) / 16})
    expect(tip).to_contain_text("not in B")
    expect(visit.page.locator("#difference")).to_be_disabled()


@pytest.mark.slow
def test_damaged_outlines_are_told_above_the_bubbles(browser, tmp_path):
    write_template(tmp_path / "land")
    (tmp_path / "land" / OUTLINES).write_text("{", encoding="utf-8")
    (tmp_path / "own.toml").write_text('name = "own"\n[world]\ndataset = "land"\n', encoding="utf-8")
    with serving(tmp_path / "results", tmp_path / "own.toml") as address:
        come = visit(browser, address, size=None, scheme="light").open("#a=own&b=none")
        notice = come.page.locator("#notice")
        expect(notice).to_contain_text("drawn without outlines", timeout=MS)
        expect(notice).to_contain_text(f"{OUTLINES}: 1 problem")
        notice.get_by_role("button", name="Close").click()
        expect(notice).to_be_hidden()
        come.leave()
