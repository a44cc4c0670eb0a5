"""Rules in words: where an outcome is common, found on half of the points and counted on the other half.

References
----------
Breiman, Friedman, Olshen & Stone (1984), Classification and regression trees, Wadsworth.
Bryant & Lempert (2010), Thinking inside the box: a participatory, computer-assisted approach to scenario discovery,
Technological Forecasting and Social Change 77: 34-49.
Klösgen (1996), Explora: a multipattern and multistrategy discovery assistant, Advances in Knowledge Discovery and Data
Mining: 249-271.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np

from simulation.errors import HyperclusterError
from simulation.explore.resampling import wilson
from simulation.explore.shares import Share
from simulation.streams import key, numbered_all
from simulation.world import Array

INSTALL = 'pip install "hypercluster-abm[explore]"'

CONDITIONS = 3
"""Most conditions of a rule."""
LIFT = 1.3
"""Least density of a rule, as a multiple of the base rate."""
LEVEL = 0.05
"""Largest chance that any rule is reported where the outcome depends on no input."""

_DEPTH = 5
"""Depth of the tree: more than the conditions of a rule, since some of its splits may not matter."""
_DRAWS = 9999
"""Random sets of points to which a rule is compared."""

Code = float | str
Test = Literal["above", "below", "is", "is not"]


class Condition(NamedTuple):
    """What one input must be: above or at most a number, or (not) a category."""

    name: str
    test: Test
    value: Code


@dataclass(frozen=True, slots=True)
class Rule:
    """A region of worlds in which the outcome is common; all numbers are of the half that did not find it."""

    conditions: tuple[Condition, ...]
    density: Share  # of the points in the region, how many have the outcome
    coverage: float  # of the points that have the outcome, how many are in the region
    lift: float  # density over the base rate
    base: float  # of all points, how many have the outcome
    p: float  # chance that a random set of as many points of the rule without one condition has this density


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a sentence names an input: ``half distance above 230 km``."""

    name: str
    unit: str = ""


class _Column(NamedTuple):
    """One column of what the tree sees: an input, or one of its categories against all others."""

    name: str
    category: Code | None
    values: Array


def find_rules(
    inputs: Mapping[str, Array],
    outcome: Array,
    *,
    point: Array,
    rng: np.random.Generator,
    smallest: int = 20,
) -> list[Rule]:
    """Return rules of at most three conditions, the one that sets most apart first; none found by chance alone.

    A regression tree on half of the points offers the conditions that lead to its leaves, at most three together. The
    regions that set most apart and do not repeat one another are proposed, with numbers rounded, and the regions of
    some of their conditions. On the other half a rule stays if its density is at least 1.3 times the base rate, and
    if each of its conditions is needed: of random sets of as many points from the rule without it, fewer than 5 % have
    the density, divided by the number of such tests (Bonferroni). A rule is omitted if its density is less than 1.3
    times the base rate among the points that better rules leave.

    Parameters
    ----------
    inputs : by name, shape (n,): float64 for numbers, texts for categories
    outcome : bool or float64 in [0, 1], shape (n,)
        Whether each point has the outcome, or the share of its seeds that have it; points that are nan are left out.
    point : int64, shape (n,)
        Number of each point, which alone decides its half: more points do not change the halves.
    rng : a generator with a seed of its own.
    smallest : fewest points of a rule on either half.

    Raises
    ------
    HyperclusterError
        If scikit-learn is not installed.
    """
    outcome = np.round(np.asarray(outcome, dtype=float), 3)  # a thousand values at most to count
    used = np.isfinite(outcome)
    finds = _finds(point)
    learning, counting = used & finds, used & ~finds
    if min(learning.sum(), counting.sum()) < 2 * smallest:
        return []
    there = {name: values[learning] for name, values in inputs.items()}
    here = {name: values[counting] for name, values in inputs.items()}
    proposals = _proposals(there, outcome[learning], smallest=smallest)
    tests = sum(len(conditions) for conditions in proposals)
    rules = [_counted(conditions, here, outcome[counting], rng=rng) for conditions in proposals]
    needed = [rule for rule in rules if rule.p * tests <= LEVEL]
    regions = np.array([holds(rule.conditions, here) for rule in needed], dtype=bool)
    return [needed[r] for r in _apart(regions, outcome[counting], smallest=smallest)]


