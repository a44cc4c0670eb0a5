"""Contracts that every registered metric keeps, and the order of the columns that users read."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from simulation.channels import Channel
from simulation.metrics import METRICS, compute, reasons, select
from simulation.metrics.metric import Metric, in_order

COLUMNS = [
    "phi",
    "synchronization",
    "phi_half",
    "phi_raw",
    "phi_macro",
    "phi_simple",
    "variance_macro",
    "variance_meso",
    "variance_micro",
    "w1_years",
    "w1_raw_years",
    "t10_years",
    "t50_years",
    "t90_years",
    "t50_sd_years",
    "t50_range_years",
    "regions_below_half",
    "restricted_time_years",
    "t50_macro_sd_years",
    "t50_micro_years",
    "theil_25",
    "theil_25_between",
    "theil_25_within",
    "theil_50",
    "theil_50_between",
    "theil_50_within",
    "theil_75",
    "theil_75_between",
    "theil_75_within",
    "theil_50_micro",
    "kuramoto",
    "profile_entropy",
    "profile_density",
    "final_share",
    "member_share",
    "environmental_share",
    "environmental_t50_years",
    "extraction_share",
    "extraction_t50_years",
    "attributed_spontaneous",
    "attributed_spatial",
    "attributed_network",
    "attributed_institutional",
    "attributed_digital",
    "attributed_incentive",
    "planned_pv",
    "spent_pv",
]

COMPARING = [
    name
    for name in COLUMNS
    if name.startswith(
        (
            "phi",
            "synchronization",
            "variance",
            "w1",
            "t50_sd",
            "t50_range",
            "t50_macro",
            "t50_micro",
            "theil",
            "kuramoto",
            "profile",
        )
    )
]
"""Metrics that compare regions, and say nothing where there is nothing to compare."""

AT_THE_HORIZON = ["environmental_share", "extraction_share", "final_share", "phi_half"]
"""Metrics that look beyond the common window."""


def test_columns_stand_in_the_order_of_the_results():
    assert [name for name in METRICS if name in COLUMNS] == COLUMNS


def metrics(*named: tuple[str, str | None]) -> list[Metric]:
    return [
        Metric(name, unit="share", reading="A number.", better=None, measure=lambda curves: 0.0, after=after)
        for name, after in named
    ]


def test_a_metric_stands_after_the_one_that_it_names_or_else_after_the_one_above_it():
    tuples = [
        metrics(("f", "e"), ("b", "a"), ("c", None)),
        metrics(("a", None), ("e", None)),
        metrics(("d", "a")),
    ]
    assert "".join(in_order(tuples)) == "abcdef"


@pytest.mark.parametrize(
    ("tuples", "said"),
    [
        ([metrics(("a", None)), metrics(("b", None))], "a, b: all but one must name"),
        ([metrics(("a", None)), metrics(("b", "x"))], "no metric x, after which b should come"),
        ([metrics(("a", None), ("b", "c"), ("c", "b"))], "no metric c, after which b"),
        ([metrics(("a", None), ("a", None))], "two metrics have the same name"),
    ],
)
def test_an_order_that_is_none_is_refused(tuples, said):
    with pytest.raises(AssertionError, match=said):
        in_order(tuples)


# All metrics of a record are computed together, so each record is measured once for the tests of all metrics.


@pytest.fixture(scope="module")
def of_uneven(uneven_record):
    return compute(uneven_record)


@pytest.fixture(scope="module")
def of_renewed(renewed_record):
    return compute(renewed_record)


@pytest.fixture(scope="module", params=["empty", "nobody adopts", "one region", "one month", "no technology"])
def values_and_reasons(request, make_record, uneven_record):
    """Of a record that lacks something."""
    record = {
        "empty": make_record(np.zeros((5, 2, 1, 1)), np.zeros((2, 1, 1))),
        "nobody adopts": make_record(np.zeros((25, 2, 1, 1)), [[[10]], [[20]]]),
        "one region": make_record(np.arange(11).reshape(-1, 1, 1, 1), [[[10]]]),
        "one month": make_record([[[[0]], [[0]]], [[[4]], [[9]]]], [[[10]], [[20]]]),
        "no technology": select(uneven_record, np.zeros(4, dtype=bool)),
    }[request.param]
    return compute(record), reasons(record)


@pytest.fixture(scope="module")
def of_read_only(uneven_record):
    """Of a record of which no array can be written to."""
    arrays = {
        field.name: value.copy()
        for field in fields(uneven_record)
        if isinstance(value := getattr(uneven_record, field.name), np.ndarray)
    }
    for array in arrays.values():
        array.flags.writeable = False
    return compute(replace(uneven_record, **arrays))


@pytest.fixture(scope="module")
def of_monthly(uneven_record):
    """Of a record that counts the same enterprises again each month."""
    months = uneven_record.months + 1
    return compute(
        replace(
            uneven_record,
            eligible=np.repeat(uneven_record.eligible, months, axis=0),
            enterprises=np.repeat(uneven_record.enterprises, months),
        )
    )


@pytest.fixture(scope="module")
def of_renamed(uneven_record):
    return compute(
        replace(
            uneven_record,
            scenario="other",
            seed=99,
            regions=("d", "c", "b", "a"),
            industries=("z", "y", "x"),
            technologies=("4", "3", "2", "1"),
        )
    )


@pytest.fixture(scope="module", params=["regions", "industries", "technologies"])
def of_reordered(request, uneven_record):
    record = uneven_record
    r, s, k = np.arange(4), np.arange(3), np.arange(4)
    match request.param:
        case "regions":
            r = np.array([2, 0, 3, 1])
        case "industries":
            s = np.array([1, 2, 0])
        case "technologies":
            k = np.array([3, 1, 0, 2])
    return compute(
        replace(
            record,
            macroregion_of=record.macroregion_of[r],
            environmental=record.environmental[k],
            release_month=record.release_month[k],
            eligible=record.eligible[:, r][:, :, s][..., k],
            adopters=record.adopters[:, r][:, :, s][..., k],
            attribution=record.attribution[r][:, k],
        )
    )


@pytest.fixture(scope="module")
def of_wider(uneven_record):
    """Of a record with one region more, where nobody is eligible."""
    record = uneven_record
    return compute(
        replace(
            record,
            regions=(*record.regions, "nowhere"),
            macroregion_of=np.append(record.macroregion_of, 1),
            eligible=np.concatenate([record.eligible, np.zeros((1, 1, 3, 4), dtype=np.int64)], axis=1),
            adopters=np.concatenate([record.adopters, np.zeros((201, 1, 3, 4), dtype=np.int32)], axis=1),
            attribution=np.concatenate([record.attribution, np.zeros((1, 4, len(Channel)))]),
        )
    )


@pytest.fixture(scope="module")
def of_released_together(uneven_record):
    record = uneven_record
    window = record.months - record.release_month.max()
    together = np.stack(
        [record.adopters[m : m + window + 1, :, :, k] for k, m in enumerate(record.release_month)], axis=-1
    )
    return compute(replace(record, adopters=together, release_month=np.zeros(4, dtype=np.int64)))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
class TestEveryMetric:
    def test_says_what_it_is(self, metric):
        assert metric.unit
        assert metric.reading.endswith(".") and "\n" not in metric.reading
        assert metric.name.endswith("_years") == (metric.unit == "years")
        assert metric.better in {"higher", "lower", None}

    def test_is_a_number_where_regions_differ_and_all_adopt(self, metric, of_uneven):
        assert math.isfinite(of_uneven[metric.name])

    def test_is_nan_exactly_where_there_is_a_reason(self, metric, values_and_reasons):
        values, why = values_and_reasons
        assert math.isnan(values[metric.name]) == (metric.name in why)
        assert why.get(metric.name, "A sentence.").endswith(".")

    def test_writes_to_no_array_of_the_record(self, metric, of_read_only, of_uneven):
        assert of_read_only[metric.name] == of_uneven[metric.name]

    def test_is_a_number_where_enterprises_enter_and_leave(self, metric, of_renewed):
        assert math.isfinite(of_renewed[metric.name])

    def test_does_not_depend_on_how_often_the_same_enterprises_are_counted(
        self, metric, of_monthly, of_uneven
    ):
        assert of_monthly[metric.name] == pytest.approx(of_uneven[metric.name], rel=1e-12, abs=1e-13)

    def test_does_not_depend_on_names(self, metric, of_renamed, of_uneven):
        assert of_renamed[metric.name] == of_uneven[metric.name]

    def test_does_not_depend_on_the_order_of(self, metric, of_reordered, of_uneven):
        assert of_reordered[metric.name] == pytest.approx(of_uneven[metric.name], rel=1e-12, abs=1e-13)

    def test_does_not_notice_a_region_without_eligible_enterprises(self, metric, of_wider, of_uneven):
        assert of_wider[metric.name] == pytest.approx(of_uneven[metric.name], rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("name", [name for name in METRICS if name not in AT_THE_HORIZON])
def test_within_the_window_it_does_not_matter_when_a_technology_was_released(
    name, of_released_together, of_uneven
):
    assert of_released_together[name] == of_uneven[name]


def test_nobody_adopting_is_never_perfectly_synchronized(make_record):
    record = make_record(np.zeros((25, 2, 1, 1)), [[[10]], [[20]]])
    values, why = compute(record), reasons(record)
    for name in COMPARING:
        assert math.isnan(values[name]), name
    assert "0.0% of the eligible have adopted" in why["synchronization"]
    assert "does not reach 50%" in why["t50_years"]
    assert "Nobody adopts" in why["attributed_digital"]
    assert values["regions_below_half"] == 2
    assert values["final_share"] == 0


def test_a_single_region_is_never_perfectly_synchronized(make_record):
    record = make_record(np.arange(11).reshape(-1, 1, 1, 1), [[[10]]])
    values, why = compute(record), reasons(record)
    for name in COMPARING:
        assert math.isnan(values[name]), name
        assert "only one region" in why[name]
    assert values["t50_years"] == pytest.approx(5 / 12)


def test_synchrony_needs_five_percent_of_adopters_at_the_end_of_the_window(make_record):
    adopters = np.zeros((13, 2, 1, 1))
    adopters[6:] = [[[6]], [[3]]]
    assert math.isnan(compute(make_record(adopters, [[[100]], [[100]]]))["phi"])
    adopters[6:] = [[[6]], [[4]]]
    assert math.isfinite(compute(make_record(adopters, [[[100]], [[100]]]))["phi"])


def test_all_adopting_at_once_is_fast_and_leaves_nothing_that_varies(make_record):
    adopters = np.broadcast_to(np.array([[[3, 7]], [[11, 13]]]), (25, 2, 1, 2)).copy()
    adopters[:3] = 0
    record = make_record(adopters, adopters[-1])
    values, why = compute(record), reasons(record)
    assert values["t10_years"] == pytest.approx(2.1 / 12)
    assert values["t50_years"] == pytest.approx(2.5 / 12)
    assert (
        values["t50_sd_years"] == values["t50_range_years"] == values["w1_years"] == values["theil_50"] == 0
    )
    assert "nothing varies" in why["phi"]
    assert "adopt at once" in why["phi_simple"]
    assert "adopt at once" in why["kuramoto"]


def test_a_selection_of_technologies_is_measured_as_if_there_were_no_others(make_record, uneven_record):
    kept = np.array([False, True, False, True])
    alone = make_record(
        uneven_record.adopters[..., kept],
        uneven_record.eligible[..., kept],
        release_month=uneven_record.release_month[kept],
        macroregion_of=uneven_record.macroregion_of,
        members_anywhere=41,
        environmental=np.flatnonzero(uneven_record.environmental[kept]),
    )
    measured, expected = compute(select(uneven_record, kept)), compute(alone)
    assert measured["phi"] != compute(uneven_record)["phi"]
    del measured["member_share"], expected["member_share"]  # of all enterprises, whoever is eligible
    assert measured == expected


def test_a_run_half_way_is_measured_as_if_its_horizon_were_there(uneven_record):
    """Releases are in months 0, 5, 17 and 30; the last two are still to come."""
    so_far = replace(uneven_record, adopters=uneven_record.adopters[:18])
    without_the_late = select(so_far, np.array([0, 1]))
    assert compute(so_far) == pytest.approx(compute(without_the_late), nan_ok=True)
    assert math.isfinite(compute(so_far)["phi"])


def test_a_run_half_way_counts_those_who_are_there_by_then(renewed_record):
    """Month 59 lies in the year in which the second region is empty."""
    so_far = replace(
        renewed_record,
        adopters=renewed_record.adopters[:60],
        eligible=renewed_record.eligible[:60],
        enterprises=renewed_record.enterprises[:60],
    )
    values = compute(so_far)
    assert values["final_share"] == so_far.adopters[59].sum() / so_far.eligible[59].sum()
    assert values["member_share"] == 41 / so_far.enterprises[59]


def test_a_selection_keeps_those_who_were_there_in_each_month(renewed_record):
    kept = select(renewed_record, np.array([3, 1]))
    assert (kept.eligible == renewed_record.eligible[..., [3, 1]]).all()
    assert compute(kept)["final_share"] == pytest.approx(
        renewed_record.adopters[-1, ..., [1, 3]].sum() / renewed_record.eligible[-1, ..., [1, 3]].sum()
    )


def test_where_all_have_left_by_the_horizon_there_is_no_share_at_it(make_record):
    eligible = np.full((25, 2, 1, 1), 10)
    eligible[20:] = 0
    adopters = np.where(eligible > 0, 8, 0)
    owed = {Channel.SPONTANEOUS: 1.0, Channel.NETWORK: 3.0}
    record = make_record(adopters, eligible, environmental=[0], attribution=owed)
    values, why = compute(record), reasons(record)
    for name in ("final_share", "environmental_share"):
        assert why[name] == "No eligible enterprise is present at the horizon."
    assert why["phi"] == "No eligible enterprise is present at the end of the common window."
    assert why["member_share"] == "There is no enterprise."
    assert values["t50_years"] == 0
    assert values["attributed_network"] == 0.75  # what those who have left owed it to


def test_at_the_start_nothing_is_measured_yet(uneven_record):
    why = reasons(replace(uneven_record, adopters=uneven_record.adopters[:1]))
    assert (
        why["phi"]
        == why["t50_years"]
        == why["final_share"]
        == "No technology was released before the horizon."
    )
