"""Writers of figures, films, reports and tables may be stopped at any moment: a file is the old or the new one."""

from __future__ import annotations

import ast
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import PATIENCE, SUPPORT, started
from small_studies import Study

import simulation

PACKAGE = Path(simulation.__file__).parent

WRITERS = ["numbers", "new-dataset", "plot", "gif", "mp4", "report"]

SECONDS = 1200.0
"""A report has some sixty file operations, and is written twice for each."""


@pytest.mark.parametrize("how", [pytest.param("killed", marks=pytest.mark.slow), "interrupted"])
@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[pytest.mark.slow] * (what != "new-dataset")) for what in WRITERS]
)
def test_a_writer_may_be_stopped_at_any_file_operation(tmp_path: Path, what: str, how: str):
    if what == "mp4" and shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    step = {"report": 5, "plot": 3, "gif": 2, "mp4": 2}.get(what, 1)
    with started([SUPPORT / "dying_writer.py", what, how, step, tmp_path]) as process:
        output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    *halves, last = output.splitlines()
    assert halves == []
    assert int(last.split()[1]) >= 5


COMMANDS = {
    "compare": ["compare", "STUDY"],
    "new-dataset": ["new-dataset", "OWN"],
    "report": ["report", "STUDY"],
    "plot": ["plot", "STUDY"],
    "gif": ["animate", "STUDY"],
    "mp4": ["animate", "STUDY", "--format", "mp4"],
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (n > 0)) for n, name in enumerate(COMMANDS)]
)
def test_a_full_disk_ends_in_a_message_and_leaves_nothing_half(study: Study, tmp_path: Path, name: str):
    if name == "mp4" and shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    folder = tmp_path / "study"
    shutil.copytree(study.undisturbed, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    places = {"STUDY": folder, "OWN": folder / "own"}
    words = [places.get(word, word) for word in COMMANDS[name]]
    # Python would leave half of the bytecode that it writes to such a disk, and trip over it at the next start.
    changes = {"PYTHONDONTWRITEBYTECODE": "1"}
    with started(["-m", "simulation", *words], changes=changes, before=no_room) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4, errors
    assert "bytes are free" in errors and "Traceback" not in errors
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


WRITING = {"write_text", "write_bytes", "savefig", "save", "saving", "tofile", "dump", "touch", "write_table"}
"""Methods that write files, or may."""

EXPORTS = {"to_csv", "to_json", "to_html", "to_latex", "to_markdown", "to_parquet", "to_pickle", "to_string"}
"""Methods of pandas that write a file if they are given its name, and return text if not."""

ALLOWED = {
    "files.durable: write_bytes": "the functions that all others go through",
    "files.durable: open": "the same",
    "results.locks: open": "a lock file, which nobody reads but this program",
    "results.writer: open": "a merged table, written beside the old one",
    "results.writer: write_table": "the same",
    "results.writer: save": "Store.save, which calls durable.replace",
    "results.writer: touch": "the mark of a writer, which is empty",
    "results.bookkeeping: save": "Bookkeeping.save, whose writers replace a file or an object as a whole",
    "results.object_store: write_bytes": "an object, which a store puts in place as a whole",
    "results.tables: write_table": "into memory",
    "explore.running: write_table": "into memory",
    "figures.drawing.style: savefig": "into memory",
    "figures.drawing.notebook: savefig": "into memory",
    "fit.by_simulation: to_parquet": "into memory",
    "fit.running: to_parquet": "into memory",
    "figures.film.animation: savefig": "into memory",
    "figures.film.animation: save": "into memory",
    "figures.film.animation: saving": "ffmpeg, beside the old film",
    "server.web.own_files: write_text": "a visitor's files, in a temporary folder of the session",
    "server.processes.studies: write_text": "scenarios for a process of its own, in a temporary folder",
}
"""Where files are written, or seem to be, and why it is safe there."""


def writes(path: Path) -> Iterator[str]:
    """Yield the names of functions called in a module that write files, or seem to."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        method = isinstance(node.func, ast.Attribute)
        name = getattr(node.func, "attr" if method else "id", "")
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "sep")]
        modes = {
            each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        if name == "open":
            if any(len(mode) <= 3 and set(mode) & set("wax+") for mode in modes):
                yield name
        elif method and (name in WRITING or (name in EXPORTS and node.args)):
            yield name


def test_no_module_writes_files_but_through_the_functions_that_keep_them_whole():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        found |= {f"{module}: {name}" for name in writes(path)}
    assert found - ALLOWED.keys() == set(), (
        "write through simulation/files/durable.py, or say here why it is safe"
    )
    assert ALLOWED.keys() - found == set(), "these write no longer"


@pytest.mark.parametrize(
    "line", ["path.write_text(t)", "open(p, 'w')", "p.open('xb')", "table.to_csv(path)", "f.savefig(path)"]
)
def test_a_call_that_writes_is_seen(tmp_path: Path, line: str):
    (tmp_path / "module.py").write_text(f"def anything():\n    {line}\n")
    assert len(list(writes(tmp_path / "module.py"))) == 1
