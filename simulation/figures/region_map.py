"""A map of the regions: early and late adoption, and joint membership of platforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize, to_hex

from simulation.errors import ResultsError
from simulation.figures.drawing.inputs import Source, without_outlines
from simulation.figures.drawing.map_key import MapKey, draw_map_key, map_key_height
from simulation.figures.drawing.map_names import draw_names
from simulation.figures.drawing.maps import (
    PAPER,
    BaseMap,
    base_map,
    draw_base,
    draw_map,
    draw_seats,
    km_per_point,
    links_shown,
    radii_km,
)
from simulation.figures.drawing.panels import MARGIN_MM, Frame, Grid, in_axes, page
from simulation.figures.drawing.regions import macroregion_colours, macroregion_markers
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    half_times,
    mean_of_defined,
    number,
    regional_t50,
    replications,
)
from simulation.figures.drawing.style import MM_PER_INCH, SHARE_MAP, difference_map
from simulation.figures.film.film import shared_members
from simulation.world import Array

Quantity = Literal["t50", "lag", "change"]
"""Quantities that colour regions: t50; lag behind the first region of the scenario; t50 minus the reference's."""

LABELS = {
    "t50": "Regional t50, years",
    "lag": "Lag behind the first region, years",
    "change": "t50 minus the reference’s, years",
}
MOST_MM = 182.0
"""Of maps and key; the note follows below. The maps use the fewest columns that keep the figure well within a page."""
LEAST_SHARE = 0.9
"""A map may leave a tenth of its column empty, if that avoids another column."""
LEAST_MM = 38.0  # of the longer side of a map
NAMED_MM = 55.0  # a narrower map has no room for names: then the first map has a line of its own
NAMED_REGIONS = 40  # more have numbers, which the note explains
LOCATOR_MM = 80.0  # largest height of a first map that has a line of its own
MAP_AXIS_MM = 0.5
NO_BREAK = "\u00a0"
GROUND_AXIS_MM = 2.0  # below a map without outlines, whose ground reaches down to its edge
MORE_MM = 40.0  # beyond MOST_MM, up to a page, for maps that would be small otherwise
SMALLEST_MM = 12.0  # height of a map of many scenarios, where a page has no room for more


def region_map(results: Source, *, ax: Axes | None = None, quantity: Quantity = "t50") -> Axes:
    """Draw one map per scenario, and one that names the regions.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.
    quantity
        What colours the regions.

    Examples
    --------
    >>> ax = figures.region_map("results/study", quantity="lag")
    """
    return in_axes(
        results,
        ax,
        draw=partial(draw_maps, quantity=quantity),
        height_mm=partial(_height_mm, quantity=quantity),
    )


def values(study: StudyCurves, scenario: ScenarioCurves, quantity: Quantity) -> Array:
    """What colours each region, float64 (R,), years; nan where it is undefined.

    t50 and its lag are medians over replications. A change is the median of the differences between replications of
    one seed; if the region reaches one half in only one scenario of a pair, the difference is infinite. A
    change is undefined if the median is infinite, or if the region reaches half in neither scenario for half
    of the seeds.
    """
    if quantity == "change":
        return _change(study, scenario)
    t50 = half_times(scenario, dt=study.dt).median
    if quantity == "t50" or np.isnan(t50).all():
        return t50
    return t50 - np.nanmin(t50)


def _change(study: StudyCurves, scenario: ScenarioCurves) -> Array:
    reference = study.reference
    shared = sorted(set(scenario.seeds) & set(reference.seeds))
    if not shared:
        raise ResultsError(
            f"region_map: {scenario.name} and {reference.name} have no seed in common, so nothing can be paired"
        )
    of, minus = (
        regional_t50(each, dt=study.dt)[[each.seeds.index(seed) for seed in shared]]
        for each in (scenario, reference)
    )
    one_reaches = np.isfinite(of) | np.isfinite(minus)
    of, minus = (np.where(np.isnan(t50) & one_reaches, np.inf, t50) for t50 in (of, minus))
    differences = np.ma.masked_array(of - minus, mask=~one_reaches)
    median = np.ma.median(differences, axis=0).filled(np.nan)
    return np.where(np.isfinite(median) & (one_reaches.mean(axis=0) > 0.5), median, np.nan)