def _apart(regions: Array, outcome: Array, *, smallest: int) -> list[int]:
    """Return the regions in which the outcome is common, also among the points that better ones leave; best first.

    The best has most points with the outcome beyond those expected of a random set of as many, in standard deviations
    of that number (Klösgen 1996).

    Parameters
    ----------
    regions : bool, shape (regions, n)
    outcome : float64, shape (n,)
    """
    if not len(regions):
        return []
    base = outcome.mean()
    left = np.ones(outcome.size, dtype=bool)
    kept = []
    excess = (regions @ (outcome - base)) / np.sqrt(np.maximum(regions.sum(axis=1), 1))
    for r in np.argsort(-excess, kind="stable"):
        new = regions[r] & left
        if all(
            part.sum() >= smallest and outcome[part].mean() >= LIFT * base > 0 for part in (regions[r], new)
        ):
            kept.append(int(r))
            left &= ~new
    return kept


def holds(conditions: Sequence[Condition], inputs: Mapping[str, Array]) -> Array:
    """Return for each point whether all conditions hold: bool, shape (n,)."""
    met = [_meets(condition, inputs[condition.name]) for condition in conditions]
    return np.logical_and.reduce(met)


def where(rule: Rule, phrases: Mapping[str, Phrase]) -> str:
    """Return the conditions of a rule in words."""
    return _listed([_condition(condition, phrases) for condition in rule.conditions])


def sentence(rule: Rule, phrases: Mapping[str, Phrase], *, outcome: str) -> str:
    """Return a rule as one plain sentence.

    Parameters
    ----------
    phrases : by input; an input without one is called by its name, with spaces.
    outcome : what the worlds have in common, such as "the hypercluster is behind in speed".
    """
    low, high = (_percent(end) for end in (rule.density.low, rule.density.high))
    return (
        f"{where(rule, phrases)}: {outcome} in {_percent(rule.density.estimate)} of 100 such worlds ({low} to {high}), "
        f"and {_percent(rule.coverage)} of 100 of all worlds with this outcome are among them"
    )


def _finds(point: Array) -> Array:
    """Return for each point whether it belongs to the half that finds rules: a bit of a hash of its number."""
    base = np.full(point.size, key("rules", "half"), dtype=np.uint64)
    return numbered_all(base, point.astype(np.int64)) >> np.uint64(63) == 0


def _columns(inputs: Mapping[str, Array]) -> list[_Column]:
    """Return numbers as they are and a column of 0 and 1 for each category; those that do not vary are left out."""
    columns = []
    for name, values in inputs.items():
        if values.dtype.kind in "fiub":
            columns.append(_Column(name, None, values.astype(float)))
        else:
            columns += [
                _Column(name, each, (values == each).astype(float)) for each in sorted(set(values.tolist()))
            ]
    return [column for column in columns if np.ptp(column.values) > 0]


def _proposals(inputs: Mapping[str, Array], outcome: Array, *, smallest: int) -> list[tuple[Condition, ...]]:
    """Return the regions of a tree that set most apart, and those of some of their conditions."""
    try:
        from sklearn.tree import DecisionTreeRegressor
    except ImportError:
        raise HyperclusterError(f"rules: scikit-learn is not installed; {INSTALL}") from None
    columns = _columns(inputs)
    if not columns:
        return []
    seen = np.stack([column.values for column in columns], axis=1)
    tree = DecisionTreeRegressor(max_depth=_DEPTH, min_samples_leaf=smallest, random_state=0)
    paths = _paths(tree.fit(seen, outcome).tree_, 0, ())
    parts = sorted({part for path in paths for part in _parts(path)})
    regions = np.array(
        [np.logical_and.reduce([(seen[:, c] > at) == above for c, at, above in part]) for part in parts],
        dtype=bool,
    )
    proposals = {
        part: None
        for best in _apart(regions, outcome, smallest=smallest)
        for part in _parts(
            tuple(
                _rounded(_as_condition(columns[c], at, above), inputs[columns[c].name])
                for c, at, above in parts[best]
            )
        )
    }
    return list(proposals)


