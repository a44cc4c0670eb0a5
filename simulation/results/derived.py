"""Files derived from the runs of a results folder: recording their sources, and listing those that are out of date.

Tables, figures and reports of a study that has grown since, or was run again, are still beside the new
numbers.
"""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from simulation import plugins
from simulation.errors import ResultsError
from simulation.results.blocks import ignored
from simulation.results.own_files import Origin, on_record, place, placed
from simulation.results.reader import Results
from simulation.results.tables import TABLES

FIGURES = "figures"
HERE = "."
"""Stands for the results folder in the command that updates a file."""
MOST_NAMED = 3
"""Largest number of files of one folder that a note lists; more are only counted."""


_WITHOUT = {
    "curves": "Without them there are no figures region_map, platform_membership and ledger, no money by "
    "instrument, no animation and no replay",
    "metrics": "Without them there are means, paired differences and the verdict, but no figures, no additional "
    "adoptions, no sources of the change in synchronization, no money by instrument, no animation and no replay",
}
"""What cannot be done with a study that does not keep all tables."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The place for files derived from the runs of a results folder."""

    folder: Path
    origin: Origin

    def write(self, files: Mapping[str, bytes]) -> list[Path]:
        """Write files, each atomically, by their names in the folder; return their paths.

        Raises
        ------
        ResultsError
            If a file stands there that this program did not write; nothing is written then.
        """
        return place(self.folder, files, self.origin)

    def placed(self, name: str) -> AbstractContextManager[Path]:
        """Yield a temporary path for a file that another program writes; errors as :meth:`write`."""
        return placed(self.folder, name, self.origin)


def outputs_of(results: Results, *renew: str, others: Sequence[Results] = ()) -> Outputs:
    """Return the place for files derived from these results. Call it before reading: later runs make them out of date.

    Parameters
    ----------
    renew : arguments of the command that writes the files again; "." stands for the folder.
    others : further results that the files are made from.

    Raises
    ------
    ResultsError
        If the runs cannot be read.
    """
    related = tuple(
        (Path(os.path.relpath(other.path, results.path)).as_posix(), other.digest()) for other in others
    )
    return Outputs(results.path, Origin(results.digest(), renew, related))


def notes_on(results: Results) -> list[str]:
    """Return notes on the files of a results folder for its reader, one sentence each.

    Raises
    ------
    ResultsError
        If the runs cannot be read.
    """
    notes = []
    if "ensemble" not in results.manifest and (reason := results.lacking(*TABLES)):
        notes.append(f"{reason}. {_WITHOUT[results.keep]}")
    notes += results.plugins_lacking()
    if names := ignored(results.path, results.scenarios):
        notes.append(
            f"not read in {results.path}, because their names are not those that this program gives: "
            f"{_in_few_words(names)}"
        )
    old = stale(results)
    if old:
        commands = dict.fromkeys(_command(results.path, origin.renew) for origin in old.values())
        notes.append(
            f"made from other runs than those in {results.path} now: {_in_few_words(old)}; "
            f"renew with: {' && '.join(commands)}"
        )
    return notes


def stale(results: Results) -> dict[str, Origin]:
    """Return the derived files that were made from other runs than the present ones, by name."""
    recorded = {name: origin for name, origin in on_record(results.path).items() if origin.renew}
    there = {name: origin for name, origin in recorded.items() if (results.path / name).is_file()}
    if not there:
        return {}
    now = results.digest()
    others = dict(_changed(results.path, there))
    return {
        name: origin
        for name, origin in there.items()
        if origin.runs != now or any(others.get(pair, False) for pair in origin.others)
    }


def _changed(folder: Path, there: Mapping[str, Origin]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Yield whether other results changed since; deleted ones are skipped, as they cannot be compared with again."""
    for path, digest in {pair for origin in there.values() for pair in origin.others}:
        try:
            yield (path, digest), Results(folder / path).digest() != digest
        except ResultsError:
            continue


def _command(folder: Path, renew: Sequence[str]) -> str:
    words = (str(folder) if word == HERE else word for word in renew)
    return shlex.join(["hypercluster", *words, *plugins.options()])


def _in_few_words(names: Sequence[str] | Mapping[str, Origin]) -> str:
    """Return names; if a folder has many, only their number."""
    folders = Counter(PurePosixPath(name).parent for name in names)
    words: dict[str, None] = {}
    for name in names:
        parent = PurePosixPath(name).parent
        many = folders[parent] > MOST_NAMED and parent.parts
        words[f"{folders[parent]} files in {parent}/" if many else _printable(name)] = None
    return ", ".join(words)


def _printable(name: str) -> str:
    """Return the name with characters that are safe on a terminal."""
    return name if name.isprintable() else ascii(name)
