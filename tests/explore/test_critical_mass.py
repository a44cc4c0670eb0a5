"""The critical mass of a platform: both branches, their jumps at the place of the mean field, and what runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_worlds import dataset

from simulation.analysis.membership_levels import fold_of
from simulation.engine.month import Engine
from simulation.errors import HyperclusterError
from simulation.explore.critical_mass import (
    NOTHING,
    critical_mass,
    mean_field,
    member_share,
    run_from,
)
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

EDGES = (-3.4151, -2.5849)
"""Values of a between which there are two levels, for b = 6 and c = 0 (section 6, check 8)."""


def large_world(folder: Path, *, enterprises: int, years: float = 200.0) -> Scenario:
    """Return a world of two regions with a platform, c = 0, no technologies and no onboarding."""
    dataset(folder / "large", {"north": enterprises // 2, "south": enterprises // 2})
    file = folder / "large.toml"
    file.write_text(f"""
[time]
years = {years}
[world]
dataset = "large"
network_degree = 2
[technologies]
per_year = {NOTHING}
[membership]
readiness_effect = 0.0
[[platforms]]
name = "national"
vectors = ["B2B"]
""")
    return load_scenario(file)


def rest(spec: Scenario, base: float, *, full: bool) -> float:
    """Return the members at rest at another constant a."""
    rules = spec.membership.model_copy(update={"base": base})
    return member_share(run_from(spec.model_copy(update={"membership": rules}), 1, full=full), 0)


def test_the_mean_field_ends_its_branches_at_the_closed_form() -> None:
    """At an end m (1 - m) = 1 / b, and a + s = ln(m / (1 - m)) - b m; the grid of shares has steps of .002."""
    fold = fold_of(np.ones(1), np.array([0.5]), base=-3.0, network_effect=6.0, readiness_effect=0.0)
    m = 0.5 - np.sqrt(0.25 - 1 / 6) * np.array([-1, 1])
    exact = np.log(m / (1 - m)) - 6 * m
    assert exact == pytest.approx(EDGES, abs=1e-4)
    assert fold.edges() == pytest.approx(exact + 3.0, abs=1e-4)
    without = fold_of(np.ones(1), np.array([0.5]), base=-3.0, network_effect=3.9, readiness_effect=0.0)
    assert without.edges() is None


@pytest.mark.slow
def test_a_large_world_jumps_where_the_mean_field_does(tmp_path: Path) -> None:
    """Near the end of a branch at a distance e in a, the passage takes about 11.7 / sqrt(e) years at a rate of .5, so
    200 years pass it from e = .004 on; the month is 1/24 of the time of a decision, which shifts it by about .012.
    """
    spec = large_world(tmp_path, enterprises=20_000)
    for edge, full in ((EDGES[1], False), (EDGES[0], True)):
        within = 0.03
        below, above = (rest(spec, edge + step, full=full) for step in (-within, within))
        assert below < 0.35
        assert above > 0.65


def test_between_the_jumps_history_decides(tmp_path: Path) -> None:
    spec = large_world(tmp_path, enterprises=4_000, years=60.0)
    empty, full = (rest(spec, -3.0, full=full) for full in (False, True))
    # The levels of check 8; the standard error of a share is .004.
    assert empty == pytest.approx(0.0707, abs=0.016)
    assert full == pytest.approx(0.9293, abs=0.016)


def test_filling_makes_those_who_may_join_members_of_open_platforms_only() -> None:
    spec = load_scenario("hypercluster_hubs_only")
    engine = Engine(spec, 1)
    engine.fill_platforms()
    may_join = (engine.world.platforms.may_join * engine.world.enterprises.counts[None]).sum(axis=2)
    assert np.array_equal(engine.state.members, may_join)
    assert 0 < may_join.sum() < engine.state.mask_of.size
    later = Engine(load_scenario("platform_split"), 1)  # its other platforms open when the first closes
    later.fill_platforms()
    assert 0 < later.levers.is_open.sum() < later.levers.is_open.size
    assert ((later.state.members.sum(axis=1) > 0) == later.levers.is_open).all()


def test_branches_of_a_scenario_and_what_is_said_of_them() -> None:
    spec = load_scenario("hypercluster", overrides=["world.scale=0.2", "time.years=3.0"])
    found = critical_mass(spec, (-1.5, 0.0, 1.5), seeds=(1,), years_to_rest=60.0)
    assert found.at_rest.shape == (2, 3, 1)
    low, middle, high = found.at_rest[:, :, 0].T
    assert low == pytest.approx([low[0]] * 2, abs=0.05)
    assert high == pytest.approx([high[0]] * 2, abs=0.05)
    assert middle[0] < 0.3 < 0.7 < middle[1]
    assert found.jump(0) == (0.0, 1.5)
    assert found.jump(1) == (-1.5, 0.0)
    edges = mean_field(spec, 0, seed=1).edges()
    assert edges is not None
    assert f"(mean field {edges[1]:.2f})" in found.sentence()
    # A full platform brings contact from the first month.
    assert (found.at_horizon[1] >= found.at_horizon[0]).all()
    assert len(found.table()) == 6


def test_a_scenario_without_the_platform_is_refused() -> None:
    with pytest.raises(HyperclusterError, match="has no platform"):
        critical_mass(load_scenario("baseline"), (0.0,))
    with pytest.raises(HyperclusterError, match='no platform "nationl"; did you mean "national"'):
        critical_mass(load_scenario("hypercluster"), (0.0,), platform="nationl")
