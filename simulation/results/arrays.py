"""A study as arrays with named dimensions, for xarray and NetCDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.arguments import MOST_REPLICATIONS, whole_number
from simulation.errors import HyperclusterError, ResultsError, listed
from simulation.files.durable import written_beside
from simulation.metrics import METRICS
from simulation.results.code_digest import together
from simulation.results.reader import Results
from simulation.world import Array

if TYPE_CHECKING:
    import xarray as xr

DIMENSIONS = ("scenario", "replication", "month", "region", "industry", "technology")
INSTALL = 'pip install "hypercluster-abm[xarray]"'
MOST_EXACT = 2**24
"""Largest number from which on float32 does not hold every whole number."""


def dataset_of(
    results: Results, *, scenarios: Sequence[str] | None = None, replications: Sequence[int] | None = None
) -> xr.Dataset:
    """Return the data of :meth:`simulation.results.reader.Results.to_xarray`, which see."""
    try:
        import xarray as xr
    except ImportError:
        raise HyperclusterError(f"xarray is not installed; {INSTALL}") from None
    entries = _entries(results, scenarios)
    runs = results.runs(["scenario", "replication", "seed", *results.metrics])
    runs = runs[runs["scenario"].isin(entries)]
    if replications is not None:
        numbered = [
            whole_number("replications", number, most=MOST_REPLICATIONS - 1) for number in replications
        ]
        runs = runs[runs["replication"].isin(numbered)]
    if runs.empty:
        raise ResultsError(f"{results.path}: none of these replications is here")
    numbers = np.unique(runs["replication"].to_numpy())
    rows = np.array([list(entries).index(name) for name in runs["scenario"]])
    columns = np.searchsorted(numbers, runs["replication"].to_numpy())

    def by_run(values: Array) -> Array:
        filled = np.full((len(entries), len(numbers)), np.nan)
        filled[rows, columns] = values
        return filled

    found = xr.Dataset(
        {
            name: (DIMENSIONS[:2], by_run(runs[name].to_numpy(dtype=float)), _of_metric(name))
            for name in results.metrics
        },
        coords={
            "scenario": ("scenario", list(entries), {"long_name": "scenario"}),
            "replication": ("replication", numbers, {"long_name": "replication, from 0"}),
            "title": ("scenario", [entry["title"] for entry in entries.values()]),
            "seed": (DIMENSIONS[:2], by_run(runs["seed"].to_numpy(dtype=float)), {"long_name": "seed"}),
        },
        attrs={
            "title": f"Replications of {', '.join(entry['title'] for entry in entries.values())}",
            "source": f"hypercluster {results.manifest['version']}",
            "history": f"{results.manifest['started']} {results.manifest['command']}",
            "code_sha256": together(results.manifest["code"]),
        },
    )
    if not results.lacking("curves"):
        wanted = {
            (str(name), int(number))
            for name, number in zip(runs["scenario"], runs["replication"], strict=True)
        }
        found = found.assign(_curves(results, entries, numbers, wanted)).assign_coords(_axes(entries))
    return found


def write_netcdf(data: xr.Dataset, path: Path) -> Path:
    """Write arrays as a compressed NetCDF-4 file, which is complete or not there; return its path.

    Raises
    ------
    HyperclusterError
        If the library that writes it is not installed.
    """
    try:
        import h5netcdf  # noqa: F401 - xarray imports it by its name
        import h5py  # noqa: F401
    except ImportError:
        raise HyperclusterError(f"h5netcdf and h5py are not installed; {INSTALL}") from None
    encoding = {name: {"zlib": True, "complevel": 4} for name in data.data_vars}
    with written_beside(path) as temporary:
        data.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
    return path


def _entries(results: Results, scenarios: Sequence[str] | None) -> dict[str, Mapping[str, Any]]:
    """Return what the manifest says of each scenario; refuse those that have no axes in common."""
    if unknown := [name for name in scenarios or () if name not in results.scenarios]:
        raise ResultsError(f"no scenario {listed(unknown)}; there are {listed(results.scenarios)}")
    entries = {
        entry["name"]: entry
        for entry in results.manifest["scenarios"]
        if scenarios is None or entry["name"] in scenarios
    }
    first = next(iter(entries.values()))
    for key in ("steps_per_year", "regions", "industries", "technologies"):
        if other := [name for name, entry in entries.items() if entry[key] != first[key]]:
            raise ResultsError(
                f"{first['name']} and {other[0]} have other {key.replace('_', ' ')}; read them one by one, "
                f'with scenarios=["{other[0]}"]'
            )
    return entries


def _curves(
    results: Results,
    entries: Mapping[str, Mapping[str, Any]],
    numbers: Array,
    wanted: set[tuple[str, int]],
) -> dict[str, Any]:
    """Return adopters and eligible of all replications; nan where a technology was not released."""
    first = next(iter(entries.values()))
    names = [row["name"] for row in first["technologies"]]
    months = max(entry["months"] for entry in entries.values()) + 1
    shape = (
        *(len(entries), len(numbers), months),
        *(len(first["regions"]), len(first["industries"]), len(names)),
    )
    adopters, eligible = (np.full(shape, np.nan, dtype=np.float32) for _ in range(2))
    for (scenario, number), counts in results.each_counts(wanted):
        assert counts.eligible.max(initial=0) < MOST_EXACT, (
            "more enterprises in a cell than float32 can count"
        )
        place = list(entries).index(scenario), int(np.searchsorted(numbers, number))
        k = [names.index(name) for name in counts.technologies]
        adopters[place][: len(counts.adopters), :, :, k] = counts.adopters
        eligible[place][: len(counts.adopters), :, :, k] = counts.eligible
    words = {"units": "1", "comment": "nan where a technology is not released before the horizon"}
    return {
        "adopters": (
            DIMENSIONS,
            adopters,
            {"long_name": "enterprises that have adopted at the end of the month", **words},
        ),
        "eligible": (DIMENSIONS, eligible, {"long_name": "enterprises for which it is relevant", **words}),
    }


def _axes(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    first = next(iter(entries.values()))
    months = np.arange(max(entry["months"] for entry in entries.values()) + 1)
    regions, technologies = first["regions"], first["technologies"]

    def of(rows: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
        return [row[key] for row in rows]

    return {
        "month": ("month", months, {"long_name": "month; 0 is the start", "units": "1"}),
        "year": ("month", months / first["steps_per_year"], {"long_name": "time", "units": "years"}),
        "region": ("region", of(regions, "id"), {"long_name": "region"}),
        "region_name": ("region", of(regions, "name"), {"long_name": "name of the region"}),
        "macroregion": ("region", of(regions, "macroregion"), {"long_name": "macroregion"}),
        "latitude": ("region", of(regions, "latitude"), {"standard_name": "latitude", "units": "degrees_north"}),
        "longitude": ("region", of(regions, "longitude"), {"standard_name": "longitude", "units": "degrees_east"}),
        "industry": ("industry", list(first["industries"]), {"long_name": "industry"}),
        "technology": ("technology", of(technologies, "name"), {"long_name": "technology"}),
        "direction": ("technology", of(technologies, "direction"), {"long_name": "direction of the technology"}),
    }  # fmt: skip


def _of_metric(name: str) -> dict[str, str]:
    metric = METRICS[name]
    return {"long_name": metric.reading, "units": metric.unit}
