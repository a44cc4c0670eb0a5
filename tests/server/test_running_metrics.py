"""Metrics of a run that ended in each month are those of a record cut off there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulation import metrics
from simulation.engine.simulate import simulate
from simulation.record import Record
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.server.sides.running_metrics import RunningMetrics
from simulation.world import Array

NAMES = ("phi", "w1_years", "t50_years")


@pytest.fixture(scope="module")
def record() -> Record:
    return simulate(load_scenario("hypercluster"), 3)


def kept_up(record: Record, *, at_a_time: int) -> RunningMetrics:
    """Months filled in as a running replication does: nothing of what is still to come is there."""
    adopters, eligible = np.zeros_like(record.adopters), np.zeros_like(record.eligible)
    so_far = RunningMetrics(adopters, eligible, record.release_month, dt=1 / record.steps_per_year)
    for first in range(0, record.months + 1, at_a_time):
        months = slice(0, min(first + at_a_time, record.months + 1))
        adopters[months], eligible[months] = record.adopters[months], record.eligible[months]
        so_far.note(months.stop - 1)
    return so_far


@pytest.fixture(scope="module")
def changing() -> Record:
    """Enterprises enter and leave, and regions are so small that some are empty at times."""
    text = """
    [world]
    scale = 0.03
    [diffusion]
    spontaneous = 0.4
    [technologies]
    per_year = 6.0
    [turnover]
    entry = 0.1
    exit = 0.15
    """
    return simulate(parse_scenario(text), 1)


def cut(record: Record, month: int, technologies: Array | slice = slice(None)) -> dict[str, float]:
    chosen, until_then = (
        metrics.select(record, np.arange(len(record.technologies))[technologies]),
        slice(month + 1),
    )
    return metrics.compute(
        replace(chosen, adopters=chosen.adopters[until_then], eligible=chosen.eligible[until_then])
    )


@pytest.mark.parametrize("month", [1, 7, 25, 60, 90, 130, 239, 240])
def test_each_month_has_the_metrics_of_a_run_that_ended_there(record: Record, month: int) -> None:
    so_far = kept_up(record, at_a_time=40)
    expected = cut(record, month)
    found = (so_far.phi, so_far.w1_years, so_far.t50_years)
    for name, series in zip(NAMES, found, strict=True):
        assert series[month] == pytest.approx(expected[name], rel=1e-10, nan_ok=True), name


def test_a_technology_does_not_count_before_its_first_month_is_over() -> None:
    text = """
    [world]
    scale = 0.1
    [diffusion]
    spontaneous = 0.5
    [technologies]
    per_year = 2.0
    """
    record = simulate(parse_scenario(text), 1)
    so_far = kept_up(record, at_a_time=30)
    defined = 0
    for release in record.release_month[record.release_month > 0].tolist():
        for month in (release, release + 1):
            found = (so_far.phi[month], so_far.w1_years[month], so_far.t50_years[month])
            expected = cut(record, month)
            assert found == pytest.approx([expected[n] for n in NAMES], rel=1e-10, nan_ok=True)
        defined += np.isfinite(so_far.phi[release])
    assert defined >= 3


def test_the_last_months_are_defined_and_the_first_are_not(record: Record) -> None:
    so_far = kept_up(record, at_a_time=240)
    for series in (so_far.phi, so_far.w1_years, so_far.t50_years):
        assert np.isnan(series[:12]).all()
        assert np.isfinite(series[-60:]).all()


@pytest.mark.parametrize("chosen", [[0], [4, 9, 21], slice(0, 8)])
def test_some_technologies_are_measured_like_a_record_that_holds_them_alone(
    record: Record, chosen: list[int] | slice
) -> None:
    technologies = np.zeros(len(record.technologies), dtype=bool)
    technologies[chosen] = True
    series = kept_up(record, at_a_time=100).series(200, technologies)
    for month in (50, 120, 200):
        expected = cut(record, month, np.flatnonzero(technologies))
        assert series[:, month] == pytest.approx([expected[n] for n in NAMES], rel=1e-10, nan_ok=True)


def test_it_does_not_matter_how_many_months_are_taken_at_a_time(record: Record) -> None:
    one, many = (kept_up(record, at_a_time=n) for n in (1, 97))
    for name in NAMES:
        assert getattr(one, name) == pytest.approx(getattr(many, name), rel=1e-12, nan_ok=True)


def test_a_world_of_one_region_has_no_synchrony_but_a_t50() -> None:
    text = """
    [world]
    scale = 0.1
    [diffusion]
    spontaneous = 0.3
    [technologies]
    release = "at_start"
    """
    record = simulate(parse_scenario(text), 1)
    eligible = record.eligible.copy()
    eligible[:, 1:] = 0
    adopters = record.adopters.copy()
    adopters[:, 1:] = 0
    so_far = kept_up(replace(record, eligible=eligible, adopters=adopters), at_a_time=240)
    assert np.isnan(so_far.phi).all() and np.isnan(so_far.w1_years).all()
    assert np.isfinite(so_far.t50_years[-1])


def test_where_enterprises_enter_and_leave_a_month_has_those_who_are_there(changing: Record) -> None:
    there = changing.eligible.sum(axis=2) > 0  # (T + 1, R, K)
    assert (there.any(axis=0) & ~there.all(axis=0)).any(), "a region is empty at times"
    assert (np.diff(changing.adopters, axis=0) < 0).any(), "adopters leave"
    so_far = kept_up(changing, at_a_time=7)
    defined = 0
    for month in range(1, 241, 13):
        found = (so_far.phi[month], so_far.w1_years[month], so_far.t50_years[month])
        expected = cut(changing, month)
        assert found == pytest.approx([expected[n] for n in NAMES], rel=1e-10, nan_ok=True)
        defined += np.isfinite(found).all()
    assert defined > 10


def test_some_technologies_are_measured_alone_where_enterprises_enter_and_leave(changing: Record) -> None:
    technologies = np.arange(len(changing.technologies)) % 3 == 0
    so_far = kept_up(changing, at_a_time=60)
    series = so_far.series(240, technologies)
    for month in (50, 120, 200, 240):
        expected = cut(changing, month, np.flatnonzero(technologies))
        assert series[:, month] == pytest.approx([expected[n] for n in NAMES], rel=1e-10, nan_ok=True)
    every = np.ones_like(technologies)
    before = so_far.series(240, every)
    so_far.series(240, technologies)
    np.testing.assert_array_equal(
        so_far.series(240, every), before, "what was asked in between changes nothing"
    )
