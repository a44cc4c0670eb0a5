"""The account of a study while it runs: its manifest, and the replications that are finished or have failed.

It is the same wherever the study lies; ``simulation.results.writer`` keeps it in a folder.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation import plugins
from simulation.errors import MachineError
from simulation.results.blocks import Replication
from simulation.results.delivery import Delivered, Delivery
from simulation.results.manifest import Manifest, differences, keep_of, now, ranges
from simulation.results.manifest_form import read_manifest

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

FAILED = "failed"
SECONDS_BETWEEN_SAVES = 1.0
"""While replications fail one after the other; what a stop could leave out is tried again anyway."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of study: how its manifest is read, and why those of two studies cannot share a folder."""

    read: Callable[[Path], Manifest]
    differences: Callable[[Manifest, Manifest], list[str]]  # there, here; one line each


SCENARIOS = Kind(read_manifest, differences)
"""Studies of scenarios of the model."""


class Bookkeeping(ABC):
    """A study open for writing, by one process at a time.

    Parameters
    ----------
    folder : where it lies; nothing is written there before :meth:`begin`.
    kind : of the study.
    """

    def __init__(self, folder: Path, kind: Kind = SCENARIOS) -> None:
        self.folder = folder
        self.kind = kind
        self.manifest: Manifest = {}
        self.finished: set[Replication] = set()
        self.damaged: list[str] = []  # blocks that :meth:`begin` found damaged
        self.notes: list[str] = []  # notes of :meth:`begin` for the user
        self._saved = 0.0

    @abstractmethod
    def check(self, manifest: Manifest, *, fresh: bool) -> None:
        """Check, without writing anything, that the study may continue here, or replace what is here.

        Raises
        ------
        ResultsError
            If foreign files are in the way, or, unless ``fresh``, another study: the message names every difference.
        """

    @abstractmethod
    def alone(self, *, take_over: bool = False) -> contextlib.AbstractContextManager[None]:
        """Keep other processes from writing to the study.

        Parameters
        ----------
        take_over : as for :func:`simulation.results.locks.locked`.

        Raises
        ------
        ResultsError
            If another process is writing there, or nothing can be written.
        """

    @abstractmethod
    def begin(self, manifest: Manifest, *, fresh: bool) -> set[Replication]:
        """Open the study for writing and return the replications that are finished there; errors as :meth:`check`."""

    @abstractmethod
    def delivery(self) -> Delivery | None:
        """Return where workers that see the same disk write their blocks, if they can."""

    @abstractmethod
    def accept(self, blocks: Sequence[tuple[str, Delivered]]) -> None:
        """Make blocks that workers have written part of the study, under these names."""

    @abstractmethod
    def add(self, name: str, files: Mapping[str, bytes]) -> None:
        """Put a finished block in place: one Parquet file per table, all or none."""

    @abstractmethod
    def compact(self, *, merge: bool = True) -> None:
        """Merge the blocks, if that is wanted and possible, and check that the finished replications are there."""

    @abstractmethod
    def _check_held(self) -> None:
        """Check that this process may still write; raises ``MachineError`` if not."""

    @abstractmethod
    def _save(self, text: bytes) -> None:
        """Put the manifest in place."""

    @abstractmethod
    def _place(self, name: str, content: bytes) -> str:
        """Write another file of ours and return its full name."""

    @abstractmethod
    def _remove_unfinished(self) -> None:
        """Remove blocks that were being written when the batch stopped."""

    @property
    def keep(self) -> str:
        """What is kept of each replication: one of ``simulation.results.tables.TABLES_OF``."""
        return keep_of(self.manifest)

    def save(self) -> None:
        """Put the manifest in place."""
        self._saved = time.monotonic()
        self._check_held()
        self.manifest["state"] = self._state()
        text = json.dumps(self.manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        # Names of files, which may stand in a traceback, need not be text.
        self._save(text.encode(errors="backslashreplace"))
        self._check_held()

    def _state(self) -> dict[str, dict[str, str]]:
        """Return the finished and the failed replications of each scenario."""
        failures = [(failure["scenario"], failure["replication"]) for failure in self.manifest["failures"]]
        numbers: dict[tuple[str, str], list[int]] = {}  # by state and scenario
        for state, keys in (("finished", self.finished), ("failed", failures)):
            for name, number in keys:
                numbers.setdefault((state, name), []).append(number)
        return {
            name: {state: ranges(numbers.get((state, name), ())) for state in ("finished", "failed")}
            for name in self._names()
        }

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """Record how a batch ended: "finished", "failures" or "interrupted"."""
        try:
            yield
            self._end("failures" if self.manifest["failures"] else "finished")
        except BaseException:
            if self._saved:  # by :meth:`begin`, which may have refused the study
                with contextlib.suppress(OSError, MachineError):  # they must not hide the first error
                    self._check_held()
                    self._remove_unfinished()
                    self._end("interrupted")
            raise

    def _end(self, status: str) -> None:
        self.manifest["status"] = status
        self.manifest["ended"] = now()
        self.save()

    def add_failure(
        self,
        name: str,
        replication: int,
        *,
        spec: Scenario,
        seed: int,
        error: str,
        traceback: str,
        deadline: float | None,
    ) -> None:
        """Record a failed replication with a command that reproduces it; its scenario is kept in a file.

        Parameters
        ----------
        name : of the scenario in the study.
        spec : what was simulated; in an ensemble it differs between points.
        """
        self._check_held()
        file = f"{name}-{replication}" if "ensemble" in self.manifest else name
        scenario = self._place(f"{FAILED}/{file}.toml", spec.to_toml().encode())
        again = ["hypercluster", "run", scenario, "--seed", seed, "--replications", 1, "--workers", 1]
        again += ["--deadline", f"{deadline:g}"] if deadline is not None else []
        again += ["--out", f"{scenario.removesuffix('.toml')}-seed-{seed}"]
        again += plugins.options()
        self.note_failure(
            name,
            replication,
            seed=seed,
            error=error,
            traceback=traceback,
            reproduce=shlex.join(map(str, again)),
        )

    def note_failure(
        self, name: str, replication: int, *, seed: int, error: str, traceback: str, reproduce: str
    ) -> None:
        """Record a failed replication with what reproduces it, a command or a line of Python."""
        self._check_held()
        self.manifest["failures"].append(
            {
                "scenario": name,
                "replication": replication,
                "seed": seed,
                "error": error,
                "traceback": traceback,
                "reproduce": reproduce,
            }
        )
        if time.monotonic() > self._saved + SECONDS_BETWEEN_SAVES:
            self.save()

    def record(self, key: str, value: Any, *, replications: int) -> None:
        """Add the number of replications and the stopping rule to the manifest."""
        self.manifest[key] = value
        self.manifest["replications"] = max(self.manifest["replications"], replications)
        self.save()

    def put(self, name: str, content: bytes) -> None:
        """Write another file of the study beside the tables."""
        self._check_held()
        self._place(name, content)

    def _names(self) -> list[str]:
        return [entry["name"] for entry in self.manifest["scenarios"]]

    def _continue(self, before: Manifest) -> None:
        """Take over from an earlier manifest of the same study what stays."""
        self.manifest["started"] = before["started"]
        self.manifest["replications"] = max(before["replications"], self.manifest["replications"])
        self.manifest["damaged"] = before["damaged"]
        place_of = {entry["name"]: number for number, entry in enumerate(before["scenarios"])}
        self.manifest["scenarios"].sort(key=lambda entry: place_of.get(entry["name"], len(place_of)))
