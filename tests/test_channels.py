"""A channel is added in one place, and is seen in everything that is told by channel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from simulation.channels import CHANNELS, Channel

SUPPORT = Path(__file__).parent / "support"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What tests/support/added_channel.py found."""
    told = subprocess.run(
        [sys.executable, SUPPORT / "added_channel.py", tmp_path_factory.mktemp("added") / "study"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    answer: Mapping[str, Any] = json.loads(told.stdout)
    return answer


def test_channels_are_numbered_from_0_and_named_in_lower_case() -> None:
    assert [int(channel) for channel in Channel] == list(range(len(CHANNELS)))
    assert Channel.INSTITUTIONAL.label == "institutional"
    assert CHANNELS[Channel.DIGITAL] == "digital"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["first", "last"])
def test_no_number_depends_on_the_place_of_a_channel(found: Mapping[str, Any], place: str) -> None:
    as_it_is = found["as it is"]
    assert all(owed > 0 for owed in as_it_is["owed"].values()), (
        "else a place that is mixed up would not be seen"
    )
    assert found[place]["adopters"] == as_it_is["adopters"]
    assert found[place]["owed"] == as_it_is["owed"] | {"ADDED": 0.0}


@pytest.mark.slow
def test_a_channel_that_is_added_adds_to_the_hazard_and_to_adoption(found: Mapping[str, Any]) -> None:
    seen = found["everywhere"]
    assert seen["hazard"]["ADDED"] == pytest.approx(seen["hazard"]["SPONTANEOUS"]) != 0, "both are 0.5 a year"
    assert seen["adoptions"] > sum(found["as it is"]["owed"].values())


@pytest.mark.slow
def test_attribution_to_all_channels_sums_to_1(found: Mapping[str, Any]) -> None:
    seen = found["everywhere"]
    assert seen["sums"] == pytest.approx([1.0] * seen["adoptions"])


@pytest.mark.slow
@pytest.mark.parametrize("what", ["record", "frames", "inspector"])
def test_what_is_attributed_to_all_channels_sums_to_the_adoptions(
    found: Mapping[str, Any], what: str
) -> None:
    seen = found["everywhere"]
    assert seen[what] == pytest.approx(seen["record"])
    assert seen[what]["ADDED"] > 0
    assert sum(seen[what].values()) == pytest.approx(seen["adoptions"]) == seen["adoptions in frames"]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["agent", "rows", "figure", "table"])
def test_shares_have_a_part_for_the_channel_that_was_added(found: Mapping[str, Any], what: str) -> None:
    shares = found["everywhere"][what]
    assert tuple(shares) == ("added", *CHANNELS)
    assert shares["added"] > 0
    whole, rounding = (100, 0.05 * len(shares)) if what == "table" else (1, 1e-9)
    assert sum(shares.values()) == pytest.approx(whole, abs=rounding)


@pytest.mark.slow
def test_the_key_of_the_figure_names_the_channel_that_was_added(found: Mapping[str, Any]) -> None:
    assert "added" in found["everywhere"]["words of the figure"]
