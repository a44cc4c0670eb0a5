"""The shipped tables, and what is said about tables that cannot be used."""

import csv
import pickle
import random
import shutil

import numpy as np
import pytest

from simulation.data.reader import FOLDER, dataset_folder, institution_references, load_dataset, load_vectors
from simulation.errors import DataError
from simulation.scenario.loading import load_scenario
from simulation.scenario.plan import plan_of
from simulation.world import INSTITUTION_KINDS


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped dataset that may be spoilt."""
    return shutil.copytree(dataset_folder("russia-2023"), tmp_path / "own")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_of(folder):
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    return caught.value.problems


def test_the_shipped_world_has_the_sizes_of_the_papers():
    dataset = load_dataset("russia-2023")
    assert dataset.counts.sum() == 5301
    assert (len(dataset.regions), len(dataset.industries)) == dataset.counts.shape == (15, 5)
    assert (len(dataset.institutions), len(dataset.technologies)) == (83, 22)
    assert len(dataset.macroregions) == 6


def test_scenarios_and_counts_agree_with_the_facts_of_the_paper():
    dataset = load_dataset("russia-2023")
    facts = {row.fact: row.value for row in dataset.facts}
    weights = load_scenario("tatarstan_origins").technologies.origin_weights
    assert weights == {"hydrocarbon_mining": {"tatarstan": facts["tatarstan_in_oil_gas_patents"]}}
    peak = max(plan_of(load_scenario("first_wave")).entries, key=lambda entry: entry.per_year).policy
    assert facts["mining_strategy"] + peak.from_year == facts["first_wave_peak_begins"]
    assert peak.to_year is not None
    assert facts["mining_strategy"] + peak.to_year == facts["first_wave_peak_ends"] + 1
    leading = [
        region in ("bashkortostan", "samara", "tatarstan", "tyumen_khanty_yamal")
        for region in dataset.region_ids
    ]
    oil_gas = dataset.counts[:, dataset.industries.index("oil_gas")]
    assert oil_gas[leading].sum() / oil_gas.sum() > facts["leading_regions_in_oil_gas"]


def test_four_technologies_of_the_rational_direction_are_environmental_by_their_names():
    found = [row for row in load_dataset("russia-2023").technologies if row.environmental]
    assert {row.direction for row in found} == {"rational_subsurface_management"}
    words = ("environmental damage", "Nature-like", "resource-saving", "environmental quality")
    assert sorted(word for row in found for word in words if word in row.technology) == sorted(words)


def test_rows_are_sorted_and_say_what_the_files_say():
    dataset = load_dataset("russia-2023")
    assert list(dataset.region_ids) == sorted(dataset.region_ids)
    tatarstan = dataset.regions[dataset.region_ids.index("tatarstan")]
    assert (tatarstan.seat, tatarstan.area_km2, tatarstan.digital_readiness) == ("Kazan", 68_000, 0.8)
    counts = dict(zip(dataset.industries, dataset.counts[dataset.region_ids.index("tatarstan")], strict=True))
    assert counts == {
        "oil_gas": 49,
        "metal_ores": 2,
        "coal": 1,
        "other_minerals": 230,
        "mining_services": 205,
    }
    relevance = dict(zip(dataset.industries, dataset.relevance[0], strict=True))
    assert dataset.directions[0] == "hydrocarbon_mining"
    assert relevance == {
        "oil_gas": 1,
        "mining_services": 0.5,
        "coal": 0,
        "metal_ores": 0,
        "other_minerals": 0,
    }
    keys = [(institution.region_id, institution.name) for institution in dataset.institutions]
    assert keys == sorted(keys)


def test_the_order_of_rows_and_columns_changes_nothing(folder):
    shuffle = random.Random(1).shuffle
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = list(rows[0])
        shuffle(rows)
        shuffle(columns)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    own, shipped = load_dataset(folder), load_dataset("russia-2023")
    assert own.digest == shipped.digest
    np.testing.assert_array_equal(own.counts, shipped.counts)


def test_the_digest_tells_one_count_from_another(folder):
    edit(folder / "enterprises.csv", "Volga,575,32,63,3,317,160", "Volga,576,33,63,3,317,160")
    assert load_dataset(folder).digest != load_dataset("russia-2023").digest


def test_a_file_that_changed_is_read_again(folder):
    before = load_dataset(folder).counts.sum()
    edit(folder / "enterprises.csv", "Volga,575,32,63,3,317,160", "Volga,1576,1033,63,3,317,160")
    assert load_dataset(folder).counts.sum() == before + 1001


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(folder):
    path = folder / "regions.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert load_dataset(folder).digest == load_dataset("russia-2023").digest


def test_empty_rows_that_a_spreadsheet_leaves_do_no_harm(folder):
    path = folder / "regions.csv"
    path.write_bytes(path.read_bytes() + b"\n,,,,,,,,,\n , ,\n")
    assert load_dataset(folder).digest == load_dataset("russia-2023").digest


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "said"),
    [
        ("regions", "54.7431", "95", 2, "latitude", "must be a number from -90 to 90"),
        ("regions", "54.7431", "nan", 2, "latitude", "must be a number from -90 to 90"),
        ("regions", "54.7431", "north", 2, "latitude", "must be a number from -90 to 90"),
        ("regions", "54.7431", "", 2, "latitude", "must be a number from -90 to 90"),
        ("regions", "55.9678", "190", 2, "longitude", "must be a number from -180 to 180"),
        ("regions", ",143,", ",0,", 2, "area_1000km2", "must be a number above 0"),
        ("regions", ",143,0.5", ",143,1.5", 2, "digital_readiness", "must be a number from 0 to 1"),
        ("regions", "\ntatarstan,", "\nbashkortostan,", 3, "region_id", "occurs already in line 2"),
        ("regions", "\ntatarstan,", "\nTatarstan!,", 3, "region_id", "must be 1 to 64 lower-case letters"),
        ("regions", ",latitude,", ",lattitude,", 1, "latitude", 'missing column; did you mean "lattitude"?'),
        ("regions", ",Kazan,", ",,", 3, "seat", "must not be empty"),
        ("enterprises", ",575,", ",576,", 2, "total", "must be the sum of the industries, 575"),
        ("enterprises", ",32,63,", ",-32,63,", 2, "oil_gas", "must be a whole number, 0 or more"),
        ("enterprises", ",32,63,", ",32.5,63,", 2, "oil_gas", "must be a whole number, 0 or more"),
        ("enterprises", ",32,63,", ",nan,63,", 2, "oil_gas", "must be a whole number, 0 or more"),
        ("enterprises", "\ntatarstan,", "\ntatarstn,", 3, "region_id", 'did you mean "tatarstan"?'),
        (
            "enterprises",
            "\ntatarstan,",
            "\ntatarstn,",
            None,
            "region_id",
            'no row for the region "tatarstan"',
        ),
        ("enterprises", ",coal,", ",oil_gas,", 1, "oil_gas", "column occurs twice"),
        ("enterprises", ",160\n", "\n", 2, "", "8 cells; expected 9"),
        ("institutions", ",technopark,", ",technoparc,", 4, "kind", 'did you mean "technopark"?'),
        (
            "institutions",
            "\nbashkortostan,",
            "\nbashkiria,",
            2,
            "region_id",
            "not a region; accepted values:",
        ),
        (
            "technologies",
            "Deep and safe mining",
            "Submersible oil production equipment",
            12,
            "technology",
            "unique",
        ),
        (
            "technologies",
            "solid_minerals_mining",
            "solid_mining",
            10,
            "direction",
            "not a direction of relevance.csv",
        ),
        ("technologies", ",digital", ",digtal", 7, "family", 'did you mean "digital"?'),
        ("relevance", "coal", "cole", 1, "cole", 'not an industry of enterprises.csv; did you mean "coal"?'),
        ("relevance", "coal", "cole", 1, "coal", "missing column"),
        ("relevance", "1,0,0,0,0.5", "1,0,0,0,1.5", 2, "mining_services", "must be a number from 0 to 1"),
    ],
)
def test_a_fault_is_told_by_file_line_and_column(folder, file, old, new, line, column, said):
    path = folder / f"{file}.csv"
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    edit(path, old, new)
    found = [p for p in problems_of(folder) if (p.file, p.line, p.key) == (str(path), line, column)]
    assert any(said in problem.message for problem in found), problems_of(folder)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (None, None, "missing file; expected the columns"),
        (b"", None, "empty file; expected the columns"),
        (b"direction,oil_gas\nx,\xff\n", 2, "not UTF-8 (byte 0xff)"),
        (b'direction,oil_gas\n"x,1\ny,1\n', 2, "not a CSV table from here on"),
        (b'direction,oil_gas\nx,1\n\n"y"z,1\n', 4, "not a CSV table from here on"),
        (b"direction;oil_gas\nx;0,5\n", 1, "columns are separated by semicolons; save the table with commas"),
        (b"direction\toil_gas\nx\t1\n", 1, "columns are separated by tabs; save the table with commas"),
        (b"direction,oil_gas\n", None, "no row below the header"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(folder, content, line, said):
    path = folder / "relevance.csv"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert [(p.file, p.line) for p in problems_of(folder)] == [(str(path), line)]
    assert said in problems_of(folder)[0].message


def test_all_faults_of_all_tables_are_told_at_once(folder):
    edit(folder / "regions.csv", "54.7431", "95")
    edit(folder / "regions.csv", ",68,", ",-68,")
    edit(folder / "enterprises.csv", ",32,63,", ",x,63,")
    edit(folder / "technologies.csv", ",digital", ",digtal")
    assert len(problems_of(folder)) == 4
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    assert f'{folder / "regions.csv"}: 2 problems\n  line 2  latitude = "95": must be' in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_name_that_is_no_dataset_is_told_with_those_that_are():
    with pytest.raises(DataError, match='did you mean "russia-2023"'):
        load_dataset("russia-2032")


def test_an_institution_whose_name_two_regions_share_is_called_by_region():
    dataset = load_dataset()
    references = institution_references(dataset.institutions)
    assert len(references["Oil and gas cluster"]) == 2
    (row,) = references["komi: Oil and gas cluster"]
    assert dataset.institutions[row].region_id == "komi"
    assert references["Kazan Federal University"] == references["tatarstan: Kazan Federal University"]


def test_vectors_stand_in_the_order_of_their_file():
    vectors = load_vectors()
    with (FOLDER / "vectors.csv").open(encoding="utf-8", newline="") as file:
        assert [vector.vector for vector in vectors] == [row["vector"] for row in csv.DictReader(file)]
    assert len(vectors) == 11


def test_vectors_do_what_section_3_says():
    by_name = {vector.vector: vector for vector in load_vectors()}
    infrastructure = {"cluster", "technopark", "special_economic_zone", "industrial_park"}
    research = {"university", "research_institute", "corporate_research", "research_education_centre"}
    assert [name for name, vector in by_name.items() if vector.digital_contact] == ["B2B"]
    assert set(by_name["B2SC"].remote_kinds) == (research | infrastructure) - {"research_education_centre"}
    assert set(by_name["B2ED"].remote_kinds) == {"university", "research_education_centre"}
    assert set(by_name["SC2SC"].learning_kinds) == research | infrastructure
    assert set(by_name["SC2ED"].learning_kinds) == {"university", "research_education_centre"}
    assert (
        by_name["B2ED"].absorptive_bonus,
        by_name["B2F"].hazard_bonus,
        by_name["SC2F"].capacity_bonus,
    ) == ((0.1, 0.1, 0.1))
    assert {name for name, vector in by_name.items() if vector.needs_kind == "finance"} == {"B2F", "SC2F"}
    assert [name for name, vector in by_name.items() if vector.best_government] == ["B2G"]
    assert {name for name, vector in by_name.items() if vector.spontaneous_bonus} == {"B2C", "B2N", "ED2C"}
    assert research | infrastructure < set(INSTITUTION_KINDS)
