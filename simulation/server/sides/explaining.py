"""What the parts of a side contribute, as `hypercluster explain` finds it: one game at a time, by some quiet runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from simulation.data.reader import load_vectors
from simulation.engine.simulate import simulate
from simulation.explain.contributions import (
    COLUMNS,
    LAST,
    OUTCOMES,
    TOGETHER,
    VALUE,
    Contribution,
    contributions,
)
from simulation.explain.entries import OWN_COST
from simulation.explain.game import Game
from simulation.explain.study import Explanation
from simulation.metrics import Curves, released
from simulation.scenario.loading import parse_scenario
from simulation.server.processes.worker import AskedGame
from simulation.server.sides import side

Measured = Mapping[str, float]
"""The outcomes of one run; nan where undefined."""


def scenarios_to_run(asked: AskedGame) -> int:
    """Return how many scenarios the game needs; 0 if there is none: no policy, or no platform."""
    explanation = _explanation(asked)
    return len(explanation.scenarios) if explanation.games else 0


def measured(asked: AskedGame, place: int, seed: int) -> Measured:
    """Run one of the scenarios of the game, and return its outcomes."""
    curves = Curves(released(simulate(_explanation(asked).scenarios[place], seed)))
    found = side.measured(curves, list(OUTCOMES))
    return {name: math.nan if told["value"] is None else told["value"] for name, told in found.items()}


def explained(asked: AskedGame, runs: Sequence[tuple[int, int, Measured]]) -> dict[str, Any] | None:
    """Return the game of ``explain`` of the protocol; None if there is none.

    Parameters
    ----------
    runs : place of its scenario, seed, and outcomes of every run.
    """
    explanation = _explanation(asked)
    if not explanation.games:
        return None
    rows = [
        (explanation.scenarios[place].name, seed, *(outcomes[name] for name in OUTCOMES))
        for place, seed, outcomes in runs
    ]
    found = contributions(explanation, pd.DataFrame(rows, columns=list(COLUMNS)))
    return _told(explanation.games[0], {(row.kind, row.part, row.metric): row for row in found})


@lru_cache(maxsize=8)
def _explanation(asked: AskedGame) -> Explanation:
    """Return the game against no policy, without drawing orders, which would take too many runs."""
    whole = Explanation.of(parse_scenario(asked.text), orders=0)
    wanted = OWN_COST if asked.game == "entries" else asked.game
    games = tuple(game for game in whole.games if game.name == wanted)
    return Explanation(whole.here, whole.there, games, ())


def _told(game: Game, found: Mapping[tuple[str, str, str], Contribution]) -> dict[str, Any]:
    def numbers(kind: str, part: str) -> dict[str, Any]:
        return {metric: _interval(found[kind, part, metric]) for metric in OUTCOMES}

    links = {row.vector: f"{row.links} ({row.vector})" for row in load_vectors()}
    return {
        "note": game.note,
        "divided": game.exact,
        "parts": [
            {"name": links.get(name, name), "value": numbers(VALUE, name), "lost": numbers(LAST, name)}
            for name in game.players
        ],
        "together": numbers(TOGETHER, ""),
    }


def _interval(row: Contribution) -> dict[str, float | int | None]:
    numbers = {"mean": row.mean, "low": row.low, "high": row.high}
    told: dict[str, float | int | None] = {
        key: None if math.isnan(value) else value for key, value in numbers.items()
    }
    return {**told, "n": row.n, "replications": row.replications}
