"""Tables, figures and sentences of what the parts of a policy contribute."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from simulation.analysis.effects import effects
from simulation.explain.contributions import LAST, LEAD, MARGIN, PAIR, TOGETHER, VALUE, Contribution
from simulation.explain.game import Game
from simulation.explain.study import NUMBERS, Explanation
from simulation.figures import waterfall
from simulation.figures.drawing.study import Drawn
from simulation.reporting.numbers import signed, with_interval
from simulation.reporting.places_of_change import places
from simulation.reporting.table import Table, with_minus
from simulation.results.reader import Results

HTML, MARKDOWN = "explain.html", "explain.md"
WATERFALL = "waterfall_"
MOST_PAIRS = 10
"""Interactions that a table shows; explain.csv has all."""
SPEED, SYNCHRONIZATION = "restricted_time_years", "synchronization"
UNITS = {SPEED: ("time to adoption saved", " years", 2), SYNCHRONIZATION: ("1 - Phi gained", "", 3)}
"""The words for each outcome: its name, unit and number of decimals."""
HEADS = {SPEED: "years saved", SYNCHRONIZATION: "1 - Phi gained"}
AXES = {SPEED: "Time to adoption saved, years", SYNCHRONIZATION: "1 − Φ gained"}
TOGETHER_WORDS = "together"

Found = Mapping[tuple[str, str, str, str, str], Contribution]


def by_role(found: Sequence[Contribution]) -> Found:
    """Return the contributions by game, metric, kind, part and partner."""
    return {(row.game, row.metric, row.kind, row.part, row.partner): row for row in found}


def tables(explanation: Explanation, found: Sequence[Contribution], results: Results) -> list[Table]:
    """Return the tables of all games, of money at the margin, and of the places that gain."""
    roles = by_role(found)
    shown = [table for game in explanation.games for table in tables_of_game(game, roles)]
    if explanation.margins:
        shown.append(_margins(found))
    here, there = explanation.names[explanation.here.name], explanation.names[explanation.there.name]
    if here != there:
        changes = effects(results, there, scenarios=(there, here)).places
        shown.append(places(changes, results, there, scenarios=[here]))
    return shown


def tables_of_game(game: Game, roles: Found) -> Iterator[Table]:
    """Yield the table of the values of a game, and that of its interactions if it has any."""
    head: list[str] = ["part"]
    for metric in UNITS:
        head += [HEADS[metric], "lost without it"]
    if game.total_pv is not None:
        head.append("unused without it")
    rows = []
    for player in _ranked(game, roles):
        cells = [player]
        for metric in UNITS:
            cells += [_cell(roles[game.name, metric, kind, player, ""]) for kind in (VALUE, LAST)]
        if game.total_pv is not None:
            cells.append(f"{roles[game.name, SPEED, LAST, player, ''].money_pv:,.0f}")
        rows.append(tuple(cells))
    whole = [roles[game.name, metric, TOGETHER, "", ""] for metric in UNITS]
    rows.append(
        (
            TOGETHER_WORDS,
            *(cell for row in whole for cell in (_cell(row), "-")),
            *([f"{whole[0].money_pv:,.0f}"] if game.total_pv is not None else []),
        )
    )
    unused = ""
    if game.total_pv is not None:
        unused = f" Unused: present value of money that nobody can use, of {game.total_pv:,.0f} units in all."
    yield Table(
        name=game.name,
        title=f"{game.title} (Shapley value)",
        head=tuple(head),
        rows=tuple(rows),
        note=_note(game, roles) + unused,
    )
    pairs = _pairs(game, roles)
    if pairs:
        more = len(game.players) * (len(game.players) - 1) // 2 - len(pairs)
        yield Table(
            name=f"{game.name}_pairs",
            title=f"{game.title}: two together, beyond what each does alone (interaction index)",
            head=("part", "and", *HEADS.values()),
            rows=tuple(
                (first, second, *(_cell(roles[game.name, metric, PAIR, first, second]) for metric in UNITS))
                for first, second in pairs
            ),
            note="Below zero the two are substitutes, above zero complements."
            + (f" The {more} smaller ones are in {NUMBERS}." if more else ""),
            labels=2,
        )


def _ranked(game: Game, roles: Found) -> list[str]:
    """Return the players, the largest saver of time first."""
    return sorted(game.players, key=lambda name: -_or_zero(roles[game.name, SPEED, VALUE, name, ""].mean))


def _pairs(game: Game, roles: Found) -> list[tuple[str, str]]:
    """Return the pairs with the largest interactions in speed."""
    found = [key[3:] for key in roles if key[:3] == (game.name, SPEED, PAIR)]
    return sorted(found, key=lambda pair: -abs(_or_zero(roles[game.name, SPEED, PAIR, *pair].mean)))[
        :MOST_PAIRS
    ]


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _note(game: Game, roles: Found) -> str:
    """Return what the numbers of a game are."""
    parts = [f"{game.note[0].upper()}{game.note[1:].rstrip('.')}."] if game.note else []
    parts.append(
        "Means and 95 % intervals over replications; positive is for the better; years: restricted time to adoption."
    )
    rows = [roles[game.name, metric, VALUE, game.players[0], ""] for metric in UNITS]
    speed, synchronization = (f"{row.n} of {row.replications}" for row in rows)
    parts.append(f"Replications with all values: {speed} for speed, {synchronization} for 1 - Phi.")
    if min(row.n for row in rows) < 2:
        parts.append("Undefined: fewer than 5 % adopt in some of the runs that the value needs.")
    if game.blocks:
        errors = []
        for metric, (_, unit, decimals) in UNITS.items():
            most = max(roles[game.name, metric, VALUE, name, ""].sampling_error for name in game.players)
            errors.append(f"{most:.{decimals + 1}f}{unit}" if not math.isnan(most) else "-")
        drawn = sum(map(len, game.blocks))
        parts.append(
            f"From {drawn} orders of {len(game.players)} parts; drawing them adds standard errors of at most "
            f"{errors[0]} and {errors[1]} (1 - Phi)."
        )
    return " ".join(parts)


def _margins(found: Sequence[Contribution]) -> Table:
    rows: dict[str, tuple[str, ...]] = {}
    for row in found:
        if row.kind == MARGIN:
            rows.setdefault(row.part, (row.part, f"{row.money_pv:+,.0f}"))
            rows[row.part] = (*rows[row.part], _cell(row))
    return Table(
        name="money_at_the_margin",
        title="A little more or less money for one entry, the others unchanged",
        head=("entry", "units", *HEADS.values()),
        rows=tuple(rows.values()),
        note="Units: present value. An entry at full coverage cannot use more. Means and 95 % intervals over "
        "replications.",
    )


def _cell(row: Contribution) -> str:
    return "undefined" if math.isnan(row.mean) else _told(row)


def _told(row: Contribution) -> str:
    return with_interval(row.mean, row.low, row.high, decimals=UNITS[row.metric][2])


def sentences(explanation: Explanation, found: Sequence[Contribution]) -> list[str]:
    """Describe in one sentence an outcome what the parts contribute, claiming only what the intervals support."""
    roles = by_role(found)
    return [_sentence(explanation, roles, metric) for metric in UNITS] if explanation.games else []


_WHOSE = {
    "entries_at_own_cost": "of the entries at own cost",
    "entries_at_equal_money": "of the entries at equal money",
    "vectors": "of the interaction vectors",
    "channels": "of the channels",
}


def _sentence(explanation: Explanation, roles: Found, metric: str) -> str:
    what, _, _ = UNITS[metric]
    games = {game.name: game for game in explanation.games}
    first = roles[next(iter(games)), metric, TOGETHER, "", ""]
    who = f"{versus(explanation)}, {what}"
    if first.n < 2:
        return f"{who}: {first.n} of {first.replications} pairs have a value; too few for a conclusion."
    parts = [f"{_WHOSE[name]} {_lead(game, roles, metric)}" for name, game in games.items()]
    n = f"n = {first.n} of {first.replications}"
    return f"{who}: {_in_words(first)}, {n}; {'; '.join(parts)}."


def versus(explanation: Explanation) -> str:
    """Return what is compared; a scenario whose platforms nobody pays for is no policy itself."""
    here, there = explanation.here, explanation.there
    alone = explanation.names[here.name] == explanation.names[there.name]
    return here.title if alone else f"{here.title} against {there.title}"


def _lead(game: Game, roles: Found, metric: str) -> str:
    """Return which part contributes most, or which ones cannot be told from it."""
    rows = {name: roles[game.name, metric, VALUE, name, ""] for name in game.players}
    if any(row.n < 2 for row in rows.values()):
        return "the values are undefined, because too few adopt without some of them"
    best = max(rows.values(), key=lambda row: row.mean)
    rivals = [
        row
        for name, row in rows.items()
        if row is not best and not roles[game.name, metric, LEAD, best.part, name].low > 0
    ]
    if rivals and best.low <= 0:
        return "none can be told from the others"
    names = " or ".join(f"{row.part} ({_in_words(row)})" for row in (best, *rivals))
    return f"the most is due to {names}"


def _in_words(row: Contribution) -> str:
    _, unit, decimals = UNITS[row.metric]
    mean, low, high = (signed(value, decimals) for value in (row.mean, row.low, row.high))
    return f"{mean}{unit}, {low} to {high}"


def pictures(
    explanation: Explanation, found: Sequence[Contribution], *, width_mm: float
) -> Iterator[tuple[str, Drawn]]:
    """Yield the waterfall of each game with the name of its files."""
    roles = by_role(found)
    for game in explanation.games:
        outcomes = {}
        for metric, label in AXES.items():
            rows = [roles[game.name, metric, VALUE, name, ""] for name in _ranked(game, roles)]
            whole = roles[game.name, metric, TOGETHER, "", ""]
            outcomes[label] = [
                waterfall.Step(
                    name, row.mean, row.low, row.high, with_minus(signed(row.mean, UNITS[metric][2]))
                )
                for name, row in [*((row.part, row) for row in rows), (TOGETHER_WORDS, whole)]
            ]
        name = f"{WATERFALL}{game.name}"
        title = versus(explanation)
        note = with_minus(f"Bars: Shapley values, one after the other. {_note(game, roles)}")
        yield (
            name,
            waterfall.draw(
                outcomes, heading=game.title, title=title, note=note, name=name, width_mm=width_mm
            ),
        )
