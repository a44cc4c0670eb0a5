"""The two kinds of hub stand in one world, with the numbers of the paper."""

from collections import Counter

import numpy as np
import pytest

from simulation.data.reader import load_dataset
from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario

NAMES = ("hubs_baseline", "energotechnohab", "energotechnohab_funded", "concentrated_hub")


def test_the_concentrated_hub_has_what_the_paper_counts_in_houston():
    hubs, russia = load_dataset("energotechnohab"), load_dataset("russia-2023")
    facts = {row.fact: row.value for row in hubs.facts}
    before = {(row.region_id, row.name) for row in russia.institutions}
    added = Counter(
        (row.region_id, row.kind) for row in hubs.institutions if (row.region_id, row.name) not in before
    )
    assert added == {
        ("st_petersburg", "technopark"): 1,
        ("tyumen_khanty_yamal", "research_institute"): facts["houston_research_centres"],
        ("tyumen_khanty_yamal", "technopark"): facts["houston_incubators"],
    }
    more = hubs.counts.sum(axis=1) - np.array(
        [
            dict(zip(russia.region_ids, russia.counts.sum(axis=1), strict=True)).get(r, 0)
            for r in hubs.region_ids
        ]
    )
    assert dict(zip(hubs.region_ids, more, strict=True)) == {
        **dict.fromkeys(hubs.region_ids, 0),
        "tyumen_khanty_yamal": facts["houston_technology_businesses"],
    }


def test_the_scenarios_of_hubs_share_one_world():
    assert {load_scenario(name).world.dataset for name in NAMES} == {"energotechnohab"}
    assert load_scenario("energotechnohab").platforms == load_scenario("energotechnohab_funded").platforms


@pytest.mark.parametrize("seed", [1, 2])
def test_the_unaided_hub_passes_the_number_of_the_paper_within_two_years_from_nearly_all_regions(seed):
    facts = {row.fact: row.value for row in load_dataset("energotechnohab").facts}
    record = simulate(load_scenario("energotechnohab", overrides=["time.years=3"]), seed)
    members = record.members.sum(axis=(1, 2))
    month = int(np.argmax(members >= facts["energotechnohab_enterprises"]))
    assert 6 <= month <= 24
    assert (record.members[month].sum(axis=0) > 0).sum() >= 12
    assert record.may_join[-1, 0, record.regions.index("st_petersburg")] == 0
