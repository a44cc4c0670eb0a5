"""Regions stand in the order of the dataset, else along the longer axis of the country, macroregions together."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_countries import islands, long_country

from simulation.data.reader import load_dataset
from simulation.errors import DataError
from simulation.figures.drawing.region_order import GIVEN, order_of_entries, region_order
from simulation.results.manifest import new_manifest
from simulation.scenario.loading import load_scenario


def ordered(file: Path) -> tuple[list[str], str]:
    """The names of the regions in the order that figures have."""
    regions = new_manifest([load_scenario(file)], 1, seed=1, command="")["scenarios"][0]["regions"]
    order, words = order_of_entries(regions)
    return [regions[place]["name"] for place in order], words


def test_a_long_country_stands_north_to_south(tmp_path: Path) -> None:
    names, words = ordered(long_country(tmp_path)[0])
    assert words == "north to south"
    assert [int(name.split()[-1]) for name in names] == list(range(1, 41))


def test_a_country_around_the_antimeridian_is_not_broken_there() -> None:
    longitude, latitude = np.array([179.0, -179.0, 177.0, -177.0]), np.array([1.0, 0.0, 1.0, 0.0])
    order, words = region_order(list("abcd"), ["X"] * 4, longitude=longitude, latitude=latitude)
    assert order == [2, 0, 1, 3] and words == "west to east"


@given(
    st.lists(
        st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from("ABC")), min_size=1, max_size=30
    )
)
def test_macroregions_stay_together_and_regions_are_sorted_within_them(
    drawn: list[tuple[float, float, str]],
) -> None:
    longitude, latitude = (np.array([row[axis] for row in drawn]) for axis in (0, 1))
    macroregions = [name for _, _, name in drawn]
    ids = [f"r{n}" for n in range(len(drawn))]
    order, words = region_order(ids, macroregions, longitude=longitude, latitude=latitude)
    assert sorted(order) == list(range(len(drawn)))
    runs = [name for name, _ in groupby(macroregions[place] for place in order)]
    assert len(runs) == len(set(runs))
    if words == "north to south":
        for name in runs:
            own = [latitude[place] for place in order if macroregions[place] == name]
            assert own == sorted(own, reverse=True)


def with_column(folder: Path, *, values: list[str]) -> Path:
    file = islands(folder)[0]
    table = folder / "islands" / "regions.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{value}" for line, value in zip(lines, ["order", *values], strict=True)]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_a_column_says_the_order_and_changes_no_result(tmp_path: Path) -> None:
    plain = load_scenario(islands(tmp_path / "plain")[0])
    file = with_column(tmp_path / "own", values=["6", "5", "4", "3", "2", "1.5"])
    names, words = ordered(file)
    assert words == GIVEN
    assert names[0] == "Plain Island" and names[-1] == "Gold $ and $_{ Coast"
    assert load_scenario(file).dataset.digest == plain.dataset.digest


def test_the_order_is_given_for_every_region_or_for_none(tmp_path: Path) -> None:
    with_column(tmp_path, values=["1", "", "2", "3", "4", "5"])
    with pytest.raises(DataError, match=r"line 3  order = \"\": must be given for every region or for none"):
        load_dataset(tmp_path / "islands")


def test_a_short_name_of_a_dataset_is_that_of_figures(tmp_path: Path) -> None:
    regions = new_manifest([load_scenario(islands(tmp_path)[0])], 1, seed=1, command="")["scenarios"][0][
        "regions"
    ]
    assert {region["id"]: region.get("short_name") for region in regions} == {
        "gold": "Gold $x$",
        "north": "Северный",
        "pearl": "珍珠群岛",
        "tilde": None,
        "html": None,
        "plain": None,
    }
