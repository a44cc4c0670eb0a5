"""The content of the inspector: a region, enterprise or institution in the month of an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from simulation.channels import Channel
from simulation.engine.month import Engine
from simulation.world import Array


def region(engine: Engine, row: int) -> dict[str, Any]:
    """Return a region: present enterprises by industry, institutions, members, attribution, levers, prices.

    Prices, relative to their reference, are those that affect an industry of the region.
    """
    world, state, levers = engine.world, engine.state, engine.levers
    enterprises, institutions, platforms = world.enterprises, world.institutions, world.platforms
    here = np.flatnonzero(enterprises.region_of == row)
    industry_of = enterprises.industry_of[here]
    present = here[enterprises.present[here]]
    counts = enterprises.counts[row]
    masks = state.mask_of[here]
    is_member = (masks[None, :] >> np.arange(len(platforms.names), dtype=np.uint64)[:, None]) & np.uint64(1)
    released = state.released
    commodities = world.commodities
    prices = np.exp(commodities.log_price[state.month])
    return {
        "industries": [
            {
                "name": name,
                "enterprises": int(counts[s]),
                "first": _first(present[enterprises.industry_of[present] == s]),
                "adoptions": int(state.adopters[row, s].sum()),
                "eligible": int(world.eligible[row, s, released].sum()),
                "members": [int(found[industry_of == s].sum()) for found in is_member],
            }
            for s, name in enumerate(enterprises.industries)
        ],
        "institutions": [
            {
                "row": int(j),
                "name": institutions.names[j],
                "kind": institutions.kinds[j],
                "mastered": int(state.mastered[j].sum()),
            }
            for j in np.flatnonzero(institutions.region_of == row)
        ],
        "members": [
            {
                "platform": name,
                "members": int(state.members[h, row]),
                "may_join": int((platforms.may_join[h, row] * counts).sum()),
            }
            for h, name in enumerate(platforms.names)
        ],
        "attribution": _attribution_of(engine, here).tolist(),
        "levers": {
            name: float(getattr(levers, name)[row])
            for name in ("local_contacts", "capacity", "training", "incentive", "readiness")
        },
        "prices": {
            commodities.names[m]: float(prices[m])
            for m in np.flatnonzero(commodities.exponent[:, row, :].any(axis=1))
        },
    }


def enterprise(engine: Engine, row: int) -> dict[str, Any]:
    """Return an enterprise: its adoptions with month and channels, its present hazards by channel, its partners.

    An absent enterprise has no hazards, partners or platforms, but keeps its adoptions.
    """
    world, state, levers = engine.world, engine.state, engine.levers
    enterprises = world.enterprises
    technologies = []
    for k in range(len(world.technologies.names)):
        pair = _pair(engine, row, k)
        if pair < 0:
            continue
        month, released = int(state.adopted_month[pair]), bool(state.released[k])
        can_adopt = released and month < 0 and bool(enterprises.present[row]) and not engine.finished
        technologies.append(
            {
                "row": k,
                "released": released,
                "adopted": month if month >= 0 else None,
                "attribution": state.attribution[pair].tolist() if month >= 0 else None,
                "hazard": engine.hazard_of(row, k).tolist() if can_adopt else None,
            }
        )
    partners = enterprises.indices[enterprises.indptr[row] : enterprises.indptr[row + 1]]
    r, alpha = enterprises.region_of[row], float(enterprises.absorptive_capacity[row])
    neighbours = np.flatnonzero((enterprises.region_of == r) & enterprises.present)
    return {
        **_address(engine, row),
        "present": bool(enterprises.present[row]),
        "from_month": int(enterprises.from_month[row]),
        "to_month": int(enterprises.to_month[row]),
        "previous": _first(neighbours[neighbours < row][::-1]),
        "next": _first(neighbours[neighbours > row]),
        "absorptive_capacity": alpha,
        "absorptive_capacity_now": alpha * (1 + levers.training[r]) * state.capacity_left[r],
        "platforms": [
            name for h, name in enumerate(world.platforms.names) if int(state.mask_of[row]) >> h & 1
        ],
        "technologies": technologies,
        "partners": [
            {"row": int(other), **_address(engine, other), "adoptions": _adoptions(engine, other)}
            for other in partners
        ],
    }


def institution(engine: Engine, row: int) -> dict[str, Any]:
    """Return an institution: kind, capacity, platforms, and the technologies it masters with their months."""
    world, state, levers = engine.world, engine.state, engine.levers
    institutions = world.institutions
    on = levers.resident[:, row] & levers.is_open
    months = state.mastered_month[row]
    return {
        "name": institutions.names[row],
        "region": int(institutions.region_of[row]),
        "institution_kind": institutions.kinds[row],
        "capacity": float(institutions.capacity[row]),
        "platforms": [name for h, name in enumerate(world.platforms.names) if on[h]],
        "technologies": [
            {
                "row": k,
                "released": bool(state.released[k]),
                "mastered": int(months[k]) if months[k] >= 0 else None,
            }
            for k in range(len(world.technologies.names))
        ],
    }


INSPECTED: Mapping[str, Callable[[Engine, int], dict[str, Any]]] = {
    "region": region,
    "enterprise": enterprise,
    "institution": institution,
}


def _first(rows: Array) -> int | None:
    return int(rows[0]) if rows.size else None


def _address(engine: Engine, row: int) -> dict[str, int]:
    enterprises = engine.world.enterprises
    return {
        "region": int(enterprises.region_of[row]),
        "industry": int(enterprises.industry_of[row]),
        "number": int(enterprises.number_of[row]),
    }


def _pair(engine: Engine, row: int, k: int) -> int:
    pairs = engine.world.pairs
    slot = int(pairs.slot[pairs.pattern_of[k], row])
    return int(pairs.start[k]) + slot if slot >= 0 else -1


def _adoptions(engine: Engine, row: int) -> int:
    pairs = (_pair(engine, row, k) for k in range(len(engine.world.technologies.names)))
    return sum(int(engine.state.adopted_month[pair]) >= 0 for pair in pairs if pair >= 0)


def _attribution_of(engine: Engine, rows: Array) -> Array:
    """float64 (channels,): adoptions of these enterprises, consecutive rows, attributed to each channel."""
    if not rows.size:
        return np.zeros(len(Channel))
    pairs, state = engine.world.pairs, engine.state
    here = (pairs.enterprise >= rows[0]) & (pairs.enterprise <= rows[-1]) & (state.adopted_month >= 0)
    attribution: Array = state.attribution[here].sum(axis=0)
    return attribution
