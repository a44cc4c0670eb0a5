"""Any bit that flips in a finished file is found, and only what it hit is computed again, or it changed no row."""

from __future__ import annotations

import copy
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from simulated_disk import State, write
from store_histories import ALL, MEMORY, STUDY, Plan, Sessions, blocks_in

from simulation.errors import ResultsError
from simulation.results.blocks import Replication, read_rows
from simulation.results.reader import Results
from simulation.results.tables import TABLES
from simulation.results.writer import Store

Flip = tuple[str, int, int]
"""A file, the number of a byte in it, and of a bit in that."""

SEED = 7


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    folder = tmp_path_factory.mktemp("worlds")
    disk = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else folder))
    yield Sessions(disk, blocks_in(folder))
    shutil.rmtree(disk)


@pytest.fixture(scope="module")
def in_parts(sessions: Sessions) -> State:
    """A study of which all replications but one have finished, each in a part of its own."""
    return sessions.work({}, Plan(together=False, stop_after=len(sessions.sha) - 1)).record.after


@pytest.fixture(scope="module")
def merged(sessions: Sessions) -> State:
    return sessions.work({}, ALL).record.after


def flips(state: State, folder: str, number: int) -> list[Flip]:
    """Draw flips, half of them among the last bytes of a file, which have no checksum of their own."""
    choice = random.Random(SEED)
    files = sorted(path for path in state if path.startswith(folder) and path.endswith(".parquet"))
    drawn = []
    for turn in range(number):
        path = choice.choice(files)
        size = len(state[path])
        drawn.append((path, choice.randrange(size // 2 * (turn % 2), size), choice.randrange(8)))
    return drawn


def every_flip(state: State, path: str) -> list[Flip]:
    return [(path, byte, bit) for byte in range(len(state[path])) for bit in range(8)]


def rows_of(sessions: Sessions, found: set[Replication]) -> dict[tuple[str, Replication], pa.Table]:
    """What readers get of each replication."""
    order = [spec.name for spec in sessions.blocks.specs]
    return {
        (table, key): read_rows(
            sessions.folder / STUDY,
            table,
            order=order,
            scenario=key[0],
            replications=range(key[1], key[1] + 1),
        )
        for table in TABLES
        for key in found
    }


def same_rows(one: pa.Table, other: pa.Table) -> bool:
    """Whether two tables hold the same; to Arrow no value that is undefined equals another."""
    return one.equals(other) or one.to_pandas().equals(other.to_pandas())


def finished_after(sessions: Sessions, state: State, flip: Flip) -> tuple[set[Replication], list[str]]:
    """Flip a bit, and return what a study that goes on finds finished and what damaged."""
    path, byte, bit = flip
    content = bytearray(state[path])
    content[byte] ^= 1 << bit
    write(sessions.folder, dict(state) | {path: bytes(content)})
    store = Store(sessions.folder / STUDY)
    found = store.begin(copy.deepcopy(sessions.manifest), fresh=False)
    return found, store.damaged


def assert_found_or_harmless(
    sessions: Sessions, state: State, tried: list[Flip], *, hit: dict[str, set[Replication]] | None
) -> None:
    """See that of every file no more is lost than what it holds, and that what is not lost is as it was written."""
    whole = sessions.start(state, ALL).found
    write(sessions.folder, state)
    written = rows_of(sessions, whole)
    lost = 0
    for flip in tried:
        found, damaged = finished_after(sessions, state, flip)
        missing = whole - found
        if hit is not None:
            assert missing in (set(), hit[flip[0]]), flip
        assert bool(damaged) >= bool(missing), flip
        lost += bool(damaged)
        for key, rows in rows_of(sessions, found).items():
            assert same_rows(rows, written[key]), (flip, key)
    assert lost > len(tried) / 4
    print(f"bits flipped {len(tried)}; found damaged {lost}; without effect on any row {len(tried) - lost}")


def keys_by_file(sessions: Sessions, state: State) -> dict[str, set[Replication]]:
    parts = {path: Path(path).parent.name for path in state if path.endswith(".parquet")}
    return {
        path: {(part.rsplit("-", 2)[0], number) for number in sessions.blocks.names[part]}
        for path, part in parts.items()
    }


@pytest.mark.parametrize("number", [40, pytest.param(600, marks=pytest.mark.slow)])
def test_a_bit_that_flips_in_a_block_costs_that_block_or_nothing(
    sessions: Sessions, in_parts: State, number: int
):
    tried = flips(in_parts, f"{STUDY}/parts", number)
    assert_found_or_harmless(sessions, in_parts, tried, hit=keys_by_file(sessions, in_parts))


@pytest.mark.slow
def test_bits_all_over_the_file_that_vouches_for_a_block(sessions: Sessions, in_parts: State):
    tried = every_flip(in_parts, f"{STUDY}/parts/platform-000000-000000/runs.parquet")
    spread = tried[:: len(tried) // 600]  # all of them take hours
    assert_found_or_harmless(sessions, in_parts, spread, hit=keys_by_file(sessions, in_parts))


@pytest.mark.parametrize("number", [30, pytest.param(600, marks=pytest.mark.slow)])
def test_a_bit_that_flips_in_a_merged_table_leaves_nothing_unsound(
    sessions: Sessions, merged: State, number: int
):
    assert_found_or_harmless(sessions, merged, flips(merged, STUDY, number), hit=None)


@pytest.mark.parametrize("number", [30, pytest.param(600, marks=pytest.mark.slow)])
@pytest.mark.parametrize("place", ["parts", ""])
def test_readers_of_flipped_bits_are_told_or_get_rows(
    sessions: Sessions, in_parts: State, merged: State, place: str, number: int
):
    """Whatever a bit makes of a file, its readers end in no other error than that of a file that cannot be read."""
    state = in_parts if place else merged
    write(sessions.folder, state)
    refused = 0
    for path, byte, bit in flips(state, f"{STUDY}/{place}".rstrip("/"), number):
        content = bytearray(state[path])
        content[byte] ^= 1 << bit
        (sessions.folder / path).write_bytes(content)
        results = Results(sessions.folder / STUDY)
        for read in (
            results.runs,
            results.memberships,
            results.ledger,
            results.curves,
            results.verify,
            lambda results=results: results.ledger(scenario="platform", replication=0),
        ):
            try:
                read()
            except ResultsError:
                refused += 1
        (sessions.folder / path).write_bytes(state[path])
    assert refused > number
