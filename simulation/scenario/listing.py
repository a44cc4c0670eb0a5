"""Which scenarios there are, below which headings, and what each is about in one line.

A file is described without being validated, so that a list also shows one that cannot be run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.files.text import TextFault
from simulation.files.toml import read_toml
from simulation.hidden_characters import visible
from simulation.scenario.loading import shipped_scenarios

OWN = Path("scenarios")
"""Folder of the user's own scenarios, below the working directory."""
YOURS = "Your own"
"""Heading of the user's files that name no group."""
GROUPS = ("Main question", "Platforms", "Mining region", "Shocks", "Hubs", "Controls")
"""Groups of the shipped scenarios, in the order of lists."""
MOST_BYTES = 1_000_000
"""Size up to which a file is read to be listed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario as lists show it."""

    name: str  # of its file, by which it is opened
    own_name: str  # of the scenario, which decides its colour
    title: str
    group: str
    summary: str
    description: str
    own: bool  # whether it is the user's
    problem: str = ""  # why the file cannot be read


def described(name: str, path: Path, *, own: bool) -> Listed:
    """Describe a file; ``own`` is whether it is the user's."""
    data: dict[str, Any] = {}
    problem = ""
    try:
        data = read_toml(path, expected="a scenario file (TOML)", at_most=MOST_BYTES)[1]
    except TextFault as fault:
        problem = visible(fault.message)
    keys = ("name", "title", "group", "summary", "description")
    texts = {key: found if isinstance(found := data.get(key), str) else "" for key in keys}
    return Listed(
        name=name,
        own_name=texts["name"] or name,
        title=_one_line(texts["title"]) or name,
        group=": ".join(filter(None, (YOURS if own else "", _one_line(texts["group"])))) or GROUPS[-1],
        summary=_one_line(texts["summary"]) or _first_sentence(texts["description"]),
        description=texts["description"],
        own=own,
        problem=problem,
    )


def own_scenarios() -> list[Path]:
    """Return the files of the user's own scenarios, sorted by name; not the shipped ones, in a checkout."""
    return [path for path in sorted(OWN.glob("*.toml")) if not is_shipped(path)]


def is_shipped(path: Path) -> bool:
    """Whether a file comes with the program."""
    # The folder alone is resolved, and not by a Path, which raises for links that go in a circle.
    return any(
        os.path.realpath(path.parent) == os.path.realpath(shipped.parent)
        for shipped in shipped_scenarios()[:1]
    )


def grouped(listed: Iterable[Listed]) -> list[Listed]:
    """Order scenarios by group: the user's own first, then the groups of the shipped ones in their order."""

    def place(each: Listed) -> tuple[bool, int, str]:
        known = GROUPS.index(each.group) if each.group in GROUPS else len(GROUPS)
        return not each.own, known, each.group

    return sorted(listed, key=place)


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:;!?])\s", _one_line(text))[0].rstrip(":;")
