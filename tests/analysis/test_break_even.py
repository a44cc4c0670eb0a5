"""How dear a platform may become: what is kept equal, and where the verdict turns."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import simulation.analysis.break_even as module
from simulation.analysis.break_even import (
    FILES,
    TEXTS,
    BreakEven,
    at_ratio,
    break_even,
    check_place,
    in_words,
    largest_ratio,
    write_break_even,
)
from simulation.analysis.paired import interval
from simulation.cli.main import cli
from simulation.errors import HyperclusterError, ResultsError
from simulation.policies import NotAffordable
from simulation.results.own_files import on_record
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.plan import schedule_of
from simulation.scenario.schema import Scenario

NAN = math.nan
LUCK = np.array([-0.2, 0.1, 0.0, 0.05, 0.05])


@pytest.fixture(scope="module")
def hypercluster() -> Scenario:
    return load_scenario("hypercluster")


@pytest.fixture(scope="module")
def cluster() -> Scenario:
    return load_scenario("regional_cluster")


def levers(scenario: Scenario):
    return schedule_of(scenario).levers(0)


def made_up(
    monkeypatch: pytest.MonkeyPatch, value: Callable[[float], np.ndarray | float], *, rival: float = 8.0
) -> None:
    """Let the metric of a scenario be a function of its ratio, and that of the rival a number."""

    def values(scenario: Scenario, metric: str, seeds: range) -> np.ndarray:
        luck = LUCK[: len(seeds)]
        if scenario.name == "regional_cluster":
            return rival + 0 * luck
        return value(scenario.costs.of("platform_operation") / 150) + luck

    monkeypatch.setattr(module, "_values", values)


@pytest.mark.parametrize("name", ["hypercluster", "fragmented_platforms", "mixed"])
def test_a_dearer_platform_is_planned_for_the_same_present_value(name: str):
    spec = load_scenario(name)
    before = schedule_of(spec).planned_pv
    for ratio in (1.0, 1.7, largest_ratio(spec)):
        assert schedule_of(at_ratio(spec, ratio)).planned_pv == pytest.approx(before, rel=1e-9)


def test_operation_and_residents_are_kept_and_onboarding_pays(hypercluster: Scenario):
    before, after = levers(hypercluster), levers(at_ratio(hypercluster, 2.0))
    assert after.is_open.all()
    assert np.array_equal(after.resident, before.resident) and after.resident.all()
    # Of 31,161 units of present value for onboarding 7,230 go to what must be kept, and each costs twice as much.
    left = module.shared_left(hypercluster, 2.0)
    assert left == pytest.approx(1 - 7230.43 / 31161.21, rel=1e-6)
    assert after.subsidy == pytest.approx(before.subsidy * left / 2)


def test_costs_of_other_instruments_stay():
    mixed = load_scenario("mixed")
    dearer = at_ratio(mixed, 1.5)
    for name in ("cluster_organisation", "technopark", "training"):
        assert dearer.costs.of(name) == mixed.costs.of(name)
    assert dearer.policies == mixed.policies


def test_at_the_largest_ratio_nothing_is_left_and_beyond_it_the_plan_is_not_affordable(
    hypercluster: Scenario,
):
    largest = largest_ratio(hypercluster)
    assert largest == pytest.approx(38391.64 / 7230.43, rel=1e-6)
    assert module.shared_left(hypercluster, largest) == pytest.approx(0, abs=1e-6)
    with pytest.raises(NotAffordable, match="not affordable"):
        schedule_of(at_ratio(hypercluster, largest + 1e-6))


def test_without_a_limit_the_largest_ratio_is_the_largest_tried():
    spec = parse_scenario(
        ON_PLATFORM.replace("coverage = 1.0", "coverage = 1.0\nfrom_year = 7.9").replace("0.05", "0.01")
    )
    assert largest_ratio(spec) <= module.MOST


def test_a_platform_with_a_budget_is_refused_because_it_would_buy_less(cluster: Scenario):
    spec = parse_scenario(ON_PLATFORM.replace("coverage = 1.0", "budget = 150.0"))
    with pytest.raises(
        HyperclusterError, match=r"platform: policies\[0\] \(platform_operation\) has a budget"
    ):
        break_even(spec, cluster)


def test_the_turn_of_a_straight_line_is_found_where_it_is(
    hypercluster: Scenario, cluster: Scenario, monkeypatch: pytest.MonkeyPatch
):
    # t50 = 6 + ratio against 8, so the turn is at 2; and the interval has the same width at every ratio.
    made_up(monkeypatch, lambda ratio: 6 + ratio)
    found = break_even(hypercluster, cluster, replications=5)
    assert found.ratio == pytest.approx(2, abs=1e-9)
    low, high = interval(-LUCK)
    assert (found.low, found.high) == pytest.approx((2 + low, 2 + high), abs=1e-9)
    assert found.tried["ratio"].is_monotonic_increasing
    assert len(found.tried) <= 16
    assert in_words(found, ("Hypercluster", "Clusters")).startswith(
        "Hypercluster is ahead of Clusters in t50 until its platform's unit costs are 2.00 times as high"
    )


def test_the_direction_of_the_metric_counts(
    hypercluster: Scenario, cluster: Scenario, monkeypatch: pytest.MonkeyPatch
):
    made_up(monkeypatch, lambda ratio: 10 - ratio)
    found = break_even(hypercluster, cluster, metric="synchronization", replications=5)
    assert found.ratio == pytest.approx(2, abs=1e-9)


def test_ahead_to_the_end_and_behind_from_the_start_are_told_in_words(
    hypercluster: Scenario, cluster: Scenario, monkeypatch: pytest.MonkeyPatch
):
    made_up(monkeypatch, lambda _: 5.0)
    never = break_even(hypercluster, cluster, replications=5)
    assert (never.ratio, never.low, len(never.tried)) == (math.inf, math.inf, 2)
    assert "up to the largest affordable ratio, 5.3" in in_words(never, ("A", "B"))
    assert "the verdict does not change" in in_words(never, ("A", "B"))
    made_up(monkeypatch, lambda _: 9.0)
    behind = break_even(hypercluster, cluster, replications=5)
    assert math.isnan(behind.ratio) and len(behind.tried) == 1
    assert in_words(behind, ("A", "B")).startswith("A is behind B in t50 at its present unit costs (")
    made_up(monkeypatch, lambda _: 8.01)
    assert "though the 95 % interval of the difference contains zero" in in_words(
        break_even(hypercluster, cluster, replications=5), ("A", "B")
    )


def test_an_interval_that_still_holds_zero_at_the_ends_is_told(
    hypercluster: Scenario, cluster: Scenario, monkeypatch: pytest.MonkeyPatch
):
    made_up(monkeypatch, lambda ratio: 8.0 + 0.01 * (ratio - 3))
    words = in_words(break_even(hypercluster, cluster, replications=5), ("A", "B"))
    assert "from 1, the present costs, and up to the largest affordable ratio" in words


def test_one_that_no_longer_reaches_half_is_behind(
    hypercluster: Scenario, cluster: Scenario, monkeypatch: pytest.MonkeyPatch
):
    made_up(monkeypatch, lambda ratio: 5.0 if ratio < 3 else NAN)
    found = break_even(hypercluster, cluster, replications=5)
    assert found.ratio == pytest.approx(3, rel=0.06)  # a step of the grid
    made_up(monkeypatch, lambda _: NAN, rival=NAN)
    with pytest.raises(HyperclusterError, match="no value in either"):
        break_even(hypercluster, cluster, replications=5)


@pytest.mark.parametrize(
    ("metric", "replications", "words"),
    [("t50", 5, "not defined as better or worse"), ("kuramoto", 1, "must be a whole number from 2")],
)
def test_impossible_questions_are_refused(
    hypercluster: Scenario, cluster: Scenario, metric: str, replications: int, words: str
):
    with pytest.raises(HyperclusterError, match=words):
        break_even(hypercluster, cluster, metric=metric, replications=replications)


def test_without_a_platform_none_can_become_dearer(cluster: Scenario):
    with pytest.raises(HyperclusterError, match="pays for no platform"):
        break_even(cluster, cluster)


SMALL = """
name = "small"
[time]
years = 8
[world]
scale = 0.05
[budget]
per_year = 750.0
[diffusion]
spontaneous = 0.02
digital = 3.0
[technologies]
release = "at_start"
"""
ON_PLATFORM = (
    SMALL.replace("small", "platform")
    + """
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "national"
coverage = 1.0
[[policies]]
instrument = "platform_onboarding"
platform = "national"
share = 1.0
"""
)


def test_a_real_platform_is_ahead_of_nothing_and_the_files_say_so(tmp_path):
    specs = parse_scenario(ON_PLATFORM), parse_scenario(SMALL)
    heard: list[float] = []
    found = break_even(*specs, replications=2, progress=lambda ratio, _: heard.append(ratio))
    assert sorted(heard) == found.tried["ratio"].tolist()
    assert found.largest == pytest.approx(5.0)
    assert found.tried["difference"].iloc[0] > 0
    words = in_words(found, ("Platform", "Small"))
    csv, page = write_break_even(found, words, tmp_path / "new")
    assert page.read_text() == f"{words}\n"
    assert len(csv.read_text().splitlines()) == 1 + len(found.tried)


@pytest.mark.parametrize("name", FILES)
def test_files_of_others_are_refused_before_anything_is_computed(tmp_path: Path, monkeypatch, name: str):
    monkeypatch.setattr(module, "simulate", lambda *_: pytest.fail("computed"))
    (tmp_path / name).write_text("mine")
    words = ("break-even", "hypercluster", "regional_cluster", "--replications", "2", "--out", str(tmp_path))
    ended = CliRunner().invoke(cli, words)
    assert ended.exit_code == 2
    assert name in ended.stderr and "would be overwritten" in ended.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_whose_name_is_not_text_is_refused(tmp_path: Path):
    with pytest.raises(ResultsError, match="not UTF-8"):
        check_place(tmp_path / "r\udcff")


def test_what_is_written_is_on_record_and_written_again(tmp_path: Path):
    tried = pd.DataFrame({"ratio": [1.0]})
    for words in ("It holds.", "It turns."):
        found = BreakEven("a", "b", "phi", 2, 1, 1.5, 1.2, 1.8, 2.0, tried)
        write_break_even(found, words, tmp_path)
        assert (tmp_path / "break_even.md").read_text() == f"{words}\n"
    assert set(on_record(tmp_path)) == set(TEXTS)
