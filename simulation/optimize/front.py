"""The front of a search on fresh seeds: means, intervals, who is dominated, sentences, tables, and scenario files.

The front is chosen from many candidates, which makes the chosen ones look better than they are. On fresh seeds that
effect is gone; what remains is the choice among those few that were compared there.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from simulation.analysis.paired import interval
from simulation.metrics import METRICS
from simulation.optimize.running import Found, values_of
from simulation.optimize.space import Space
from simulation.results.derived import Outputs
from simulation.world import Array

Standing = Literal["front", "not told apart", "dominated"]
FRONT, CLOSE, DOMINATED = "front", "not told apart", "dominated"

FILES = "front"
"""Folder of the scenario files."""
WRITTEN = ("front.csv", "front.md", FILES, "figures")
"""What is written into the folder of the final comparison."""
BASELINE_FILE = "baseline.toml"
"""The file that they extend."""


@dataclass(frozen=True, slots=True)
class Front:
    """The final comparison of a search: P policies and candidates, R replications, two objectives."""

    found: Found
    names: tuple[str, ...]  # P, policies first
    titles: tuple[str, ...]  # P
    values: Array  # float64 (P, R, 2)
    baseline: Array  # float64 (R, 2)
    standing: tuple[Standing, ...]  # P
    unspent: Array  # float64 (P,), part of the planned present value that nobody can use

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the metrics."""
        return self.found.space.search.objectives

    @property
    def signs(self) -> Array:
        """float64 (2,): 1 where lower is better, otherwise -1."""
        return self.found.space.search.signs

    @property
    def is_policy(self) -> Array:
        """bool (P,): a policy of the study, not a candidate of the search."""
        return np.arange(len(self.names)) < len(self.found.policies)

    def on_front(self) -> list[int]:
        """Return the places of those on the front, the best in the first objective first."""
        first = self.signs[0] * self.values[:, :, 0].mean(axis=1)
        return [int(n) for n in np.argsort(first, kind="stable") if self.standing[n] == FRONT]

    @property
    def chosen_on(self) -> int:
        """The number of seeds on which a candidate is chosen: the first half; the others tell how good it is."""
        return self.values.shape[1] // 2

    def matched(self) -> dict[str, str | None]:
        """Return for each policy a candidate that is not inferior to it, or None.

        The candidate is the one that is most clearly within the margin on the first half of the seeds. It is not
        inferior if on the others the 95 % interval of the paired difference ends below the margin in both objectives.
        """
        margin = np.array([self.found.space.search.margin.get(metric, 0.0) for metric in self.objectives])
        candidates = np.flatnonzero(~self.is_policy)
        found: dict[str, str | None] = {}
        for p in np.flatnonzero(self.is_policy):
            worse = self.signs * (self.values[candidates] - self.values[p])
            first, rest = worse[:, : self.chosen_on], worse[:, self.chosen_on :]
            errors = first.std(axis=1, ddof=1) / math.sqrt(self.chosen_on)
            # A difference without chance is divided by next to nothing, which leaves its sign.
            excess = (first.mean(axis=1) - margin) / np.maximum(errors, 1e-12)
            best = int(np.argmin(np.where(np.isnan(excess), np.inf, excess).max(axis=1)))
            holds = all(high <= margin[m] for m, (_, high) in enumerate(_intervals(rest[best])))
            found[self.names[p]] = self.names[candidates[best]] if holds else None
        return found

    def table(self) -> pd.DataFrame:
        """Return one row for the baseline and each policy and candidate: means, intervals, standing, money."""
        rows = []
        everyone = [
            (self.found.space.baseline.name, self.found.space.baseline.title, self.baseline, "", 0.0),
            *zip(self.names, self.titles, self.values, self.standing, self.unspent, strict=True),
        ]
        for name, title, values, standing, unspent in everyone:
            row: dict[str, object] = {"name": name, "title": title, "standing": standing}
            for m, metric in enumerate(self.objectives):
                low, high = interval(values[:, m])
                row |= {metric: values[:, m].mean(), f"{metric}_low": low, f"{metric}_high": high}
            rows.append(row | {"unspent": unspent, "replications": len(values)})
        return pd.DataFrame(rows)

    def sentences(self) -> list[str]:
        """Return the verdict in words."""
        search = self.found.space.search
        front = self.on_front()
        own = [n for n in front if not self.is_policy[n]]
        count = {standing: self.standing.count(standing) for standing in (FRONT, CLOSE, DOMINATED)}
        refused = ""
        if self.found.refused:
            refused = f", and {self.found.refused:,} more refused, because they break a bound or the budget"
        told = [
            f"{self.found.tried:,} candidates were tried in {search.generations} generations{refused}; all cost the "
            f"same. The {len(self.names) - len(self.found.policies)} on the front of the last "
            f"generation and {len(self.found.policies)} policies were compared on {self.values.shape[1]} fresh seeds: "
            f"{count[FRONT]} are on the front, {count[CLOSE]} cannot be told apart from it, {count[DOMINATED]} are "
            "dominated, which means that another is better in both respects beyond chance (95 % intervals)."
        ]
        for m, metric in enumerate(self.objectives):
            told.append(self._best(m, metric))
        matched = self.matched()
        title_of = dict(zip(self.names, self.titles, strict=True))
        elsewhere = of_other_worlds(self.found)
        lacking = [
            title_of[name] for name, match in matched.items() if match is None and name not in elsewhere
        ]
        margin = " and ".join(
            f"{search.margin.get(metric, 0.0):g}{unit_of(metric)} in {words_of(metric)}"
            for metric in self.objectives
        )
        if matched:
            told.append(
                f"Within {margin}, a candidate of the search is no worse than each of the "
                f"{len(matched) - len(elsewhere)} policies of the same world (chosen on the first {self.chosen_on} "
                "seeds, tested on the others)."
                if not lacking
                else f"Within {margin}, no candidate of the search is as good as {', '.join(lacking)}."
            )
        for name, keys in elsewhere.items():
            told.append(
                f"{title_of[name]} has another world than the candidates ({', '.join(keys)}), which no money pays for; "
                "it is not compared on equal terms."
            )
        kept = [self.titles[n] for n in front if self.is_policy[n]]
        told.append(
            f"Of the policies of the study, {', '.join(kept)} {'is' if len(kept) == 1 else 'are'} on the front."
            if kept
            else "None of the policies of the study is on the front."
        )
        idle = [n for n in own if self.unspent[n] > 0.01]
        if idle:
            most = max(idle, key=lambda n: self.unspent[n])
            told.append(
                f"{len(idle)} of the candidates on the front {'plans' if len(idle) == 1 else 'plan'} money that "
                f"nobody can use, at most {100 * self.unspent[most]:.0f} % ({self.names[most]})."
            )
        return told

    def _best(self, m: int, metric: str) -> str:
        """Return who is best in one objective: chosen on the first half of the seeds, judged on the others."""
        first, rest = self.values[:, : self.chosen_on, m], self.values[:, self.chosen_on :, m]
        means = self.signs[m] * first.mean(axis=1)
        elsewhere = of_other_worlds(self.found)
        policies = [n for n in np.flatnonzero(self.is_policy) if self.names[n] not in elsewhere]
        own = np.flatnonzero(~self.is_policy)
        best = int(own[np.argmin(means[own])])
        unit = unit_of(metric)
        text = (
            f"Best in {words_of(metric)} on the first {self.chosen_on} seeds: {self.names[best]} "
            f"({self.titles[best]}); on the others it has {_with_ends(rest[best])}{unit}"
        )
        if not policies:
            return f"{text}."
        rival = int(policies[int(np.argmin(means[policies]))])
        gained = -self.signs[m] * (rest[best] - rest[rival])
        word = "better" if gained.mean() >= 0 else "worse"
        gained = gained if word == "better" else -gained
        return (
            f"{text}, and the best policy of the same world, {self.titles[rival]}, {_with_ends(rest[rival])}{unit}. "
            f"The candidate is {word} by {_with_ends(gained, digits=3)}{unit}."
        )


