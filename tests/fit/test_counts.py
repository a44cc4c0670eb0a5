"""Counts of adopters: how they are read, and what is refused."""

import numpy as np
import pytest
from observed_worlds import simulated, write_adoption, write_world

from simulation.errors import HyperclusterError
from simulation.fit.counts import observe_counts
from simulation.scenario.loading import load_scenario

COUNTS = {"east": {"coal": 6, "oil_gas": 3}, "west": {"coal": 5}}


@pytest.fixture
def folder(tmp_path):
    _, engine, period = simulated(write_world(tmp_path, COUNTS, periods=4, seeds=1), 1)
    write_adoption(tmp_path, engine.world, period)
    return tmp_path


def edited(folder, change):
    path = folder / "data" / "adoption.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    return load_scenario(folder / "world.toml")


def test_counts_are_those_of_the_run(tmp_path):
    spec, engine, period = simulated(write_world(tmp_path, COUNTS, periods=4, seeds=1), 1)
    write_adoption(tmp_path, engine.world, period)
    found = observe_counts(spec)
    record = engine.record()
    for g in range(found.eligible.size):
        (c,) = np.flatnonzero(found.group == g)
        place = found.region[c], found.industry[c], found.technology[c]
        assert np.array_equal(found.stock[g], record.adopters[:, *place])
        assert found.eligible[g] == engine.world.eligible[place]
    assert found.given == (period == 0).sum() > 0
    assert found.adopted == ((period > 0) & (period <= 4)).sum()
    write_adoption(tmp_path, engine.world, period, by_industry=False)
    together = observe_counts(spec)
    assert together.eligible.tolist() == [9, 5]
    assert np.array_equal(together.stock, record.adopters.sum(axis=2)[:, :, 0].T)


def test_the_order_of_rows_and_rows_before_the_release_have_no_effect(folder):
    one = observe_counts(load_scenario(folder / "world.toml"))
    other = observe_counts(edited(folder, lambda lines: [lines[0], *lines[:0:-1]]))
    assert np.array_equal(one.stock, other.stock)


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        ("eas,coal,technology 000,1,2,6", "line 3  region_id", 'did you mean "east"'),
        ("east,cole,technology 000,1,2,6", "line 3  industry", 'did you mean "coal"'),
        ("east,coal,technology 001,1,2,6", "line 3  technology", 'did you mean "technology 000"'),
        ("west,oil_gas,technology 000,1,2,6", "line 3  technology", "no enterprise there can use it"),
        ("east,coal,technology 000,5,2,6", "line 3  period", "must be 0 to 4, the steps of the scenario"),
        ("east,coal,technology 000,0,2,6", "line 3  period", "occurs already in line 2"),
        ("east,coal,technology 000,1,2.5,6", "line 3  adopters", "must be a whole number"),
        ("east,coal,technology 000,1,7,6", "line 3  adopters", "more than the 6"),
        ("east,coal,technology 000,1,6,6", "line 4  adopters", "fewer than the 6 of period 1"),
        ("east,coal,technology 000,1,2,7", "line 3  eligible", "must be 1 to 6"),
        ("east,coal,technology 000,1,2,5", "line 3  eligible", "is 6 in another line"),
        (None, "adoption.csv: 1 problem", "no row for east, coal, technology 000, period 1;"),
    ],
)
def test_a_fault_has_its_line_and_column(folder, row, place, words):
    spec = edited(folder, lambda lines: [*lines[:2], *([row] if row else []), *lines[3:]])
    with pytest.raises(HyperclusterError) as caught:
        observe_counts(spec)
    assert place in str(caught.value) and words in str(caught.value)


def test_counts_of_a_sample_stand_for_all(folder):
    """Half of the enterprises were counted: exposures are those of the shares."""
    spec = edited(
        folder,
        lambda lines: [
            line if not line.startswith("west") else ",".join([*line.split(",")[:4], "1,2"]) for line in lines
        ],
    )
    found = observe_counts(spec)
    assert found.eligible.tolist() == [6, 2, 3] and found.stock[1].tolist() == [1] * 5
