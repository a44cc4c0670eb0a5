"""For everybody: axe, keyboard, small screens, light and dark, words for figures; and a region looked into."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from visits import MS

ENTERPRISES = 487
"""In Tatarstan, all industries."""
SHOWN = "#a=regional_cluster&b=hypercluster&seed=3&month=150&region=tatarstan"
SIZES = {
    "phone": {"width": 390, "height": 844},
    "enlarged to 200 %": {"width": 640, "height": 400},
    "large": {"width": 2560, "height": 1440},
    "desk": {"width": 1280, "height": 720},
    "tablet": {"width": 1024, "height": 768},
    "upright": {"width": 768, "height": 1024},
}
SMALL_TEXT = """() => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility()
    && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
    && parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.outerHTML)"""


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (fault["id"], [node["html"] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_no_serious_fault(come, scheme):
    visit = come(f"{SHOWN}&difference=1", scheme=scheme)
    visit.at(12, 6)
    assert serious(visit.page) == []
    visit.forms("Diffusion")
    visit.change("diffusion.spatial", "-1")
    expect(visit.page.locator(".field.wrong")).to_be_visible(timeout=MS)
    for tab in ("change", "inspect", "money", "sure", "why"):
        visit.page.locator(f"#tab-{tab}").click()
        if tab == "inspect":
            expect(visit.page.locator("#panel-inspect")).to_contain_text("Policy levers", timeout=MS)
        assert serious(visit.page) == [], tab
    visit.page.locator("#save").click()
    assert serious(visit.page) == []
    visit.page.keyboard.press("Escape")
    visit.page.locator("#help").click()
    assert serious(visit.page) == []


@pytest.mark.slow
def test_the_button_turns_dark_and_the_choice_is_kept(come):
    visit = come(SHOWN)
    root = visit.page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    visit.page.get_by_role("button", name="Light or dark").click()
    expect(root).to_have_attribute("data-theme", "dark")
    visit.page.reload()
    visit.arrive()
    expect(root).to_have_attribute("data-theme", "dark")


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut_off_and_no_text_is_smaller_than_12_px(come, size):
    visit = come(f"{SHOWN}&difference=1", size=SIZES[size])
    visit.at(12, 6)
    wide, inner = visit.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner
    for part in (".top", ".transport", "main"):
        box = visit.page.locator(part).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= inner, part
    assert visit.page.evaluate(SMALL_TEXT) == []


@pytest.mark.slow
def test_the_keyboard_does_all_that_the_mouse_does(come):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=0")
    visit.at(0)
    press = visit.page.keyboard.press
    for key, time in (("ArrowRight", (0, 1)), ("Shift+ArrowRight", (1, 1)), ("PageDown", (2, 1)), ("ArrowLeft", (2, 0)),
                      ("End", (20, 0)), ("PageUp", (19, 0)), ("Home", (0, 0))):  # fmt: skip
        press(key)
        visit.at(*time)
    press(" ")
    expect(visit.page.get_by_role("button", name="Pause")).to_be_visible()
    expect(visit.page.locator("#clock")).to_contain_text("year 1", timeout=MS)
    press(" ")
    expect(visit.page.get_by_role("button", name="Play")).to_be_visible()
    for key, button in (("d", "#difference"), ("t", "#view"), ("r", "#axis")):
        press(key)
        expect(visit.page.locator(button)).to_have_attribute("aria-pressed", "true")
    press("?")
    expect(visit.page.get_by_role("dialog", name="Keys and explanations")).to_be_visible()
    press("Escape")
    expect(visit.page.get_by_role("dialog")).to_have_count(0)
    visit.page.locator("#open-change").focus()
    press("Enter")
    visit.page.locator("#tab-change").focus()
    press("ArrowRight")
    visit.page.get_by_label("Region", exact=True).select_option("komi")
    expect(visit.page.locator("#panel-inspect h3").first).to_have_text("Komi Republic", timeout=MS)
    visit.page.locator("#tab-inspect").focus()
    press("ArrowLeft")
    expect(visit.page.locator("#tab-change")).to_be_focused()


@pytest.mark.slow
def test_letters_typed_into_a_field_are_no_commands(come):
    visit = come(SHOWN)
    visit.at(12, 6)
    visit.page.locator("#seed").click()
    visit.page.keyboard.press("ArrowUp")
    visit.page.keyboard.press("d")
    visit.at(12, 6)
    expect(visit.page.locator("#difference")).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
def test_figures_say_in_words_what_they_show(come):
    visit = come(SHOWN)
    visit.at(12, 6)
    raster = visit.page.locator("[data-figure='raster'] canvas")
    expect(raster).to_have_attribute(
        "aria-label", re.compile(r"of \d+ regions have reached one half"), timeout=MS
    )


@pytest.mark.slow
def test_a_region_an_enterprise_and_its_partners_can_be_looked_into(come):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=120")
    visit.at(10)
    raster = visit.page.locator("[data-figure='raster'] canvas")
    box = raster.bounding_box()
    raster.hover(position={"x": 300, "y": box["height"] / 2})
    expect(visit.page.locator("#tip")).to_contain_text("%")
    raster.click(position={"x": 300, "y": 44})
    panel = visit.page.locator("#panel-inspect")
    expect(panel.locator("h3").first).to_have_text(re.compile("Arkhangelsk"), timeout=MS)
    panel.get_by_label("Region", exact=True).select_option("tatarstan")
    expect(panel.locator("h3").first).to_have_text("Republic of Tatarstan", timeout=MS)
    counts = (
        panel.locator("table")
        .first.locator("tbody tr")
        .evaluate_all("rows => rows.map(row => Number(row.cells[1].textContent.replaceAll(',', '')))")
    )
    assert sum(counts) == ENTERPRISES
    panel.get_by_role("button", name="oil gas").click()
    expect(panel.locator("h3")).to_contain_text("Enterprise 1 of oil gas", timeout=MS)
    expect(panel).to_contain_text("Business partners")
    panel.locator("details").filter(has_text="hazard").first.locator("summary").click()
    expect(panel.locator("details[open]")).to_contain_text("institutional")
    panel.locator("table button").last.click()
    expect(panel.locator("h3")).to_contain_text("Enterprise", timeout=MS)
    panel.get_by_role("button", name=re.compile("^‹ (?!previous)")).click()
    expect(panel).to_contain_text("Institutions", timeout=MS)
    panel.locator("table").last.locator("button").first.click()
    expect(panel).to_contain_text("mastered", timeout=MS)


@pytest.mark.slow
def test_a_click_into_a_curve_jumps_to_its_month(come):
    visit = come("#a=regional_cluster&b=hypercluster&seed=3&month=150")
    visit.at(12, 6)
    chart = visit.panel("why").locator("[data-figure='members'] canvas")
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(visit.page.locator("#clock")).not_to_have_text("year 12 month 6", timeout=MS)


@pytest.mark.slow
def test_a_figure_is_enlarged_and_made_small_again(come):
    visit = come(SHOWN)
    card = visit.panel("sure").locator("[data-figure='phi']")
    before = card.bounding_box()["width"]
    card.hover()
    card.get_by_role("button", name="Enlarge").click()
    assert card.bounding_box()["width"] > 2 * before
    visit.page.keyboard.press("Escape")
    assert card.bounding_box()["width"] == pytest.approx(before)


@pytest.mark.slow
def test_on_a_small_screen_the_drawer_stands_below_and_each_region_has_room_for_its_name(come):
    visit = come(
        "#a=kuzbass&b=price_cycle&seed=3&month=60&region=kemerovo", size={"width": 900, "height": 900}
    )
    visit.at(5)
    assert visit.page.locator("[data-figure='raster'] canvas").bounding_box()["height"] >= 40 + 16 * 11.5
    visit.page.locator("#open-why").click()
    visit.page.locator("#open-sure").click()
    expect(visit.page.locator("#panel-sure")).to_be_visible()
    drawer, cards = (visit.page.locator(part).bounding_box() for part in ("#drawer", "#cards"))
    assert drawer["y"] >= cards["y"] + cards["height"]


def test_the_drawer_stands_beside_the_pictures_and_never_over_them(come):
    visit = come(SHOWN)
    visit.panel("money")
    drawer, main = (visit.page.locator(part).bounding_box() for part in ("#drawer", "main"))
    assert main["x"] + main["width"] <= drawer["x"]
