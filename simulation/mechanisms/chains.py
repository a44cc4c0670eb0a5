"""Processing chains: adoption in an industry of a growth pole stimulates the industries after it in the chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from simulation.settings import Identifier, Names, Selection, Settings
from simulation.world import Array, Chains


class Chain(Settings):
    """Industries that process what the one before delivers: extraction, processing, equipment, services, chemistry."""

    name: Identifier
    """Name, used by policies."""
    industries: Annotated[Names, Field(min_length=1)]
    """Industries in the order of the chain: each is led by those before it, none by those after it."""
    poles: Selection = "all"
    """Growth poles: the regions in which the chain exists."""
    strength: Annotated[float, Field(ge=0, le=1000)]
    """Demand pull: relative increase of the hazard of a led industry once all enterprises in the leading ones have
    adopted."""


def chains_of(
    rows: Sequence[Chain], *, regions: tuple[str, ...], industries: tuple[str, ...], counts: Array
) -> Chains:
    """Return the chains of a world; ``counts``, int64 (R, S), are its enterprises."""
    rows = sorted(rows, key=lambda row: row.name)
    leads = np.zeros((len(rows), len(industries), len(industries)), dtype=bool)
    for g, row in enumerate(rows):
        order = [industries.index(name) for name in row.industries]
        for place, s in enumerate(order):
            leads[g, s, order[:place]] = True
    poles = np.array([[row.poles == "all" or r in row.poles for r in regions] for row in rows], dtype=bool)
    return Chains(
        names=tuple(row.name for row in rows),
        leads=leads,
        poles=poles.reshape(len(rows), len(regions)),
        strength=np.array([row.strength for row in rows], dtype=np.float64),
        led=np.einsum("rs,gs->gr", counts, leads.any(axis=2)),
    )


def demand_pull(adopters: Array, eligible: Array, *, leads: Array, strength: Array) -> Array:
    """Return 1 + strength times the adoption share of the industries that lead, the product over chains; equation (23).

    Parameters
    ----------
    adopters, eligible : int64, shape (R, S)
        Pairs of enterprise and released technology, at the start of the month.
    leads : bool, shape (G, S, S)
        leads[g, s, u]: in chain g, industry u precedes s.
    strength : float64, shape (G, R)
        Strength in each region; 0 outside the poles.

    Returns
    -------
    float64, shape (R, S)
        Exactly 1 if no industry leads or no leading industry is present.
    """
    leading = np.einsum("gsu,ru->grs", leads, eligible)
    have_adopted = np.einsum("gsu,ru->grs", leads, adopters)
    share = np.divide(have_adopted, leading, out=np.zeros(leading.shape), where=leading > 0)
    return np.prod(1.0 + strength[:, :, None] * share, axis=0)
