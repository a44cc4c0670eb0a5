"""Exposures to institutions and on platforms: against the engine, a plain simulation, and differences."""

from dataclasses import replace

import numpy as np
import pytest
from dated_worlds import PLATFORMS, dated_world
from gradients import check_gradient
from observed_worlds import SIX
from short_runs import remaining_of_pairs

from simulation.fit.exposures import DATED, RATES, SHAPES, Exposures, rates_of
from simulation.fit.forecast import simulated_forward
from simulation.fit.likelihood import VARIATION, Likelihood
from simulation.fit.predictive import simulated

COUNTS = {"east": {"coal": 9, "mining_services": 8}, "west": {"coal": 12, "oil_gas": 7}}
SLOW = [
    "diffusion.institutional=0.08",
    "diffusion.spatial=0.2",
    "diffusion.digital=0.2",
    "diffusion.spontaneous=0.02",
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dated")
    world = {"technologies": 2, "complexity": 0.3, "steps": 2, "seeds": 1, "periods": 12}
    return dated_world(folder, COUNTS, overrides=SLOW, **world)


def values_of(observed, keys):
    return np.array([float(getattr(observed.spec.diffusion, key.split(".")[1])) for key in keys])


def shape_of(observed):
    return dict(zip(SHAPES, values_of(observed, SHAPES), strict=True))


def test_dates_are_read_as_they_were_simulated(seen):
    found, engine = seen
    month = engine.state.mastered_month
    assert np.array_equal(found.mastered, np.where(month < 0, found.periods + 1, month))
    assert (found.mastered <= found.periods).sum() > 2  # more than the origins
    assert np.array_equal(found.members[-1], engine.state.mask_of)
    assert len(np.unique(found.members)) == 4  # of both platforms, either, and none
    assert rates_of(found) == (*RATES, *DATED)


def test_the_hazard_with_institutions_and_platforms_is_that_of_the_engine(seen):
    """Remainders of thresholds in the engine fall by what the exposures and the rates cumulate."""
    found, engine = seen
    total = Exposures(found).at(shape_of(found))[0]
    hazards = total.after @ values_of(found, rates_of(found))
    pairs, remaining = engine.world.pairs, remaining_of_pairs(engine)
    theta = pairs.threshold / engine.world.enterprises.absorptive_capacity[pairs.enterprise]
    waits, adopted = found.period > found.periods, found.adopted
    assert waits.sum() >= 10 and adopted.sum() >= 10
    assert np.abs(hazards[waits] - (theta - remaining)[waits]).max() < 1e-12
    assert (hazards[adopted] >= theta[adopted] * (1 - 1e-12)).all()
    before = (total.before @ values_of(found, rates_of(found)))[adopted]
    assert (before <= theta[adopted] * (1 + 1e-12)).all()
    assert (total.after[:, 3:].max(axis=0) > 0).all()


@pytest.mark.parametrize("files", ["both", "mastery.csv", "membership.csv"])
def test_the_gradient_with_dates_is_the_limit_of_differences(seen, files):
    found = seen[0]
    if files == "mastery.csv":
        found = replace(found, members=None, spec=found.spec.model_copy(update={"platforms": ()}))
        found = replace(found, world=without_platforms(found.world))
    if files == "membership.csv":
        found = replace(found, mastered=None)
    keys = (*rates_of(found), VARIATION, *SHAPES)
    likelihood, at = Likelihood(found, keys), values_of(found, keys)
    check_gradient(likelihood, at)


def without_platforms(world):
    none = {
        field: getattr(world.platforms, field)[:0]
        for field in ("names", "vectors", "may_join", "from_month", "to_month", "resident", "heir_of")
    }
    platforms = replace(world.platforms, **none)
    return replace(world, endowment=replace(world.endowment, platforms=platforms))


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    rates = ["diffusion.spontaneous=0.3", "diffusion.spatial=0.8", "diffusion.network=0.5"]
    more = PLATFORMS.replace("from_year = 2.0\nto_year = 5.0", "from_year = 1.0\nto_year = 2.0")
    more = more.replace("rate = 2.0", "rate = 1.0")
    folder = tmp_path_factory.mktemp("six")
    return dated_world(folder, SIX, periods=3, partners=1, overrides=rates, more=more)[0]


def plain_hazard(observed, t, has):
    """Return the hazard over absorptive capacity of six enterprises in a period, from 0, by equations (1) to (5)."""
    of, d, world = observed.world.enterprises, observed.spec.diffusion, observed.world
    kernel, region, size = world.regions.proximity, of.region_of, of.region_of.size
    delta, names = world.regions.readiness, world.institutions.names
    on = {h: [bool(int(m) >> h & 1) for m in observed.members[t]] for h in range(2)}  # first, second
    is_open = {0: True, 1: 1 <= t < 2}
    residents = {0: ("Uni", "Lab"), 1: ("Park",)}
    served_kinds = {0: ("university", "research_institute"), 1: ("technopark",)}  # by B2SC, and B2ED
    hazard = np.empty(size)
    for i in range(size):
        r = region[i]
        weights = kernel[r, region]
        near = (weights * has).sum() / weights.sum()
        partners = of.indices[of.indptr[i] : of.indptr[i + 1]]
        met = has[partners].mean() if partners.size else near
        mine = [h for h in range(2) if on[h][i] and is_open[h]]
        contacts = 0.0
        for j, name in enumerate(names):
            if observed.mastered[j, 0] > t:
                continue
            weight = world.regions.government_quality[r] * kernel[r, world.institutions.region_of[j]]
            if any(name in residents[h] and world.institutions.kinds[j] in served_kinds[h] for h in mine):
                weight = max(weight, delta[r])  # f_far = 1 at complexity 0
            contacts += weight * world.institutions.capacity[j]
        shares = [has[np.array(on[h])].mean() for h in mine]
        on_first = 0 in mine
        alpha = 1.0 + 0.1 * delta[r] if on_first else 1.0  # B2ED
        own = d.spontaneous * (1.0 + delta[r] if on_first else 1.0)  # B2C
        hazard[i] = alpha * (
            own
            + d.spatial * near
            + d.network * met
            + d.institutional * (1.0 - np.exp(-contacts / d.institution_scale))
            + d.digital * delta[r] * max(shares, default=0.0)
        )
    return hazard


def test_the_likelihood_with_dates_is_the_frequency_in_a_simulation(six):
    """The histories that are the 30 most frequent in one half, in the other: chi-square, 4 standard deviations."""
    n, draw, v = 300_000, np.random.default_rng(5), six.spec.diffusion.absorptive_capacity_cv**2
    assert six.mastered.min() == 0 and six.members.any()
    alpha, left = draw.gamma(1 / v, v, size=(n, 6)), draw.exponential(size=(n, 6))
    period = np.full((n, 6), 4)
    for t in range(3):
        states = np.arange(64)[:, None] >> np.arange(6) & 1
        hazards = np.array([plain_hazard(six, t, state.astype(float)) for state in states])
        left -= alpha * hazards[(period <= t) @ 2 ** np.arange(6)]
        period[(left <= 0) & (period == 4)] = t + 1
    period = period @ 5 ** np.arange(6)
    found, counts = np.unique(period[::2], return_counts=True)
    most = found[np.argsort(-counts)[:30]]
    counts = (period[1::2, None] == most).sum(axis=0)
    histories = most[:, None] // 5 ** np.arange(6) % 5
    expected = np.array(
        [
            n / 2 * np.exp(Likelihood(replace(six, period=row), ()).logs(np.empty((1, 0)))[0])
            for row in histories
        ]
    )
    assert expected.min() > 100
    assert ((counts - expected) ** 2 / expected).sum() < 30 + 4 * np.sqrt(60)


def test_runs_of_the_fitted_model_keep_what_was_observed_of_institutions_and_members(seen):
    """With the draws of the seed that was observed, the engine repeats what was observed."""
    found, engine = seen
    again = simulated(found, found.spec, ties="mutual", seed=3)
    record, between = engine.record(), slice(1, -1)  # at the start, origins master with the first step
    assert np.array_equal(again.mastered[between], record.mastered[between])
    assert np.array_equal(again.members[between], record.members[between])
    assert np.array_equal(again.adopters, record.adopters)
    other = simulated(found, found.spec, ties="mutual", seed=4)
    assert np.array_equal(other.mastered[between], record.mastered[between])
    assert np.array_equal(other.members[between], record.members[between])
    assert not np.array_equal(other.adopters, record.adopters)


def test_a_forecast_goes_on_from_the_last_known_dates(six):
    """One period after the same history: expected adopters from the hazards, within 4 standard errors."""
    early = six.until(2)
    assert early.members.shape[0] == 3 and early.mastered.max() <= 3
    seen = replace(early, period=np.array([1, 3, 3, 3, 2, 3]))
    rows = np.empty((1200, 0))
    forward = simulated_forward(Likelihood(seen, ()), rows, until=3, seed=2)
    has = seen.period <= 2
    d = six.spec.diffusion
    v = d.absorptive_capacity_cv**2
    passed = Likelihood(seen, ()).hazards(np.empty(0))
    hazard = plain_hazard(seen, 2, has.astype(float))
    stays = ((1 + v * (passed + hazard)) / (1 + v * passed)) ** (-1 / v)
    share = (forward == 3).mean(axis=0)
    error = np.sqrt(stays * (1 - stays) / len(rows))
    assert (np.abs(share - (1 - stays))[~has] < 4 * error[~has]).all()
