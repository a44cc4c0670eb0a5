"""Paired statistics on hand-made numbers, and what the verdict may say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from simulation.compare import (
    compare,
    needed_decimals,
    paired_difference,
    pairs_of,
    verdicts,
    write_comparison,
)
from simulation.errors import ResultsError
from simulation.metrics import METRICS
from simulation.results import Results

NAN = math.nan


class HandMade(Results):
    """A study whose runs are given, scenario by scenario; a metric that is not named is 0 everywhere."""

    def __init__(self, values: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        self.manifest = {"scenarios": [{"name": name, "title": name.title()} for name in values]}
        frames = []
        for name, metrics in values.items():
            length = len(next(iter(metrics.values())))
            columns = {
                metric: np.asarray(metrics.get(metric, [0.0] * length), dtype=float) for metric in METRICS
            }
            frames.append(pd.DataFrame({"scenario": name, "replication": range(length), **columns}))
        self._frame = pd.concat(frames, ignore_index=True)

    def runs(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        return self._frame if columns is None else self._frame[list(columns)]


def row(comparison: pd.DataFrame, scenario: str, reference: str, metric: str) -> pd.Series:
    keyed = comparison.set_index(["scenario", "reference", "metric"])
    return keyed.loc[(scenario, reference, metric)]


def verdict(scenario: Mapping[str, Sequence[float]], reference: Mapping[str, Sequence[float]]) -> str:
    study = HandMade({"baseline": reference, "policy": scenario})
    (sentence,) = verdicts(compare(study), study.titles)
    return sentence


def test_interval_is_student_s_over_the_differences_of_pairs():
    # Differences 1, 2, 3: mean 2, standard deviation 1, t(.975, 2) = 4.302653, half width 4.302653 / sqrt(3).
    found = paired_difference(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]), better=None)
    assert found.difference == 2.0
    assert found.low == pytest.approx(2 - 2.4841377, abs=1e-6)
    assert found.high == pytest.approx(2 + 2.4841377, abs=1e-6)
    assert (found.scenario_mean, found.reference_mean) == (4.0, 2.0)


def test_common_luck_narrows_the_interval():
    luck = np.array([0.0, 10.0, -10.0, 5.0])
    found = paired_difference(luck + np.array([1.0, 1.1, 0.9, 1.0]), luck, better=None)
    assert 0.8 < found.low < 1 < found.high < 1.2


def test_an_undefined_member_removes_its_pair_and_is_counted():
    found = paired_difference(np.array([1.0, NAN, 3.0, 5.0]), np.array([0.0, 1.0, NAN, 3.0]), better=None)
    assert (found.n, found.pairs) == (2, 4)
    assert (found.scenario_mean, found.reference_mean, found.difference) == (3.0, 1.5, 1.5)


def test_one_pair_has_a_difference_but_no_interval():
    found = paired_difference(np.array([3.0]), np.array([1.0]), better=None)
    assert found.difference == 2.0
    assert math.isnan(found.low) and math.isnan(found.high)


def test_without_a_pair_everything_is_undefined():
    found = paired_difference(np.array([NAN]), np.array([1.0]), better=None)
    assert math.isnan(found.difference) and math.isnan(found.superiority)
    assert (found.n, found.pairs) == (0, 1)


def test_superiority_is_the_share_of_pairs_that_are_better_with_ties_half():
    values = {"t50_years": [1.0, 2.0, 3.0, 4.0], "synchronization": [0.9, 0.8, 0.7, 0.6]}
    reference = {"t50_years": [2.0, 2.0, 4.0, 3.0], "synchronization": [0.8, 0.8, 0.8, 0.8]}
    comparison = compare(HandMade({"baseline": reference, "policy": values}))
    # t50: earlier twice, one tie, later once; synchronization: higher once, one tie, lower twice.
    assert row(comparison, "policy", "baseline", "t50_years")["superiority"] == 0.625
    assert row(comparison, "policy", "baseline", "synchronization")["superiority"] == 0.375
    assert math.isnan(row(comparison, "policy", "baseline", "planned_pv")["superiority"])


def test_all_are_compared_with_the_reference_and_the_others_with_each_other():
    assert pairs_of(["hypercluster", "baseline", "mixed"], None) == [
        ("hypercluster", "baseline"),
        ("mixed", "baseline"),
        ("mixed", "hypercluster"),
    ]


def test_without_a_baseline_the_first_scenario_is_the_reference():
    assert pairs_of(["mixed", "hypercluster"], None) == [("hypercluster", "mixed")]
    assert pairs_of(["alone"], None) == []


def test_an_unknown_reference_is_refused_with_a_suggestion():
    with pytest.raises(ResultsError, match='did you mean "baseline"'):
        pairs_of(["baseline", "mixed"], "basline")


def test_pairs_are_matched_by_replication_not_by_position():
    study = HandMade({"baseline": {"phi": [1.0, 2.0, 3.0]}, "policy": {"phi": [1.5, 2.5, 3.5]}})
    keep = ~((study._frame["scenario"] == "policy") & (study._frame["replication"] == 0))
    study._frame = study._frame[keep].iloc[::-1]
    found = row(compare(study), "policy", "baseline", "phi")
    assert (found["n"], found["pairs"], found["difference"]) == (2, 3, 0.5)


def test_a_scenario_whose_replications_all_failed_has_no_pairs():
    study = HandMade({"baseline": {"phi": [1.0, 2.0]}, "policy": {"phi": [1.0, 2.0]}})
    study._frame = study._frame[study._frame["scenario"] == "baseline"]
    comparison = compare(study)
    assert row(comparison, "policy", "baseline", "phi")["n"] == 0
    assert "nothing can be said about t50" in verdicts(comparison, study.titles)[0]


def test_verdict_names_direction_size_interval_and_pairs():
    sentence = verdict(
        {"t50_years": [6.1, 7.0, 8.2], "synchronization": [0.95, 0.96, 0.97], "planned_pv": [38392.0] * 3},
        {"t50_years": [8.0, 9.0, 10.0], "synchronization": [0.80, 0.80, 0.80], "planned_pv": [38391.0] * 3},
    )
    # t50: -1.9, -2, -1.8: mean -1.9, sd .1, half width 4.302653 * .1 / sqrt(3) = .24841; 1 - Phi: .15, .16, .17.
    assert sentence == (
        "Policy against Baseline, for equal planned money (present value 38,392 against 38,391 units, spent 0 against "
        "0): adoption is faster, t50 1.9 years earlier (95 % interval 1.7 to 2.1, n = 3 of 3 pairs); regions are more "
        "synchronized, 1 - Phi higher by 0.160 (95 % interval 0.135 to 0.185, n = 3 of 3 pairs)."
    )


def test_verdict_says_slower_and_less_synchronized():
    sentence = verdict(
        {"t50_years": [9.1, 9.1, 9.2], "synchronization": [0.70, 0.71, 0.71]},
        {"t50_years": [8.0, 8.0, 8.0], "synchronization": [0.80, 0.80, 0.80]},
    )
    assert "adoption is slower, t50 1.1 years later" in sentence
    assert "regions are less synchronized, 1 - Phi lower by 0.093" in sentence


def test_no_difference_is_claimed_where_the_interval_holds_zero():
    sentence = verdict(
        {"t50_years": [8.0, 9.0, 10.0], "synchronization": [0.8, 0.8, 0.8]},
        {"t50_years": [8.5, 8.9, 9.9], "synchronization": [0.8, 0.8, 0.8]},
    )
    assert (
        "no difference in t50 can be told from these 3 replications (-0.1 years, 95 % interval -1.0 to"
        in sentence
    )
    assert "1 - Phi is the same in every pair (n = 3 of 3 pairs)" in sentence
    assert "faster" not in sentence and "slower" not in sentence


def test_verdict_says_in_how_many_pairs_t50_is_defined():
    some = verdict({"t50_years": [8.0, 8.1, NAN]}, {"t50_years": [9.0, 9.2, 9.1]})
    none = verdict({"t50_years": [NAN, NAN, 1.0]}, {"t50_years": [9.0, 9.0, NAN]})
    assert "n = 2 of 3 pairs; t50 is undefined in the others" in some
    assert "nothing can be said about t50, which is defined in 0 of 3 pairs" in none


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        ((1000.0, 1001.0), "for equal planned money"),
        ((1000.0, 1001.1), "for unequal planned money"),
        ((0.0, 1000.0), "for unequal planned money"),
        ((0.0, 0.0), "without planned money in either"),
    ],
)
def test_plans_count_as_equal_within_a_thousandth(planned: tuple[float, float], words: str):
    assert words in verdict({"planned_pv": [planned[0]] * 2}, {"planned_pv": [planned[1]] * 2})


@pytest.mark.parametrize(
    ("low", "high", "decimals"),
    [(1.71, 1.93, 1), (1.71, 1.74, 2), (0.004, 2.0, 3), (-2.0, -0.04, 2), (1.5, 1.5, 1), (1e-9, 1.0, 6)],
)
def test_an_interval_is_printed_with_the_decimals_that_it_needs(low: float, high: float, decimals: int):
    assert needed_decimals(low, high, at_least=1) == decimals


def test_comparison_csv_gives_back_the_same_numbers(tmp_path):
    comparison = compare(HandMade({"baseline": {"phi": [0.1, 0.2]}, "policy": {"phi": [1 / 3, 0.25]}}))
    path = write_comparison(comparison, tmp_path)
    read = pd.read_csv(path, keep_default_na=False, na_values=[""])
    assert path.name == "comparison.csv"
    pd.testing.assert_frame_equal(
        read.drop(columns="better"), comparison.drop(columns="better"), check_exact=True, check_dtype=False
    )
