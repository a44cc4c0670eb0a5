"""Given partners of single enterprises: read, layered, digested, refused where they cannot be meant."""

import numpy as np
import pytest
import small_worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.data.columns import MOST_FAULTS, read_columns
from simulation.data.reader import load_dataset
from simulation.data.tables import read_table
from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.errors import DataError, ScenarioError
from simulation.scenario.loading import load_scenario

HEADER = "region_id,industry,number,partner_region_id,partner_industry,partner_number\n"
COUNTS = {"east": {"coal": 3, "oil_gas": 1}, "west": {"coal": 2, "oil_gas": 0}}
ORDER = [("east", "coal", 0), ("east", "coal", 1), ("east", "coal", 2), ("east", "oil_gas", 0),
         ("west", "coal", 0), ("west", "coal", 1)]  # fmt: skip
"""The enterprises as a world holds them."""


def written(folder, ties, counts=COUNTS):
    small_worlds.dataset(folder, counts, institutions=[("east", "School", "university")])
    (folder / "enterprise_ties.csv").write_bytes(ties if isinstance(ties, bytes) else ties.encode())
    return folder


def row(one, other):
    return ",".join(map(str, (*one, *other))) + "\n"


def edges(network):
    indptr, indices = network
    origin = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    return set(zip(origin.tolist(), indices.tolist(), strict=True))


def problems_of(folder):
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    return caught.value.problems


some_ties = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda t: t[0] < t[1]), min_size=1)


@settings(max_examples=30, deadline=None)
@given(ties=some_ties, data=st.data())
def test_a_world_has_the_given_partners_whatever_their_order_and_direction(tmp_path_factory, ties, data):
    rows = [row(ORDER[i], ORDER[j]) for i, j in ties]
    mixed = [
        row(ORDER[j], ORDER[i]) if data.draw(st.booleans()) else row(ORDER[i], ORDER[j])
        for i, j in data.draw(st.permutations(sorted(ties)))
    ]
    one = written(tmp_path_factory.mktemp("one"), HEADER + "".join(rows))
    other = written(tmp_path_factory.mktemp("other"), HEADER + "".join(mixed))
    assert load_dataset(one).digest == load_dataset(other).digest
    scenario = small_worlds.plain_scenario(one / "s.toml", one)
    enterprises = build_world(load_scenario(scenario), 1).enterprises
    assert edges((enterprises.indptr, enterprises.indices)) == ties | {(j, i) for i, j in ties}


def test_partners_are_drawn_and_the_digest_stays_where_no_tie_is_given(tmp_path):
    digests, networks = set(), []
    for name, ties in (("without", None), ("empty", HEADER), ("blank", HEADER + ",,,,,\r\n\r\n")):
        folder = written(tmp_path / name, ties or "")
        if ties is None:
            (folder / "enterprise_ties.csv").unlink()
        dataset = load_dataset(folder)
        assert dataset.partners is None
        digests.add(dataset.digest)
        world = build_world(load_scenario(small_worlds.plain_scenario(folder / "s.toml", folder)), 1)
        networks.append(edges((world.enterprises.indptr, world.enterprises.indices)))
    assert len(digests) == 1
    assert networks[0] and all(network == networks[0] for network in networks)


def test_another_tie_is_another_digest(tmp_path):
    one = written(tmp_path / "one", HEADER + row(ORDER[0], ORDER[1]))
    other = written(tmp_path / "other", HEADER + row(ORDER[0], ORDER[2]))
    assert load_dataset(one).digest != load_dataset(other).digest


def test_a_layer_adds_ties_and_may_repeat_those_below(tmp_path):
    written(tmp_path / "base", HEADER + row(ORDER[0], ORDER[1]))
    own = tmp_path / "own"
    own.mkdir()
    (own / "dataset.toml").write_text('extends = "../base"\n')
    (own / "enterprise_ties.csv").write_text(HEADER + row(ORDER[1], ORDER[0]) + row(ORDER[5], ORDER[2]))
    assert edges(load_dataset(own).partners) == {(0, 1), (1, 0), (2, 5), (5, 2)}


