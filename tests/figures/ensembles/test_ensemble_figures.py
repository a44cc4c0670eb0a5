"""The figures of a sample of worlds: what they show of constructed ensembles, and that it can be read."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from legibility import assert_legible, texts
from matplotlib.patches import Rectangle
from small_ensembles import small_ensemble

from simulation.errors import ResultsError
from simulation.explore.answers import FEWEST, Answers, answers_from
from simulation.explore.ensemble import AS_DESIGNED
from simulation.explore.outcomes import Ensemble
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_AFFORDABLE, NOT_SHOWN, SHOWN
from simulation.explore.running import Size, run_ensemble
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.figures import Drawn
from simulation.figures.drawing.style import style
from simulation.figures.ensembles import outcomes, rules, what_decides, write_ensemble_figures
from simulation.results.own_files import on_record
from simulation.results.tables import ENDING, RAN

SEEDS = 2
UNFILTERED = 60
PATTERNS = ("t50_of_all", "spread_of_10_percent_dates")
FIGURES = {"outcomes": outcomes.draw, "what_decides": what_decides.draw, "rules": rules.draw}
PARAMETERS = (
    Parameter("diffusion.half_distance_km", ("diffusion.half_distance_km",), "log", 50.0, 529.0, unit="km"),
    Parameter("costs.platform_onboarding", ("costs.platform_onboarding",), "linear", 1.0, 9.0),
    Parameter("world.readiness_factor", ("world.digital_readiness",), "linear", 0.3, 1.2),
    Parameter("diffusion.contacts", ("diffusion.contacts",), "values", values=("near", "far")),
    Parameter("budget.per_year", ("budget.per_year",), "linear", 1.0, 2.0),
)

figures = pytest.mark.parametrize("name", FIGURES)
widths = pytest.mark.parametrize("width_mm", [90.0, 190.0])


def many_worlds(
    points: int = 240,
    *,
    scenarios: tuple[str, ...] = ("hypercluster",),
    patterns: tuple[str, ...] = PATTERNS,
    designed: bool = True,
    planned: int | None = None,
) -> Ensemble:
    """Return an ensemble in which speed is decided by the readiness factor, then by the cost of onboarding.

    Plans with the highest costs are not affordable. The first pattern keeps worlds of a short half distance.
    """
    draw = np.random.default_rng(1)
    places = draw.random((points, len(PARAMETERS)))
    distance, onboarding, readiness, _, _ = places.T
    shown = {
        name: (distance < 0.6 if n == 0 else draw.random(points) < 0.8) for n, name in enumerate(patterns)
    }
    kept = np.logical_and.reduce(list(shown.values())) if shown else np.ones(points, dtype=bool)
    point = np.repeat(np.flatnonzero(kept | (np.arange(points) < UNFILTERED)), SEEDS)
    front = {"point": point, "replication": point * SEEDS + np.tile(np.arange(SEEDS), point.size // SEEDS)}
    rows = []
    for end in ("", AS_DESIGNED) if designed else ("",):
        rows.append({"scenario": f"hubs{end}", ENDING: RAN, SPEED: 10.0, SYNCHRONIZATION: 0.5, **front})
        for scenario in scenarios:
            costly = (onboarding[point] > 0.9) & (end == "")
            sooner = 2 * readiness[point] - 0.8 - (onboarding[point] if end == "" else 0.4)
            rows.append(
                {
                    "scenario": f"{scenario}{end}",
                    ENDING: np.where(costly, NOT_AFFORDABLE, RAN),
                    SPEED: np.where(costly, np.nan, 10 - sooner + 0.1 * draw.standard_normal(point.size)),
                    SYNCHRONIZATION: np.where(costly, np.nan, 0.5 - 0.1 * (distance[point] - 0.2)),
                    **front,
                }
            )
    return Ensemble(
        reference="hubs",
        scenarios=scenarios,
        titles={"hubs": "Hub clusters"} | {name: name.capitalize() for name in scenarios},
        parameters=PARAMETERS,
        design=pd.DataFrame(
            {
                parameter.name: [parameter.value_at(place) for place in places[:, n]]
                for n, parameter in enumerate(PARAMETERS)
            }
        ),
        runs=pd.concat([pd.DataFrame(row) for row in rows], ignore_index=True),
        baseline=pd.DataFrame(
            {
                ENDING: np.where(kept, RAN, NOT_SHOWN),
                **{SHOWN + name: values.astype(float) for name, values in shown.items()},
            },
            index=pd.Index(range(points), name="point"),
        ),
        checks=dict.fromkeys(patterns, 1.0),
        bounds=dict.fromkeys(patterns, (0.0, 1.0)),
        margin={SPEED: 0.1, SYNCHRONIZATION: 0.01},
        is_sample=True,
        filtered=bool(patterns),
        unfiltered=UNFILTERED,
        planned=points if planned is None else planned,
        finished=planned is None,
    )


@cache
def answers(
    scenarios: tuple[str, ...] = ("hypercluster",), planned: int | None = None, *, plain: bool = False
) -> Answers:
    """Return the answers of many worlds; plain ones without patterns and without scenarios as designed."""
    patterns = () if plain else PATTERNS
    return answers_from(
        many_worlds(scenarios=scenarios, planned=planned, patterns=patterns, designed=not plain)
    )


def draw(name: str, found: Answers, *, width_mm: float) -> Drawn:
    drawn = FIGURES[name](found, width_mm=width_mm)
    with style():
        drawn.figure.draw_without_rendering()
    assert drawn.figure.get_size_inches()[0] * 25.4 == pytest.approx(width_mm, abs=0.01)
    return drawn


def words(drawn: Drawn) -> list[str]:
    return [text.get_text() for text in texts(drawn)]


@figures
@widths
def test_no_text_is_small_cut_or_covered(name: str, width_mm: float) -> None:
    assert_legible(draw(name, answers(), width_mm=width_mm))


@figures
@pytest.mark.parametrize("plain", [False, True])
def test_several_scenarios_without_patterns_can_be_read_too(name: str, plain: bool) -> None:
    drawn = draw(name, answers(("hypercluster", "mixed"), plain=plain), width_mm=90)
    assert_legible(drawn)
    assert set(drawn.numbers[name]["scenario"]) == {"hypercluster", "mixed"}
    assert any("Mixed" in text for text in words(drawn)), "scenarios have their titles"


@figures
def test_note_and_caption_say_how_many_worlds_and_that_shares_are_no_probabilities(name: str) -> None:
    found = answers()
    drawn = draw(name, found, width_mm=190)
    for text in (" ".join(words(drawn)), drawn.caption):
        assert (
            f"{found.kept} of 240 worlds drawn from our ranges, in which the baseline shows the patterns"
            in text
        )
        assert "not probabilities" in text
        assert "Provisional" not in text


@figures
def test_what_is_not_finished_is_marked_as_provisional(name: str) -> None:
    drawn = draw(name, answers(planned=4096), width_mm=190)
    for text in (" ".join(words(drawn)), drawn.caption):
        assert "Provisional, 240 of 4,096 points so far" in text


@figures
def test_too_few_worlds_are_told_and_not_drawn(name: str) -> None:
    few = answers_from(many_worlds(FEWEST + 10))
    assert 0 < few.kept < FEWEST
    with pytest.raises(ResultsError, match=f"fewer than {FEWEST} worlds show the patterns .*; compute more"):
        FIGURES[name](few, width_mm=90)


def test_bars_are_the_shares_of_the_leading_filter_and_fill_the_axis() -> None:
    found = answers()
    ax = draw("outcomes", found, width_mm=190).figure.axes[0]
    bars: dict[float, list[Rectangle]] = {}
    for bar in (patch for patch in ax.patches if isinstance(patch, Rectangle)):
        bars.setdefault(bar.get_y(), []).append(bar)
    leading = found.shares.query(
        "filter == 'all patterns' and measure == 'speed' and policies == 'uncertain' and outcome == 'ahead'"
    ).set_index("kind")["share"]
    first, second, *_ = (bars[y] for y in sorted(bars))
    assert first[0].get_width() == pytest.approx(100 * leading["pairs"])
    assert second[0].get_width() == pytest.approx(100 * leading["worlds"])
    for row in bars.values():
        assert sum(bar.get_width() for bar in row) == pytest.approx(100, abs=0.01)
    texts = [text.get_text() for text in ax.texts]
    assert f"{100 * leading['worlds']:.0f}" in texts


def test_every_filter_has_a_row_with_the_share_ahead_of_both_kinds_of_policies() -> None:
    found = answers()
    ax = draw("outcomes", found, width_mm=190).figure.axes[3]
    marks = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "None"]
    ahead = found.shares.query("kind == 'worlds' and outcome == 'ahead' and measure == 'speed'")
    assert sorted(marks) == pytest.approx(sorted(100 * ahead["share"]))
    assert len(marks) == 2 * (2 + 2 * len(PATTERNS))


def test_the_inputs_that_decide_come_first_and_those_that_patterns_moved_have_an_arrow() -> None:
    found = answers()
    drawn = draw("what_decides", found, width_mm=190)
    speed = drawn.numbers["what_decides"].query("measure == 'speed' and policies == 'uncertain'")
    assert list(speed["input"][:2]) == ["world.readiness_factor", "costs.platform_onboarding"]
    written = words(drawn)
    assert written.index("readiness factor") < written.index("platform onboarding, cost")
    row = written.index("half distance")
    assert written[row + 1] == what_decides.MOVED_DOWN
    assert written[written.index("budget per year") + 1] != what_decides.MOVED_DOWN


def test_an_input_like_chance_is_named_in_grey() -> None:
    drawn = draw("what_decides", answers(), width_mm=190)
    table = drawn.numbers["what_decides"].query("policies == 'uncertain'")
    clear = (table["share"] > table["share_dummy"]).tolist()
    assert len(set(clear)) == 2, "of some inputs chance is no explanation, of some it is"
    names = {"half distance", "platform onboarding, cost", "readiness factor", "budget per year"}
    names.add("diffusion contacts")
    colours = [text.get_color() for text in texts(drawn) if text.get_text() in names]
    assert [colour != what_decides.CHANCE_INK for colour in colours] == clear


def test_figures_are_written_beside_the_runs_and_are_on_the_record(tmp_path: Path) -> None:
    results = run_ensemble(small_ensemble(), Size(2), out=tmp_path / "out", executor="serial")
    written = write_ensemble_figures(results, answers=answers(plain=True))
    names = {path.relative_to(results.path).as_posix() for path in written}
    assert names == {f"figures/{name}.{suffix}" for name in FIGURES for suffix in ("png", "pdf", "csv", "md")}
    assert names <= set(on_record(results.path))
    with pytest.raises(ResultsError, match="fewer than 20 worlds"):
        write_ensemble_figures(results)


@pytest.mark.slow
def test_a_grid_of_two_parameters_has_a_regime_map(tmp_path: Path) -> None:
    grid = small_ensemble(design="grid", levels=2, patterns="none")
    results = run_ensemble(grid, Size(4), out=tmp_path / "out", executor="serial")
    written = {path.name for path in write_ensemble_figures(results)}
    assert written == {f"regime_map.{suffix}" for suffix in ("png", "pdf", "csv", "md")}


def test_each_rule_has_its_share_its_interval_and_the_share_in_all_worlds() -> None:
    found = answers()
    drawn = draw("rules", found, width_mm=140)
    table = found.rule_table
    assert set(table["measure"]) == {"speed", "synchronization"}
    for ax, (_, part) in zip(drawn.figure.axes, table.groupby("measure", sort=False), strict=True):
        marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() != "None"]
        assert marks == pytest.approx((100 * part["density"]).tolist())
        ends = [line.get_xdata() for line in ax.lines if len(set(line.get_xdata())) == 2]
        assert np.array(ends) == pytest.approx(100 * part[["density_low", "density_high"]].to_numpy())
        assert ax.lines[-1].get_xdata()[0] == pytest.approx(100 * part["base_rate"].iloc[0])
        assert [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()] == part[
            "where"
        ].tolist()
    assert any("world.readiness_factor below" in text for text in words(drawn))


def test_without_rules_there_is_no_figure_of_them() -> None:
    found = replace(answers(), rule_table=pd.DataFrame())
    with pytest.raises(ResultsError, match="no rule sets worlds apart"):
        rules.draw(found, width_mm=90)
