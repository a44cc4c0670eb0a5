"""Membership of platforms over time, and its critical mass."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.errors import ResultsError
from simulation.figures.critical_mass import Fold, fold
from simulation.figures.drawing.bands import COLUMNS, draw_median, fill_bands, quantiles
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import (
    RIGHT_MM,
    Frame,
    Grid,
    Key,
    draw_key,
    explain,
    in_axes,
    key_height,
    line_look,
    page,
)
from simulation.figures.drawing.study import (
    Drawn,
    Platforms,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    replications,
)
from simulation.figures.drawing.style import FAINT, INK, ScenarioStyle, scenario_styles, series_styles
from simulation.metrics.curves import ratio
from simulation.world import Array

LEFT_MM = 11.0
LEAST_PANEL_MM = 72.0
TIME_SHARE = 0.62  # of a panel; the fold has the rest
FOLD_GAP_MM = 3.0
PANEL_HEIGHT_MM = 34.0
LEVEL: dict[str, Any] = {"color": INK, "linewidth": 0.6, "linestyle": (0, (1, 1.5))}
CRITICAL: dict[str, Any] = {"color": INK, "linewidth": 0.7, "linestyle": (0, (4, 1.6))}
STABLE_MARK: dict[str, Any] = {"linestyle": "none", "marker": "o", "color": INK, "markersize": 3.0}
CRITICAL_MARK = STABLE_MARK | {"markerfacecolor": "white"}
STABLE_KEY = Key("stable level", line=STABLE_MARK | LEVEL | {"marker": "o"})
CRITICAL_KEY = Key("critical mass", line=CRITICAL_MARK | CRITICAL | {"marker": "o"})


def platform_membership(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw members of each platform over time beside the equilibrium levels of membership.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Raises
    ------
    ResultsError
        If no scenario has a platform that any enterprise may join.

    Examples
    --------
    >>> ax = figures.platform_membership("results/study")
    """
    return in_axes(results, ax, draw=draw_membership, height_mm=_height_mm)


def _with_platforms(study: StudyCurves) -> list[tuple[ScenarioCurves, Platforms]]:
    study.require("memberships", figure="platform_membership")
    found = [(scenario, scenario.platforms) for scenario in study.scenarios if scenario.platforms is not None]
    if not found:
        names = ", ".join(scenario.name for scenario in study.scenarios)
        raise ResultsError(f"platform_membership: no platform to show; no enterprise may join one in {names}")
    return found


def member_share(platforms: Platforms) -> Array:
    """Members of those who may join, at the end of each calendar month; float64 (n, T + 1, H)."""
    return ratio(platforms.members.sum(axis=3), platforms.may_join.sum(axis=3))


def _looks(study: StudyCurves, scenario: ScenarioCurves, platforms: Platforms) -> list[ScenarioStyle]:
    """A single platform has the style of its scenario; several platforms have styles of their own."""
    if len(platforms.names) == 1:
        return [scenario_styles(each.name for each in study.scenarios)[scenario.name]]
    return list(series_styles(platforms.names).values())


def _keys(study: StudyCurves) -> list[Key]:
    several: dict[str, ScenarioStyle] = {}
    levels: list[Key] = []
    for scenario, platforms in _with_platforms(study):
        for found in _folds(platforms):
            stable, critical = found.levels()
            levels += [STABLE_KEY] * bool(stable) + [CRITICAL_KEY] * bool(critical)
        if len(platforms.names) > 1:
            several |= dict(zip(platforms.names, _looks(study, scenario, platforms), strict=True))
    named = [Key(name.replace("_", " "), line=line_look(look)) for name, look in several.items()]
    return named + [key for key in (STABLE_KEY, CRITICAL_KEY) if key in levels]


def _heading(scenario: ScenarioCurves, platforms: Platforms) -> str:
    several = len(platforms.names)
    return (
        f"{scenario.label}: {several} platforms" if several > 1 else f"{scenario.label}: {platforms.names[0]}"
    )


def _grid(study: StudyCurves, width_mm: float) -> Grid:
    shown = _with_platforms(study)
    headings = [_heading(*each) for each in shown]
    return Grid.fit(
        len(shown), width_mm, least_mm=LEAST_PANEL_MM, left=LEFT_MM, right=RIGHT_MM, headings=headings
    )


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    return _grid(study, width_mm).height_mm(PANEL_HEIGHT_MM) + key_height(_keys(study), width_mm)


def draw_membership(frame: Frame, study: StudyCurves) -> None:
    """Draw a pair of panels for each scenario with platforms into a frame: over time, and the fold."""
    shown = _with_platforms(study)
    keys = _keys(study)
    grid = _grid(study, frame.width).filling(frame.height - key_height(keys, frame.width))
    for number, (scenario, platforms) in enumerate(shown):
        looks = _looks(study, scenario, platforms)
        folds = _folds(platforms)
        whole = grid.panel(frame, number, _heading(scenario, platforms))
        whole.set_axis_off()
        left, top = grid.place(number)
        time_mm = TIME_SHARE * grid.panel_mm - FOLD_GAP_MM
        ax = frame.axes(left, top, time_mm, grid.panel_height_mm)
        _draw_time(ax, platforms, looks, folds, dt=study.dt)
        ax.tick_params(labelleft=grid.is_first(number))
        if grid.is_first(number):
            ax.set_ylabel("Members, %")
        fold_mm = (1 - TIME_SHARE) * grid.panel_mm
        beside = frame.axes(left + time_mm + FOLD_GAP_MM, top, fold_mm, grid.panel_height_mm)
        _draw_fold(beside, looks, folds)
    draw_key(frame, keys)


