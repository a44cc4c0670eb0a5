"""Prices of commodities: given paths, drawn ones, and what they do to adoption (section 13.1)."""

import math

import numpy as np
import pytest
from small_worlds import dataset, plain_scenario

from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.mechanisms.prices import FARTHEST, PriceProcess, drawn_log_price, price_factor
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.schema import Scenario

SMALL = ["world.scale=0.05", "time.years=6", "diffusion.spontaneous=0.01", "budget.per_year=1e6"]
ALONE = "spontaneous = 0.03\nspatial = 0.0"


def coal(**changes):
    keys = {
        "name": '"coal"', "industries": '["coal"]', "elasticity": "1.0", "export_dependence": "1.0",
        "reference": "100.0", "path": "[[0.0, 100.0]]",
    } | changes  # fmt: skip
    return "[[commodities]]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items() if v is not None)


def inline(**changes):
    return "commodities=[{ " + ", ".join(coal(**changes).splitlines()[1:]) + " }]"


def prices(spec, seed=1):
    return np.exp(build_world(spec, seed).commodities.log_price)


def test_a_given_path_is_linear_between_its_years_and_flat_beyond():
    spec = parse_scenario(coal(path="[[1, 50], [3, 150.0]]") + "[time]\nyears = 5.0\nsteps_per_year = 2\n")
    expected = [0.5, 0.5, 0.5, 0.75, 1.0, 1.25, 1.5, 1.5, 1.5, 1.5, 1.5]
    assert prices(spec)[:, 0].tolist() == pytest.approx(expected)


def test_the_factor_is_the_price_to_elasticity_times_dependence_and_one_elsewhere():
    text = coal(elasticity="0.5", export_dependence="{ komi = 0.8 }", path="[[0, 200]]")
    commodities = build_world(parse_scenario(text), 1).commodities
    factor = price_factor(commodities.log_price[0], commodities.exponent)
    world = Scenario().dataset
    where = world.region_ids.index("komi"), world.industries.index("coal")
    assert factor[where] == pytest.approx(2**0.4, rel=1e-15)
    factor[where] = 1.0
    assert (factor == 1.0).all()


def test_two_commodities_of_one_industry_multiply():
    text = coal(path="[[0, 200]]") + coal(name='"coke"', path="[[0, 300]]", elasticity="2.0")
    commodities = build_world(parse_scenario(text), 1).commodities
    factor = price_factor(commodities.log_price[0], commodities.exponent)
    assert factor.max() == pytest.approx(2 * 3**2)


@pytest.mark.parametrize("seed", [1, 2])
def test_elasticity_zero_changes_nothing_bit_for_bit(seed):
    given = simulate(load_scenario("hypercluster", overrides=SMALL), seed)
    neutral = [*SMALL, inline(elasticity="0.0", path="[[0, 1], [3, 9000]]")]
    moved = simulate(load_scenario("hypercluster", overrides=neutral), seed)
    for name in ("adopters", "attribution", "members", "mastered"):
        assert np.array_equal(getattr(given, name), getattr(moved, name)), name


@pytest.mark.parametrize(
    ("path", "dependence", "years"),
    [
        ("[[0, 200]]", 1.0, 20.0),  # twice the price for ten years
        ("[[0, 50]]", 1.0, 5.0),
        ("[[0, 50]]", 0.5, 10 * 0.5**0.5),
        ("[[0, 100], [10, 300]]", 1.0, 10 + 20 * 119 / 240),  # from one to three, at the starts of months
        ("[[4.95, 100], [5.0, 10]]", 1.0, 5.5),
    ],
)
def test_adoption_without_contacts_follows_the_price_over_time(tmp_path, path, dependence, years):
    """The share after ten years is 1 - exp(-p times the integral of x)."""
    folder = dataset(tmp_path / "land", {"land": 20_000}, technologies=5)
    file = plain_scenario(
        tmp_path / "prices.toml", folder, world="network_degree = 0", diffusion=ALONE, time="years = 10.0",
        more=coal(path=path, export_dependence=str(dependence)),
    )  # fmt: skip
    record = simulate(load_scenario(file), 1)
    n, expected = 100_000, 1 - math.exp(-0.03 * years)
    within = 4 * math.sqrt(expected * (1 - expected) / n)
    assert record.adopters[-1].sum() / n == pytest.approx(expected, abs=within)


