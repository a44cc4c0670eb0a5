"""A world of three regions that is small enough to compute costs by hand."""

import numpy as np
import pytest

from simulation.world import (
    Chains,
    Commodities,
    Endowment,
    Enterprises,
    Institutions,
    Pairs,
    Platforms,
    Regions,
    Technologies,
    World,
)


@pytest.fixture(scope="session")
def world() -> World:
    """Four years of three regions with (6, 4), (3, 2), (5, 0) enterprises and 2, 1, 0 institutions.

    In chain "ore" the first industry leads the second, in the first two regions. Platform "one" is for the first
    industry, "two" for all; "late" exists from month 12 to month 24 only.
    """
    counts = np.array([[6, 4], [3, 2], [5, 0]])
    n, readiness = int(counts.sum()), np.array([0.8, 0.5, 0.05])
    may_join = np.ones((3, 3, 2), dtype=bool)
    may_join[1, :, 1] = False
    nothing = np.zeros(0)
    return World(
        seed=1,
        endowment=Endowment(
            months=48,
            steps_per_year=12,
            regions=Regions(
                ids=("a", "b", "c"),
                names=("A", "B", "C"),
                macroregions=("east", "west"),
                macroregion_of=np.array([0, 0, 1]),
                latitude=np.zeros(3),
                longitude=np.zeros(3),
                area_km2=np.ones(3),
                readiness=readiness,
                government_quality=np.ones(3),
                outflow=np.zeros(3),
                distance_km=np.zeros((3, 3)),
                proximity=np.ones((3, 3)),
            ),
            industries=("coal", "oil_gas"),
            counts=counts,
            institution_names=("Institute", "Lab", "Institute"),  # the first and the last share their name
            institution_kinds=("university", "technopark", "university"),
            institution_region=np.array([0, 0, 1], dtype=np.int32),
            institution_capacity=np.ones(3),
            platforms=Platforms(
                names=("late", "one", "two"),
                vectors=np.ones((3, 11), dtype=bool),
                may_join=may_join,
                from_month=np.array([12, 0, 0]),
                to_month=np.array([24, 48, 48]),
                resident=np.zeros((3, 3), dtype=bool),
                heir_of=np.full(3, -1),
            ),
            chains=Chains(
                names=("ore",),
                leads=np.array([[[False, False], [True, False]]]),
                poles=np.array([[True, True, False]]),
                strength=np.array([0.5]),
                led=counts[:, 1][None, :],
            ),
        ),
        enterprises=Enterprises(
            industries=("coal", "oil_gas"),
            present=np.ones(n, dtype=bool),
            counts=counts,
            from_month=np.zeros(n, dtype=np.int64),
            to_month=np.full(n, 48),
            region_of=np.repeat([0, 0, 1, 1, 2, 2], counts.ravel()).astype(np.int32),
            industry_of=np.repeat([0, 1, 0, 1, 0, 1], counts.ravel()).astype(np.int32),
            number_of=np.zeros(n, dtype=np.int32),
            identities=np.arange(n, dtype=np.uint64),
            absorptive_capacity=np.ones(n),
            relatedness=np.eye(2),
            indptr=np.zeros(n + 1, dtype=np.int64),
            indices=np.zeros(0, dtype=np.int32),
        ),
        institutions=Institutions(
            names=("Institute", "Lab", "Institute"),
            kinds=("university", "technopark", "university"),
            region_of=np.array([0, 0, 1], dtype=np.int32),
            capacity=np.ones(3),
            threshold=np.zeros((3, 0)),
        ),
        technologies=Technologies((), (), (), nothing, np.zeros((2, 0)), nothing, nothing, (), nothing),
        pairs=Pairs(nothing, nothing, nothing, nothing, nothing, nothing),
        commodities=Commodities((), np.zeros((49, 0)), np.zeros((0, 3, 2))),
    )
