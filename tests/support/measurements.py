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
import psutil
from page_blocks import write_blocks

PAGES = Path(__file__).parents[2] / "docs"
WRITE = "--write"
BUSY = 10.0
"""Percent of all processors that other programs use, above which times are not clean."""


def cores() -> int:
    """Return how many cores this process may use."""
    return os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0))


def circumstances() -> str:
    """Return a sentence on the machine, and whether other programs use it just now, when this one only waits."""
    used_by_others = psutil.cpu_percent(interval=2.0)
    return f"Measured on {cores()} cores ({machine.processor()}), Python {platform.python_version()}; " + (
        f"**other programs were using the machine** ({used_by_others:.0f} % of it at the end), so only large "
        "ratios mean something."
        if used_by_others > BUSY
        else "the machine was otherwise idle."
    )


def publish(page: str, blocks: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Print what was found, and write it into blocks of a page, by name, if the arguments ask for it."""
    machine_used = circumstances()
    blocks = {name: f"{machine_used}\n\n{text.strip()}\n" for name, text in blocks.items()}
    for text in blocks.values():
        print(f"\n{text}")
    if WRITE in arguments:
        write_blocks(PAGES / page, blocks)
