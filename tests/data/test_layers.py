"""A dataset that extends others adds rows, replaces cells and adds industries; what is wrong in any layer is told."""

import numpy as np
import pytest
import small_worlds

from simulation.data.complete import load_whole_dataset
from simulation.data.dictionary import DEFAULT_COUNTRY, SETTINGS
from simulation.data.outlines import OUTLINES, load_outlines
from simulation.data.reader import dataset_folder, load_dataset, shipped_datasets
from simulation.errors import DataError


@pytest.fixture
def base(tmp_path):
    return small_worlds.dataset(
        tmp_path / "base",
        {"east": {"coal": 3, "oil_gas": 1}, "west": {"coal": 2}},
        institutions=[("east", "School", "university")],
        technologies=2,
    )


@pytest.fixture
def layer(base):
    """Write a folder that extends ``base`` by these files."""

    def write(name="own", extends='"../base"', **files):
        folder = base.parent / name
        folder.mkdir()
        (folder / SETTINGS).write_text(f"extends = {extends}\n", encoding="utf-8")
        for file, text in files.items():
            (folder / f"{file}.csv").write_text(text, encoding="utf-8")
        return folder

    return write


def problems_of(folder):
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    return caught.value.problems


def counts(dataset):
    rows = dict(zip(dataset.region_ids, dataset.counts.tolist(), strict=True))
    return {region: dict(zip(dataset.industries, row, strict=True)) for region, row in rows.items()}


NORTH = (
    "region_id,region,macroregion,seat,latitude,longitude,area_1000km2,digital_readiness\n"
    "north,North,Cold,Pole,80,10,5,0.3\n"
)


def test_a_layer_without_tables_is_what_it_extends(base, layer):
    assert load_dataset(layer()).digest == load_dataset(base).digest


def test_a_layer_adds_rows_and_industries_and_what_it_leaves_out_is_none(layer):
    dataset = load_dataset(
        layer(
            regions=NORTH,
            enterprises="region_id,total,coal,smelting\nnorth,5,1,4\n",
            relevance="direction,smelting\nall,0.5\n",
        )
    )
    assert counts(dataset) == {
        "east": {"coal": 3, "oil_gas": 1, "smelting": 0},
        "north": {"coal": 1, "oil_gas": 0, "smelting": 4},
        "west": {"coal": 2, "oil_gas": 0, "smelting": 0},
    }
    assert dataset.relevance.tolist() == [[1, 1, 0.5]]
    assert dataset.macroregions == ("Cold", "Land")


def test_a_row_of_the_same_id_replaces_the_cells_that_the_layer_has(base, layer):
    plain = load_dataset(base)
    dataset = load_dataset(
        layer(
            regions="region_id,digital_readiness\neast,0.9\n",
            enterprises="region_id,total,coal\neast,8,7\n",
            institutions="region_id,name,kind\neast,School,technopark\neast,Works,corporate_research\n",
            technologies="technology,environmental\ntechnology 001,1\n",
        )
    )
    east = dataset.regions[0]
    assert (east.digital_readiness, east.latitude) == (0.9, plain.regions[0].latitude)
    assert counts(dataset)["east"] == {"coal": 7, "oil_gas": 1}
    assert [(row.name, row.kind) for row in dataset.institutions] == [
        ("School", "technopark"),
        ("Works", "corporate_research"),
    ]
    assert [row.environmental for row in dataset.technologies] == [False, True]


def test_the_last_layer_counts_and_each_is_read_once(base, layer):
    layer("one", regions="region_id,digital_readiness\neast,0.1\nwest,0.2\n")
    layer("two", regions="region_id,digital_readiness\neast,0.3\n")
    both = load_dataset(layer("both", extends='["../one", "../two"]'))
    # The base comes in by both; if it were read again with the second, west would be 0.5 again.
    assert [region.digital_readiness for region in both.regions] == [0.3, 0.2]


def test_assumptions_are_those_of_all_layers(base, layer):
    (base / SETTINGS).write_text('assumptions = "The map is made up."\n', encoding="utf-8")
    own = layer()
    (own / SETTINGS).write_text('extends = "../base"\nassumptions = ["So is the coal."]\n', encoding="utf-8")
    assert load_dataset(own).assumptions == ("The map is made up.", "So is the coal.")


