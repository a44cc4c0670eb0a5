"""Explanations from real runs of a small world: exact sums, parts that do nothing, the command, and its files."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from explained_scenarios import paid_platform, small_world
from legibility import assert_legible

from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.explain.contributions import (
    COLUMNS,
    LAST,
    LEAD,
    MARGIN,
    PAIR,
    TOGETHER,
    VALUE,
    Contribution,
    contributions,
)
from simulation.explain.study import Explanation
from simulation.figures.drawing.style import style
from simulation.reporting.explanations import pictures, sentences, tables
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario, parse_scenario

SMALL = "".join(
    (
        small_world("Small", years=6),
        "[effects]\nadoption_incentive = 0.0\n",
        paid_platform("B2B", "B2F"),
        "to_year = 3\n",
        '[[policies]]\ninstrument = "cluster_organisation"\nshare = 0.5\n',
        '[[policies]]\ninstrument = "adoption_incentive"\nbudget = 100\n',
        '[[policies]]\ninstrument = "training"\nbudget = 0\n',
    )
)
REPLICATIONS = 2


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("scenario") / "small.toml"
    file.write_text(SMALL)
    return file


@pytest.fixture(scope="module")
def explanation(file: Path) -> Explanation:
    """Without channels, whose runs are those of ``factors``."""
    whole = Explanation.of(load_scenario(file))
    games = tuple(game for game in whole.games if game.name != "channels")
    return Explanation(whole.here, whole.there, games, whole.margins)


@pytest.fixture(scope="module")
def results(explanation: Explanation, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("explanation") / "small"
    return run_batch(explanation.scenarios, REPLICATIONS, out=folder, executor="serial")


@pytest.fixture(scope="module")
def found(explanation: Explanation, results: Results) -> list[Contribution]:
    return contributions(explanation, results.runs(COLUMNS))


def rows(found: list[Contribution], game: str, metric: str, kind: str) -> dict[str, Contribution]:
    return {
        row.part + (f" / {row.partner}" if row.partner else ""): row
        for row in found
        if (row.game, row.metric, row.kind) == (game, metric, kind)
    }


@pytest.mark.parametrize("metric", ["restricted_time_years", "synchronization"])
@pytest.mark.parametrize("game", ["entries_at_own_cost", "entries_at_equal_money", "vectors"])
def test_values_sum_to_the_difference_between_the_scenario_and_no_policy(
    found: list[Contribution], results: Results, game: str, metric: str
):
    values = rows(found, game, metric, VALUE)
    (whole,) = rows(found, game, metric, TOGETHER).values()
    assert {row.n for row in values.values()} == {REPLICATIONS}
    assert math.fsum(row.mean for row in values.values()) == pytest.approx(whole.mean, abs=1e-9)
    assert all(row.low <= row.mean <= row.high for row in values.values())
    means = results.runs(["scenario", metric]).groupby("scenario", observed=True)[metric].mean()
    sign = -1 if metric == "restricted_time_years" else 1
    if game != "vectors":
        assert whole.mean == pytest.approx(sign * (means["small"] - means["no_policy"]), abs=1e-9)


@pytest.mark.parametrize("metric", ["restricted_time_years", "synchronization"])
def test_parts_without_money_or_effect_contribute_nothing(found: list[Contribution], metric: str):
    # An instrument without effect does nothing at its own cost; at equal money it takes money from the others.
    null = {
        "entries_at_own_cost": ["adoption incentive", "training"],
        "entries_at_equal_money": ["training"],
        "vectors": ["B2F"],  # there is no finance
    }
    for game, parts in null.items():
        for kind in (VALUE, LAST):
            values = rows(found, game, metric, kind)
            for part in parts:
                assert values[part].mean == pytest.approx(0, abs=1e-12), (game, part)
            assert any(abs(row.mean) > 1e-3 for row in values.values())
        pairs = rows(found, game, metric, PAIR)
        assert all(
            row.mean == pytest.approx(0, abs=1e-12)
            for name, row in pairs.items()
            if set(name.split(" / ")) & set(parts)
        )


def test_the_lead_is_the_difference_to_the_largest_value(found: list[Contribution]):
    values = rows(found, "entries_at_own_cost", "restricted_time_years", VALUE)
    leads = rows(found, "entries_at_own_cost", "restricted_time_years", LEAD)
    best = max(values.values(), key=lambda row: row.mean)
    assert {row.part for row in leads.values()} == {best.part}
    assert {row.partner for row in leads.values()} == set(values) - {best.part}
    for row in leads.values():
        assert row.mean == pytest.approx(best.mean - values[row.partner].mean)


def test_at_the_margin_an_entry_without_effect_changes_nothing(found: list[Contribution]):
    margins = rows(found, "money", "restricted_time_years", MARGIN)
    assert len(margins) == 6
    assert margins["adoption incentive, +5 %"].mean == margins["adoption incentive, -5 %"].mean == 0.0
    assert margins["adoption incentive, +5 %"].money_pv == pytest.approx(
        -margins["adoption incentive, -5 %"].money_pv
    )
    assert margins["platform onboarding: national, +5 %"].mean > 0.0


def test_tables_name_every_part_and_both_sentences_every_game(
    explanation: Explanation, found: list[Contribution], results: Results
):
    shown = {table.name: table for table in tables(explanation, found, results)}
    assert list(shown) == [
        "entries_at_own_cost",
        "entries_at_own_cost_pairs",
        "entries_at_equal_money",
        "entries_at_equal_money_pairs",
        "vectors",
        "vectors_pairs",
        "money_at_the_margin",
        "places",
    ]
    for game in explanation.games:
        assert {row[0] for row in shown[game.name].rows} == {*game.players, "together"}
    assert len(shown["places"].rows) > 1
    speed, synchronization = sentences(explanation, found)
    assert speed.startswith("Small against No policy, time to adoption saved: ")
    assert synchronization.startswith("Small against No policy, 1 - Phi gained: ")
    for words in (
        "of the entries at own cost",
        "of the entries at equal money",
        "of the interaction vectors",
    ):
        assert words in speed
        assert words in synchronization


@pytest.mark.parametrize("width_mm", [90.0, 190.0])
def test_the_bars_of_a_waterfall_end_where_the_whole_ends(
    explanation: Explanation, found: list[Contribution], width_mm: float
):
    for name, drawn in pictures(explanation, found, width_mm=width_mm):
        assert drawn.figure.get_size_inches()[0] * 25.4 == pytest.approx(width_mm, abs=0.01)
        with style():
            drawn.figure.draw_without_rendering()
        assert_legible(drawn.figure)
        numbers = drawn.numbers[name]
        for _, rows in numbers.groupby("outcome"):
            *parts, whole = rows.itertuples()
            assert whole.part == "together"
            assert whole.start == 0
            assert parts[-1].start + parts[-1].mean == pytest.approx(whole.mean, abs=1e-9)


def test_a_scenario_without_policy_and_platform_is_refused(tmp_path: Path):
    result = CliRunner().invoke(cli, ["explain", "baseline", "--out", str(tmp_path / "study")])
    assert result.exit_code == 2
    assert "there is nothing to explain" in result.output
    assert not (tmp_path / "study").exists()


@pytest.mark.slow
def test_a_game_of_seven_says_how_large_the_error_of_drawing_orders_is(file: Path, tmp_path: Path):
    more = "".join(
        f"""
