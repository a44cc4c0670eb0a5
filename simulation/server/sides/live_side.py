"""A side that is simulated live."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from simulation.channels import Channel
from simulation.data.reader import RegionRow
from simulation.engine.month import Engine
from simulation.errors import HyperclusterError
from simulation.record import Record
from simulation.scenario.schema import Scenario
from simulation.server.sides.description import country, described_map, policy_entry, style_of
from simulation.server.sides.inspection import INSPECTED
from simulation.server.sides.running_metrics import RunningMetrics
from simulation.server.sides.side import History, Side
from simulation.world import Array, World


class LiveSide(Side):
    """One replication of one scenario, simulated month by month on request."""

    def __init__(self, spec: Scenario, seed: int) -> None:
        self._engine = Engine(spec, seed)
        self._look_back: Engine | None = None
        self._attributed = 0  # the last month whose adoptions are in the history
        self._longest, self._month_seconds = 1, math.inf  # months of the longest call, duration of a month
        self.size = needed_bytes(spec)
        world = self._engine.world
        r, s, k, h, _ = world.shape
        rows = world.months + 1 if world.enterprises_change else 1
        eligible = np.zeros((rows, r, s, k), dtype=np.int64)
        recorder = self._engine.recorder
        self.history = History(
            month=0,
            adopters=recorder.adopters,
            members=recorder.counts.members,
            members_anywhere=recorder.counts.members_anywhere,
            attribution=np.zeros((world.months + 1, k, len(Channel))),
            eligible=eligible,
            may_join=np.zeros((rows, h, r), dtype=np.int64),
            enterprises=np.zeros((rows, r), dtype=np.int64),
            metrics=RunningMetrics(
                recorder.adopters, eligible, world.technologies.release_month, dt=self._engine.dt
            ),
        )
        self._note_enterprises()

    def advance(self, month: int, *, until: float) -> None:
        engine, history = self._engine, self.history
        now = time.perf_counter()
        while engine.state.month < month and not engine.finished:
            before, began = engine.state.month, now
            engine.run_for(min(self._months_until(until - now), month - before))
            if len(history.eligible) > 1:
                self._note_attribution()
                self._note_enterprises()
            done, now = engine.state.month - before, time.perf_counter()
            self._longest, self._month_seconds = max(self._longest, done), (now - began) / done
            if now > until:
                break
        history.month = engine.state.month

    def _months_until(self, seconds: float) -> int:
        """Return how many months to simulate in one call: many calls for a month each take three times as long.

        As many as fit, going by the last ones, but only twice as many as ever before: months take longer and longer.
        """
        if len(self.history.eligible) > 1 or seconds <= 0:  # enterprises are noted month by month
            return 1
        return max(1, int(min(2 * self._longest, seconds / self._month_seconds)))

    def _note_enterprises(self) -> None:
        """Record the enterprises present in the month."""
        world, month, history = self._engine.world, self._engine.state.month, self.history
        history.eligible[month] = world.eligible
        history.may_join[month] = (world.platforms.may_join * world.enterprises.counts).sum(axis=2)
        history.enterprises[month] = world.enterprises.counts.sum(axis=1)

    def note(self) -> None:
        self._note_attribution()
        super().note()

    def _note_attribution(self) -> None:
        """Add the attribution of the adoptions of months that were not noted yet to the channels."""
        state, pairs, attribution = self._engine.state, self._engine.world.pairs, self.history.attribution
        before, self._attributed = self._attributed, state.month
        new = np.flatnonzero(state.adopted_month > before)
        months = slice(before + 1, state.month + 1)
        shape = attribution[months].shape[:2]
        technology = np.searchsorted(pairs.start, new, side="right") - 1
        cell = (state.adopted_month[new] - before - 1) * shape[1] + technology
        for channel, owed in enumerate(state.attribution[new].T):
            added = np.bincount(cell, weights=owed, minlength=shape[0] * shape[1])
            attribution[months, :, channel] = added.reshape(shape)
        attribution[before : state.month + 1].cumsum(axis=0, out=attribution[before : state.month + 1])

    def record(self) -> Record:
        return self._engine.record()

    def inspect(self, kind: str, row: int, month: int, *, until: float) -> dict[str, Any] | None:
        world = self._engine.world
        rows = {
            "region": len(world.regions.ids),
            "enterprise": len(world.enterprises.region_of),
            "institution": len(world.institutions.names),
        }[kind]
        if row >= rows:
            raise HyperclusterError(f"there is no {kind} {row}; there are {rows}, counted from 0")
        if month > world.months:
            raise HyperclusterError(f"there is no month {month}; the horizon is {world.months}")
        engine = self._engine_at(month, until)
        return None if engine is None else INSPECTED[kind](engine, row)

    def _engine_at(self, month: int, until: float) -> Engine | None:
        """Return an engine at exactly this month: the present one, or another simulated again from the start."""
        if self._engine.state.month == month:
            # Inspection may change the temporary state of the month, never its outcome: see Engine.hazard_of.
            return self._engine
        if self._look_back is None or self._look_back.state.month > month:
            self._look_back = Engine(self._engine.spec, self._engine.world.seed)
        engine = self._look_back
        while engine.state.month < month:
            engine.step()
            if time.perf_counter() > until:
                break
        if engine.state.month < month:
            return None
        self._look_back = None  # as large as the model itself, and quickly rebuilt
        return engine

    def identity(self) -> dict[str, Any]:
        spec = self._engine.spec
        return {
            "live": True,
            "name": spec.name,
            "title": spec.title,
            "digest": spec.digest,
            "seed": self._engine.world.seed,
        }

    def world(self) -> dict[str, Any]:
        spec, world, schedule = self._engine.spec, self._engine.world, self._engine.schedule
        history = self.history
        rows = {row.id: row for row in spec.dataset.regions}
        planned, spent = schedule.to_date()
        return {
            **self.identity(),
            "description": spec.description,
            "assumptions": list(spec.dataset.assumptions),
            "style": style_of(spec.name),
            "months": world.months,
            "steps_per_year": world.steps_per_year,
            **country(
                _region_entries(world, rows, history.enterprises[0]),
                longitude=world.regions.longitude,
                latitude=world.regions.latitude,
                dataset=spec.world.dataset,
                order=[rows[name].order for name in world.regions.ids],
            ),
            "industries": world.enterprises.industries,
            "enterprises": int(history.enterprises[0].sum()),
            "technologies": _technologies(world),
            "platforms": [
                {
                    "name": name,
                    "from_month": int(world.platforms.from_month[h]),
                    "to_month": int(min(world.platforms.to_month[h], world.months)),
                }
                for h, name in enumerate(world.platforms.names)
            ],
            "eligible": history.eligible[0].sum(axis=1).tolist(),
            "may_join": history.may_join[0].tolist(),
            "policies": [
                policy_entry(
                    place,
                    policy.instrument,
                    policy.months(steps_per_year=world.steps_per_year, horizon=world.months),
                    planned=planned[place],
                    spent=spent[place],
                )
                for place, policy in enumerate(spec.policies)
            ],
            "planned_pv": schedule.planned_pv,
            "spent_pv": schedule.spent_pv,
            "budget_pv": schedule.available_pv,
            "discount": spec.budget.discount,
        }

    def map(self) -> dict[str, Any]:
        regions = self._engine.world.regions
        return described_map(
            regions.ids,
            longitude=regions.longitude,
            latitude=regions.latitude,
            dataset=self._engine.spec.world.dataset,
        )


def _region_entries(world: World, rows: Mapping[str, RegionRow], enterprises: Array) -> list[dict[str, Any]]:
    regions = world.regions
    return [
        {
            "id": name,
            "name": regions.names[r],
            "short": rows[name].short_name,
            "macroregion": regions.macroregions[regions.macroregion_of[r]],
            "enterprises": int(enterprises[r]),
            "readiness": float(regions.readiness[r]),
        }
        for r, name in enumerate(regions.ids)
    ]


def _technologies(world: World) -> list[dict[str, Any]]:
    technologies = world.technologies
    return [
        {
            "name": name,
            "direction": technologies.directions[k],
            "family": technologies.families[k],
            "complexity": float(technologies.complexity[k]),
            "release_month": int(technologies.release_month[k]),
        }
        for k, name in enumerate(technologies.names)
    ]


def needed_bytes(spec: Scenario) -> int:
    """Estimate the memory of a run before anything is built; nearly all of it is in these arrays."""
    dataset = spec.dataset
    regions, industries = dataset.counts.shape
    turnover = spec.turnover
    entrants = turnover.entry * spec.time.years
    a_count = 12 if turnover.entry or turnover.exit else 4  # with the eligible of each month
    n = int(dataset.counts.sum() * spec.world.scale * (1 + entrants)) + regions
    k, h = len(dataset.technologies), len(spec.platforms)
    j = len(dataset.institutions) + len(spec.institutions)
    strata = min(n + regions, regions * 2**h)
    owed = 8 * len(Channel)  # one number a channel
    return (
        n * k * (66 + owed)  # pairs
        + n * (60 + 16 * h)  # enterprises, draws of membership
        + 8 * (n * spec.world.network_degree if dataset.partners is None else dataset.partners[1].size)
        + (spec.time.months + 1) * (a_count * regions * (industries * k + h) + (72 + owed) * k)  # months
        + strata * industries * k * (16 + owed)  # hazards
        + j * j * 40
        + j * k * 16
        + h * (j + industries * k) * 16  # institutions and platforms
    )