def test_a_change_of_a_lower_layer_is_seen(base, layer):
    own = layer()
    before = load_dataset(own).digest
    path = base / "regions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",100,0.5", ",100,0.25"), encoding="utf-8")
    assert load_dataset(own).digest != before


@pytest.mark.parametrize(
    ("files", "file", "line", "column", "said"),
    [
        ({"enterprises": "region_id,total,coal\neastt,1,1\n"}, "enterprises", 2, "region_id", 'mean "east"'),
        ({"enterprises": "region_id,total,coal\neast,5,5\n"}, "enterprises", 2, "total", "industries, 6"),
        (
            {"enterprises": "region_id,total,smelting\neast,5,1\n"},
            "enterprises",
            1,
            "smelting",
            "missing column",
        ),
        ({"regions": NORTH}, "enterprises", None, "region_id", 'no row for the region "north"'),
        ({"regions": "region_id,region\nnorth,North\n"}, "regions", 2, "seat", "must not be empty"),
        ({"regions": "seat\nPole\n"}, "regions", 1, "region_id", "missing column"),
        (
            {"institutions": "region_id,name,kind\neast,A,university\neast,A,technopark\n"},
            "institutions",
            3,
            "name",
            "occurs already in line 2",
        ),
        ({"relevance": "direction,cole\nall,1\n"}, "relevance", 1, "cole", 'did you mean "coal"?'),
        ({"technologys": "technology\nx\n"}, "technologys", None, "", 'did you mean "technologies.csv"?'),
        (
            {"technologies": "technology,environmental\ntechnology 001,yes\n"},
            *("technologies", 2, "environmental", "a flag"),
        ),
        ({"ties": "region_id,partner_region_id,weight\neast,east,1\n"}, "ties", 2, "partner_region_id", "another"),
        ({"ties": "region_id,partner_region_id,weight\neast,west,-1\n"}, "ties", 2, "weight", "from 0 to"),
        ({"facts": "fact,value,unit,meaning,source\nf,many,share,m,s\n"}, "facts", 2, "value", "a number"),
        (
            {"platforms": "name,title,vectors\nnet,Net,B2X\n"},
            "platforms",
            2,
            "vectors",
            '"B2X" is not a known interaction vector',
        ),
        ({"platforms": "name,title,vectors\nnet,Net,\n"}, "platforms", 2, "vectors", "at least one"),
    ],
)  # fmt: skip
def test_a_fault_of_a_layer_is_told_in_its_own_file(layer, files, file, line, column, said):
    own = layer(**files)
    if file == "enterprises" and column == "smelting":
        file = "relevance"  # an industry that a layer adds has a relevance of some direction
    found = [p for p in problems_of(own) if said in p.message and (p.line, p.key) == (line, column)]
    folder = own if (own / f"{file}.csv").exists() else own.parent / "base"
    assert [p.file for p in found] == [str(folder / f"{file}.csv")], problems_of(own)


def test_faults_of_all_layers_are_told_at_once(base, layer):
    path = base / "regions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Seat,0.0,0.0", "Seat,95,0.0"), encoding="utf-8")
    own = layer(
        enterprises="region_id,total,coal\nwest,2,x\n", facts="fact,value,unit,meaning,source\nf,x,u,m,s\n"
    )
    assert {(p.file, p.line) for p in problems_of(own)} == {
        (str(path), 2),
        (str(own / "enterprises.csv"), 2),
        (str(own / "facts.csv"), 2),
    }


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("extends = 7", "extends", "must be a text in quotes, or a list of texts"),
        ('extends = ["../base", ""]', "extends", "must be a text in quotes, or a list of texts"),
        ('extend = "../base"', "extend", 'unknown key; did you mean "extends"?'),
        ('extends = "russia-2032"', "extends", 'not a dataset or folder; did you mean "russia-2023"?'),
        (f'extends = "{"a" * 300}"', "extends", "not a dataset or folder"),
        ('extends = "../own"', "extends", "a dataset cannot extend itself: own -> own"),
        ("extends", "", "not TOML: "),
    ],
)
def test_settings_that_cannot_be_used_are_told(layer, text, key, said):
    own = layer()
    (own / SETTINGS).write_text(text, encoding="utf-8")
    (problem,) = problems_of(own)
    assert (problem.file, problem.key) == (str(own / SETTINGS), key)
    assert said in problem.message


