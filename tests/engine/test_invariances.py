"""Limits and invariances of whole replications (section 6, checks 1, 4 and 12 to 15)."""

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_worlds import dataset, plain_scenario

import simulation.data.reader
from simulation import metrics
from simulation.channels import Channel
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.metrics import crossing_time
from simulation.scenario.loading import load_scenario
from simulation.scenario.plan import plan_of

RUSSIA = Path(simulation.data.reader.__file__).parent / "russia-2023"
SMALL = ["world.scale=0.05", "time.years=8", "diffusion.spontaneous=0.01", "budget.per_year=1e6"]
PLATFORM = 'platforms=[{ name = "p", vectors = ["B2B", "B2SC", "SC2SC"], institutions = "all" }]'


def run_engine(spec, seed=1):
    engine = Engine(spec, seed)
    while not engine.finished:
        engine.step()
    return engine


def test_without_contacts_adoption_is_exponential(tmp_path, verified):
    """Check 1. 200,000 independent pairs."""
    folder = dataset(tmp_path / "land", {"land": 20_000}, technologies=10)
    path = plain_scenario(
        tmp_path / "alone.toml", folder, world="network_degree = 0", diffusion="spontaneous = 0.03\nspatial = 0.0",
        time="years = 400.0",
    )  # fmt: skip
    engine = run_engine(load_scenario(path))
    month = engine.state.adopted_month
    n = month.size
    assert n == 200_000
    assert (month >= 0).mean() > 0.99999
    verified(
        1, "share after 10 years, 200,000 pairs", measured=float((month <= 120).mean()), expected=0.25918,
        within=4 * math.sqrt(0.25918 * 0.74082 / n),
    )  # fmt: skip
    # The standard deviation of a geometric waiting time of mean 400.5 months is about 400.
    verified(
        1,
        "mean month of adoption",
        measured=float(month.mean()),
        expected=400.5,
        within=4 * 400 / math.sqrt(n),
    )


@pytest.mark.parametrize(
    ("epsilon", "expected", "within", "years"), [(0.01, 6.38, 0.12, 20.0), (0.1, 1.74, 0.04, 15.0)]
)
def test_the_lag_of_a_second_region_in_the_stochastic_model(
    tmp_path, verified, epsilon, expected, within, years
):
    """Check 4: two regions of 20,000, the first 1 % in the first only, no spontaneous adoption to speak of.

    ``years`` are enough for half of the second region to adopt.
    """
    folder = dataset(tmp_path / "two", {"a": 20_000, "b": 20_000}, places={"a": (0.0, 0.0), "b": (0.0, 1.0)})
    distance = 6371.0 * math.pi / 180
    half_distance = -distance / math.log2(epsilon / (1 - epsilon))
    path = plain_scenario(
        tmp_path / "two.toml", folder, world="network_degree = 0",
        diffusion=f"spontaneous = 1e-12\nspatial = 0.5\nhalf_distance_km = {half_distance!r}", time=f"years = {years}",
    )  # fmt: skip
    spec = load_scenario(path)
    lags = []
    for seed in range(1, 21):
        engine = Engine(spec, seed)
        engine.state.remaining[:200] = 0.0  # these adopt in the first month
        while not engine.finished:
            engine.step()
        shares = engine.record().adopters[:, :, 0, 0] / 20_000
        half = crossing_time(shares, 0.5, dt=1 / 12)
        lags.append(half[1] - half[0])
    setting = f"lag of t50, stochastic, 2 x 20,000, cross contacts {epsilon}, mean of 20"
    verified(4, setting, measured=float(np.mean(lags)), expected=expected, within=within, digits=3)


@pytest.mark.parametrize(
    ("contact", "diffusion"),
    [
        ("none", "spontaneous = 0.2\nspatial = 0.0"),
        ("fully mixed", "spontaneous = 0.01\nspatial = 0.8\nhalf_distance_km = 1e9"),
    ],
)
def test_equal_hazards_everywhere_give_phi_zero_in_the_whole_model(tmp_path, verified, contact, diffusion):
    """Check 7: every enterprise of the default world is eligible for 22 technologies and has the same hazard."""
    data = simulation.data.reader.load_dataset("russia-2023")
    counts = {
        region: dict(zip(data.industries, row.tolist(), strict=True))
        for region, row in zip(data.region_ids, data.counts, strict=True)
    }
    folder = dataset(tmp_path / "even", counts, technologies=22)
    spec = load_scenario(
        plain_scenario(tmp_path / "even.toml", folder, world="network_degree = 0", diffusion=diffusion)
    )
    values = [metrics.compute(simulate(spec, seed))["phi"] for seed in range(1, 7)]
    verified(
        7,
        f"Phi of the whole model where hazards are equal, contact {contact}: mean of 6",
        measured=float(np.mean(values)),
        expected=0.0,
        within=1e-3,
        digits=1,
    )


