"""Figures of the whole study: paired differences, Phi, Theil's parts, platforms, attribution, money."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle, StepPatch

from simulation.channels import CHANNELS
from simulation.errors import ResultsError
from simulation.figures import StudyCurves
from simulation.figures.channel_attribution import draw as draw_attribution
from simulation.figures.drawing.style import style
from simulation.figures.ledger import draw as draw_ledger
from simulation.figures.paired_differences import SHOWN, difference_of
from simulation.figures.paired_differences import draw as draw_forest
from simulation.figures.phi_over_time import STAGES, phi_at_stages, phi_at_times
from simulation.figures.phi_over_time import draw as draw_phi
from simulation.figures.platform_membership import draw as draw_membership
from simulation.figures.region_map import draw as draw_maps
from simulation.figures.theil_parts import draw as draw_theil

MakeStudy = Callable[..., StudyCurves]


def test_differences_pair_replications_of_one_seed(three: StudyCurves) -> None:
    reference = three.scenarios[0]
    scenario = replace(three.scenarios[2], seeds=tuple(range(4, 16)))
    found = difference_of(scenario, reference, metric="w1_years")
    expected = scenario.metrics["w1_years"][:9] - reference.metrics["w1_years"][3:]
    assert found.difference == pytest.approx(expected.mean())
    assert (found.n, found.pairs) == (9, 15)


def test_the_forest_shows_the_differences_of_the_table(three: StudyCurves) -> None:
    drawn = draw_forest(three, width_mm=190)
    table = drawn.numbers["paired_differences"].set_index(["metric", "scenario"])
    panels = [ax for ax in drawn.figure.axes if ax.get_xlabel()]
    for ax, (metric, (label, factor, decimals)) in zip(panels, SHOWN.items(), strict=True):
        assert ax.get_xlabel() == label
        intervals, marks = ax.lines[1::2], ax.lines[2::2]
        for row, scenario in enumerate(three.scenarios[1:]):
            found = table.loc[(metric, scenario.name)]
            low, high = factor * found["low"], factor * found["high"]
            assert intervals[row].get_xdata() == pytest.approx([low, high])
            assert marks[row].get_xdata() == pytest.approx([factor * found["difference"]])
            words = ax.texts[row].get_text().replace("−", "-")
            written = [float(number) for number in re.findall(r"[-+]?[\d.]+", words)]
            assert written == pytest.approx(
                [factor * found["difference"], low, high], abs=0.5 * 10**-decimals
            )


@pytest.mark.parametrize(
    ("shift", "face"), [(-1.0, "#D55E00"), (0.0, "white"), (1.0, "#D55E00")], ids=["less", "equal", "more"]
)
def test_a_mark_is_filled_where_the_interval_leaves_out_zero(
    three: StudyCurves, shift: float, face: str
) -> None:
    reference, scenario = three.scenarios[0], three.scenarios[2]
    alternating = 0.1 * (-1.0) ** np.arange(12)
    metrics = {**scenario.metrics, "w1_years": reference.metrics["w1_years"] + shift + alternating}
    drawn = draw_forest(
        replace(three, scenarios=(reference, replace(scenario, metrics=metrics))), width_mm=90
    )
    panel = next(ax for ax in drawn.figure.axes if ax.get_xlabel() == "Lag W1, years")
    assert panel.lines[2].get_markerfacecolor() == face


def test_differences_by_rounding_alone_do_not_fill_the_panel(three: StudyCurves) -> None:
    reference = three.scenarios[0]
    nearly = {name: values * (1 + 1e-9) for name, values in reference.metrics.items()}
    study = replace(three, scenarios=(reference, replace(three.scenarios[2], metrics=nearly)))
    drawn = draw_forest(study, width_mm=90)
    with style():
        drawn.figure.draw_without_rendering()
    panels = [ax for ax in drawn.figure.axes if ax.get_xlabel()]
    for ax, (_, _, decimals) in zip(panels, SHOWN.values(), strict=True):
        low, high = ax.get_xlim()
        assert low <= -(10.0**-decimals) and high >= 10.0**-decimals
        assert ax.xaxis.get_offset_text().get_text() == ""
        assert re.fullmatch(r"[-+.0 ,\[\]]+", ax.texts[0].get_text().replace("−", "-"))


def test_one_pair_has_no_interval_and_the_note_says_so(make_study: Callable[..., StudyCurves]) -> None:
    drawn = draw_forest(make_study(seeds=[7]), width_mm=190)
    assert any("one pair, therefore no interval" in text.get_text() for text in drawn.figure.texts)
    numbers = [text.get_text() for ax in drawn.figure.axes for text in ax.texts]
    assert numbers and not any("[" in words for words in numbers)


def test_a_metric_that_no_pair_defines_is_called_undefined(three: StudyCurves) -> None:
    nothing = {**three.scenarios[2].metrics, "theil_50": np.full(12, np.nan)}
    study = replace(three, scenarios=(three.scenarios[0], replace(three.scenarios[2], metrics=nothing)))
    drawn = draw_forest(study, width_mm=190)
    words = [text.get_text() for ax in drawn.figure.axes for text in ax.texts]
    assert words.count("undefined") == 1
    assert len(words) == len(SHOWN)
    assert "Theil index at one half: 0 of 12" in drawn.caption
    both = replace(study, scenarios=(*study.scenarios, three.scenarios[1]))
    assert "Theil index at one half, hypercluster: 0 of 12" in draw_forest(both, width_mm=190).caption


def test_phi_at_a_time_is_the_ratio_of_the_variances_from_five_percent_on(three: StudyCurves) -> None:
    scenario = three.scenarios[0]
    found = phi_at_times(scenario)
    early = scenario.pooled < 0.05
    assert early.any()
    assert np.isnan(found[early]).all()
    ratio = scenario.variance_between / scenario.variance_total
    np.testing.assert_allclose(found[~early], ratio[~early])


def test_phi_at_a_stage_does_not_depend_on_how_fast_the_stage_was_reached(three: StudyCurves) -> None:
    fast = three.scenarios[0]
    later = {
        name: np.repeat(getattr(fast, name), 2, axis=1)[:, :-1]
        for name in ("pooled", "variance_between", "variance_total")
    }
    halves = {
        name: (values + np.hstack([values[:, 1:], values[:, -1:]])) / 2 for name, values in later.items()
    }
    slow = replace(fast, **halves)
    np.testing.assert_allclose(phi_at_stages(slow), phi_at_stages(fast), rtol=1e-9)
    assert np.isfinite(phi_at_stages(fast)[:, 20]).all()


def test_a_stage_is_reached_once_though_the_share_falls_below_it_again(three: StudyCurves) -> None:
    """Enterprises leave after the ninth year, and the variances of later months are of another kind."""
    scenario = three.scenarios[0]
    fallen = {
        name: getattr(scenario, name).copy() for name in ("pooled", "variance_between", "variance_total")
    }
    assert (fallen["pooled"][:, 107] > 0.5).all()
    fallen["pooled"][:, 108:] = 0.3
    fallen["variance_between"][:, 108:] *= 100
    np.testing.assert_array_equal(
        phi_at_stages(replace(scenario, **fallen))[:, STAGES <= 0.5],
        phi_at_stages(scenario)[:, STAGES <= 0.5],
    )


def test_a_stage_that_is_not_reached_has_no_phi(make_study: MakeStudy) -> None:
    scenario = make_study(ceiling=0.5).scenarios[0]
    found = phi_at_stages(scenario)
    assert np.isnan(found[:, STAGES > 0.5]).all()


def test_both_tables_of_phi_are_what_is_drawn(three: StudyCurves) -> None:
    drawn = draw_phi(three, width_mm=190)
    for ax, name in zip(drawn.figure.axes, ("phi_over_time", "phi_at_stages"), strict=True):
        table = drawn.numbers[name]
        for line, scenario in zip(ax.lines, three.scenarios, strict=True):
            rows = table[table["scenario"] == scenario.name]
            np.testing.assert_allclose(line.get_ydata(), rows["median"])


def test_phi_below_zero_stays_inside_the_axes(three: StudyCurves) -> None:
    scenarios = tuple(replace(each, variance_between=-0.01 * each.variance_total) for each in three.scenarios)
    figure = draw_phi(replace(three, scenarios=scenarios), width_mm=190).figure
    for ax in figure.axes:
        assert ax.get_ylim()[0] == pytest.approx(-0.0105)
        assert ax.lines[0].get_ydata()[-1] == pytest.approx(-0.01) or np.isnan(ax.lines[0].get_ydata()[-1])


def test_phi_without_adoption_says_why_it_is_missing(make_study: MakeStudy) -> None:
    figure = draw_phi(make_study(ceiling=0.0), width_mm=190).figure
    words = [text.get_text().replace("\n", " ") for ax in figure.axes for text in ax.texts]
    assert len(words) == 2
    assert all(text.startswith("Φ is undefined: too few have adopted") for text in words)


def test_parts_of_theil_are_means_that_add_up(three: StudyCurves) -> None:
    drawn = draw_theil(three, width_mm=190)
    table = drawn.numbers["theil_parts"]
    np.testing.assert_allclose(table["between"] + table["within"], table["total"])
    first = three.scenarios[0].metrics
    row = table[(table["scenario"] == "baseline") & (table["pooled_share"] == 0.5)].iloc[0]
    assert row["between"] == pytest.approx(first["theil_50_between"].mean())
    assert row["n"] == 12
    # Two bars a scenario, the second where the first ends.
    half = [ax for ax in drawn.figure.axes if ax.get_xlabel()][1]
    assert [bar.get_width() for bar in half.patches[:2]] == pytest.approx([row["between"], row["within"]])
    assert [bar.get_x() for bar in half.patches[:2]] == pytest.approx([0.0, row["between"]])


def test_bars_of_attribution_are_the_mean_shares_and_fill_the_axis(three: StudyCurves) -> None:
    drawn = draw_attribution(three, width_mm=190)
    table = drawn.numbers["channel_attribution"]
    assert tuple(table["channel"][: len(CHANNELS)]) == CHANNELS
    np.testing.assert_allclose(table.groupby("scenario")["mean_share"].sum(), 1.0)
    bars = drawn.figure.axes[0].patches
    np.testing.assert_allclose([bar.get_width() for bar in bars], 100 * table["mean_share"])
    last = bars[len(CHANNELS) - 1]
    assert last.get_x() + last.get_width() == pytest.approx(100.0)


def test_nobody_who_adopted_leaves_no_bar(make_study: MakeStudy) -> None:
    ax = draw_attribution(make_study(ceiling=0.0), width_mm=190).figure.axes[0]
    assert not ax.patches
    assert [text.get_text() for text in ax.texts] == ["no adoptions"] * 3


def test_members_are_shown_in_percent_of_those_who_may_join(three: StudyCurves) -> None:
    drawn = draw_membership(three, width_mm=190)
    table = drawn.numbers["platform_membership"]
    assert set(table["scenario"]) == {"hypercluster"}
    time = next(ax for ax in drawn.figure.axes if ax.get_ylabel() == "Members, %")
    np.testing.assert_allclose(time.lines[-1].get_ydata(), 100 * table["median"])
    assert table["median"].iloc[-1] == pytest.approx(0.9)
    rest = drawn.numbers["platform_membership_fold"]
    assert set(rest["stable"]) == {True, False}
    assert "critical mass" in drawn.caption


def test_members_are_of_those_who_may_join_in_the_month(three: StudyCurves) -> None:
    scenario = three.scenarios[2]
    assert scenario.platforms is not None
    may_join = scenario.platforms.may_join.copy()
    may_join[:, 60:] = 200
    grown = replace(scenario, platforms=replace(scenario.platforms, may_join=may_join))
    study = replace(three, scenarios=(*three.scenarios[:2], grown))
    before, after = (
        draw_membership(each, width_mm=190).numbers["platform_membership"]["median"]
        for each in (three, study)
    )
    np.testing.assert_allclose(after, np.where(np.arange(121) < 60, before, before / 2))
    at_the_end = draw_maps(study, width_mm=190).numbers["region_map"].query("scenario == 'hypercluster'")
    np.testing.assert_allclose(at_the_end["member_share"], 0.45)


def test_each_of_several_platforms_is_shown_in_percent_of_its_own(make_study: MakeStudy) -> None:
    drawn = draw_membership(make_study(["fragmented_platforms"]), width_mm=190)
    last = drawn.numbers["platform_membership"].groupby("platform")["median"].last()
    assert last.tolist() == pytest.approx([0.9] * 6)
    lines = [line for line in drawn.figure.axes[1].lines if len(line.get_xdata()) == 121]
    assert [line.get_ydata()[-1] for line in lines] == pytest.approx([90.0] * 6)


def test_levels_are_left_out_where_readiness_is_unknown(three: StudyCurves) -> None:
    hypercluster = three.scenarios[2]
    assert hypercluster.platforms is not None
    moved = replace(hypercluster, platforms=replace(hypercluster.platforms, readiness=None))
    drawn = draw_membership(replace(three, scenarios=(moved,)), width_mm=190)
    assert "platform_membership_fold" not in drawn.numbers
    words = " ".join(text.get_text() for ax in drawn.figure.axes for text in ax.texts)
    assert "Levels are unknown" in words


def test_bars_of_the_ledger_are_what_was_spent_and_the_line_what_was_planned(three: StudyCurves) -> None:
    drawn = draw_ledger(three, width_mm=190)
    assert set(drawn.numbers["ledger"]["scenario"]) == {"regional_cluster", "hypercluster"}
    for ax in (ax for ax in drawn.figure.axes if ax.get_xlabel()):
        bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
        assert sum(bar.get_height() for bar in bars) == pytest.approx(2 * 10 * 1.4)
        plan = next(patch for patch in ax.patches if isinstance(patch, StepPatch))
        np.testing.assert_allclose(plan.get_data().values, 3.0)
    assert "Without policy: baseline" in drawn.caption


def test_a_small_budget_is_drawn_in_units_and_a_large_one_in_thousands(three: StudyCurves) -> None:
    def labels(share: float) -> list[str]:
        poorer = (
            replace(s, ledger=s.ledger.assign(**{c: s.ledger[c] * share for c in ("planned", "spent")}))
            for s in three.scenarios
        )
        figure = draw_ledger(replace(three, scenarios=tuple(poorer)), width_mm=190).figure
        return [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()]

    assert labels(1.0) == ["Thousand units a year"]
    assert labels(0.1) == ["Units a year"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (draw_ledger, "ledger: no money to show; no policy in baseline"),
        (draw_membership, "platform_membership: no platform to show; no enterprise may join one in baseline"),
        (draw_forest, "paired_differences: it compares scenarios, and only baseline is here"),
    ],
)
def test_a_study_without_the_data_is_told_what_is_missing(
    make_study: MakeStudy, draw: Callable[..., object], message: str
) -> None:
    with pytest.raises(ResultsError, match=message):
        draw(make_study(["baseline"]), width_mm=190)
