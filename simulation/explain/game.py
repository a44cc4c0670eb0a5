"""A game over scenarios: its players, and the scenario of each coalition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from simulation.explain.orders import Block, blocks_of_orders, coalitions_of
from simulation.scenario.schema import Scenario

MOST_EXACT = 6
"""Players up to whom all coalitions run; with more, some orders are drawn, if any."""


@dataclass(frozen=True)
class Game:
    """Coalition c contains player p where bit p of c is 1.

    Its worth is how much better its scenario does than that of no player; of a game with a ``reference``, how much
    better its scenario does than the reference, in which the same players are absent.
    """

    name: str  # of its files
    title: str
    players: tuple[str, ...]
    version: Callable[[int], Scenario]
    """The scenario of a coalition."""
    orders: int
    """To draw, where too many coalitions would run; with 0 only each player is left out then, which gives no values."""
    reference: Callable[[int], Scenario] | None = None
    note: str = ""
    total_pv: float | None = None
    """Present value that every coalition with a player has, in units; None where money is not held equal."""

    @property
    def everyone(self) -> int:
        """The coalition of all players."""
        return (1 << len(self.players)) - 1

    @cached_property
    def blocks(self) -> list[Block]:
        """The orders that are drawn; none if all coalitions run."""
        drawn = self.orders > 0 and not self.exact
        return blocks_of_orders(self.players, orders=self.orders) if drawn else []

    @property
    def exact(self) -> bool:
        """Whether all coalitions run."""
        return len(self.players) <= MOST_EXACT

    @cached_property
    def coalitions(self) -> list[int]:
        """The coalitions that run, sorted; those without one player are always among them."""
        if self.exact:
            return list(range(self.everyone + 1))
        last = {self.everyone & ~(1 << player) for player in range(len(self.players))}
        return sorted({0, self.everyone, *coalitions_of(self.blocks), *last})

    def members(self, coalition: int) -> list[str]:
        """Return the names of the players of a coalition."""
        return [name for place, name in enumerate(self.players) if coalition >> place & 1]
