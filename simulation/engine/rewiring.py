"""Changes of business ties from year to year, with labour mobility or turnover (13.8 and 13.9)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.engine.build.eligible_pairs import partners_by_pattern
from simulation.engine.build.enterprises import tie_rule
from simulation.engine.ties import first_partners, network_of, redraw_partners
from simulation.scenario.schema import Scenario
from simulation.state import State
from simulation.world import World


class Rewiring:
    """The partners that enterprises have drawn, updated every year."""

    def __init__(self, spec: Scenario, world: World) -> None:
        self._mobility = spec.mobility
        self._steps_per_year = world.steps_per_year
        self._rule = tie_rule(spec, world)
        self._chosen = first_partners(world.seed, self._rule)

    def is_due(self, month: int) -> bool:
        """True at the start of each year but the first; ``month`` is the number of months simulated."""
        return month > 0 and month % self._steps_per_year == 0

    def rewired(self, world: World, state: State) -> World:
        """Return the world with the ties of the new year.

        ``world`` has the enterprises of that year already. Everything except the ties and the numbers of
        partners is shared with it, and it is not written.
        """
        enterprises = world.enterprises
        self._rule = replace(
            self._rule,
            present=enterprises.present,
            counts=enterprises.counts,
            entered=enterprises.counted(enterprises.from_month <= state.month),
        )
        self._chosen = redraw_partners(
            world.seed,
            self._rule,
            self._chosen,
            year=state.month // self._steps_per_year,
            mobility=self._mobility,
            mask_of=state.mask_of,
        )
        indptr, indices = network_of(self._chosen)
        enterprises = replace(enterprises, indptr=indptr, indices=indices)
        _, example = np.unique(world.pairs.pattern_of, return_index=True)
        patterns = (world.technologies.relevance > 0).T[example]
        partners = partners_by_pattern(indptr, indices, enterprises.industry_of, patterns)
        return replace(world, enterprises=enterprises, pairs=replace(world.pairs, partners=partners))
