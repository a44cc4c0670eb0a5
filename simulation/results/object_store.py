"""Writing a study into an object store, where it stays a dataset of blocks.

An object appears whole and is durable at once, so that nothing has a temporary name: workers write the tables of a
block under their final names, ``runs`` last, and a block is part of the study once that one is there. Blocks are not
merged, because a store cannot append; readers read them as they read those of a batch that is under way.
"""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from simulation.errors import MachineError, ResultsError
from simulation.files.objects import ObjectPath
from simulation.results.blocks import PARTS, part_folders
from simulation.results.bookkeeping import SCENARIOS, Kind
from simulation.results.delivery import MARK, Delivered, Delivery, new_mark
from simulation.results.locks import Holder, Lock
from simulation.results.manifest import Manifest
from simulation.results.own_files import record
from simulation.results.tables import TABLES
from simulation.results.writer import DAMAGED, Store

NOT_MERGED = "lies in an object store, so its blocks are not merged, and stay in parts/"
NOT_LOCKED = (
    "this store does not refuse to overwrite an object, so nothing keeps two programs from writing to the study at the "
    "same time; see to it that only one does"
)


def write_block(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the tables of a block, ``runs`` last, which makes it part of the study."""
    for table in [table for table in TABLES if table in files]:
        (folder / f"{table}.parquet").write_bytes(files[table])


@dataclass(frozen=True, slots=True)
class ObjectDelivery(Delivery):
    """Where workers that reach the store write their blocks."""

    def write(self, name: str, files: Mapping[str, bytes]) -> Delivered | None:
        """As for a disk. A worker that has outlived its parent finds no mark and writes nothing that counts."""
        rest = {table: content for table, content in files.items() if table != TABLES[-1]}
        try:
            write_block(self.parts / name, rest)
            if not self.mark.is_file():
                return None
            write_block(self.parts / name, {table: files[table] for table in files.keys() - rest})
        except OSError:
            return None
        return Delivered(name, {table: len(content) for table, content in files.items()})


class ObjectLock(Lock):
    """The lock of a study in a store that can refuse to overwrite an object."""

    def __init__(self, folder: ObjectPath) -> None:
        self._place: ObjectPath = folder
        self._me: Holder | None = None

    def is_possible(self) -> bool:
        """Whether the store refuses to overwrite an object if it is told to."""
        probe = self._place / f".writer-probe-{secrets.token_hex(8)}.lock"
        try:
            probe.create(b"")
            return not probe.create(b"")
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            return False
        finally:
            probe.unlink()

    def _content(self, name: str) -> bytes | None:
        try:
            return (self._place / name).read_bytes()
        except FileNotFoundError:
            return None

    def _make(self, name: str, holder: Holder) -> bool:
        content = json.dumps(asdict(holder)).encode()
        # A request that was repeated, because its answer was lost, finds what it wrote itself.
        return (self._place / name).create(content) or self._content(name) == content

    def _unlink(self, name: str) -> None:
        (self._place / name).unlink()

    def _entries(self) -> list[str]:
        return [path.name for path in self._place.iterdir()]


class ObjectStore(Store):
    """A study in an object store open for writing, by one process at a time if the store can see to that."""

    def __init__(self, folder: ObjectPath, kind: Kind = SCENARIOS) -> None:
        super().__init__(folder, kind)
        self._place_of_objects = folder
        self._known: set[str] = set()  # blocks that are part of the study
        self._told: list[str] = []

    def check(self, manifest: Manifest, *, fresh: bool) -> None:
        """As for a folder.

        Raises
        ------
        ResultsError
            Also if the store does not answer, refuses access or lacks the bucket.
        """
        try:
            super().check(manifest, fresh=fresh)
        except OSError as error:
            raise ResultsError(f"{self.folder}: {error.strerror}") from None

    @contextlib.contextmanager
    def alone(self, *, take_over: bool = False) -> Iterator[None]:
        """Keep other processes from writing to the study, if the store can refuse to overwrite an object."""
        lock = ObjectLock(self._place_of_objects)
        self._told = [f"{self.folder}: {NOT_MERGED}"]
        try:
            if lock.is_possible():
                lock.take(take_over=take_over)
                self._lock = lock
            else:
                self._told.append(NOT_LOCKED)
            for path in self._place_of_objects.iterdir():
                if path.name.startswith(MARK):
                    path.unlink()
            self._mark = self.folder / new_mark()
            self._mark.write_bytes(b"")
        except OSError as error:
            raise ResultsError(f"{self.folder}: {error.strerror}") from None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                self._mark.unlink()
                lock.release()

    def begin(self, manifest: Manifest, *, fresh: bool) -> set[tuple[str, int]]:
        """As for a folder."""
        self.notes += self._told
        found = super().begin(manifest, fresh=fresh)
        self._known = {part.name for part in part_folders(self.folder, self._names())}
        return found

    def delivery(self) -> Delivery | None:
        """Return where workers that reach the store write their blocks."""
        return None if self._mark is None else ObjectDelivery(self.folder / PARTS, self._mark)

    def add(self, name: str, files: Mapping[str, bytes]) -> None:
        """Put a finished block in place."""
        self._check_held()
        write_block(self.folder / PARTS / name, files)
        self._known.add(name)

    def accept(self, blocks: Sequence[tuple[str, Delivered]]) -> None:
        """Count blocks that workers have put in place."""
        self._check_held()
        self._known.update(name for name, _ in blocks)

    def compact(self, *, merge: bool = True) -> None:
        """Check that all blocks are there; they are never merged.

        Raises
        ------
        MachineError
            If some are not.
        """
        self._check_held()
        self._remove_unfinished()
        there = {part.name for part in part_folders(self.folder, self._names())}
        if lost := self._known - there:
            raise MachineError(
                f"{self.folder}: {len(lost)} finished blocks are missing; objects were removed during the run. "
                "The same command computes them again"
            )

    def _check_held(self) -> None:
        if self._lock is not None:
            self._lock.check()

    def _make_folder(self) -> None:
        """Do nothing: the first object makes it."""

    def _remove_parts(self, parts: Iterable[Path]) -> None:
        for part in parts:
            for table in reversed(TABLES):  # from the one that makes it count
                (part / f"{table}.parquet").unlink()

    def _set_aside(self, name: str, paths: Iterable[Path], *, why: str) -> None:
        """Copy the tables of damaged blocks, and remove them."""
        aside = self.folder / DAMAGED / f"{name}-{secrets.token_hex(4)}"
        record(self.folder, [f"{DAMAGED}/{aside.name}/{table}.parquet" for table in TABLES])
        for path in paths:
            for table in TABLES:
                with contextlib.suppress(FileNotFoundError):
                    (aside / f"{table}.parquet").write_bytes((path / f"{table}.parquet").read_bytes())
        self._remove_parts(paths)
        self.damaged.append(f"{why}; set aside in {aside}")
        self.manifest["damaged"].append(self.damaged[-1])


def store_of(folder: Path, kind: Kind = SCENARIOS) -> Store:
    """Return the writer of a study, which is the same for its user wherever it lies."""
    return ObjectStore(folder, kind) if isinstance(folder, ObjectPath) else Store(folder, kind)
