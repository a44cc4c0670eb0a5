"""Known indices recovered through a design's own points: complete, in the middle of a run, and with failed runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from known_functions import KNOWN, Known

import simulation.explore.indices
from simulation.arguments import MOST_SEED
from simulation.explore.designs import Design
from simulation.explore.indices import CHANCE, indices_of
from simulation.explore.outcomes import Ensemble
from simulation.explore.parameters import Parameter
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.results.tables import ENDING, RAN

SETS = 1024


def design_for(known: Known) -> Design:
    """A Saltelli design over the inputs of a function; that called seed is the seed of a run."""
    names = [name for name in known.inputs if name != "seed"]
    ranges = [Parameter(name, ("diffusion.spatial",), "linear", low=0.0, high=1.0) for name in names]
    return Design("saltelli", tuple(ranges), seed=1, replications=1)


def ensemble_of(known: Known, design: Design, points: np.ndarray) -> Ensemble:
    """Pairs at some points whose advantage in speed is the function, and in synchronization twice that."""
    places = np.array([design.places(point) for point in points.tolist()])
    if "seed" in known.inputs:
        seeds = np.array([design.seed_of(point, 0) for point in points.tolist()], dtype=float)
        places = np.column_stack([places, (seeds + 0.5) / (MOST_SEED + 1.0)])
    found = known.function(places)
    rows = [
        pd.DataFrame(
            {
                "scenario": name,
                "replication": points,
                "point": points,
                ENDING: RAN,
                SPEED: -sign * found,
                SYNCHRONIZATION: -2 * sign * found,
            }
        )
        for name, sign in (("hubs", 0), ("platform", 1))
    ]
    return Ensemble(
        reference="hubs",
        scenarios=("platform",),
        titles={"hubs": "Hubs", "platform": "Platform"},
        parameters=design.parameters,
        design=pd.DataFrame(),
        runs=pd.concat(rows, ignore_index=True),
        baseline=pd.DataFrame({ENDING: RAN}, index=pd.Index(points, name="point")),
        checks={},
        bounds={},
        margin={SPEED: 0.1, SYNCHRONIZATION: 0.01},
        is_sample=False,
        filtered=False,
        unfiltered=0,
        planned=SETS * design.together,
        finished=False,
    )


def indices(known: Known, points: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    design = design_for(known)
    monkeypatch.setattr(simulation.explore.indices, "design_of", lambda results: design)
    table = indices_of(None, ensemble_of(known, design, points))  # type: ignore[arg-type]
    return table.set_index(["measure", "input"])


@pytest.mark.parametrize("state", ["complete", "in the middle", "failures"])
@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_known_indices_are_recovered_through_a_design(
    known: Known, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within four standard errors of a bootstrap that treats the points as independent."""
    together = design_for(known).together
    points = np.arange(SETS * together)
    if state == "in the middle":
        points = points[: SETS * together // 2 + 1]  # the last set has begun
    if state == "failures":
        points = points[np.random.default_rng(1).random(points.size) >= 0.05]
    found = indices(known, points, monkeypatch)
    for kind in ("first", "total"):
        for name, true in zip(known.inputs, getattr(known, kind), strict=True):
            row = found.loc[("speed", CHANCE if name == "seed" else name)]
            assert abs(row[kind] - true) <= 4 * (row[f"{kind}_high"] - row[f"{kind}_low"]) / 2 / 1.96 + 1e-9
    if "seed" not in known.inputs:
        assert found.loc[("speed", CHANCE), "total"] == 0


def test_a_set_that_has_begun_changes_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    known = KNOWN[0]
    together = design_for(known).together
    whole = indices(known, np.arange(16 * together), monkeypatch)
    for more in range(1, together):
        begun = indices(known, np.arange(16 * together + more), monkeypatch)
        pd.testing.assert_frame_equal(begun, whole)
