"""The Mesa model: the same numbers as the batch, agents as views, an ordinary Mesa model to its users."""

import enum
import inspect
import itertools
import math
import re
from pathlib import Path

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.discrete_space import FixedAgent
from short_runs import remaining_of_pairs

from simulation.errors import HyperclusterError
from simulation.figures.drawing.region_order import region_order
from simulation.mesa.agents import Enterprise, Institution
from simulation.mesa.model import HyperclusterModel, _tiles
from simulation.replication import run
from simulation.scenario.loading import load_scenario

pytestmark = [  # of what Mesa is going to change
    pytest.mark.filterwarnings(f"error::{category}")
    for category in ("DeprecationWarning", "FutureWarning", "PendingDeprecationWarning")
]

SMALL = ["world.scale=0.05", "time.years=6", "diffusion.spontaneous=0.02", "budget.per_year=1e6"]


@pytest.fixture
def spec():
    return load_scenario("hypercluster", overrides=SMALL)


@pytest.fixture
def model(spec):
    return HyperclusterModel(spec, rng=3)


def test_the_model_gives_the_same_bits_as_a_run_without_agents(spec, model):
    model.run_for(40)
    assert len(model.agents) > 0  # looking changes nothing
    [agent.hazard("intelligent field") for agent in list(model.agents_by_type[Enterprise])[:20]]
    model.run_for(32)
    alone = run(spec, seed=3)
    assert np.array_equal(model.result().record.adopters, alone.record.adopters)
    assert np.array_equal(model.result().record.attribution, alone.record.attribution)
    np.testing.assert_equal(model.result().metrics, alone.metrics)
    assert model.result().curves.equals(alone.curves)


def test_agents_are_made_when_somebody_looks(model):
    model.run_model()
    model.result().metrics["phi"]
    made = mesa.Model.agents.fget(model)
    assert len(made) == 0
    world = model.world
    assert len(model.agents) == world.enterprises.region_of.size + len(world.institutions.names)
    assert made is model.agents
    assert set(model.agent_types) == {Enterprise, Institution}
    assert len(model.agents_by_type[Institution]) == 83


def test_agents_work_with_select_groupby_and_get(model):
    model.run_for(36)
    enterprises = model.agents_by_type[Enterprise]
    in_tatarstan = enterprises.select(lambda agent: agent.region == "tatarstan")
    counts = model.world.enterprises.counts[model.world.regions.ids.index("tatarstan")]
    assert len(in_tatarstan) == counts.sum()
    by_industry = in_tatarstan.groupby("industry").count()
    assert by_industry == {s: n for s, n in zip(model.world.enterprises.industries, counts, strict=True) if n}
    assert sum(enterprises.get("adoptions")) == model.adoptions == model.state.adopters.sum()


def test_agents_stand_in_the_cells_of_their_regions(model):
    agent = next(iter(model.agents_by_type[Institution].select(lambda agent: "Kazan Federal" in agent.name)))
    assert agent.cell is model.cell("tatarstan")
    assert agent in agent.cell.agents
    assert {other.region for other in agent.cell.agents} == {"tatarstan"}
    assert model.space[agent.cell.coordinate] is agent.cell
    with pytest.raises(KeyError, match="'atlantis' names 0 of the region names"):
        model.cell("atlantis")


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=120).map(np.array),
)
def test_each_region_has_a_cell_of_its_own_that_lies_as_on_a_map(places):
    longitude, latitude = places.T
    tiles = _tiles(longitude, latitude)
    assert len(set(tiles)) == len(tiles) == len(places)
    for (one, a), (other, b) in itertools.permutations(zip(tiles, places, strict=True), 2):
        if one[0] < other[0]:
            assert a[0] <= b[0], "columns go from west to east"
        if one[0] == other[0] and one[1] < other[1]:
            assert a[1] <= b[1], "and in a column regions go from south to north"
    width, height = (max(numbers) + 1 for numbers in zip(*tiles, strict=True))
    assert 0 <= height - width <= 1
    assert width <= math.ceil(len(tiles) / height), "no column is empty"


def test_a_view_reads_the_state_of_its_row(model):
    model.run_for(60)
    technology = "intelligent field"
    k = model.technology(technology)
    adopters = [agent for agent in model.agents_by_type[Enterprise] if agent.adopted(technology)]
    assert len(adopters) == model.state.adopters[:, :, k].sum() > 0
    for agent in adopters[:50]:
        assert 1 <= agent.adoption_month(technology) <= 60
        assert sum(agent.attribution(technology).values()) == pytest.approx(1.0)
        assert agent.eligible(technology)
        assert set(agent.hazard(technology).values()) == {0.0}
        assert agent in [friend for partner in agent.partners for friend in partner.partners]
    members = [agent for agent in model.agents_by_type[Enterprise] if "national" in agent.platforms]
    assert len(members) == np.count_nonzero(model.state.mask_of)
    institutions = model.agents_by_type[Institution]
    assert sum(agent.mastered(technology) for agent in institutions) == model.state.mastered[:, k].sum()
    assert all(agent.platforms == ("national",) for agent in institutions)


