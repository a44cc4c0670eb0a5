"""Outcomes of an ensemble: the pairs under a filter, their weights, and the sentences about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.explore.answers import FEWEST, answers_from, as_markdown
from simulation.explore.ensemble import AS_DESIGNED
from simulation.explore.outcomes import (
    Ensemble,
    acceptance,
    filters,
    holding,
    outcome_of,
    pairs_of,
    shares,
)
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_AFFORDABLE, NOT_SHOWN, SHOWN
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.results.tables import ENDING, RAN

CHECKS = ("fast", "even")
SEEDS = 3


def made(
    points: int,
    *,
    unfiltered: int = 40,
    shown: np.ndarray | None = None,
    speed: np.ndarray | None = None,
    synchronization: np.ndarray | None = None,
    noise: float = 0.0,
    designed: bool = False,
    finished: bool = True,
) -> Ensemble:
    """Return an ensemble whose advantages at each point are given; the reference takes 10 years and has Phi .5."""
    draw = np.random.default_rng(points)
    shown = draw.random((points, len(CHECKS))) < 0.5 if shown is None else shown
    speed = np.zeros(points) if speed is None else speed
    synchronization = np.zeros(points) if synchronization is None else synchronization
    kept = shown.all(axis=1)
    ran = [point for point in range(points) if point < unfiltered or kept[point]]
    rows: list[dict[str, Any]] = []
    for end in ("", AS_DESIGNED) if designed else ("",):
        for point in ran:
            for number in range(SEEDS):
                shared = {"point": point, "replication": point * SEEDS + number, ENDING: RAN}
                chance = noise * draw.standard_normal(2)
                rows.append({"scenario": f"hubs{end}", SPEED: 10.0, SYNCHRONIZATION: 0.5, **shared})
                rows.append(
                    {
                        "scenario": f"platform{end}",
                        SPEED: 10.0 - speed[point] + chance[0],
                        SYNCHRONIZATION: 0.5 - synchronization[point] + chance[1],
                        **shared,
                    }
                )
    return Ensemble(
        reference="hubs",
        scenarios=("platform",),
        titles={"hubs": "Hubs", "platform": "Platform"},
        parameters=(Parameter("x", ("diffusion.spatial",), "linear", low=0.0, high=1.0),),
        design=pd.DataFrame({"x": draw.random(points)}),
        runs=pd.DataFrame(rows),
        baseline=pd.DataFrame(
            {
                ENDING: np.where(kept, RAN, NOT_SHOWN),
                **{SHOWN + name: shown[:, n].astype(float) for n, name in enumerate(CHECKS)},
            },
            index=pd.Index(range(points), name="point"),
        ),
        checks=dict.fromkeys(CHECKS, 1.0),
        bounds=dict.fromkeys(CHECKS, (0.0, 1.0)),
        margin={SPEED: 0.1, SYNCHRONIZATION: 0.01},
        is_sample=True,
        filtered=True,
        unfiltered=unfiltered,
        planned=points,
        finished=finished,
    )


def test_filters_are_none_all_each_alone_and_all_but_each():
    assert [name for name, _ in filters(made(10))] == [
        "no pattern",
        "all patterns",
        "fast alone",
        "even alone",
        "all but fast",
        "all but even",
    ]


@settings(max_examples=40)
@given(st.integers(20, 120), st.integers(4, 20))
def test_weights_make_the_first_points_stand_for_those_that_did_not_run(points: int, unfiltered: int):
    """Kept points have weight 1; of the others only the first ran, and each stands for as many as there are to each."""
    ensemble = made(points, unfiltered=unfiltered)
    kept = holding(ensemble, CHECKS)
    pairs = pairs_of(ensemble, "platform", ())
    by_point = dict(zip(pairs.point.tolist(), pairs.weight.tolist(), strict=True))
    assert set(by_point) == {point for point in range(points) if point < unfiltered or kept[point]}
    for point, weight in by_point.items():
        assert weight == (1.0 if kept[point] else pytest.approx(points / unfiltered))
    everything = pairs_of(ensemble, "platform", CHECKS)
    assert set(everything.point.tolist()) == set(np.flatnonzero(kept).tolist())
    assert set(everything.weight.tolist()) <= {1.0}


def test_a_share_under_no_pattern_is_that_of_all_worlds_in_the_mean():
    """Half of the kept worlds and a quarter of the others are ahead; a weighted estimate has no bias."""
    estimates, truths = [], []
    for repeat in range(60):
        draw = np.random.default_rng(repeat)
        points = 400
        shown = np.repeat(draw.random((points, 1)) < 0.1, 2, axis=1)
        ahead = draw.random(points) < np.where(shown[:, 0], 0.5, 0.25)
        ensemble = made(points, unfiltered=100, shown=shown, speed=np.where(ahead, 1.0, -1.0))
        pairs = pairs_of(ensemble, "platform", ())
        found = outcome_of(pairs, "speed", ensemble.margin) == "ahead"
        estimates.append(np.average(found, weights=pairs.weight))
        truths.append(ahead.mean())
    error = np.array(estimates) - np.array(truths)
    assert abs(error.mean()) < 3 * error.std(ddof=1) / np.sqrt(error.size)
    assert error.std() < 0.06


def test_outcomes_follow_the_margins_and_both_is_what_they_share():
    speed = np.array([1.0, 0.05, -1.0, 1.0])
    synchronization = np.array([0.1, 0.001, -0.1, -0.1])
    ensemble = made(4, shown=np.ones((4, 2), dtype=bool), speed=speed, synchronization=synchronization)
    pairs = pairs_of(ensemble, "platform", CHECKS)
    each = slice(None, None, SEEDS)
    assert list(outcome_of(pairs, "speed", ensemble.margin)[each]) == ["ahead", "alike", "behind", "ahead"]
    assert list(outcome_of(pairs, "synchronization", ensemble.margin)[each]) == [
        "ahead",
        "alike",
        "behind",
        "behind",
    ]
    assert list(outcome_of(pairs, "both", ensemble.margin)[each]) == ["ahead", "alike", "behind", "mixed"]


def test_a_plan_that_is_not_affordable_is_an_outcome_of_its_own():
    ensemble = made(6, shown=np.ones((6, 2), dtype=bool), speed=np.ones(6))
    runs = ensemble.runs
    runs.loc[(runs["scenario"] == "hubs") & (runs["point"] == 1), ENDING] = NOT_AFFORDABLE
    runs.loc[(runs["scenario"] == "platform") & (runs["point"] == 2), ENDING] = NOT_AFFORDABLE
    runs.loc[runs[ENDING] != RAN, [SPEED, SYNCHRONIZATION]] = np.nan
    table = (
        shares(ensemble)
        .query("filter == 'all patterns' and measure == 'speed'")
        .set_index(["kind", "outcome"])
    )
    found = table["share"]
    assert found["pairs", "ahead"] == pytest.approx(4 / 6)
    assert found["pairs", NOT_AFFORDABLE] == pytest.approx(1 / 6)
    assert found["pairs", f"reference {NOT_AFFORDABLE}"] == pytest.approx(1 / 6)
    assert found["worlds", "both affordable"] == pytest.approx(4 / 6)
    assert found["worlds", "ahead"] == pytest.approx(1.0)


def test_pairs_that_lack_a_run_drop_and_are_counted_for_either_side():
    ensemble = made(10, shown=np.ones((10, 2), dtype=bool), speed=np.repeat([1.0, -1.0], 5))
    lost = ensemble.runs.index[(ensemble.runs["scenario"] == "platform") & (ensemble.runs["point"] == 0)][:2]
    ensemble = replace(ensemble, runs=ensemble.runs.drop(index=lost))
    table = shares(ensemble).query("filter == 'all patterns' and measure == 'speed' and kind == 'pairs'")
    found = table.set_index("outcome")["share"]
    assert found["ahead"] == pytest.approx(13 / 28)
    assert found["ahead, failures for it"] == pytest.approx(15 / 30)
    assert found["ahead, failures against it"] == pytest.approx(13 / 30)


def test_acceptance_counts_the_first_points_and_all_points_for_all_patterns():
    shown = np.zeros((100, 2), dtype=bool)
    shown[:20, 0] = True
    shown[::10] = True
    found = acceptance(made(100, unfiltered=40, shown=shown)).set_index("filter")
    assert found["share"]["all patterns"] == pytest.approx(10 / 100)
    assert found["points"]["all patterns"] == 100
    assert found["share"]["fast alone"] == pytest.approx(22 / 40)
    assert found["points"]["fast alone"] == 40


def test_the_answer_in_words_says_what_the_table_has_and_leads_with_uncertain_policies():
    points = 200
    shown = np.ones((points, 2), dtype=bool)
    speed = np.where(np.arange(points) < 60, 1.0, -1.0)
    ensemble = made(points, shown=shown, speed=speed, synchronization=np.full(points, 0.2), designed=True)
    told = answers_from(ensemble).sentences()
    assert told[0].startswith("Of 200 worlds drawn from our ranges, 200 show the patterns")
    assert "with what policies cost and do drawn from their ranges too" in told[1]
    assert "adoption is sooner in 30 (95 % interval" in told[1]
    assert "later in 70" in told[1]
    assert "regions are more in step in 100 (95 %" in told[1]
    assert "with policies that cost and do what their scenarios say" in told[2]
    assert not any(word in " ".join(told) for word in ("probab", "plausib", "likely"))


def test_worlds_of_a_file_are_not_said_to_be_drawn_from_our_ranges():
    """Such as draws from the posterior of a fit, which leaves policies as their scenarios have them."""
    ensemble = made(40, shown=np.ones((40, 2), dtype=bool))
    answers = answers_from(replace(ensemble, is_given=True))
    told = answers.sentences()
    assert told[0].startswith("Of 40 worlds of the design's file, 40 show the patterns")
    assert "with policies that cost and do what their scenarios say" in told[1]
    assert "ranges" not in " ".join([*told, answers.how_to_read]) and "posterior" in answers.how_to_read
    assert "section 10" in answers_from(ensemble).how_to_read


def test_an_unfinished_ensemble_is_provisional_and_few_kept_worlds_say_nothing():
    told = answers_from(made(30, shown=np.zeros((30, 2), dtype=bool), finished=False)).sentences()
    assert told[0].startswith("Provisional: Of 30 worlds drawn from our ranges, 0 show")
    assert f"fewer than {FEWEST}" in told[1]


def test_a_range_that_is_halved_counts_only_the_worlds_of_its_middle():
    points = 80
    ensemble = made(points, shown=np.ones((points, 2), dtype=bool))
    x = ensemble.design["x"].to_numpy()
    middle = np.abs(x - 0.5) <= 0.25
    ahead = made(points, shown=np.ones((points, 2), dtype=bool), speed=np.where(middle, 1.0, -1.0))
    table = answers_from(ahead).halved.set_index("measure")
    assert table["share"]["speed"] == 1.0
    assert table["points"]["speed"] == middle.sum()
    assert 0 < middle.mean() < 1


def test_a_title_is_no_markdown_on_the_page_of_answers():
    points = 120
    ensemble = made(points, shown=np.ones((points, 2), dtype=bool), speed=np.linspace(-1, 1, points))
    ensemble = replace(ensemble, titles={"hubs": "*Hubs* for $5", "platform": "# A_platform_ <b>"})
    text = as_markdown(answers_from(ensemble))
    assert "*Hubs* for" not in text and "A_platform_" not in text and "<b>" not in text.replace("\\<b>", "")
    assert r"\*Hubs\* for \$5" in text
    assert r"A\_platform\_ \<b>" in text
