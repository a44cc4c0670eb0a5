"""The two vectors of the hypercluster carry the paper's names, in the numbers of its list."""

import pytest

from simulation.data.layers import FOLDER
from simulation.data.reader import load_dataset
from simulation.data.tables import read_table
from simulation.scenario.loading import load_scenario

RUSSIA = {row.technology for row in load_dataset("russia-2023").technologies}


def added(name):
    dataset = load_dataset(name)
    return [row for row in dataset.technologies if row.technology not in RUSSIA], dataset.platforms


@pytest.mark.parametrize(
    ("name", "clusters", "platforms"), [("sustainable-mining", 6, 4), ("digital-green", 7, 6)]
)
def test_a_vector_has_the_clusters_platforms_and_the_ecosystem_of_the_list(name, clusters, platforms):
    technologies, rows = added(name)
    ecosystems = [row for row in rows if "ecosystem" in row.title]
    assert (len(technologies), len(rows) - len(ecosystems), len(ecosystems)) == (clusters, platforms, 1)
    assert len({row.direction for row in technologies}) == 1
    assert all("platform" in row.title for row in rows if row not in ecosystems)
    # All meet on the ecosystem, and there alone with science.
    (ecosystem,) = ecosystems
    assert (set(ecosystem.vectors), ecosystem.industries) == ({"B2B", "B2SC", "SC2SC"}, ())
    assert all(row.vectors == ("B2B",) and row.industries for row in rows if row not in ecosystems)


def test_both_vectors_together_are_one_world():
    both = load_dataset("two-vectors")
    ones = [load_dataset(name) for name in ("sustainable-mining", "digital-green")]
    assert set(both.technologies) == {row for one in ones for row in one.technologies}
    assert set(both.platforms) == {row for one in ones for row in one.platforms}
    assert both.assumptions == tuple(dict.fromkeys(text for one in ones for text in one.assumptions))
    assert both.counts.tolist() == load_dataset("russia-2023").counts.tolist()


@pytest.mark.parametrize("name", ["sustainable-mining", "digital-green"])
def test_what_is_made_up_says_so(name):
    for file, says in (("relevance", "assumption"), ("platforms", "vectors and industries: assumption")):
        table = read_table(FOLDER / name / f"{file}.csv", columns=("source",), problems=[])
        assert table.rows
        assert all(says in row["source"] for row in table)


def test_scenarios_take_up_the_platforms_of_their_vector_as_the_table_has_them():
    rows = {row.name: row for row in load_dataset("two-vectors").platforms}
    names = {}
    for scenario in ("vector_sustainable_mining", "vector_digital_green", "vectors_together"):
        platforms = load_scenario(scenario).platforms
        names[scenario] = {platform.name for platform in platforms}
        for platform in platforms:
            row = rows[platform.name]
            assert (platform.vectors, platform.industries) == (row.vectors, row.industries or "all")
    one, other = names["vector_sustainable_mining"], names["vector_digital_green"]
    assert (len(one), len(other)) == (5, 7)
    assert names["vectors_together"] == one | other == set(rows)


def test_competing_differs_from_together_by_rivalry_alone():
    together, competing = load_scenario("vectors_together"), load_scenario("vectors_competing")
    words = ("name", "title", "description", "summary", "group")
    named = {word: getattr(competing, word) for word in words}
    changed = {**named, "membership": competing.membership}
    assert together.model_copy(update=changed) == competing
    assert (together.membership.rivalry, competing.membership.rivalry) == (0.0, 1.0)


def test_a_scenario_may_say_more_than_the_table_of_its_platform(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        '[world]\ndataset = "two-vectors"\n'
        '[[platforms]]\nname = "plastic_waste"\nindustries = ["coal"]\nfrom_year = 2.0\n',
        encoding="utf-8",
    )
    (platform,) = load_scenario(path).platforms
    assert (platform.vectors, platform.industries, platform.from_year) == (("B2B",), ("coal",), 2.0)