def test_the_hazard_of_a_view_is_what_the_clock_takes_next(model):
    model.run_for(30)
    engine = model.engine
    pairs, state, k = model.world.pairs, model.state, model.technology("intelligent field")
    waiting = [p for p in range(pairs.start[k], pairs.start[k + 1]) if state.adopted_month[p] < 0][:40]
    hazards = [
        sum(model.enterprise(int(pairs.enterprise[p])).hazard("intelligent field").values()) for p in waiting
    ]
    before = remaining_of_pairs(engine)[waiting]
    levers = engine.schedule.levers(state.month)
    assert levers is engine.levers, "the levers move this month, so that present hazards are not next month's"
    model.step()
    alpha = model.world.enterprises.absorptive_capacity[pairs.enterprise[waiting]]
    still = remaining_of_pairs(engine)[waiting]
    waits = ~np.isnan(still)  # the others have adopted in this month
    spent = (before - still)[waits] * alpha[waits]  # the clock runs on hazard and threshold over alpha
    assert waits.sum() > 30
    np.testing.assert_allclose(spent, np.array(hazards)[waits] / 12, rtol=1e-9)


def test_names_of_technologies_may_be_shortened_but_not_ambiguous(model):
    assert model.technology("Intelligent Field") == model.technology("intelligent field")
    with pytest.raises(KeyError, match="names 0 of"):
        model.technology("perpetual motion")
    with pytest.raises(KeyError, match=r"names \d+ of"):
        model.technology("digital")


def test_data_are_collected_every_month(model):
    model.run_for(24)
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame["month"].tolist() == list(range(25))
    assert frame["adoptions"].is_monotonic_increasing
    assert frame["adoption_share"].iloc[-1] == model.adoption_share
    assert frame["member_share"].iloc[-1] > 0


def test_the_model_stops_at_the_horizon(model):
    model.run_model()
    assert model.month == 72
    assert not model.running
    model.step()
    assert model.month == 72


class Lucky(enum.IntEnum):
    SEVEN = 7


@pytest.mark.parametrize(
    "seven",
    [
        7,
        Lucky.SEVEN,
        np.array(7),
        *(kind(7) for kind in dict.fromkeys(np.dtype(c).type for c in np.typecodes["AllInteger"])),
    ],
    ids=lambda seven: type(seven).__name__,
)
def test_rng_is_the_seed_in_every_type_of_integer(spec, with_seven, seven):
    model = HyperclusterModel(spec, rng=seven)
    assert (model.seed, type(model.seed)) == (7, int)
    model.run_model()
    assert np.array_equal(model.result().record.attribution, with_seven)


@pytest.fixture(scope="module")
def with_seven():
    return run(load_scenario("hypercluster", overrides=SMALL), seed=7).record.attribution


@pytest.mark.parametrize(
    "rng",
    [
        *(7.0, np.float64(7), "7", b"7", 7 + 0j, True, np.True_, np.timedelta64(7, "s"), [7], np.array([7])),
        *(-1, 2**53, np.random.default_rng(7), np.random.SeedSequence(7), np.random.PCG64(7)),
    ],
    ids=lambda rng: type(rng).__name__,
)
def test_rng_is_refused_in_one_sentence_where_it_is_no_seed(rng):
    with pytest.raises(HyperclusterError, match=r"\Arng = [^\n]*: must be a whole number from 0 to \d+\Z"):
        HyperclusterModel(rng=rng)


def test_without_rng_every_model_has_a_seed_of_its_own_and_tells_it(spec):
    models = [HyperclusterModel(spec) for _ in range(3)]
    assert len({model.seed for model in models}) == 3
    models[0].run_model()
    assert np.array_equal(models[0].result().record.attribution, run(spec, models[0].seed).record.attribution)
    assert set(models[0].datacollector.get_model_vars_dataframe()["seed"]) == {models[0].seed}


def test_the_model_is_one_of_mesas_and_uses_none_of_its_private_names(model):
    assert isinstance(model, mesa.Model)
    mesas = {name for cls in (mesa.Model, FixedAgent) for name in dir(cls)} | set(vars(mesa.Model(rng=1)))
    ours = (Path(inspect.getfile(cls)).read_text(encoding="utf-8") for cls in (HyperclusterModel, Enterprise))
    used = {name for text in ours for name in re.findall(r"\.(_[a-z]\w*)", text)}
    assert used
    assert not used & mesas


