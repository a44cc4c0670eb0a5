"""A disk that forgets: what real code writes to a folder is recorded, and any crash on the way can be played back.

The code under test runs on a real folder, through whatever functions it likes. Python announces every change of names
to audit hooks, and :func:`recorded` notes them, together with every ``os.fsync``; the contents of files are looked at
when they are flushed, when they lose their name, and at the end. An operation that the disk does not know is an error.

A :class:`Disk` takes in such records, each whole or up to a kill, and :meth:`Disk.after_power_cut` returns what may be
left of it. Of POSIX it takes no more than this:

- A file has the contents of its last ``fsync``. What was written since may be there, or a part of it, or zeros.
- Creating, renaming or removing a name happens as a whole or not at all. It has happened for certain once a folder that
  it concerns was flushed after it. Until then it may be lost, also where a later one is not.
- Flushing a file does not flush its name, and flushing a folder does not flush its own name in the folder above.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest import mock

import simulation

State = Mapping[str, bytes | None]
"""What lies on a disk: contents by path below its root; None for a folder."""

PACKAGE = str(Path(simulation.__file__).parent) + os.sep
WRITING = os.O_WRONLY | os.O_RDWR
HARMLESS = {"os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.lockf", "shutil.rmtree"}
"""Operations that change no name: a removal of a tree announces each of its steps."""

FILES = ("open", "os.", "shutil.")
"""How the names of events begin that are about files."""


class UnknownOperationError(BaseException):
    """The code did something with files that the disk cannot play back; nothing that handles errors may hide it."""


@dataclass(eq=False, slots=True)
class Node:
    """A file or a folder, whatever its name is at the moment."""

    entries: dict[str, Node] | None = None  # of a folder
    changed: list[int] = field(default_factory=list)  # where in the log it was opened for writing
    emptied: list[int] = field(default_factory=list)  # where that emptied it first; else it is appended to
    seen: list[tuple[int, bytes]] = field(
        default_factory=list
    )  # contents, and where in the log they were looked at


@dataclass(slots=True)
class Names:
    """Names that change together: (folder, name, what it names from now on)."""

    changes: tuple[tuple[Node, str, Node | None], ...]


@dataclass(slots=True)
class Flush:
    """A file or folder that was flushed, and from which line of the package."""

    node: Node
    site: str


@dataclass(slots=True)
class Note:
    """Something that the code under test said at this point."""

    what: object


Event = Names | Flush | Note


@dataclass
class Record:
    """What happened on a disk, and what was on it before."""

    before: Mapping[str, Node]  # by path; the root is ""
    log: list[Event]
    after: State  # if nothing went wrong


def write(folder: Path, state: State) -> None:
    """Make a folder hold this state."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in sorted(state.items()):
        if content is None:
            os.mkdir(f"{folder}/{path}")
        else:
            handle = os.open(f"{folder}/{path}", os.O_WRONLY | os.O_CREAT)
            os.write(handle, content)
            os.close(handle)


