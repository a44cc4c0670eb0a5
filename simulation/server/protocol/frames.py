"""The binary frame: the states of both sides in some months; ``docs/browser.md`` documents its layout."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Months:
    """The states of one side in n months; E is n if enterprises enter and leave, else 0."""

    attribution: (
        Array  # float64 (n, K, channels), adoptions attributed to each channel up to the end of the month
    )
    phi: Array  # float64 (n,)
    w1_years: Array  # float64 (n,)
    t50_years: Array  # float64 (n,)
    adopters: Array  # int (n, R, K)
    members: Array  # int (n, H, R)
    members_anywhere: Array  # int (n,), -1 where unknown
    eligible: Array  # int (E, R, K)
    may_join: Array  # int (E, H, R)
    enterprises: Array  # int (E, R)


def block(side: int, first: int, months: Months) -> bytes:
    """Encode the months of side 0 or 1 from month ``first`` on."""
    n, regions, technologies = months.adopters.shape
    changing, channels = len(months.eligible), months.attribution.shape[2]
    head = BLOCK.pack(side, first, n, regions, technologies, months.members.shape[1], changing, channels)
    floats = (months.attribution, months.phi, months.w1_years, months.t50_years)
    counts = (
        *(months.adopters, months.members, months.members_anywhere),
        *(months.eligible, months.may_join, months.enterprises),
    )
    parts = [np.ascontiguousarray(part, dtype="<f8").tobytes() for part in floats]
    parts += [np.ascontiguousarray(part).astype("<u4").tobytes() for part in counts]
    data = b"".join([head, *parts])
    return data + bytes(-len(data) % 8)


def frame(request: int, blocks: Sequence[bytes]) -> bytes:
    """Combine the blocks of the sides into the frame that answers a request."""
    return b"".join([HEAD.pack(MAGIC, request, len(blocks), 0), *blocks])
