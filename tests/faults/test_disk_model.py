"""The store on a disk that may lose or reorder what was not flushed: nothing is lost, nothing counts twice.

``uv run pytest tests/faults/test_disk_model.py --histories 100000 -rP`` plays as many histories as one likes and prints
what it saw. The number of a history is its seed: ``--histories 1 --first-history 291`` plays that one again.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_histories import MEMORY, BrokenPromiseError, History, Sessions, blocks_in

FEW = 200
"""Histories after which all places that flush anything have been seen."""

NEEDED = {
    "what a killed process left, and the results folder's own name": " begin > settle",
    "the name of the folder of blocks": " delivery > inner_folder",
    "files of a block": " (add|write) > flushed",
    "names in a block": " (add|write) > flush_folder",
    "names of blocks": " _put_in_place > flush_folder",
    "merged tables": " (compact|_merge) > placed > written_beside$",
    "names of merged tables": " (compact|_merge) > placed > .*flush_folder",
    "blocks that go before they are removed": " (compact|_merge) > flush_folder",
    "the manifest": " save > _save > replace > written_beside$",
}
"""What must be flushed, and which functions lead to the place that does it."""

TWICE = {"names of merged tables"}
"""What more than one place flushes, as the record of files does, too: any of them will do."""

MOST = 2_000
"""Histories within which a missing flush is found."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "histories" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--histories", default=None)
        by_default = [60, pytest.param(1_500, marks=pytest.mark.slow)]
        metafunc.parametrize("histories", by_default if asked is None else [asked])


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    folder = tmp_path_factory.mktemp("worlds")
    disk = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else folder))
    yield Sessions(disk, blocks_in(folder))
    shutil.rmtree(disk)


def test_no_history_loses_or_doubles_a_replication(
    sessions: Sessions, histories: int, pytestconfig: pytest.Config
):
    first = pytestconfig.getoption("--first-history")
    seen: Counter[str] = Counter()
    began = time.monotonic()
    for seed in range(first, first + histories):
        history = History(seed, sessions)
        history.play()
        seen += history.seen
    taken = time.monotonic() - began
    print(
        f"histories {histories}, from {first}; replications lost 0, doubled 0; {taken / histories * 1000:.1f} ms each; "
        + "; ".join(f"{what} {number}" for what, number in sorted(seen.items()))
        + f"; different states {dict(sessions.run)}"
    )


@pytest.mark.parametrize("what", NEEDED)
def test_a_flush_that_is_left_out_is_found(sessions: Sessions, what: str):
    """The model has teeth: without any one of the flushes that the promise needs, some history breaks it."""
    for seed in range(FEW):
        History(seed, sessions).play()
    places = sorted({place for flush in sessions.flushes() if (place := _from(NEEDED[what], flush))})
    assert places
    for without in [tuple(places)] if what in TWICE else [(place,) for place in places]:
        broken = next((seed for seed in range(MOST) if _is_broken(sessions, seed, without)), None)
        assert broken is not None, f"no history needs the flush at {without}"


def _from(functions: str, flush: str) -> str:
    """Return the lines of the package that led to a flush, from the first of these functions on; "" if none did."""
    found = re.search(functions.replace(" > ", r" > \S+ "), flush)
    return flush[flush.rfind(" > ", 0, found.start()) + 3 :] if found else ""


def _is_broken(sessions: Sessions, seed: int, without: tuple[str, ...]) -> bool:
    try:
        History(seed, sessions, ignored=lambda flush: flush.endswith(without)).play()
    except BrokenPromiseError:
        return True
    return False
