"""Whatever stands on a command line, a command ends with one of its exit codes and never with a traceback."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.cli.main import cli

CODES = {0, 2, 3, 4, 130}

HOSTILE = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                " ",
                ".",
                "/",
                "..",
                "-",
                "--",
                "~",
                "*",
                "a\nb",
                "\x1b[31m",
                "\u202e",
            ),
            *(
                "/dev/null",
                "/dev/zero",
                "/proc/self/mem",
                "/proc/x",
                "afile",
                "afile/below",
                "own/../afile",
                "nothing/here",
            ),
            *(
                "x" * 300,
                "x/" * 3000,
                "0",
                "-1",
                "1e-300",
                "1e400",
                "nan",
                "inf",
                "-inf",
                "9" * 5000,
                "1" + "0" * 12,
            ),
            *(
                "=",
                "a=",
                "=1",
                "a=" + "[" * 100_000,
                "world.scale=" + "9" * 5000,
                "a.b.c[0]=1",
                'name="a/b"',
            ),
            *(
                "dask://",
                "dask://[::1",
                "dask://a:99999999",
                "dask://\n:1",
                "png",
                "png,png,,",
                "gif",
                "baseline",
            ),
        ]
    ),
    # No command line holds a NUL; a byte from 80 to FF that is not UTF-8 arrives as U+DC80 to U+DCFF (PEP 383).
    st.text(
        st.characters(exclude_characters="\0", codec="utf-8")
        | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]),
        max_size=30,
    ),
)
"""What a command is given for each argument and option, in any order."""

COMMANDS = sorted(set(cli.commands) - {"serve"})


def lines(name: str) -> st.SearchStrategy[list[str]]:
    """Command lines of one command: as many arguments as it takes, and some of its options."""
    parameters = cli.commands[name].params
    arguments = [st.just("baseline") | HOSTILE for each in parameters if isinstance(each, click.Argument)]
    options = [each.opts[0] for each in parameters if isinstance(each, click.Option)]
    option = st.tuples(st.sampled_from(options), HOSTILE) if options else st.just(())
    return st.tuples(st.tuples(*arguments), st.lists(option, max_size=3)).map(
        lambda line: [name, *line[0], *(word for pair in line[1] for word in pair)]
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that nobody may touch."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "afile").write_text("mine", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", COMMANDS)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_hostile_command_line_ends_in_a_message(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: st.DataObject
):
    words = data.draw(lines(name))
    monkeypatch.chdir(place)
    monkeypatch.setattr("simulation.batch.running.Batch.run_to", interrupted)
    monkeypatch.setattr("simulation.analysis.break_even.simulate", interrupted)
    result = CliRunner().invoke(cli, words)
    assert result.exit_code in CODES, (words, result.output, result.exception)
    assert "Traceback" not in result.output
    assert (place / "afile").read_text(encoding="utf-8") == "mine"


def interrupted(*_: object, **__: object) -> None:
    """Stands for a user who has seen that it computes, and has better things to do."""
    raise KeyboardInterrupt


@pytest.mark.skipif(sys.platform != "linux", reason="nobody can make a folder in /proc")
@pytest.mark.parametrize(
    "words",
    [
        ["run", "baseline", "--out"],
        ["optimize", "budget", "--out"],
        ["explore", "verdict", "--write"],
        ["factors", "baseline", "--out"],
        ["break-even", "hypercluster", "baseline", "--out"],
        ["new-dataset"],
    ],
)
def test_a_folder_that_cannot_be_made_is_told_before_anything_is_computed(words: list[str]):
    place = "/proc/x/study.toml" if words[-1] == "--write" else "/proc/x"
    result = CliRunner().invoke(cli, [*words, place])
    assert result.output.splitlines()[-1] == (
        "/proc/x: the folder cannot be made: No such file or directory; choose another place"
    )
    assert result.exit_code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="nobody can make a file in /proc")
@pytest.mark.parametrize(
    "words",
    [
        ["run", "baseline", "--out", "/proc"],
        ["explain", "hypercluster", "--out", "/proc"],
        ["optimize", "budget", "--out", "/proc"],
        ["explore", "verdict", "--out", "/proc"],
        ["explore", "verdict", "--write", "/proc/study.toml"],
        ["factors", "baseline", "--out", "/proc"],
        ["break-even", "hypercluster", "baseline", "--replications", "2", "--out", "/proc"],
        ["new-dataset", "/proc"],
    ],
)
def test_a_folder_that_takes_no_file_ends_in_a_message(words: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulation.analysis.break_even.simulate", lambda spec, seed: spec)
    monkeypatch.setattr(
        "simulation.analysis.break_even.compute", lambda spec: {"t50_years": len(spec.platforms)}
    )
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2, (result.output, result.exception)
    assert re.search(r"^/proc.*: .*choose another (place|--out)$", result.output, re.MULTILINE)
