"""What the replications of one scenario have in common, whatever their seed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulation.data.reader import Dataset
from simulation.engine.build.origins import origin_weights
from simulation.policies.schedule import PolicySchedule
from simulation.scenario.endowment import endowment_of
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario
from simulation.streams import key, numbered_all
from simulation.world import SERVICES, Array, Endowment


@dataclass(frozen=True, slots=True)
class Roster:
    """The N enterprises that are present at some time, sorted by region, industry and number within both."""

    region_of: Array  # int32 (N,)
    industry_of: Array  # int32 (N,)
    number_of: Array  # int32 (N,), number within region and industry
    identities: Array  # uint64 (N,), keys of region id, industry and number; no seed

    @staticmethod
    def of(cell_keys: Array, sizes: Array) -> Roster:
        """Return the roster of so many enterprises by region and industry, int64 (R, S)."""
        n_industries, sizes = sizes.shape[1], sizes.ravel()
        cells = np.arange(sizes.size)
        first = np.cumsum(sizes) - sizes
        number_of = np.arange(sizes.sum(), dtype=np.int32)
        number_of -= np.repeat(first.astype(np.int32), sizes)
        return Roster(
            region_of=np.repeat((cells // n_industries).astype(np.int32), sizes),
            industry_of=np.repeat((cells % n_industries).astype(np.int32), sizes),
            number_of=number_of,
            identities=numbered_all(np.repeat(cell_keys.ravel(), sizes), number_of),
        )


@dataclass(frozen=True)
class Frame:
    """The part of a replication that is not drawn, and the keys of those who draw."""

    spec: Scenario
    dataset: Dataset
    endowment: Endowment
    relatedness: Array  # float64 (S, S), phi, 1 on the diagonal
    roster: Roster  # of the enterprises of the start
    cell_keys: Array  # uint64 (R, S)
    region_keys: Array  # uint64 (R,)
    industry_keys: Array  # uint64 (S,)
    institution_keys: Array  # uint64 (J,)
    technology_keys: Array  # uint64 (technologies of the dataset,)
    origin_weights: Array  # float64 (technologies of the dataset, J)

    @cached_property
    def schedule(self) -> PolicySchedule:
        """The policies of the scenario.

        Raises
        ------
        NotAffordable
            If they cost more than its budget.
        """
        return PolicySchedule(plan_of(self.spec, self.endowment), effects=self.spec.effects)


def frame_of(spec: Scenario) -> Frame:
    """Return the frame of a scenario; those of the last few scenarios are kept, as long as their tables are.

    The arrays are shared by all worlds of the scenario, which write none of them.

    Raises
    ------
    DataError
        If the tables of its dataset cannot be used.
    """
    dataset = spec.dataset
    for frame in tuple(_kept):
        if frame.spec is spec and frame.dataset is dataset:
            return frame
    frame = _frame(spec, dataset)
    with _changing:  # executors may be threads
        _kept.insert(0, frame)
        del _kept[KEPT:]
    return frame


KEPT = 16
"""Number of frames kept: a worker takes the scenarios of a study in turn."""

_kept: list[Frame] = []
_changing = threading.Lock()


def _frame(spec: Scenario, dataset: Dataset) -> Frame:
    endowment = endowment_of(spec)
    regions, industries = endowment.regions.ids, endowment.industries
    cell_keys = np.array([[key("enterprise", r, s) for s in industries] for r in regions], dtype=np.uint64)
    located = zip(endowment.institution_region, endowment.institution_names, strict=True)
    return Frame(
        spec=spec,
        dataset=dataset,
        endowment=endowment,
        relatedness=_relatedness(spec, industries),
        roster=Roster.of(cell_keys, endowment.counts),
        cell_keys=cell_keys,
        region_keys=np.array([key("region", r) for r in regions], dtype=np.uint64),
        industry_keys=np.array([key("industry", s) for s in industries], dtype=np.uint64),
        institution_keys=np.array(
            [key("institution", regions[r], name) for r, name in located], dtype=np.uint64
        ),
        technology_keys=np.array(
            [key("technology", row.direction, row.technology) for row in dataset.technologies],
            dtype=np.uint64,
        ),
        origin_weights=origin_weights(spec, dataset, endowment),
    )


def _relatedness(spec: Scenario, industries: tuple[str, ...]) -> Array:
    phi = np.full((len(industries), len(industries)), spec.diffusion.relatedness_other)
    services = np.array([name == SERVICES for name in industries])
    phi[services, :] = phi[:, services] = spec.diffusion.relatedness_services
    np.fill_diagonal(phi, 1.0)
    return phi
