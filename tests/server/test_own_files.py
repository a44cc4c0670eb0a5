"""Files chosen in the browser are read as all others, kept for the session, and never a way to other files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page import connected
from served import Served

from simulation.data.template import write_template
from simulation.errors import HyperclusterError
from simulation.scenario.loading import load_scenario
from simulation.server.web.own_files import MOST_SENT, OwnFiles
from simulation.server.web.sessions import KEPT_SECONDS


def as_message(folder: Path, *, below: str = "") -> list[dict[str, str]]:
    return [
        {"name": f"{below}{path.relative_to(folder).as_posix()}", "text": path.read_text(encoding="utf-8")}
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".csv", ".toml", ".geojson")
    ]


def test_a_scenario_opens_with_what_it_extends_and_goes_with_its_session(served: Served) -> None:
    text = 'extends = "hypercluster.toml"\ntitle = "Mine"\n[time]\nyears = 5\n'
    with connected(served.client) as page:
        answer = page.ask("own", files=[{"name": "mine.toml", "text": text}])
        assert answer["names"] == ["mine"]
        assert (answer["scenarios"][0]["title"], answer["scenarios"][0]["own"]) == ("Mine", True)
        worlds = page.open({"scenario": "mine", "changes": []}, seed=3)
        wanted = load_scenario("hypercluster", overrides=["time.years=5"])
        assert worlds["a"]["digest"] == wanted.digest
        assert page.frames(60, 1, sides="a")["a"].months == 1
        session = next(s for s in served.server.sessions if s.id == page.welcome["session"])
        root = session.own.root
        assert root is not None and root.is_dir()
    with connected(served.client) as other:
        assert "no such scenario" in other.open({"scenario": "mine", "changes": []})["text"]
    served.clock.now += KEPT_SECONDS + 1
    assert served.client.portal is not None
    served.client.portal.call(served.server.sweep)
    assert not root.exists()


def test_a_dataset_opens_as_a_scenario_without_policy_and_its_folder_is_not_told(
    served: Served, tmp_path: Path
) -> None:
    folder = tmp_path / "my_country"
    write_template(folder)
    with connected(served.client) as page:
        answer = page.ask("own", files=as_message(folder, below="my_country/"))
        assert answer["names"] == ["my_country"], answer
        worlds = page.open({"scenario": "my_country", "changes": []})
        assert [region["id"] for region in worlds["a"]["regions"]] == ["north", "south"]
        text = page.ask("toml", side="a")["text"]
        assert 'dataset = "my_country"' in text
        bad = page.open({"scenario": "my_country", "changes": ["world.scale=-1"]})
        assert bad["type"] == "error" and "hypercluster-own" not in str(bad)


def test_a_fault_of_a_table_is_told_with_its_line(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "land"
    write_template(folder)
    table = folder / "regions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("62.0", "162"), encoding="utf-8")
    with connected(served.client) as page:
        name = page.ask("own", files=as_message(folder))["names"][0]
        refused = page.open({"scenario": name, "changes": []})
    assert (
        refused["type"] == "error"
        and "line 2" in refused["text"]
        and "hypercluster-own" not in refused["text"]
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("../a.toml", "x = 1"),
        ("/etc/a.toml", "x = 1"),
        ("a/b/c/d.toml", "x = 1"),
        (".hidden.toml", "x = 1"),
        ("a.py", "x = 1"),
        ("a.toml", 'extends = "../secret.toml"'),
        ("a.toml", 'world.dataset = "/home"'),
        ("a.toml", 'world = { dataset = "..\\\\.." }'),
        ("land/dataset.toml", 'extends = ["russia-2023", "../.."]'),
        ("a.toml", 'world.dataset = ".."'),
        ("only.csv", "a,b"),
    ],
)
def test_what_leads_out_of_the_folder_is_refused(name: str, text: str) -> None:
    own = OwnFiles()
    with pytest.raises(HyperclusterError):
        own.add({name: text}, taken=())
    own.remove()
    assert own.root is None


@given(st.text(max_size=12).map(lambda name: f"{name}.toml"))
def test_no_name_of_a_file_leads_out_of_the_folder(name: str) -> None:
    own = OwnFiles()
    try:
        own.add({name: "x = 1"}, taken=())
    except HyperclusterError:
        pass
    else:
        root = own.root
        assert root is not None
        assert all(path.resolve().is_relative_to(root) for path in own.files.values())
    own.remove()


def test_files_of_a_name_that_is_taken_get_another_and_there_is_an_end() -> None:
    own = OwnFiles()
    for _ in range(MOST_SENT):
        own.add({"hypercluster.toml": "time.years = 5"}, taken={"hypercluster"})
    assert list(own.files)[:2] == ["hypercluster-2", "hypercluster-3"]
    with pytest.raises(HyperclusterError, match="already"):
        own.add({"a.toml": "time.years = 5"}, taken=())
    own.remove()


def test_the_shipped_country_fits_into_one_message(served: Served, tmp_path: Path) -> None:
    import simulation.data

    source = Path(simulation.data.__file__).parent / "russia-2023"
    shutil.copytree(source, tmp_path / "copy")
    with connected(served.client) as page:
        names = page.ask("own", files=as_message(tmp_path / "copy", below="copy/"))["names"]
        assert len(page.open({"scenario": names[0], "changes": []})["a"]["regions"]) == 15