def _parts(conditions: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return all sets of some of the conditions, at most three each, in the order of the conditions."""
    return [part for n in range(1, CONDITIONS + 1) for part in combinations(sorted(conditions), n)]


def _paths(nodes: Any, node: int, path: tuple[tuple[int, float, bool], ...]) -> list[Any]:
    """Return for each leaf the splits that lead to it: column, threshold, whether above it."""
    if nodes.children_left[node] < 0:
        return [path]
    split = int(nodes.feature[node]), float(nodes.threshold[node])
    return _paths(nodes, nodes.children_left[node], (*path, (*split, False))) + _paths(
        nodes, nodes.children_right[node], (*path, (*split, True))
    )


def _as_condition(column: _Column, at: float, above: bool) -> Condition:
    if column.category is not None:
        return Condition(column.name, "is" if above else "is not", column.category)
    return Condition(column.name, "above" if above else "below", at)


def _rounded(condition: Condition, values: Array) -> Condition:
    """Return a condition with two significant digits, or three where two would move more than 1 % of the points."""
    if condition.test in ("is", "is not"):
        return condition
    met = _meets(condition, values)
    for digits in (2, 3):
        rounded = condition._replace(value=float(f"{condition.value:.{digits}g}"))
        if (_meets(rounded, values) != met).mean() <= 0.01:
            break
    return rounded


def _meets(condition: Condition, values: Array) -> Array:
    match condition.test:
        case "above":
            return values > condition.value
        case "below":
            return values <= condition.value
        case "is":
            return values == condition.value
        case "is not":
            return values != condition.value


def _counted(
    conditions: tuple[Condition, ...],
    inputs: Mapping[str, Array],
    outcome: Array,
    *,
    rng: np.random.Generator,
) -> Rule:
    """Return a rule with its numbers; ``inputs`` and ``outcome`` are of the half that did not find it."""
    inside = holds(conditions, inputs)
    n, base = int(inside.sum()), float(outcome.mean())
    if n == 0 or base == 0:
        return Rule(conditions, Share(math.nan, math.nan, math.nan, n), math.nan, math.nan, base, 1.0)
    having = float(outcome[inside].sum())
    p = 0.0
    for dropped in conditions:
        rest = [condition for condition in conditions if condition != dropped]
        wider = outcome[holds(rest, inputs)] if rest else outcome
        # Sums over random sets of n points, which are drawn without replacement, by the values of their outcomes.
        values, counts = np.unique(wider, return_counts=True)
        sums = rng.multivariate_hypergeometric(counts, n, size=_DRAWS, method="marginals") @ values
        p = max(p, (1 + int((sums >= having - 1e-9).sum())) / (1 + _DRAWS))
    density = having / n
    return Rule(
        conditions,
        Share(density, *wilson(density, n), n=n),
        coverage=having / float(outcome.sum()),
        lift=density / base,
        base=base,
        p=p,
    )


def _condition(condition: Condition, phrases: Mapping[str, Phrase]) -> str:
    name, test, value = condition
    phrase = phrases.get(name, Phrase(name.replace("_", " ")))
    if isinstance(value, str):
        return f"{phrase.name} {test} {value}"
    unit = f" {phrase.unit}" if phrase.unit else ""
    return f"{phrase.name} {test} {_plain(value)}{unit}"


def _plain(value: float) -> str:
    """Return a number of at most three significant digits without an exponent, unless that is shorter."""
    text = f"{value:.3g}"
    return f"{value:,.0f}" if "e+" in text and abs(value) < 1e7 else text


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.0f}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
