"""Rows of one replication: whatever changes from month to month comes back as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.channels import Channel
from simulation.record import Record
from simulation.replication import Run
from simulation.results.tables import Axes, Counts, Tables, counts_of, tables_of
from simulation.world import Array

MONTHS = 8
RELEASE = np.array([0, 3])
SHAPE = (MONTHS + 1, 2, 2, 2)
"""Months, regions, industries and technologies."""


def record_of(eligible: Array, adopters: Array, may_join: Array) -> Record:
    """A record with these counts; ``may_join`` is (E, 1, R), and all of them are members."""
    months = MONTHS + 1
    return Record(
        scenario="renewed",
        seed=1,
        steps_per_year=12,
        regions=("east", "west"),
        macroregions=("A", "B"),
        macroregion_of=np.array([1, 0]),
        industries=("coal", "oil_gas"),
        technologies=("drill", "sensor"),
        directions=("mining", "mining"),
        environmental=np.zeros(2, dtype=bool),
        platforms=("national",),
        release_month=RELEASE,
        eligible=eligible,
        adopters=adopters.astype(np.int32),
        may_join=may_join,
        members=np.broadcast_to(may_join, (months, 1, 2)).astype(np.int32),
        members_anywhere=np.zeros(months, dtype=np.int32),
        enterprises=eligible.max(axis=3).sum(axis=(1, 2)),
        mastered=np.zeros((months, 2), dtype=np.int32),
        attribution=np.zeros((2, 2, len(Channel))),
        ledger=pd.DataFrame(),
        planned_pv=0.0,
        spent_pv=0.0,
        technologies_left_out=0,
    )


def random_record(seed: int) -> Record:
    """Enterprises change in some months, any cell may be empty for a while, and adopters fall where they leave."""
    rng = np.random.default_rng(seed)
    renewed = rng.random(MONTHS + 1) < 0.4
    renewed[0] = True
    drawn = rng.integers(0, 4, size=(*SHAPE[:3], 1)) * rng.integers(0, 2, size=(1, 2, 2, 2))
    eligible = drawn[np.maximum.accumulate(np.where(renewed, np.arange(MONTHS + 1), 0))]
    eligible[:, 0, 0, 0] += 1  # somebody is there in every month
    adopters = np.floor(eligible * rng.random(SHAPE)) * (np.arange(MONTHS + 1)[:, None, None, None] > RELEASE)
    return record_of(eligible, adopters, eligible.max(axis=3).sum(axis=2)[:, None, :])


def tables(record: Record) -> Tables:
    return tables_of(record, {}, reasons={}, replication=0)


def read(record: Record) -> Counts:
    axes = Axes(
        months=MONTHS,
        steps_per_year=12,
        regions=record.regions,
        macroregion_of=("B", "A"),
        industries=record.industries,
        direction_of=dict(zip(record.technologies, record.directions, strict=True)),
    )
    return counts_of(tables(record)["curves"], axes)


@settings(deadline=None)  # the first example may have to compile
@given(seed=st.integers(0, 2**32 - 1))
def test_adopters_that_fall_and_eligible_that_change_are_given_back(seed: int):
    record = random_record(seed)
    counts = read(record)
    kept = [record.technologies.index(name) for name in counts.technologies]
    there = record.eligible[..., kept].copy()
    for place, release in enumerate(RELEASE[kept]):
        there[:release, ..., place] = there[release, ..., place]  # unknown before the release
    assert np.array_equal(np.broadcast_to(counts.eligible, there.shape), there)
    assert np.array_equal(counts.adopters, record.adopters[..., kept])
    assert counts.eligible.dtype == np.int64 and counts.adopters.dtype == np.int32
    assert len(counts.eligible) == (1 if (there == there[0]).all() else MONTHS + 1)
    assert not record.adopters[..., [k for k in range(2) if k not in kept]].any()


def test_some_cell_of_the_random_records_empties_and_fills_again():
    """Else the property above would say little."""
    there = [random_record(seed).eligible > 0 for seed in range(20)]
    assert any(
        (np.diff(t.astype(int), axis=0) < 0).any() and (np.diff(t.astype(int), axis=0) > 0).any()
        for t in there
    )


def test_a_row_stands_where_adopters_or_eligible_changed_since_the_release():
    """Drill, released at the start, changes in months 2 and 5; sensor, in month 3, does not see the first change."""
    eligible = np.full(SHAPE, 10)
    eligible[2:, 0, 0] = 7
    eligible[5:, 0, 0] = 12
    adopters = np.zeros(SHAPE)
    adopters[4:, 0, 0, 0] = 3
    record = record_of(eligible, adopters, np.full((MONTHS + 1, 1, 2), 20))
    curves = tables(record)["curves"].to_pandas()
    changing = curves[(curves["region"] == "east") & (curves["industry"] == "coal")]
    columns = ["month", "adopters", "eligible"]
    drill, sensor = (changing.loc[changing["technology"] == name, columns] for name in record.technologies)
    assert drill.to_numpy().tolist() == [[0, 0, 10], [2, 0, 7], [4, 3, 7], [5, 3, 12]]
    assert sensor.to_numpy().tolist() == [[3, 0, 7], [5, 0, 12]]
    assert len(curves) == 6 + 6


def test_members_stand_beside_those_who_may_join_in_the_month():
    eligible = np.full(SHAPE, 10)
    may_join = np.full((MONTHS + 1, 1, 2), 20)
    may_join[4:, 0, 1] = 0
    rows = tables(record_of(eligible, np.zeros(SHAPE), may_join))["memberships"].to_pandas()
    west = rows[rows["region"] == "west"]
    assert west["month"].tolist() == list(range(MONTHS + 1))
    assert west["may_join"].tolist() == west["members"].tolist() == [20] * 4 + [0] * 5
    assert (rows.loc[rows["region"] == "east", "may_join"] == 20).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_enterprises_written_each_month_leave_the_same_rows(seed: int):
    record = random_record(seed)
    first = record.eligible[:1]
    once = replace(record, eligible=first, adopters=np.minimum(record.adopters, first))
    monthly = replace(once, eligible=np.repeat(once.eligible, MONTHS + 1, axis=0))
    assert tables(monthly)["curves"].equals(tables(once)["curves"])
    assert read(monthly).eligible.shape[0] == 1


def test_the_curves_of_a_run_have_those_who_are_there_in_each_month():
    record = random_record(5)
    curves = Run(record).curves.set_index(["region", "industry", "technology"]).sort_index()
    for (r, region), (s, industry), (k, technology) in (
        [(r, record.regions[r]), (s, record.industries[s]), (k, record.technologies[k])]
        for r, s, k in np.argwhere(record.eligible.any(axis=0))
    ):
        cell = curves.loc[(region, industry, technology)].sort_values("month")
        assert cell["eligible"].tolist() == record.eligible[:, r, s, k].tolist()
        assert cell["adopters"].tolist() == record.adopters[:, r, s, k].tolist()
