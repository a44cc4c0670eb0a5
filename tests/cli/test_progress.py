"""What is told while a batch runs: to a reader, to a log, to a machine."""

from __future__ import annotations

import errno
import json
from dataclasses import replace

import pytest
from rich.console import Console

from simulation.batch.compiling import COMPILING
from simulation.batch.progress import Estimate, Mean, Progress, Report
from simulation.cli.progress import Form, _Screen, duration, errors_as_json, form_of, progress_shown, size

HALF_WAY = Progress(
    done=50,
    total=100,
    kept=20,
    failed=1,
    elapsed_seconds=12.3,
    rate=4.0,
    left_seconds=95.0,
    estimate=Estimate(seconds=130.0, bytes=35_000_000),
    means={"baseline": {"synchronization": Mean(2, 0.5), "t50_years": Mean()}},
)
START = replace(HALF_WAY, done=20, failed=0, estimate=None, left_seconds=None, damaged=("part 7",))


def test_a_log_gets_a_line_at_the_start_one_for_the_estimate_and_one_a_tenth(
    capsys: pytest.CaptureFixture[str],
):
    with progress_shown("lines") as show:
        for now in (START, HALF_WAY, replace(HALF_WAY, done=51), replace(HALF_WAY, done=60)):
            show(now)
    assert capsys.readouterr().err.splitlines() == [
        "damaged and computed again: part 7",
        "20 of 100 replications, 20 kept from before, 12 s",
        "the rest will take about 2 min 10 s and 35 MB on disk",
        "50 of 100 replications, 1 failed, 12 s, 1 min 35 s left",
        "60 of 100 replications, 1 failed, 12 s, 1 min 35 s left",
    ]


def test_quiet_tells_of_damage_only(capsys: pytest.CaptureFixture[str]):
    with progress_shown("quiet") as show:
        show(START)
        show(HALF_WAY)
    assert capsys.readouterr() == ("", "damaged and computed again: part 7\n")


@pytest.mark.parametrize(("form", "times"), [("lines", 1), ("screen", 1), ("quiet", 0)])
def test_that_the_equations_are_compiled_is_said_once(
    capsys: pytest.CaptureFixture[str], form: Form, times: int
):
    with progress_shown(form) as show:
        for now in (START, replace(START, compiling=True), replace(START, compiling=True), HALF_WAY):
            show(now)
    assert " ".join(capsys.readouterr().err.split()).count(COMPILING) == times


def test_compiling_ends_with_the_first_outcome():
    told: list[bool] = []
    report = Report(lambda now: told.append(now.compiling), damaged=())
    report.expect(3, done=0)
    report.compiling()
    report.took(1, failed=0)
    assert told == [False, True, False]


def test_a_machine_gets_an_object_a_line_in_which_what_is_unknown_is_null(capsys: pytest.CaptureFixture[str]):
    with progress_shown("json") as show:
        show(START)
        show(HALF_WAY)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["event"], first["done"], first["estimate"], first["damaged"]) == (
        "progress",
        20,
        None,
        ["part 7"],
    )
    assert second["estimate"] == {"seconds": 130.0, "bytes": 35_000_000}
    assert second["means"] == {"baseline": {"synchronization": 0.25, "t50_years": None}}


def test_a_terminal_shows_rate_time_left_failures_and_running_means():
    screen = _Screen({"baseline": "No policy"})
    screen.show(HALF_WAY)
    console = Console(width=100)
    with console.capture() as shown:
        console.print(screen)
    text = shown.get()
    for words in ("50/100", "4.0/s", "1 min 35 s left", "1 failed", "about 2 min 10 s and 35 MB on disk"):
        assert words in text
    assert text.rstrip().splitlines()[-1].split() == ["No", "policy", "2", "0.250", "-"]


def test_what_is_not_a_terminal_gets_lines():
    assert form_of(quiet=False, as_json=False) == "lines"
    assert form_of(quiet=False, as_json=True) == "json"
    assert form_of(quiet=True, as_json=True) == "quiet"


@pytest.mark.parametrize(
    ("error", "code", "outcome"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (ValueError("no luck"), 1, "fault"),
        (OSError(errno.ENOSPC, "full"), 4, "stopped"),
    ],
)
def test_an_end_in_an_error_is_told_too(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, outcome: str
):
    with pytest.raises(type(error)), errors_as_json():
        raise error
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["outcome"], told["exit_code"]) == ("end", outcome, code)
    assert told["message"]


def test_times_and_sizes_have_the_unit_that_suits_them():
    assert [duration(seconds) for seconds in (0.2, 59, 61, 3700)] == ["1 s", "59 s", "1 min 1 s", "1 h 1 min"]
    assert [size(count) for count in (12, 2_000, 35e6, 2.5e9)] == ["12 bytes", "2 kB", "35 MB", "2.5 GB"]


def test_time_left_is_not_told_from_the_time_that_starting_took():
    told: list[Progress] = []
    report = Report(told.append, damaged=[])
    report.expect(10, done=2)
    report.took(1, failed=0)
    report.estimated(Estimate(seconds=7.0, bytes=1))
    report.took(1, failed=1)
    assert [now.left_seconds for now in told[:3]] == [None, None, 7.0]
    assert [now.done for now in told] == [2, 3, 3, 4]
    last = told[-1]
    assert (last.kept, last.failed, last.total) == (2, 1, 10)
    assert last.left_seconds == pytest.approx(5 / last.rate)


def test_running_means_leave_out_what_is_undefined():
    report = Report(None, damaged=[])
    for values in ((0.1, 4.0), (0.3, float("nan"))):
        report.average("baseline", values)
    mean = report._means["baseline"]
    assert mean["synchronization"].value == pytest.approx(0.2)
    assert (mean["t50_years"].n, mean["t50_years"].value) == (1, 4.0)
