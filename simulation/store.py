"""Writing a results folder so that nothing finished is ever lost.

A block of replications is written as a folder of files under a temporary name, flushed to disk and renamed: either all
of it is there or none. The blocks on disk are the journal: what is missing is still to be done. At the end they are
merged into one file a table, each put in place by renaming; the blocks go only when all of that is on disk.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from simulation.errors import ResultsError
from simulation.manifest import differences, now
from simulation.results import (
    MANIFEST,
    PARTS,
    Manifest,
    Replication,
    part_folders,
    read_manifest,
    read_parquet,
    read_rows,
    replications_in,
)
from simulation.rows import TABLES, canonical, checksum, of_replication, parquet_writer

ROWS_IN_MEMORY = 150_000
"""Rows of one table that compaction holds before it writes them as a row group."""

GROUP = 5
"""Replications that compaction reads at a time; with the constant above it settles the bytes of the files."""

COMPARISON = "comparison.csv"
FIGURES = "figures"
DAMAGED = "damaged"
FAILED = "failed"
_DONE = ".parts-merged"


class Store:
    """A results folder that is being written, by one process at a time.

    Parameters
    ----------
    folder : the results folder; nothing is written to it before :meth:`begin`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest = {}

    def check(self, manifest: Manifest) -> None:
        """Find out, without writing anything, whether the study may go on in this folder.

        Raises
        ------
        ResultsError
            Naming every difference, if the folder holds another study, or files that are not results.
        """
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise ResultsError(
                f"{self.folder}: a file stands where the results folder should be; choose another --out"
            )
        if not (self.folder / MANIFEST).exists():
            if any(self.folder.iterdir()):
                raise ResultsError(f"{self.folder}: holds files that are not results; choose another --out")
            return
        found = differences(read_manifest(self.folder), manifest)
        if found:
            raise ResultsError(
                f"{self.folder}: holds the results of another study\n"
                + "".join(f"  {line}\n" for line in found)
                + "Choose another folder with --out, or replace what is there with --fresh."
            )

    def begin(self, manifest: Manifest, *, fresh: bool) -> set[Replication]:
        """Open the folder for writing and return the replications that are finished there.

        Damaged blocks are set aside in ``damaged/`` and named in the manifest.

        Raises
        ------
        ResultsError
            As :meth:`check`, unless ``fresh``; or if the folder cannot be made.
        """
        known = (self.folder / MANIFEST).exists()
        if not (fresh and known):
            self.check(manifest)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultsError(
                f"{self.folder}: the results folder cannot be made: {error.strerror}"
            ) from None
        if fresh and known:
            self._clear()
        self.manifest = manifest
        if known and not fresh:
            before = read_manifest(self.folder)
            self.manifest["started"] = before["started"]
            self.manifest["replications"] = max(before["replications"], manifest["replications"])
            place = {entry["name"]: number for number, entry in enumerate(before["scenarios"])}
            self.manifest["scenarios"].sort(key=lambda entry: place.get(entry["name"], len(place)))
        # What a killed process left half-way: parts already merged, and files under temporary names.
        for leftover in (
            *self.folder.glob(".*.tmp"),
            *self.folder.glob(f"{PARTS}/.*.tmp"),
            self.folder / _DONE,
        ):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)
        finished = self._finished()
        self.save()
        return finished

    def save(self) -> None:
        """Put the manifest in place."""
        text = json.dumps(self.manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        replace(self.folder / MANIFEST, text.encode())

    def end(self, status: str) -> None:
        """Write how the batch ended: "finished", "failures" or "interrupted"."""
        self.manifest["status"] = status
        self.manifest["ended"] = now()
        self.save()

    def add(self, name: str, files: Mapping[str, bytes]) -> None:
        """Put a finished block in place: one Parquet file a table, all or none."""
        parts = self.folder / PARTS
        temporary = parts / f".{name}.tmp"
        temporary.mkdir(parents=True)
        for table, content in files.items():
            flushed(temporary / f"{table}.parquet", content)
        temporary.rename(parts / name)
        flush_folder(parts)

    def compact(self) -> None:
        """Merge the finished file of each table, where there is one, with the blocks; the outcome is the same bytes
        whichever blocks the replications came in.
        """
        if not part_folders(self.folder):
            return
        order = [entry["name"] for entry in self.manifest["scenarios"]]
        for table in TABLES:
            target = self.folder / f"{table}.parquet"
            temporary = self.folder / f".{table}.parquet.tmp"
            with temporary.open("wb") as sink:
                groups = self._groups(table, order)
                first = next(groups)
                with parquet_writer(sink, first.schema) as writer:
                    writer.write_table(first)
                    for group in groups:
                        writer.write_table(group)
                sink.flush()
                os.fsync(sink.fileno())
            temporary.replace(target)
        flush_folder(self.folder)
        (self.folder / PARTS).rename(self.folder / _DONE)
        shutil.rmtree(self.folder / _DONE)

    def _groups(self, table: str, order: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows of a table in their order, in row groups that depend on nothing but the rows."""
        runs = read_rows(self.folder, "runs", order=order, columns=["scenario", "replication"])
        finished = replications_in(runs)
        for scenario in dict.fromkeys(name for name, _ in finished):
            numbers = [number for name, number in finished if name == scenario]
            held: list[pa.Table] = []
            for first in sorted({number // GROUP * GROUP for number in numbers}):
                held.append(
                    read_rows(
                        self.folder,
                        table,
                        order=order,
                        scenario=scenario,
                        replications=range(first, first + GROUP),
                    )
                )
                if sum(rows.num_rows for rows in held) >= ROWS_IN_MEMORY:
                    yield canonical(pa.concat_tables(held))
                    held = []
            if held:
                yield canonical(pa.concat_tables(held))

    def _finished(self) -> set[Replication]:
        finished: set[Replication] = set()
        for part in part_folders(self.folder):
            try:
                finished |= sound_replications(part)
            except ResultsError as error:
                self._set_aside(part, str(error))
        if (self.folder / "runs.parquet").exists():
            runs = read_parquet(self.folder / "runs.parquet", columns=["scenario", "replication"])
            finished |= set(replications_in(runs))
        return finished

    def _set_aside(self, part: Path, why: str) -> None:
        place = self.folder / DAMAGED
        place.mkdir(exist_ok=True)
        number = sum(1 for _ in place.iterdir())
        part.rename(place / f"{part.name}-{number}")
        self.manifest["damaged"].append(why)

    def _clear(self) -> None:
        """Remove a study, and nothing that it did not write; the manifest last, so that a stop leaves it known."""
        for name in (PARTS, _DONE, FIGURES, DAMAGED, FAILED):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for table in TABLES:
            (self.folder / f"{table}.parquet").unlink(missing_ok=True)
        (self.folder / COMPARISON).unlink(missing_ok=True)
        (self.folder / MANIFEST).unlink(missing_ok=True)


def sound_replications(part: Path) -> set[Replication]:
    """Return the replications of a block.

    Raises
    ------
    ResultsError
        If a file of the block is damaged, or rows do not have the checksum that was written with them.
    """
    tables = {name: read_parquet(part / f"{name}.parquet") for name in TABLES}
    keys = replications_in(tables["runs"])
    for scenario, number in keys:
        rows = {name: of_replication(table, scenario, number) for name, table in tables.items()}
        if rows["runs"]["sha256"].to_pylist() != [checksum(rows)]:
            raise ResultsError(f"{part}: replication {number} of {scenario} does not match its checksum")
    return set(keys)


def replace(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    flushed(temporary, content)
    temporary.replace(path)
    flush_folder(path.parent)


def flushed(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())


def flush_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, on systems where that can be asked for."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
