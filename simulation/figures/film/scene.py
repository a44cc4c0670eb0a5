"""One frame of an animation: two maps, the date, the present values, and the curves so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from simulation.errors import ResultsError
from simulation.figures.drawing.inputs import enterprises_of, outlines_of, short_name_of
from simulation.figures.drawing.letters import give_fonts
from simulation.figures.drawing.map_names import PlacedName, placed_names, write_names
from simulation.figures.drawing.maps import PAPER, BaseMap, base_map, draw_base, draw_map, radii_km
from simulation.figures.drawing.study import number
from simulation.figures.drawing.style import (
    INK,
    LINE_MM,
    MM_PER_INCH,
    SHARE_MAP,
    ScenarioStyle,
    add_axes_mm,
    fit_mm,
    new_figure,
    scenario_styles,
    text_mm,
)
from simulation.figures.film.film import Film, first_divergence, read_film
from simulation.results.reader import Results
from simulation.world import Array

WIDTH_PX = 1000
WIDTH_MM = 190.0
MARGIN_MM = 2.0
MAP_MM = (WIDTH_MM - 3 * MARGIN_MM) / 2
CLOCK_MM = 7.0
HEADING_MM = 2 * LINE_MM + 1.0
CURVES_MM = 20.0
AXIS_MM = 8.5
KEY_MM = 32.0  # to the right of the curves: the colours
LEFT_MM = 12.0
FRAMES = 60
"""Approximate number of frames; at 8 a second, 20 years take 8 seconds."""
MOST_NAMES = 20
"""Regions that are named on the maps."""
SHADES = 128
"""Number of steps in which shares are shown, all of which are in the palette of a GIF."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sides of the picture."""

    name: str
    label: str
    digest: str  # of the scenario
    film: Film
    look: ScenarioStyle
    synchronization: dict[int, float]  # 1 - Phi so far, by month that is drawn


@dataclass(frozen=True, slots=True)
class Scene:
    """The data that all frames share."""

    sides: tuple[Side, Side]
    base: BaseMap
    region_names: tuple[str, ...]
    outlines_fault: str  # what is wrong with the file of outlines, where there is one that cannot be used
    radius_km: Array  # float64 (R,)
    steps_per_year: int
    seed: int
    most: float  # the strongest link of all months
    first_divergence: int  # the first month in which the two differ
    last: int  # month
    version: str

    @property
    def frames(self) -> list[int]:
        """The months that are drawn: evenly spaced, and the last."""
        return frame_months(self.last)


def frame_months(last: int) -> list[int]:
    """Months from 0 to the last, evenly spaced except for the last step."""
    return [*range(0, last, max(1, round(last / FRAMES))), last]