def test_a_platform_of_one_region_leaves_uncoupled_regions_as_they_are(verified):
    """Check 12."""
    apart = [
        *SMALL,
        "diffusion.half_distance_km=0.05",
        'world.intra_regional_distance="zero"',
        "world.local_ties=1.0",
    ]
    names = [
        row.name
        for row in simulation.data.reader.load_dataset("russia-2023").institutions
        if row.region_id == "tatarstan"
    ]
    listed = ", ".join("'''" + name + "'''" for name in names)
    platform = (
        'platforms=[{ name = "p", vectors = ["B2B", "B2SC", "SC2SC"], regions = ["tatarstan"], '
        f"institutions = [{listed}] }}]"
    )
    without = simulate(load_scenario("baseline", overrides=apart), 1)
    with_it = simulate(load_scenario("baseline", overrides=[*apart, "membership.base=3", platform]), 1)
    own = with_it.regions.index("tatarstan")
    others = [r for r in range(15) if r != own]
    changed = [r for r in others if not np.array_equal(without.adopters[:, r], with_it.adopters[:, r])]
    changed += [r for r in others if not np.array_equal(without.attribution[r], with_it.attribution[r])]
    assert not np.array_equal(without.adopters[:, own], with_it.adopters[:, own]), "the platform does nothing"
    assert with_it.attribution[own, :, Channel.DIGITAL].sum() > 0
    verified(
        12,
        "other regions changed by a platform of one region, of 14",
        measured=len(changed),
        expected=0,
        within=0,
    )


def shuffled_copy(folder, seed):
    """Copy the shipped tables with rows and columns in another order."""
    rng = np.random.default_rng(seed)
    shutil.copytree(RUSSIA, folder)
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        columns = rng.permutation(len(header))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([header[c] for c in columns])
            writer.writerows([[rows[r][c] for c in columns] for r in rng.permutation(len(rows))])
    return folder


def assert_same_bits(a, b):
    assert np.array_equal(a.adopters, b.adopters)
    assert np.array_equal(a.attribution, b.attribution)
    assert np.array_equal(a.members, b.members)
    assert metrics.compute(a).items() == metrics.compute(b).items() or all(
        x == y or (math.isnan(x) and math.isnan(y))
        for x, y in zip(metrics.compute(a).values(), metrics.compute(b).values(), strict=True)
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_and_columns_of_tables_changes_nothing(tmp_path, verified, seed):
    """Check 13."""
    folder = shuffled_copy(tmp_path / "shuffled", seed)
    given = simulate(load_scenario("hypercluster", overrides=SMALL), 3)
    moved = simulate(load_scenario("hypercluster", overrides=[*SMALL, f'world.dataset="{folder}"']), 3)
    assert_same_bits(given, moved)
    verified(
        13,
        "counts that differ with tables in another order",
        measured=int((given.adopters != moved.adopters).sum()),
        expected=0,
        within=0,
    )


@pytest.mark.parametrize(
    "instrument",
    ["cluster_organisation", "technopark", "training", "adoption_incentive", "digital_infrastructure"],
)
def test_a_policy_without_money_changes_nothing(verified, instrument):
    """Check 13."""
    idle = f'policies=[{{ instrument = "{instrument}", budget = 0.0 }}]'
    without = simulate(load_scenario("baseline", overrides=[*SMALL, PLATFORM]), 1)
    with_it = simulate(load_scenario("baseline", overrides=[*SMALL, PLATFORM, idle]), 1)
    assert_same_bits(without, with_it)
    verified(
        13,
        "counts that differ with a policy of budget 0",
        measured=int((without.adopters != with_it.adopters).sum()),
        expected=0,
        within=0,
    )


RATES = ("spontaneous", "spatial", "network", "institutional", "digital", "learning")


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rate=st.sampled_from(RATES), factor=st.floats(1.01, 4.0), seed=st.integers(0, 10_000))
def test_a_higher_rate_makes_every_adoption_earlier(verified, rate, factor, seed):
    """Check 14."""
    base = load_scenario("baseline", overrides=[*SMALL, PLATFORM, "membership.base=1"])
    raised = load_scenario(
        "baseline",
        overrides=[
            *SMALL,
            PLATFORM,
            "membership.base=1",
            f"diffusion.{rate}={getattr(base.diffusion, rate) * factor!r}",
        ],
    )
    before, after = run_engine(base, seed).state.adopted_month, run_engine(raised, seed).state.adopted_month
    before, after = (np.where(month < 0, 10**6, month) for month in (before, after))
    assert (after <= before).all()
    verified(
        14,
        "adoptions that come later when a rate is raised",
        measured=int((after > before).sum()),
        expected=0,
        within=0,
    )


