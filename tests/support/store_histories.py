"""Random histories of a results folder on a disk that forgets, and what must hold in each.

A history is a chain of sessions: the store begins, takes in blocks and failures, merges. After any of them, and at any
file operation on the way, the power may fail or a file be damaged; the last session comes to its end.

What a session does depends on what lies on the disk and on what it is told to do, and on nothing else, so that each is
run once, and its record serves all histories that come to it.
"""

from __future__ import annotations

import copy
import io
import operator
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
from simulated_disk import Disk, Flush, Note, Record, State, recorded, write
from small_worlds import dataset, plain_scenario

from simulation.batch import replications as batch
from simulation.errors import HyperclusterError
from simulation.results.blocks import PARTS, Replication, part_name
from simulation.results.manifest import MANIFEST, new_manifest
from simulation.results.reader import Results
from simulation.results.tables import TABLES, checksum, to_parquet
from simulation.results.writer import DAMAGED, FAILED, Store
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

STUDY = "results/study"
"""Path of the results folder on the disk, which is empty at first."""

MEMORY = Path("/dev/shm")
"""Where a disk may be that is made anew again and again, if there is such a place."""

REPLICATIONS = 2
COLUMNS = ["scenario", "replication", "seed", "phi"]
"""Of ``runs``; the store does not care how many metrics there are, and a hundred of them take five times as long."""

MORE = """
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "training"
budget = 50.0
"""

Keys = frozenset[Replication]
Some = tuple[int, ...]


@dataclass(frozen=True)
class Blocks:
    """Two scenarios, and the files of every block that may come of their first replications."""

    specs: Sequence[Scenario]
    files: Mapping[tuple[str, Some], Mapping[str, bytes]]
    names: Mapping[str, Some]  # of parts: which replications are in them


def blocks_in(folder: Path) -> Blocks:
    """Simulate two very small worlds, one of them with rows in every table."""
    land = dataset(folder / "land", {"a": 4})
    specs = [
        load_scenario(plain_scenario(folder / f"{name}.toml", land, time="years = 1", more=more))
        for name, more in (("plain", ""), ("platform", MORE))
    ]
    files, names = {}, {}
    for spec in specs:
        rows = [_slim(batch.replicate(spec, number, seed=1)) for number in range(REPLICATIONS)]
        for size in range(1, REPLICATIONS + 1):
            for some in combinations(range(REPLICATIONS), size):
                tables = {name: pa.concat_tables([rows[number][name] for number in some]) for name in TABLES}
                files[spec.name, some] = {name: to_parquet(table) for name, table in tables.items()}
                names[part_name(spec.name, some)] = some
    return Blocks(specs, files, names)


def _slim(tables: batch.Tables) -> batch.Tables:
    slim = tables | {"runs": tables["runs"].select(COLUMNS)}
    return slim | {"runs": slim["runs"].append_column("sha256", pa.array([checksum(slim)], pa.string()))}


@dataclass(frozen=True)
class Plan:
    """What a session is told to do."""

    replications: int = REPLICATIONS
    together: bool = True  # all that is missing of a scenario in one block
    failing: frozenset[Replication] = frozenset()
    stop_after: int | None = None  # blocks, by Ctrl-C
    full_at_start: range = range(0)  # operations for which the disk has no room, in ``begin``
    full: range = range(0)  # and after it

    @property
    def start(self) -> Plan:
        """All of it that matters before the first block."""
        return Plan(full_at_start=self.full_at_start)


ALL = Plan()
PLANS = {
    "plain": [Plan(number, together) for number in (1, 2) for together in (True, False)],
    "failing": [
        Plan(together=together, failing=frozenset([key]))
        for together in (True, False)
        for key in (("plain", 0), ("platform", 1))
    ],
    "stopped": [Plan(together=False, stop_after=blocks) for blocks in (0, 1, 3)],
    "full": [
        *(Plan(full_at_start=range(first, last)) for first, last in ((1, 2), (2, 3), (1, 1000))),
        *(Plan(together=False, full=range(first, first + 1)) for first in (2, 7, 12, 19, 26, 33, 40, 48)),
        *(Plan(full=range(first, 1000)) for first in (1, 5, 10, 17, 24)),
    ],
}
"""Few enough for histories to share sessions; where these are cut short differs from history to history."""


KINDS = ("plain", "plain", "failing", "stopped", "full")


@dataclass(frozen=True)
class Start:
    """What came of the first phase of a session, which opens the folder."""

    read: Mapping[Replication, str] | str  # before it: checksums by replication, or why a reader was refused
    found: Keys | None  # what ``begin`` returned; None if it did not
    damaged: tuple[str, ...]  # what it found damaged
    error: str  # why it did not come to its end; "" if it did
    record: Record


