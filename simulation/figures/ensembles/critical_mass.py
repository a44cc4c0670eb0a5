"""Members of a platform and synchronization against the subsidy, from an empty and from a full platform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.explore.critical_mass import CriticalMass
from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import RIGHT_MM, Frame, Grid, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import FAINT
from simulation.markdown import markdown_text

HEADINGS = ("Members of the platform", "Synchronization: Φ (lower is more in step)")
LEFT_MM = 11.0
LEAST_PANEL_MM = 60.0
PANEL_HEIGHT_MM = 46.0
COLOURS = ("#009E73", "#CC79A7")
MARKERS = ("^", "v")
STARTS = ("from an empty platform", "from a full platform")
STABLE: dict[str, Any] = {"color": FAINT, "linewidth": 2.4, "alpha": 0.6}
UNSTABLE: dict[str, Any] = {"color": FAINT, "linewidth": 1.2, "linestyle": (0, (3, 1.5))}
BETWEEN: dict[str, Any] = {"facecolor": "#EFEFEF", "edgecolor": "none"}


def draw(found: CriticalMass, *, width_mm: float) -> Drawn:
    """Draw members and Phi under every subsidy, beside the mean field."""
    keys = _keys(found)
    note = _note(found)
    grid = Grid.fit(
        2,
        width_mm,
        least_mm=LEAST_PANEL_MM,
        left=LEFT_MM,
        right=RIGHT_MM,
        gap_mm=LEFT_MM + 3.0,
        headings=HEADINGS,
    )
    placed = grid.filling(grid.height_mm(PANEL_HEIGHT_MM))

    def draw_in(frame: Frame) -> None:
        members, phi = (placed.panel(frame, number, heading) for number, heading in enumerate(HEADINGS))
        _draw_members(members, found)
        _draw_phi(phi, found)
        for ax in (members, phi):
            _finish(ax, found)

    height_mm = grid.height_mm(PANEL_HEIGHT_MM)
    figure = keyed_page(draw_in, keys, width_mm=width_mm, height_mm=height_mm, note=note)
    caption = f"**Critical mass.** {markdown_text(f'{note} {found.sentence()}')}\n"
    return Drawn(figure, {"critical_mass": found.table()}, caption)


def _draw_members(ax: Axes, found: CriticalMass) -> None:
    fold = found.fold
    for stable, look in ((True, STABLE), (False, UNSTABLE)):
        shown = np.where(fold.stable == stable, fold.subsidy, math.nan)
        ax.plot(shown, 100 * fold.shares, **look, zorder=1)
    for branch in range(2):
        ax.plot(
            found.subsidies, 100 * found.at_horizon[branch].mean(axis=1), color=COLOURS[branch], linewidth=0.8
        )
        ax.plot(found.subsidies, 100 * found.at_rest[branch].mean(axis=1), **_mark(branch))
    ax.set_ylim(0, 100)
    ax.set_ylabel("Members, % of those who may join")


def _draw_phi(ax: Axes, found: CriticalMass) -> None:
    top = 0.0
    for branch in range(2):
        table = found.table()
        rows = table[table["branch"] == ("empty", "full")[branch]]
        low, high, mean = (rows[name].to_numpy() for name in ("phi_lowest", "phi_highest", "phi"))
        ax.fill_between(found.subsidies, low, high, color=COLOURS[branch], alpha=0.2, linewidth=0)
        ax.plot(found.subsidies, mean, color=COLOURS[branch], linewidth=0.8)
        top = max(top, float(np.nanmax(high, initial=0.0)))
    ax.set_ylim(0, 1.1 * top or 1.0)
    ax.set_ylabel("Φ")


def _mark(branch: int) -> dict[str, Any]:
    return {
        "linestyle": "none",
        "marker": MARKERS[branch],
        "color": COLOURS[branch],
        "markersize": 3.2,
        "markeredgecolor": "white",
        "markeredgewidth": 0.3,
    }


def _finish(ax: Axes, found: CriticalMass) -> None:
    step = float(np.diff(found.subsidies).min(initial=1.0))
    ax.set_xlim(found.subsidies[0] - step / 2, found.subsidies[-1] + step / 2)
    ax.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.set_xlabel("Onboarding subsidy that never ends, utility")
    if (edges := found.fold.edges()) is not None:
        ax.axvspan(*edges, **BETWEEN, zorder=0)


def _keys(found: CriticalMass) -> list[Key]:
    keys = [Key(f"{start}, at rest", line=_mark(branch)) for branch, start in enumerate(STARTS)]
    keys += [
        Key(f"{start}, after {found.years:g} years", line={"color": COLOURS[branch], "linewidth": 0.8})
        for branch, start in enumerate(STARTS)
    ]
    keys.append(Key("mean field, stable", line=STABLE))
    if found.fold.edges() is not None:
        keys.append(Key("mean field, critical mass", line=UNSTABLE))
        keys.append(Key("history decides, by the mean field", patch=BETWEEN))
    return keys


def _note(found: CriticalMass) -> str:
    n: int = found.phi.shape[2]
    return (
        f"{found.scenario}, platform {found.platform}: means over n = {n} seeds, "
        f"{found.subsidies.size} subsidies; band: lowest to highest of them. "
        f"Φ is that of the scenario after {found.years:g} years."
    )
