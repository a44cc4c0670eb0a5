"""The simulation as a Mesa model: Mesa manages time, events, agents and data; the engine simulates each month."""

from __future__ import annotations

import math
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.discrete_space import Cell, OrthogonalMooreGrid
from numpy.typing import NDArray

from simulation.arguments import MOST_SEED, whole_number
from simulation.engine.month import Engine
from simulation.mesa.agents import Enterprise, Institution
from simulation.replication import Run
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.state import State
from simulation.world import World

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class HyperclusterModel(mesa.Model):
    """Diffusion of technologies among the enterprises of resource-producing regions; one step is one month.

    Parameters
    ----------
    spec : a scenario, or the path or name of one.
    rng : the seed of the replication, as in :func:`simulation.run`: a whole number of any type. None, Mesa's
        default, draws one from the operating system. :attr:`seed` holds it, so that the replication can be repeated.

    Raises
    ------
    HyperclusterError
        If ``rng`` is anything else. A generator is refused too, because its seed cannot be read from it.
    ScenarioError, DataError
        If the scenario or its tables are invalid.

    Notes
    -----
    Agents are views of rows of arrays and are created when :attr:`agents` or :attr:`space` is first read. If
    enterprises enter and leave, their agents are added and removed on the next access. ``model.scenario`` is Mesa's
    own; ours is :attr:`spec`. Changing an agent's attributes does not change the simulation.

    Examples
    --------
    >>> model = HyperclusterModel("baseline", rng=1)  # doctest: +SKIP
    >>> model.run_for(240); model.result().metrics["phi"]  # doctest: +SKIP

    Tools that vary the parameters of a model, such as ``mesa.batch_run`` and the sliders of Mesa's page, pass them by
    name. To vary keys of a scenario, make them the parameters of a subclass:

    >>> class Reach(HyperclusterModel):
    ...     def __init__(self, km: float = 500, *, rng: int | None = None) -> None:
    ...         super().__init__(load_scenario("baseline", overrides=[f"diffusion.half_distance_km={km}"]), rng=rng)
    >>> mesa.batch_run(Reach, {"km": [300, 500]}, rng=[1, 2])  # doctest: +SKIP
    """

    def __init__(self, spec: Scenario | str | Path = "baseline", *, rng: Any = None) -> None:
        seed = secrets.randbits(31) if rng is None else whole_number("rng", rng, most=MOST_SEED)
        super().__init__(rng=seed)
        self.seed = seed
        self.spec = spec if isinstance(spec, Scenario) else load_scenario(spec)
        self.engine = Engine(self.spec, seed)
        self._agents_made = False
        self._enterprises: dict[int, Enterprise] = {}
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "seed": "seed",
                "month": "month",
                "adoption_share": "adoption_share",
                "adoptions": "adoptions",
                "technologies_released": "technologies_released",
                "masteries": "masteries",
                "member_share": "member_share",
            }
        )
        self.datacollector.collect(self)

    @property
    def world(self) -> World:
        """The arrays that are fixed before the first month; with mobility or turnover, those of the current year."""
        return self.engine.world

    @property
    def state(self) -> State:
        """The state, which changes from month to month."""
        return self.engine.state

    def step(self) -> None:
        """Simulate one month, in the order of section 2; nothing happens beyond the horizon."""
        if self.engine.finished:
            self.running = False
            return
        self.engine.step()
        self.datacollector.collect(self)
        self.running = not self.engine.finished

    def result(self) -> Run:
        """Return the record so far, with its metrics; bit for bit the same as :func:`simulation.run`."""
        return Run(self.engine.record())

    def show(self) -> Figure:
        """Draw the state of the run; a notebook shows the figure if the call is the last expression of a cell.

        Adoption share by region and month, and shares of adopters, members and released technologies over time.
        """
        # Imported late, because importing Matplotlib takes longer than running a replication.
        from simulation.figures.model_state import model_state

        return model_state(self.engine.record(), self.world.regions)

    # What is collected every month

    @property
    def month(self) -> int:
        """Months simulated."""
        return self.state.month

    @property
    def adoptions(self) -> int:
        """Adopters present, over all technologies."""
        return int(self.state.adopters.sum())

    @property
    def adoption_share(self) -> float:
        """Adopters over eligible enterprises of the technologies released so far; 0 before the first release."""
        eligible = int(self.world.eligible[:, :, self.state.released].sum())
        return self.adoptions / eligible if eligible else 0.0

    @property
    def technologies_released(self) -> int:
        """Number of technologies released."""
        return int(self.state.released.sum())

    @property
    def masteries(self) -> int:
        """Pairs of institution and technology mastered."""
        return int(self.state.mastered.sum())

    @property
    def member_share(self) -> float:
        """Share of enterprises that are on at least one platform."""
        return float(np.count_nonzero(self.state.mask_of)) / max(int(self.world.enterprises.counts.sum()), 1)

    # Agents, created on first access

    @property
    def agents(self) -> Any:
        """All agents, those of the start first, enterprises before institutions."""
        self._make_agents()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """AgentSets by class."""
        self._make_agents()
        return super().agents_by_type

    @property
    def agent_types(self) -> list[type]:
        """Classes of agents."""
        self._make_agents()
        return super().agent_types

    @property
    def space(self) -> OrthogonalMooreGrid:
        """A grid that Mesa's page can draw, with the agents of each region in a cell of its own.

        Columns go from west to east, and in each of them regions go from south to north.
        """
        self._make_agents()
        return self._space

    def cell(self, region: str) -> Cell:
        """Return the cell of the region with this id, or an unambiguous part of it.

        Raises
        ------
        KeyError : if no region, or more than one, has this in its id.
        """
        self._make_agents()
        return self._cells[_find(region, self.world.regions.ids, "region")]

    def remove_all_agents(self) -> None:
        """Discard the views; the simulation itself does not change."""
        self._make_agents()
        self._enterprises.clear()
        super().remove_all_agents()

    def enterprise(self, row: int) -> Enterprise:
        """Return the agent of a row of ``world.enterprises``.

        Raises
        ------
        HyperclusterError : if ``row`` is not a whole number, of any type.
        KeyError : if the enterprise is not present in the last simulated month.
        """
        self._make_agents()
        return self._enterprises[whole_number("row", row)]

    def institution(self, name: str) -> Institution:
        """Return the institution with this name, or an unambiguous part of it."""
        self._make_agents()
        return self._institutions[_find(name, self.world.institutions.names, "institution")]

    def technology(self, name: str) -> int:
        """Return the index of a technology by name, or by an unambiguous part of it.

        Raises
        ------
        KeyError : if no technology, or more than one, has this in its name.
        """
        return _find(name, self.world.technologies.names, "technology")

    def _make_agents(self) -> None:
        world = self.world
        if not self._agents_made:
            self._agents_made = True
            self._shown = np.zeros_like(world.enterprises.present)
            tiles = _tiles(world.regions.longitude, world.regions.latitude)
            width, height = (1 + most for most in map(max, zip(*tiles, strict=True)))
            self._space = OrthogonalMooreGrid((width, height), torus=False, random=self.random)
            self._cells = [self._space[tile] for tile in tiles]
            self._show_enterprises()
            self._institutions = [
                Institution(self, row, self._cells[region])
                for row, region in enumerate(world.institutions.region_of.tolist())
            ]
        elif self._shown is not world.enterprises.present:
            self._show_enterprises()

    def _show_enterprises(self) -> None:
        """Create agents for present enterprises that have none, and remove those of absent enterprises."""
        enterprises = self.world.enterprises
        before, self._shown = self._shown, enterprises.present
        for row in np.flatnonzero(before & ~self._shown).tolist():
            if agent := self._enterprises.pop(row, None):  # none, where all have been removed
                agent.remove()
        for row in np.flatnonzero(self._shown & ~before).tolist():
            self._enterprises[row] = Enterprise(self, row, self._cells[enterprises.region_of[row]])


def _tiles(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return column and row of each region on a grid that is as square as possible.

    Parameters
    ----------
    longitude, latitude : degrees, shape (n_regions,)
    """
    height = 1 + math.isqrt(len(longitude) - 1)
    from_west = np.argsort(longitude, kind="stable")
    tiles: dict[int, tuple[int, int]] = {}
    for column, start in enumerate(range(0, len(longitude), height)):
        regions = from_west[start : start + height]
        from_south = regions[np.argsort(latitude[regions], kind="stable")]
        tiles |= {region: (column, row) for row, region in enumerate(from_south.tolist())}
    return [tiles[region] for region in range(len(longitude))]


def _find(name: str, names: tuple[str, ...], what: str) -> int:
    exact = [n for n, candidate in enumerate(names) if candidate == name]
    found = exact or [n for n, candidate in enumerate(names) if name.casefold() in candidate.casefold()]
    if len(found) != 1:
        among = "; ".join(names[n] for n in found) if found else "; ".join(names)
        raise KeyError(f"{name!r} names {len(found)} of the {what} names, must be one of: {among}")
    return found[0]