def front_of(found: Found) -> Front:
    """Return the front of a search from its final comparison."""
    metrics = found.space.search.objectives
    names = found.results.scenarios
    replications = found.space.search.final_replications
    values = values_of(found.results, metrics, replications=replications)
    money = values_of(found.results, ("planned_pv", "spent_pv"), replications=replications)[:, 0]
    assert names[0] == found.space.baseline.name, "the baseline comes first"
    space = found.space
    titles = {spec.name: spec.title for spec in found.policies}
    titles |= {name: space.words(space.values(genes)) for name, genes in found.candidates.items()}
    twins = twins_of(names, values, among=found.candidates)
    chosen = [n for n in range(1, len(names)) if names[n] not in twins]
    return Front(
        found=found,
        names=tuple(names[n] for n in chosen),
        titles=tuple(titles[names[n]] for n in chosen),
        values=values[chosen],
        baseline=values[0],
        standing=standings(found.space.search.signs * values[chosen]),
        unspent=np.maximum(1 - money[chosen, 1] / money[chosen, 0], 0.0),
    )


def of_other_worlds(found: Found) -> dict[str, list[str]]:
    """Return the policies whose scenario differs from the baseline in more than policies, with the keys."""
    own = {"name", "title", "summary", "group", "description", "platforms", "policies"}
    base = found.space.baseline.model_dump(exclude=own)
    differing = {
        spec.name: [key for key, value in spec.model_dump(exclude=own).items() if value != base[key]]
        for spec in found.policies
    }
    return {name: keys for name, keys in differing.items() if keys}


