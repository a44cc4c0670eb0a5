"""Rules for the draw of partners, of worlds made for one test."""

import numpy as np

from simulation.data.geography import spatial_kernel
from simulation.engine.ties import TieRule
from simulation.streams import key, numbered_all


def rule_of(counts, *, distance=None, local_ties=0.85, draws=4, relatedness=None):
    """Return the rule of these enterprises by region and industry, (R, S), all present from the start."""
    counts = np.asarray(counts)
    r, s = counts.shape
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    number = np.concatenate([np.arange(n) for n in counts.ravel()])
    cells = np.array([key("enterprise", f"r{c // s}", f"s{c % s}") for c in range(r * s)], dtype=np.uint64)
    distance = np.full((r, r), 300.0) if distance is None else distance
    return TieRule(
        identities=numbered_all(cells[cell], number),
        region_of=(cell // s).astype(np.int32),
        industry_of=(cell % s).astype(np.int32),
        present=np.ones(cell.size, dtype=bool),
        counts=counts,
        entered=counts,
        region_keys=np.array([key("region", q) for q in range(r)], dtype=np.uint64),
        industry_keys=np.array([key("industry", u) for u in range(s)], dtype=np.uint64),
        proximity=spatial_kernel(distance, 100.0),
        relatedness=np.full((s, s), 0.2) + 0.8 * np.eye(s) if relatedness is None else relatedness,
        draws=draws,
        local_ties=local_ties,
    )
