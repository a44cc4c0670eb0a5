"""What a benchmark found: printed, and with ``--write`` among the arguments also put into a page of the documentation.

A time means little without the machine, so each block begins with it.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
sys.path.insert(0, str(Path(__file__).parents[1] / "peers"))

import machine
from page_blocks import write_blocks

PAGES = Path(__file__).parents[2] / "docs"
WRITE = "--write"
load_before = os.getloadavg()[0]
"""The load average when the benchmark began."""


def cores() -> int:
    """Return how many cores this process may use."""
    return os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0))


def circumstances() -> str:
    """Return a sentence on the machine, and whether other programs used it, whose times are then not clean."""
    busy = load_before > 0.25 * cores()
    return f"Measured on {cores()} cores ({machine.processor()}), Python {platform.python_version()}; " + (
        f"**other programs were using the machine** (load average {load_before:.1f} at the start), so only large "
        "ratios mean something."
        if busy
        else "the machine was otherwise idle."
    )


def publish(page: str, blocks: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Print what was found, and write it into blocks of a page, by name, if the arguments ask for it."""
    blocks = {name: f"{circumstances()}\n\n{text.strip()}\n" for name, text in blocks.items()}
    for text in blocks.values():
        print(f"\n{text}")
    if WRITE in arguments:
        write_blocks(PAGES / page, blocks)