[[policies]]
instrument = "cluster_organisation"
regions = ["{region}"]
from_year = 3
budget = 20
"""
        for region in ("samara", "tatarstan", "tomsk")
    )
    whole = Explanation.of(parse_scenario(SMALL + more), orders=14, each=True)
    game = whole.games[0]
    assert (len(game.players), len(game.blocks)) == (7, 2)
    alone = Explanation(whole.here, whole.there, (game,), ())
    results = run_batch(alone.scenarios, 2, out=tmp_path / "seven", executor="serial")
    found = contributions(alone, results.runs(COLUMNS))
    values = rows(found, game.name, "restricted_time_years", VALUE)
    (whole_effect,) = rows(found, game.name, "restricted_time_years", TOGETHER).values()
    assert math.fsum(row.mean for row in values.values()) == pytest.approx(whole_effect.mean, abs=1e-9)
    assert values["cluster organisation"].sampling_error > 0
    assert values["training"].mean == pytest.approx(0, abs=1e-12)
    assert "drawing them adds standard errors" in tables(alone, found, results)[0].note


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_and_ends_with_the_same_numbers(tmp_path: Path):
    file = tmp_path / "one_entry.toml"
    file.write_text("[[policies]]".join(SMALL.split("[[policies]]")[:3]))  # operation and onboarding
    command = [sys.executable, "-m", "simulation", "explain", str(file), "--replications", "2"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(
        [*command, "--workers", "2", "--out", str(killed)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline and len(list(killed.glob("parts/*"))) < 3:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    there = len(Results(killed).runs(["scenario"]))
    rest = subprocess.run(
        [*command, "--workers", "2", "--out", str(killed)], capture_output=True, text=True, check=True
    )
    assert there > 0
    assert f"{there} kept from before" in rest.stderr
    result = CliRunner().invoke(cli, [*command[3:], "--workers", "1", "--out", str(whole)])
    assert result.exit_code == 0, result.output
    assert (killed / "explain.csv").read_bytes() == (whole / "explain.csv").read_bytes()
    assert len(pd.read_csv(whole / "explain.csv")["game"].unique()) == 5
    ruled = [line for line in result.output.splitlines() if "─" in line or re.search(r"\[[+-]?\d", line)]
    assert ruled
    assert max(map(len, ruled)) <= 80
