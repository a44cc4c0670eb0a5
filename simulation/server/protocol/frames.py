"""The binary frame: the states of both sides in some months; ``docs/browser.md`` documents its layout."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from simulation.channels import Channel
from simulation.world import Array

MAGIC = b"HCF1"
UNKNOWN = 0xFFFFFFFF
"""Stands for an unknown count."""

HEAD = struct.Struct("<4s3I")
BLOCK = struct.Struct("<8I")
MOST_MONTHS = 120
MOST_BYTES = 500_000
"""Maximum size of a frame; the months of a large run are spread over several frames."""


def months_a_frame(regions: int, technologies: int, platforms: int, *, changing: bool) -> int:
    """Return the maximum number of months of a side in a frame; ``changing`` if enterprises enter and leave."""
    counts = regions * (technologies + platforms) + 1
    if changing:
        counts += regions * (technologies + platforms + 1)
    a_month = 8 * (len(Channel) * technologies + 3) + 4 * counts
    return max(1, min(MOST_MONTHS, MOST_BYTES // a_month))


def block(
    side: int,
    first: int,
    *,
    attribution: Array,
    phi: Array,
    w1_years: Array,
    t50_years: Array,
    adopters: Array,
    members: Array,
    members_anywhere: Array,
    eligible: Array,
    may_join: Array,
    enterprises: Array,
) -> bytes:
    """Encode the states of one side, n months from ``first`` on; E is n if enterprises enter and leave, else 0.

    Parameters
    ----------
    side : 0 or 1.
    attribution : float64, shape (n, K, channels)
        Adoptions attributed to each channel up to the end of the month.
    phi, w1_years, t50_years : float64, shape (n,)
    adopters : int, shape (n, R, K)
    members : int, shape (n, H, R)
    members_anywhere : int, shape (n,)
        -1 where unknown.
    eligible : int, shape (E, R, K)
    may_join : int, shape (E, H, R)
    enterprises : int, shape (E, R)
    """
    n, regions, technologies = adopters.shape
    changing, channels = len(eligible), attribution.shape[2]
    head = BLOCK.pack(side, first, n, regions, technologies, members.shape[1], changing, channels)
    floats = [
        np.ascontiguousarray(part, dtype="<f8").tobytes() for part in (attribution, phi, w1_years, t50_years)
    ]
    counts = [
        np.ascontiguousarray(part).astype("<u4").tobytes()
        for part in (adopters, members, members_anywhere, eligible, may_join, enterprises)
    ]
    data = b"".join([head, *floats, *counts])
    return data + bytes(-len(data) % 8)


def frame(request: int, blocks: Sequence[bytes]) -> bytes:
    """Combine the blocks of the sides into the frame that answers a request."""
    return b"".join([HEAD.pack(MAGIC, request, len(blocks), 0), *blocks])
