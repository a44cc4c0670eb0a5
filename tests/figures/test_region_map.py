"""The map shows regions where they lie, in the colours of their times, with their enterprises and members."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulation.data.outlines import load_outlines
from simulation.data.reader import dataset_folder, load_dataset
from simulation.errors import ResultsError
from simulation.figures import StudyCurves, region_map
from simulation.figures.drawing.map_names import draw_names
from simulation.figures.drawing.maps import (
    FLATTEST,
    PAPER,
    RING_PT,
    TALLEST,
    base_map,
    draw_base,
    draw_links,
    draw_rings,
    links_shown,
    radii_km,
)
from simulation.figures.drawing.study import half_times
from simulation.figures.drawing.style import PAGE_MM, style
from simulation.figures.film.film import shared_members

module = importlib.import_module("simulation.figures.region_map")
MakeStudy = Callable[..., StudyCurves]


@pytest.fixture
def outlined(three: StudyCurves) -> StudyCurves:
    """The study with the outlines of its regions."""
    return replace(three, outlines=load_outlines(dataset_folder("russia-2023")))


def base_of(study: StudyCurves):
    return base_map(study.region_ids, study.outlines, longitude=study.longitude, latitude=study.latitude)


def blank_axes() -> Axes:
    return Figure(figsize=(4, 2), dpi=100).add_axes((0, 0, 1, 1))


@pytest.mark.parametrize("width_mm", [90.0, 140.0, 190.0])
def test_maps_with_outlines_fit_the_page_and_every_seat_and_outline_is_in_sight(
    outlined: StudyCurves, width_mm: float
) -> None:
    drawn = module.draw(outlined, width_mm=width_mm)
    width, height = drawn.figure.get_size_inches() * 25.4
    assert width == pytest.approx(width_mm) and height <= PAGE_MM
    base = base_of(outlined)
    everything = np.concatenate([base.seats, *(shape.vertices for shape in base.shapes)])
    assert (everything > base.box[0]).all() and (everything < base.box[1]).all()
    maps = [ax for ax in drawn.figure.axes if ax.get_aspect() == 1.0]
    assert len(maps) == 4
    for ax in maps:
        np.testing.assert_allclose([ax.get_xlim(), ax.get_ylim()], base.box.T)


anywhere = st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0))
seats = st.one_of(
    st.lists(anywhere, min_size=2, max_size=100),
    st.tuples(st.floats(-180.0, 180.0), st.lists(st.floats(-90.0, 90.0), min_size=2, max_size=40)).map(
        lambda drawn: [(drawn[0], latitude) for latitude in drawn[1]]  # one meridian
    ),
    st.tuples(st.floats(-90.0, 90.0), st.lists(st.floats(-180.0, 180.0), min_size=2, max_size=40)).map(
        lambda drawn: [(longitude, drawn[0]) for longitude in drawn[1]]  # one parallel, perhaps a pole
    ),
    st.tuples(anywhere, st.integers(2, 40)).map(lambda drawn: [drawn[0]] * drawn[1]),  # one place
    st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(-60.0, 60.0)), min_size=2, max_size=40).map(
        lambda drawn: [((x + 360.0) % 360.0 - 180.0, y) for x, y in drawn]  # around the antimeridian
    ),
)


@given(seats, st.randoms(use_true_random=False), st.sampled_from([40.0, 90.0, 190.0]))
@settings(max_examples=60)
def test_any_seats_on_the_globe_give_a_map_of_a_page_with_all_bubbles_inside(
    drawn: list[tuple[float, float]], random: Random, width_mm: float
) -> None:
    longitude, latitude = np.array(drawn).T
    base = base_map([str(n) for n in range(len(drawn))], None, longitude=longitude, latitude=latitude)
    assert FLATTEST - 1e-9 <= base.height_share <= TALLEST + 1e-9
    assert np.isfinite(base.seats).all()
    enterprises = np.array([random.randrange(1, 1000) for _ in drawn])
    ring_km = (0.9 + 0.9) * RING_PT * float(np.ptp(base.box[:, 0])) / (width_mm / 25.4 * 72)
    reach = (radii_km(base, enterprises) + ring_km)[:, None]
    assert (base.seats - reach > base.box[0]).all() and (base.seats + reach < base.box[1]).all()


@given(seats, st.sampled_from([60.0, 90.0]))
@settings(max_examples=6)
def test_every_name_stands_inside_the_map(drawn: list[tuple[float, float]], width_mm: float) -> None:
    drawn = drawn[:12]
    longitude, latitude = np.array(drawn).T
    base = base_map([str(n) for n in range(len(drawn))], None, longitude=longitude, latitude=latitude)
    figure = Figure(figsize=(width_mm / 25.4, base.height_share * width_mm / 25.4))
    ax = figure.add_axes((0, 0, 1, 1))
    with style():
        draw_base(ax, base, [PAPER] * len(drawn))
        draw_names(ax, base, [f"The region of number {n}" for n in range(len(drawn))], width_mm=width_mm)
    page = figure.bbox.padded(1.0)
    for text in ax.texts:
        box = text.get_window_extent()
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, text


@pytest.mark.parametrize("width_mm", [90.0, 140.0, 190.0])
def test_a_long_country_under_long_titles_fits_the_page_and_every_heading_its_map(
    three: StudyCurves, width_mm: float
) -> None:
    titled = tuple(replace(s, title="Training, clusters and a platform for some") for s in three.scenarios)
    study = replace(
        three, latitude=np.linspace(-18, -55, 7), longitude=-70 + np.sin(np.arange(7)), scenarios=titled
    )
    figure = module.draw(study, width_mm=width_mm).figure
    assert figure.get_size_inches()[1] * 25.4 <= PAGE_MM
    with style():
        maps = [ax for ax in figure.axes if ax.get_aspect() == 1.0]
        boxes = [ax.get_position(original=True) for ax in maps]
        inverted = figure.transFigure.inverted()
        for text in (text for text in figure.texts if "1\u00a0−\u00a0Φ" in text.get_text()):
            extent = text.get_window_extent().transformed(inverted)
            assert any(box.x0 <= extent.x0 and extent.x1 <= box.x1 for box in boxes), text.get_text()


def test_partners_on_the_other_side_of_the_globe_stand_where_they_are_and_leave_room_for_the_country() -> (
    None
):
    folder = dataset_folder("eurasian")
    regions = load_dataset(folder).regions
    longitude, latitude = (np.array([getattr(r, key) for r in regions]) for key in ("longitude", "latitude"))
    base = base_map([r.id for r in regions], load_outlines(folder), longitude=longitude, latitude=latitude)
    assert [regions[i].id for i in np.argsort(base.seats[:, 0])[:1]] == ["brazil"]
    (order,) = np.nonzero(latitude < 0)
    assert set(np.argsort(base.seats[:, 1])[: order.size]) == set(order)  # the south is below
    outlined = np.concatenate([shape.vertices for shape in base.shapes if shape is not None])
    assert np.ptp(outlined[:, 0]) > 0.4 * np.ptp(base.box[:, 0])


def test_neighbours_on_both_sides_of_the_antimeridian_are_neighbours_on_the_map() -> None:
    base = base_map(["a", "b"], None, longitude=np.array([179.0, -179.0]), latitude=np.array([-17.0, -18.0]))
    assert np.linalg.norm(base.seats[0] - base.seats[1]) == pytest.approx(239, rel=0.01)
    assert base.seats[0, 0] < base.seats[1, 0]


@given(st.integers(2, 100))
@settings(max_examples=10)
def test_the_strongest_links_are_drawn_and_no_tangle(regions: int) -> None:
    links = np.random.default_rng(regions).uniform(1.0, 3.0, (regions, regions))
    links = (links + links.T) / 2
    strength = links[np.triu_indices(regions, k=1)]
    shown, count = links_shown(links, most=3.0)
    assert count == strength.size
    assert shown.sum() == min(2 * regions, 60, count)
    assert not shown.all() or count <= 60
    assert strength[shown].min() >= strength[~shown].max(initial=0.0)


def test_east_is_right_and_north_is_up(outlined: StudyCurves) -> None:
    x, y = dict(zip(outlined.region_ids, base_of(outlined).seats, strict=True)), outlined.region_ids
    assert max(y, key=lambda name: x[name][0]) == "sakhalin"
    assert x["astrakhan"][1] < x["samara"][1] < x["tatarstan"][1] < x["komi"][1] < x["arkhangelsk_nenets"][1]


def test_regions_and_bubbles_have_the_colour_of_their_t50(outlined: StudyCurves) -> None:
    drawn = module.draw(outlined, width_mm=190.0)
    table = drawn.numbers["region_map"]
    maps = [ax for ax in drawn.figure.axes if ax.get_aspect() == 1.0][1:]
    found = table["t50_years"]
    norm, bright = Normalize(np.floor(found.min()), np.ceil(found.max())), colormaps["cividis"].reversed()
    for ax, scenario in zip(maps, outlined.scenarios, strict=True):
        t50 = table.loc[table["scenario"] == scenario.name, "t50_years"].to_numpy()
        np.testing.assert_array_equal(t50, half_times(scenario, dt=outlined.dt).median)
        regions, bubbles = ax.collections[1], ax.collections[-1 if scenario.platforms is None else -3]
        reached = np.isfinite(t50)
        own = bubbles.get_facecolors()[::-1]  # the largest bubble, that of the last region, is drawn first
        np.testing.assert_array_equal(regions.get_facecolors(), own[reached])
        np.testing.assert_allclose(regions.get_facecolors(), bright(norm(t50[reached])), atol=1 / 255)


def test_regions_that_do_not_reach_one_half_are_hatched(make_study: MakeStudy, outlined: StudyCurves) -> None:
    late = replace(make_study(ceiling=0.4), outlines=outlined.outlines)
    drawn = module.draw(late, width_mm=140.0)
    assert drawn.numbers["region_map"]["t50_years"].isna().all()
    maps = [ax for ax in drawn.figure.axes if ax.get_aspect() == 1.0][1:]
    for ax in maps:
        assert ax.collections[1].get_hatch()
        assert {to_hex(face) for face in ax.collections[1].get_facecolors()} == {to_hex(PAPER)}


def test_a_dataset_without_outlines_shows_bubbles_at_the_seats(three: StudyCurves) -> None:
    base = base_of(three)
    assert base.shapes == (None,) * 7 and base.surroundings is None
    drawn = module.draw(three, width_mm=90.0)
    maps = [ax for ax in drawn.figure.axes if ax.get_aspect() == 1.0][1:]
    bubbles = maps[0].collections[-1]
    centres = [path.get_extents() for path in bubbles.get_paths()]
    np.testing.assert_allclose([(box.p0 + box.p1) / 2 for box in centres][::-1], base.seats, atol=1e-6)


def test_the_area_of_a_bubble_is_proportional_to_the_enterprises(three: StudyCurves) -> None:
    radius = radii_km(base_of(three), three.enterprises)
    np.testing.assert_allclose(radius**2 / radius[0] ** 2, three.enterprises / three.enterprises[0])


def test_a_mark_tells_macroregions_apart_on_the_map_and_in_its_key(outlined: StudyCurves) -> None:
    """Their colours alone are alike in grey."""
    figure = module.draw(outlined, width_mm=190.0).figure
    first = next(ax for ax in figure.axes if ax.get_aspect() == 1.0)
    seats = [line for line in first.lines if line.get_marker() != "None"]
    of_region = {name: line.get_marker() for name, line in zip(outlined.macroregions, seats, strict=True)}
    in_order = [line.get_marker() for line in seats]
    assert in_order == [of_region[name] for name in outlined.macroregions]
    assert len(set(of_region.values())) == len(of_region) == 5
    key = {line.get_marker() for line in figure.findobj(Line2D) if line.axes is None} - {"None"}
    assert key >= set(of_region.values())


def test_lag_is_counted_from_the_first_region_of_each_scenario(three: StudyCurves) -> None:
    table = module.draw(three, width_mm=190.0, quantity="lag").numbers["region_map"]
    t50 = module.draw(three, width_mm=190.0).numbers["region_map"]
    for name, rows in table.groupby("scenario"):
        of = t50.loc[t50["scenario"] == name, "t50_years"]
        np.testing.assert_allclose(rows["lag_years"], of - of.min())


def test_change_is_the_median_of_the_differences_between_replications_of_one_seed(
    three: StudyCurves,
) -> None:
    reference, other = three.scenarios[0], three.scenarios[1]
    earlier = np.concatenate(
        [reference.regional[:, :, 6:], np.repeat(reference.regional[:, :, -1:], 6, axis=2)], axis=2
    )
    shifted = replace(other, regional=np.roll(earlier, 1, axis=0))
    paired = replace(other, regional=earlier)
    found = module.values(replace(three, scenarios=(reference, paired)), paired, "change")
    np.testing.assert_allclose(found, -0.5, atol=1e-9)
    assert not np.allclose(
        module.values(replace(three, scenarios=(reference, shifted)), shifted, "change"), -0.5, atol=1e-9
    )


def test_change_of_a_region_that_is_mostly_late_cannot_be_said(three: StudyCurves) -> None:
    regional = {number: three.scenarios[number].regional.copy() for number in (0, 1)}
    regional[0][:8, 2] *= 0.4  # 8 of 12 never reach one half, in the reference alone
    regional[0][:5, 3] *= 0.4
    for curves in regional.values():
        curves[:8, 5] *= 0.4  # and in both; region 4 is late in the other by itself
    reference, other = (replace(three.scenarios[number], regional=regional[number]) for number in (0, 1))
    found = module.values(replace(three, scenarios=(reference, other)), other, "change")
    np.testing.assert_array_equal(np.isnan(found), [False, False, True, False, True, True, False])


def test_change_needs_another_scenario_and_common_seeds(make_study: MakeStudy, three: StudyCurves) -> None:
    with pytest.raises(ResultsError, match="only baseline is here"):
        module.draw(make_study(["baseline"]), width_mm=90.0, quantity="change")
    apart = replace(three.scenarios[1], seeds=tuple(range(50, 62)))
    with pytest.raises(ResultsError, match="no seed in common"):
        module.draw(replace(three, scenarios=(three.scenarios[0], apart)), width_mm=90.0, quantity="change")


def test_links_are_the_geometric_mean_on_the_platform_where_it_is_largest() -> None:
    links = shared_members(np.array([[4.0, 9.0, 0.0], [1.0, 16.0, 25.0]]))
    np.testing.assert_allclose(links, [[0, 6, 5], [6, 0, 20], [5, 20, 0]])
    assert shared_members(np.zeros((0, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_lines_are_as_thick_as_links_are_strong_and_the_faintest_are_left_out(three: StudyCurves) -> None:
    base = base_of(three)
    ax = blank_axes()
    draw_base(ax, base, [PAPER] * 7)
    links = np.zeros((7, 7))
    links[0, 1] = links[1, 0] = 100.0
    links[2, 3] = links[3, 2] = 50.0
    links[4, 5] = links[5, 4] = 1.0
    draw_links(ax, base, links, most=100.0)
    lines = ax.collections[-1]
    np.testing.assert_allclose(lines.get_segments(), [base.seats[[0, 1]], base.seats[[2, 3]]])
    thick, thin = lines.get_linewidths()
    assert thick == 2 * thin


def test_a_ring_is_as_long_as_the_share_of_members(three: StudyCurves) -> None:
    base = base_of(three)
    ax = blank_axes()
    draw_base(ax, base, [PAPER] * 7)
    shares = np.array([0.0, 0.25, 0.5, 1.0, 0.0, 0.1, 0.9])
    draw_rings(ax, base, shares, radius_km=np.full(7, 100.0))
    arcs = ax.collections[-1].get_segments()
    lengths = np.array([np.linalg.norm(np.diff(arc, axis=0), axis=1).sum() for arc in arcs])
    np.testing.assert_allclose(lengths / lengths.max(), [0.25, 0.5, 1.0, 0.1, 0.9], rtol=2e-3)


def test_the_tables_hold_members_and_links_of_every_pair(three: StudyCurves) -> None:
    numbers = module.draw(three, width_mm=190.0).numbers
    hypercluster = three.scenarios[2]
    final = hypercluster.platforms.members[:, -1].mean(axis=0)
    rows = numbers["region_map"].query("scenario == 'hypercluster'")
    may_join = hypercluster.platforms.may_join[0, -1]
    np.testing.assert_allclose(rows["member_share"], (final / may_join).max(axis=0))
    links = numbers["region_map_links"].query("scenario == 'hypercluster'")
    assert len(links) == 7 * 6 / 2
    pair = links.query("region == 'astrakhan' and other == 'sakhalin'")
    assert pair["shared_members"].item() == pytest.approx(np.sqrt(final[0, 1] * final[0, 6]))
    assert (numbers["region_map_links"].query("scenario == 'baseline'")["shared_members"] == 0).all()


def test_a_notebook_gets_its_axes_back(outlined: StudyCurves) -> None:
    ax = blank_axes()
    assert region_map(outlined, ax=ax, quantity="lag") is ax
    assert sum(each.get_aspect() == 1.0 for each in ax.figure.axes) >= 4


def test_the_key_of_the_colours_has_the_range_of_the_regions(outlined: StudyCurves) -> None:
    with style():
        drawn = module.draw(outlined, width_mm=190.0)
    bar = next(ax for ax in drawn.figure.axes if "years" in ax.get_ylabel())
    found = drawn.numbers["region_map"]["t50_years"]
    low, high = bar.get_xlim()
    assert low == np.floor(found.min()) and high == np.ceil(found.max())
