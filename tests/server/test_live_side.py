"""A side that is looked at month by month is the replication of the command line, bit for bit."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from page import Block, blocks_of

from simulation import HyperclusterModel, metrics
from simulation.channels import CHANNELS
from simulation.data.outlines import OUTLINES
from simulation.data.template import write_template
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.server.protocol.frames import frame
from simulation.server.sides.live_side import LiveSide, needed_bytes
from simulation.server.sides.side import SHOWN

TIMELESS = math.inf
TURNOVER = ("turnover.entry=0.08", "turnover.exit=0.1")
SMALL = """
[time]
years = 3
[world]
scale = {scale}
[diffusion]
spontaneous = 0.05
[technologies]
release = "at_start"
"""


def block_of(side: LiveSide, first: int, months: int, *, until: float = TIMELESS) -> Block | None:
    data = side.frames(0, first, months, until=until)
    return None if data is None else blocks_of(frame(0, [data]))[1]["a"]


def test_frames_hold_what_the_replication_leaves_whatever_months_are_asked_for() -> None:
    spec = load_scenario("mixed")
    record = simulate(spec, 2)
    side = LiveSide(spec, 2)
    for first, months in ((0, 1), (1, 3), (40, 20), (10, 5), (170, 71)):
        block = block_of(side, first, months)
        assert block is not None
        rows = slice(first, first + months)
        np.testing.assert_array_equal(block.adopters, record.adopters[rows].sum(axis=2))
        np.testing.assert_array_equal(block.members, record.members[rows])
        np.testing.assert_array_equal(block.members_anywhere, record.members_anywhere[rows])
    np.testing.assert_array_equal(side.record().adopters, record.adopters)
    assert block.attribution[-1] == pytest.approx(record.attribution.sum(axis=0), rel=1e-9, abs=1e-9)


def test_where_enterprises_enter_and_leave_frames_hold_who_is_there() -> None:
    spec = load_scenario("mixed", overrides=[*TURNOVER, "world.scale=0.2"])
    record = simulate(spec, 2)
    side = LiveSide(spec, 2)
    world = side.world()
    assert world["eligible"] == record.eligible[0].sum(axis=1).tolist()
    assert world["may_join"] == record.may_join[0].tolist()
    assert world["enterprises"] == sum(r["enterprises"] for r in world["regions"]) == record.enterprises[0]
    for first, months in ((0, 1), (1, 30), (20, 5), (31, 300)):
        block = block_of(side, first, months)
        assert block is not None
        rows = slice(first, first + block.months)
        np.testing.assert_array_equal(block.adopters, record.adopters[rows].sum(axis=2))
        np.testing.assert_array_equal(block.eligible, record.eligible[rows].sum(axis=2))
        np.testing.assert_array_equal(block.may_join, record.may_join[rows])
        np.testing.assert_array_equal(block.enterprises.sum(axis=1), record.enterprises[rows])
    assert (block.adopters.sum(axis=1) < block.eligible.sum(axis=1)).any()
    found, expected = side.series(240, [], until=TIMELESS), metrics.compute(record)
    assert found is not None
    assert {name: found["metrics"][name]["value"] for name in SHOWN} == {
        name: None if math.isnan(expected[name]) else expected[name] for name in SHOWN
    }


def test_every_adoption_is_attributed_to_the_channels_once() -> None:
    block = block_of(LiveSide(load_scenario("hypercluster"), 1), 100, 2)
    assert block is not None
    assert block.attribution.sum(axis=2) == pytest.approx(block.adopters.sum(axis=1), abs=1e-6)


@pytest.mark.parametrize("overrides", [(), TURNOVER])
def test_it_does_not_matter_how_many_months_are_simulated_in_one_call(overrides: tuple[str, ...]) -> None:
    spec = load_scenario("hypercluster", overrides=["time.years=6", "world.scale=0.2", *overrides])
    one_by_one, at_once = LiveSide(spec, 1), LiveSide(spec, 1)
    for month in range(1, 73):
        one_by_one.advance(month, until=0.0)
        one_by_one.note()
    at_once.advance(72, until=TIMELESS)
    at_once.note()
    assert one_by_one.history.month == at_once.history.month == 72
    for name in ("adopters", "members", "attribution", "eligible", "enterprises"):
        found, expected = (getattr(side.history, name) for side in (at_once, one_by_one))
        np.testing.assert_array_equal(found, expected, name)


def test_without_time_a_side_comes_one_month_nearer_at_each_call() -> None:
    side = LiveSide(parse_scenario(SMALL.format(scale=0.05)), 1)
    assert [block_of(side, 4, 1, until=0.0) is None for _ in range(4)] == [True, True, True, False]
    block = block_of(side, 5, 30, until=0.0)
    assert block is not None and block.months == 1


def test_beyond_the_horizon_there_are_no_months() -> None:
    side = LiveSide(parse_scenario(SMALL.format(scale=0.05)), 1)
    last, beyond, far_beyond = (block_of(side, first, 5) for first in (36, 37, 500))
    assert last is not None and last.months == 1
    assert beyond is not None and beyond.months == 0
    assert far_beyond is not None and far_beyond.months == 0


def test_looking_into_the_present_changes_nothing_of_the_future() -> None:
    spec = load_scenario("hypercluster")
    side = LiveSide(spec, 1)
    for month in (0, 1, 24, 25, 60):
        side.advance(month, until=TIMELESS)
        for kind, row in (("region", 3), ("enterprise", 1000), ("institution", 7)):
            assert side.inspect(kind, row, month, until=TIMELESS) is not None
    side.advance(240, until=TIMELESS)
    np.testing.assert_array_equal(side.record().adopters, simulate(spec, 1).adopters)


def test_the_past_is_what_the_present_was() -> None:
    side = LiveSide(load_scenario("mixed"), 4)
    side.advance(70, until=TIMELESS)
    present = {k: side.inspect(k, 5, 70, until=TIMELESS) for k in ("region", "enterprise", "institution")}
    side.advance(90, until=TIMELESS)
    for kind, expected in present.items():
        calls = 0
        while (found := side.inspect(kind, 5, 70, until=0.0)) is None:
            calls += 1
        assert found == expected
        assert calls == 69, "a slice is a month where there is no time"


def test_who_looks_back_further_before_an_answer_came_sees_that_month() -> None:
    side = LiveSide(load_scenario("mixed"), 4)
    side.advance(90, until=TIMELESS)
    for _ in range(40):
        assert side.inspect("region", 5, 70, until=0.0) is None
    asked = side.inspect("region", 5, 12, until=TIMELESS)
    assert asked == LiveSide(load_scenario("mixed"), 4).inspect("region", 5, 12, until=TIMELESS)


def test_an_enterprise_in_the_inspector_is_that_of_the_mesa_model() -> None:
    spec = load_scenario("hypercluster")
    model = HyperclusterModel(spec, rng=1)
    for _ in range(60):
        model.step()
    found = LiveSide(spec, 1).inspect("enterprise", 700, 60, until=TIMELESS)
    assert found is not None
    agent = model.enterprise(700)
    names = model.world.technologies.names
    assert found["absorptive_capacity"] == agent.absorptive_capacity
    assert tuple(found["platforms"]) == agent.platforms
    assert [p["row"] for p in found["partners"]] == [p.row for p in agent.partners]
    assert [p["adoptions"] for p in found["partners"]] == [p.adoptions for p in agent.partners]
    assert {names[t["row"]] for t in found["technologies"]} == {n for n in names if agent.eligible(n)}
    can_adopt = 0
    for technology in found["technologies"]:
        name = names[technology["row"]]
        assert technology["adopted"] == agent.adoption_month(name)
        if technology["attribution"] is not None:
            assert dict(zip(CHANNELS, technology["attribution"], strict=True)) == agent.attribution(name)
        if technology["hazard"] is not None:
            can_adopt += 1
            assert dict(zip(CHANNELS, technology["hazard"], strict=True)) == agent.hazard(name)
    assert can_adopt


def test_a_region_in_the_inspector_adds_up() -> None:
    spec = load_scenario("hypercluster")
    engine = Engine(spec, 1)
    for _ in range(80):
        engine.step()
    side = LiveSide(spec, 1)
    side.advance(80, until=TIMELESS)
    enterprises = engine.world.enterprises
    for row in range(len(engine.world.regions.ids)):
        found = side.inspect("region", row, 80, until=TIMELESS)
        assert found is not None
        adoptions = sum(industry["adoptions"] for industry in found["industries"])
        assert adoptions == engine.state.adopters[row].sum()
        assert sum(found["attribution"]) == pytest.approx(adoptions)
        assert found["members"][0]["members"] == sum(i["members"][0] for i in found["industries"])
        here = np.flatnonzero(enterprises.region_of == row)
        for s, industry in enumerate(found["industries"]):
            rows = here[enterprises.industry_of[here] == s]
            assert industry["enterprises"] == rows.size
            assert industry["first"] == (rows[0] if rows.size else None)
        for at, enterprise in enumerate(here.tolist()):
            if at % 100 == 0 or enterprise == here[-1]:
                shown = side.inspect("enterprise", enterprise, 80, until=TIMELESS)
                assert shown is not None
                assert shown["previous"] == (enterprise - 1 if at else None)
                assert shown["next"] == (enterprise + 1 if enterprise < here[-1] else None)


def test_who_is_not_there_has_no_partners_platforms_or_hazards_and_is_passed_over() -> None:
    spec = load_scenario("hypercluster", overrides=[*TURNOVER])
    engine, side = Engine(spec, 1), LiveSide(spec, 1)
    while engine.state.month < 100:
        engine.step()
    side.advance(100, until=TIMELESS)
    enterprises = engine.world.enterprises
    found = {
        row: side.inspect("enterprise", row, 100, until=TIMELESS)
        for row in np.flatnonzero(enterprises.region_of == 1)[:150].tolist()
    }
    assert {row for row, shown in found.items() if shown["present"]} == {
        row for row in found if enterprises.present[row]
    }
    gone = [shown for shown in found.values() if shown["to_month"] <= 96]
    to_come = [shown for shown in found.values() if shown["from_month"] > 96]
    entered = [shown for shown in found.values() if shown["present"] and shown["from_month"] > 0]
    assert gone and to_come and entered
    assert {shown["from_month"] % 12 for shown in entered} == {0}
    assert any(shown["partners"] for shown in entered)
    for absent in (*gone, *to_come):
        assert not absent["present"] and not absent["partners"] and not absent["platforms"]
        assert not any(technology["hazard"] for technology in absent["technologies"])
    assert any(technology["adopted"] is not None for shown in gone for technology in shown["technologies"])
    seen, row = [], min(row for row, shown in found.items() if shown["present"])
    while row in found:
        seen.append(row)
        row = found[row]["next"]
    assert seen == sorted(row for row, shown in found.items() if shown["present"])


def test_the_numbers_of_a_region_are_those_of_the_month_looked_at() -> None:
    spec = load_scenario("hypercluster", overrides=[*TURNOVER])
    record, side = simulate(spec, 1), LiveSide(spec, 1)
    side.advance(100, until=TIMELESS)
    released = record.release_month < 100
    for row in range(len(record.regions)):
        found = side.inspect("region", row, 100, until=TIMELESS)
        assert found is not None
        for s, industry in enumerate(found["industries"]):
            assert industry["eligible"] == record.eligible[100, row, s, released].sum()
            assert industry["adoptions"] == record.adopters[100, row, s].sum()
        assert found["members"][0]["may_join"] == record.may_join[100, 0, row]
        assert sum(found["attribution"]) > record.adopters[100, row].sum(), (
            "owed is what those who left adopted, too"
        )


def test_a_region_shows_the_prices_that_its_industries_follow() -> None:
    spec = load_scenario("price_cycle", overrides=["world.scale=0.05"])
    world, side = Engine(spec, 1).world, LiveSide(spec, 1)
    shown = {}
    for month in (0, 100, 240):
        for name in ("kemerovo", "komi"):
            found = side.inspect("region", world.regions.ids.index(name), month, until=TIMELESS)
            assert found is not None
            shown[name, month] = found["prices"]
        assert shown["komi", month] == {}
        assert shown["kemerovo", month] == {"coal": math.exp(world.commodities.log_price[month, 0])}
    assert shown["kemerovo", 0] == {"coal": 1.0} != shown["kemerovo", 100] != shown["kemerovo", 240]


def test_absorptive_capacity_is_shown_as_training_and_out_migration_have_left_it() -> None:
    text = (
        SMALL.format(scale=0.05)
        + """
    [migration]
    rate = 0.1
    [[policies]]
    instrument = "training"
    budget = 1000.0
    """
    )
    spec = parse_scenario(text)
    engine = Engine(spec, 1)
    for _ in range(20):
        engine.step()
    found = LiveSide(spec, 1).inspect("enterprise", 5, 20, until=TIMELESS)
    assert found is not None
    left = float(engine.state.capacity_left[found["region"]])
    assert 0 < left < 1
    assert found["absorptive_capacity_now"] == pytest.approx(found["absorptive_capacity"] * 1.25 * left)


@pytest.mark.parametrize(
    ("kind", "row", "month"), [("region", 15, 0), ("enterprise", 10**6, 0), ("institution", 0, 999)]
)
def test_what_is_not_there_is_told(kind: str, row: int, month: int) -> None:
    side = LiveSide(parse_scenario(SMALL.format(scale=0.05)), 1)
    with pytest.raises(HyperclusterError, match="there is no"):
        side.inspect(kind, row, month, until=TIMELESS)
    with pytest.raises(HyperclusterError, match="there is no month 37"):
        side.series(37, [], until=TIMELESS)
    with pytest.raises(HyperclusterError, match="there is no technology 22"):
        side.series(3, [22], until=TIMELESS)


def test_series_are_the_metrics_of_the_command_line_at_the_horizon() -> None:
    spec = load_scenario("regional_cluster")
    side = LiveSide(spec, 1)
    found = side.series(240, [], until=TIMELESS)
    assert found is not None
    model = HyperclusterModel(spec, rng=1)
    model.run_for(240)
    expected = model.result().metrics
    assert {name: found["metrics"][name]["value"] for name in SHOWN} == {
        name: None if math.isnan(expected[name]) else expected[name] for name in SHOWN
    }
    assert all(m["reason"] for m in found["metrics"].values() if m["value"] is None)
    for name in ("phi", "w1_years", "t50_years"):
        assert found["so_far"][name][-1] == pytest.approx(expected[name], rel=1e-10)
        assert len(found["so_far"][name]) == 241
    assert len(found["pooled"]) == len(found["years"])
    assert np.shape(found["regional"]) == (15, len(found["years"]))


def test_before_anything_is_released_there_are_no_curves_but_reasons() -> None:
    found = LiveSide(load_scenario("baseline"), 1).series(0, [], until=TIMELESS)
    assert found is not None
    assert found["pooled"] == []
    assert all(m["value"] is None and m["reason"] for m in found["metrics"].values())


def test_money_to_date_ends_at_the_ledger() -> None:
    spec = load_scenario("mixed")
    ledger = Engine(spec, 1).record().ledger
    for policy in LiveSide(spec, 1).world()["policies"]:
        rows = ledger[ledger["policy"] == policy["label"]]
        for column in ("planned", "spent"):
            assert len(policy[column]) == 241
            assert policy[column][-1] == pytest.approx(rows[column].sum())
            years = rows.groupby("year")[column].sum().cumsum()
            assert policy[column][12::12][len(years) - 1] == pytest.approx(years.iloc[-1])


@pytest.mark.parametrize("turnover", ["", "[turnover]\nexit = 0.1", "[turnover]\nentry = 0.5\nexit = 0.5"])
@pytest.mark.parametrize("scale", [0.2, 1.0])
def test_the_estimate_of_memory_is_neither_short_nor_wild(scale: float, turnover: str) -> None:
    spec = parse_scenario(SMALL.format(scale=scale) + turnover)
    side = LiveSide(spec, 1)
    side.advance(30, until=TIMELESS)
    held = size_of(side, set())
    assert held <= needed_bytes(spec) <= 3 * held


def test_a_side_takes_a_megabyte_beyond_its_model() -> None:
    spec = load_scenario("hypercluster")
    counted: set[int] = set()
    side = LiveSide(spec, 1)
    model = size_of(side._engine, counted)
    beyond = size_of(side, counted)
    assert model > 8e6
    assert beyond < 1e6, "a session has two sides, and at most 6 MB for all that is not the model"


def size_of(thing: object, counted: set[int]) -> int:
    """Bytes of all arrays that hang on something and have not been counted yet."""
    if id(thing) in counted:
        return 0
    counted.add(id(thing))
    if isinstance(thing, np.ndarray):  # a view has no bytes of its own
        return size_of(thing.base, counted) if isinstance(thing.base, np.ndarray) else thing.nbytes
    inside: list[object] = []
    if isinstance(thing, list | tuple):
        inside += thing
    elif isinstance(thing, dict):
        inside += thing.values()
    inside += getattr(thing, "__dict__", {}).values() if not isinstance(thing, type) else []
    inside += [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())]
    return sum(size_of(part, counted) for part in inside)


def test_a_map_says_why_it_has_no_outlines_until_their_file_is_mended(tmp_path: Path) -> None:
    write_template(tmp_path / "land")
    outlines = tmp_path / "land" / OUTLINES
    side = LiveSide(parse_scenario('[world]\ndataset = "land"\n', file=tmp_path / "own.toml"), 1)
    for damaged in ("", "{", '{"features": 7}', '{"features": [{"properties": {}}]}'):
        outlines.write_text(damaged, encoding="utf-8")
        described = side.map()
        assert str(outlines) in described["fault"]
        assert described["regions"] == [[], []] and described["surroundings"] == []
    ring = [[0, 50], [9, 50], [9, 59], [0, 50]]
    shape = {"properties": {"region_id": "north"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    outlines.write_text(json.dumps({"features": [shape]}), encoding="utf-8")
    mended = side.map()
    assert mended["fault"] == "" and [len(rings) for rings in mended["regions"]] == [1, 0]