GOOD = row(ORDER[0], ORDER[1])


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("\n" + GOOD + "easst,coal,0,west,coal,0\n", 4, "region_id", 'did you mean "east"?'),
        (GOOD + "east,cole,0,west,coal,0\n", 3, "industry", 'did you mean "coal"?'),
        (GOOD + "east,coal,3,west,coal,0\n", 3, "number", "must be 0 to 2: east has 3 enterprises of coal"),
        (GOOD + "east,coal,0,west,oil_gas,0\n", 3, "partner_number", "no enterprise has it: west has 0"),
        (GOOD + "east,coal,-1,west,coal,0\n", 3, "number", "must be a whole number"),
        (GOOD + "east,coal,0x1,west,coal,0\n", 3, "number", "must be a whole number"),
        (GOOD + "east,coal,,west,coal,0\n", 3, "number", "must be a whole number"),
        (GOOD + "east,coal,2,east,coal,2.0\n", 3, "partner_number", "must be another enterprise"),
        (GOOD + row(ORDER[1], ORDER[0]), 3, "partner_number", "partners already"),
        ("\r\n\r\n" + GOOD + "east,coal,0\r\n", 5, "", "3 cells; expected 6"),
        (GOOD + "east,coal,0\n\neast,coal,7,west,coal,0\n", 5, "number", "must be 0 to 2"),
        (GOOD + 'east,"coal,0,west,coal,0\n', 3, "", "a quote is left open"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path, text, line, column, said):
    folder = written(tmp_path / "d", HEADER + text)
    found = [p for p in problems_of(folder) if said in p.message]
    assert [(p.file, p.line, p.key) for p in found] == [(str(folder / "enterprise_ties.csv"), line, column)]


@pytest.mark.parametrize(
    "text",
    [
        HEADER.replace(",", ";"),
        HEADER.replace("partner_number", "partner_nummer"),
        HEADER.replace("industry", "number", 1),
        HEADER.rstrip() + ',"source\n',
        "",
        "\n\n",
        b"\xff\xfe" + HEADER.encode(),
        HEADER.encode() + b"east,c\xf6al,0,west,coal,0\n",
    ],
)
def test_faults_of_file_and_header_are_those_of_every_table(tmp_path, text):
    path = written(tmp_path, text) / "enterprise_ties.csv"
    columns = HEADER.strip().split(",")
    large, small = [], []
    read_columns(path, columns=columns, problems=large)
    read_table(path, columns=columns, problems=small, may_be_empty=True)
    assert large == small != []


def test_what_spreadsheets_write_is_read(tmp_path):
    text = (
        "sep=,\r\n"
        + "source,"
        + HEADER.replace("\n", ",,\r\n")
        + '"a, b", east ,"coal",1.0,west,coal,"0",,\r\n'
    )
    folder = written(tmp_path / "d", b"\xef\xbb\xbf" + text.encode())
    assert edges(load_dataset(folder).partners) == {(1, 4), (4, 1)}


def test_many_faults_are_told_in_a_bounded_message(tmp_path):
    folder = written(tmp_path / "d", HEADER + "east,coal,9,west,coal,0\n" * 5000)
    found = problems_of(folder)
    assert len(found) == MOST_FAULTS + 1
    assert f"{5000 - MOST_FAULTS:,} more rows" in found[-1].message


@pytest.mark.parametrize(
    "key", ["world.scale=2.0", "mobility.rate=0.1", "turnover.entry=0.1", "turnover.exit=0.1"]
)
def test_what_given_partners_exclude_is_refused_with_one_message(tmp_path, key):
    folder = written(tmp_path / "d", HEADER + GOOD)
    scenario = small_worlds.plain_scenario(folder / "s.toml", folder)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(scenario, overrides=[key])
    (problem,) = caught.value.problems
    assert problem.key == key.split("=")[0]
    assert "enterprise_ties.csv" in problem.message


def test_adoption_spreads_along_given_ties_only(tmp_path):
    """A chain with one initial adopter: each of the others adopts after a neighbour."""
    n = 12
    chain = "".join(row(("east", "coal", i), ("east", "coal", i + 1)) for i in range(n - 1))
    folder = written(tmp_path / "d", HEADER + chain, {"east": {"coal": n}})
    more = '[[seeds]]\ntechnology = "technology 000"\nregion = "east"\nnumber = 1\n'
    path = small_worlds.plain_scenario(
        folder / "s.toml", folder, diffusion="spontaneous = 0.0\nspatial = 0.0", time="years = 200", more=more
    )
    engine = Engine(load_scenario(path, overrides=["diffusion.network=5.0"]), 1)
    while not engine.finished:
        engine.step()
    months = engine.state.adopted_month.tolist()
    assert min(months) == 0
    assert all(month == 0 or month > min(months[max(i - 1, 0) : i + 2]) for i, month in enumerate(months))


def test_each_distinct_text_of_a_large_table_is_checked_once(tmp_path):
    n, rows = 50, 20_000
    path = tmp_path / "t.csv"
    path.write_text("number,other\n" + "".join(f"{i % n},{i}\n" for i in range(rows)))
    read = read_columns(path, columns=["number"], problems=[])
    asked = []
    values = read.values("number", lambda row, column: asked.append(row[column]) or row.count(column))
    assert len(asked) == n
    np.testing.assert_array_equal(values, np.arange(rows) % n)