def read_scene(results: Results, scenarios: tuple[str, str], *, seed: int) -> Scene:
    """Read one replication of two scenarios.

    Raises
    ------
    ResultsError
        If the scenarios have different regions or time axes.
    """
    runs = results.runs(["scenario", "replication", "seed"])
    number_of = runs[runs["seed"] == seed].set_index("scenario")["replication"].to_dict()
    entries = {entry["name"]: entry for entry in results.manifest["scenarios"]}
    first, second = (entries[name] for name in scenarios)
    for key in ("regions", "steps_per_year"):
        if first[key] != second[key]:
            raise ResultsError(f"{scenarios[1]}: not the same {key.replace('_', ' ')} as {scenarios[0]}")
    films = [read_film(results, name, replication=int(number_of[name])) for name in scenarios]
    longitude, latitude = (
        np.array([region[key] for region in first["regions"]]) for key in ("longitude", "latitude")
    )
    outlines, outlines_fault = outlines_of(first)
    base = base_map(films[0].counts.regions, outlines, longitude=longitude, latitude=latitude)
    last = min(len(film.pooled) for film in films) - 1
    looks = scenario_styles(scenarios)
    frames = frame_months(last)
    sides = [
        Side(
            name=name,
            label=results.titles[name],
            digest=entries[name]["digest"],
            film=film,
            look=looks[name],
            synchronization={month: film.synchronization(month) for month in frames},
        )
        for name, film in zip(scenarios, films, strict=True)
    ]
    return Scene(
        sides=(sides[0], sides[1]),
        base=base,
        region_names=tuple(map(short_name_of, first["regions"])),
        outlines_fault=outlines_fault,
        radius_km=radii_km(base, enterprises_of(films[0].counts)),
        steps_per_year=first["steps_per_year"],
        seed=seed,
        most=max(float(film.links(month).max(initial=0.0)) for film in films for month in frames),
        first_divergence=first_divergence(*films),
        last=last,
        version=results.manifest["version"],
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A figure whose changing parts are redrawn for each frame."""

    figure: Figure
    maps: tuple[Axes, Axes]
    curves: Axes
    clock: Text
    measures: tuple[Text, Text]
    parted: Text
    names: list[PlacedName]


def new_page(scene: Scene) -> Page:
    """Draw the fixed parts: headings, axes of the curves, the key. Sizes in pixels are even, as MP4 requires."""
    map_mm = MAP_MM * scene.base.height_share
    maps_top = CLOCK_MM + HEADING_MM
    curves_top = maps_top + map_mm + 3.0
    height = curves_top + CURVES_MM + AXIS_MM
    dpi = WIDTH_PX * MM_PER_INCH / WIDTH_MM
    pixels = 2 * round(height / WIDTH_MM * WIDTH_PX / 2)
    figure = new_figure(WIDTH_MM, pixels / WIDTH_PX * WIDTH_MM)
    figure.set_dpi(dpi)
    lefts = (MARGIN_MM, 2 * MARGIN_MM + MAP_MM)
    maps = [add_axes_mm(figure, left, maps_top, MAP_MM, map_mm) for left in lefts]
    for side, left in zip(scene.sides, lefts, strict=True):
        text_mm(
            figure,
            fit_mm(side.label, MAP_MM),
            left=left,
            top=CLOCK_MM,
            weight="bold",
            colour=side.look.colour,
        )
    measures = [_text(figure, left, CLOCK_MM + LINE_MM) for left in lefts]
    curves = add_axes_mm(figure, LEFT_MM, curves_top, WIDTH_MM - LEFT_MM - KEY_MM - 14.0, CURVES_MM)
    _draw_key(figure, left=WIDTH_MM - KEY_MM - 3 * MARGIN_MM, top=curves_top + 6.0)
    text_mm(figure, f"seed {scene.seed} for both", left=WIDTH_MM - MARGIN_MM, top=1.5, align="right")
    return Page(
        figure=figure,
        maps=(maps[0], maps[1]),
        curves=curves,
        clock=_text(figure, MARGIN_MM, 1.5, weight="bold"),
        measures=(measures[0], measures[1]),
        names=_names(maps[0], scene),
        parted=_text(figure, WIDTH_MM / 2, 1.5, align="center"),
    )


def _names(ax: Axes, scene: Scene) -> list[PlacedName]:
    """Places of the names, the same in all frames; none where there are too many regions to read them."""
    if len(scene.region_names) > MOST_NAMES:
        return []
    draw_base(ax, scene.base, [PAPER] * len(scene.region_names))
    return placed_names(ax, scene.base, scene.region_names, width_mm=MAP_MM)


def _text(figure: Figure, left: float, top: float, *, weight: str = "normal", align: str = "left") -> Text:
    """A text that changes from frame to frame."""
    text_mm(figure, "", left=left, top=top, weight=weight, align=align)
    return figure.texts[-1]


def _draw_key(figure: Figure, *, left: float, top: float) -> None:
    text_mm(figure, "Adoption share, %", left=left, top=top - 4.0)
    ax = add_axes_mm(figure, left, top, KEY_MM, 2.5)
    bar = figure.colorbar(ScalarMappable(cmap=colormaps[SHARE_MAP]), cax=ax, orientation="horizontal")
    bar.outline.set_linewidth(0.3)
    bar.set_ticks([0, 0.5, 1], labels=["0", "50", "100"])
    text_mm(figure, "bubble: enterprises", left=left, top=top + 7.0)
    text_mm(figure, "ring, links: platform members", left=left, top=top + 7.0 + LINE_MM)


def draw_frame(page: Page, scene: Scene, month: int) -> None:
    """Draw the end of a month."""
    year, rest = divmod(month, scene.steps_per_year)
    unit = "month" if scene.steps_per_year == 12 else "step"
    page.clock.set_text(f"year {year}, {unit} {rest}")
    page.parted.set_text("identical so far" if month < scene.first_divergence else "")
    for side, ax, measures in zip(scene.sides, page.maps, page.measures, strict=True):
        film = side.film
        measures.set_text(
            f"adoption share {100 * film.pooled[month]:.1f} %; "
            f"1 − Φ so far {number(side.synchronization[month], decimals=3)}"
        )
        ax.clear()
        draw_map(
            ax,
            scene.base,
            _colours(film.regional[month]),
            radius_km=scene.radius_km,
            shares=film.member_share(month),
            links=film.links(month),
            most=scene.most,
        )
        write_names(ax, page.names, edge="white")
    _draw_curves(page.curves, scene, month)
    give_fonts(page.figure)


def _colours(shares: Array) -> list[str]:
    """Colours of adoption shares in ``SHADES`` steps; the background colour where there is no share."""
    steps = np.round(np.nan_to_num(shares) * (SHADES - 1)) / (SHADES - 1)
    colours = [to_hex(rgba) for rgba in colormaps[SHARE_MAP](steps)]
    return [PAPER if np.isnan(share) else colour for share, colour in zip(shares, colours, strict=True)]


def _draw_curves(ax: Axes, scene: Scene, month: int) -> None:
    ax.clear()
    years = np.arange(month + 1) / scene.steps_per_year
    for side in scene.sides:
        pooled = 100 * side.film.pooled[: month + 1]
        ax.plot(years, pooled, color=side.look.colour, linestyle=side.look.line, linewidth=1.2)
        mark: dict[str, Any] = {"marker": side.look.marker, "ms": side.look.mark_size()}
        ax.plot(years[-1:], pooled[-1:], color=side.look.colour, clip_on=False, **mark)
    ax.axvline(years[-1], color=INK, linewidth=0.5)
    ax.set_xlim(0, scene.last / scene.steps_per_year)
    ax.set_ylim(0, 100)
    ax.set_yticks([0, 50, 100])
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    ax.set_xlabel("Time, years")
    ax.set_ylabel("Adopted, %")
