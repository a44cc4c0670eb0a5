"""Effects of instruments and of vectors are keys: at their defaults they change nothing, and at 0 they are absent."""

import numpy as np
import pytest

from simulation.data.reader import load_vectors
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.policies import INSTRUMENTS, Effects
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.schema import Scenario
from simulation.scenario.vectors import FIELDS, NO_KIND

STRONG = [name for name, cls in INSTRUMENTS.items() if cls.effect is not None]
HEAD = """
[time]
years = 4
[world]
scale = 0.05
[migration]
rate = 0.2
[technologies]
release = "at_start"
[diffusion]
spontaneous = 0.02
learning = 1.0
institutional = 0.3
[membership]
rate = 4.0
[[chains]]
name = "ore"
industries = ["coal", "mining_services"]
strength = 0.0
[[institutions]]
name = "Bank"
region = "tatarstan"
kind = "finance"
"""
PLATFORMS = """
[[platforms]]
name = "one"
vectors = {vectors}
institutions = "all"
[[platforms]]
name = "two"
vectors = {others}
macroregions = ["Siberian"]
"""
KEYS = {
    "interoperability": 'platforms = ["one", "two"]',
    "platform_onboarding": 'platform = "one"',
    "processing_chain": 'chain = "ore"',
}
ALL = [row.vector for row in load_vectors()]


def outcome(text):
    """Return all counts and attributions of one replication as bytes."""
    record = simulate(parse_scenario(text), 3)
    return {
        name: np.asarray(getattr(record, name)).tobytes()
        for name in ("adopters", "members", "mastered", "attribution")
    }


def with_policy(instrument, *, money="coverage = 1.0", more=""):
    platforms = PLATFORMS.format(vectors=ALL, others=["B2B"])
    policy = f'[[policies]]\ninstrument = "{instrument}"\n{KEYS.get(instrument, "")}\n{money}\n'
    return f"{HEAD}[budget]\nper_year = 1e6\n{more}{platforms}{policy}"


@pytest.mark.parametrize("instrument", STRONG)
def test_an_effect_at_its_default_is_bit_for_bit_and_at_0_the_scenario_without_it(instrument):
    default = INSTRUMENTS[instrument].effect.default
    as_it_is = outcome(with_policy(instrument))
    assert outcome(with_policy(instrument, more=f"[effects]\n{instrument} = {default}\n")) == as_it_is
    absent = outcome(with_policy(instrument, more=f"[effects]\n{instrument} = 0.0\n"))
    assert absent == outcome(with_policy(instrument, money="budget = 0.0"))
    assert absent != as_it_is, "else the instrument has no effect to take away"


def default_of(vector, field):
    value = getattr(next(row for row in load_vectors() if row.vector == vector), field)
    return NO_KIND if value is None else value


def toml(value):
    return (
        str(value).lower()
        if isinstance(value, bool)
        else repr(list(value) if isinstance(value, tuple) else value)
    )


def carried(vector, more=""):
    """A scenario whose platform carries this vector and the ones that it needs to have members."""
    return HEAD + more + PLATFORMS.format(vectors=[vector], others=[]) + ONBOARDED


ONBOARDED = """
[[policies]]
instrument = "platform_onboarding"
platform = "one"
coverage = 1.0
[[policies]]
instrument = "training"
regions = ["tatarstan"]
coverage = 0.5
[budget]
per_year = 1e6
"""


@pytest.mark.parametrize("vector", ALL)
def test_a_vector_at_its_defaults_is_bit_for_bit_and_with_nothing_of_each_it_is_not_there(vector):
    as_it_is = outcome(carried(vector))
    table = "".join(f"{field} = {toml(default_of(vector, field))}\n" for field in FIELDS)
    assert outcome(carried(vector, f"[vectors.{vector}]\n{table}")) == as_it_is
    nothing = {bool: False, tuple: (), float: 0.0, str: NO_KIND}
    none = "".join(f"{field} = {toml(nothing[type(default_of(vector, field))])}\n" for field in FIELDS)
    without = outcome(carried(vector, f"[vectors.{vector}]\n{none}"))
    assert without == outcome(HEAD + PLATFORMS.format(vectors=[], others=[]) + ONBOARDED)
    assert without != as_it_is, "else the vector has no effect to take away"


def test_effects_follow_from_the_instruments():
    assert Effects().model_dump() == {name: INSTRUMENTS[name].effect.default for name in STRONG}


def test_what_is_used_counts_in_the_digest_and_nothing_else():
    spec = load_scenario("hypercluster")
    for unused in ("effects.training=0.5", "vectors.B2ED.absorptive_bonus=0.3", "costs.training=2"):
        assert load_scenario("hypercluster", overrides=[unused]).digest == spec.digest
    for used in (
        "effects.platform_onboarding=2",
        "vectors.B2SC.hazard_bonus=0.3",
        "costs.platform_operation=2",
    ):
        assert load_scenario("hypercluster", overrides=[used]).digest != spec.digest
    assert load_scenario("hypercluster", overrides=["budget.per_year=3000"]).digest == spec.digest


def test_a_scenario_with_all_its_effects_gives_itself_back():
    spec = load_scenario("hypercluster", overrides=["vectors.B2F.needs_kind=none", "effects.technopark=2"])
    again = parse_scenario(spec.to_toml())
    assert (again, again.digest) == (spec, spec.digest)
    assert again.vectors.of("B2F").needs_kind == NO_KIND
    assert again.vectors.of("B2F").hazard_bonus == Scenario().vectors.of("B2F").hazard_bonus


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("effects.trainin=1", 'effects.trainin: unknown key; did you mean "training"?'),
        ("effects.interoperability=1.5", "effects.interoperability = 1.5: must be 1 or less"),
        ("effects.training=-1", "effects.training = -1: must be 0 or more"),
        ("vectors.B2X.hazard_bonus=1", 'vectors.B2X: unknown key; did you mean "B2'),
        ("vectors.B2B.hazard_bonos=1", 'vectors.B2B.hazard_bonos: unknown key; did you mean "hazard_bonus"?'),
        ("vectors.B2B.hazard_bonus=11", "vectors.B2B.hazard_bonus = 11: must be 10 or less"),
        ("vectors.B2SC.remote_kinds=['bank']", 'remote_kinds[0] = "bank": not a kind of institution'),
        ("vectors.B2F.needs_kind=bank", 'vectors.B2F.needs_kind = "bank": not a kind of institution'),
    ],
)
def test_what_cannot_be_meant_is_told(override, said):
    with pytest.raises(ScenarioError) as caught:
        load_scenario("hypercluster", overrides=[override])
    assert said in str(caught.value)
