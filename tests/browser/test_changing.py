"""Policies are added by clicks alone, whatever they need, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from visits import MS

from simulation.policies import INSTRUMENTS
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
