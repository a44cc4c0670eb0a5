"""The versions that are tested are the versions that pyproject.toml pins."""

import os
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

PYPROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))


def canonical(name):
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.mark.skipif("UV" not in os.environ, reason="only uv reads the pins; run with `uv run pytest`")
def test_every_installed_package_is_pinned_at_its_version():
    pins = dict(pin.split("==") for pin in PYPROJECT["tool"]["uv"]["constraint-dependencies"])
    installed = {canonical(d.metadata["Name"]): d.version for d in distributions()}
    del installed["hypercluster-abm"]
    unpinned = {name: version for name, version in installed.items() if pins.get(name) != version}
    assert unpinned == {}


def test_no_pin_names_a_place():
    for group in ("constraint-dependencies", "build-constraint-dependencies"):
        for pin in PYPROJECT["tool"]["uv"][group]:
            name, version = pin.split("==")
            assert name == canonical(name)
            assert all(part not in version for part in ("/", "@", ";"))
