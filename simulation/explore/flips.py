"""The nearest flip: the smallest change of what is assumed that turns a verdict.

Every input stands at its place, from 0 to 1, in its range. A flip changes some inputs and leaves all others at the
scenarios' own values; its size is the largest change of a place among them. Fewer inputs come before smaller changes.
Inputs are first changed alone. Then sets come from points of a sample at which the verdict has turned: inputs that are
not needed return to the scenarios' own values, and the others are moved back together as far as the verdict allows.

The search is a heuristic: it finds a near flip, and says how often it tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from simulation.analysis.paired import interval
from simulation.explore.parameters import Parameter
from simulation.world import Array

Evaluate = Callable[[Mapping[str, Any], Sequence[int]], Array | str]
"""Paired gains of the scenario over its reference, by seed, positive where it is better; or why there are none.

The values are those of the changed inputs alone; all others keep the scenarios' own.
"""

FRESH = 30
"""Seeds on which a flip must hold, which nothing else has used."""

BISECTIONS = 7
"""Halvings of a change: its size is found to within a hundredth of the range."""

BACK = 0.02
"""Step back from the smallest change found, if it does not hold on fresh seeds, in places."""

MOST_STEPS_BACK = 5


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one input."""

    name: str
    before: Any  # the scenarios' own value
    after: Any
    places: float  # from 0 to 1, how far it moves in its range; with a sign

    @property
    def in_words(self) -> str:
        """Name, and both values."""
        return f"{self.name} {_written(self.before)} -> {_written(self.after)}"


