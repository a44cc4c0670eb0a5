"""Compiled code is kept where it can be, found again, and never a reason for a run to fail or to be wrong."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import EnumMeta
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from simulation import compiled

PACKAGE = "simulation"
MODULE = """
from simulation.compiled import compiled, inlined
{imports}

@compiled
def {name}(x):
    return {value}
"""
CALL = "from simulation.engine.kernels.outer import outer; print(outer(1))"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installation with two kernels of its own, one of which calls the other."""
    package = tmp_path / "installed" / PACKAGE
    (package / "engine" / "kernels").mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / PACKAGE / "compiled.py", package)
    for name in ("__init__.py", "engine/__init__.py", "engine/kernels/__init__.py"):
        (package / name).touch()
    write_inner(package, "x + 1")
    imports = "from simulation.engine.kernels.inner import inner"
    write(package, "outer", imports, "inner(x)")
    return package


def write(package: Path, name: str, imports: str, value: str) -> None:
    text = MODULE.format(imports=imports, name=name, value=value)
    (package / "engine" / "kernels" / f"{name}.py").write_text(text)


def write_inner(package: Path, value: str) -> None:
    write(package, "inner", "", value)


def read_only(package: Path) -> None:
    """Let nobody write beside the modules, not even root: a file stands where the folder would be."""
    for folder in (package, package / "engine" / "kernels"):
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
        (folder / "__pycache__").touch()


@dataclass
class Called:
    answer: str
    saved: int  # pieces of compiled code that were kept
    loaded: int  # and that were found
    errors: str


def call(package: Path, *, changes: Mapping[str, str] | None = None, code: str = CALL) -> Called:
    """Call the outer kernel in a new process of somebody who has no home."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG", "HOME"))
    }
    settings = {
        "PYTHONPATH": str(package.parent),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_DEBUG_CACHE": "1",
        "HOME": "/dev/null",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | settings | dict(changes or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    saved, loaded = (sum(f"data {what}" in line for line in lines) for what in ("saved", "loaded"))
    return Called(lines[-1], saved, loaded, done.stderr)


@pytest.mark.slow
def test_what_one_process_compiles_the_next_one_finds(package: Path):
    assert call(package) == Called("2", saved=2, loaded=0, errors="")
    assert call(package) == Called("2", saved=0, loaded=1, errors="")


def test_a_change_in_a_function_that_is_called_reaches_those_that_call_it(package: Path):
    """numba alone looks at the file of the caller only, and goes on with the old numbers."""
    assert call(package).answer == "2"
    write_inner(package, "x + 2")
    assert call(package).answer == "3"


@pytest.mark.slow
def test_a_read_only_installation_keeps_compiled_code_with_the_user(package: Path, tmp_path: Path):
    read_only(package)
    (tmp_path / "home").mkdir()
    home = {"HOME": str(tmp_path / "home")}
    assert call(package, changes=home) == Called("2", saved=2, loaded=0, errors="")
    assert call(package, changes=home).loaded == 1


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_passed_over(package: Path, tmp_path: Path):
    (tmp_path / "file").touch()
    found = call(package, changes={"NUMBA_CACHE_DIR": str(tmp_path / "file")})
    assert found == Called("2", saved=2, loaded=0, errors="")


@pytest.mark.slow
def test_where_nothing_can_be_written_workers_share_a_temporary_folder_that_goes_with_the_run(
    package: Path, tmp_path: Path
):
    read_only(package)
    worker = f"subprocess.check_output([sys.executable, '-c', '{CALL}'], text=True)"
    workers = f"import subprocess, sys; {CALL}; print({worker})"
    found = call(package, changes={"TMPDIR": str(tmp_path)}, code=workers)
    assert (found.saved, found.loaded) == (2, 1)
    assert found.errors.count("NUMBA_CACHE_DIR") == 1
    assert not list(tmp_path.glob("hypercluster-compiled-*"))


@pytest.mark.slow
def test_without_even_a_temporary_folder_everything_is_compiled_in_memory(package: Path):
    read_only(package)
    found = call(package, code=f"import tempfile; tempfile.tempdir = '/dev/null'; {CALL}")
    assert (found.answer, found.saved) == ("2", 0)
    assert "NUMBA_CACHE_DIR" in found.errors


def test_a_full_disk_ends_no_run(package: Path):
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)); {CALL}"
    found = call(package, code=full)
    assert (found.answer, found.saved) == ("2", 0)
    assert found.errors.count("File too large") == found.errors.count("NUMBA_CACHE_DIR") == 1


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        ("nbc", "a bit"),
        *(
            pytest.param(suffix, damage, marks=pytest.mark.slow)
            for suffix in ("nbi", "nbc")
            for damage in ("cut", "empty", "garbage", "a bit")
            if (suffix, damage) != ("nbc", "a bit")
        ),
    ],
)
def test_damaged_files_are_compiled_again_and_replaced(package: Path, suffix: str, damage: str):
    call(package)
    for path in package.rglob(f"*.{suffix}"):
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(
            {
                "cut": content[:middle],
                "empty": b"",
                "garbage": b"\xff" * len(content),
                "a bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            }[damage]
        )
    found = call(package)
    assert found.answer == "2"
    assert found.saved == 2 or suffix == "nbi"
    assert call(package) == Called("2", saved=0, loaded=1, errors="")


def test_every_module_with_compiled_functions_counts_for_the_state_of_all():
    here = Path(compiled.__file__).parent
    uses = {path for path in here.rglob("*.py") if {"@compiled", "@inlined"} & set(path.read_text().split())}
    counted = {path for pattern in compiled.SOURCES for path in here.glob(pattern)}
    assert uses and uses <= counted
    assert not [
        path for path in here.rglob("*.py") if "njit(" in path.read_text() and path.stem != "compiled"
    ]


def members_as_indices(module: ModuleType) -> list[str]:
    """Members of enumerations that index an array, in the source of a module; outside of compiled code they may."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    return [
        ast.unparse(index)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.decorator_list
        for subscript in ast.walk(function)
        if isinstance(subscript, ast.Subscript)
        for index in ast.walk(subscript.slice)
        if isinstance(index, ast.Attribute) and isinstance(index.value, ast.Name)
        if isinstance(getattr(module, index.value.id, None), EnumMeta)
    ]


def test_compiled_code_indexes_with_numbers_because_numba_before_0_68_takes_no_members() -> None:
    package = Path(compiled.__file__).parent
    names = [
        ".".join(("simulation", *path.relative_to(package).with_suffix("").parts))
        for pattern in compiled.SOURCES
        for path in package.glob(pattern)
    ]
    assert "simulation.engine.kernels.hazard" in names
    found = {name: members_as_indices(import_module(name)) for name in names}
    assert {name: indices for name, indices in found.items() if indices} == {}
