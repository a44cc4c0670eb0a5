"""Reading a results folder as pandas frames.

    manifest.json         scenarios (digest, full text), seeds, versions, finished and failed replications
    runs.parquet          one row per replication: metrics, checksum
    curves.parquet        adopters, eligible by month, region, industry, technology; see ``simulation.results.tables``
    memberships.parquet   members, and enterprises that may join, by month, platform and region
    ledger.parquet        planned, spent and unspent by policy, region and year
    parts/                the same tables, one folder per block of replications, while a batch is running

A stopped batch is read from its parts, so that its finished replications can be used at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulation.arguments import MOST_REPLICATIONS, whole_number
from simulation.errors import HyperclusterError, ProblemsError, ResultsError, listed, suggestion
from simulation.files.objects import located
from simulation.files.plain import read_plain
from simulation.metrics import METRICS
from simulation.plugins.registry import UnknownNameError
from simulation.results.blocks import (
    Replication,
    part_of_replication,
    read_rows,
    reading,
    replications_in,
)
from simulation.results.manifest import MANIFEST, Manifest, keep_of, missing_plugins
from simulation.results.manifest_form import read_manifest
from simulation.results.merge import Place, replications, unsound_replications
from simulation.results.tables import TABLES_OF, Axes, Counts, Members, counts_of, members_of
from simulation.threads import in_order
from simulation.world import Array

if TYPE_CHECKING:
    import xarray as xr

    from simulation.scenario.schema import Scenario

DESIGN = "design.parquet"
"""The values of an ensemble's parameters, one row per point."""
_CONTINUE = "the same command as before continues the ensemble and writes it"

MOST_BYTES_OF_DESIGN = 2**30
"""Largest size of the table of a design."""

NAMES = ("scenario", "region", "industry", "technology")
CURVES = ("scenario", "replication", "month", *NAMES[1:], "adopters", "eligible")
"""Columns of whole curves; those with names are categories."""


@contextlib.contextmanager
def plugins_named(folder: str | Path) -> Iterator[None]:
    """Let an error in the block, such as an unknown instrument, name the plugins that would mend it.

    Parameters
    ----------
    folder : of the results that the block begins or continues; those plugins are named that were loaded then.
    """
    try:
        yield
    except (ProblemsError, UnknownNameError) as error:
        try:
            lacking = Results(folder).plugins_lacking()
        except ResultsError:  # nothing is there, or the fault is reported where the folder is needed
            lacking = ()
        if not lacking:
            raise
        raise HyperclusterError("\n".join([str(error), *lacking])) from None


