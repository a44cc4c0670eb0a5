"""The critical mass of a platform: its members and the synchronization against the subsidy, from empty and from full.

A subsidy that never ends is added to the utility of membership. From an empty platform membership settles on the lower
branch until the subsidy is so high that only the upper one is left; from a full one it stays on the upper branch until
the subsidy is so low that only the lower one is left. Between these two jumps history decides. The mean field of
section 2.3 says where they are in a world without chance.

Members at rest are those after a long time in which nothing is adopted, because adoption does not move membership.
Synchronization is that of the scenario itself over its own horizon, in which membership may not come to rest: next to
the end of a branch it takes a time that grows without bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.analysis.membership_levels import Fold, fold_of
from simulation.engine.month import Engine
from simulation.engine.simulate import BETWEEN_LOOKS
from simulation.errors import HyperclusterError, listed, suggestion
from simulation.explore.study import SYNCHRONIZATION
from simulation.metrics import compute
from simulation.record import Record
from simulation.scenario.schema import Scenario
from simulation.world import Array

YEARS_TO_REST = 200.0
"""Time after which membership counts as at rest; at a rate of .5 it passes the end of a branch by .004 in subsidy."""

NOTHING = 1e-9
"""Technologies released a year while membership comes to rest."""

BRANCHES = ("empty", "full")


@dataclass(frozen=True, slots=True, eq=False)
class CriticalMass:
    """What a platform does under S subsidies, with n seeds; the first branch starts empty, the second full."""

    scenario: str  # its title
    platform: str
    subsidies: Array  # float64 (S,), rising: utility of membership
    at_rest: Array  # float64 (2, S, n), members as a share of those who may join
    at_horizon: Array  # float64 (2, S, n), the same after the horizon of the scenario
    phi: Array  # float64 (2, S, n), over the common window of the scenario; nan where undefined
    fold: Fold  # the mean field
    years: float  # the scenario's horizon

    def jump(self, branch: int) -> tuple[float, float] | None:
        """Return the two neighbouring subsidies between which a branch jumps at rest; None if it does not.

        Of an empty platform, that is where the mean of its members leaves the lower branch of the mean field; of a full
        one, where it leaves the upper one. The border is the critical mass at each subsidy, and beyond the branches its
        last value.
        """
        edges = self.fold.edges()
        if edges is None:
            return None
        above = self.at_rest[branch].mean(axis=1) > self._critical(edges)
        changes = np.flatnonzero(np.diff(above.astype(int)) > 0)
        if changes.size == 0:
            return None
        place = int(changes[0] if branch == 0 else changes[-1])
        return float(self.subsidies[place]), float(self.subsidies[place + 1])

    def _critical(self, edges: tuple[float, float]) -> Array:
        """Return the critical mass at each subsidy, float64 (S,)."""
        falling = np.flatnonzero(~self.fold.stable)
        subsidy, shares = self.fold.subsidy[falling][::-1], self.fold.shares[falling][::-1]
        order = np.argsort(subsidy, kind="stable")
        return np.interp(np.clip(self.subsidies, *edges), subsidy[order], shares[order])

    def table(self) -> pd.DataFrame:
        """Return a row for each branch and subsidy: means over seeds, and the lowest and highest Phi."""
        rows = []
        for branch, name in enumerate(BRANCHES):
            for s, subsidy in enumerate(self.subsidies):
                phi = self.phi[branch, s][~np.isnan(self.phi[branch, s])]
                rows.append(
                    {
                        "branch": name,
                        "subsidy": subsidy,
                        "members_at_rest": self.at_rest[branch, s].mean(),
                        "members_at_horizon": self.at_horizon[branch, s].mean(),
                        "phi": phi.mean() if phi.size else math.nan,
                        "phi_lowest": phi.min(initial=math.inf) if phi.size else math.nan,
                        "phi_highest": phi.max(initial=-math.inf) if phi.size else math.nan,
                        "seeds": self.phi.shape[2],
                    }
                )
        return pd.DataFrame(rows)

    def sentence(self) -> str:
        """Say where the platform fills and empties, beside the mean field."""
        edges = self.fold.edges()
        if edges is None:
            return f"Platform {self.platform} has no critical mass: its members follow the subsidy without a jump."
        fills, empties = self.jump(0), self.jump(1)
        parts = []
        for jump, what, edge in ((fills, "fills", edges[1]), (empties, "stays full", edges[0])):
            where = (
                f"from a subsidy between {jump[0]:.2f} and {jump[1]:.2f} on (mean field {edge:.2f})"
                if jump
                else f"nowhere or everywhere in the range that was looked at (mean field from {edge:.2f} on)"
            )
            parts.append(f"{what} {where}")
        return f"In the long run an empty platform {parts[0]}, and a full one {parts[1]}; in between, history decides."


def critical_mass(
    spec: Scenario,
    subsidies: Sequence[float],
    *,
    platform: str | None = None,
    seeds: Sequence[int] = (1, 2, 3),
    years_to_rest: float = YEARS_TO_REST,
) -> CriticalMass:
    """Run a scenario under constant subsidies of membership, from an empty and from a full platform.

    Its own onboarding policies are left out, and their money is not spent.

    Parameters
    ----------
    subsidies : rising; utility of membership, for all enterprises and years.
    platform : by default the first.

    Raises
    ------
    HyperclusterError
        If the scenario has no such platform, or none that an enterprise may join.
    """
    names = [each.name for each in spec.platforms]
    if not names:
        raise HyperclusterError(f'scenario "{spec.name}" has no platform')
    platform = names[0] if platform is None else platform
    if platform not in names:
        hint = suggestion(platform, names) or f"; there are {listed(names)}"
        raise HyperclusterError(f'scenario "{spec.name}" has no platform "{platform}"{hint}')
    place = names.index(platform)
    plain = spec.model_copy(
        update={"policies": tuple(each for each in spec.policies if each.instrument != "platform_onboarding")}
    )
    resting = plain.model_copy(
        update={
            "time": spec.time.model_copy(update={"years": years_to_rest}),
            "technologies": spec.technologies.model_copy(update={"release": "poisson", "per_year": NOTHING}),
        }
    )
    shape = (len(BRANCHES), len(subsidies), len(seeds))
    at_rest, at_horizon, phi = (np.full(shape, math.nan) for _ in range(3))
    for s, subsidy in enumerate(subsidies):
        for n, seed in enumerate(seeds):
            for branch in range(len(BRANCHES)):
                full = branch == 1
                at_rest[branch, s, n] = member_share(
                    run_from(_subsidized(resting, subsidy), seed, full=full), place
                )
                record = run_from(_subsidized(plain, subsidy), seed, full=full)
                at_horizon[branch, s, n] = member_share(record, place)
                phi[branch, s, n] = compute(record)[SYNCHRONIZATION]
    return CriticalMass(
        scenario=spec.title,
        platform=platform,
        subsidies=np.asarray(subsidies, dtype=np.float64),
        at_rest=at_rest,
        at_horizon=at_horizon,
        phi=phi,
        fold=mean_field(spec, place, seed=seeds[0]),
        years=spec.time.years,
    )


def mean_field(spec: Scenario, platform: int, *, seed: int) -> Fold:
    """Return the mean field of a platform, by position, in the world of a seed.

    Raises
    ------
    HyperclusterError
        If no enterprise may join it.
    """
    world = Engine(spec, seed).world
    may_join = (world.platforms.may_join[platform] * world.enterprises.counts).sum(axis=1)
    if not may_join.any():
        raise HyperclusterError(f"no enterprise may join the platform {world.platforms.names[platform]}")
    rules, entry = spec.membership, spec.turnover.entry
    return fold_of(
        may_join / may_join.sum(),
        world.regions.readiness,
        base=rules.base,
        network_effect=rules.network_effect,
        readiness_effect=rules.readiness_effect,
        kept=rules.rate / (rules.rate + entry) if entry else 1.0,
    )


def run_from(spec: Scenario, seed: int, *, full: bool) -> Record:
    """Run a scenario from full platforms, or as always from empty ones."""
    engine = Engine(spec, seed)
    if full:
        engine.fill_platforms()
    while not engine.finished:
        engine.run_for(BETWEEN_LOOKS)
    return engine.record()


def member_share(record: Record, platform: int) -> float:
    """Return the members at the end as a share of those who may join."""
    return float(record.members[-1, platform].sum() / record.may_join[-1, platform].sum())


def _subsidized(spec: Scenario, subsidy: float) -> Scenario:
    """Return a scenario with a subsidy that never ends: it is added to the utility as its constant is."""
    rules = spec.membership
    return spec.model_copy(update={"membership": rules.model_copy(update={"base": rules.base + subsidy})})
