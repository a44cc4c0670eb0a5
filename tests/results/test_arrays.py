"""A study as arrays with named dimensions, in memory and in a NetCDF file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from simulation.batch.running import run_batch
from simulation.errors import HyperclusterError, ResultsError
from simulation.metrics import METRICS
from simulation.results.arrays import DIMENSIONS
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

TINY = """
name = "{name}"
[time]
years = {years}
steps_per_year = {steps}
[world]
scale = 0.02
[diffusion]
spontaneous = 0.1
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two scenarios that differ in their horizon; one has a replication less, and technologies come late."""
    long, short = (parse_scenario(TINY.format(name=f"of_{n}", years=n, steps=12)) for n in (3, 2))
    folder = tmp_path_factory.mktemp("arrays") / "study"
    run_batch([long, short], 2, out=folder, executor="serial", merge=False)
    shutil.rmtree(folder / "parts" / "of_2-000001-000001")
    return Results(folder)


def test_every_cell_of_the_curves_is_in_the_arrays_and_the_rest_is_nan(study: Results):
    data = study.to_xarray()
    assert data["adopters"].dims == DIMENSIONS
    assert data["adopters"].sizes["month"] == 37
    curves = study.curves().set_index(list(DIMENSIONS))
    for name in ("adopters", "eligible"):
        found = data[name].to_series().dropna()
        assert found[found > 0].to_dict() == curves[name][curves[name] > 0].astype(float).to_dict()
    assert data["adopters"].sel(scenario="of_2", month=slice(25, None)).isnull().all()
    assert data["adopters"].sel(scenario="of_2", replication=1).isnull().all()
    assert data["adopters"].sel(scenario="of_3", replication=1).notnull().any()


def test_metrics_have_the_values_of_the_runs_with_unit_and_long_name(study: Results):
    data = study.to_xarray(scenarios=["of_3"], replications=[1])
    assert data.sizes["scenario"] == data.sizes["replication"] == 1
    row = study.runs().query("scenario == 'of_3' and replication == 1").iloc[0]
    assert set(data.data_vars) == {*METRICS, "adopters", "eligible"}
    for name, metric in METRICS.items():
        np.testing.assert_array_equal(data[name].item(), row[name])
        assert data[name].attrs == {"long_name": metric.reading, "units": metric.unit}
    assert data["seed"].item() == row["seed"]
    assert data["year"].values[-1] == 3.0
    assert data["year"].attrs["units"] == "years"


def test_a_netcdf_file_holds_the_same(study: Results, tmp_path: Path):
    import xarray as xr

    path = study.to_netcdf(tmp_path / "study.nc")
    with xr.open_dataset(path, engine="h5netcdf") as read:
        assert read.identical(study.to_xarray())
    assert [file.name for file in tmp_path.iterdir()] == ["study.nc"]


def test_what_cannot_be_one_array_is_refused_with_what_would_do(study: Results, tmp_path: Path):
    with pytest.raises(ResultsError, match='no scenario "of_4"; there are "of_3", "of_2"'):
        study.to_xarray(scenarios=["of_4"])
    with pytest.raises(ResultsError, match="none of these replications is here"):
        study.to_xarray(replications=[7])
    specs = [parse_scenario(TINY.format(name=f"of_{n}_steps", years=1, steps=n)) for n in (4, 12)]
    mixed = run_batch(specs, 1, out=tmp_path / "mixed", executor="serial")
    with pytest.raises(ResultsError, match="other steps per year; read them one by one"):
        mixed.to_xarray()
    assert mixed.to_xarray(scenarios=["of_4_steps"]).sizes["month"] == 5


def test_without_the_libraries_the_message_says_how_to_install_them(
    study: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    with pytest.raises(HyperclusterError, match=r'pip install "hypercluster-abm\[xarray\]"'):
        study.to_netcdf(tmp_path / "study.nc")
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(HyperclusterError, match="xarray is not installed"):
        study.to_xarray()