@pytest.mark.parametrize(
    "policy",
    ["training", "adoption_incentive", "cluster_organisation", "technopark", "digital_infrastructure"],
)
def test_a_policy_for_enterprises_makes_every_adoption_earlier(policy):
    """Without platforms no member dilutes anybody's contacts."""
    base = load_scenario("baseline", overrides=SMALL)
    funded = load_scenario(
        "baseline", overrides=[*SMALL, f'policies=[{{ instrument = "{policy}", budget = 2000.0 }}]']
    )
    before, after = run_engine(base).state.adopted_month, run_engine(funded).state.adopted_month
    before, after = (np.where(month < 0, 10**6, month) for month in (before, after))
    assert (after <= before).all()
    if policy != "digital_infrastructure":  # readiness helps only on a platform
        assert (after < before).any()


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(["regional_cluster", "hypercluster", "fragmented_platforms", "mixed"]),
    seed=st.integers(0, 10_000),
    years=st.sampled_from([3.0, 7.5]),
)
def test_books_balance(verified, name, seed, years):
    """Check 15: attributions sum to adoptions, Theil parts to the whole, ledger to the plan."""
    small = ["world.scale=0.05", f"time.years={years}", "diffusion.spontaneous=0.05", "budget.per_year=1e9"]
    record = simulate(load_scenario(name, overrides=small), seed)
    adoptions = record.adopters[-1].sum(axis=1)  # (R, K)
    unbalanced = int((np.abs(record.attribution.sum(axis=2) - adoptions) > 1e-9).sum())
    values = metrics.compute(record)
    for level in (25, 50, 75):
        whole = values[f"theil_{level}"]
        if not math.isnan(whole):
            unbalanced += (
                abs(values[f"theil_{level}_between"] + values[f"theil_{level}_within"] - whole) > 1e-12
            )
    ledger = record.ledger
    unbalanced += int(
        ((ledger.planned - ledger.spent - ledger.unspent).abs() > 1e-9 * ledger.planned.max()).sum()
    )
    verified(
        15,
        "attributions, Theil parts and ledger rows that do not balance",
        measured=unbalanced,
        expected=0,
        within=0,
    )
    assert (ledger[["planned", "spent", "unspent"]] >= -1e-9).all().all()
    for number, entry in enumerate(plan_of(load_scenario(name, overrides=small)).entries):
        lasting = (entry.months[1] - entry.months[0]) / 12
        planned = ledger.loc[ledger.policy == f"policies[{number}]", "planned"].sum()
        assert planned == pytest.approx(entry.per_year * lasting, rel=1e-9)


def test_a_longer_horizon_repeats_the_shorter_run():
    """No draw depends on how long the simulation goes on."""
    schedule = [o for o in SMALL if not o.startswith("time")] + ['technologies.release="at_start"', PLATFORM]
    short = simulate(load_scenario("baseline", overrides=[*schedule, "time.years=3"]), 4)
    long = simulate(load_scenario("baseline", overrides=[*schedule, "time.years=6"]), 4)
    assert np.array_equal(long.adopters[:37], short.adopters)
    assert np.array_equal(long.members[:37], short.members)


def test_two_scenarios_with_one_seed_are_the_same_until_the_policy_starts():
    late = 'policies=[{ instrument = "cluster_organisation", budget = 2000.0, from_year = 2.0 }]'
    without = simulate(load_scenario("baseline", overrides=SMALL), 1).adopters
    with_it = simulate(load_scenario("baseline", overrides=[*SMALL, late]), 1).adopters
    assert np.array_equal(without[:25], with_it[:25])
    assert not np.array_equal(without[25:], with_it[25:])