def test_a_file_that_is_no_table_may_stand_in_a_layer(layer):
    assert load_dataset(layer(prices="year,price\n0,1\n")).counts.sum() == 6


def test_datasets_that_extend_each_other_in_a_circle_are_refused(base, layer):
    layer()
    (base / SETTINGS).write_text('extends = "../own"\n', encoding="utf-8")
    (problem,) = problems_of(base)
    assert "base -> own -> base" in problem.message


def test_optional_tables_are_read(layer):
    dataset = load_dataset(
        layer(
            ties="region_id,partner_region_id,weight\neast,west,2\n",
            facts="fact,value,unit,meaning,source\nf,0.56,share,of coal,a paper\n",
            platforms="name,title,vectors,industries\nnet,The net,B2B|SC2SC,coal\n",
        )
    )
    assert dataset.ties is not None
    np.testing.assert_array_equal(dataset.ties, [[0, 2], [0, 0]])
    assert (dataset.facts[0].value, dataset.facts[0].source) == (0.56, "a paper")
    (platform,) = dataset.platforms
    assert platform.keys == {"vectors": ["B2B", "SC2SC"], "industries": ["coal"]}


def test_without_optional_tables_and_columns_there_is_nothing_special(base):
    dataset = load_dataset(base)
    assert (dataset.ties, dataset.facts, dataset.platforms, dataset.assumptions) == (None, (), (), ())
    assert not any(row.environmental for row in dataset.technologies)
    assert {(row.country, row.short_name) for row in dataset.regions} == {
        (DEFAULT_COUNTRY, "East"),
        (DEFAULT_COUNTRY, "West"),
    }


def test_outlines_are_those_of_all_layers_and_the_last_counts(base, layer):
    own = layer()
    ring = "[[0, 0], [1, 0], [1, {}], [0, 0]]"
    for folder, regions in ((base, ("east", None)), (own, ("east", "west"))):
        shape = (
            '{{"properties": {{"region_id": {}}}, "geometry": {{"type": "Polygon", "coordinates": [{}]}}}}'
        )
        text = ", ".join(
            shape.format("null" if region is None else f'"{region}"', ring.format(len(folder.name)))
            for region in regions
        )
        (folder / OUTLINES).write_text(f'{{"features": [{text}]}}', encoding="utf-8")
    outlines = load_outlines(own)
    assert outlines is not None
    assert set(outlines.regions) == {"east", "west"}
    assert outlines.regions["east"][0][2, 1] == len("own")
    assert len(outlines.surroundings) == 1


def test_every_shipped_dataset_can_be_read():
    for name in shipped_datasets():
        dataset = load_dataset(name)
        assert dataset.counts.sum() > 0
        assert (dataset_folder(name) / "README.md").exists()


@pytest.mark.parametrize("file", ["ties.csv", "facts.csv", "regions.csv", SETTINGS, OUTLINES])
@pytest.mark.parametrize("changed", [str.title, str.upper, lambda name: f"{name}.txt"])
def test_a_file_that_the_system_renamed_is_named_and_not_passed_over(layer, file, changed):
    """Editors of Windows add .txt, and what differs in capitals alone is one name there, and two elsewhere."""
    own = layer()
    (own / file).unlink(missing_ok=True)
    (own / changed(file)).write_text("", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_whole_dataset(own)
    (problem,) = caught.value.problems
    assert problem.file == str(own / changed(file)) and f'did you mean "{file}"?' in problem.message


@pytest.mark.parametrize("name", ["._regions.csv", "~$regions.csv", ".~lock.regions.csv#", "._dataset.toml"])
def test_what_spreadsheets_and_systems_leave_beside_a_table_changes_nothing(layer, name):
    own = layer(regions="region_id,digital_readiness\nwest,0.25\n")
    before = load_whole_dataset(own).digest
    (own / name).write_bytes(b"\0\5\x16\7\0")
    assert load_whole_dataset(own).digest == before