def members(scenario: ScenarioCurves, regions: int) -> tuple[Array, Array]:
    """Members of each region at the end of the run, means over replications.

    Returns
    -------
    share : float64, shape (R,)
        Members over those who may join, for the platform with the largest share; 0 without a platform.
    links : float64, shape (R, R)
        Geometric mean of two regions' members of one platform, of the platform where it is largest; 0 on the diagonal.
    """
    if scenario.platforms is None:
        return np.zeros(regions), np.zeros((regions, regions))
    final, may_join = (
        counts[:, -1].mean(axis=0) for counts in (scenario.platforms.members, scenario.platforms.may_join)
    )  # (H, R)
    share = (final / np.maximum(may_join, 1)).max(axis=0)
    return share, shared_members(final)


@dataclass(frozen=True, slots=True)
class _Scale:
    """The colours of one figure."""

    colours: Colormap
    norm: Normalize

    def of(self, found: Array) -> list[str]:
        """One colour per region; the background colour where there is no value."""
        return [PAPER if np.isnan(value) else to_hex(self.colours(self.norm(value))) for value in found]


def _scale(found: Sequence[Array], quantity: Quantity) -> _Scale:
    every = np.concatenate(found)
    every = every[np.isfinite(every)]
    low, high = (np.floor(every.min()), np.ceil(every.max())) if every.size else (0.0, 1.0)
    if quantity == "change":
        limit = max(-low, high, 1.0)
        return _Scale(difference_map(), Normalize(-limit, limit))
    # Early adoption is bright, because high shares are bright in other figures.
    return _Scale(colormaps[SHARE_MAP].reversed(), Normalize(low, max(high, low + 1.0)))


def _shown(study: StudyCurves, quantity: Quantity) -> tuple[ScenarioCurves, ...]:
    study.require("memberships", figure="region_map")  # without them nobody would seem to be a member
    return study.compared("region_map") if quantity == "change" else study.scenarios


def _base(study: StudyCurves) -> BaseMap:
    return base_map(study.region_ids, study.outlines, longitude=study.longitude, latitude=study.latitude)


