"""Kuzbass is the sixteenth region, coal dominates it, and the facts of the paper are carried."""

import csv

import numpy as np
import pytest

from simulation.data.geography import great_circle_km
from simulation.data.outlines import load_outlines
from simulation.data.reader import dataset_folder, load_dataset
from simulation.scenario.loading import load_scenario


@pytest.fixture(scope="module")
def kuzbass():
    return load_dataset("kuzbass")


def test_the_other_fifteen_regions_are_those_of_russia(kuzbass):
    russia = load_dataset("russia-2023")
    assert set(kuzbass.region_ids) - set(russia.region_ids) == {"kemerovo"}
    assert set(kuzbass.industries) - set(russia.industries) == {
        "coal_processing",
        "mining_equipment",
        "coal_chemistry",
    }
    rows = [kuzbass.region_ids.index(region) for region in russia.region_ids]
    columns = [kuzbass.industries.index(industry) for industry in russia.industries]
    np.testing.assert_array_equal(kuzbass.counts[np.ix_(rows, columns)], russia.counts)
    assert kuzbass.counts[rows].sum() == russia.counts.sum()
    assert kuzbass.technologies == russia.technologies
    np.testing.assert_array_equal(kuzbass.relevance[:, columns], russia.relevance)


def test_the_seat_is_kemerovo_beside_tomsk(kuzbass):
    seats = {row.id: (row.latitude, row.longitude) for row in kuzbass.regions}
    assert seats["kemerovo"] == (55.35, 86.10)
    latitude, longitude = np.array([seats["kemerovo"], seats["tomsk"]]).T
    assert 100 < great_circle_km(latitude, longitude)[0, 1] < 200


def test_its_share_of_coal_enterprises_is_its_share_of_bituminous_coal(kuzbass):
    facts = {row.fact: row.value for row in kuzbass.facts}
    coal = kuzbass.counts[:, kuzbass.industries.index("coal")]
    here = kuzbass.region_ids.index("kemerovo")
    assert coal[here] / coal.sum() == pytest.approx(facts["bituminous_coal"], abs=0.5 / coal.sum())
    assert coal[here] == kuzbass.counts[here].max()


def test_the_facts_are_those_of_the_paper(kuzbass):
    facts = {row.fact: row.value for row in kuzbass.facts}
    assert (facts["bituminous_coal"], facts["coking_coal"], facts["exports_in_trade"]) == (0.56, 0.80, 0.95)
    assert facts["fuel_and_energy_in_exports"] == pytest.approx(2 / 3, abs=1e-4)
    assert facts["coal_in_fuel_and_energy_exports"] == 0.70
    of_russia = {row.fact for row in load_dataset("russia-2023").facts}
    assert all("Kusurgasheva" in row.source for row in kuzbass.facts if row.fact not in of_russia)


def test_what_is_made_up_is_labelled_in_the_tables_and_told(kuzbass):
    with (dataset_folder("kuzbass") / "enterprises.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["source"].startswith("assumption") for row in csv.DictReader(file))
    with (dataset_folder("kuzbass") / "relevance.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["source"] == "assumption" for row in csv.DictReader(file))
    assert any("made up" in sentence and "enterprises" in sentence for sentence in kuzbass.assumptions)


def test_its_institutions_are_in_the_paper_or_well_known(kuzbass):
    names = {row.name: row.kind for row in kuzbass.institutions if row.region_id == "kemerovo"}
    assert names["Kemerovo UgleNaukoGrad"] == "research_institute"
    assert names["Technopark in the field of high technologies of the Kemerovo region"] == "technopark"
    assert len(names) == 5


def test_its_outline_joins_those_of_its_neighbours():
    outlines = load_outlines(dataset_folder("kuzbass"))
    assert outlines is not None
    corners = {
        name: {tuple(p) for ring in outlines.regions[name] for p in ring}
        for name in ("kemerovo", "tomsk", "krasnoyarsk")
    }
    assert len(outlines.regions) == 16
    assert len(corners["kemerovo"] & corners["tomsk"]) > 10
    assert len(corners["kemerovo"] & corners["krasnoyarsk"]) > 10


@pytest.mark.parametrize("name", ["coal_slump", "supercycle"])
def test_scenarios_of_the_price_of_coal_take_the_export_dependence_of_the_facts(kuzbass, name):
    facts = {row.fact: row.value for row in kuzbass.facts}
    share = (
        facts["exports_in_trade"]
        * facts["fuel_and_energy_in_exports"]
        * facts["coal_in_fuel_and_energy_exports"]
    )
    for commodity in load_scenario(name).commodities:
        assert commodity.export_dependence == {"kemerovo": pytest.approx(share, abs=0.005)}