class _Recorder:
    def __init__(self, folder: Path, state: State, *, full: range) -> None:
        self.folder = os.path.realpath(folder)
        self.root = _tree_of(state)
        self.log: list[Event] = []
        self.full = full  # numbers of the operations for which there is no room
        self.operations = 0
        self.unknown: list[str] = []
        self.base: int | None = (
            None  # the folder, as a handle, that the path which os.open is about to open starts at
        )
        self.before = {path[1:]: node for path, node in _walk(self.root, "")}

    # Names -----------------------------------------------------------------------------------------------------------

    def on(self, event: str, arguments: tuple) -> None:
        """Note what is about to happen; called before it does."""
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, int) and isinstance(flags, int) and flags & (WRITING | os.O_CREAT):
                self._opened(self._inside(event, path, self.base), flags)
        elif event == "os.mkdir":
            above, name = self._inside(event, arguments[0], arguments[2])
            if above is not None and name not in above.entries:
                self._count()
                self._change((above, name, Node({})))
        elif event in ("os.remove", "os.rmdir"):
            above, name = self._inside(event, *arguments)
            node = above and above.entries.get(name)
            if node is not None and ((node.entries is None) if event == "os.remove" else node.entries == {}):
                self._look(node, above, name)
                self._change((above, name, None))
        elif event == "os.rename":
            source, target, source_base, target_base = arguments
            above, name = self._inside(event, source, source_base)
            below, new = self._inside(event, target, target_base)
            node = above and above.entries.get(name)
            old = below and below.entries.get(new)
            if node is None or below is None or (old is not None and not _may_replace(old, node)):
                return  # and the system says so
            if old is not None:
                self._look(old, below, new)
            self._change((above, name, None), (below, new, node))
        elif event not in HARMLESS:
            self.fail(f"{event}{arguments}")

    def fail(self, operation: str) -> None:
        self.unknown.append(f"unknown file operation: {operation}")
        raise UnknownOperationError(self.unknown[-1])

    def _inside(self, event: str, path: object, base: int | None) -> tuple[Node | None, str]:
        """Return the folder of a path, None if there is no such folder, and the last name."""
        text = os.fsdecode(os.fspath(path))
        if not os.path.isabs(text):
            above = f"/proc/self/fd/{base}" if base is not None and base >= 0 else "."
            text = f"{os.readlink(above) if base is not None and base >= 0 else os.getcwd()}/{text}"
        text = os.path.normpath(text)
        if not text.startswith(self.folder + os.sep):
            self.fail(f"{event} outside of the disk: {text}")
        return self._at(text[len(self.folder) + 1 :])

    def _at(self, path: str) -> tuple[Node | None, str]:
        node: Node | None = self.root
        *above, name = path.split("/")
        for part in above:
            node = node.entries.get(part) if node is not None and node.entries is not None else None
        return (node if node is not None and node.entries is not None else None), name

    def _change(self, *changes: tuple[Node, str, Node | None]) -> None:
        apply(changes)
        self.log.append(Names(changes))

    def _count(self) -> None:
        """Count an operation that takes room, which there may be none for at the moment."""
        self.operations += 1
        if self.operations in self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    # Contents --------------------------------------------------------------------------------------------------------

    def _opened(self, place: tuple[Node | None, str], flags: int) -> None:
        above, name = place
        if above is None:
            return
        node = above.entries.get(name)
        if node is None and flags & os.O_CREAT:
            self._count()
            node = Node()
            self._change((above, name, node))
        elif node is None or node.entries is not None or flags & os.O_EXCL or not flags & WRITING:
            return
        node.changed.append(len(self.log))
        if flags & os.O_TRUNC:
            node.emptied.append(len(self.log))
        elif not flags & os.O_APPEND and node.seen:
            self.fail(f"opening {name} for writing into it")

    def _look(self, node: Node, above: Node, name: str) -> None:
        """Look at a file that may have been written to and is about to lose its name."""
        if node.changed and (not node.seen or node.seen[-1][0] < node.changed[-1]):
            node.seen.append((len(self.log), Path(self._path_of(above), name).read_bytes()))

    def _path_of(self, wanted: Node) -> str:
        return next(path for path, node in _walk(self.root, self.folder) if node is wanted)

    def flushed(self, handle: int) -> None:
        """Note that a file or folder was flushed; nothing can fail that was not written."""
        path = os.readlink(f"/proc/self/fd/{handle}")
        if not f"{path}/".startswith(f"{self.folder}/"):
            return  # a folder above the disk: there all is safe
        if path == self.folder:
            node = self.root
        else:
            above, name = self._inside("os.fsync", path, None)
            node = above and above.entries.get(name)
        if node is None:
            self.fail(f"os.fsync of {path}")
        if node.entries is None:
            self._count()
            node.seen.append((len(self.log), Path(path).read_bytes()))
        self.log.append(Flush(node, _site()))

    def end(self) -> State:
        """Look at what was never flushed, and see that no change of names was missed."""
        if self.unknown:
            raise UnknownOperationError(self.unknown[0])
        after: dict[str, bytes | None] = {}
        known = {path.removeprefix(f"{self.folder}/"): node for path, node in _walk(self.root, self.folder)}
        for path in _tree(self.folder):
            node = known.pop(path, None)
            if node is None:
                raise UnknownOperationError(f"{path} appeared by an unknown file operation")
            if node.entries is not None:
                after[path] = None
                continue
            content = Path(self.folder, path).read_bytes()
            looked_at = node.seen and (not node.changed or node.seen[-1][0] >= node.changed[-1])
            if not looked_at:
                node.seen.append((len(self.log), content))
            elif node.seen[-1][1] != content:
                if not node.changed:
                    raise UnknownOperationError(f"{path} was changed by an unknown file operation")
                # Written to through a handle that was still open.
                node.changed.append(node.seen[-1][0] + 1)
                node.seen.append((len(self.log), content))
            after[path] = content
        del known[self.folder]
        if known:
            raise UnknownOperationError(f"{sorted(known)} disappeared by an unknown file operation")
        return after


