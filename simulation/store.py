"""Writing a results folder so that nothing finished is ever lost.

A block of replications is written as a folder of files under a temporary name, flushed to disk and renamed: either all
of it is there or none. The blocks on disk are the journal: what is missing is still to be done. At the end they are
merged into one file a table, each put in place by renaming; the blocks go only when all of that is on disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulation.durable import NO_ROOM, beside, flush_folder, flushed, replace, written_beside
from simulation.errors import ResultsError
from simulation.manifest import differences, now, ranges
from simulation.merge import part_of_replication, read_groups, row_groups, system_memory
from simulation.results import (
    MANIFEST,
    PARTS,
    Manifest,
    Replication,
    part_folders,
    part_name,
    read_manifest,
    read_parquet,
    replications_in,
)
from simulation.rows import TABLES, checksum, of_replication, parquet_writer, to_parquet

if TYPE_CHECKING:
    from simulation.scenario import Scenario

if sys.platform != "win32":
    import fcntl

COMPARISON = "comparison.csv"
FIGURES = "figures"
DAMAGED = "damaged"
FAILED = "failed"
_DONE = ".parts-merged"
SECONDS_BETWEEN_SAVES = 1.0
"""While replications fail one after the other; what a stop could leave out is tried again anyway."""


class Store:
    """A results folder that is being written, by one process at a time.

    Parameters
    ----------
    folder : the results folder; nothing is written to it before :meth:`begin`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest = {}
        self.finished: set[Replication] = set()
        self.damaged: list[str] = []  # what :meth:`begin` found damaged
        self._saved = 0.0

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
            ours = {beside(self.folder / MANIFEST)}  # a start that was killed before anything was there
            if set(self.folder.iterdir()) - ours:
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
        self._make_folder()
        if fresh and known:
            self._clear()
        self.manifest = manifest
        if known and not fresh:
            before = read_manifest(self.folder)
            self.manifest["started"] = before["started"]
            self.manifest["replications"] = max(before["replications"], manifest["replications"])
            self.manifest["damaged"] = before["damaged"]
            place = {entry["name"]: number for number, entry in enumerate(before["scenarios"])}
            self.manifest["scenarios"].sort(key=lambda entry: place.get(entry["name"], len(place)))
        # What a killed process left half-way: parts already merged, and files under temporary names.
        for leftover in (
            *self.folder.glob(".*.tmp"),
            *self.folder.glob(f"{PARTS}/.*.tmp"),
            self.folder / _DONE,
        ):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)
        self.finished = self._find_finished()
        self.save()
        return self.finished

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from writing to the folder, on systems and disks where that can be done.

        Raises
        ------
        ResultsError
            If another process is writing there, or the folder cannot be made.
        """
        self._make_folder()
        if sys.platform == "win32":
            yield
            return
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            with contextlib.suppress(PermissionError):  # disks that cannot lock a folder
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ResultsError(f"{self.folder}: another process is writing to this folder") from None
        finally:
            os.close(handle)  # and the lock with it, as also whenever the process ends

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise
            raise ResultsError(
                f"{self.folder}: the results folder cannot be made: {error.strerror}"
            ) from None

    def save(self) -> None:
        """Put the manifest in place."""
        self.manifest["state"] = self._state()
        text = json.dumps(self.manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        replace(self.folder / MANIFEST, text.encode())
        self._saved = time.monotonic()

    def _state(self) -> dict[str, dict[str, str]]:
        """Return which replications of each scenario are finished, and which failed."""
        failures = [(failure["scenario"], failure["replication"]) for failure in self.manifest["failures"]]
        return {
            entry["name"]: {
                state: ranges(number for name, number in keys if name == entry["name"])
                for state, keys in (("finished", self.finished), ("failed", failures))
            }
            for entry in self.manifest["scenarios"]
        }

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """Write how a batch ended, however it does: "finished", "failures" or "interrupted"."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):  # a full disk must not hide what went wrong first
                self._end("interrupted")
            raise
        self._end("failures" if self.manifest["failures"] else "finished")

    def _end(self, status: str) -> None:
        self.manifest["status"] = status
        self.manifest["ended"] = now()
        self.save()

    def add_failure(
        self,
        spec: Scenario,
        replication: int,
        *,
        seed: int,
        error: str,
        traceback: str,
        deadline: float | None,
    ) -> None:
        """Record a replication that failed, with a command that does it again; its scenario is kept in a file."""
        scenario = self.folder / FAILED / f"{spec.name}.toml"
        scenario.parent.mkdir(exist_ok=True)
        replace(scenario, spec.to_toml().encode())
        again = ["hypercluster", "run", scenario, "--seed", seed, "--replications", 1, "--workers", 1]
        again += ["--deadline", f"{deadline:g}"] if deadline is not None else []
        again += ["--out", scenario.with_name(f"{spec.name}-seed-{seed}")]
        self.manifest["failures"].append(
            {
                "scenario": spec.name,
                "replication": replication,
                "seed": seed,
                "error": error,
                "traceback": traceback,
                "reproduce": shlex.join(map(str, again)),
            }
        )
        if time.monotonic() > self._saved + SECONDS_BETWEEN_SAVES:
            self.save()

    def record(self, key: str, value: Any, *, replications: int) -> None:
        """Put something else that is known now into the manifest: how many replications there are by what rule."""
        self.manifest[key] = value
        self.manifest["replications"] = max(self.manifest["replications"], replications)
        self.save()

    def add(self, name: str, files: Mapping[str, bytes]) -> None:
        """Put a finished block in place: one Parquet file a table, all or none."""
        parts = self.folder / PARTS
        temporary = parts / f".{name}.tmp"
        temporary.mkdir(parents=True)
        try:
            for table, content in files.items():
                flushed(temporary / f"{table}.parquet", content)
            flush_folder(temporary)
        except OSError:  # most often for lack of room: leave none of it
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        temporary.rename(parts / name)
        flush_folder(parts)

    def compact(self) -> None:
        """Merge the finished file of each table, where there is one, with the blocks; the outcome is the same bytes
        whichever blocks the replications came in.
        """
        parts = part_of_replication(self.folder)
        if not parts:
            return
        order = [entry["name"] for entry in self.manifest["scenarios"]]
        for table in TABLES:
            target = self.folder / f"{table}.parquet"
            schema = pq.read_schema(next(iter(parts.values())) / f"{table}.parquet")
            with system_memory(), written_beside(target) as temporary, temporary.open("wb") as sink:
                with parquet_writer(sink, schema) as writer:
                    for group in row_groups(self.folder, table, order=order, parts=parts):
                        writer.write_table(group)
                sink.flush()
                os.fsync(sink.fileno())
        flush_folder(self.folder)
        (self.folder / PARTS).rename(self.folder / _DONE)
        shutil.rmtree(self.folder / _DONE)

    def _find_finished(self) -> set[Replication]:
        finished: set[Replication] = set()
        for part in part_folders(self.folder):
            try:
                finished |= sound_replications(part)
            except ResultsError as error:
                self._set_aside(part.name, [part], why=str(error))
        if (self.folder / "runs.parquet").exists():
            try:
                check_files(self.folder)
            except ResultsError as error:
                finished |= self._salvage(finished)
                files = [path for path in self._files() if path.exists()]
                self._set_aside("finished", files, why=str(error))
            else:
                runs = read_parquet(self.folder / "runs.parquet", columns=["scenario", "replication"])
                finished |= set(replications_in(runs))
        return finished

    def _files(self) -> list[Path]:
        return [self.folder / f"{table}.parquet" for table in TABLES]

    def _salvage(self, elsewhere: set[Replication]) -> set[Replication]:
        """Put what is sound in damaged finished files into parts, and return it."""
        saved: set[Replication] = set()
        with contextlib.suppress(ResultsError):  # without runs there is no checksum for anything
            runs = read_parquet(self.folder / "runs.parquet", columns=["scenario", "replication"])
            for scenario, number in sorted(set(replications_in(runs)) - elsewhere):
                where = (pc.field("scenario") == scenario) & (pc.field("replication") == number)
                with contextlib.suppress(ResultsError):
                    rows = {path.stem: read_parquet(path, where=where) for path in self._files()}
                    if rows["runs"]["sha256"].to_pylist() == [checksum(rows)]:
                        files = {table: to_parquet(rows[table]) for table in TABLES}
                        self.add(part_name(scenario, [number]), files)
                        saved.add((scenario, number))
        return saved

    def _set_aside(self, name: str, paths: Iterable[Path], *, why: str) -> None:
        place = self.folder / DAMAGED
        place.mkdir(exist_ok=True)
        place /= f"{name}-{sum(1 for _ in place.iterdir())}"
        for path in paths:
            if path.is_dir():
                path.rename(place)
            else:
                place.mkdir(exist_ok=True)
                path.rename(place / path.name)
        self.damaged.append(f"{why}; set aside in {place}")
        self.manifest["damaged"].append(self.damaged[-1])

    def _clear(self) -> None:
        """Remove a study, and nothing that it did not write; the manifest last, so that a stop leaves it known."""
        for name in (PARTS, _DONE, FIGURES, DAMAGED, FAILED):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for table in TABLES:
            (self.folder / f"{table}.parquet").unlink(missing_ok=True)
        for path in self.folder.glob(f"{Path(COMPARISON).stem}*.csv"):  # also those with other folders
            path.unlink()
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


def check_files(folder: Path) -> None:
    """Read the finished files through, every page against its checksum.

    Raises
    ------
    ResultsError
        If one of them is missing or damaged.
    """
    for table in TABLES:
        for _ in read_groups(folder / f"{table}.parquet"):
            pass
