"""One rule for the encoding of every file that others write, and for TOML wherever it stands."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.data.dictionary import SETTINGS
from simulation.data.outlines import OUTLINES, load_outlines
from simulation.data.reader import load_dataset
from simulation.data.template import write_template
from simulation.errors import ProblemsError
from simulation.files.text import TextFault, decoded
from simulation.scenario.loading import load_scenario

SQUARE = '{"type": "Polygon", "coordinates": [[[0, 50], [9, 50], [9, 59], [0, 50]]]}'
TEXTS = {
    "own.toml": 'title = "Ünïcode"\n',
    SETTINGS: 'assumptions = ["Ünïcode"]\n',
    "regions.csv": "",  # as the template has it
    OUTLINES: f'{{"features": [{{"properties": {{"region_id": "north"}}, "geometry": {SQUARE}}}]}}',
}
"""Each kind of text that the program reads, by the name of its file."""


def read(folder: Path, name: str) -> object:
    """Read one file of a folder as the program does."""
    if name == "own.toml":
        return load_scenario(folder / name)
    return load_outlines(folder) if name == OUTLINES else load_dataset(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_template(tmp_path)
    for name, text in TEXTS.items():
        if text:
            (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def problem_of(folder: Path, name: str) -> tuple[str, int | None, str]:
    with pytest.raises(ProblemsError) as caught:
        read(folder, name)
    (problem,) = caught.value.problems
    return problem.file, problem.line, problem.message


@given(st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])))
def test_a_byte_order_mark_says_nothing(text: str) -> None:
    assert decoded(codecs.BOM_UTF8 + text.encode()) == decoded(text.encode()) == text


# The mark of UTF-16 before a NUL is the mark of UTF-32.
@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x2000, exclude_categories=["Cs"]), min_size=1))
def test_utf_16_with_a_mark_is_never_taken_for_something_else(text: str) -> None:
    for codec in ("utf-16", "utf-32"):
        with pytest.raises(TextFault, match=f"is in {codec.upper()}; save it as UTF-8"):
            decoded(text.encode(codec))


@pytest.mark.parametrize("name", TEXTS)
def test_every_kind_of_file_may_begin_with_a_byte_order_mark(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    assert read(folder, name) is not None


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    ("damage", "line", "said"),
    [
        (lambda text: text.encode("utf-16"), None, "is in UTF-16; save it as UTF-8"),
        (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), None, "is in UTF-16; save it as UTF-8"),
        (lambda text: text.replace("ü", "u").encode("ascii", "replace").replace(b"", b"\0"), 1, "zero bytes"),
        (lambda text: b"\n\n\xcf\xf0" + text.encode(), 3, "not UTF-8 (byte 0xcf); save it as UTF-8"),
    ],
    ids=["UTF-16", "UTF-16-BE", "UTF-16 without a mark", "Windows-1251"],
)
def test_another_encoding_is_told_alike_in_every_kind_of_file(
    folder: Path, name: str, damage: Callable[[str], bytes], line: int | None, said: str
) -> None:
    path = folder / name
    path.write_bytes(damage(path.read_text(encoding="utf-8")))
    file, at, message = problem_of(folder, name)
    assert (file, at) == (str(path), line)
    assert said in message


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_plain_file_is_told_alike_in_every_kind_of_file(folder: Path, name: str) -> None:
    path, other = folder / name, folder / "elsewhere"
    path.rename(other)
    path.symlink_to(other)
    assert read(folder, name) is not None
    path.unlink()
    path.symlink_to("nowhere")
    assert problem_of(folder, name)[2] == "is a link to nowhere, and nothing is there"
    path.unlink()
    path.symlink_to(path)
    assert problem_of(folder, name)[2] == "is a link that leads back to itself"
    path.unlink()
    path.mkdir()
    assert problem_of(folder, name)[2].startswith("is a folder; expected ")
    path.rmdir()
    os.mkfifo(path)
    assert problem_of(folder, name)[2] == "cannot be read: this is a pipe, not a regular file"


def test_a_folder_of_tables_may_be_a_link_and_one_that_leads_nowhere_is_told(folder: Path) -> None:
    link = folder.parent / f"{folder.name}-link"
    link.symlink_to(folder)
    assert load_dataset(link).digest == load_dataset(folder).digest
    own = folder / "own.toml"
    own.write_text(f'[world]\ndataset = "../{link.name}"\n', encoding="utf-8")
    assert load_scenario(own).dataset.digest == load_dataset(folder).digest
    link.unlink()
    link.symlink_to("nowhere")
    for attempt in (lambda: load_dataset(link), lambda: load_scenario(own)):
        with pytest.raises(ProblemsError, match="is a link to nowhere, and nothing is there"):
            attempt()


@pytest.mark.parametrize("name", ["own.toml", SETTINGS])
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("\na = [\n", 2, "not TOML: "),
        ("\na = 1\na = 2", 3, "not TOML: Cannot overwrite a value"),
        ("a = .1", 1, "with digits on both sides of it: 0.1"),
        ("\na = -.5 # half", 2, "with digits on both sides of it: -0.5"),
        ("a = 5.", 1, "with digits on both sides of it: 5.0"),
        ("a = 0,5", 1, "with digits on both sides of it: 0.5"),
        ("a = 50 %", 1, "without a percent sign"),
        (f"a = {'[' * 5000}", None, "nested too deeply"),
        (f"a = {'9' * 5000}", None, "not TOML: a number has too many digits"),
        ("\ufeff\ufeffa = 1", 1, "not TOML: "),
        ('\na = "C:\\Users\\new"', 2, "; a backslash in double quotes begins an escape: in a path use / or single"),
        ('\na = "C:\\land"', 2, "; a backslash in double quotes begins an escape: in a path use / or single"),
    ],
)  # fmt: skip
def test_toml_is_told_alike_in_scenarios_and_in_settings_of_a_dataset(
    folder: Path, name: str, text: str, line: int | None, said: str
) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    file, at, message = problem_of(folder, name)
    assert (file, at) == (str(folder / name), line)
    assert said in message


def test_a_path_with_an_escape_by_accident_is_told_what_to_do(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[world]\ndataset = "C:\\new\\table"\n', encoding="utf-8")  # a line feed and a tab
    file, at, message = problem_of(tmp_path, "own.toml")
    assert (file, at) == (str(own), 2)
    assert "U+000A" in message and "in single quotes, because a backslash" in message
    own.write_text("[world]\ndataset = 'C:\\new\\table'\n", encoding="utf-8")
    assert problem_of(tmp_path, "own.toml")[2].startswith("not a dataset or folder")
