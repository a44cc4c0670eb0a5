"""Processing chains: who pulls whom, where, and how strongly (section 13.2)."""

import math

import numpy as np
import pytest
from small_worlds import dataset, plain_scenario

from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.mechanisms.chains import demand_pull
from simulation.scenario.loading import load_scenario, parse_scenario

SMALL = ["world.scale=0.05", "time.years=6", "diffusion.spontaneous=0.01", "budget.per_year=1e6"]
LEADS = np.array([[[0, 0, 0], [1, 0, 0], [1, 1, 0]]], dtype=bool)  # first, second, third
ELIGIBLE = np.array([[10, 20, 5], [4, 0, 8]])


def chain(industries, *, strength=1.0, poles='"all"', name="ore"):
    return (
        f'chains=[{{ name = "{name}", industries = {industries}, poles = {poles}, strength = {strength} }}]'
    )


def pull(adopters, strength, leads=LEADS):
    return demand_pull(np.array(adopters), ELIGIBLE, leads=leads, strength=np.array(strength))


def test_each_industry_is_pulled_by_all_before_it_and_by_none_after_it():
    got = pull([[5, 20, 5], [1, 0, 8]], [[2.0, 1.0]])
    expected = [[1.0, 1 + 2 * 5 / 10, 1 + 2 * 25 / 30], [1.0, 1 + 1 / 4, 1 + 1 / 4]]
    np.testing.assert_allclose(got, expected, rtol=1e-15)


def test_chains_multiply():
    both = pull([[5, 20, 5], [1, 0, 8]], [[2.0, 1.0], [0.5, 3.0]], np.concatenate([LEADS, LEADS]))
    one, other = (pull([[5, 20, 5], [1, 0, 8]], [strength]) for strength in ([2.0, 1.0], [0.5, 3.0]))
    np.testing.assert_allclose(both, one * other, rtol=1e-15)


def test_where_nobody_leads_nobody_is_pulled():
    nobody = demand_pull(
        np.array([[0, 3]]), np.array([[0, 9]]), leads=LEADS[:, :2, :2], strength=np.array([[5.0]])
    )
    assert nobody.tolist() == [[1.0, 1.0]]


def assert_same_bits(a, b):
    for name in ("adopters", "attribution", "members", "mastered"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


@pytest.mark.parametrize(
    "uncoupled",
    [
        chain('["coal"]', strength=9.0),
        chain('["oil_gas", "mining_services"]', strength=0.0),
        chain('["oil_gas", "mining_services"]', strength=9.0, poles="[]"),
    ],
    ids=["one industry", "no strength", "no pole"],
)
@pytest.mark.parametrize("name", ["baseline", "hypercluster"])
def test_a_chain_that_couples_nothing_is_the_uncoupled_model_bit_for_bit(name, uncoupled):
    given = simulate(load_scenario(name, overrides=SMALL), 2)
    assert_same_bits(given, simulate(load_scenario(name, overrides=[*SMALL, uncoupled]), 2))


def test_the_leading_industry_and_regions_without_a_pole_keep_their_adopters():
    apart = [  # no contact between industries or regions
        *SMALL, "diffusion.network=0", "diffusion.institutional=0", "diffusion.relatedness_other=0",
        "diffusion.relatedness_services=0", "diffusion.half_distance_km=0.05", 'world.intra_regional_distance="zero"',
    ]  # fmt: skip
    pulled = chain('["oil_gas", "mining_services"]', strength=5.0, poles='["tatarstan"]')
    before = simulate(load_scenario("baseline", overrides=apart), 1)
    after = simulate(load_scenario("baseline", overrides=[*apart, pulled]), 1)
    changed = np.argwhere((before.adopters != after.adopters).any(axis=(0, 3)))
    where = before.regions.index("tatarstan"), before.industries.index("mining_services")
    assert changed.tolist() == [list(where)]


def test_more_strength_makes_every_adoption_earlier():
    months = []
    for strength in (0.0, 1.0, 4.0):
        overrides = [*SMALL, chain('["oil_gas", "mining_services", "coal"]', strength=strength)]
        engine = Engine(load_scenario("baseline", overrides=overrides), 3)
        while not engine.finished:
            engine.step()
        months.append(np.where(engine.state.adopted_month < 0, 10**6, engine.state.adopted_month))
    assert (months[0] >= months[1]).all() and (months[0] > months[1]).any()
    assert (months[1] >= months[2]).all() and (months[1] > months[2]).any()


def test_a_led_industry_without_contacts_adopts_as_the_pull_over_time_says(tmp_path):
    """Share of the led: 1 - exp(-p integral of 1 + strength F), F = 1 - exp(-p t) that of the leading."""
    n, technologies, p, strength, years = 20_000, 4, 0.05, 3.0, 12
    folder = dataset(tmp_path / "land", {"land": {"coal": n, "chemistry": n}}, technologies=technologies)
    file = plain_scenario(
        tmp_path / "chain.toml", folder, world="network_degree = 0", diffusion=f"spontaneous = {p}\nspatial = 0.0",
        time=f"years = {years}.0",
        more=f'[[chains]]\nname = "c"\nindustries = ["coal", "chemistry"]\nstrength = {strength}\n',
    )  # fmt: skip
    record = simulate(load_scenario(file), 1)
    starts = np.arange(12 * years) / 12
    hazard = p * (1 + strength * -np.expm1(-p * starts))
    expected = -math.expm1(-hazard.sum() / 12)
    got = record.adopters[-1, 0, record.industries.index("chemistry")].sum() / (n * technologies)
    # The leading share is itself random, which moves the led one by less than a tenth of its own standard error.
    assert got == pytest.approx(expected, abs=4.4 * math.sqrt(expected * (1 - expected) / (n * technologies)))


def test_enterprises_that_are_led_are_counted_in_every_region():
    world = build_world(parse_scenario(chain('["coal", "metal_ores", "other_minerals"]')), 1)
    counts = dict(zip(world.enterprises.industries, world.enterprises.counts.T, strict=True))
    assert world.chains.led[0].tolist() == (counts["metal_ores"] + counts["other_minerals"]).tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (chain('["coal", "steel"]'), 'chains[0].industries[1] = "steel": not an industry'),
        (chain("[]"), "chains[0].industries = []: must not be empty"),
        (chain('["coal", "coal"]'), 'must name each only once; "coal" occurs twice'),
        (chain('["coal"]', poles='["kuzbas"]'), 'chains[0].poles[0] = "kuzbas": not a region'),
        (chain('["coal"]', strength=-1.0), "chains[0].strength = -1.0: must be 0 or more"),
        (
            'policies=[{ instrument = "processing_chain", chain = "or", budget = 1 }]\n' + chain('["coal"]'),
            'policies[0].chain = "or": not a chain of this scenario; did you mean "ore"?',
        ),
        (
            'policies=[{ instrument = "processing_chain", budget = 1 }]',
            "policies[0].chain: missing; it has no default",
        ),
    ],
)
def test_a_chain_that_cannot_be_meant_is_refused(text, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert said in str(caught.value)