class Results:
    """A study on disk. Frames are read on request, with the requested columns, and not kept.

    Rows are sorted by scenario (in the order of the study), then replication.

    Parameters
    ----------
    path : the results folder, or ``s3://BUCKET/NAME`` in an object store.

    Raises
    ------
    ResultsError
        If there are no results, or a file that is read is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = located(path)
        self.manifest: Manifest = read_manifest(self.path)

    def __repr__(self) -> str:
        return f"Results({str(self.path)!r})"

    @property
    def assumptions(self) -> list[str]:
        """The assumptions in the tables of the datasets, one sentence each."""
        return list(
            dict.fromkeys(
                text for entry in self.manifest["scenarios"] for text in entry.get("assumptions", ())
            )
        )

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, in the order of the study."""
        return tuple(entry["name"] for entry in self.manifest["scenarios"])

    @property
    def keep(self) -> str:
        """What was written of each replication: "all", "curves" or "metrics"."""
        return keep_of(self.manifest)

    def lacking(self, *tables: str) -> str:
        """Return why these tables are not here, and what to do, if the study does not keep one of them; else ""."""
        missing = [f"{table}.parquet" for table in tables if table not in TABLES_OF[self.keep]]
        if not missing:
            return ""
        if "ensemble" in self.manifest:
            return (
                f"{self.path}: holds no {' and no '.join(missing)}, because an ensemble keeps only the metrics of its "
                "runs; hypercluster explore DIR --world N writes the scenarios of one world, to run"
            )
        least = [keep for keep, kept in TABLES_OF.items() if set(tables) <= set(kept)][-1]
        return (
            f"{self.path}: holds no {' and no '.join(missing)}, because the study was run with --keep {self.keep}; "
            f"run it again with --keep {least} and another --out"
        )

    def require(self, *tables: str) -> None:
        """Raise ``ResultsError`` with the reason of :meth:`lacking` unless the study keeps these tables."""
        if reason := self.lacking(*tables):
            raise ResultsError(reason)

    def require_instruments(self) -> None:
        """Raise ``ResultsError`` if a plugin whose instruments or mechanisms the scenarios use is not loaded."""
        if lacking := self.plugins_lacking(adding=("policies", "mechanisms")):
            raise ResultsError("\n".join(lacking))

    def plugins_lacking(
        self, *, adding: Sequence[str] = ("policies", "mechanisms", "metrics")
    ) -> tuple[str, ...]:
        """Return one sentence on each plugin that the study was made with, that adds such, and that is not loaded."""
        return tuple(
            f"{self.path} was made with the {line}" for line in missing_plugins(self.manifest, adding=adding)
        )

    def specs(self) -> tuple[Scenario, ...]:
        """Return the scenarios of the study, in its order, to run them again.

        Raises
        ------
        ResultsError
            If a plugin whose instruments or mechanisms they use is not loaded.
        ScenarioError
            If this version of the program does not accept one.
        """
        from simulation.scenario.loading import parse_scenario  # only here: it is slow to load

        self.require_instruments()
        return tuple(
            parse_scenario(entry["text"], file=self.path / MANIFEST) for entry in self.manifest["scenarios"]
        )

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that the study has, in their order: all but those of plugins that it was run without."""
        plugins = self.manifest.get("plugins", {})
        return tuple(
            name
            for name in METRICS
            if (plugin := METRICS.plugin_of(name)) is None
            or name in plugins.get(plugin.name, {}).get("metrics", ())
        )

    @property
    def titles(self) -> dict[str, str]:
        """Title of each scenario, by name; with the name where another scenario has the same title."""
        return told_apart({entry["name"]: entry["title"] for entry in self.manifest["scenarios"]})

    def runs(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One row per replication: scenario, replication, seed, the metrics, why some are undefined, checksum."""
        # The scenario is always read, because it is checked.
        rows = self._read("runs", None if columns is None else list(dict.fromkeys(["scenario", *columns])))
        return self._frame("runs", rows if columns is None else rows.select(list(columns)))

    def design(self) -> pd.DataFrame:
        """One row per point of an ensemble: its number and the value of each parameter.

        Run j of point p is replication p times the replications of a point, plus j.
        """
        if "ensemble" not in self.manifest:
            raise ResultsError(f"{self.path}: not an ensemble of worlds; hypercluster explore makes one")
        path = self.path / DESIGN
        try:
            return pq.read_table(io.BytesIO(read_plain(path, at_most=MOST_BYTES_OF_DESIGN))).to_pandas()
        except FileNotFoundError:
            raise ResultsError(f"{path}: not there yet; {_CONTINUE}") from None
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ResultsError(f"{path}: cannot be read: {error}") from None

    def runs_by_point(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One row per run of an ensemble, with its point and the values of the parameters there.

        Columns are ``point``, those of :meth:`runs`, and one for each parameter. Scenarios as designed keep their own
        costs and effects, whatever the parameters say.

        Parameters
        ----------
        columns : of the runs; by default all.

        Raises
        ------
        ResultsError
            If there is no ensemble, or the values at its points are not written yet.
        """
        design = self.design()
        wanted = None if columns is None else list(dict.fromkeys(["replication", *columns]))
        runs = self.runs(wanted)
        each = self.manifest["ensemble"]["identity"]["replications"]
        runs.insert(0, "point", runs["replication"] // each)
        if not runs["point"].isin(design["point"]).all():
            raise ResultsError(f"{self.path / DESIGN}: lacks points that have run; {_CONTINUE}")
        return runs.merge(design, on="point")

    def curves(
        self,
        columns: Sequence[str] | None = None,
        *,
        scenario: str | None = None,
        replication: int | None = None,
    ) -> pd.DataFrame:
        """Adopters and eligible of every cell in every month, 0 to T, expanded from the sparse rows of the file.

        Months before the release of a technology have the eligible of its release.
        A national replication has about 150,000 rows; select one scenario or replication where that is enough.
        """
        for column in columns or ():
            if column not in CURVES:
                raise ResultsError(f"curves have no column {column!r}{suggestion(column, CURVES)}")
        wanted = list(CURVES if columns is None else columns)
        frames = [self._whole(*key)[wanted] for key in self._finished(scenario, replication)]
        whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=wanted)
        return whole.astype({name: "category" for name in NAMES if name in wanted})

    def memberships(
        self,
        columns: Sequence[str] | None = None,
        *,
        scenario: str | None = None,
        replication: int | None = None,
    ) -> pd.DataFrame:
        """Members, and enterprises that may join, by month, platform and region."""
        rows = self._read("memberships", columns, scenario=scenario, replication=replication)
        return self._frame("memberships", rows)

    def members(self, scenario: str) -> Members:
        """Members of platforms, and enterprises that may join, of all replications of a scenario as dense arrays."""
        named = self._read("memberships", ["platform"], scenario=scenario)["platform"]
        finished = self._finished(scenario, None)
        rows = replications(
            self.path,
            "memberships",
            order=self.scenarios,
            parts=part_of_replication(self.path, self.scenarios),
            wanted=set(finished),
        )
        with reading(self.path / "memberships.parquet"):
            platforms = sorted(pc.unique(named.cast(pa.string())).to_pylist())
            numbers = [number for _, number in finished]
            return members_of((here for _, here in rows), self._axes[scenario], platforms, numbers)

    def ledger(
        self,
        columns: Sequence[str] | None = None,
        *,
        scenario: str | None = None,
        replication: int | None = None,
    ) -> pd.DataFrame:
        """Units of money planned, spent and unspent by policy, instrument, region and year (from 0)."""
        rows = self._read("ledger", columns, scenario=scenario, replication=replication)
        return self._frame("ledger", rows)

    def counts(self, scenario: str, replication: int) -> Counts:
        """Adopters and eligible of one replication as dense arrays, with their axes.

        Raises
        ------
        ResultsError
            If the replication is missing, or nothing was released in it.
        HyperclusterError
            If its number is not a whole number.
        """
        replication = whole_number("replication", replication, most=MOST_REPLICATIONS - 1)
        rows = self._read("curves", None, scenario=scenario, replication=replication)
        if not rows.num_rows and (scenario, replication) not in self._finished(scenario, replication):
            raise ResultsError(f"{self.path}: no replication {replication} of scenario {scenario!r} is here")
        with reading(self.path / "curves.parquet"):
            return counts_of(rows, self._axes[scenario])

    def each_counts(self, wanted: Set[Replication]) -> Iterator[tuple[Replication, Counts]]:
        """Yield the counts of many replications, sorted by scenario and number, reading each file once.

        Raises
        ------
        ResultsError
            As :meth:`counts`, at the end for replications without rows.
        """
        return self.measured(wanted, lambda counts: counts)

    def measured[T](
        self, wanted: Set[Replication], measure: Callable[[Counts], T]
    ) -> Iterator[tuple[Replication, T]]:
        """Yield a function of the counts of many replications, computed in threads; else as :meth:`each_counts`."""
        self.require("curves")

        def measure_rows(found: tuple[Place, pa.Table]) -> tuple[Replication, T]:
            (place, number), rows = found
            name = self.scenarios[place]
            with reading(self.path / "curves.parquet"):
                counts = counts_of(rows, self._axes[name])
            return (name, number), measure(counts)

        parts = part_of_replication(self.path, self.scenarios)
        left = set(wanted)
        some = None if len(wanted) == len(self._finished(None, None)) else wanted
        found = replications(self.path, "curves", order=self.scenarios, parts=parts, wanted=some)
        for key, value in in_order(measure_rows, found):
            left.discard(key)
            yield key, value
        for name, number in sorted(left):
            yield (name, number), measure(self.counts(name, number))

    def _whole(self, scenario: str, replication: int) -> pd.DataFrame:
        counts = self.counts(scenario, replication)
        r, s, k = np.nonzero((counts.eligible > 0).any(axis=0))
        months = counts.adopters.shape[0]
        eligible = np.broadcast_to(counts.eligible, counts.adopters.shape)
        every_technology = tuple(self._axes[scenario].direction_of)
        place_of = np.array([every_technology.index(name) for name in counts.technologies])

        def named(names: Sequence[str], index: Array) -> pd.Categorical[str]:
            codes: Array = np.repeat(index, months)
            return pd.Categorical.from_codes(codes, categories=pd.Index(names))

        return pd.DataFrame(
            {
                "scenario": named(self.scenarios, np.full(r.size, self.scenarios.index(scenario))),
                "replication": np.int32(replication),
                "month": np.tile(np.arange(months, dtype=np.int32), r.size),
                "region": named(counts.regions, r),
                "industry": named(counts.industries, s),
                "technology": named(every_technology, place_of[k]),
                "adopters": counts.adopters[:, r, s, k].T.ravel(),
                "eligible": eligible[:, r, s, k].T.ravel().astype(np.int32),
            }
        )

    def to_xarray(
        self, *, scenarios: Sequence[str] | None = None, replications: Sequence[int] | None = None
    ) -> xr.Dataset:
        """Return the study as arrays with named dimensions; needs the extra ``xarray``.

        ``adopters`` and ``eligible`` are float32 (scenario, replication, month, region, industry, technology), nan for
        a replication that is not there and for a technology that is not released in it, and exact otherwise. Each
        metric is float64 (scenario, replication). Units and long names are attributes. A study that keeps only the
        metrics has only these. The main study takes 3 MB for each replication of a scenario.

        Parameters
        ----------
        scenarios, replications : names and numbers of those to read; by default all.

        Raises
        ------
        ResultsError
            If a scenario is unknown, no such replication is here, or scenarios differ in regions, industries,
            technologies or the length of a month.
        HyperclusterError
            If xarray is not installed.
        """
        from simulation.results.arrays import dataset_of

        return dataset_of(self, scenarios=scenarios, replications=replications)

    def to_netcdf(
        self,
        path: str | Path,
        *,
        scenarios: Sequence[str] | None = None,
        replications: Sequence[int] | None = None,
    ) -> Path:
        """Write what :meth:`to_xarray` returns as a compressed NetCDF-4 file, and return its path.

        Arguments and errors are those of :meth:`to_xarray`; an existing file is replaced.
        """
        from simulation.results.arrays import write_netcdf

        return write_netcdf(self.to_xarray(scenarios=scenarios, replications=replications), Path(path))

    def digest(self) -> str:
        """Return the SHA-256 of the checksums of all runs, which identifies the runs of a derived file."""
        runs = self.runs(["scenario", "replication", "sha256"]).astype(str)
        lines = (" ".join(row) for row in runs.itertuples(index=False))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def verify(self) -> list[Replication]:
        """Return the replications whose rows do not match their checksum: none if all are sound.

        The checksum covers what ``--keep`` had written, so nothing is said of other tables.

        Raises
        ------
        ResultsError
            If a file cannot be read at all.
        """
        self._finished(None, None)  # which refuses scenarios that the manifest does not list
        return unsound_replications(self.path, order=self.scenarios, tables=TABLES_OF[self.keep])

    def _finished(self, scenario: str | None, replication: int | None) -> list[Replication]:
        rows = self._read("runs", ["scenario", "replication"], scenario=scenario, replication=replication)
        with reading(self.path / "runs.parquet"):
            return replications_in(rows)

    @cached_property
    def _axes(self) -> Mapping[str, Axes]:
        return {entry["name"]: axes_of(entry) for entry in self.manifest["scenarios"]}

    def _read(
        self,
        table: str,
        columns: Sequence[str] | None,
        *,
        scenario: str | None = None,
        replication: int | None = None,
    ) -> pa.Table:
        self.require(table)
        if scenario is not None and scenario not in self.scenarios:
            raise ResultsError(
                f"{self.path}: no scenario {scenario!r}{suggestion(scenario, self.scenarios)}; "
                f"there are {listed(self.scenarios)}"
            )
        if replication is not None:
            replication = whole_number("replication", replication, most=MOST_REPLICATIONS - 1)
        rows = read_rows(
            self.path,
            table,
            order=self.scenarios,
            columns=columns,
            scenario=scenario,
            replications=None if replication is None else range(replication, replication + 1),
        )
        if table == "runs":
            with reading(self.path / "runs.parquet"):
                self._refuse_strangers(rows)
        return rows

    def _frame(self, table: str, rows: pa.Table) -> pd.DataFrame:
        with reading(self.path / f"{table}.parquet"):
            return rows.to_pandas()

    def _refuse_strangers(self, runs: pa.Table) -> None:
        """Refuse scenarios that are not in the manifest: comparisons would omit them silently."""
        found = pc.unique(runs["scenario"]).cast(pa.string()).to_pylist()
        if strangers := [name for name in found if name not in self.scenarios]:
            raise ResultsError(
                f"{self.path / 'runs.parquet'}: rows of {listed(strangers)}, which {MANIFEST} does not list; "
                f"it lists {listed(self.scenarios)}; restore {MANIFEST}, or run the study again with --fresh"
            )


def told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Return the title of each scenario, by name; with the name where another of them has the same title."""
    times = Counter(titles.values())
    return {name: title + (f" ({name})" if times[title] > 1 else "") for name, title in titles.items()}


def axes_of(entry: Mapping[str, Any]) -> Axes:
    """Return the axes of a scenario from its entry in the manifest."""
    return Axes(
        months=entry["months"],
        steps_per_year=entry["steps_per_year"],
        regions=tuple(region["id"] for region in entry["regions"]),
        macroregion_of=tuple(region["macroregion"] for region in entry["regions"]),
        industries=tuple(entry["industries"]),
        direction_of={row["name"]: row["direction"] for row in entry["technologies"]},
    )
