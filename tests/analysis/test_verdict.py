"""What the verdict may say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hand_made import HandMade
from hypothesis import given
from hypothesis import strategies as st

from simulation.analysis.comparison import compare
from simulation.analysis.paired import Difference
from simulation.analysis.verdict import short_answer, verdicts
from simulation.batch.running import run_batch
from simulation.scenario.loading import load_scenario

NAN = math.nan


def verdict(scenario: Mapping[str, Sequence[float]], reference: Mapping[str, Sequence[float]]) -> str:
    study = HandMade({"baseline": reference, "policy": scenario})
    (sentence,) = verdicts(compare(study), study.titles)
    return sentence


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
    assert "no difference in t50 can be established from these 3 pairs (-0.1 years, 95 % interval" in sentence
    assert "1 - Phi is the same in every pair (n = 3 of 3 pairs)" in sentence
    assert "faster" not in sentence and "slower" not in sentence


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


def test_where_half_is_not_reached_the_verdict_says_for_whom_and_compares_final_shares():
    sentence = verdict(
        {"t50_years": [8.0, 8.2, 8.1, 8.88, NAN], "final_share": [0.8, 0.82, 0.81, 0.79, 0.45]},
        {"t50_years": [NAN, NAN, 9.1, 9.9, NAN], "final_share": [0.4, 0.41, 0.60, 0.58, 0.40]},
    )
    assert (
        "both reach half in 2 of 5 pairs, only Policy in 2, only Baseline in none, neither in 1; in those pairs of "
        "both adoption is faster, t50 1.0 years earlier (95 % interval 0.9 to 1.1, n = 2 of 5 pairs); "
        "the final share of adopters is higher by 25.6 percentage points"
    ) in sentence


def test_one_that_alone_reaches_half_does_not_end_in_silence():
    sentence = verdict(
        {"t50_years": [8.0, 8.2, 8.1], "final_share": [0.80, 0.82, 0.81]},
        {"t50_years": [NAN, NAN, NAN], "final_share": [0.40, 0.41, 0.40]},
    )
    assert (
        "both reach half in none of 3 pairs, only Policy in 3, only Baseline in none, neither in none, so that no "
        "difference in t50 can be established: at least two pairs are needed; "
        "the final share of adopters is higher by 40.7 percentage points"
    ) in sentence


def test_the_policy_loses_in_words_where_only_its_reference_reaches_half():
    sentence = verdict(
        {
            "t50_years": [NAN, NAN, NAN],
            "final_share": [0.30, 0.31, 0.30],
            "synchronization": [0.7, 0.71, 0.7],
        },
        {"t50_years": [8.0, 8.2, 8.1], "final_share": [0.60, 0.62, 0.61], "synchronization": [0.8, 0.8, 0.8]},
    )
    assert "only Policy in none, only Baseline in 3" in sentence
    assert "the final share of adopters is lower by 30.7 percentage points" in sentence
    assert "less synchronized" in sentence


def test_a_failed_run_is_no_failure_to_reach_half():
    study = HandMade({"baseline": {"t50_years": [9.0, 9.2, 9.1]}, "policy": {"t50_years": [8.0, 8.1, 8.2]}})
    study.frame = study.frame[:-1]
    (sentence,) = verdicts(compare(study), study.titles)
    assert (
        "both reach half in 2 of 3 pairs, only Policy in none, only Baseline in none, neither in none, and 1 lack a run"
        in sentence
    )


def test_no_word_of_final_shares_where_all_reach_half():
    assert "final share" not in verdict({"t50_years": [8.0, 8.1]}, {"t50_years": [9.0, 9.2]})


def test_one_replication_says_that_it_takes_two():
    sentence = verdict({"t50_years": [8.0]}, {"t50_years": [9.0]})
    assert "no difference in t50 can be established: at least two pairs are needed" in sentence
    assert "faster" not in sentence


def test_a_difference_that_does_not_survive_the_correction_is_told_with_its_doubt():
    # p of t50 is .037, three times that .11; nothing differs otherwise.
    doubtful = verdict({"t50_years": [8.0, 9.0, 10.0]}, {"t50_years": [8.5, 9.4, 10.8]})
    assert "adoption is faster" in doubtful
    assert "with Holm's correction for the metrics of a verdict p = 0." in doubtful
    clear = verdict({"t50_years": [8.0, 9.0, 10.0]}, {"t50_years": [9.0, 10.01, 11.02]})
    assert "adoption is faster" in clear
    assert "Holm" not in clear


def test_the_hypercluster_loses_where_technology_is_complex(tmp_path: Path):
    complex_technology = ["diffusion.complexity_digital=0.8", "diffusion.complexity_conventional=0.8"]
    specs = [
        load_scenario(name, overrides=complex_technology) for name in ("regional_cluster", "hypercluster")
    ]
    results = run_batch(specs, 4, out=tmp_path / "out", executor="serial")
    (sentence,) = verdicts(compare(results), results.titles)
    assert "for equal planned money" in sentence
    assert "both reach half in none of 4 pairs" in sentence
    assert "the final share of adopters is lower by" in sentence
    assert "faster" not in sentence


@given(st.floats(-2, 2), st.floats(0, 2), st.floats(-0.2, 0.2), st.floats(0, 0.2), st.booleans())
def test_no_short_answer_claims_more_than_its_interval(speed, wide, step, broad, equal):
    def row(metric, difference, half, mean):
        found = dict.fromkeys(Difference.__dataclass_fields__, 0.0) | {"n": 5, "pairs": 5}
        found |= {"difference": difference, "low": difference - half, "high": difference + half}
        found |= {"scenario_mean": mean, "reference_mean": mean - difference}
        return {"scenario": "a", "reference": "b", "metric": metric} | found

    money = row("planned_pv", 0.0 if equal else 50.0, 0.0, 100.0)
    rows = [row("t50_years", speed, wide, 5.0), row("synchronization", step, broad, 0.9), money]
    first, second = short_answer(pd.DataFrame(rows), {"a": "A", "b": "B"})
    assert ("sooner" in first) == (speed + wide < 0) and ("later" in first) == (speed - wide > 0)
    assert ("more in step" in second) == (step - broad > 0) and ("less in step" in second) == (
        step + broad < 0
    )
    assert first.startswith("For the same money") == equal
    assert short_answer(pd.DataFrame(columns=["scenario", "reference", "metric"]), {}) is None