def test_a_dearer_commodity_makes_every_adoption_earlier():
    months = []
    for price in ("80", "100", "160"):
        spec = load_scenario("baseline", overrides=[*SMALL, inline(path=f"[[0, {price}]]")])
        engine = Engine(spec, 3)
        while not engine.finished:
            engine.step()
        months.append(np.where(engine.state.adopted_month < 0, 10**6, engine.state.adopted_month))
    assert (months[0] >= months[1]).all() and (months[0] > months[1]).any()
    assert (months[1] >= months[2]).all() and (months[1] > months[2]).any()


def drawn(seed=1, *, name="coal", months=200_000, steps_per_year=12, **values):
    process = PriceProcess(**{"reversion": 0.5, "volatility": 0.3} | values)
    return drawn_log_price(process, seed=seed, name=name, months=months, steps_per_year=steps_per_year)


@pytest.mark.parametrize("steps_per_year", [4, 12, pytest.param(52, marks=pytest.mark.slow)])
def test_a_price_without_jumps_spreads_as_the_process_does_whatever_the_step(steps_per_year):
    """Stationary: standard deviation sigma / sqrt(2 kappa); correlation exp(-kappa years)."""
    z = drawn(months=20_000 * steps_per_year, steps_per_year=steps_per_year)
    sd = 0.3 / math.sqrt(2 * 0.5)
    # 20,000 years hold 20,000 kappa / 2 about independent values; of a variance they tell sqrt(2 / n).
    independent = 20_000 * 0.5 / 2
    assert z.mean() == pytest.approx(0.0, abs=4 * sd / math.sqrt(independent))
    assert z.var() == pytest.approx(sd**2, rel=4 * math.sqrt(2 / independent))
    yearly = z[:-steps_per_year] * z[steps_per_year:]
    assert yearly.mean() / z.var() == pytest.approx(math.exp(-0.5), abs=4 / math.sqrt(independent))


def test_a_price_without_reversion_walks_at_random():
    ends = np.array([drawn(seed, months=48, reversion=0.0)[-1] for seed in range(2000)])
    assert ends.var() == pytest.approx(4 * 0.3**2, rel=4 * math.sqrt(2 / 2000))


def test_jumps_come_as_often_and_are_as_large_as_asked_for():
    change = np.diff(drawn(reversion=0.0, volatility=0.0, jumps_per_year=3.0, jump_mean=-0.01, jump_sd=0.002))
    jumps = change[change != 0][:20_000]  # before the bound of the price is near
    chance = -math.expm1(-3.0 / 12)
    inside = np.flatnonzero(change != 0)[:400]
    assert inside[-1] / 400 == pytest.approx(1 / chance, rel=4 * math.sqrt((1 - chance) / 400))
    assert jumps[:400].mean() == pytest.approx(-0.01, abs=4 * 0.002 / math.sqrt(400))
    assert jumps[:400].std() == pytest.approx(0.002, rel=4 / math.sqrt(2 * 400))


def test_a_price_starts_at_its_reference_and_without_volatility_stays_there():
    assert drawn()[0] == 0.0
    assert (drawn(volatility=0.0, months=50) == 0.0).all()


def test_a_price_never_leaves_the_bounds_that_keep_hazards_finite():
    z = drawn(reversion=0.0, volatility=10.0, jumps_per_year=12.0, jump_mean=5.0, months=500)
    assert z.max() == pytest.approx(math.log(FARTHEST))
    assert z.min() >= -math.log(FARTHEST)


def test_draws_of_a_price_are_keyed_by_seed_and_name_and_month():
    assert np.array_equal(drawn(months=24), drawn(months=48)[:25])
    assert not np.array_equal(drawn(months=24), drawn(2, months=24))
    assert not np.array_equal(drawn(months=24), drawn(name="gas", months=24))


def test_more_jumps_keep_the_ones_that_were_there():
    few, many = (
        drawn(reversion=0.0, volatility=0.0, jump_mean=0.001, months=600, jumps_per_year=rate)
        for rate in (1, 4)
    )
    assert set(np.flatnonzero(np.diff(few))) < set(np.flatnonzero(np.diff(many)))


