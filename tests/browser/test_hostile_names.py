"""Names are shown as they are written: nothing of them becomes markup, and none confuses the page."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect
from visits import MS, serving, visit

from simulation.batch.running import run_batch
from simulation.data.reader import FOLDER
from simulation.scenario.loading import load_scenario

MARKUP = "<img src=x onerror=document.title='owned'>"
TITLE = "</script><script>document.title='owned'</script>" + "very long " * 200
RENAMED = {
    "perm": "__proto__",
    "komi": "constructor",
    "samara": "tostring",
    "tatarstan": "hasownproperty",
    "Perm Region": MARKUP,
    "Komi Republic": "../../etc/passwd\u200f",
    "Deep and safe mining": MARKUP,
    "Unmanned autonomous deposit": "__proto__",
    "Ural": "constructor",
    "Volga": "<b>Volga</b>",
}
SMALL = """
name = "{name}"
title = {title}
description = {title}
[time]
years = 3.0
[world]
dataset = "hostile"
[technologies]
release = "at_start"
[[platforms]]
name = "__proto__"
vectors = ["B2B"]
[[policies]]
instrument = "training"
budget = 100.0
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two scenarios of a dataset with such names, and results folders of such names."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "hostile").mkdir()
    for file in (FOLDER / "russia-2023").iterdir():
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            for name, other in RENAMED.items():
                for mark in ",;:":
                    for end in ",;:\n\r":
                        text = text.replace(f"{mark}{name}{end}", f"{mark}{other}{end}")
                text = text.replace(f"\n{name},", f"\n{other},").replace(f'"{name}"', json.dumps(other))
            (root / "hostile" / file.name).write_text(text, encoding="utf-8")
    for name in ("constructor", "__proto__"):
        (root / f"{name}.toml").write_text(SMALL.format(name=name, title=json.dumps(TITLE)), encoding="utf-8")
    specs = [load_scenario(root / f"{name}.toml") for name in ("constructor", "__proto__")]
    for folder in ("__proto__", "<b>bold<b>"):
        run_batch(specs, 1, out=root / "results" / folder, executor="serial", seed=1)
    # What no scenario may hold, a manifest that was edited may; such a folder is refused, by its reason.
    manifest = json.loads((root / "results" / "__proto__" / "manifest.json").read_text("utf-8"))
    manifest["scenarios"][0]["title"] = "\x1b]0;x\x07\u202e"
    (root / "results" / "edited").mkdir()
    (root / "results" / "edited" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    bad = root / "results" / f"{MARKUP}"
    bad.mkdir()
    (bad / "manifest.json").write_text(json.dumps({"scenarios": MARKUP}), encoding="utf-8")
    return root


@pytest.mark.slow
def test_hostile_names_are_shown_as_text_live_and_replayed(browser, hostile: Path):
    scenarios = [hostile / f"{name}.toml" for name in ("constructor", "__proto__")]
    with serving(hostile / "results", *scenarios) as address:
        for fragment in (
            "#a=constructor&b=__proto__",
            "#a=__proto__/constructor&b=%3Cb%3Ebold%3Cb%3E/__proto__",
        ):
            come = visit(browser, address, size=None, scheme="light")
            page = come.open(fragment + "&month=36&region=__proto__").page
            come.at(3)
            page.locator("#axis").click()
            page.locator("#view").click()
            page.locator("#difference").click()
            page.locator("#open-why").click()
            page.locator("#tab-inspect").click()
            expect(page.locator("#panel-inspect")).to_contain_text(MARKUP, timeout=MS)
            for tab in ("why", "sure", "money", "change"):
                page.locator(f"#tab-{tab}").click()
            expect(page.locator("#show")).to_contain_text(MARKUP)
            page.locator("#show").select_option("technology:__proto__")
            expect(page.locator("#choose-a")).to_contain_text("document.title='owned'")
            page.locator("#choose-b").click()
            picker = page.get_by_role("dialog")
            groups = picker.locator("h3").all_inner_texts()
            for name in ("__proto__", "<b>bold<b>", "edited", MARKUP):
                assert any(group.startswith(f"Results: {name}") for group in groups), name
            expect(picker.locator("section", has_text="Results: edited")).to_contain_text("U+001B")
            picker.get_by_role("button", name="Close", exact=True).click()
            page.locator("#save").click()
            saved = page.get_by_role("dialog").get_by_role("button", name="When it is adopted as SVG")
            picture = ElementTree.fromstring(Path(come.saved(saved).path()).read_bytes())
            assert TITLE[:8] in "".join(picture.itertext())  # headings are cut to their panel
            assert page.locator("img, script:not([src]), b:has-text('Volga')").count() == 0
            assert page.evaluate("Object.keys(Object.prototype).length") == 0
            assert page.title() != "owned"
            come.leave()
