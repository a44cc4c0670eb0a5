"""Which files a function comes from: those that it imports from beside it, and no others."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import mesa
import pytest

from simulation import run_any
from simulation.batch.sources import sources_of
from simulation.errors import ResultsError


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in sys.modules.keys() - known:
        del sys.modules[name]


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_imports_are_followed_from_file_to_file(write: Path):
    write_files(
        write,
        {
            "followed_study.py": "import os\nimport followed.deep.agents\ndef run(p, s):\n    import followed_late\n",
            "followed/__init__.py": "",
            "followed/deep/__init__.py": "",
            "followed/deep/agents.py": "from . import space\nfrom ..tools import one\nimport mesa.time",
            "followed/deep/space.py": "import followed_study\n",
            "followed/tools.py": "one = 1\n",
            "followed/unused.py": "two = 2\n",
            "followed_late.py": "x = 1\nimport nowhere_at_all\n",
        },
    )
    found = sources_of(import_module("followed_study"))
    assert [name for name, _ in found.modules] == [
        *("followed", "followed.deep", "followed.deep.agents", "followed.deep.space", "followed.tools"),
        *("followed_late", "followed_study"),
    ]
    packages = {name.lower(): version for name, version in found.packages}
    assert packages["mesa"] == mesa.__version__
    assert packages.keys() == {"mesa", "numpy"}


def test_an_installed_function_has_the_version_of_its_package(write: Path):
    found = sources_of(import_module("mesa.examples"))
    assert found.modules == ()
    assert {name.lower() for name, _ in found.packages} == {"mesa", "numpy"}


def test_an_edited_module_beside_the_function_is_refused_by_name(write: Path):
    write_files(
        write,
        {
            "edited_study.py": "from edited_model import value\ndef run(p, s):\n    return {'x': value + s}\n",
            "edited_model.py": "value = 1\n",
        },
    )
    run = import_module("edited_study").run
    run_any(run, {"s": {}}, 2, out=write / "runs", executor="serial")
    run_any(run, {"s": {}}, 2, out=write / "runs", executor="serial")
    write_files(write, {"edited_model.py": "value = 2\n"})
    with pytest.raises(ResultsError, match="module edited_model: edited since"):
        run_any(run, {"s": {}}, 2, out=write / "runs", executor="serial")
    write_files(write, {"edited_model.py": "value = 1\nimport edited_more\n", "edited_more.py": ""})
    with pytest.raises(ResultsError, match="module edited_more: imported now, and not there"):
        run_any(run, {"s": {}}, 2, out=write / "runs", executor="serial")


def test_another_version_of_a_package_is_refused_by_name(write: Path, monkeypatch: pytest.MonkeyPatch):
    write_files(write, {"mesa_study.py": "import mesa\ndef run(p, s):\n    return {'x': s}\n"})
    run = import_module("mesa_study").run
    run_any(run, {"s": {}}, 1, out=write / "runs", executor="serial")
    monkeypatch.setattr("simulation.batch.sources.metadata.version", lambda name: "99")
    with pytest.raises(ResultsError, match=rf"version of [Mm]esa: {mesa.__version__} there, 99 now"):
        run_any(run, {"s": {}}, 1, out=write / "runs", executor="serial")
