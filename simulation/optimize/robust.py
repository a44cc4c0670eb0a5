"""What uncertain worlds say of candidates and policies: expected value, worst tenth, regret, and the front by world.

In a world that cannot pay for a plan nothing is done, so that its values there are those without policy. How many
worlds that are stands beside each. A policy is compared with the best that ran in all worlds, not with the best
possible one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from simulation.analysis.paired import interval
from simulation.explore.resampling import wilson
from simulation.optimize.front import (
    FRONT,
    csv_of,
    of_other_worlds,
    scenario_files,
    standings,
    twins_of,
    unit_of,
    words_of,
)
from simulation.optimize.halving import layers
from simulation.optimize.uncertain import InWorlds, values_in
from simulation.results.derived import Outputs
from simulation.world import Array

WORST = 0.1
"""Part of the worlds that the worst tenth has, rounded up to whole worlds."""
FILES = "finalists"
"""Folder of the scenario files."""
WRITTEN = ("robust.csv", "robust.md", FILES, "figures")
"""What is written into the folder of the comparison."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Robust:
    """The comparison in W worlds with R replications each, of P policies and candidates, by two objectives."""

    tested: InWorlds
    names: tuple[str, ...]  # P, policies first
    titles: tuple[str, ...]  # P
    values: Array  # float64 (P, W, 2), means over replications
    baseline: Array  # float64 (W, 2)
    paid: Array  # bool (P, W), whether the world can pay for the plan

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the objectives."""
        return self.tested.found.space.search.objectives

    @property
    def signs(self) -> Array:
        """float64 (2,): 1 where lower is better, otherwise -1."""
        return self.tested.found.space.search.signs

    @property
    def is_policy(self) -> Array:
        """bool (P,): a policy of the study, not a candidate of the search."""
        return np.arange(len(self.names)) < len(self.tested.found.policies)

    @cached_property
    def elsewhere(self) -> dict[str, list[str]]:
        """Policies that have something that no money pays for, with the keys; nobody is compared with them."""
        return of_other_worlds(self.tested.found)

    @cached_property
    def equal(self) -> Array:
        """int64: the places of all that are compared on equal terms."""
        return np.array([n for n, name in enumerate(self.names) if name not in self.elsewhere])

    @cached_property
    def regret(self) -> Array:
        """float64 (P, W, 2): how much worse than the best of the world, in the unit of the objective."""
        costs = self.signs * self.values
        found: Array = costs - np.nanmin(costs[self.equal], axis=0)
        return found

    @cached_property
    def worst(self) -> Array:
        """float64 (P, 2): mean over the worst tenth of the worlds, of each by itself."""
        return self.worst_of(self.values)

    def worst_of(self, values: Array) -> Array:
        """Return the mean over the worst tenth of the worlds, float64 (..., 2), of values (..., W, 2)."""
        number = math.ceil(WORST * values.shape[-2])
        ordered = np.sort(self.signs * values, axis=-2)
        found: Array = self.signs * ordered[..., -number:, :].mean(axis=-2)
        return found

    @cached_property
    def on_front(self) -> Array:
        """bool (P, W): no other on equal terms beats it in this world, by the means over replications."""
        found = np.zeros(self.values.shape[:2], dtype=bool)
        for w in range(found.shape[1]):
            found[self.equal, w] = layers((self.signs * self.values[:, w])[self.equal]) == 0
        return found

    @cached_property
    def standing(self) -> tuple[str, ...]:
        """How each stands by its means over the worlds; "" if it is not compared on equal terms."""
        found = dict(zip(self.equal, standings((self.signs * self.values)[self.equal]), strict=True))
        return tuple(str(found.get(n, "")) for n in range(len(self.names)))

    @property
    def chosen_in(self) -> int:
        """The number of worlds in which candidates were chosen: the first ones; the others tell how good they are."""
        rungs = self.tested.rungs
        return rungs[-2].worlds if len(rungs) > 1 else rungs[-1].worlds // 2

    def shown(self) -> list[int]:
        """Return the places of all policies, and of the candidates on the front of means or most often on a front."""
        often = self.on_front.sum(axis=1)
        own = [n for n in range(len(self.names)) if not self.is_policy[n]]
        best = max((often[n] for n in own), default=0)
        kept = [n for n in own if self.standing[n] == FRONT or often[n] == best]
        policies = [n for n in range(len(self.names)) if self.is_policy[n]]
        means = self.signs[0] * self.values[:, :, 0].mean(axis=1)
        return sorted([*policies, *kept], key=lambda n: (np.isnan(means[n]), means[n]))

    def table(self) -> pd.DataFrame:
        """Return one row for the baseline and for each policy and candidate."""
        worlds = self.values.shape[1]
        base = self.tested.found.space.baseline
        rows: list[dict[str, object]] = [{"name": base.name, "title": base.title, "kind": "baseline"}]
        rows[0] |= self._measures(self.baseline, self.worst_of(self.baseline))
        for n, name in enumerate(self.names):
            often = int(self.on_front[n].sum())
            low, high = wilson(often / worlds, worlds)
            row: dict[str, object] = {
                "name": name,
                "title": self.titles[n],
                "kind": "policy" if self.is_policy[n] else "candidate",
                "standing": self.standing[n],
                "worlds_that_cannot_pay": int((~self.paid[n]).sum()),
                **self._measures(self.values[n], self.worst[n]),
            }
            for m, metric in enumerate(self.metrics):
                ends = interval(self.regret[n, :, m])
                row |= {
                    f"regret_{metric}": self.regret[n, :, m].mean(),
                    f"regret_{metric}_low": ends[0],
                    f"regret_{metric}_high": ends[1],
                    f"largest_regret_{metric}": self.regret[n, :, m].max(),
                }
            if name not in self.elsewhere:
                row |= {"on_front": often, "on_front_share": often / worlds}
                row |= {"on_front_share_low": low, "on_front_share_high": high}
            rows.append(row)
        return pd.DataFrame(rows).assign(worlds=worlds)

    def _measures(self, values: Array, worst: Array) -> dict[str, object]:
        row: dict[str, object] = {}
        for m, metric in enumerate(self.metrics):
            low, high = interval(values[:, m])
            row |= {metric: values[:, m].mean(), f"{metric}_low": low, f"{metric}_high": high}
            row |= {f"worst_{metric}": worst[m]}
        return row

    def sentences(self) -> list[str]:
        """Return what was tried and what it says, in words."""
        return [
            self._tried(),
            *(self._best(m) for m in range(len(self.metrics))),
            self._often(),
            *self._unpaid(),
            *(
                f"{self._title(name)} has another world than the candidates ({', '.join(keys)}), which no money pays "
                "for; it is not compared on equal terms."
                for name, keys in self.elsewhere.items()
            ),
        ]

    def _tried(self) -> str:
        tested = self.tested
        robust = tested.found.space.search.robust
        worlds = self.values.shape[1]
        patterns = (
            f"{tested.drawn:,} worlds were drawn to find {worlds} that show the patterns without policy"
            if robust.patterns != "none"
            else f"{tested.drawn:,} worlds were drawn, and the first {worlds} taken that have values without policy"
        )
        sizes = [f"{len(rung.candidates)} in {rung.worlds}" for rung in tested.rungs]
        return (
            f"{len(tested.pool)} candidates were tried ({', '.join(sizes)} worlds), and "
            f"{len(tested.found.policies)} policies in all {worlds}, with {robust.replications} "
            f"{'seed' if robust.replications == 1 else 'seeds'} a world; "
            f"{patterns}."
        )

    def _best(self, m: int) -> str:
        """Return who is best in one objective: chosen in the first worlds, judged in the others."""
        metric = self.metrics[m]
        first, rest = self.signs[m] * self.values[:, : self.chosen_in, m], self.values[:, self.chosen_in :, m]
        defined = [n for n in self.equal if not np.isnan(self.values[n, :, m]).any()]
        candidates = [n for n in defined if not self.is_policy[n]]
        policies = [n for n in defined if self.is_policy[n]]
        if not candidates:
            return f"No candidate has a {words_of(metric)} in every world."
        best = min(candidates, key=lambda n: float(first[n].mean()))
        unit = unit_of(metric)
        text = (
            f"Best expected {words_of(metric)} in the first {self.chosen_in} worlds: {self.names[best]} "
            f"({self.titles[best]}). In the {rest.shape[1]} others it has {_with_ends(rest[best])}{unit}"
        )
        if not policies:
            return f"{text}."
        rival = min(policies, key=lambda n: float(first[n].mean()))
        gained = -self.signs[m] * (rest[best] - rest[rival])
        ahead = int((gained > 0).sum())
        word = "worse" if gained.mean() < 0 else "better"
        return (
            f"{text}, the best policy {self.titles[rival]} {_with_ends(rest[rival])}{unit}: {word} by "
            f"{_with_ends(-gained if word == 'worse' else gained)}{unit}, and ahead in {ahead} of {gained.size} worlds."
        )

    def _often(self) -> str:
        """Return who is on the front in most worlds."""
        worlds = self.values.shape[1]
        often = self.on_front.sum(axis=1)

        def named(n: int) -> str:
            low, high = wilson(often[n] / worlds, worlds)
            return f"{self._shown_as(n)} in {often[n]} (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"

        first = sorted(self.equal, key=lambda n: -often[n])
        kept = [n for n in first if 2 * often[n] > worlds]
        policies = [n for n in first if self.is_policy[n]]
        told = (
            f"On the front of most of the {worlds} worlds "
            f"{'is' if len(kept) == 1 else 'are'} {', '.join(named(n) for n in kept)}."
            if kept
            else f"Nobody is on the front of most of the {worlds} worlds; most often {named(first[0])}."
        )
        others = [n for n in policies if n not in kept][:MOST_NAMED]
        if not others:
            return told
        who = "the other policies" if any(self.is_policy[n] for n in kept) else "the policies"
        return f"{told} Of {who}, most often {', '.join(named(n) for n in others)}."

    def _unpaid(self) -> list[str]:
        lacking = (~self.paid).sum(axis=1)
        if not lacking.any():
            return ["Every world can pay for every plan."]
        policies = [n for n in np.argsort(-lacking, kind="stable") if lacking[n] and self.is_policy[n]]
        told = [f"{self.titles[n]} in {lacking[n]}" for n in policies]
        own = lacking[~self.is_policy]
        if own.any():
            ends = f"{own.min()} to {own.max()}" if own.min() < own.max() else f"{own.max()}"
            told.append(f"candidates of the last rung in {ends}")
        else:
            told.append("no candidate of the last rung")
        return [
            f"Of the {self.values.shape[1]} worlds, some cannot pay for a plan, so that nothing is done instead: "
            f"{', '.join(told)}."
        ]

    def _shown_as(self, n: int) -> str:
        return self.titles[n] if self.is_policy[n] else self.names[n]

    def _title(self, name: str) -> str:
        return self.titles[self.names.index(name)]


def robust_of(tested: InWorlds) -> Robust:
    """Return what uncertain worlds say of those that ran in all of them."""
    space = tested.found.space
    names = [space.baseline.name, *tested.rivals]
    values, paid = values_in(tested.results, names, tested.points, space=space)
    titles = {spec.name: spec.title for spec in tested.found.policies}
    titles |= {name: space.words(space.values(genes)) for name, genes in tested.pool.items()}
    twins = twins_of(names, values, among=tested.pool)
    chosen = [n for n in range(1, len(names)) if names[n] not in twins]
    means = values.mean(axis=2)
    return Robust(
        tested=tested,
        names=tuple(names[n] for n in chosen),
        titles=tuple(titles[names[n]] for n in chosen),
        values=means[chosen],
        baseline=means[0],
        paid=paid[chosen],
    )


def write_robust(robust: Robust, outputs: Outputs) -> None:
    """Write ``robust.csv``, ``robust.md``, and the candidates of the last rung as scenario files."""
    space = robust.tested.found.space
    finalists = {name: robust.tested.pool[name] for name in robust.names if name in robust.tested.pool}
    told = [f"# {space.search.title or 'The best use of the budget'}: in uncertain worlds", ""]
    told += [line + "\n" for line in robust.sentences()]
    told += [
        f"- {robust.names[n]}: {space.details(space.values(finalists[robust.names[n]]))}"
        for n in robust.shown()
        if not robust.is_policy[n]
    ]
    outputs.write(
        {"robust.csv": csv_of(robust.table()), "robust.md": ("\n".join(told) + "\n").encode()}
        | scenario_files(space, finalists, folder=FILES)
    )


def _with_ends(values: Array) -> str:
    low, high = interval(values)
    return f"{values.mean():.3g} [{low:.3g}, {high:.3g}]"