@dataclass(frozen=True)
class Work:
    """What came of the second phase, which takes in blocks and merges them."""

    error: str
    record: Record

    def acknowledged(self, moment: int) -> Keys:
        """What was said to be finished before so many entries of the log."""
        notes = (event.what for event in self.record.log[:moment] if isinstance(event, Note))
        return frozenset().union(*notes)


class Sessions:
    """Sessions on a disk, each phase run once for every state of the disk that it meets.

    Parameters
    ----------
    folder : where the disk is, best in memory.
    """

    KEPT = 5_000
    """Phases in memory; one has some 50 kB."""

    def __init__(self, folder: Path, blocks: Blocks) -> None:
        self.folder = folder / "disk"
        self.blocks = blocks
        self.manifest = new_manifest(blocks.specs, REPLICATIONS, seed=1, command="")
        for entry in self.manifest["scenarios"]:
            entry["text"] = (
                f"title = '{entry['title']}'"  # whoever reads a manifest parses it; no session needs it
            )
        self.sha: dict[Replication, str] = {}
        for (name, some), files in blocks.files.items():
            sums = pq.read_table(io.BytesIO(files["runs"]))["sha256"].to_pylist()
            self.sha |= {(name, number): value for number, value in zip(some, sums, strict=True)}
        self.run: Counter[str] = Counter()  # phases
        self._starts: OrderedDict[tuple[frozenset, Plan], Start] = OrderedDict()
        self._works: OrderedDict[tuple[frozenset, Plan], Work] = OrderedDict()
        self._merged: dict[Keys, dict[str, bytes]] = {}

    def start(self, state: State, plan: Plan) -> Start:
        """Return what comes of a start on a disk in this state."""
        start = _recall(self._starts, state, plan.start)
        if start is None:
            start, _ = self._session(state, plan)
        return start

    def work(self, state: State, plan: Plan) -> Work:
        """Return what comes of a whole session, after its start, on a disk that was in this state before it."""
        work = _recall(self._works, self.start(state, plan).record.after, plan)
        if work is None:
            _, work = self._session(state, plan)
        return work

    def flushes(self) -> set[str]:
        """Return the places of the package that have flushed something so far."""
        phases = [*self._starts.values(), *self._works.values()]
        return {event.site for phase in phases for event in phase.record.log if isinstance(event, Flush)}

    def merged(self, keys: Keys) -> dict[str, bytes]:
        """Return the tables of a study that had nothing but these replications, undisturbed."""
        if keys not in self._merged:
            plan = Plan(together=False, failing=frozenset(self.sha) - keys)
            self._merged[keys] = tables_in(self.work({}, plan).record.after)
        return self._merged[keys]

    def _session(self, state: State, plan: Plan) -> tuple[Start, Work | None]:
        """Run a session; its second phase only if that is new."""
        write(self.folder, state)
        study = self.folder / STUDY
        read = self._read(study)
        store = Store(study)
        work = None
        with (
            mock.patch("simulation.results.bookkeeping.now", return_value=self.manifest["started"]),
            # Random names would make every state of the disk a new one.
            mock.patch("simulation.results.delivery.secrets.token_hex", lambda size: "0" * 2 * size),
            ExitStack() as alone,
        ):
            manifest = copy.deepcopy(self.manifest)
            found = None
            with recorded(self.folder, state, full=plan.full_at_start) as (record, _):
                try:
                    alone.enter_context(store.alone())
                    found = frozenset(store.begin(manifest, fresh=False))
                    error = ""
                except (HyperclusterError, OSError) as problem:
                    error = f"{type(problem).__name__}: {problem}"
                    alone.close()
            start = Start(read, found, tuple(store.damaged), error, record)
            self.run["starts"] += 1
            _keep(self._starts, state, plan.start, start)
            if not error:
                work = _recall(self._works, record.after, plan)
                if work is None:
                    work = self._work(store, record.after, plan, alone)
                    _keep(self._works, record.after, plan, work)
        return start, work

    def _work(self, store: Store, state: State, plan: Plan, alone: ExitStack) -> Work:
        self.run["works"] += 1
        if store.finished:  # as a batch does, for the averages so far
            found = self._read(store.folder)
            assert set(found) == store.finished, (
                f"readers find {found} after a start that found {store.finished}"
            )
        error = ""
        with recorded(self.folder, state, full=plan.full) as (record, note):
            try:
                with alone, store.ended():
                    self._take_in(store, plan, note)
                    store.compact()
            except (HyperclusterError, OSError, KeyboardInterrupt) as problem:
                error = f"{type(problem).__name__}: {problem}"
        return Work(error, record)

    def _read(self, study: Path) -> dict[Replication, str] | str:
        try:
            runs = Results(study).runs(["scenario", "replication", "sha256"])
        except HyperclusterError as error:
            return str(error)
        keys = list(zip(runs["scenario"], runs["replication"], strict=True))
        assert len(keys) == len(set(keys)), f"a reader found replications twice: {keys}"
        return dict(zip(keys, runs["sha256"], strict=True))

    def _take_in(self, store: Store, plan: Plan, note: Callable[[object], None]) -> None:
        """Take in what is missing, as a batch does."""
        for number, (spec, some) in enumerate(self._missing(store.finished, plan)):
            if number == plan.stop_after:
                raise KeyboardInterrupt
            done = tuple(n for n in some if (spec.name, n) not in plan.failing)
            if done:
                self._hand_in(store, part_name(spec.name, done), self.blocks.files[spec.name, done], number)
            keys = frozenset((spec.name, n) for n in done)
            store.finished |= keys
            note(keys)
            for n in sorted(set(some) - set(done)):
                store.add_failure(
                    spec.name, n, spec=spec, seed=1 + n, error="no luck", traceback="", deadline=None
                )

    def _hand_in(self, store: Store, name: str, files: Mapping[str, bytes], number: int) -> None:
        """Have every other block written by its worker, unless the disk is full, and the rest by the parent."""
        delivery = store.delivery() if number % 2 == 0 else None
        delivered = delivery.write(name, files) if delivery else None
        if delivered:
            store.accept([(name, delivered)])
        else:
            store.add(name, files)

    def _missing(self, finished: Iterable[Replication], plan: Plan) -> list[tuple[Scenario, Some]]:
        missing = {
            spec.name: tuple(n for n in range(plan.replications) if (spec.name, n) not in finished)
            for spec in self.blocks.specs
        }
        if plan.together:
            return [(spec, missing[spec.name]) for spec in self.blocks.specs if missing[spec.name]]
        return [
            (spec, (n,))
            for n in range(plan.replications)
            for spec in self.blocks.specs
            if n in missing[spec.name]
        ]


