"""Every scenario against every other, in every metric."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hand_made import HandMade

from simulation.analysis.comparison import VERDICT, compare, needed_decimals, pairs_of, write_comparison
from simulation.errors import ResultsError
from simulation.results.derived import Outputs
from simulation.results.own_files import Origin

NAN = math.nan


def row(comparison: pd.DataFrame, scenario: str, reference: str, metric: str) -> pd.Series:
    keyed = comparison.set_index(["scenario", "reference", "metric"])
    return keyed.loc[(scenario, reference, metric)]


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
    keep = ~((study.frame["scenario"] == "policy") & (study.frame["replication"] == 0))
    study.frame = study.frame[keep].iloc[::-1]
    found = row(compare(study), "policy", "baseline", "phi")
    assert (found["n"], found["pairs"], found["difference"]) == (2, 3, 0.5)
    assert (found["only_scenario"], found["only_reference"], found["neither"]) == (0, 0, 0)


def test_a_scenario_whose_replications_all_failed_has_no_pairs():
    study = HandMade({"baseline": {"phi": [1.0, 2.0]}, "policy": {"phi": [1.0, 2.0]}})
    study.frame = study.frame[study.frame["scenario"] == "baseline"]
    comparison = compare(study)
    found = row(comparison, "policy", "baseline", "phi")
    assert (found["n"], found["pairs"], found["only_reference"]) == (0, 2, 0)


@pytest.mark.parametrize(
    ("low", "high", "decimals"),
    [(1.71, 1.93, 1), (1.71, 1.74, 2), (0.004, 2.0, 3), (-2.0, -0.04, 2), (1.5, 1.5, 1), (1e-9, 1.0, 6)],
)
def test_an_interval_is_printed_with_the_decimals_that_it_needs(low: float, high: float, decimals: int):
    assert needed_decimals(low, high, at_least=1) == decimals


def test_comparison_csv_gives_back_the_same_numbers(tmp_path):
    comparison = compare(HandMade({"baseline": {"phi": [0.1, 0.2]}, "policy": {"phi": [1 / 3, 0.25]}}))
    path = write_comparison(comparison, Outputs(tmp_path, Origin()))
    read = pd.read_csv(path, keep_default_na=False, na_values=[""])
    assert path.name == "comparison.csv"
    pd.testing.assert_frame_equal(
        read.drop(columns="better"), comparison.drop(columns="better"), check_exact=True, check_dtype=False
    )


def test_holm_corrects_the_metrics_of_the_verdict_and_no_others():
    values = {
        "t50_years": [8.0, 9.0, 10.0],
        "synchronization": [0.80, 0.83, 0.81],
        "final_share": [0.9, 0.9, 0.9],
    }
    reference = {
        "t50_years": [8.5, 9.4, 10.6],
        "synchronization": [0.78, 0.82, 0.77],
        "final_share": [0.9] * 3,
    }
    comparison = compare(HandMade({"baseline": reference, "policy": values}))
    p, corrected = (
        [row(comparison, "policy", "baseline", name)[key] for name in VERDICT] for key in ("p", "p_holm")
    )
    assert p[0] < 0.05 < p[1] < p[2] == 1
    assert corrected == [pytest.approx(3 * p[0]), pytest.approx(2 * p[1]), 1]
    others = comparison[~comparison["metric"].isin(VERDICT)]
    assert others["p_holm"].isna().all()
    assert others["p"].notna().all()


def test_undefined_metrics_are_no_members_of_holm_s_family():
    values = {"t50_years": [NAN, NAN, NAN], "synchronization": [0.80, 0.83, 0.81]}
    comparison = compare(HandMade({"baseline": {"synchronization": [0.7, 0.74, 0.7]}, "policy": values}))
    found = row(comparison, "policy", "baseline", "synchronization")
    assert found["p_holm"] == pytest.approx(
        2 * found["p"]
    )  # with the final share, which is the same everywhere


def test_the_columns_of_the_comparison_stand_where_they_always_stood():
    comparison = compare(HandMade({"baseline": {"phi": [0.1]}, "policy": {"phi": [0.2]}}))
    assert list(comparison.columns)[:13] == [
        *(
            "scenario",
            "reference",
            "metric",
            "unit",
            "better",
            "scenario_mean",
            "reference_mean",
            "difference",
        ),
        *("low", "high", "superiority", "n", "pairs"),
    ]
