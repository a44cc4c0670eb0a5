"""The likelihood of counts against simulation, against that of events, and its gradient against differences."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from click.testing import CliRunner
from gradients import check_gradient
from observed_worlds import SIX, plain_draws, simulated, world_of, write_adoption, write_agents, write_world
from scipy.special import gammaln
from scipy.stats import betabinom, binom

from simulation.cli.main import cli
from simulation.fit.counts import observe_counts
from simulation.fit.counts_likelihood import OVERDISPERSION, CountsLikelihood, _log_probability
from simulation.fit.likelihood import KEYS, VARIATION, Likelihood
from simulation.fit.maximum import Search
from simulation.fit.observed import observe
from simulation.fit.ranges import Range, values_at

NONE = np.empty((1, 0))
ALONE = ["diffusion.network=0"]
"""Without network contact counts are binomial, exactly."""


def counted(folder, counts, *, seed=3, overrides=(), by_industry=True, **world):
    """Simulate a world; return what was counted in it, and what was observed by name."""
    spec, engine, period = simulated(write_world(folder, counts, **world), seed, overrides=overrides)
    write_agents(folder, engine.world, period)
    write_adoption(folder, engine.world, period, by_industry=by_industry)
    return observe_counts(spec), observe(spec)


def test_the_probabilities_of_all_counts_sum_to_one(tmp_path):
    found, _ = counted(tmp_path, SIX, periods=2, partners=1)
    sizes = found.eligible
    for keys, values in (((), NONE), ((OVERDISPERSION,), np.array([[0.2]]))):
        total = 0.0
        for east, west in product(range(sizes[0] + 1), range(sizes[1] + 1)):
            for first, second in product(range(east + 1), range(west + 1)):
                stock = np.array([[0, first, east], [0, second, west]])
                total += np.exp(CountsLikelihood(replace(found, stock=stock), keys).logs(values)[0])
        assert total == pytest.approx(1.0, abs=1e-10)


def test_without_network_contact_it_is_the_frequency_in_a_simulation(tmp_path):
    """The 30 most frequent histories of both regions: chi-square, below its 99.9 % quantile with 30 degrees."""
    overrides = [*ALONE, "diffusion.spontaneous=0.3", "diffusion.spatial=1.5"]
    seen = world_of(tmp_path, SIX, periods=3, partners=1, overrides=overrides)
    write_adoption(tmp_path, seen.world, seen.period)
    found, n = observe_counts(seen.spec), 200_000
    periods = plain_draws(seen, n, np.random.default_rng(5))
    stock = np.stack(
        [(periods <= t)[:, part].sum(axis=1) for part in (slice(4), slice(4, 6)) for t in (1, 2, 3)]
    )
    histories, counts = np.unique(stock.T, axis=0, return_counts=True)
    most = np.argsort(-counts)[:30]
    expected = []
    for history in histories[most]:
        both = np.column_stack([[0, 0], history.reshape(2, 3)])
        expected.append(n * np.exp(CountsLikelihood(replace(found, stock=both), ()).logs(NONE)[0]))
    assert ((counts[most] - expected) ** 2 / expected).sum() < 59.7
    assert counts[most].min() > 500


@pytest.mark.parametrize("complexity", [0.0, 0.4])
def test_without_network_contact_it_is_that_of_events_times_the_number_of_ways(tmp_path, complexity):
    counts = {
        "east": {"coal": 9, "mining_services": 8},
        "north": {"coal": 12, "oil_gas": 7},
        "south": {"coal": 10},
    }
    found, named = counted(tmp_path, counts, overrides=ALONE, complexity=complexity, steps=2, seeds=2)
    new = np.diff(found.stock, axis=1)
    left = found.eligible[:, None] - found.stock[:, :-1]
    ways = (gammaln(left + 1) - gammaln(new + 1) - gammaln(left - new + 1)).sum()
    keys = [key for key in KEYS if key != "diffusion.network"]
    at = np.array([getattr(found.spec.diffusion, key.split(".")[1]) for key in keys])
    one, by_one = CountsLikelihood(found, keys).with_gradient(at)
    other, by_other = Likelihood(named, keys).with_gradient(at)
    assert one == pytest.approx(other + ways, rel=1e-12)
    assert by_one == pytest.approx(by_other, rel=1e-8, abs=1e-8)


def test_partners_count_as_the_mean_over_all_who_could_have_adopted(tmp_path):
    """Exposures to the network against the mean over random sets of adopters, of those who have not adopted."""
    found, named = counted(tmp_path, {"east": 6, "west": 5}, periods=3, partners=2)
    stock = np.array([[2, 2, 2, 2], [1, 1, 1, 1]])
    found = replace(found, stock=stock)
    exposures = CountsLikelihood(found, ())._exposures.at(CountsLikelihood(found, ())._given, ())[0][:, 1, 2]
    of, draw = named.world.enterprises, np.random.default_rng(1)
    ties = [of.indices[of.indptr[i] : of.indptr[i + 1]] for i in range(11)]
    alone = np.array([not tie.size for tie in ties])
    met = [[], []]
    for _ in range(20_000):
        has = np.zeros(11)
        has[draw.choice(6, 2, replace=False)] = has[6 + draw.choice(5, 1)] = 1
        for i in np.flatnonzero((has == 0) & ~alone):
            met[int(i >= 6)].append(has[ties[i]].mean())
    spatial = CountsLikelihood(found, ())._exposures.at(CountsLikelihood(found, ())._given, ())[0][:, 1, 1]
    for r, part in enumerate((slice(6), slice(6, 11))):
        share = alone[part].mean()
        expected = (1 - share) * np.mean(met[r]) + share * spatial[r]
        assert exposures[r] == pytest.approx(expected, abs=5 * np.std(met[r]) / np.sqrt(20_000))


def test_overdispersed_counts_are_those_of_scipy():
    new, left = np.array([[3.0, 0.0]]), np.array([[10.0, 4.0]])
    fall = np.log1p(-np.array([[0.2, 0.6]]))
    ways = binom.logpmf(3, 10, 0.2) - (3 * np.log(0.2) + 7 * np.log(0.8))
    width = (1 - 0.15) / 0.15
    expected = sum(
        betabinom.logpmf(n, m, q * width, (1 - q) * width) for n, m, q in ((3, 10, 0.2), (0, 4, 0.6))
    )
    assert _log_probability(new, left, fall, 0.15) + ways == pytest.approx(expected)
    least = _log_probability(new, left, fall, 1e-7)
    assert least == pytest.approx(_log_probability(new, left, fall, 0.0), abs=1e-4)


@pytest.mark.parametrize(("technologies", "by_industry"), [(1, True), (2, False)])
def test_the_gradient_is_the_limit_of_differences(tmp_path, technologies, by_industry):
    counts = {
        "east": {"coal": 8, "oil_gas": 4},
        "north": {"coal": 9, "mining_services": 6},
        "south": {"coal": 7},
    }
    found, _ = counted(
        tmp_path,
        counts,
        technologies=technologies,
        complexity=0.2,
        seeds=1,
        by_industry=by_industry,
        overrides=["diffusion.density_exponent=0.9"],
    )
    keys = (*KEYS, OVERDISPERSION)
    likelihood = CountsLikelihood(found, keys)
    at = np.array([*(getattr(found.spec.diffusion, key.split(".")[1]) for key in KEYS), 0.05])
    check_gradient(likelihood, at)


def test_the_parameters_of_a_simulation_are_found_again(tmp_path):
    """Ten villages of 150: each maximum lies within 3.5 standard errors of the truth, from the curvature there."""
    truth = {"diffusion.spontaneous": 0.02, "diffusion.spatial": 0.9, VARIATION: 0.6}
    overrides = [*ALONE, *(f"{key}={value}" for key, value in truth.items()), "diffusion.half_distance_km=20"]
    found, _ = counted(
        tmp_path, {f"r{n}": 150 for n in range(10)}, periods=14, partners=1, overrides=overrides
    )
    ranges = [
        Range("p", "diffusion.spontaneous", 0.001, 0.5, "log"),
        Range("s", "diffusion.spatial", 0.0, 4.0, "linear"),
        Range("v", VARIATION, 0.0, 2.0, "linear"),
    ]
    likelihood = CountsLikelihood(found, [each.key for each in ranges])
    maximum = Search(likelihood, ranges).maximum(4, seed=1)
    values = values_at(ranges, maximum.places)[0]
    steps = 1e-4 * values
    curvature = np.empty((3, 3))
    for n in range(3):
        move = np.eye(3)[n] * steps[n]
        up, down = (likelihood.with_gradient(values + sign * move)[1] for sign in (1, -1))
        curvature[n] = (up - down) / (2 * steps[n])
    error = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    assert (np.abs(values - list(truth.values())) < 3.5 * error).all()
    assert (error < 0.4 * values).all()


@pytest.mark.slow
def test_the_command_fits_counts(tmp_path):
    _, engine, period = simulated(write_world(tmp_path, {"a": 20, "b": 16}, periods=6, partners=2), 1)
    write_adoption(tmp_path, engine.world, period)
    study = tmp_path / "fit.toml"
    study.write_text(
        'scenario = "world.toml"\neffective = 100\nmost_steps = 100\nstarts = 1\nruns = 100\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    result = CliRunner().invoke(cli, ["fit", str(study), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "Nobody is named" in result.output and OVERDISPERSION in (out / "summary.csv").read_text()
    assert (out / "scenario.toml").is_file()
    result = CliRunner().invoke(cli, ["fit", str(study), "--out", str(out), "--until", "4"])
    assert result.exit_code == 2 and "holds another fit" in result.output
    study.write_text('scenario = "world.toml"\nties = "directed"\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["fit", str(study), "--out", str(out)])
    assert result.exit_code == 2 and "names no enterprise" in result.output
