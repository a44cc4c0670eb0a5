"""One panel of an adoption raster: its data, and drawing it into axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from simulation.errors import ResultsError
from simulation.figures.drawing.study import ScenarioCurves, half_times, mean_of_defined, number, plural
from simulation.figures.drawing.style import INK, MM_PER_INCH, SHARE_MAP, SMALL_PT, difference_map
from simulation.metrics.curves import crossing_time
from simulation.world import Array

# Ink with a white edge stands out on both ends of the colour scale; the open dot lies on paper.
REACHED_DOT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.6,
    "markeredgewidth": 0.6,
    "markerfacecolor": INK,
    "markeredgecolor": "white",
    "clip_on": False,
}
LATE_DOT = REACHED_DOT | {"markerfacecolor": "none", "markeredgecolor": INK}
LATE_DOT_MM = 1.5  # right of the edge


@dataclass(frozen=True, slots=True)
class Panel:
    """One raster ready to draw: heading and shares, or differences of shares."""

    heading: str
    measures: str
    values: Array  # float64 (R, M), share, or difference of two shares
    t50_years: Array  # float64 (R,), median; nan where at most half reach one half, or for a difference
    pooled_t50_years: float
    is_difference: bool = False

    def rows(self, chosen: slice) -> Panel:
        """The panel with some of its rows."""
        return replace(self, values=self.values[chosen], t50_years=self.t50_years[chosen])

    @property
    def late(self) -> Array:
        """bool (R,): rows that do not reach one half; a region without eligible enterprises has no dot."""
        return np.isnan(self.t50_years) & ~np.isnan(self.values[:, -1])


def scenario_panel(scenario: ScenarioCurves, *, dt: float, seed: int | None = None) -> Panel:
    """The median replication of each cell, or one replication by its seed."""
    chosen = slice(None) if seed is None else _position(scenario, seed)
    values = np.median(scenario.regional[chosen], axis=0)
    t50, reached = mean_of_defined(scenario.t50_years[chosen])
    synchronization, defined = mean_of_defined(scenario.synchronization[chosen])
    n = len(scenario.seeds[chosen])
    return Panel(
        heading=scenario.label,
        measures=_unbroken(f"t50 {number(t50, unit=' years')}{_of(reached, n)};")
        + " "
        + _unbroken(f"1 − Φ {number(synchronization, decimals=3)}{_of(defined, n)}"),
        values=values,
        t50_years=half_times(replace(scenario, regional=scenario.regional[chosen]), dt=dt).median,
        pooled_t50_years=float(crossing_time(np.median(scenario.pooled[chosen], axis=0), 0.5, dt=dt)),
    )


def difference_panel(of: ScenarioCurves, minus: ScenarioCurves, *, seed: int | None = None) -> Panel:
    """Median over the shared seeds of the paired differences between two scenarios.

    Raises
    ------
    ResultsError
        If the scenarios share no seed, so that there are no pairs.
    """
    shared = sorted(set(of.seeds) & set(minus.seeds)) if seed is None else [seed]
    if not shared:
        raise ResultsError(
            f"{of.name} and {minus.name} have no seed in common: there is no difference to draw"
        )
    first = np.concatenate([of.regional[_position(of, s)] for s in shared])
    second = np.concatenate([minus.regional[_position(minus, s)] for s in shared])
    values = np.median(first - second, axis=0)
    return Panel(
        heading=f"{of.label} − {minus.label}",
        measures=f"median of {len(shared)} {plural(len(shared), 'pair')}",
        values=values,
        t50_years=np.full(len(values), np.nan),
        pooled_t50_years=math.nan,
        is_difference=True,
    )


def _unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")


def _of(defined: int, n: int) -> str:
    return f" ({defined} of {n})" if 0 < defined < n else ""


def _position(scenario: ScenarioCurves, seed: int) -> slice:
    if seed not in scenario.seeds:
        raise ResultsError(f"{scenario.name} has no replication with seed {seed}")
    at = scenario.seeds.index(seed)
    return slice(at, at + 1)


def share_limit(panels: Sequence[Panel]) -> float:
    """End of the colours of shares: the largest share of these panels, rounded up to 10 %."""
    largest = max([float(np.nanmax(panel.values, initial=0.0)) for panel in panels], default=1.0)
    return min(1.0, max(0.1, math.ceil(largest * 10 - 1e-9) / 10))


def difference_limit(values: Array) -> float:
    """Symmetric end of the colour scale: the largest difference, rounded up to 1 percentage point, to 10 beyond 10."""
    points = 100 * float(np.nanmax(np.abs(values), initial=0.0)) - 1e-7
    return max(1, 10 * math.ceil(points / 10) if points > 10 else math.ceil(points)) / 100


def draw_raster(ax: Axes, panel: Panel, *, dt: float, limit: float = 1.0) -> AxesImage:
    """Draw one raster into axes: the first region on top, time after release to the right."""
    rows, steps = panel.values.shape
    window = (steps - 1) * dt
    colours = difference_map() if panel.is_difference else SHARE_MAP
    image = ax.imshow(
        panel.values,
        aspect="auto",
        interpolation="nearest",
        cmap=colours,
        norm=Normalize(-limit if panel.is_difference else 0.0, limit),
        extent=(-dt / 2, window + dt / 2, rows - 0.5, -0.5),
    )
    if math.isfinite(panel.pooled_t50_years):
        ax.axvline(panel.pooled_t50_years, color="white", linewidth=0.6, dashes=(3, 2))
    if panel.is_difference:
        _sign_extremes(ax, panel.values, dt=dt)
    else:
        reached = np.isfinite(panel.t50_years)
        row = np.arange(rows)
        ax.plot(panel.t50_years[reached], row[reached], **REACHED_DOT)
        beyond = ScaledTranslation(LATE_DOT_MM / MM_PER_INCH, 0, ax.figure.dpi_scale_trans)
        late = row[panel.late]
        ax.plot(np.full(late.size, window), late, transform=ax.transData + beyond, **LATE_DOT)
    ax.set_xlim(0, window)
    ax.set_ylim(rows - 0.5, -0.5)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    for spine in ax.spines.values():
        spine.set_visible(panel.is_difference)
    return image


def _sign_extremes(ax: Axes, values: Array, *, dt: float) -> None:
    """Write each row's largest difference where it occurs: in grey the two ends of the map look alike."""
    window = (values.shape[1] - 1) * dt
    for row, differences in enumerate(np.nan_to_num(values)):
        at = int(np.argmax(np.abs(differences)))
        points = round(100 * float(differences[at]))
        if points:
            ax.text(
                min(max(at * dt, 0.08 * window), 0.92 * window),
                row,
                f"{points:+d}".replace("-", "−"),
                fontsize=SMALL_PT,
                ha="center",
                va="center_baseline",
                color=INK,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.3},
            )
