"""How the command ends when somebody or something stops it, and what it says of files that are none."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from simulation.cli.main import cli
from simulation.cli.stop import Stopped
from simulation.files.durable import written_beside
from simulation.results.manifest import MANIFEST


@pytest.mark.parametrize("command", ["validate", "run"])
@pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names")
def test_a_scenario_that_is_no_regular_file_is_named_as_what_it_is(tmp_path: Path, command: str) -> None:
    pipe, hole = tmp_path / "pipe.toml", tmp_path / "hole.toml"
    os.mkfifo(pipe)
    hole.touch()
    os.truncate(hole, 2**40)
    for path, words in (
        (Path("/dev/zero"), "this is a device, not a regular file"),
        (pipe, "this is a pipe, not a regular file"),
        (hole, "the file is larger than 4,194,304 bytes"),
        (tmp_path, "is a folder"),
    ):
        ended = CliRunner().invoke(cli, [command, str(path)])
        assert ended.exit_code == 2
        assert words in ended.output and "memory" not in ended.output


@pytest.mark.skipif(os.name != "posix", reason="pipes with names")
def test_a_manifest_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / MANIFEST)
    ended = CliRunner().invoke(cli, ["compare", str(tmp_path)])
    assert ended.exit_code == 2
    assert f"{MANIFEST}: cannot be read: this is a pipe, not a regular file" in ended.output


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. Finished runs are kept"),
        (Stopped(signal.SIGINT), 130, "Interrupted. Finished runs are kept"),
        (Stopped(signal.SIGTERM), 143, "Stopped by SIGTERM. Finished runs are kept"),
    ],
)
def test_each_signal_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, words: str
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("simulation.scenario.loading.load_scenarios", stop)
    for options in ([], ["--json"]):
        ended = CliRunner().invoke(cli, ["run", "baseline", *options])
        assert ended.exit_code == code
        assert words in ended.stderr
        assert not options or f'"outcome": "interrupted", "exit_code": {code}' in ended.stdout


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "tables"), 4),
        (MemoryError(), 4),
        (KeyboardInterrupt(), 130),
        (Stopped(signal.SIGTERM), 143),
    ],
)
@pytest.mark.parametrize("name", sorted(cli.commands))
def test_only_commands_that_go_on_from_what_is_done_say_that_finished_runs_are_kept(
    monkeypatch: pytest.MonkeyPatch, name: str, raised: BaseException, code: int
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise raised

    command = cli.commands[name]
    arguments = [f"word{n}" for n, each in enumerate(command.params) if isinstance(each, click.Argument)]
    monkeypatch.setattr(command, "callback", stop)
    ended = CliRunner().invoke(cli, [name, *arguments])
    assert ended.exit_code == code, ended.output
    goes_on = name == "fit" or any("--workers" in option.opts for option in command.params)
    assert ("Finished runs are kept" in ended.stderr) == goes_on


def test_a_file_whose_writing_is_interrupted_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def interrupted() -> None:
        with written_beside(path) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["old"]


def test_the_name_of_the_file_and_not_of_the_temporary_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "table.csv"
    with pytest.raises(OSError) as caught, written_beside(path) as temporary:
        temporary.write_text("new")
    assert caught.value.filename == str(path)


SWALLOWED = """
import os, signal, sys, time
from simulation.cli.main import cli, main

@cli.command()
def draws():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    except KeyboardInterrupt:
        raise ValueError("Invalid affine transformation matrix") from None

sys.argv = ["hypercluster", "draws"]
main()
"""


def test_an_interruption_that_a_library_turned_into_its_own_error_is_none():
    """Seen of Matplotlib, when Ctrl-C came while it drew an image."""
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (130, "Interrupted.")