def _folds(platforms: Platforms) -> list[Fold]:
    if platforms.readiness is None:
        return []
    return [_fold(platforms, number) for number in range(len(platforms.names))]


# The drawing, the note and the table use the same result.
_fold = lru_cache(maxsize=64)(fold)


def _draw_time(
    ax: Axes, platforms: Platforms, looks: list[ScenarioStyle], folds: list[Fold], *, dt: float
) -> None:
    shares = member_share(platforms)
    alone = len(looks) == 1
    if alone and folds:  # the levels of several platforms would cover each other; the folds show them
        stable, critical = folds[0].levels()
        for share in stable:
            ax.axhline(100 * share, zorder=0, **LEVEL)
        for share in critical:
            ax.axhline(100 * share, zorder=0, **CRITICAL)
    years = np.arange(shares.shape[1]) * dt
    for number, look in enumerate(looks):
        found = quantiles(shares[:, :, number])
        if alone and len(shares) > 1:
            fill_bands(ax, years, found, look=look)
        draw_median(
            ax,
            years,
            found,
            look=look,
            turn=(number + 1) / (len(looks) + 1),
            linewidth=1.25 if alone else 0.9,
        )
    ax.set_xlim(0, years[-1])
    _share_axis(ax)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_xlabel("Calendar time, years")


def _share_axis(ax: Axes) -> None:
    ax.set_ylim(0, 100)
    ax.set_yticks(range(0, 101, 25))


def _draw_fold(ax: Axes, looks: list[ScenarioStyle], folds: list[Fold]) -> None:
    """Equilibrium membership against the subsidy: stable branches solid, the unstable branch between them dashed."""
    _share_axis(ax)
    ax.tick_params(labelleft=False)
    ax.set_xlabel("Subsidy, utility")
    if not folds:
        ax.set_xticks([])
        explain(ax, "Levels are unknown: the scenario’s dataset is not available.")
        return
    ax.axvline(0, color=FAINT, linewidth=0.4, zorder=0)
    for look, found in zip(looks, folds, strict=True):
        for branch, dashes in ((found.stable, "-"), (~found.stable, (0, (3, 1.5)))):
            shown = np.where(branch, found.subsidy, np.nan)
            style: dict[str, Any] = {"color": look.colour, "linewidth": 0.9, "linestyle": dashes}
            ax.plot(shown, 100 * found.shares, **style)
        stable, critical = found.levels()
        ax.plot(np.zeros(len(stable)), 100 * np.array(stable), zorder=3, **STABLE_MARK)
        ax.plot(np.zeros(len(critical)), 100 * np.array(critical), zorder=3, **CRITICAL_MARK)
    ax.set_xlim(-1.5, 3.2)  # onboarding adds at most 3
    ax.set_xticks([-1, 0, 1, 2, 3], ["−1", "0", "1", "2", "3"])


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of scenarios, in mm."""
    shown = _with_platforms(study)
    without = [s.label for s in study.scenarios if s.platforms is None]
    missing = f" Without platform: {', '.join(without)}." if without else ""
    note = (
        f"Line: median; bands: middle 50 and 90 % of replications, for a platform alone; "
        f"{replications(study.scenarios)}. Right: equilibria of membership by subsidy (mean field); dashed: unstable."
        f"{missing}"
    )
    height = _height_mm(study, width_mm)
    return Drawn(
        page(study, draw_membership, width_mm=width_mm, height_mm=height, note=note),
        _numbers(study),
        caption(
            "Membership of platforms and critical mass.",
            f"""Left: members of each platform, in percent of the enterprises that may join it, over calendar time.
            Right: the mean field of membership, in which regions differ in digital readiness (an assumption) and all
            get the same subsidy: the shares at which membership is in equilibrium. Without subsidy (0) there are stable
            levels (full dots) and, if there are two, a critical mass between them (open dot) that onboarding has to
            pass. Onboarding adds a subsidy of at most 3. {_levels_in_words(shown)}{missing}""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _levels_in_words(shown: list[tuple[ScenarioCurves, Platforms]]) -> str:
    sentences = []
    for scenario, platforms in shown:
        for name, found in zip(platforms.names, _folds(platforms), strict=False):
            stable, critical = found.levels()
            at = ", ".join(f"{share:.1%}" for share in stable)
            mass = ", ".join(f"{share:.1%}" for share in critical) or "none"
            sentences.append(f"{scenario.label}, {name}: equilibrium at {at}; critical mass {mass}.")
    return " ".join(sentences)


def _numbers(study: StudyCurves) -> dict[str, pd.DataFrame]:
    over_time, levels = [], []
    for scenario, platforms in _with_platforms(study):
        shares = member_share(platforms)
        years = np.arange(shares.shape[1]) * study.dt
        for number, name in enumerate(platforms.names):
            front = {"scenario": scenario.name, "n": len(shares), "platform": name, "years": years}
            values = dict(zip(COLUMNS, quantiles(shares[:, :, number]), strict=True))
            over_time.append(pd.DataFrame(front | values))
        for name, found in zip(platforms.names, _folds(platforms), strict=False):
            at_rest = {"members": found.shares, "subsidy": found.subsidy, "stable": found.stable}
            levels.append(pd.DataFrame({"scenario": scenario.name, "platform": name} | at_rest))
    tables = {"platform_membership": pd.concat(over_time, ignore_index=True)}
    if levels:
        tables["platform_membership_fold"] = pd.concat(levels, ignore_index=True)
    return tables


FIGURE = StudyFigure("platform_membership", place=70, draw=draw, needs=frozenset({"memberships"}))
