"""The same number means the same thing at every public door, and what is no number is refused there."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from any_functions import drawn
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from small_studies import write_scenarios

import simulation
from simulation import figures
from simulation.analysis.between_folders import compare_folders
from simulation.analysis.break_even import at_ratio, break_even, shared_left
from simulation.arguments import MOST_REPLICATIONS, MOST_SEED, real_number, seed_of
from simulation.batch.replications import replicate
from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError
from simulation.figures.film.animation import animate
from simulation.reporting.analysis import analyse
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.server.protocol.messages import MessageError, Open, read_request

INTEGERS = [int, *(np.dtype(code).type for code in np.typecodes["AllInteger"] if np.dtype(code).kind in "iu")]
FLOATS = [np.dtype(code).type for code in np.typecodes["Float"]]


class Index:
    """A number of somebody else's making."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


def forms_of(number: int) -> Iterator[Any]:
    """Every type in which people have a whole number."""
    for kind in INTEGERS:
        if kind is int or number <= np.iinfo(kind).max:
            yield kind(number)
            yield np.array(number, dtype=kind)
    yield Index(number)


NO_NUMBERS = [
    *("7", b"7", "", None, True, False, np.True_, np.array(True), [7], (7,), {7}, np.array([7]), 7j),
    *(math.nan, math.inf, -math.inf, np.float32("nan"), np.datetime64("2020"), np.timedelta64(7, "D")),
    *(-1, np.int8(-1), -(2**64), np.array(None), object()),
]
NOT_WHOLE = [7.0, 7.5, np.float64(7), np.float16(7), np.array(7.0), Fraction(7), 10**5000]


@given(st.integers(0, MOST_SEED))
def test_every_integer_type_counts_as_that_integer(number: int):
    for form in forms_of(number):
        found = seed_of(form)
        assert found == number and type(found) is int
        real = real_number("deadline", form, least=0)
        assert real == float(number) and type(real) is float


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_width_of_float_counts_as_that_float(number: float):
    with np.errstate(over="ignore"):
        forms = [kind(number) for kind in FLOATS]
    for form in (*forms, *map(np.array, forms), number):
        if np.isfinite(form):
            found = real_number("deadline", form)
            assert found == float(form) and type(found) is float


@pytest.mark.parametrize("value", [*NO_NUMBERS, *NOT_WHOLE], ids=lambda value: type(value).__name__)
def test_what_is_no_whole_number_is_refused_in_one_sentence(value: Any):
    with pytest.raises(HyperclusterError) as caught:
        seed_of(value)
    assert re.fullmatch(rf"seed = .{{1,70}}: must be a whole number from 0 to {MOST_SEED}", str(caught.value))


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
def test_what_is_no_number_is_refused_in_one_sentence(value: Any):
    with pytest.raises(HyperclusterError) as caught:
        real_number("deadline", value, above=0)
    assert re.fullmatch(r"deadline = .{1,70}: must be a number, more than 0", str(caught.value))


def test_seeds_end_where_the_last_replication_has_the_largest():
    assert seed_of(MOST_SEED) == seed_of(MOST_SEED - 9, replications=10) + 9 == MOST_SEED
    with pytest.raises(HyperclusterError, match=f"at most {MOST_SEED - 9} with 10 replications"):
        seed_of(MOST_SEED - 8, replications=10)
    with pytest.raises(HyperclusterError, match="whole number from 0"):
        seed_of(MOST_SEED + 1)


# The doors


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    files = write_scenarios(tmp_path_factory.mktemp("scenarios"))
    return [
        load_scenario(file, overrides=["time.years=2", "technologies.release='at_start'"]) for file in files
    ]


