"""Initial adopters get their technology (section 13.10)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulation.engine.entry_exit import wait
from simulation.engine.kernels.adoption import count_adopters
from simulation.mechanisms.initial_adopters import InitialAdopters, first_in_order
from simulation.state import State
from simulation.world import Array, World


class Seeding:
    """The initial adopters of a scenario, given their technologies in the months that it says."""

    def __init__(self, seeds: Sequence[InitialAdopters], world: World, identities: Array) -> None:
        technologies = world.technologies
        self._identities = identities
        # In an order of their own, so that that of the file changes nothing.
        self._due: list[tuple[int, int, InitialAdopters]] = sorted(
            (
                (max(entry.month, int(technologies.release_month[k])), k, entry)
                for entry in seeds
                for k, name in enumerate(technologies.names)
                if name == entry.technology
            ),
            key=lambda due: (due[0], due[1], due[2].model_dump_json()),
        )

        self.months = frozenset(due for due, _, _ in self._due)

    def is_due(self, month: int) -> bool:
        """Whether somebody is given a technology in this month."""
        return month in self.months

    def give(self, world: World, state: State) -> None:
        """Let the initial adopters of the month of ``state`` have their technologies.

        Their adoption counts like any other for those who have contact with them, and is attributed to no channel.
        The contacts of those that wait must then be counted anew.

        Parameters
        ----------
        world : with the enterprises present.
        state : changed: adoption, counts of adopters, who waits.
        """
        for _, k, entry in (due for due in self._due if due[0] == state.month):
            adopt(world, state, k, self._chosen(world, state, k, entry))

    def _chosen(self, world: World, state: State, k: int, entry: InitialAdopters) -> Array:
        """Return the pairs of an entry that have not adopted yet, int32, counted from the first of the technology."""
        enterprises, pairs, technologies = world.enterprises, world.pairs, world.technologies
        who = pairs.enterprise[pairs.start[k] : pairs.start[k + 1]]
        here = np.arange(who.size, dtype=np.int32)
        candidate = enterprises.present[who]
        candidate &= enterprises.region_of[who] == world.regions.ids.index(entry.region)
        if entry.industry is not None:
            candidate &= enterprises.industry_of[who] == enterprises.industries.index(entry.industry)
        here, who = here[candidate], who[candidate]
        chosen = here[
            first_in_order(
                world.seed,
                technologies.directions[k],
                technologies.names[k],
                self._identities[who],
                entry.how_many(here.size),
            )
        ]
        return chosen[state.adopted_month[pairs.start[k] + chosen] < 0]


def adopt(world: World, state: State, k: int, new: Array) -> None:
    """Let pairs of one technology that have not adopted have it now, attributed to no channel.

    The contacts of those that wait must then be counted anew.

    Parameters
    ----------
    state : changed, as :meth:`Seeding.give` does.
    new : int32, shape (n,)
        Pairs, counted from the first of the technology.
    """
    if not new.size:
        return
    pairs, enterprises = world.pairs, world.enterprises
    own = slice(pairs.start[k], pairs.start[k + 1])
    adopted_month = state.adopted_month[own]
    adopted_month[new] = state.month
    who = pairs.enterprise[own][new]
    adopters = np.ascontiguousarray(state.adopters[:, :, k].T, dtype=np.float64)
    member_adopters = np.ascontiguousarray(state.member_adopters[:, :, k])
    count_adopters(
        who,
        state.mask_of[who],
        enterprises.region_of,
        enterprises.industry_of,
        adopters,
        member_adopters,
    )
    state.adopters[:, :, k] = adopters.T
    state.member_adopters[:, :, k] = member_adopters
    waits = np.zeros(adopted_month.size, dtype=bool)
    waits[pairs.slot[pairs.pattern_of[k], state.waiting[own][: state.waiting_count[k]]]] = True
    wait(state, world, k, waits & (adopted_month < 0))
