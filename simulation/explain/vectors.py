"""The game of the interaction vectors of a scenario's platforms, with all of its policy unchanged."""

from __future__ import annotations

from simulation.explain.game import Game
from simulation.scenario.schema import Scenario


def game_of_vectors(spec: Scenario, *, orders: int) -> Game | None:
    """Return the game; None if no platform carries a vector. A player is on all platforms that carry it."""
    players = tuple(sorted({name for row in spec.platforms for name in row.vectors}))
    if not players:
        return None

    def version(coalition: int) -> Scenario:
        kept = {name for place, name in enumerate(players) if coalition >> place & 1}
        platforms = tuple(
            row.model_copy(update={"vectors": tuple(name for name in row.vectors if name in kept)})
            for row in spec.platforms
        )
        return spec.model_copy(update={"platforms": platforms})

    return Game(
        name="vectors",
        title="What each interaction vector contributes",
        players=players,
        version=version,
        orders=orders,
        note="The policy is the same in all; without any vector its platforms do nothing.",
    )