@pytest.fixture(scope="module")
def study(specs: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run_batch(specs, 2, out=tmp_path_factory.mktemp("results") / "study", seed=7, executor="serial")


Door = Callable[[list[Scenario], Results, Any], Any]
"""Hands a value to one argument of a public function; the rest of the call is right."""

OUT = Path("never-written")
SCENARIO: dict[str, dict[str, Any]] = {"plain": {}}
PAIR = ("plain", "platform")
ORIGIN = "http://localhost:8888"
DOORS: dict[str, Door] = {
    "run seed": lambda specs, study, value: simulation.run(specs[0], value),
    "simulate seed": lambda specs, study, value: simulate(specs[0], value),
    "simulate deadline": lambda specs, study, value: simulate(specs[0], 7, deadline=value),
    "simulate threads": lambda specs, study, value: simulate(specs[0], 7, threads=value),
    "Engine threads": lambda specs, study, value: Engine(specs[0], 7, threads=value),
    "Engine seed": lambda specs, study, value: Engine(specs[0], value),
    "Engine.run_for n_months": lambda specs, study, value: Engine(specs[0], 7).run_for(value),
    "Engine.hazard_of enterprise": lambda specs, study, value: Engine(specs[0], 7).hazard_of(value, 0),
    "Engine.hazard_of technology": lambda specs, study, value: Engine(specs[0], 7).hazard_of(0, value),
    "build_world seed": lambda specs, study, value: build_world(specs[0], value),
    "replicate seed": lambda specs, study, value: replicate(specs[0], 0, seed=value),
    "Results.to_xarray replications": lambda specs, study, value: study.to_xarray(replications=[value]),
    "Results.to_netcdf replications": lambda specs, study, value: study.to_netcdf(OUT, replications=[value]),
    "replicate threads": lambda specs, study, value: replicate(specs[0], 0, seed=7, threads=value),
    "replicate replication": lambda specs, study, value: replicate(specs[0], value, seed=7),
    "replicate deadline": lambda specs, study, value: replicate(specs[0], 0, seed=7, deadline=value),
    "run_batch seed": lambda specs, study, value: run_batch(specs, 1, out=OUT, seed=value),
    "run_batch replications": lambda specs, study, value: run_batch(specs, value, out=OUT),
    "run_batch workers": lambda specs, study, value: run_batch(specs, 1, out=OUT, workers=value),
    "run_batch deadline": lambda specs, study, value: run_batch(specs, 1, out=OUT, deadline=value),
    "run_batch until_halfwidth": lambda specs, study, value: run_batch(specs, out=OUT, until_halfwidth=value),
    "run_batch max_replications": lambda specs, study, value: run_batch(
        specs, out=OUT, max_replications=value
    ),
    "run_any seed": lambda specs, study, value: simulation.run_any(drawn, SCENARIO, 1, out=OUT, seed=value),
    "run_any replications": lambda specs, study, value: simulation.run_any(drawn, SCENARIO, value, out=OUT),
    "run_any workers": lambda specs, study, value: simulation.run_any(
        drawn, SCENARIO, 1, out=OUT, workers=value
    ),
    "run_any deadline": lambda specs, study, value: simulation.run_any(
        drawn, SCENARIO, 1, out=OUT, deadline=value
    ),
    "AnyResults.compare precision": lambda specs, study, value: any_results(study).compare(precision=value),
    "break_even seed": lambda specs, study, value: break_even(specs[1], specs[0], seed=value),
    "break_even replications": lambda specs, study, value: break_even(specs[1], specs[0], replications=value),
    "shared_left ratio": lambda specs, study, value: shared_left(specs[1], value),
    "at_ratio ratio": lambda specs, study, value: at_ratio(specs[1], value),
    "compare precision": lambda specs, study, value: simulation.compare(study, precision=value),
    "compare_folders precision": lambda specs, study, value: compare_folders(study, study, precision=value),
    "analyse precision": lambda specs, study, value: analyse(study, precision=value),
    "Results.curves replication": lambda specs, study, value: study.curves(replication=value),
    "Results.memberships replication": lambda specs, study, value: study.memberships(replication=value),
    "Results.ledger replication": lambda specs, study, value: study.ledger(replication=value),
    "Results.counts replication": lambda specs, study, value: study.counts("plain", value),
    "plot seed": lambda specs, study, value: figures.plot(study, ["ledger"], seed=value),
    "plot width_mm": lambda specs, study, value: figures.plot(study, ["ledger"], width_mm=value),
    "study_curves seed": lambda specs, study, value: figures.study_curves(study, seed=value),
    "adoption_raster seed": lambda specs, study, value: figures.adoption_raster(study, seed=value),
    "animate seed": lambda specs, study, value: animate(study, PAIR, seed=value),
    "page seed": lambda specs, study, value: simulation.page(seed=value, origin=ORIGIN),
    "page height": lambda specs, study, value: simulation.page(height=value, origin=ORIGIN),
}
REAL = {"deadline", "until_halfwidth", "ratio", "precision", "width_mm"}
NONE_IS_DEFAULT = {"deadline", "until_halfwidth", "workers"}
NONE_IS_ALL = {
    *("Results.curves replication", "Results.memberships replication", "Results.ledger replication"),
    *("plot seed", "study_curves seed", "adoption_raster seed", "animate seed"),
}


def any_results(study: Results) -> simulation.AnyResults:
    return simulation.run_any(drawn, SCENARIO, 1, out=study.path.parent / "any", executor="serial")


@pytest.mark.parametrize("name", DOORS)
def test_every_door_refuses_what_is_no_number(
    name: str, specs: list[Scenario], study: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    argument = name.split()[-1]
    for value in NO_NUMBERS if argument in REAL else [*NO_NUMBERS, *NOT_WHOLE]:
        if value is None and (argument in NONE_IS_DEFAULT or name in NONE_IS_ALL):
            continue
        with pytest.raises(HyperclusterError, match=rf"^{argument} = .*: must be a"):
            DOORS[name](specs, study, value)
    assert not list(tmp_path.iterdir())


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """What the documentation calls, by name, methods with their class."""
    modules = (
        "analysis.between_folders",
        "analysis.break_even",
        "batch.running",
        "engine.build.world",
        "engine.month",
        "engine.simulate",
        "figures.film.animation",
        "reporting.analysis",
        "reporting.tables",
    )
    found: dict[str, Any] = {name: getattr(simulation, name) for name in simulation.__all__}
    found |= {name: getattr(figures, name) for name in figures.__all__}
    for module in map(import_module, (f"simulation.{name}" for name in modules)):
        known = {door.split()[0].split(".")[0] for door in DOORS}
        found |= {name: value for name, value in vars(module).items() if name in known}
    for name, value in found.items():
        if inspect.isclass(value):
            yield name, value
            for method, function in inspect.getmembers(value, inspect.isfunction):
                if not method.startswith("_"):
                    yield f"{name}.{method}", function
        elif callable(value):
            yield name, value


def test_no_door_is_left_out():
    """Numbers of the Mesa model have tests of their own; dataclasses are what functions return."""
    takes_a_number = {
        f"{name} {parameter.name}"
        for name, function in public_functions()
        if not name.startswith(("HyperclusterModel", "Drawn", "Plotted", "ScenarioCurves", "StudyCurves"))
        for parameter in inspect.signature(function).parameters.values()
        if re.search(r"\b(int|float)\b", str(parameter.annotation))
        and "Callable" not in str(parameter.annotation)
    }
    assert takes_a_number <= set(DOORS)


def test_one_seed_in_any_type_is_one_run(specs: list[Scenario]):
    expected = simulation.run(specs[0], seed=7).record.adopters
    for seed in (np.int64(7), np.uint8(7), np.uint64(7), np.array(7), Index(7)):
        record = simulation.run(specs[0], seed=seed).record
        assert type(record.seed) is int and np.array_equal(record.adopters, expected)


def test_a_study_is_the_same_whatever_types_its_numbers_have(
    specs: list[Scenario], study: Results, tmp_path: Path
):
    other = run_batch(
        specs,
        np.int16(2),
        out=tmp_path / "study",
        seed=np.uint8(7),
        workers=np.array(1),
        executor="serial",
        deadline=np.float32(600),
    )
    columns = ["scenario", "replication", "seed", "sha256"]
    assert other.runs(columns).equals(study.runs(columns))
    assert other.manifest["seed"] == 7 and other.manifest["replications"] == 2
    assert study.counts("plain", np.uint8(1)).adopters.shape == study.counts("plain", 1).adopters.shape


def test_the_largest_seed_survives_tables_and_manifest(specs: list[Scenario], tmp_path: Path):
    results = run_batch(specs[:1], 2, out=tmp_path / "study", seed=MOST_SEED - 1, executor="serial")
    again = Results(results.path)
    assert again.manifest["seed"] == MOST_SEED - 1
    assert again.runs()["seed"].tolist() == [MOST_SEED - 1, MOST_SEED]
    assert figures.study_curves(again, seed=MOST_SEED).scenarios[0].seeds == (MOST_SEED,)


@pytest.mark.parametrize(
    "command",
    [
        ["run", "plain.toml", "--replications", "2", "--seed"],
        ["factors", "plain.toml", "--replications", "2", "--seed"],
        ["break-even", "hypercluster", "baseline", "--replications", "2", "--seed"],
    ],
)
@pytest.mark.parametrize("seed", [-1, MOST_SEED, MOST_SEED + 1, 10**30, "7.0", "nan", "True", ""])
def test_commands_refuse_the_same_seeds(
    command: list[str], seed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    write_scenarios(tmp_path)
    ended = CliRunner().invoke(cli, [*command, str(seed)])
    assert ended.exit_code == 2 and "seed" in ended.output and not (tmp_path / "results").exists()


@pytest.mark.parametrize("command", [["plot"], ["animate"]])
def test_commands_that_read_refuse_the_same_seeds(command: list[str], study: Results):
    for seed in ("-1", str(MOST_SEED + 1)):
        ended = CliRunner().invoke(cli, [*command, str(study.path), "--seed", seed])
        assert ended.exit_code == 2 and f"seed = {seed}: must be a whole number from 0" in ended.output


def test_the_page_takes_the_same_seeds():
    def asked(seed: str) -> Any:
        return read_request(f'{{"type": "open", "id": 1, "seed": {seed}, "a": null, "b": null}}')

    found = asked(str(MOST_SEED))
    assert isinstance(found, Open) and found.seed == MOST_SEED
    for seed in (str(MOST_SEED + 1), "-1", "7.0", "true", '"7"', "null", "NaN", "1" + "0" * 5000):
        with pytest.raises(MessageError):
            asked(seed)


def test_numbers_too_large_are_refused(specs: list[Scenario], tmp_path: Path):
    for change in (
        {"replications": MOST_REPLICATIONS + 1},
        {"max_replications": 2**64},
        {"workers": 10**9},
        {"deadline": 1e9},
        {"seed": MOST_SEED, "replications": 2},
    ):
        (name, *_), arguments = change, {"replications": 1} | change
        with pytest.raises(HyperclusterError, match=name):
            run_batch(specs, out=tmp_path / "study", **arguments)
    assert not (tmp_path / "study").exists()
