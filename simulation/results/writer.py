"""Writing a results folder without ever losing finished replications.

A block of replications is written as a folder of files under a temporary name, flushed to disk and renamed: either all
of it is there or none. The blocks on disk serve as the journal: what is missing remains to be computed. At the end they
are merged into one file per table, each put in place by renaming; the blocks are removed once all files are on disk.
``simulation.results.own_files`` records the files written, and no others are ever replaced or removed.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from simulation.errors import MachineError, ResultsError
from simulation.files.durable import (
    flush_folder,
    flushed,
    is_temporary,
    remove_abandoned,
    replace,
    settle,
)
from simulation.files.held_folder import (
    HeldFolder,
    check_encoding,
    held,
    inner_folder,
    is_there,
    make_folder,
    refuse_link,
)
from simulation.files.objects import mapped
from simulation.results.blocks import (
    OF_FILE_MANAGERS,
    PARTS,
    Replication,
    block_of_temporary,
    part_folders,
    part_name,
    part_of_replication,
    read_parquet,
    reading,
    replications_of,
    temporary_name,
    unfinished_parts,
)
from simulation.results.bookkeeping import FAILED, SCENARIOS, Bookkeeping, Kind
from simulation.results.delivery import MARK, Delivered, Delivery, new_mark
from simulation.results.locks import Lock, is_lock, locked
from simulation.results.manifest import MANIFEST, Manifest, keep_of
from simulation.results.merge import finished_rows, row_groups, sound_replications, system_memory
from simulation.results.own_files import (
    RECORD,
    on_record,
    place,
    placed,
    record,
    refuse_foreign,
    remove,
    remove_empty,
    remove_file,
)
from simulation.results.tables import TABLES, TABLES_OF, are_sound, parquet_writer, to_parquet

DAMAGED = "damaged"
KEPT = "finished runs are kept, and the same command continues from there"
NOT_FLUSHED = (
    "this disk cannot confirm when file names are stored; after a power cut, the last finished runs may be missing "
    "and are then computed again"
)


class Store(Bookkeeping):
    """A results folder open for writing, by one process at a time.

    Parameters
    ----------
    folder : the results folder; nothing is written to it before :meth:`begin`.
    kind : of the study.

    Raises
    ------
    ResultsError
        If the name of the folder is not UTF-8.
    """

    def __init__(self, folder: Path, kind: Kind = SCENARIOS) -> None:
        check_encoding(folder)
        super().__init__(folder, kind)
        self._held: HeldFolder | None = None
        self._lock: Lock | None = None
        self._mark: Path | None = None

    def check(self, manifest: Manifest, *, fresh: bool) -> None:
        """Check, without writing anything, that the study may continue in this folder, or replace its contents.

        Raises
        ------
        ResultsError
            If the folder holds files that are not results, or foreign files in places that have to be written; or,
            unless ``fresh``, another study: the message names every difference.
        """
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise ResultsError(
                f"{self.folder}: a file stands where the results folder should be; choose another --out"
            )
        if not (self.folder / MANIFEST).exists():
            # The remains of a start that was killed early, and the files of file managers, count as empty.
            empty = {RECORD} | OF_FILE_MANAGERS
            names = (path.name for path in self.folder.iterdir() if not is_lock(path))
            if any(name not in empty and not is_temporary(name, MANIFEST) for name in names):
                raise ResultsError(f"{self.folder}: holds files that are not results; choose another --out")
            return
        try:
            there = self.kind.read(self.folder)
        except ResultsError as error:
            raise ResultsError(f"{error}\nNothing was changed; choose another --out.") from None
        found = [] if fresh else self.kind.differences(there, manifest)
        if found:
            raise ResultsError(
                f"{self.folder}: holds the results of another study\n"
                + "".join(f"  {line}\n" for line in found)
                + f"Choose another folder, for instance --out {shlex.quote(str(free_name(self.folder)))}, "
                "or replace what is there with --fresh."
            )
        tables = (
            [f"{table}.parquet" for table in TABLES_OF[keep_of(manifest)]] if fresh else []
        )  # otherwise they are read, and set aside if damaged
        failed = [f"{FAILED}/{entry['name']}.toml" for entry in manifest["scenarios"]]
        refuse_foreign(self.folder, [*tables, *failed])

    def begin(self, manifest: Manifest, *, fresh: bool) -> set[Replication]:
        """Open the folder for writing and return the replications that are finished there.

        Damaged blocks are set aside in ``damaged/`` and named in the manifest.

        Raises
        ------
        ResultsError
            As :meth:`check`, unless ``fresh``; or if the folder cannot be made.
        """
        known = (self.folder / MANIFEST).exists()
        self.check(manifest, fresh=fresh)
        if self._held is None:
            self._make_folder()
        self._check_held()
        for name in (PARTS, DAMAGED, FAILED):
            refuse_link(self.folder / name)
        settle(self.folder, PARTS)
        before = self.kind.read(self.folder) if known else None
        if fresh and before:
            self._clear([entry["name"] for entry in before["scenarios"]])
        self.manifest = manifest
        if before and not fresh:
            self._continue(before)
        # Remains of a killed process: parts already merged, and temporary files.
        for name in (MANIFEST, *on_record(self.folder)):
            remove_abandoned(self.folder / name)
        self._remove_unfinished()
        self.finished = self._find_finished()
        record(self.folder, [path.name for path in self._files()])
        if os.name == "posix" and not flush_folder(self.folder):
            self.notes.append(NOT_FLUSHED)
        self.manifest["notes"] = self.notes
        self.save()
        return self.finished

    @contextlib.contextmanager
    def alone(self, *, take_over: bool = False) -> Iterator[None]:
        """Hold the folder, and keep other processes from writing to it.

        Parameters
        ----------
        take_over : as for :func:`simulation.results.locks.locked`.

        Raises
        ------
        ResultsError
            If another process is writing there, or the folder cannot be made.
        MachineError
            If the folder is moved, deleted or replaced meanwhile, or one of its files is removed.
        """
        self._make_folder()
        with held(self.folder) as self._held, locked(self._held, take_over=take_over) as self._lock:
            try:
                with self._marked():
                    yield
            except FileNotFoundError as error:
                self._check_held()
                if not str(error.filename).startswith(str(self.folder)):
                    raise
                raise MachineError(f"{error.filename}: it was removed during the run; {KEPT}") from error

    @contextlib.contextmanager
    def _marked(self) -> Iterator[None]:
        """Leave a mark by which workers recognize the folder, and remove those of killed processes."""
        with contextlib.suppress(OSError):  # without a mark they send their blocks
            for path in self.folder.glob(f"{MARK}*"):
                path.unlink()
            self._mark = self.folder / new_mark()
            self._mark.touch(exist_ok=False)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                if self._mark is not None:
                    self._mark.unlink()
        self._check_held()

    def delivery(self) -> Delivery | None:
        """Return where workers that share this disk write their blocks; None if nobody holds the folder."""
        if self._mark is None:
            return None
        return Delivery(inner_folder(self.folder, PARTS).absolute(), self._mark.absolute())

    def _check_held(self) -> None:
        if self._held is None:
            self._held = HeldFolder(self.folder)
        self._held.check()
        if self._lock is not None:
            self._lock.check()

    def _make_folder(self) -> None:
        make_folder(self.folder)

    def add(self, name: str, files: Mapping[str, bytes]) -> None:
        """Put a finished block in place: one Parquet file per table, all or none."""
        self._check_held()
        temporary = inner_folder(self.folder, PARTS) / temporary_name(name)
        temporary.mkdir(exist_ok=True)  # exists already if it holds a foreign file
        for table, content in files.items():
            flushed(temporary / f"{table}.parquet", content)
        flush_folder(temporary)
        self._put_in_place({name: temporary.name})

    def accept(self, blocks: Sequence[tuple[str, Delivered]]) -> None:
        """Put blocks in place that workers have written and flushed under temporary names."""
        if blocks:
            self._put_in_place({name: delivered.name for name, delivered in blocks})

    def _put_in_place(self, temporary: Mapping[str, str]) -> None:
        """Give blocks their names, and wait until all of these are on the disk: they are the journal."""
        self._check_held()
        parts = inner_folder(self.folder, PARTS)
        for name, now_called in temporary.items():
            if os.path.lexists(parts / name):  # not a block, else it would not be computed again
                self._set_aside(name, [parts / name], why=f"{parts / name}: not a block")
            (parts / now_called).rename(parts / name)
        flush_folder(parts)
        self._check_held()

    def _save(self, text: bytes) -> None:
        replace(self.folder / MANIFEST, text)

    def _place(self, name: str, content: bytes) -> str:
        (path,) = place(self.folder, {name: content})
        return str(path)

    def _remove_unfinished(self) -> None:
        self._remove_parts(unfinished_parts(self.folder, self._names()))

    def compact(self, *, merge: bool = True) -> None:
        """Merge the finished file of each table, if there is one, with the blocks. The resulting bytes do not depend on
        how the replications were divided into blocks.

        Parameters
        ----------
        merge : if not, blocks stay as they are, and only the check remains.

        Raises
        ------
        MachineError
            If the rows are not those of the replications that have finished.
        """
        self._check_held()
        self._remove_unfinished()  # of workers that were lost
        parts = part_of_replication(self.folder, self._names())
        if parts and merge:
            self._merge(parts)
        elif not parts:
            remove_empty([self.folder / PARTS])  # the old one was damaged, and its replications are in parts
        self._check_held()
        self._check_rows(set() if merge else set(parts))

    def _merge(self, parts: Mapping[Replication, Path]) -> None:
        order = self._names()
        for table in TABLES_OF[self.keep]:
            schema = pq.read_schema(next(iter(parts.values())) / f"{table}.parquet")
            target = placed(self.folder, f"{table}.parquet")
            with system_memory(), target as temporary, temporary.open("wb") as sink:
                with parquet_writer(sink, schema) as writer:
                    for group in row_groups(self.folder, table, order=order, parts=parts):
                        writer.write_table(group)
                self._check_held()
        # Readers must not find an incomplete part: all are first renamed to unfinished ones.
        merged = [
            part.rename(part.with_name(f".{part.name}.tmp")) for part in part_folders(self.folder, order)
        ]
        flush_folder(self.folder / PARTS)
        self._remove_parts(merged)

    def _remove_parts(self, parts: Iterable[Path]) -> None:
        """Remove the tables in the folders of blocks, and the folders, unless something else is in them."""
        parts = list(parts)
        for part in parts:
            for table in TABLES:
                remove_file(part / f"{table}.parquet")
        remove_empty([self.folder / PARTS, *parts])
        for part in parts:
            shown = part.with_name(block_of_temporary(part.name) or part.name)
            if part.exists() and not os.path.lexists(shown):
                part.rename(shown)  # it holds a foreign file, which must not stay hidden

    def _check_rows(self, in_parts: Set[Replication]) -> None:
        """Compare the rows with the finished replications before the manifest is updated."""
        path = self.folder / "runs.parquet"
        keys: list[Replication] = list(in_parts)
        if path.exists():
            keys += [key for key in replications_of(path) if key not in in_parts]
        expected, self.finished = self.finished, set(keys)
        lost = expected - self.finished
        if lost:
            raise MachineError(
                f"{self.folder}: the rows of {len(lost)} finished replications are missing; files were removed "
                "during the run. The same command computes them again"
            )
        if len(keys) != len(expected):
            raise MachineError(
                f"{path}: {len(keys)} rows for {len(expected)} replications; files were added during the run. "
                "Compute the study again with --fresh"
            )

    def _find_finished(self) -> set[Replication]:
        finished: set[Replication] = set()
        parts = part_folders(self.folder, self._names())
        for part, found in zip(parts, mapped(self._sound, parts), strict=True):
            if isinstance(found, ResultsError):
                self._set_aside(part.name, [part], why=str(found))
            else:
                finished |= found
        files = [path for path in self._files() if path.exists()]
        if files:
            try:
                finished |= self._in_files(finished)
            except ResultsError as error:
                if self._are_left_by_a_merge(files, finished):
                    for path in files:
                        remove_file(path)
                else:
                    finished |= self._salvage(finished)
                    self._set_aside("finished", files, why=str(error))
        return finished

    def _sound(self, part: Path) -> set[Replication] | ResultsError:
        try:
            return sound_replications(part, TABLES_OF[self.keep])
        except ResultsError as error:
            return error

    def _in_files(self, in_parts: set[Replication]) -> set[Replication]:
        """Return the replications in the finished files; those also in parts may have rows in some of the files only.

        Raises
        ------
        ResultsError
            If one of them is missing or damaged, or rows do not have the checksum that was written with them.
        """
        found = set()
        with reading(self.folder):
            for key, rows in finished_rows(
                self.folder, order=self._names(), elsewhere=in_parts, tables=TABLES_OF[self.keep]
            ):
                if not are_sound(rows):
                    raise ResultsError(
                        f"{self.folder}: replication {key[1]} of {key[0]} does not match its checksum"
                    )
                found.add(key)
        return found

    def _are_left_by_a_merge(self, files: Iterable[Path], in_parts: set[Replication]) -> bool:
        """Whether the first merge was stopped before ``runs.parquet`` was in place, so that the parts hold all rows."""
        if (self.folder / "runs.parquet").exists():
            return False
        with contextlib.suppress(ResultsError):
            return all(set(replications_of(path)) <= in_parts for path in files)
        return False

    def _files(self) -> list[Path]:
        return [self.folder / f"{table}.parquet" for table in TABLES_OF[self.keep]]

    def _salvage(self, elsewhere: set[Replication]) -> set[Replication]:
        """Move the sound replications of damaged finished files into parts, and return them."""
        saved: set[Replication] = set()
        with contextlib.suppress(ResultsError):  # without runs there is no checksum for anything
            for scenario, number in sorted(set(replications_of(self.folder / "runs.parquet")) - elsewhere):
                read = partial(read_parquet, scenario=scenario, replications=range(number, number + 1))
                with contextlib.suppress(ResultsError):
                    with reading(self.folder):
                        rows = {path.stem: read(path) for path in self._files()}
                        sound = are_sound(rows)
                    if sound:
                        files = {table: to_parquet(rows[table]) for table in rows}
                        self.add(part_name(scenario, [number]), files)
                        saved.add((scenario, number))
        return saved

    def _set_aside(self, name: str, paths: Iterable[Path], *, why: str) -> None:
        number = 0
        while os.path.lexists(aside := self.folder / DAMAGED / f"{name}-{number}"):
            number += 1
        known = {RECORD, *on_record(self.folder)}
        tables = [f"{DAMAGED}/{aside.name}/{table}.parquet" for table in TABLES]
        inner_folder(self.folder, DAMAGED)
        for path in paths:
            in_parts = path.parent.name == PARTS
            if in_parts:
                record(self.folder, tables)
                path.rename(aside)
            else:
                if path.name in known:  # otherwise it is foreign and stays
                    record(self.folder, [f"{DAMAGED}/{aside.name}/{path.name}"])
                inner_folder(self.folder, f"{DAMAGED}/{aside.name}")
                path.rename(aside / path.name)
        flush_folder(aside if aside.is_dir() else aside.parent)
        self.damaged.append(f"{why}; set aside in {aside}")
        self.manifest["damaged"].append(self.damaged[-1])

    def _clear(self, scenarios: Sequence[str]) -> None:
        """Remove the files that a study wrote, and no others.

        The manifest stays until the new one replaces it, so that the folder is still recognized after a stop.
        """
        self._remove_parts([*part_folders(self.folder, scenarios), *unfinished_parts(self.folder, scenarios)])
        remove(self.folder)


def free_name(folder: Path) -> Path:
    """Return the first of NAME-2, NAME-3, ... beside a folder that does not exist yet."""
    number = 2
    while is_there(found := folder.with_name(f"{folder.name}-{number}")):
        number += 1
    return found