def twins_of(names: Sequence[str], values: Array, *, among: Container[str]) -> set[str]:
    """Return the candidates that do the same as an earlier one: they differ in the plan of money nobody can use."""
    seen: set[bytes] = set()
    twins = set()
    for name, mine in zip(names, values, strict=True):
        if name in among:
            if mine.tobytes() in seen:
                twins.add(name)
            seen.add(mine.tobytes())
    return twins


def standings(values: Array) -> tuple[Standing, ...]:
    """Return how each of P rivals stands; float64 (P, R, objectives), lower is better, paired by replication.

    On the front is who is not dominated in the means. Of the others, dominated is who is worse than another in every
    objective with 95 % intervals of the paired differences that exclude 0; the rest cannot be told apart. A rival
    without a value in some replication is dominated.
    """
    means = values.mean(axis=1)
    found: list[Standing] = []
    for p in range(len(values)):
        if np.isnan(means[p]).any():
            found.append("dominated")
            continue
        at_least = (means <= means[p]).all(axis=1) & (means < means[p]).any(axis=1)
        if not at_least.any():
            found.append("front")
            continue
        surely = any(
            all(low > 0 for low, _ in _intervals(values[p] - values[q])) for q in np.flatnonzero(at_least)
        )
        found.append("dominated" if surely else "not told apart")
    return tuple(found)


def write_front(front: Front, outputs: Outputs) -> None:
    """Write ``front.csv``, ``front.md``, and the front as scenario files in the folder ``front``."""
    space = front.found.space
    told = [f"# {space.search.title or 'The best use of the budget'}", ""]
    told += [line + "\n" for line in front.sentences()]
    chosen = {
        front.names[n]: front.found.candidates[front.names[n]]
        for n in front.on_front()
        if not front.is_policy[n]
    }
    told += [f"- {name}: {space.details(space.values(genes))}" for name, genes in chosen.items()]
    outputs.write(
        {"front.csv": csv_of(front.table()), "front.md": ("\n".join(told) + "\n").encode()}
        | scenario_files(space, chosen, folder=FILES)
    )


def csv_of(table: pd.DataFrame) -> bytes:
    """Return a table as the content of a CSV file."""
    return table.to_csv(index=False, lineterminator="\n", float_format="%.10g").encode()


def scenario_files(space: Space, candidates: Mapping[str, Array], *, folder: str) -> dict[str, bytes]:
    """Return candidates as scenario files in a folder, with the baseline that they extend, by path."""
    files = {f"{folder}/{BASELINE_FILE}": space.baseline.to_toml().encode()}
    for name, genes in candidates.items():
        values = space.values(genes)
        files[f"{folder}/{name}.toml"] = space.text(
            genes,
            name=name,
            title=space.words(values),
            description=space.details(values),
            extends=BASELINE_FILE,
        ).encode()
    return files


def _with_ends(values: Array, *, digits: int = 4) -> str:
    low, high = interval(values)
    return f"{values.mean():.{digits}g} [{low:.{digits}g}, {high:.{digits}g}]"


def _intervals(differences: Array) -> list[tuple[float, float]]:
    """Return the 95 % interval of each column's mean; float64 (R, objectives)."""
    return [interval(column) for column in differences.T]


WORDS = {"restricted_time_years": "speed", "synchronization": "synchronization", "phi": "synchronization"}
"""What people call the metrics of the main question."""


def words_of(metric: str) -> str:
    """Return what people call a metric."""
    return WORDS.get(metric, metric)


def unit_of(metric: str) -> str:
    unit = METRICS[metric].unit
    return f" {unit}" if unit in ("years", "nats", "regions") else ""