def test_agents_say_who_they_are(model):
    assert repr(model.enterprise(0)) == "Enterprise(row=0, region='arkhangelsk_nenets', industry='oil_gas')"
    assert repr(model.institution("Kazan Federal")).startswith("Institution('Kazan")


def test_removing_the_agents_leaves_the_simulation_alone(spec, model):
    assert len(model.agents) > 0
    model.remove_all_agents()
    assert len(model.agents) == 0
    model.run_for(72)
    assert model.adoptions == run(spec, seed=3).record.adopters[-1].sum()


def test_agents_of_enterprises_come_and_go_as_the_enterprises_do():
    spec = load_scenario("hypercluster", overrides=[*SMALL, "turnover.entry=0.2", "turnover.exit=0.2"])
    model = HyperclusterModel(spec, rng=3)
    at_first = {agent.row: agent for agent in model.agents_by_type[Enterprise]}
    assert sorted(at_first) == np.flatnonzero(model.world.enterprises.present).tolist()
    for month in (12, 13, 40):
        model.run_for(month - model.month)
        shown = {agent.row: agent for agent in model.agents_by_type[Enterprise]}
        assert sorted(shown) == np.flatnonzero(model.world.enterprises.present).tolist()
        assert all(shown[row] is at_first[row] for row in shown.keys() & at_first.keys())
        in_cells = {agent for cell in model.space.all_cells for agent in cell.agents}
        assert in_cells == set(model.agents)
        for agent in shown.values():
            assert agent.partners == [shown[partner.row] for partner in agent.partners]
    gone = next(iter(at_first.keys() - shown.keys()))
    with pytest.raises(KeyError):
        model.enterprise(gone)
    assert len(at_first) != len(shown)
    left = at_first[gone]
    assert (left.region, left.partners, left.platforms) == (
        model.world.regions.ids[model.world.enterprises.region_of[gone]],
        [],
        (),
    )
    assert repr(left) == f"Enterprise(row={gone}, region={left.region!r}, industry={left.industry!r})"
    open_to_it = [name for name in model.world.technologies.names if not left.adopted(name)]
    assert any(sum(agent.hazard(name).values()) for agent in shown.values() for name in open_to_it)
    assert not any(sum(left.hazard(name).values()) for name in open_to_it)
    model.remove_all_agents()
    model.run_for(24)
    assert not any(agent.row in at_first for agent in model.agents_by_type[Enterprise])


def test_show_draws_how_far_the_run_has_come(model):
    from matplotlib.figure import Figure

    model.run_for(40)
    figure = model.show()
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    raster, _, shares = figure.axes
    regions = model.world.regions
    macroregions = [regions.macroregions[place] for place in regions.macroregion_of]
    order, _ = region_order(regions.ids, macroregions, longitude=regions.longitude, latitude=regions.latitude)
    now = np.asarray(raster.images[0].get_array())[:, -1]
    assert now == pytest.approx(
        (model.state.adopters.sum(axis=(1, 2)) / model.world.eligible.sum(axis=(1, 2)))[order]
    )
    drawn = {line.get_label(): line.get_ydata() for line in shares.lines}
    assert drawn["adopters of all eligible"][-1] == pytest.approx(
        100 * model.adoptions / model.world.eligible.sum()
    )
    assert drawn["members of a platform"][-1] == pytest.approx(100 * model.member_share)
    assert drawn["technologies released"][-1] == pytest.approx(
        100 * model.technologies_released / len(model.world.technologies.names)
    )


def test_show_changes_nothing_and_works_at_the_start_and_at_the_horizon(spec, model):
    model.show()
    model.run_for(72)
    model.show()
    assert np.array_equal(model.result().record.adopters, run(spec, seed=3).record.adopters)


def test_a_row_means_the_same_in_every_integer_type_and_nothing_else_is_one():
    model = HyperclusterModel(load_scenario("baseline", overrides=["world.scale=0.02"]), rng=1)
    for row in (1, np.int8(1), np.uint64(1), np.array(1)):
        assert model.enterprise(row).row == 1
    for row in (1.0, np.float64(1), True, "1", None, -1):
        with pytest.raises(HyperclusterError, match=r"row = .*: must be a whole number"):
            model.enterprise(row)
    with pytest.raises(KeyError):
        model.enterprise(10**6)


def test_a_path_is_a_scenario_wherever_its_name_is_one(tmp_path: Path):
    file = tmp_path / "tiny.toml"
    file.write_text("[time]\nyears = 0.5\n[world]\nscale = 0.02\n", encoding="utf-8")
    expected = run(str(file), seed=3).record.adopters
    assert np.array_equal(run(file, seed=3).record.adopters, expected)
    assert HyperclusterModel(file, rng=3).spec.digest == HyperclusterModel(str(file), rng=3).spec.digest