def _headings(study: StudyCurves, quantity: Quantity) -> list[str]:
    measures = []
    for scenario in _shown(study, quantity):
        t50, synchronization = (mean_of_defined(v)[0] for v in (scenario.t50_years, scenario.synchronization))
        parts = (f"t50 {number(t50, unit=' years')},", f"1 − Φ {number(synchronization, decimals=3)}")
        measures.append(f"{scenario.label}: {' '.join(part.replace(' ', NO_BREAK) for part in parts)}")
    return ["regions and macroregions", *measures]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Places of the maps; the map that names the regions may stand on a line of its own, above the others."""

    maps: Grid
    map_mm: float  # wanted height
    locator: Grid | None = None
    locator_mm: float = 0.0

    @property
    def height_mm(self) -> float:
        above = self.locator.height_mm(self.locator_mm) if self.locator else 0.0
        return above + self.maps.height_mm(self.map_mm)

    def filling(self, height_mm: float) -> _Layout:
        """The same with maps as high as fit into this height."""
        if self.locator is None:
            return replace(self, maps=self.maps.filling(height_mm))
        above = self.locator.height_mm(self.locator_mm) * height_mm / self.height_mm
        return replace(self, locator=self.locator.filling(above), maps=self.maps.filling(height_mm - above))

    def panels(self, frame: Frame, headings: Sequence[str]) -> list[Axes]:
        """Axes of all maps, the one that names the regions first."""
        if self.locator is None:
            return [self.maps.panel(frame, number, text) for number, text in enumerate(headings)]
        above = self.locator.height_mm(self.locator.panel_height_mm)
        below = Frame(frame.figure, frame.left, frame.top + above, frame.width, frame.height - above)
        rest = [self.maps.panel(below, number, text, first=1) for number, text in enumerate(headings[1:])]
        return [self.locator.panel(frame, 0, headings[0]), *rest]


def _layout(study: StudyCurves, width_mm: float, quantity: Quantity) -> _Layout:
    headings, base = _headings(study, quantity), _base(study)
    share, axis_mm = base.height_share, GROUND_AXIS_MM if base.is_bare else MAP_AXIS_MM
    room = MOST_MM - map_key_height(_key(study, quantity), width_mm)
    together, height = _in_columns(headings, width_mm, share=share, room=room, axis_mm=axis_mm)
    if together.panel_mm >= NAMED_MM:
        return _Layout(together, height)
    locator = Grid.fit(1, width_mm, least_mm=LEAST_MM, left=MARGIN_MM, headings=headings[:1], axis_mm=axis_mm)
    highest = min(share * locator.panel_mm, LOCATOR_MM)
    below = room - locator.height_mm(highest)
    maps, height = _in_columns(headings[1:], width_mm, share=share, room=below, axis_mm=axis_mm)
    return _Layout(maps, height, locator, highest)


def _in_columns(
    headings: Sequence[str], width_mm: float, *, share: float, room: float, axis_mm: float
) -> tuple[Grid, float]:
    """Return the grid with the fewest columns whose maps fit into the room, and their height.

    If maps of a legible size fit in no number of columns, they become smaller, and the figure as high as a page.
    """
    for columns in range(1, len(headings) + 1):
        least = (width_mm - 2 * MARGIN_MM - 4.5 * (columns - 1)) / columns - 0.01
        if columns > 1 and least * max(share, 1.0) < LEAST_MM:
            break
        grid = Grid.fit(
            len(headings), width_mm, least_mm=least, left=MARGIN_MM, headings=headings, axis_mm=axis_mm
        )
        height = share * grid.panel_mm
        if grid.height_mm(LEAST_SHARE * height) <= room:
            break
    fitting, highest = (grid.filling(mm).panel_height_mm for mm in (room, room + MORE_MM))
    return grid, max(min(height, fitting), min(LEAST_SHARE * height, highest), SMALLEST_MM)


def _key(study: StudyCurves, quantity: Quantity) -> MapKey:
    markers = macroregion_markers(study.macroregions)
    shown = _shown(study, quantity)
    linked = [members(scenario, len(study.region_ids)) for scenario in shown]
    late = any(np.isnan(values(study, scenario, quantity)).any() for scenario in shown)
    return MapKey(
        label=LABELS[quantity],
        macroregions={
            name: (colour, markers[name]) for name, colour in macroregion_colours(study.macroregions).items()
        },
        most_enterprises=int(study.enterprises.max()),
        has_members=any(share.any() for share, _ in linked),
        has_links=any(links.any() for _, links in linked),
        undefined="half do not adopt in time" if late else "",
    )


def _height_mm(study: StudyCurves, width_mm: float, *, quantity: Quantity = "t50") -> float:
    return _layout(study, width_mm, quantity).height_mm + map_key_height(_key(study, quantity), width_mm)


def draw_maps(frame: Frame, study: StudyCurves, *, quantity: Quantity = "t50") -> None:
    """Draw all maps and their key into a frame."""
    shown, base = _shown(study, quantity), _base(study)
    found = [values(study, scenario, quantity) for scenario in shown]
    scale = _scale(found, quantity)
    key = _key(study, quantity)
    layout = _layout(study, frame.width, quantity).filling(frame.height - map_key_height(key, frame.width))
    locator, *axes = layout.panels(frame, _headings(study, quantity))
    _draw_locator(locator, study, base)
    radius = radii_km(base, study.enterprises)
    linked = [members(scenario, len(study.region_ids)) for scenario in shown]
    most = max(float(links.max(initial=0.0)) for _, links in linked)
    for ax, years, (share, links) in zip(axes, found, linked, strict=True):
        draw_map(ax, base, scale.of(years), radius_km=radius, shares=share, links=links, most=most)
    draw_map_key(
        frame,
        key,
        colours=ScalarMappable(scale.norm, scale.colours),
        largest_mm=float(radius.max()) / (km_per_point(axes[0]) * 72 / MM_PER_INCH),
    )


def _draw_locator(ax: Axes, study: StudyCurves, base: BaseMap) -> None:
    colours = macroregion_colours(study.macroregions)
    markers = macroregion_markers(study.macroregions)
    fills = [colours[name] for name in study.macroregions]
    draw_base(ax, base, fills)
    draw_seats(ax, base, [markers[name] for name in study.macroregions], fills)
    numbered = len(study.region_ids) > NAMED_REGIONS
    names = [str(n) for n in range(1, len(study.region_ids) + 1)] if numbered else study.region_names
    draw_names(
        ax, base, names, width_mm=float(np.ptp(base.box[:, 0])) / (km_per_point(ax) * 72 / MM_PER_INCH)
    )


def _numbers_in_words(study: StudyCurves) -> str:
    if len(study.region_ids) <= NAMED_REGIONS:
        return ""
    return f" Numbers: {', '.join(f'{n} {name}' for n, name in enumerate(study.region_names, start=1))}."


def _links_in_words(study: StudyCurves, quantity: Quantity) -> str:
    """Say how many links are left out of the maps."""
    linked = {
        scenario.label: members(scenario, len(study.region_ids))[1] for scenario in _shown(study, quantity)
    }
    most = max(float(links.max(initial=0.0)) for links in linked.values())
    told = []
    for label, links in linked.items():
        shown, count = links_shown(links, most=most)
        if shown.sum() < count:
            told.append(f"{label} {int(shown.sum())} of {count}")
    return f" Only the strongest links are drawn: {', '.join(told)}." if told else ""


def draw(study: StudyCurves, *, width_mm: float, quantity: Quantity = "t50") -> Drawn:
    """Draw the figure of a page with this quantity as colour; its height follows from the number of scenarios, in mm.

    Raises
    ------
    ResultsError
        If the quantity is a change and the study has one scenario, or scenarios share no seed.
    """
    note = (
        f"{_statistic(quantity)}, {replications(study.scenarios)}; common window {study.window_years:.1f} years. "
        "Bubbles: enterprises, at the seat of the region. Rings and links: members of platforms at the end of the "
        f"run, means.{_links_in_words(study, quantity)} {_base(study).projection} projection."
        f"{without_outlines(study.outlines_fault)}{_numbers_in_words(study)}"
    )
    return Drawn(
        page(
            study,
            partial(draw_maps, quantity=quantity),
            width_mm=width_mm,
            height_mm=_height_mm(study, width_mm, quantity=quantity),
            note=note,
        ),
        _numbers(study, quantity),
        caption(
            "Map of the regions.",
            f"""Colour of regions and bubbles: {_meaning(study, quantity)} Hatched: no value within the common
            window of {study.window_years:.1f} years. In the first map colour and mark at the seat show the
            macroregion. Bubbles stand at the seats; their area is proportional to the
            enterprises that are eligible for a technology. The ring around a bubble is the share of those who may
            join a platform that are members of it at the end of the run; the width of a line between two regions is
            proportional to the geometric mean of their members of one
            platform.{_links_in_words(study, quantity)} {_base(study).projection} projection; outlines, where the
            dataset has them: Natural Earth.{without_outlines(study.outlines_fault)}""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _statistic(quantity: Quantity) -> str:
    return "Median of paired differences" if quantity == "change" else "Median over replications"


