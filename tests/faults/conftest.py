"""A small study as an undisturbed run makes it, and options that say how often to trouble it."""

from __future__ import annotations

import sys

import pytest
from small_studies import Study, undisturbed_study


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills", type=int, help="kill a small study this many times (tests/faults/test_kills.py)"
    )
    parser.addoption(
        "--histories", type=int, help="play so many histories of a store (tests/faults/test_disk_model.py)"
    )
    parser.addoption("--first-history", type=int, default=0, help="the seed of the first of them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux":
        for item in items:
            if "faults" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason="finds processes in /proc, limits files, mounts"))


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return undisturbed_study(tmp_path_factory.mktemp("small"))
