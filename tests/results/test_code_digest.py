"""What a new instrument, mechanism or metric, or an edit, means for the results of studies that were made before."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulation.results.code_digest
from simulation.batch.running import run_batch
from simulation.errors import ResultsError
from simulation.mechanisms import MECHANISMS
from simulation.policies import INSTRUMENTS
from simulation.results.code_digest import (
    MODEL,
    PACKAGE,
    SHARED,
    all_parts,
    code_parts,
    edited,
    together,
    used_parts,
)
from simulation.results.manifest import model_versions, other_versions
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario

TINY = """
[time]
years = 1
[world]
scale = 0.02
[[policies]]
instrument = "technopark"
budget = 5.0
"""

MENTORING = (
    (PACKAGE / "policies/technopark.py")
    .read_text(encoding="utf-8")
    .replace("Technopark", "Mentoring")
    .replace('"technopark"', '"mentoring"')
)
"""An instrument that nobody has heard of."""

SEASON = '''
"""Seasons: adoption rises and falls."""

from typing import ClassVar

import numpy as np

from simulation.levers import Levers
from simulation.mechanisms.mechanism import Factor, Mechanism
from simulation.settings import Names, Share
from simulation.state import State
from simulation.world import Array, World


class Season(Mechanism):
    """How much adoption gains in every other month, and where."""

    key: ClassVar[str] = "season"
    regions_in: ClassVar[tuple[str, ...]] = ("places",)

    gain: Share = 0.0
    """What the hazard gains, 0-1."""
    places: Names = ()
    """Regions with seasons."""

    @property
    def is_on(self) -> bool:
        return self.gain > 0

    def factor(self, world: World) -> Factor:
        here = np.isin(world.regions.ids, self.places)

        def gained(state: State, levers: Levers) -> Array:
            return np.where(here & (state.month % 2 == 0), 1 + self.gain, 1.0)[:, None, None]

        return gained
'''

REGION_COUNT = '''
"""How many regions could adopt."""

from simulation.metrics.metric import Metric, require_eligible


def region_count(curves):
    """Return how many regions have eligible enterprises."""
    require_eligible(curves)
    return float((curves.weights > 0).sum())


METRICS = (
    Metric(
        name="region_count",
        unit="regions",
        reading="Regions with eligible enterprises.",
        better=None,
        measure=region_count,
        after="phi",
    ),
)
'''


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of one scenario, made by this program, with the file of the scenario beside it."""
    folder = tmp_path_factory.mktemp("before")
    (folder / "tiny.toml").write_text(TINY)
    run_batch([folder / "tiny.toml"], 2, out=folder / "study", executor="serial")
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A copy of the program, to be edited; returns its package."""
    package = tmp_path / "program" / "simulation"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("static", "fonts"))
    return package


def python(package: Path, code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    code = f"import simulation; assert simulation.__file__.startswith({str(package)!r})\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        env=environment,
        cwd=package.parent,
        capture_output=True,
        text=True,
    )


def resume(package: Path, before: Path, *, replications: int = 2) -> subprocess.CompletedProcess[str]:
    study = package.parent / "study"
    shutil.copytree(before / "study", study)
    code = (
        "from simulation import run_batch\n"
        "from simulation.errors import HyperclusterError\n"
        "try:\n"
        f"    print(len(run_batch([{str(before / 'tiny.toml')!r}], {replications}, out={str(study)!r}, "
        "executor='serial').runs()))\n"
        "except HyperclusterError as error: print(error)\n"
    )
    done = python(package, code)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_what_was_added_can_be_used_with_checks_of_its_names(other: Path):
    (other / "policies" / "mentoring.py").write_text(MENTORING)
    (other / "mechanisms" / "season.py").write_text(SEASON)
    text = TINY + "\n[season]\ngain = 0.5\nplaces = ['kuzbas']\n[costs]\nmentoring = -1\n"
    done = python(
        other,
        "from simulation.scenario.loading import parse_scenario\n"
        "from simulation.errors import HyperclusterError\n"
        f"try: parse_scenario({text!r})\n"
        "except HyperclusterError as error: print(error)\n",
    )
    assert 'season.places[0] = "kuzbas": not a region' in done.stdout, done
    assert "costs.mentoring = -1: must be" in done.stdout


def go_on_with(program: Path, before: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """Resume a copy of the study in this process, as if it were running that program."""
    parts = code_parts(program)
    monkeypatch.setattr(simulation.results.code_digest, "all_parts", lambda: parts)
    study = program.parent / "study"
    shutil.copytree(before / "study", study)
    return run_batch([before / "tiny.toml"], 2, out=study, executor="serial")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("engine/kernels/exposure.py", "the model: its code or shipped tables were edited since"),
        ("data/vectors.csv", "the model: its code or shipped tables were edited since"),
        ("policies/base.py", "the model: its code or shipped tables were edited since"),
        ("policies/technopark.py", "the model: policies/technopark.py was edited since"),
        ("metrics/money.py", "the model: metrics/money.py was edited since"),
    ],
)
def test_a_study_is_refused_after_an_edit_of_what_it_uses(
    other: Path, before: Path, monkeypatch: pytest.MonkeyPatch, file: str, said: str
):
    with (other / file).open("a") as text:
        text.write("\n")
    with pytest.raises(ResultsError, match=f"\n  {re.escape(said)}\n"):
        go_on_with(other, before, monkeypatch)


def test_a_study_is_refused_by_name_after_a_metric_was_added(
    other: Path, before: Path, monkeypatch: pytest.MonkeyPatch
):
    (other / "metrics" / "region_count.py").write_text(REGION_COUNT)
    said = "metrics: metrics/region_count.py is now and not there, so runs would differ in columns"
    with pytest.raises(ResultsError, match=f"\n  {re.escape(said)}\n"):
        go_on_with(other, before, monkeypatch)


def test_a_study_goes_on_whatever_becomes_of_what_it_does_not_use(
    other: Path, before: Path, monkeypatch: pytest.MonkeyPatch
):
    (other / "policies" / "mentoring.py").write_text(MENTORING)
    (other / "mechanisms" / "season.py").write_text(SEASON)
    for file in ("policies/adoption_incentive.py", "mechanisms/transfer.py", "figures/ledger.py"):
        with (other / file).open("a") as text:
            text.write("\n")
    assert len(go_on_with(other, before, monkeypatch).runs()) == 2


@pytest.mark.slow
def test_a_study_goes_on_bit_for_bit_after_an_instrument_a_mechanism_and_a_dataset_were_added(
    other: Path, before: Path
):
    (other / "policies" / "mentoring.py").write_text(MENTORING)
    (other / "mechanisms" / "season.py").write_text(SEASON)
    shutil.copytree(other / "data" / "kuzbass", other / "data" / "another")
    assert resume(other, before, replications=4).stdout == "4\n"
    study = Results(other.parent / "study")
    assert study.manifest["status"] == "finished"
    assert "mentoring" in study.manifest["scenarios"][0]["text"]
    undisturbed = run_batch([before / "tiny.toml"], 4, out=other.parent / "undisturbed", executor="serial")
    assert study.digest() == undisturbed.digest()


@settings(deadline=None, max_examples=8)
@given(used=st.sets(st.sampled_from(sorted(INSTRUMENTS.keys() - {"platform_operation", "processing_chain"}))))
def test_costs_count_for_the_digest_of_a_scenario_if_a_policy_has_them(used: set[str]):
    given = [{"instrument": name, "budget": 1.0} for name in sorted(used)]
    needs = {"platform": "p", "platforms": ["p", "q"]}
    rows = [
        row
        | {key: value for key, value in needs.items() if key in INSTRUMENTS[row["instrument"]].model_fields}
        for row in given
    ]
    spec = Scenario.model_validate({"policies": rows})
    for name in INSTRUMENTS:
        dearer = spec.model_copy(update={"costs": spec.costs.model_copy(update={name: 7.5})})
        assert (dearer.digest != spec.digest) == (name in used)


def test_a_mechanism_counts_for_digest_and_code_from_where_it_is_on():
    off, still_off = Scenario(), parse_scenario("[transfer]\neffect = 0.5\ntakeoff = 0.3\n")
    on = parse_scenario("[transfer]\ndonors = ['komi']\n")
    assert off.digest == still_off.digest != on.digest
    assert "mechanisms/transfer.py" not in used_parts([off, still_off])
    assert "mechanisms/transfer.py" in used_parts([off, on])
    assert {key for key, table in MECHANISMS.items() if table().is_on} == set()


def test_a_scenario_uses_the_files_of_its_policies_and_every_metric():
    used = used_parts([parse_scenario(TINY)])
    metrics = {part for part in all_parts() if part.startswith("metrics/")}
    assert used.keys() == {SHARED, "policies/technopark.py", *metrics}
    assert len(metrics) > 5


def graph() -> grimp.ImportGraph:
    return grimp.build_graph("simulation")


def model_modules(package: grimp.ImportGraph) -> set[str]:
    rooms = tuple(f"simulation.{name.removesuffix('.py')}" for name in MODEL)
    return {
        name for name in package.modules if name in rooms or name.startswith(tuple(f"{r}." for r in rooms))
    }


CANNOT_CHANGE_A_NUMBER = (
    "simulation.arguments",
    "simulation.hidden_characters",
    "simulation.errors",
    "simulation.files",
    "simulation.meanings",
    "simulation.plugins",
)
"""Imported by the model, to refuse an input, to explain or to read one; a scenario, a dataset and a plugin have
digests of their own."""


def test_the_model_is_what_a_replication_and_its_metrics_import():
    package = graph()
    found = model_modules(package)
    reached = {"simulation.engine.simulate", "simulation.metrics"} | found
    for name in list(reached):
        reached |= package.find_upstream_modules(name)
    outside = {name for name in reached - found if not name.startswith(CANNOT_CHANGE_A_NUMBER)}
    assert outside == set()
    assert {f"simulation.{name.removesuffix('.py')}" for name in MODEL} <= package.modules


def test_what_has_a_part_of_its_own_is_imported_by_no_module():
    package = graph()
    for part in all_parts().keys() - {SHARED}:
        if part.endswith(".py"):
            name = f"simulation.{part.removesuffix('.py').replace('/', '.')}"
            assert package.find_modules_that_directly_import(name) & model_modules(package) == set(), part


@pytest.mark.parametrize("gone", ["policies/x.py", "metrics/x.py"])
def test_programs_differ_in_shared_code_in_what_both_use_and_in_metrics(gone: str):
    one = {SHARED: "a", "policies/y.py": "b"}
    assert edited(one, one) == edited(one, {SHARED: "a"}) == edited({SHARED: "a"}, one) == []
    assert len(edited(one, {SHARED: "c", "policies/y.py": "d"})) == 2
    assert len(edited(one, one | {gone: "e"})) == len(edited(one | {gone: "e"}, one)) == gone.startswith("m")
    assert len(edited("of an older format", one)) == 1
    assert together(one) != together(one | {gone: "e"})


def test_a_worker_is_asked_for_the_whole_program(monkeypatch: pytest.MonkeyPatch):
    here = model_versions()
    assert {"the model", "policies/technopark.py", "data/russia-2023", "numpy"} <= here.keys()
    assert other_versions(dict(here)) == []
    assert other_versions({**here, "policies/technopark.py": "x", "metrics/new.py": "y"}) == [
        "policies/technopark.py",
        "metrics/new.py",
    ]
