"""Policies are added by clicks alone, whatever they need, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from visits import MS

from simulation.policies import INSTRUMENTS
from simulation.scenario.listing import GROUPS
from simulation.server.protocol.forms import titled


@pytest.mark.slow
@pytest.mark.parametrize("side", ["a", "b"])
def test_each_instrument_is_added_by_clicks(come, side):
    for instrument in INSTRUMENTS:
        visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=0")
        page = visit.page
        page.locator("#open-change").click()
        panel = page.locator("#panel-change")
        page.locator("#drawer").get_by_role("group", name="Side").get_by_role("button").nth(
            "ab".index(side) + 1
        ).click()
        title = titled(instrument)
        before = panel.get_by_role("button", name=f"Remove {title}", exact=True).count()
        panel.get_by_label("Instrument").select_option(instrument)
        panel.get_by_role("button", name="Add", exact=True).click()
        added = panel.get_by_role("button", name=f"Remove {title}", exact=True)
        room = panel.get_by_role("button", name="Make room")
        expect(added.nth(before).or_(room)).to_be_visible(timeout=MS)
        if room.is_visible():
            room.click()
            expect(added.nth(before)).to_be_visible(timeout=MS)
            expect(panel).to_contain_text("of their money", timeout=MS)
        expect(page.locator(f"#changes-{side}")).to_be_visible(timeout=MS)
        expect(panel.get_by_role("alert")).to_have_count(0)
        visit.leave()


@pytest.mark.slow
def test_a_scenario_is_found_by_a_word_and_a_file_of_ones_own_opens(come, tmp_path):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=0")
    page = visit.page
    page.locator("#choose-b").click()
    picker = page.get_by_role("dialog")
    headings = picker.locator(".groups h3").all_inner_texts()
    assert headings[: len(GROUPS)] == list(GROUPS)
    picker.get_by_label("Search scenarios").fill("coal slump")
    expect(picker.locator(".groups button:visible").first).to_contain_text("world market")
    picker.get_by_label("Search scenarios").fill("nothing of the kind")
    expect(picker.get_by_role("status").first).to_be_visible()
    own = tmp_path / "mine.toml"
    own.write_text('extends = "hypercluster.toml"\ntitle = "Mine"\ntime.years = 10\n', encoding="utf-8")
    picker.get_by_label("Open files").set_input_files(own)
    expect(page.locator("#choose-b")).to_have_text("Mine", timeout=MS)
    page.locator("#choose-b").click()
    expect(page.get_by_role("dialog").locator(".groups h3").first).to_have_text("Your own")


@pytest.mark.slow
def test_what_cannot_be_opened_says_why_in_the_dialog(come, tmp_path):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=0")
    page = visit.page
    page.locator("#choose-a").click()
    own = tmp_path / "mine.toml"
    own.write_text('extends = "../secret.toml"\n', encoding="utf-8")
    page.get_by_role("dialog").get_by_label("Open files").set_input_files(own)
    expect(page.get_by_role("dialog").get_by_role("status").last).to_contain_text(
        "opened together with it", timeout=MS
    )


@pytest.mark.slow
def test_how_sure_and_why_come_by_themselves(come):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=240")
    page = visit.page
    page.locator("#open-sure").click()
    expect(page.locator("#panel-sure")).to_contain_text("10 pairs of histories", timeout=2 * MS)
    expect(page.locator("#panel-sure table").first).to_contain_text("1 − Φ")
    page.locator("#open-why").click()
    expect(page.locator("#panel-why")).to_contain_text("of 15 regions", timeout=MS)
    expect(page.locator("#panel-why")).to_contain_text("Remote residency: national", timeout=4 * MS)
    page.locator("#gain-synchronization").click()
    expect(page.locator("#gain-synchronization")).to_be_focused()
    expect(page.locator("#panel-why")).to_contain_text("due to it, more in step")
    expect(page.locator("#panel-why")).to_contain_text("descriptive, not causal")


@pytest.mark.slow
def test_a_pinned_run_stays_while_another_scenario_is_chosen(come):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=240")
    page = visit.page
    page.locator("#open-sure").click()
    page.locator("#tab-pins").click()
    page.locator("#pin-b").click()
    row = page.locator("#panel-pins tbody tr")
    expect(row).to_contain_text("Hypercluster", timeout=MS)
    pinned = row.inner_text()
    half = visit.score("Half have adopted after").locator("span").nth(2).inner_text()
    assert half.removeprefix("B ") in pinned
    expect(page).to_have_url(re.compile("pin="), timeout=MS)
    other = come(f"#{page.url.partition('#')[2]}")
    other.panel("pins")
    expect(other.page.locator("#panel-pins tbody tr")).to_have_text(re.compile("Hypercluster"), timeout=MS)
    assert other.page.locator("#panel-pins tbody tr").inner_text() == pinned
    visit.choose("b", "mixed")
    expect(page.locator("#pin-b")).to_have_text("Pin B Mixed", timeout=MS)
    assert row.inner_text() == pinned
    page.get_by_role("button", name="Remove pin 1").click()
    expect(row).to_have_count(0)


@pytest.mark.slow
def test_an_optional_number_is_emptied_and_set_again(come):
    visit = come("#a=adoption_incentives&b=none&month=240")
    visit.panel("change")
    end = visit.page.locator('[data-key="policies[0].to_year"]')
    expect(end).to_have_value("8")
    visit.change("policies[0].to_year", "")
    expect(visit.page.locator("#changes-a")).to_have_text("1 change", timeout=MS)
    expect(end).to_have_value("")
    expect(visit.page).to_have_url(re.compile(r"a\.set=policies%3D"), timeout=MS)
    visit.change("policies[0].to_year", "8")
    expect(end).to_have_value("8")
