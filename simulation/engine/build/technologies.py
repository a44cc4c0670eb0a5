"""The technologies of a world: the time and place of their release."""

from __future__ import annotations

import numpy as np

from simulation.engine.build.frame import Frame
from simulation.scenario.schema import Scenario
from simulation.settings import multiplied
from simulation.streams import exponentials, key, numbered_all, race
from simulation.world import Technologies


def build_technologies(spec: Scenario, frame: Frame, seed: int) -> Technologies:
    """Return the technologies that appear before the horizon, with the institution in which each originates."""
    dataset, months = frame.dataset, frame.endowment.months
    rows = dataset.technologies
    release = _release_months(spec, frame, seed)
    within = [n for n in range(len(rows)) if release[n] < months]
    complexity = {
        "digital": spec.diffusion.complexity_digital,
        "conventional": spec.diffusion.complexity_conventional,
    }
    relevance = np.array([dataset.relevance[dataset.directions.index(rows[n].direction)] for n in within])
    relevance = relevance.reshape(len(within), len(dataset.industries)).T.astype(np.float64)
    origin = np.full(len(within), -1, dtype=np.int64)
    for k, n in enumerate(within):
        stream = key(seed, "origin", rows[n].direction, rows[n].technology)
        origin[k] = race(stream, frame.institution_keys, frame.origin_weights[n])
    return Technologies(
        names=tuple(rows[n].technology for n in within),
        directions=tuple(rows[n].direction for n in within),
        families=tuple(rows[n].family for n in within),
        complexity=np.array([complexity[rows[n].family] for n in within], dtype=np.float64),
        relevance=multiplied(relevance, spec.world.relevance_factor),
        release_month=np.array([release[n] for n in within], dtype=np.int64),
        origin=origin,
        left_out=tuple(rows[n].technology for n in range(len(rows)) if release[n] >= months),
        environmental=np.array([rows[n].environmental for n in within], dtype=bool),
    )


def _release_months(spec: Scenario, frame: Frame, seed: int) -> list[int]:
    """Return the month at whose start each technology appears, in the order of the dataset."""
    rows, steps = frame.dataset.technologies, spec.time.steps_per_year
    if spec.technologies.release == "at_start":
        return [0] * len(rows)
    if spec.technologies.release == "schedule":
        assert spec.technologies.schedule is not None
        return [round(spec.technologies.schedule[row.technology] * steps) for row in rows]
    n = len(rows)
    gaps, arrival = np.empty(n), np.empty(n)
    exponentials(key(seed, "release"), numbered_all(np.full(n, key("gap")), np.arange(n)), gaps)
    exponentials(key(seed, "order"), frame.technology_keys, arrival)
    years = np.cumsum(gaps) / spec.technologies.per_year
    months = np.empty(n, dtype=np.int64)
    months[np.argsort(arrival, kind="stable")] = np.floor(years * steps)
    return [int(month) for month in months]
