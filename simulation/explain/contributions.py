"""What each part contributes, from the runs of an explanation: values, interactions, and effects of leaving out one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from simulation.analysis.paired import interval
from simulation.explain.game import Game
from simulation.explain.orders import sampled_interactions, sampled_values
from simulation.explain.shapley import interactions, shapley_values
from simulation.explain.study import MARGIN as OF_MARGIN
from simulation.explain.study import REFERENCE, Explanation, role, unused_pv
from simulation.world import Array

OUTCOMES = {"restricted_time_years": -1, "synchronization": 1}
"""Metrics that are explained: speed and synchronization, with the sign of an improvement."""
VALUE, LAST, PAIR, LEAD, TOGETHER, MARGIN = "value", "last in", "interaction", "lead", "together", "margin"
"""What a number is: a Shapley value, the effect of joining last, an interaction index, how much larger the
largest value is than another one, the effect of all parts, or that of a little more or less money."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One number about a part, a pair or all of them; positive is for the better."""

    game: str
    metric: str
    kind: str  # VALUE, LAST, PAIR, LEAD, TOGETHER or MARGIN
    part: str  # empty for all together
    partner: str  # the other part of a pair, or the one that is surpassed, else empty
    mean: float
    low: float  # ends of the 95 % interval over replications; nan with fewer than two
    high: float
    n: int  # replications in which all runs that the number needs have a value
    replications: int
    sampling_error: float = 0.0  # standard error of the mean from drawing orders; 0 where all coalitions ran
    money_pv: float = (
        0.0  # units: unused without the part at equal money; of a margin, the change of its money
    )


COLUMNS = ("scenario", "replication", *OUTCOMES)
"""What must be known of each run."""


def contributions(explanation: Explanation, runs: pd.DataFrame) -> list[Contribution]:
    """Compute all contributions.

    Parameters
    ----------
    runs : ``COLUMNS`` of the runs of the explanation's scenarios, one row each.
    """
    found: list[Contribution] = []
    names = explanation.names
    unused = {game.name: _unused(game) for game in explanation.games}
    for metric, sign in OUTCOMES.items():
        table = runs.pivot_table(metric, "replication", "scenario", observed=True, dropna=False)
        values = {str(name): sign * table[name].to_numpy(dtype=float) for name in table.columns}
        for game in explanation.games:
            outcomes = _outcomes(game, values, names)
            found += _of_game(game, metric, outcomes, unused[game.name])
        whole = values[names[explanation.here.name]]
        for number, margin in enumerate(explanation.margins):
            mean, low, high, n = _measured(values[names[f"{OF_MARGIN}-{number}"]] - whole)
            part = f"{margin.entry}, {100 * (margin.factor - 1):+.0f} %"
            found.append(
                Contribution(
                    "money", metric, MARGIN, part, "", mean, low, high, n, len(whole), 0.0, margin.money_pv
                )
            )
    return found


def _unused(game: Game) -> list[float]:
    """Return the money that nobody can use without each player, and, last, with all of them."""
    without = [game.everyone & ~(1 << place) for place in range(len(game.players))]
    return [unused_pv(game, coalition) for coalition in (*without, game.everyone)]


def _outcomes(game: Game, values: Mapping[str, Array], names: Mapping[str, str]) -> dict[int, Array]:
    """Return the worth of each coalition, float64 (N,)."""
    outcomes = {}
    for coalition in game.coalitions:
        worth = values[names[role(game, coalition)]]
        if game.reference is not None:
            worth = worth - values[names[f"{role(game, coalition)}-{REFERENCE}"]]
        outcomes[coalition] = worth
    return outcomes


def _of_game(
    game: Game, metric: str, outcomes: Mapping[int, Array], unused: list[float]
) -> Iterator[Contribution]:
    everyone, players = game.everyone, game.players
    replications = len(outcomes[0])

    def told(
        kind: str, values: Array, part: str = "", partner: str = "", error: float = 0.0, money: float = 0.0
    ) -> Contribution:
        mean, low, high, n = _measured(values)
        return Contribution(
            game.name, metric, kind, part, partner, mean, low, high, n, replications, error, money
        )

    complete = ~np.isnan([outcomes[coalition] for coalition in game.coalitions]).any(axis=0)
    whole = {coalition: worth[complete] for coalition, worth in outcomes.items()}
    if game.blocks:
        values, errors = sampled_values(whole, game.blocks)
        pairs, pair_errors = sampled_interactions(whole, game.blocks)
    elif not game.exact:
        values, errors = np.empty((0, len(players))), np.zeros(len(players))
        pairs, pair_errors = {}, {}
    else:
        table = np.array([whole[coalition] for coalition in range(everyone + 1)]).T
        values, errors = shapley_values(table), np.zeros(len(players))
        pairs = interactions(table)
        pair_errors = dict.fromkeys(combinations(range(len(players)), 2), 0.0)
    for place, name in enumerate(players):
        yield told(VALUE, values[:, place], name, error=float(errors[place]))
    for place, name in enumerate(players):
        lost = outcomes[everyone] - outcomes[everyone & ~(1 << place)]
        yield told(LAST, lost, name, money=unused[place])
    best = int(np.argmax(values.mean(axis=0))) if len(values) else 0
    for place, name in enumerate(players):
        if place != best:
            yield told(LEAD, values[:, best] - values[:, place], players[best], name)
    for (first, second), index in pairs.items():
        yield told(PAIR, index, players[first], players[second], error=pair_errors[first, second])
    yield told(TOGETHER, outcomes[everyone] - outcomes[0], money=unused[-1])


def _measured(values: Array) -> tuple[float, float, float, int]:
    """Return the mean of what is defined, its interval, and the number of values."""
    defined = values[~np.isnan(values)]
    mean = float(defined.mean()) if defined.size else math.nan
    return mean, *interval(defined), int(defined.size)
