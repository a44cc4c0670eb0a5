"""All scenarios that explain another one, as an ordinary study: each that several games share is in it once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from simulation.errors import ResultsError
from simulation.explain.channels import game_of_channels
from simulation.explain.entries import games_of_entries, without_policies
from simulation.explain.game import Game
from simulation.explain.margins import Margin, margins
from simulation.explain.money import spent_pv
from simulation.explain.vectors import game_of_vectors
from simulation.results.own_files import on_record
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario

NUMBERS = "explain.csv"
"""The file of a results folder that holds all numbers of an explanation."""
NO_POLICY, REFERENCE, MARGIN = "no_policy", "reference", "margin"
ORDERS = 24
"""Orders of the players that are drawn for a game with too many for all coalitions, unless a user says otherwise."""


@dataclass
class Explanation:
    """What is to be explained, the games that do it, and the scenarios that they need."""

    here: Scenario
    there: Scenario
    games: tuple[Game, ...]
    margins: tuple[Margin, ...]

    @classmethod
    def of(
        cls, here: Scenario, against: Scenario | None = None, *, orders: int = ORDERS, each: bool = False
    ) -> Explanation:
        """Prepare the explanation of a scenario against no policy, or against another scenario.

        Parameters
        ----------
        each : as of :func:`simulation.explain.entries.games_of_entries`.

        Raises
        ------
        HyperclusterError
            If the two scenarios cannot be compared pair by pair, or do not differ.
        """
        nothing = without_policies(here).model_copy(update={"name": NO_POLICY, "title": "No policy"})
        there = nothing if against is None else against
        games = games_of_entries(here, against, orders=orders, each=each)
        vectors = game_of_vectors(here, orders=orders) if against is None else None
        games += [vectors] if vectors else []
        # Channels of the world alone are no part of a policy.
        games += [game_of_channels(here, there)] if here.digest != there.digest else []
        return cls(here, there, tuple(games), tuple(margins(here)))

    @property
    def scenarios(self) -> list[Scenario]:
        """The scenarios to run, no two alike."""
        return self._study[0]

    @property
    def names(self) -> dict[str, str]:
        """The name in the study of each scenario, by the name of its role."""
        return self._study[1]

    @cached_property
    def _study(self) -> tuple[list[Scenario], dict[str, str]]:
        found: dict[str, Scenario] = {}
        names: dict[str, str] = {}
        for name, title, spec in self._wanted():
            digest = spec.digest
            if digest not in found:
                named = spec.model_copy(update={"name": name, "title": title})
                # Read again, so that a scenario that cannot run is refused before anything has run.
                found[digest] = parse_scenario(named.to_toml())
            names[name] = found[digest].name
        return list(found.values()), names

    def _wanted(self) -> Iterator[tuple[str, str, Scenario]]:
        yield self.here.name, self.here.title, self.here
        yield self.there.name, self.there.title, self.there
        for game in self.games:
            for coalition in game.coalitions:
                who = ", ".join(game.members(coalition)) or "nothing"
                name = f"{game.name}-{coalition:x}"
                yield (
                    name,
                    f"{self.here.title}, {game.name.replace('_', ' ')}: {who}",
                    game.version(coalition),
                )
                if game.reference is not None:
                    title = f"{self.there.title}, {game.name}: {who}"
                    yield f"{name}-{REFERENCE}", title, game.reference(coalition)
        for number, margin in enumerate(self.margins):
            title = f"{self.here.title}: {margin.entry}, {100 * (margin.factor - 1):+.0f} % money"
            yield f"{MARGIN}-{number}", title, margin.spec


def explanation_from(results: Results) -> Explanation:
    """Return the explanation whose runs a results folder holds.

    Raises
    ------
    HyperclusterError
        If the folder holds none, or its scenarios cannot be read any more or are not those that this version of the
        program would run.
    """
    made = on_record(results.path).get(NUMBERS)
    if made is None:
        raise ResultsError(f"{results.path}: holds no {NUMBERS}, so it is no explanation")
    entries = results.manifest["scenarios"]
    against = "--against" in made.renew
    orders = next(
        (int(n) for name, n in pairwise(made.renew) if name == "--orders" and n.isdecimal()), ORDERS
    )
    here, *there = results.specs()[: 1 + against]
    explanation = Explanation.of(here, *there, orders=orders)
    wanted = {(spec.name, spec.digest) for spec in explanation.scenarios}
    if wanted != {(entry["name"], entry["digest"]) for entry in entries}:
        raise ResultsError(
            f"{results.path}: its scenarios are not those with which this version of the program explains "
            f"{here.name}; explain it again"
        )
    return explanation


def role(game: Game, coalition: int) -> str:
    """Return the name of the role of a coalition's scenario; that of its reference has ``REFERENCE`` at its end."""
    return f"{game.name}-{coalition:x}"


def unused_pv(game: Game, coalition: int) -> float:
    """Return the present value of the money of a coalition that nobody can use, units; 0 where it has its own cost."""
    if game.total_pv is None:
        return 0.0
    return max(game.total_pv - spent_pv(game.version(coalition)), 0.0)