def _may_replace(old: Node, new: Node) -> bool:
    """Whether the system renames the one over the other."""
    return old.entries is None if new.entries is None else old.entries == {}


def _tree_of(state: State) -> Node:
    nodes = {"": Node({})}
    for path, content in sorted(state.items()):
        above, _, name = path.rpartition("/")
        nodes[path] = nodes[above].entries[name] = Node({}) if content is None else Node(seen=[(-1, content)])
    return nodes[""]


def _state_of(
    root: Node, names: Callable[[Node], Mapping[str, Node] | None], content: Callable[[Node], bytes]
) -> State:
    state: dict[str, bytes | None] = {}

    def collect(folder: Node, below: str) -> None:
        for name, node in (names(folder) or {}).items():
            inner = names(node)
            state[below + name] = content(node) if inner is None else None
            if inner is not None:
                collect(node, f"{below}{name}/")

    collect(root, "")
    return state


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    for name, inner in (node.entries or {}).items():
        yield from _walk(inner, f"{path}/{name}")


def _tree(folder: str, below: str = "") -> Iterator[str]:
    with os.scandir(f"{folder}/{below}") as entries:
        for entry in list(entries):
            yield below + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _tree(folder, f"{below}{entry.name}/")


def _site() -> str:
    """Return which lines of the package led here, the outermost first."""
    lines = []
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(PACKAGE):
            lines.append(
                f"{frame.f_code.co_filename.removeprefix(PACKAGE)}:{frame.f_lineno} {frame.f_code.co_name}"
            )
        frame = frame.f_back
    return " > ".join(reversed(lines))


_now: _Recorder | None = None


@cache  # a hook stays for as long as the process lives
def _listen() -> None:
    def hook(event: str, arguments: tuple) -> None:
        if _now is not None and event.startswith(FILES):
            _now.on(event, arguments)

    sys.addaudithook(hook)


