"""The tables of a replication are the same, bit for bit, with whatever vector units, libraries and code generation."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent / "support" / "checksums_of_tables.py"


def dispatched() -> str:
    """The vector features of this processor for which NumPy holds code of its own."""
    return " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))


SETTINGS = {
    "NumPy without vector features": {"NPY_DISABLE_CPU_FEATURES": dispatched()},
    "libm without fused operations": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F"},
    "BLAS for an old processor": {"OPENBLAS_CORETYPE": "Prescott"},
    "BLAS for a new processor": {"OPENBLAS_CORETYPE": "Haswell"},
    "compiled for any processor": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
}


def checksums(changes: dict[str, str], folder: Path | None = None) -> dict[str, str]:
    """Compute them in a new process with other settings."""
    settings = {**os.environ, **changes} | ({"NUMBA_CACHE_DIR": str(folder)} if folder else {})
    done = subprocess.run([sys.executable, SCRIPT], env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def usual() -> dict[str, str]:
    return checksums({})


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the settings name parts of x86-64")
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_tables_of_a_replication_do_not_depend_on_the_processor(setting, usual, tmp_path):
    # What is compiled for another processor is kept apart, so that nothing else can load it.
    folder = tmp_path if "NUMBA_CPU_NAME" in SETTINGS[setting] else None
    assert checksums(SETTINGS[setting], folder) == usual