@dataclass(frozen=True, slots=True)
class Flip:
    """Changes that turn the verdict, which held on fresh seeds."""

    changes: tuple[Change, ...]  # the largest first
    verdict: str  # on fresh seeds: "ahead", "alike" or "behind"
    gain: float  # mean on fresh seeds
    low: float  # ends of its 95 % interval
    high: float

    @property
    def size(self) -> float:
        """The largest change of a place."""
        return max(abs(change.places) for change in self.changes)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for the nearest flip has found."""

    verdict: str  # at the scenarios' own values; or why there is none
    flips: tuple[Flip, ...]  # fewest inputs first, then the smallest
    tries: int  # sets of values that were evaluated

    @property
    def nearest(self) -> Flip | None:
        """The flip with the fewest inputs, and of these the smallest."""
        return self.flips[0] if self.flips else None

    def table(self) -> pd.DataFrame:
        """Return a row for each change of each flip, the nearest first: values, places, and the gain on fresh seeds."""
        return pd.DataFrame(
            [
                {
                    "flip": number,
                    "input": change.name,
                    "before": change.before,
                    "after": change.after,
                    "places": change.places,
                    "verdict": flip.verdict,
                    "gain": flip.gain,
                    "low": flip.low,
                    "high": flip.high,
                }
                for number, flip in enumerate(self.flips, start=1)
                for change in flip.changes
            ],
            columns=["flip", "input", "before", "after", "places", "verdict", "gain", "low", "high"],
        )

    def sentence(self) -> str:
        """Say which change turns the verdict."""
        if self.verdict not in ("ahead", "alike", "behind"):
            return f"At the scenarios' own values there is no verdict to turn: {self.verdict}."
        if self.nearest is None:
            return f'No change turns the verdict "{self.verdict}" (none found in {self.tries:,} tries).'
        flip = self.nearest
        alone = len(flip.changes) == 1
        size = f"{'a change' if alone else 'each a change'} of {100 * flip.size:.0f} % of its range"
        if not alone:
            size = f"together, each by at most {100 * flip.size:.0f} % of its range"
        words = " and ".join(change.in_words for change in flip.changes)
        return (
            f'The verdict turns from "{self.verdict}" to "{flip.verdict}" with {words} ({size}). '
            f"The nearest found in {self.tries:,} tries."
        )


@dataclass(slots=True)
class Search:
    """Looks for the nearest flip.

    Parameters
    ----------
    parameters : inputs that may change.
    own : the scenarios' own value by name; an input without one, or with one outside its range, is left alone.
    evaluate : gains at changed values.
    margin : gains up to which scenarios count as alike.
    seeds : seeds of the search; fresh ones follow after the last.
    to : only flips to this verdict count; by default to any other.
    tries : the largest number of evaluations before a flip is checked on fresh seeds.
    """

    parameters: Sequence[Parameter]
    own: Mapping[str, Any]
    evaluate: Evaluate
    margin: float
    seeds: Sequence[int]
    to: str | None = None
    tries: int = 500
    _done: int = 0
    _known: dict[tuple[tuple[int, float], ...], bool] = field(default_factory=dict)
    _next_seed: int = 0
    _start: Array = field(default_factory=lambda: np.empty(0))
    _verdict: str = ""

    def run(self, candidates: Array, gains_there: Array) -> Found:
        """Search, and return what was found.

        Parameters
        ----------
        candidates : float64 (n, P), places of the points of a sample at which the baseline shows the patterns.
        gains_there : float64 (n,), the mean gain at each of them.
        """
        self._next_seed = max(self.seeds) + 1
        self._start = np.array([self._own_place(each) for each in self.parameters])
        gains = self.evaluate({}, self.seeds)
        self._done = 1
        self._verdict = gains if isinstance(gains, str) else self.verdict_of(gains)
        if self._verdict not in ("ahead", "alike", "behind"):
            return Found(self._verdict, (), self._done)
        found = [flip for flip in map(self._alone, range(len(self.parameters))) if flip is not None]
        if not found:
            found = list(self._together(candidates[[self._is_other(gain) for gain in gains_there]]))
        found.sort(key=lambda flip: (len(flip.changes), flip.size))
        return Found(self._verdict, tuple(found), self._done)

    def _own_place(self, parameter: Parameter) -> float:
        own = self.own.get(parameter.name)
        return math.nan if own is None else parameter.place_of(own)

    def _is_other(self, gain: float) -> bool:
        verdict = self.verdict_of(np.array([gain]))
        return verdict == self.to if self.to else verdict != self._verdict

    def verdict_of(self, gains: Array) -> str:
        """Return the verdict of the mean gain."""
        mean = float(gains.mean())
        return "ahead" if mean > self.margin else "behind" if mean < -self.margin else "alike"

    def _turned(self, gains: Array) -> bool:
        """Whether the whole 95 % interval of the mean lies outside the verdict of the start."""
        low, high = interval(gains)
        outside = {
            "ahead": high <= self.margin,
            "behind": low >= -self.margin,
            "alike": low > self.margin or high < -self.margin,
        }[self._verdict]
        return bool(outside) and (self.to is None or self.verdict_of(gains) == self.to)

    def _flips(self, places: Array) -> bool:
        """Whether the verdict has turned at these places, (P,), on the seeds of the search."""
        places = self._snapped(places)
        key = tuple((n, float(places[n])) for n in self._changed(places))
        if key not in self._known:
            if self._done >= self.tries:
                return False
            self._done += 1
            gains = self.evaluate(self._values(places), self.seeds)
            self._known[key] = not isinstance(gains, str) and self._turned(gains)
        return self._known[key]

    def _snapped(self, places: Array) -> Array:
        """Return the places of the values that stand there: those of listed values are the middles of their parts."""
        snapped = places.copy()
        for n, parameter in enumerate(self.parameters):
            if parameter.scale == "values" and not math.isnan(places[n]):
                snapped[n] = parameter.place_of(parameter.value_at(float(places[n])))
        return snapped

    def _changed(self, places: Array) -> list[int]:
        return [n for n in range(len(self.parameters)) if self._is_changed(n, places[n])]

    def _is_changed(self, n: int, place: float) -> bool:
        return not (math.isnan(place) or math.isnan(self._start[n]) or place == self._start[n])

    def _values(self, places: Array) -> dict[str, Any]:
        return {
            self.parameters[n].name: self.parameters[n].value_at(float(places[n]))
            for n in self._changed(places)
        }

    def _alone(self, n: int) -> Flip | None:
        """Return the smallest change of one input by itself that turns the verdict, or None."""
        start, parameter = self._start[n], self.parameters[n]
        if math.isnan(start):
            return None
        ends = (
            [parameter.place_of(value) for value in parameter.values] if parameter.is_choice else [0.0, 1.0]
        )
        found = []
        for end in ends:
            goal = self._start.copy()
            goal[n] = end
            if end == start:
                continue
            # The end of a range may not be affordable, or show no patterns, where a part of the way does.
            for _ in range(1 if parameter.is_choice else 3):
                if self._flips(goal):
                    found.append(self._moved_back(goal))
                    break
                goal[n] = (start + goal[n]) / 2
        checked = [flip for flip in (self._checked(*each) for each in found) if flip is not None]
        return min(checked, key=lambda flip: flip.size, default=None)

    def _together(self, candidates: Array) -> Iterator[Flip]:
        """Yield flips of several inputs, from the candidates nearest to the start; each set of inputs once."""
        candidates = np.array([self._snapped(each) for each in candidates]).reshape(-1, len(self.parameters))
        distance = np.nan_to_num(np.abs(candidates - self._start)).max(axis=1, initial=0.0)
        seen: set[tuple[tuple[int, bool], ...]] = set()
        fewest = len(self.parameters) + 1
        for place in np.argsort(distance, kind="stable"):
            if self._done >= self.tries:
                return
            if not self._flips(candidates[place]):
                continue
            needed = self._only_needed(candidates[place])
            changed = self._changed(needed)
            kind = tuple((n, bool(needed[n] > self._start[n])) for n in changed)
            if kind in seen or len(changed) > fewest:
                continue
            seen.add(kind)
            flip = self._checked(*self._moved_back(needed))
            if flip is not None:
                fewest = min(fewest, len(flip.changes))
                yield flip

    def _only_needed(self, places: Array) -> Array:
        """Return the places with every input returned to its start that the flip does not need."""
        here = places.copy()
        # Those that have moved least are the first to return, many at a time and then fewer.
        order = sorted(self._changed(here), key=lambda n: abs(here[n] - self._start[n]))
        size = max(len(order) // 2, 1)
        while True:
            returned = False
            for first in range(0, len(order), size):
                part = order[first : first + size]
                trial = here.copy()
                trial[part] = self._start[part]
                if self._changed(trial) and self._flips(trial):
                    here, returned = trial, True
            order = [n for n in order if self._is_changed(n, here[n])]
            if size == 1 and not returned:
                return here
            size = max(size // 2, 1)

    def _moved_back(self, goal: Array) -> tuple[Array, float]:
        """Return a goal, and the smallest change up to which all inputs can be moved together towards it.

        All inputs move by the same part of their ranges, each as far as its range goes; if the verdict does not turn
        there, along the straight line to the goal.
        """
        size = float(np.nanmax(np.abs(goal - self._start)))
        corner = np.where(
            [self._is_changed(n, goal[n]) for n in range(goal.size)],
            np.clip(self._start + np.sign(goal - self._start) * size, 0.0, 1.0),
            self._start,
        )
        for n in self._changed(goal):
            if self.parameters[n].is_choice:
                corner[n] = goal[n]
        if self._flips(corner):
            goal = corner
        low, high = 0.0, size
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if self._flips(self._within(goal, middle)):
                high = middle
            else:
                low = middle
        return goal, high

    def _within(self, goal: Array, size: float) -> Array:
        """Return a goal with no input moved by more than a size; a choice cannot be moved in part."""
        here: Array = self._start + np.clip(goal - self._start, -size, size)
        for n in self._changed(goal):
            if self.parameters[n].is_choice:
                here[n] = goal[n]
        return here

    def _checked(self, goal: Array, size: float) -> Flip | None:
        """Return the flip of this size or a little more that holds on fresh seeds, or None."""
        whole = float(np.nanmax(np.abs(goal - self._start)))
        for _ in range(MOST_STEPS_BACK):
            places = self._snapped(self._within(goal, size))
            fresh = range(self._next_seed, self._next_seed + FRESH)
            self._next_seed += FRESH
            self._done += 1
            gains = self.evaluate(self._values(places), fresh)
            if not isinstance(gains, str) and self._turned(gains):
                low, high = interval(gains)
                return Flip(self._changes(places), self.verdict_of(gains), float(gains.mean()), low, high)
            if size >= whole:
                return None
            size = min(size + BACK, whole)
        return None

    def _changes(self, places: Array) -> tuple[Change, ...]:
        values = self._values(places)
        found = [
            Change(
                self.parameters[n].name,
                self.own[self.parameters[n].name],
                values[self.parameters[n].name],
                float(places[n] - self._start[n]),
            )
            for n in self._changed(places)
        ]
        return tuple(sorted(found, key=lambda change: -abs(change.places)))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
