"""Partner countries meet Russia on the platform or not at all."""

import csv
from functools import cache

import numpy as np
import pytest

from simulation.data.dictionary import DEFAULT_COUNTRY
from simulation.data.reader import dataset_folder, load_dataset
from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario

DATASET = load_dataset("eurasian")
RUSSIA = np.array([row.country == DEFAULT_COUNTRY for row in DATASET.regions])


@cache
def record_of(name):
    return simulate(load_scenario(name), 1)


def share(record, regions):
    return record.adopters[-1][regions].sum() / record.eligible[-1][regions].sum()


def test_the_partner_countries_are_those_of_the_paper():
    groups = {}
    for row in DATASET.regions:
        if row.country != DEFAULT_COUNTRY:
            groups.setdefault(row.macroregion, set()).add(row.id)
    assert groups == {
        "EAEU": {"armenia", "belarus", "kyrgyzstan"},
        "Observers": {"uzbekistan"},
        "Partners": {"egypt", "india", "china", "mongolia", "tajikistan", "thailand"},
        "BRICS": {"south_africa", "brazil"},
    }
    assert RUSSIA.sum() == 15


def test_their_numbers_are_labelled_and_alike_so_that_nobody_takes_them_for_data():
    with (dataset_folder("eurasian") / "enterprises.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["source"].startswith("assumption") for row in csv.DictReader(file))
    assert (DATASET.counts[~RUSSIA] == 10).all()


def test_no_partner_abroad_is_near_or_tied():
    world = build_world(load_scenario("eurasian_baseline"), 1)
    countries = np.array([row.country for row in DATASET.regions])
    same = countries[:, None] == countries[None, :]
    assert (world.regions.proximity[~same] == 0).all()
    network = world.enterprises
    owner = np.repeat(np.arange(network.region_of.size), np.diff(network.indptr))
    assert same[network.region_of[owner], network.region_of[network.indices]].all()


@pytest.mark.parametrize(
    ("alone", "beside"), [("baseline", "eurasian_baseline"), ("hypercluster", "eurasian_closed")]
)
def test_countries_without_a_common_platform_change_nothing_in_russia_bit_for_bit(alone, beside):
    np.testing.assert_array_equal(record_of(alone).adopters, record_of(beside).adopters[:, RUSSIA])


def test_a_platform_that_is_closed_to_them_does_nothing_for_partner_countries():
    np.testing.assert_array_equal(
        record_of("eurasian_baseline").adopters[:, ~RUSSIA], record_of("eurasian_closed").adopters[:, ~RUSSIA]
    )


def test_the_extension_brings_partner_countries_nearly_to_the_level_of_russia():
    closed, extended = record_of("eurasian_closed"), record_of("eurasian_extension")
    assert share(closed, ~RUSSIA) < 0.2
    assert share(extended, ~RUSSIA) > 0.8
    assert abs(share(extended, RUSSIA) - share(closed, RUSSIA)) < 0.02