def _meaning(study: StudyCurves, quantity: Quantity) -> str:
    t50 = """years after release until half of a region's eligible have adopted, median over the replications, of
    curves standardized over technologies and industries."""
    return {
        "t50": t50,
        "lag": f"{t50} The map shows the lag of a region behind the first of the same scenario.",
        "change": f"""{t50} The map shows the difference from {study.reference.label}, median over the pairs of
        replications with the same seed in which the region reaches one half in at least one scenario; negative is
        earlier.""",
    }[quantity]


def _numbers(study: StudyCurves, quantity: Quantity) -> dict[str, pd.DataFrame]:
    base, regions = _base(study), len(study.region_ids)
    first, second = np.triu_indices(regions, k=1)
    ids = np.array(study.region_ids)
    maps, lines = [], []
    for scenario in _shown(study, quantity):
        share, links = members(scenario, regions)
        maps.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "region": ids,
                    "macroregion": study.macroregions,
                    "longitude": study.longitude,
                    "latitude": study.latitude,
                    "east_km": base.seats[:, 0],
                    "north_km": base.seats[:, 1],
                    "enterprises": study.enterprises,
                    f"{quantity}_years": values(study, scenario, quantity),
                    "member_share": share,
                }
            )
        )
        lines.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "region": ids[first],
                    "other": ids[second],
                    "shared_members": links[first, second],
                }
            )
        )
    return {
        "region_map": pd.concat(maps, ignore_index=True),
        "region_map_links": pd.concat(lines, ignore_index=True),
    }


FIGURE = StudyFigure("region_map", place=45, draw=draw, needs=frozenset({"memberships"}))