def _recall[Phase](
    kept: OrderedDict[tuple[frozenset, Plan], Phase], state: State, plan: Plan
) -> Phase | None:
    key = frozenset(state.items()), plan
    if key in kept:
        kept.move_to_end(key)
    return kept.get(key)


def _keep[Phase](
    kept: OrderedDict[tuple[frozenset, Plan], Phase], state: State, plan: Plan, phase: Phase
) -> None:
    kept[frozenset(state.items()), plan] = phase
    if len(kept) > Sessions.KEPT:
        kept.popitem(last=False)


def tables_in(state: State) -> dict[str, bytes]:
    """The merged tables on a disk, by name."""
    paths = {table: f"{STUDY}/{table}.parquet" for table in TABLES}
    return {table: state[path] for table, path in paths.items() if path in state}


class BrokenPromiseError(AssertionError):
    """A history in which something was lost, doubled or otherwise not as it must be."""


@dataclass
class History:
    """One history, told by a seed; :meth:`play` raises BrokenPromiseError where it must.

    Parameters
    ----------
    ignored : tells of which sites the flushes are taken for not done.
    """

    seed: int
    sessions: Sessions
    ignored: Callable[[str], bool] = lambda site: False
    seen: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Play the history to its end."""
        self._choice = random.Random(self.seed)
        self._disk = Disk({}, ignored=self.ignored)
        self._acknowledged: Keys = frozenset()
        self._hurt = self._failed = False
        for _ in range(self._choice.choice((1, 1, 1, 2, 2, 3))):
            self._session(
                self._choice.choice(PLANS[self._choice.choice(KINDS)]), stops=self._choice.random() < 0.9
            )
            if self._choice.random() < 0.75:
                state = self._disk.after_power_cut(self._choice)
                self._tell("power cut", _shown(state))
                self._disk = Disk(state, ignored=self.ignored)
            if self._choice.random() < 0.15:
                self._damage()
        self._session(ALL, stops=False)
        self._require_undisturbed(self._disk.state())

    def _session(self, plan: Plan, *, stops: bool) -> None:
        """Run a session, which is killed on the way if it stops."""
        self._tell("session", str(plan))
        state = self._disk.state()
        start = self.sessions.start(state, plan)
        self._require_nothing_lost(start)
        length = len(start.record.log)
        if stops and self._choice.random() < 0.3:
            return self._kill(start.record, "the start")
        self._disk.take(start.record, length, self._choice)
        assert self._disk.state() == start.record.after
        if start.error:
            return self._require(len(plan.full_at_start) > 0, f"the start ended with {start.error}")
        self._acknowledged |= start.found
        work = self.sessions.work(state, plan)
        if stops:
            moment = self._kill(work.record, "the work")
            self._acknowledged |= work.acknowledged(moment)
            return None
        length = len(work.record.log)
        self._disk.take(work.record, length, self._choice)
        assert self._disk.state() == work.record.after
        self._acknowledged |= work.acknowledged(length)
        self._failed |= bool(plan.failing)
        if work.error:
            return self._require(
                bool(plan.full) or plan.stop_after is not None, f"the session ended with {work.error}"
            )
        keys = start.found | work.acknowledged(length)
        merged = self.sessions.merged(keys) if keys else {}
        same = _same_rows if self._hurt else operator.eq
        return self._require(
            same(tables_in(work.record.after), merged), "merged tables are not those of an undisturbed study"
        )

    def _kill(self, record: Record, what: str) -> int:
        moment = self._choice.randint(0, len(record.log))
        self._disk.take(record, moment, self._choice)
        self._tell(
            f"kill of {what}",
            f"after {moment} of {len(record.log)} entries of the log; {_shown(self._disk.state())}",
        )
        self._failed |= any(f"/{FAILED}" in path for path in self._disk.state())
        return moment

    def _require_nothing_lost(self, start: Start) -> None:
        lost = self._acknowledged - set(start.read if isinstance(start.read, dict) else ())
        if isinstance(start.read, dict) and not self._hurt:  # of damaged rows, it is verify() that tells
            wrong = [key for key, sha in start.read.items() if self.sessions.sha[key] != sha]
            self._require(not wrong, f"a reader found other rows of {wrong}")
        if not self._hurt and self._acknowledged:
            self._require(
                not lost, f"a reader lost {sorted(lost)}: {start.read if isinstance(start.read, str) else ''}"
            )
        if start.found is not None:
            self._require(
                start.found >= self._acknowledged,
                f"the start lost {sorted(self._acknowledged - start.found)}",
            )
            self._require(self._hurt or not start.damaged, f"nothing was damaged, but {start.damaged}")

    def _damage(self) -> None:
        """Damage one file of rows; what may be lost with it is no longer promised."""
        choice, state = self._choice, dict(self._disk.state())
        ours = f"{STUDY}/"
        files = sorted(
            path
            for path in state
            if path.endswith(".parquet") and "/." not in path and not path.startswith(f"{ours}{DAMAGED}/")
        )
        if not files:
            return
        path = choice.choice(files)
        content = state[path]
        kind = choice.choice(("cut", "flip", "zeros", "gone"))
        self._tell(f"damage: {kind}", path)
        at = choice.randrange(len(content)) if content else 0
        if kind == "gone" or not content:
            del state[path]
        elif kind == "cut":
            state[path] = content[:at]
        elif kind == "flip":
            state[path] = content[:at] + bytes([content[at] ^ 1 << choice.randrange(8)]) + content[at + 1 :]
        else:
            state[path] = content[:at] + bytes(len(content) - at)
        in_parts = {Path(other).parent.name for other in files if other.startswith(f"{ours}{PARTS}/")}
        hurt_part = Path(path).parent.name
        keys_of = {name: self._keys_of_part(name) for name in in_parts}
        if hurt_part in in_parts:
            self._acknowledged -= keys_of[hurt_part]
        else:
            self._acknowledged &= frozenset().union(*keys_of.values())
        self._hurt = True
        self._disk = Disk(state, ignored=self.ignored)

    def _keys_of_part(self, name: str) -> Keys:
        scenario = name.rsplit("-", 2)[0]
        return frozenset((scenario, number) for number in self.sessions.blocks.names[name])

    def _require_undisturbed(self, state: State) -> None:
        whole = self.sessions.work({}, ALL).record.after
        also = (f"{STUDY}/{DAMAGED}",) * self._hurt + (f"{STUDY}/{FAILED}",) * self._failed
        names = {path for path in state if not path.startswith(also or ("\0",))}
        same = _same_rows if self._hurt else operator.eq  # there are bits that change no row
        self._require(
            same(tables_in(state), tables_in(whole)), "the tables are not those of an undisturbed study"
        )
        self._require(names == set(whole), f"other files than undisturbed: {names ^ set(whole)}")
        if not self._hurt:
            same = state[f"{STUDY}/{MANIFEST}"] == whole[f"{STUDY}/{MANIFEST}"]
            self._require(same, "the manifest is not that of an undisturbed study")

    def _tell(self, kind: str, what: str) -> None:
        self.seen[kind] += 1
        self.story.append(f"{kind}: {what}")

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise BrokenPromiseError(f"history {self.seed}: {otherwise}\n  " + "\n  ".join(self.story))


def _same_rows(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> bool:
    if one == other or one.keys() != other.keys():
        return one == other
    frames = [
        {name: pq.read_table(io.BytesIO(content)) for name, content in tables.items()}
        for tables in (one, other)
    ]
    return all(frames[0][name].to_pandas().equals(frames[1][name].to_pandas()) for name in one)


def _shown(state: State) -> str:
    return ", ".join(
        path.removeprefix(f"{STUDY}/") + ("/" if content is None else f" ({len(content)} B)")
        for path, content in sorted(state.items())
    )
