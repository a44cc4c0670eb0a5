"""The record of the files of a results folder that this program wrote; the only way to write or remove them.

``written.jsonl`` has a line for each file, appended and flushed before the file is put in place: a stop in between
leaves a line without a file, never a file without a line. Files that are not on record are foreign, and neither
overwritten nor removed. Blocks in ``parts/`` are recognized by their names instead; see ``simulation.results.blocks``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulation.errors import ResultsError, listed
from simulation.files.durable import append, flush_folder, remove_abandoned, replace, written_beside
from simulation.files.held_folder import inner_folder, is_there, refuse_link
from simulation.files.plain import read_plain

RECORD = "written.jsonl"


@dataclass(frozen=True, slots=True)
class Origin:
    """The sources of a derived file, and how to make it again; empty for the files of a batch itself."""

    runs: str = ""
    """Digest of the runs, as ``Results.digest`` returns it; empty while it is not known."""
    renew: tuple[str, ...] = ()
    """Arguments of the command that writes the file again; "." stands for the folder."""
    others: tuple[tuple[str, str], ...] = ()
    """Other results folders that it was made from, relative to this one, with the digest of their runs."""


def on_record(folder: Path) -> dict[str, Origin]:
    """Return the files on record by their names, relative to the folder and with "/"; some may no longer exist.

    Lines that cannot be read, or that lead out of the folder, are ignored.
    """
    try:
        lines = read_plain(folder / RECORD).split(b"\n")
    except OSError:  # none, or something else that is called so
        return {}
    found: dict[str, Origin] = {}
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError, TypeError, KeyError):
            entry = json.loads(line)
            if _lies_inside(entry["file"]):
                found[entry["file"]] = Origin(
                    runs=str(entry.get("runs", "")),
                    renew=tuple(map(str, entry.get("renew", ()))),
                    others=tuple((str(path), str(digest)) for path, digest in entry.get("others", ())),
                )
    return found


def _lies_inside(name: str) -> bool:
    path = Path(name)
    return bool(path.parts) and not path.anchor and ".." not in path.parts and "\0" not in name


def record(folder: Path, names: Iterable[str], origin: Origin | None = None) -> None:
    """Put files on record; they need not exist yet.

    The whole record is on the disk when this returns, including lines that killed processes had not flushed, because
    their successors rely on them.
    """
    origin = origin or Origin()
    known = on_record(folder)
    new = [name for name in names if known.get(name) != origin]
    path = folder / RECORD
    refuse_link(path)
    if not new and not path.exists():
        return
    details = {"runs": origin.runs, "renew": origin.renew, "others": origin.others}
    details = {key: value for key, value in details.items() if value}
    lines = "".join(json.dumps({"file": name} | details) + "\n" for name in new)
    append(path, lines.encode())
    flush_folder(folder)


def refuse_foreign(folder: Path, names: Iterable[str]) -> None:
    """Check that files may be written or removed.

    Raises
    ------
    ResultsError
        If some of them exist and are not on record; the message names them.
    """
    there = [name for name in names if is_there(folder / name)]
    known = on_record(folder) if there else {}
    if foreign := [name for name in there if name not in known]:
        raise ResultsError(
            f"{folder}: {listed(foreign)} would be overwritten, and {RECORD} does not list "
            f"{'it' if len(foreign) == 1 else 'them'} as written by this program; "
            f"move {'it' if len(foreign) == 1 else 'them'} elsewhere"
        )


@contextlib.contextmanager
def placed(folder: Path, name: str, origin: Origin | None = None) -> Iterator[Path]:
    """Yield a temporary path, whose file replaces ``name`` at the end, and put it on record.

    Raises
    ------
    ResultsError
        If the file exists and is not on record.
    """
    with _on_record_around(folder, [name], origin or Origin()):
        path = _with_folders(folder, name)
        with written_beside(path) as temporary:
            yield temporary


def place(folder: Path, files: Mapping[str, bytes], origin: Origin | None = None) -> list[Path]:
    """Write files, each atomically, put them on record, and return their paths.

    Raises
    ------
    ResultsError
        If one of them exists and is not on record; nothing is written then.
    """
    with _on_record_around(folder, files, origin or Origin()):
        for name, content in files.items():
            replace(_with_folders(folder, name), content)
    return [folder / name for name in files]


def _with_folders(folder: Path, name: str) -> Path:
    """Return the path of a file and make its parent folders within the results folder; none may be a link."""
    *above, _ = Path(name).parts
    for depth in range(len(above)):
        inner_folder(folder, "/".join(above[: depth + 1]))
    return folder / name


def _behind_link(folder: Path, name: str) -> bool:
    """Whether the path to a file contains a link, so that the file is elsewhere."""
    return any((folder / parent).is_symlink() for parent in Path(name).parents[:-1])


@contextlib.contextmanager
def _on_record_around(folder: Path, names: Iterable[str], origin: Origin) -> Iterator[None]:
    """Put files on record before they are written, and their sources only afterwards.

    In between they may be the old or the new ones, so their sources count as unknown.
    """
    names = list(names)
    refuse_foreign(folder, names)
    known = on_record(folder)
    changed = [name for name in names if known.get(name) != origin]
    record(folder, changed, dataclasses.replace(origin, runs=""))
    yield
    record(folder, changed, origin)


def remove(folder: Path) -> None:
    """Remove the files on record, their temporary files, folders that become empty, and the record itself."""
    folders: set[Path] = set()
    for name in on_record(folder):
        if _behind_link(folder, name):
            continue
        remove_file(folder / name)
        remove_abandoned(folder / name)
        folders.update(folder / parent for parent in Path(name).parents[:-1])
    remove_empty(folders)
    for each in (folder, *folders):
        if each.is_dir():
            flush_folder(
                each
            )  # before the record is removed, or a crash could restore files without a record
    (folder / RECORD).unlink(missing_ok=True)


def remove_file(path: Path) -> None:
    """Remove a file or a link, if it exists; a folder of that name stays."""
    if path.is_symlink() or path.is_file():
        path.unlink()


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove the empty ones among the folders, deepest first; links stay."""
    for each in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        with contextlib.suppress(OSError):
            each.rmdir()
