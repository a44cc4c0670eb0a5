"""Platforms that close, split, or open again (section 2.2)."""

import numpy as np
import pytest

from simulation.channels import Channel
from simulation.engine.month import Engine
from simulation.errors import ScenarioError
from simulation.scenario.loading import load_scenario, parse_scenario

SMALL = ["world.scale=0.1", "time.years=6", "diffusion.spontaneous=0.01", "membership.base=1"]
WHOLE = '{ name = "whole", vectors = ["B2B", "B2SC", "SC2SC"], institutions = "all", to_year = 3.0 }'


def platforms(*rows):
    return f"platforms=[{', '.join(rows)}]"


def heir(name, **keys):
    more = "".join(f", {key} = {value}" for key, value in keys.items())
    return f'{{ name = "{name}", vectors = ["B2B"], from_year = 3.0, inherits = "whole"{more} }}'


def at_year(years, *rows, extra=()):
    engine = Engine(load_scenario("baseline", overrides=[*SMALL, *extra, platforms(*rows)]), 1)
    while engine.state.month < round(12 * years):
        engine.step()
    return engine


def on(engine, name, mask=None):
    """bool (N,): who is on a platform."""
    bit = np.uint64(engine.world.platforms.names.index(name))
    return ((engine.state.mask_of if mask is None else mask) >> bit) & np.uint64(1) == 1


def opened(engine):
    """Memberships at the start of the month that is to come, before anybody decides."""
    engine._move_levers()
    return engine.state.mask_of.copy()


def test_heirs_take_over_the_members_that_may_join_and_nobody_else():
    volga, urals = heir("volga", macroregions='["Volga"]'), heir("urals", macroregions='["Ural"]')
    engine = at_year(3, WHOLE, volga, urals)
    before = on(engine, "whole")
    assert before.mean() > 0.3
    regions = engine.world.regions
    macroregion = np.array(regions.macroregions)[regions.macroregion_of[engine.world.enterprises.region_of]]
    after = opened(engine)
    assert not on(engine, "whole", after).any()
    np.testing.assert_array_equal(on(engine, "volga", after), before & (macroregion == "Volga"))
    np.testing.assert_array_equal(on(engine, "urals", after), before & (macroregion == "Ural"))


def test_the_counts_of_members_and_adopting_members_follow_the_split():
    engine = at_year(3.5, WHOLE, heir("coal", industries='["coal"]'), heir("all"))
    world, state = engine.world, engine.state
    technology = np.repeat(np.arange(world.shape[2]), np.diff(world.pairs.start))
    adopted = state.adopted_month >= 0
    for h, name in enumerate(world.platforms.names):
        member = on(engine, name)
        np.testing.assert_array_equal(
            state.members[h], np.bincount(world.enterprises.region_of[member], minlength=world.shape[0])
        )
        who = world.pairs.enterprise[adopted]
        counted = np.zeros(world.shape[1:3], dtype=int)
        np.add.at(counted, (world.enterprises.industry_of[who], technology[adopted]), member[who])
        np.testing.assert_array_equal(state.member_adopters[h], counted)


def test_an_heir_without_a_parent_that_has_members_opens_empty_like_any_other():
    plain = '{ name = "late", vectors = ["B2B"], from_year = 3.0 }'
    heir_of_nobody = '{ name = "late", vectors = ["B2B"], from_year = 3.0, inherits = "closed" }'
    closed = '{ name = "closed", vectors = ["B2B"], to_year = 1.0 }'
    one, other = (at_year(6, closed, row) for row in (plain, heir_of_nobody))
    np.testing.assert_array_equal(one.state.mask_of, other.state.mask_of)
    np.testing.assert_array_equal(one.state.adopted_month, other.state.adopted_month)


def test_a_parent_that_goes_on_keeps_its_members():
    whole = WHOLE.replace(", to_year = 3.0", "")
    engine = at_year(3, whole, heir("beside"))
    before = on(engine, "whole")
    after = opened(engine)
    np.testing.assert_array_equal(on(engine, "whole", after), before)
    np.testing.assert_array_equal(on(engine, "beside", after), before)


def test_a_platform_paid_again_after_an_outage_opens_empty():
    paid = "policies=[" + ", ".join(
        f'{{ instrument = "platform_operation", platform = "whole", budget = 150, {years} }}'
        for years in ("to_year = 2", "from_year = 4")
    ) + "]"  # fmt: skip
    engine = at_year(4, WHOLE.replace(", to_year = 3.0", ""), extra=[paid])
    members = engine.recorder.counts.members[:, 0].sum(axis=1)
    assert members[24] > 0
    assert not members[25:49].any()
    assert not opened(engine).any()
    engine.step()
    assert engine.state.members.sum() > 0


def test_a_closed_platform_leaves_no_digital_attribution_after_its_closing():
    """Neither through contact between members, nor through institutions that it brought near."""
    engine = at_year(6, WHOLE)
    digital = engine.state.attribution[:, Channel.DIGITAL]
    month = engine.state.adopted_month
    assert digital[(month > 0) & (month <= 36)].sum() > 1
    assert (month > 36).sum() > 100
    assert (digital[month > 36] == 0).all()


@pytest.mark.parametrize(
    ("inherits", "said"),
    [
        ("hole", 'platforms[1].inherits = "hole": not a platform of this scenario; did you mean "whole"?'),
        ("part", "platforms[1]: a platform cannot inherit its own members"),
    ],
)
def test_an_inheritance_that_cannot_be_meant_is_refused(inherits, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(
            platforms(WHOLE, heir("part")).replace('inherits = "whole"', f'inherits = "{inherits}"')
        )
    assert said in str(caught.value)
