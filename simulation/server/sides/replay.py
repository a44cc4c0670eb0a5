"""A side that is replayed from a results folder, limited to the data stored there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np
import pandas as pd
from annotated_types import Ge, Le
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from simulation.channels import Channel
from simulation.data.reader import load_dataset
from simulation.errors import HyperclusterError, ResultsError
from simulation.figures.drawing.inputs import short_name_of
from simulation.record import Record
from simulation.results.reader import Results
from simulation.results.tables import TABLES, Counts
from simulation.scenario.messages import expected
from simulation.server.processes.worker import MOST_BYTES, MOST_MONTHS, MOST_POLICIES, TooLargeError
from simulation.server.sides.description import country, described_map, policy_entry, style_of
from simulation.server.sides.running_metrics import RunningMetrics
from simulation.server.sides.side import History, Side
from simulation.world import Array


class ReplaySide(Side):
    """One replication of a study.

    Attribution by month, joint membership of several platforms, and data of single enterprises are not stored.

    Parameters
    ----------
    folder : results folder.
    scenario, seed : the replication.

    Raises
    ------
    ResultsError
        If it is missing or damaged, or the study does not keep all tables.
    """

    def __init__(self, folder: Path, scenario: str, seed: int) -> None:
        results = Results(folder)
        results.require(*TABLES)
        runs = results.runs(["scenario", "replication", "seed", "planned_pv", "spent_pv"])
        rows = runs[(runs["scenario"] == scenario) & (runs["seed"] == seed)]
        if rows.empty:
            raise ResultsError(f"{folder.name}: no replication of {scenario!r} with seed {seed} is here")
        row = rows.iloc[0]
        replication = int(row["replication"])
        self._seed = seed
        self._entry = next(entry for entry in results.manifest["scenarios"] if entry["name"] == scenario)
        _refuse_large(self._entry)
        self._spec = _spec_of(self._entry["text"], where=f"{folder.name}/manifest.json")
        self._environmental = [
            row["name"] for row in self._entry["technologies"] if row.get("environmental") is True
        ]
        self._counts = counts = results.counts(scenario, replication)
        self._planned_pv, self._spent_pv = float(row["planned_pv"]), float(row["spent_pv"])
        self._ledger = results.ledger(scenario=scenario, replication=replication)
        members = results.memberships(scenario=scenario, replication=replication)
        self._platforms = tuple(sorted(platform["name"] for platform in self._spec["platforms"]))
        may_join, by_month = self._memberships(members)
        months = len(counts.adopters)
        eligible = _eligible(counts)
        changing = len(eligible) > 1 or bool((may_join != may_join[0]).any())
        eligible = np.broadcast_to(eligible, (months if changing else 1, *eligible.shape[1:]))
        so_far = RunningMetrics(counts.adopters, eligible, counts.release_month, dt=1 / counts.steps_per_year)
        so_far.note(months - 1)
        self.size = 2 * counts.adopters.nbytes
        self.history = History(
            month=months - 1,
            adopters=counts.adopters,
            members=by_month,
            members_anywhere=_members_anywhere(by_month),
            attribution=np.full((months, len(counts.technologies), len(Channel)), np.nan),
            eligible=eligible,
            may_join=may_join if changing else may_join[:1],
            # Those that are eligible for some technology; others were not counted.
            enterprises=eligible.max(axis=3, initial=0).sum(axis=2),
            metrics=so_far,
        )

    def _memberships(self, table: pd.DataFrame) -> tuple[Array, Array]:
        """Return may join, int64, and members, int32, both (T + 1, H, R)."""
        regions = self._counts.regions
        shape = (len(self._counts.adopters), len(self._platforms), len(regions))
        may_join, members = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int32)
        h = pd.Index(self._platforms).get_indexer(pd.Index(table["platform"].astype(str)))
        r = pd.Index(regions).get_indexer(pd.Index(table["region"].astype(str)))
        month = table["month"].to_numpy()
        if (
            min(h.min(initial=0), r.min(initial=0), month.min(initial=0)) < 0
            or month.max(initial=0) >= shape[0]
        ):
            raise ResultsError("memberships.parquet has rows of what manifest.json does not list")
        may_join[month, h, r] = table["may_join"]
        members[month, h, r] = table["members"]
        return may_join, members

    def advance(self, month: int, *, until: float) -> None:
        """Do nothing: all months are stored."""

    def record(self) -> Record:
        counts, history = self._counts, self.history
        technologies = len(counts.technologies)
        return Record(
            scenario=counts.scenario,
            seed=self._seed,
            steps_per_year=counts.steps_per_year,
            regions=counts.regions,
            macroregions=counts.macroregions,
            macroregion_of=counts.macroregion_of,
            industries=counts.industries,
            technologies=counts.technologies,
            directions=counts.directions,
            environmental=np.isin(counts.technologies, self._environmental),
            platforms=self._platforms,
            release_month=counts.release_month,
            eligible=history.eligible,
            adopters=history.adopters,
            may_join=history.may_join,
            members=history.members,
            members_anywhere=history.members_anywhere,
            enterprises=history.enterprises.sum(axis=1),
            mastered=np.zeros((len(counts.adopters), technologies), dtype=np.int32),
            attribution=np.full((len(counts.regions), technologies, len(Channel)), np.nan),
            ledger=self._ledger,
            planned_pv=self._planned_pv,
            spent_pv=self._spent_pv,
            technologies_left_out=0,
        )

    def inspect(self, kind: str, row: int, month: int, *, until: float) -> dict[str, Any] | None:
        raise HyperclusterError(
            "results folders hold counts by region; open the scenario itself to look at an enterprise or institution"
        )

    def identity(self) -> dict[str, Any]:
        entry = self._entry
        return {
            "live": False,
            "name": entry["name"],
            "title": entry["title"],
            "digest": entry["digest"],
            "seed": self._seed,
        }

    def world(self) -> dict[str, Any]:
        entry, counts, history = self._entry, self._counts, self.history
        steps, horizon = counts.steps_per_year, len(counts.adopters) - 1
        return {
            **self.identity(),
            "description": entry["description"],
            "assumptions": _texts(entry.get("assumptions")),
            "style": style_of(entry["name"]),
            "months": horizon,
            "steps_per_year": steps,
            **country(
                self._region_entries(),
                longitude=self._degrees("longitude"),
                latitude=self._degrees("latitude"),
                dataset=self._spec["world"]["dataset"],
                order=[region.get("order") for region in self._entry["regions"]],
            ),
            "industries": counts.industries,
            "enterprises": int(history.enterprises[0].sum()),
            "technologies": self._technologies(),
            "platforms": [
                {
                    "name": platform["name"],
                    "from_month": min(round(platform.get("from_year", 0) * steps), horizon),
                    "to_month": min(round(platform.get("to_year", horizon) * steps), horizon),
                }
                for platform in sorted(self._spec["platforms"], key=lambda platform: platform["name"])
            ],
            "eligible": history.eligible[0].sum(axis=1).tolist(),
            "may_join": history.may_join[0].tolist(),
            "policies": self._policies(steps, horizon),
            "planned_pv": self._planned_pv,
            "spent_pv": self._spent_pv,
            "budget_pv": None,
            "discount": None,
        }

    def map(self) -> dict[str, Any]:
        return described_map(
            self._counts.regions,
            longitude=self._degrees("longitude"),
            latitude=self._degrees("latitude"),
            dataset=self._spec["world"]["dataset"],
        )

    def _degrees(self, name: str) -> Array:
        return np.array([region[name] for region in self._entry["regions"]], dtype=float)

    def _region_entries(self) -> list[dict[str, Any]]:
        enterprises = self.history.enterprises[0]
        return [
            {
                "id": region["id"],
                "name": region["name"],
                "short": short_name_of(region),
                "macroregion": region["macroregion"],
                "enterprises": int(enterprises[r]),
                "readiness": None,
            }
            for r, region in enumerate(self._entry["regions"])
        ]

    def _technologies(self) -> list[dict[str, Any]]:
        counts = self._counts
        family_of = _families(self._spec["world"]["dataset"])
        diffusion = self._spec["diffusion"]
        return [
            {
                "name": name,
                "direction": counts.directions[k],
                "family": family_of.get(name),
                "complexity": diffusion.get(f"complexity_{family_of.get(name)}"),
                "release_month": int(counts.release_month[k]),
            }
            for k, name in enumerate(counts.technologies)
        ]

    def _policies(self, steps: int, horizon: int) -> list[dict[str, Any]]:
        months = np.arange(horizon + 1) / steps
        found = []
        for place, policy in enumerate(self._spec["policies"]):
            rows = self._ledger[self._ledger["policy"] == f"policies[{place}]"]
            by_year = rows.groupby("year")[["planned", "spent"]].sum()
            planned, spent = (
                np.interp(months, *_sums(by_year[name], months[-1])) for name in ("planned", "spent")
            )
            ends = policy.get("to_year", horizon)
            span = (round(policy.get("from_year", 0) * steps), round(ends * steps))
            found.append(
                policy_entry(
                    place,
                    policy["instrument"],
                    (min(span[0], horizon), min(span[1], horizon)),
                    planned=planned,
                    spent=spent,
                )
            )
        return found


class _Phase(TypedDict):
    from_year: NotRequired[Annotated[float, Ge(0), Le(1e6)]]
    to_year: NotRequired[Annotated[float, Ge(0), Le(1e6)]]


class _Platform(_Phase):
    name: str


class _Policy(_Phase):
    instrument: str


class _World(TypedDict):
    dataset: str


class _Spec(TypedDict):
    """The displayed parts of the text of a scenario, which do not need its dataset."""

    __pydantic_config__ = ConfigDict(allow_inf_nan=False)  # type: ignore[misc]

    world: _World
    diffusion: dict[str, Any]
    platforms: Annotated[list[_Platform], Field(default_factory=list, max_length=64)]
    policies: Annotated[list[_Policy], Field(default_factory=list, max_length=MOST_POLICIES)]


_SPEC: TypeAdapter[_Spec] = TypeAdapter(_Spec)


def _spec_of(text: str, *, where: str) -> _Spec:
    try:
        found = _SPEC.validate_python(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ResultsError(f"{where}: in the text of the scenario, {key}: {expected(first)}") from None
    names = [platform["name"] for platform in found["platforms"]]
    if len(set(names)) < len(names):
        raise ResultsError(f"{where}: in the text of the scenario two platforms have one name")
    return found


def _refuse_large(entry: Mapping[str, Any]) -> None:
    cells = len(entry["regions"]) * len(entry["industries"]) * len(entry["technologies"])
    size = 2 * 4 * (entry["months"] + 1) * cells
    if size > MOST_BYTES or entry["months"] > MOST_MONTHS:
        raise TooLargeError(
            f"too large for the page: a replication of {entry['months']:,} months that takes up to {size / 1e6:,.0f} "
            f"MB; the page takes up to {MOST_MONTHS:,} months and {MOST_BYTES / 1e6:,.0f} MB"
        )


def _texts(found: Any) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _sums(by_year: pd.Series, horizon: float) -> tuple[Array, Array]:
    """Years, and the money up to each; the last year may be shorter than the others."""
    ends = np.arange(1, int(np.ceil(horizon)) + 1)
    sums = by_year.reindex(ends - 1, fill_value=0.0).cumsum().to_numpy()
    return np.concatenate([[0.0], np.minimum(ends, horizon)]), np.concatenate([[0.0], sums])


def _eligible(counts: Counts) -> Array:
    """Return the eligible, (E, R, S, K), also of technologies before their release: as many as for released ones.

    Stored data of a technology begin at its release. Of an industry without a released technology the first one counts,
    so enterprises that left before its release are unknown.
    """
    if len(counts.eligible) == 1:
        return counts.eligible
    months = np.arange(len(counts.eligible))[:, None]
    there = np.where(months >= counts.release_month, 1, 0)[:, None, None]
    enterprises = (counts.eligible * there).max(axis=3)  # (E, R, S)
    _, direction_of = np.unique(counts.directions, return_inverse=True)
    found = (counts.eligible > 0).any(axis=(0, 1)).T  # (K, S)
    # All technologies of a direction are relevant to the same industries.
    relevant = np.array([found[direction_of == d].any(axis=0) for d in direction_of]).T  # (S, K)
    first = np.where(relevant, counts.release_month, len(months) - 1).min(axis=1)
    known = np.take_along_axis(enterprises, np.maximum(months, first)[:, None], axis=0)
    eligible: Array = known[..., None] * relevant
    return eligible


def _members_anywhere(members: Array) -> Array:
    """Enterprises on at least one platform; -1 if there are several platforms, which may share members."""
    if members.shape[1] > 1:
        return np.full(len(members), -1, dtype=np.int32)
    return members.sum(axis=(1, 2), dtype=np.int32)


def _families(dataset: str) -> dict[str, str]:
    try:
        return {row.technology: row.family for row in load_dataset(dataset).technologies}
    except HyperclusterError:
        return {}  # moved since