@contextmanager
def recorded(
    folder: Path, state: State, *, full: range = range(0)
) -> Iterator[tuple[Record, Callable[[object], None]]]:
    """Record what is done in a folder, which holds this state; ``record.after`` is there at the end.

    The second of the pair takes notes. Operations that take room and whose number, from 1, is in
    ``full`` find none.
    """
    global _now
    _listen()
    recorder = _Recorder(folder, state, full=full)
    record = Record(recorder.before, recorder.log, {})
    really_open, really_flush = os.open, os.fsync

    def open_file(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        recorder.base = dir_fd
        try:
            return really_open(path, flags, mode, dir_fd=dir_fd)
        finally:
            recorder.base = None

    def flush(handle: int | object) -> None:
        handle = handle if isinstance(handle, int) else handle.fileno()
        really_flush(handle)
        recorder.flushed(handle)

    def flush_by_other_means(*arguments: object) -> None:
        recorder.fail(f"flushing by other means than os.fsync: {arguments}")

    others = {name: flush_by_other_means for name in ("fdatasync", "sync") if hasattr(os, name)}
    with (
        mock.patch.multiple(os, open=open_file, fsync=flush, **others),
        # What Python keeps of a module that is first imported now is not the program's doing.
        mock.patch.object(sys, "dont_write_bytecode", True),
    ):
        _now = recorder
        try:
            yield record, lambda what: recorder.log.append(Note(what))
        finally:
            _now = None
    record.after = recorder.end()


class Disk:
    """A disk, what lay on it safely at first, and what has happened to it since.

    Parameters
    ----------
    state : what lies on it; all of it is safe.
    ignored : tells of which sites the flushes are taken for not done.
    """

    def __init__(self, state: State, *, ignored: Callable[[str], bool] = lambda site: False) -> None:
        self._root = _tree_of(state)
        self._safe = {
            node: dict(node.entries) for _, node in _walk(self._root, "") if node.entries is not None
        }
        self._log: list[Event] = []
        self._ignored = ignored

    def take(self, record: Record, moment: int, choice: random.Random) -> None:
        """Have so many entries of a log happen; a file that is being written then holds a part of it.

        The record must be of a disk in the state of this one.
        """
        start = len(self._log)
        nodes = dict(_walk(self._root, ""))
        known = {node: nodes[f"/{path}" if path else ""] for path, node in record.before.items()}

        def node_for(node: Node) -> Node:
            if node not in known:
                known[node] = Node(None if node.entries is None else {})
            return known[node]

        for event in record.log[:moment]:
            match event:
                case Names(changes):
                    changes = tuple(
                        (node_for(folder), name, None if node is None else node_for(node))
                        for folder, name, node in changes
                    )
                    apply(changes)
                    self._log.append(Names(changes))
                case Flush(node, site):
                    self._log.append(Flush(node_for(node), site))
                case _:
                    self._log.append(event)
        for node, here in known.items():
            changed = [place for place in node.changed if place <= moment]
            seen = [(place, content) for place, content in node.seen if 0 <= place < moment]
            if changed and (not seen or seen[-1][0] < changed[-1]):
                written = next((content for place, content in node.seen if place >= moment), b"")
                if moment < len(record.log):
                    before = _kept(node, moment, seen[-1] if seen else (-1, _first(node)))
                    written = choice.choice((written, written[: (len(before) + len(written)) // 2], before))
                seen.append((moment, written))
            here.changed += [start + place for place in changed]
            here.emptied += [start + place for place in node.emptied if place <= moment]
            here.seen += [(start + place, content) for place, content in seen]

    def state(self) -> State:
        """Return what everybody sees on the disk."""
        return _state_of(self._root, lambda node: node.entries, lambda node: node.seen[-1][1])

    def after_power_cut(self, choice: random.Random) -> State:
        """Return what may be left if the power fails now."""
        flushed: dict[Node, int] = {}
        for place, event in enumerate(self._log):
            if isinstance(event, Flush) and not self._ignored(event.site):
                flushed[event.node] = place
        survives = choice.choice(ODDS)
        entries = {node: dict(names) for node, names in self._safe.items()}
        for place, event in enumerate(self._log):
            if isinstance(event, Names):
                sure = any(flushed.get(folder, -1) > place for folder, _, _ in event.changes)
                if sure or choice.random() < survives:
                    apply(event.changes, entries)
        return _state_of(
            self._root,
            lambda node: None if node.entries is None else entries.get(node, {}),
            lambda node: _left(node, flushed.get(node, -1), choice),
        )


ODDS = (0.0, 0.1, 0.5, 0.9, 1.0)
"""How likely it is that a change of names survives which was not flushed: all alike, or nearly, or at random."""


def apply(
    changes: tuple[tuple[Node, str, Node | None], ...], entries: dict[Node, dict[str, Node]] | None = None
) -> None:
    """Change names, those of the nodes themselves unless others are given."""
    for folder, name, node in changes:
        names = folder.entries if entries is None else entries.setdefault(folder, {})
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _first(node: Node) -> bytes:
    """Return what was in a file at the start of its record, nothing if there was none."""
    return node.seen[0][1] if node.seen and node.seen[0][0] < 0 else b""


def _kept(node: Node, moment: int, last: tuple[int, bytes]) -> bytes:
    """Return what appending leaves alone of the contents that a file had last."""
    place, content = last
    return b"" if any(place < emptied <= moment for emptied in node.emptied) else content


def _left(node: Node, flushed: int, choice: random.Random) -> bytes:
    """Return what a file may hold: what was flushed last, unless it was opened for writing since."""
    safe = next((content for place, content in reversed(node.seen) if place <= flushed), b"")
    if not node.changed or node.changed[-1] <= flushed:
        return safe
    written = next((content for place, content in node.seen if place > flushed), b"")
    kept = safe if written.startswith(safe) and not any(place > flushed for place in node.emptied) else b""
    half = written[: (len(kept) + len(written)) // 2]
    zeros = kept.ljust(len(written), b"\0")
    return choice.choice((safe, written, half, zeros, half.ljust(len(written), b"\0")))
