"""A replay shows what the results folder holds, which is what the live side showed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from page import Block, blocks_of
from served import SMALL

from simulation.batch.running import run_batch
from simulation.data.reader import load_dataset
from simulation.errors import HyperclusterError, ResultsError
from simulation.scenario.loading import parse_scenario
from simulation.server.protocol.frames import frame
from simulation.server.sides.live_side import LiveSide
from simulation.server.sides.replay import ReplaySide
from simulation.server.sides.side import Side


def block_of(side: Side, first: int, months: int) -> Block:
    data = side.frames(0, first, months, until=math.inf)
    assert data is not None
    return blocks_of(frame(0, [data]))[1]["a"]


@pytest.fixture(scope="module")
def replayed(small_results: Path) -> ReplaySide:
    return ReplaySide(small_results / "study", "small", 6)


@pytest.fixture(scope="module")
def alive() -> LiveSide:
    return LiveSide(parse_scenario(SMALL), 6)


def test_frames_are_those_of_the_live_side_but_for_what_is_not_stored(
    replayed: ReplaySide, alive: LiveSide
) -> None:
    there, here = (block_of(side, 3, 40) for side in (alive, replayed))
    for name in ("adopters", "members", "members_anywhere"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
    for name in ("phi", "w1_years", "t50_years"):
        assert getattr(here, name) == pytest.approx(getattr(there, name), rel=1e-12, nan_ok=True)
    assert np.isfinite(here.phi[-1])
    assert np.isnan(here.attribution).all()
    assert block_of(replayed, 55, 1).months == 0


def test_the_world_is_that_of_the_live_side(replayed: ReplaySide, alive: LiveSide) -> None:
    here, there = replayed.world(), alive.world()
    assert here.keys() == there.keys()
    assert (here["live"], there["live"]) == (False, True)
    for key in (
        "name",
        "digest",
        "seed",
        "months",
        "technologies",
        "platforms",
        "eligible",
        "may_join",
        "order",
        "map",
    ):
        assert here[key] == there[key], key
    for one, other in zip(here["regions"], there["regions"], strict=True):
        assert one == other | {"readiness": None}
    assert here["planned_pv"] == pytest.approx(there["planned_pv"])
    assert replayed.map() == alive.map()


def test_money_is_that_of_the_ledger_at_the_end_of_each_year_and_at_the_horizon(
    replayed: ReplaySide, alive: LiveSide
) -> None:
    policies = list(zip(replayed.world()["policies"], alive.world()["policies"], strict=True))
    for here, there in policies:
        assert (here["from_month"], here["to_month"]) == (there["from_month"], there["to_month"])
        for column in ("planned", "spent"):
            assert here[column][::12] == pytest.approx(there[column][::12])
            assert here[column][-1] == pytest.approx(there[column][-1])
            assert len(here[column]) == 55
    assert [(here["from_month"], here["to_month"]) for here, _ in policies] == [(12, 30), (0, 54)]
    assert [here["planned"][-1] for here, _ in policies] == pytest.approx([750, 90])
    assert policies[1][0]["planned"] == pytest.approx(policies[1][1]["planned"]), (
        "evenly over the half year too"
    )


def test_series_are_those_of_the_live_side(replayed: ReplaySide, alive: LiveSide) -> None:
    here, there = (side.series(40, [0, 3], until=math.inf) for side in (replayed, alive))
    assert here is not None and there is not None
    assert here["metrics"]["t50_years"] == there["metrics"]["t50_years"]
    assert here["pooled"] == there["pooled"] and here["regional"] == there["regional"]


def test_what_was_not_stored_is_said(replayed: ReplaySide) -> None:
    with pytest.raises(HyperclusterError, match="counts by region"):
        replayed.inspect("enterprise", 0, 0, until=math.inf)


def test_who_is_there_is_that_of_the_live_side_month_by_month(tmp_path: Path) -> None:
    text = SMALL.replace("[world]", '[world]\ndataset = "kuzbass"').replace(
        'release = "at_start"', "per_year = 12.0"
    )
    spec = parse_scenario(f"{text}[turnover]\nentry = 0.2\nexit = 0.3\n")
    run_batch([spec], 1, out=tmp_path / "study", executor="serial", seed=5)
    replayed, alive = ReplaySide(tmp_path / "study", "small", 5), LiveSide(spec, 5)
    here, there = replayed.world(), alive.world()
    for key in ("eligible", "may_join", "enterprises", "assumptions"):
        assert here[key] == there[key], key
    assert here["assumptions"] == list(load_dataset("kuzbass").assumptions) != []
    old, new = (block_of(side, 0, 55) for side in (replayed, alive))
    for name in ("adopters", "members", "eligible", "may_join", "enterprises"):
        np.testing.assert_array_equal(getattr(old, name), getattr(new, name))
    assert len(np.unique(new.enterprises.sum(axis=1))) > 3
    assert max(technology["release_month"] for technology in there["technologies"]) > 12
    for name in ("phi", "w1_years", "t50_years"):
        assert getattr(old, name) == pytest.approx(getattr(new, name), rel=1e-12, nan_ok=True)
    past, present = (side.series(40, [0, 3], until=math.inf) for side in (replayed, alive))
    assert past is not None and present is not None
    assert past["pooled"] == present["pooled"] and past["regional"] == present["regional"]


@pytest.mark.parametrize(("scenario", "seed"), [("small", 7), ("other", 5)])
def test_a_replication_that_is_not_there_is_told(small_results: Path, scenario: str, seed: int) -> None:
    with pytest.raises(ResultsError, match=f"seed {seed}"):
        ReplaySide(small_results / "study", scenario, seed)
