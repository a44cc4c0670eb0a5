"""Whatever is wrong with one file of a dataset: ``validate`` tells it, and only what needs the file goes without."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.data.complete import load_whole_dataset
from simulation.data.dictionary import SETTINGS, TABLES
from simulation.data.outlines import OUTLINES, Outlines, load_outlines
from simulation.data.template import DICTIONARY, write_template
from simulation.errors import DataError
from simulation.figures import study_curves
from simulation.hidden_characters import fault_of
from simulation.scenario.loading import parse_scenario

SQUARE = [[0, 50], [9, 50], [9, 59], [0, 50]]
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "truncated": lambda content: content[: len(content) * 2 // 3] + b'\n"',
    "empty": lambda content: b"",
    "another type": lambda content: b"[[1, 2], 3]",
    "zeros": lambda content: bytes(len(content)),
}


def collection(ring: object = SQUARE, *, kind: str = "Polygon", **members: object) -> dict[str, object]:
    geometry = {"type": kind, "coordinates": [ring]}
    return {"features": [{"properties": {"region_id": "north"}, "geometry": geometry}], **members}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_template(tmp_path / "land")
    (tmp_path / "land" / SETTINGS).write_text('assumptions = "All invented."\n', encoding="utf-8")
    (tmp_path / "land" / OUTLINES).write_text(json.dumps(collection()), encoding="utf-8")
    facts = "fact,value,unit,meaning,source\nmines,7,mines,number of mines,invented\n"
    (tmp_path / "land" / "facts.csv").write_text(facts, encoding="utf-8")
    (tmp_path / "own.toml").write_text('[world]\ndataset = "land"\n', encoding="utf-8")
    return tmp_path / "land"


def validated(path: Path) -> Result:
    return CliRunner().invoke(cli, ["validate", str(path)])


def test_a_dataset_without_damage_is_valid(folder: Path) -> None:
    for path in (folder, folder.parent / "own.toml"):
        assert validated(path).output.startswith("OK  ")


@pytest.mark.parametrize("name", [*(f"{table}.csv" for table in TABLES), SETTINGS, OUTLINES])
@pytest.mark.parametrize("damage", DAMAGES)
def test_validate_tells_every_damaged_file_of_a_dataset_and_of_a_scenario(
    folder: Path, name: str, damage: str
) -> None:
    path = folder / name
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    if (name, damage) == (SETTINGS, "empty"):  # which says as much as no such file
        assert validated(folder).exit_code == 0
        return
    for asked in (folder, folder.parent / "own.toml"):
        result = validated(asked)
        assert result.exit_code == 2, result.output
        assert f"{path}: " in result.output and "OK" not in result.output
        assert "Traceback" not in result.output


def test_faults_of_tables_and_of_outlines_are_told_together(folder: Path) -> None:
    for name in ("facts.csv", "ties.csv", OUTLINES):
        (folder / name).write_bytes(b"")
    result = validated(folder)
    assert all(f"{folder / name}: 1 problem" in result.output for name in ("facts.csv", "ties.csv", OUTLINES))


def test_an_outline_of_no_region_of_the_dataset_is_told_with_the_nearest_one(folder: Path) -> None:
    outline = collection()["features"][0]  # type: ignore[index]
    names = ("north", "sooth", "Atlantis", None)
    features = [{**outline, "properties": {"region_id": name}} for name in names]
    (folder / OUTLINES).write_text(json.dumps({"features": features}), encoding="utf-8")
    for asked in (folder, folder.parent / "own.toml"):
        result = validated(asked)
        assert result.exit_code == 2
        assert f"{folder / OUTLINES}: 2 problems" in result.output
        for problem in (
            '"sooth": must be a region of the dataset',
            'did you mean "south"?',
            '"Atlantis": must',
        ):
            assert problem in result.output
    (folder / "regions.csv").write_bytes(b"")  # without the regions no outline is known to be wrong
    assert OUTLINES not in validated(folder).output


def test_what_nothing_needs_takes_nothing_away(folder: Path) -> None:
    (folder / DICTIONARY).write_bytes(b"\xff\xfe\0")
    (folder / "outlines.geojson").unlink()
    assert validated(folder).exit_code == 0


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], "features: "),
        ({"features": {}}, "features: "),
        ({"features": [7]}, "features[0].properties: "),
        ({"features": [{"properties": None, "geometry": {}}]}, "features[0].properties: "),
        ({"features": [{"properties": {"region_id": "a"}}]}, "features[0].geometry: "),
        ({"features": [{"properties": {"region_id": 3}, "geometry": {}}]}, "features[0].properties.region_id: "),
        (collection(kind="Point"), "features[0].geometry.type: "),
        (collection(None), "features[0].geometry.coordinates: "),
        (collection(["a", "b", "c", "d"]), "features[0].geometry.coordinates: "),
        (collection([["0", "50"]] * 4), "features[0].geometry.coordinates: "),
        (collection([[True, False]] * 4), "features[0].geometry.coordinates: "),
        (collection([[0, 50], [1], [1, 2], [0, 50]]), "features[0].geometry.coordinates: "),
        (collection([[10**400, 50]] * 4), "features[0].geometry.coordinates: "),
        (collection([[float("nan"), 50]] * 4), "must be degrees"),
        (collection([[float("inf"), 50]] * 4), "must be degrees"),
        (collection([[0, 90.5]] * 4), "must be degrees"),
        (collection([[5_000_000, 50]] * 4), "must be degrees"),  # metres of a projection
        (collection(SQUARE[:3]), "four points"),
        (collection(albers=7), "albers.standard_parallels: "),
        (collection(albers={"standard_parallels": [1, 2]}), "albers: "),
        (collection(albers={"standard_parallels": [1], "central_meridian": 0}), "albers: "),
        (collection(albers={"standard_parallels": [-9, 9], "central_meridian": 0}), "there is no cone"),
        (collection(albers={"standard_parallels": [9, 95], "central_meridian": 0}), "between the poles"),
    ],
)  # fmt: skip
def test_outlines_that_cannot_be_drawn_are_told_by_their_place(
    folder: Path, content: object, place: str
) -> None:
    (folder / OUTLINES).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match="1 problem") as caught:
        load_outlines(folder)
    assert place in str(caught.value)


def test_outlines_may_run_on_beyond_the_antimeridian(folder: Path) -> None:
    ring = [[170, 60], [190, 60], [190, 70], [170, 60]]
    (folder / OUTLINES).write_text(json.dumps(collection(ring)), encoding="utf-8")
    assert load_outlines(folder).regions["north"][0][:, 0].max() == 190


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([*(f"{table}.csv" for table in TABLES), SETTINGS, OUTLINES]),
    place=st.floats(0, 1),
    removed=st.integers(0, 20),
    added=st.one_of(st.binary(max_size=8), st.text(',;"\n\r\t 01-e[]{}=#.', max_size=8).map(str.encode)),
)
def test_any_bytes_at_any_place_of_any_file_are_read_or_told(
    folder: Path, name: str, place: float, removed: int, added: bytes
) -> None:
    path = folder / name
    content = path.read_bytes()
    at = round(place * len(content))
    path.write_bytes(content[:at] + added + content[at + removed :])
    try:
        load_whole_dataset(folder)
    except DataError as error:
        told = str(error)  # any other error fails the test
    else:
        told = ""
    path.write_bytes(content)
    assert not fault_of(told, lines=True)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 11), value=values)
def test_any_json_at_any_place_of_the_outlines_is_read_or_told(
    folder: Path, place: int, value: object
) -> None:
    content = json.loads(
        json.dumps(collection(albers={"standard_parallels": [50, 60], "central_meridian": 9}))
    )
    (feature,) = content["features"]
    holders = [
        *((content, key) for key in ("features", "albers")),
        *((feature, key) for key in ("properties", "geometry")),
        *((content["albers"], key) for key in ("standard_parallels", "central_meridian")),
        *((feature["geometry"], key) for key in ("type", "coordinates")),
        (feature["properties"], "region_id"),
        (feature["geometry"]["coordinates"], 0),
        (feature["geometry"]["coordinates"][0], 0),
        (feature["geometry"]["coordinates"][0][0], 0),
    ]
    holder, key = holders[place]
    holder[key] = value
    (folder / OUTLINES).write_text(json.dumps(content), encoding="utf-8")
    with contextlib.suppress(DataError):  # any other error fails the test
        assert isinstance(load_outlines(folder), Outlines)


def test_damaged_outlines_take_the_outlines_from_the_map_and_nothing_from_other_figures(
    folder: Path,
) -> None:
    text = '[world]\ndataset = "land"\n[time]\nyears = 5\n[technologies]\nrelease = "at_start"\n'
    text += '[[policies]]\ninstrument = "training"\nbudget = 9.0\n'
    spec = parse_scenario(text, file=folder.parent / "own.toml")
    out = folder.parent / "out"
    run_batch([spec], 2, out=out, executor="serial")
    assert study_curves(out).outlines_fault == ""
    (folder / OUTLINES).write_bytes(b"\xff\xfe{")
    asked = ["--figure", "region_map", "--figure", "ledger", "--format", "svg"]
    result = CliRunner().invoke(cli, ["plot", str(out), *asked])
    assert result.exit_code == 0
    assert {path.name for path in (out / "figures").glob("*.svg")} == {"region_map.svg", "ledger.svg"}
    told = f"Note: region_map is drawn without outlines; {folder / OUTLINES}: 1 problem\n  is in UTF-16"
    assert told in result.output
    said = "Drawn without outlines: their file cannot be used."
    assert said in (out / "figures" / "region_map.md").read_text(encoding="utf-8")
