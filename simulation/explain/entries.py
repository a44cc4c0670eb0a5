"""The game of the entries of a policy: against no policy, or against another scenario.

Each entry that only one of two scenarios has, or that has other money in them, is a player. Operation of a platform is
a precondition and no player: it is paid wherever an entry needs the platform, and nowhere else. Only of a platform that
no entry needs is it a player itself. Against another scenario, platforms that differ in what they are, and all other
settings that differ, are players too, so that all players together make up the whole difference.

With more players than all coalitions can run for, entries of one instrument are one player, unless each is asked for.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulation.errors import HyperclusterError
from simulation.explain.game import MOST_EXACT, Game
from simulation.explain.money import FundedEntry, funded_entries, money_of, with_policies
from simulation.policies.base import MONEY
from simulation.policies.plan import OVERSPENT, ROUNDING
from simulation.scenario.schema import Platform, Scenario

LABELS = {"name", "title", "summary", "group", "description"}
"""What does not change a result."""
OWN_COST = "entries_at_own_cost"
MONEY_NOTE = "money of a missing entry goes to the others in proportion, up to full coverage"


def without_policies(spec: Scenario) -> Scenario:
    """Return the scenario without policies, and without the platforms that they open."""
    opened = {name for entry in funded_entries(spec) for name in entry.opens}
    platforms = tuple(_heirless(row, opened) for row in spec.platforms if row.name not in opened)
    return spec.model_copy(update={"policies": (), "platforms": platforms})


def _heirless(row: Platform, closed: set[str]) -> Platform:
    return row.model_copy(update={"inherits": None}) if row.inherits in closed else row


def games_of_entries(
    here: Scenario, there: Scenario | None, *, orders: int, each: bool = False
) -> list[Game]:
    """Return the games of what distinguishes two scenarios, at own cost and, if both plans are equal, at equal money.

    Parameters
    ----------
    there : None for no policy.
    each : let every entry be a player by itself, however many there are.

    Raises
    ------
    HyperclusterError
        If the scenarios differ in horizon, step or dataset, or not at all.
    """
    mixture = _Mixture.of(here, without_policies(here) if there is None else there)
    if there is not None:
        _refuse_incomparable(here, there)
        if not mixture.players:
            raise HyperclusterError(f"{here.name} and {there.name} differ in nothing that changes a result")
    if not each and len(mixture.players) > MOST_EXACT:
        mixture.players = _by_instrument(mixture.players)
    players = tuple(player.name for player in mixture.players)
    if not players:
        return []
    what = "What each entry contributes" if there is None else f"What makes the difference to {there.title}"
    games = [
        Game(
            name=OWN_COST,
            title=f"{what}, at own cost",
            players=players,
            version=mixture.at_own_cost,
            orders=orders,
        )
    ]
    total = math.fsum(entry.pv for entry in mixture.here)
    other = math.fsum(entry.pv for entry in mixture.there)
    if there is None or abs(total - other) <= OVERSPENT * max(total, other):
        games.append(
            Game(
                name="entries_at_equal_money",
                title=f"{what}, at equal money",
                players=players,
                version=lambda coalition: mixture.at_equal_money(coalition, total),
                orders=orders,
                note=MONEY_NOTE,
                total_pv=total,
            )
        )
    return games


def _refuse_incomparable(here: Scenario, there: Scenario) -> None:
    if here.time != there.time:
        raise HyperclusterError(
            f"{here.name} and {there.name} differ in horizon or step: [time] must be the same in both"
        )
    if here.dataset.digest != there.dataset.digest:
        raise HyperclusterError(f"{here.name} and {there.name} have different datasets; they share no draws")


@dataclass
class _Player:
    """What is switched from one scenario to the other: entries, what a platform is, or all other settings."""

    name: str
    here: list[FundedEntry] = field(default_factory=list)
    there: list[FundedEntry] = field(default_factory=list)
    platform: str = ""
    settings: bool = False
    change: str = ""  # how it differs from the other scenario, at the end of its name


def _by_instrument(players: Sequence[_Player]) -> list[_Player]:
    """Return the players with entries of one instrument together, if all were added, left out, or changed alike."""
    together: dict[tuple[str, str], list[_Player]] = {}
    for place, player in enumerate(players):
        entries = [*player.here, *player.there]
        alike = entries[0].policy.instrument if entries else str(place), player.change
        together.setdefault(alike, []).append(player)
    found = []
    for (instrument, change), group in together.items():
        if len(group) == 1:
            found += group
            continue
        found.append(
            _Player(
                f"{instrument.replace('_', ' ')}, {len(group)} entries{change}",
                here=[entry for player in group for entry in player.here],
                there=[entry for player in group for entry in player.there],
                change=change,
            )
        )
    return found


@dataclass
class _Mixture:
    """Scenarios between two: some players as here, the others as there."""

    specs: tuple[Scenario, Scenario]  # there, here: indexed by whether a player is switched on
    here: list[FundedEntry]
    there: list[FundedEntry]
    common: list[FundedEntry]
    players: list[_Player]
    opening: tuple[dict[str, list[FundedEntry]], dict[str, list[FundedEntry]]]  # by platform, there and here

    @classmethod
    def of(cls, here: Scenario, there: Scenario) -> _Mixture:
        """Compare two scenarios."""
        mine, others = funded_entries(here), funded_entries(there)
        opening = _opening(others), _opening(mine)
        free = [_without_dependents(entries) for entries in (others, mine)]
        common: list[FundedEntry] = []
        players: list[_Player] = []
        waiting: dict[str, list[FundedEntry]] = defaultdict(list)
        for entry in others:
            if not entry.opens or entry in free[0]:
                waiting[_identity(entry)].append(entry)
        for entry in mine:
            if entry.opens and entry not in free[1]:
                continue
            twins = waiting[_identity(entry)]
            if not twins:
                change = " (added)" if others else ""
                players.append(_Player(entry.name + change, here=[entry], change=change))
                continue
            twin = twins.pop(0)
            if _same_money(entry, twin):
                common.append(entry)
            else:
                change = " (other money)"
                players.append(_Player(entry.name + change, here=[entry], there=[twin], change=change))
        players += [
            _Player(f"{entry.name} (left out)", there=[entry], change=" (left out)")
            for twins in waiting.values()
            for entry in twins
        ]
        mixture = cls((there, here), mine, others, common, players, opening)
        mixture._add_platforms()
        mixture._add_settings()
        return mixture

    def _add_platforms(self) -> None:
        there, here = ({row.name: row for row in spec.platforms} for spec in self.specs)
        for name in [*here, *(name for name in there if name not in here)]:
            paid = [self.opening[side].get(name, []) for side in (0, 1)]
            if name in here and name in there:
                same_operation = sorted(map(_identity, paid[0])) == sorted(map(_identity, paid[1]))
                if here[name] != there[name] or not same_operation:
                    self.players.append(_Player(f"platform {name}", platform=name))
            elif not paid[name in here]:  # it exists by itself
                self.players.append(_Player(f"platform {name}", platform=name))

    def _add_settings(self) -> None:
        leave = {*LABELS, "policies", "platforms", "budget"}
        there, here = (spec.model_dump(exclude=leave) for spec in self.specs)
        differing = [key for key in here if here[key] != there[key]]
        if differing:
            self.players.append(_Player(f"settings: {', '.join(differing)}", settings=True))

    def at_own_cost(self, coalition: int) -> Scenario:
        """Return the scenario of a coalition in which each entry has its own money."""
        if (whole := self._whole(coalition)) is not None:
            return whole
        chosen, fixed, base, platforms = self._parts(coalition)
        money = [(entry, entry.per_year) for entry in (*chosen, *fixed)]
        return with_policies(base, money, platforms=platforms)

    def at_equal_money(self, coalition: int, total_pv: float) -> Scenario:
        """Return the scenario of a coalition whose entries together have a present value, as far as they can use it."""
        if (whole := self._whole(coalition)) is not None:
            return whole
        chosen, fixed, base, platforms = self._parts(coalition)
        divided = money_of(chosen, fixed, total_pv=total_pv)
        money = [*zip(chosen, divided, strict=True), *((entry, entry.per_year) for entry in fixed)]
        return with_policies(base, money, platforms=platforms)

    def _whole(self, coalition: int) -> Scenario | None:
        """Return one of the two scenarios itself, if all players are of one."""
        everyone = (1 << len(self.players)) - 1
        return self.specs[coalition == everyone] if coalition in (0, everyone) else None

    def _parts(
        self, coalition: int
    ) -> tuple[list[FundedEntry], list[FundedEntry], Scenario, tuple[Platform, ...]]:
        """Return the chosen entries, those that open platforms, the other settings, and the platforms."""
        on = [bool(coalition >> place & 1) for place in range(len(self.players))]
        switched = {player.platform: side for player, side in zip(self.players, on, strict=True)}
        settings = [side for player, side in zip(self.players, on, strict=True) if player.settings]
        base = self.specs[settings[0] if settings else True]
        chosen = list(self.common)
        for player, side in zip(self.players, on, strict=True):
            chosen += player.here if side else player.there
        needed = {name for entry in chosen for name in (*entry.needs, *entry.opens)}
        defined = [{row.name: row for row in spec.platforms} for spec in self.specs]
        fixed = [entry for entry in chosen if entry.opens]
        rows: list[Platform] = []
        for name in dict.fromkeys([*defined[1], *defined[0]]):
            side = switched.get(name, name in defined[1])
            if name not in defined[side]:
                continue
            paid = self.opening[side].get(name, [])
            if paid and name not in needed:
                continue
            rows.append(defined[side][name])
            fixed += [entry for entry in paid if entry not in fixed]
        names = {row.name for row in rows}
        gone = {row.inherits for row in rows if row.inherits} - names
        kept = [entry for entry in chosen if not entry.opens and set(entry.policy.platform_names) <= names]
        return kept, fixed, base, tuple(_heirless(row, gone) for row in rows)


def _opening(entries: Sequence[FundedEntry]) -> dict[str, list[FundedEntry]]:
    found: dict[str, list[FundedEntry]] = defaultdict(list)
    for entry in entries:
        for name in entry.opens:
            found[name].append(entry)
    return dict(found)


def _without_dependents(entries: Sequence[FundedEntry]) -> list[FundedEntry]:
    """Return the entries that open platforms which no entry needs."""
    needed = {name for entry in entries for name in entry.needs}
    return [entry for entry in entries if entry.opens and not needed & set(entry.opens)]


def _same_money(entry: FundedEntry, twin: FundedEntry) -> bool:
    """Return whether two entries that are otherwise the same have the same money, or pay for the same coverage."""
    same_coverage = entry.policy == twin.policy and entry.policy.share is None
    return same_coverage or math.isclose(entry.per_year, twin.per_year, rel_tol=ROUNDING)


def _identity(entry: FundedEntry) -> str:
    """Return what an entry is, whatever its money."""
    return json.dumps(entry.policy.model_dump(mode="json", exclude=set(MONEY)), sort_keys=True)