def test_another_commodity_moves_no_price():
    process = "{ reversion = 0.5, volatility = 0.3 }"
    alone = parse_scenario(coal(path=None, process=process))
    both = parse_scenario(coal(path=None, process=process) + coal(name='"a"', path=None, process=process))
    assert np.array_equal(prices(alone)[:, 0], prices(both)[:, 1])


@pytest.fixture
def beside(tmp_path):
    """Write a scenario that names coal.csv, and that table; return the scenario's path."""

    def write(table, **changes):
        (tmp_path / "coal.csv").write_text(table, encoding="utf-8")
        path = tmp_path / "prices.toml"
        path.write_text(coal(**{"path": '"coal.csv"'} | changes), encoding="utf-8")
        return path

    return write


def test_a_path_may_be_a_table_beside_the_scenario_and_the_scenario_then_holds_its_prices(beside):
    path = beside("price,year\n100,0\n50,2.5\n")
    spec = load_scenario(path)
    assert spec.commodities[0].path == ((0.0, 100.0), (2.5, 50.0))
    path.with_name("coal.csv").unlink()
    again = parse_scenario(spec.to_toml())
    assert (again, again.digest) == (spec, spec.digest)
    assert spec.digest != load_scenario(beside("price,year\n100,0\n60,2.5\n")).digest


def test_a_path_may_be_a_table_of_the_dataset(tmp_path):
    folder = dataset(tmp_path / "land", {"land": 5})
    (folder / "coal.csv").write_text("year,price\n0,70\n", encoding="utf-8")
    (tmp_path / "s.toml").write_text(
        f'[world]\ndataset = "{folder}"\n' + coal(path='"coal.csv"'), encoding="utf-8"
    )
    assert load_scenario(tmp_path / "s.toml").commodities[0].path == ((0.0, 70.0),)


def test_faults_of_a_table_of_prices_are_told_with_file_row_and_column(beside):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(beside("year,price\n0,100\n2,dear\n2,-5\n1,7\n"))
    assert [str(p) for p in caught.value.problems] == [
        'line 3  price = "dear": must be a number from 1e-09 to 1e+12',
        'line 4  price = "-5": must be a number from 1e-09 to 1e+12',
        'line 4  year = "2": must be later than the year above, 2',
        'line 5  year = "1": must be later than the year above, 2',
    ]
    assert {p.file.rsplit("/", 1)[1] for p in caught.value.problems} == {"coal.csv"}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("path", '"coal.cvs"', 'no such file beside the scenario or in its dataset; did you mean "coal.csv"?'),
        ("path", '"../coal.csv"', 'must be the name of a file, such as "coal.csv", or pairs of numbers'),
        ("path", "[[0, 0]]", "path[0][1] = 0: must be 1e-09 or more"),
        ("elasticity", "-1", "elasticity = -1: must be 0 or more"),
        ("industries", '["cole"]', 'industries[0] = "cole": not an industry; did you mean "coal"?'),
        ("export_dependence", "{ komy = 1 }", 'export_dependence.komy = 1: not a region; did you mean "komi"?'),
        ("process", "{ reversoin = 1 }", 'process.reversoin: unknown key; did you mean "reversion"?'),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_meant_is_refused_where_it_stands(beside, key, value, said):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(beside("year,price\n0,100\n", **{key: value}))
    told = [str(p) for p in caught.value.problems if p.key.startswith(f"commodities[0].{key}") and p.line]
    assert any(problem.endswith(said) for problem in told)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (None, "give either a path of prices or a process"),
        ("[]", "the path must hold at least one pair of year and price"),
        ("[[2, 100], [2, 90]]", "the years of the path must increase"),
        (
            "[[2, 1e6]]",
            "the price 1e+06 of year 2 must lie between a thousandth and a thousand times the reference 100",
        ),
    ],
)
def test_values_that_do_not_go_together_are_refused(path, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(coal(path=path))
    assert [str(p) for p in caught.value.problems] == [f"line 1  commodities[0]: {said}"]


def test_two_commodities_may_not_share_a_name():
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(coal() + coal())
    assert 'commodities[1].name = "coal": another commodity has this name' in str(caught.value)
