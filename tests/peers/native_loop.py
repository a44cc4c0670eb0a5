"""The plain loop of a compiled language, built into a library and called by ctypes."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import common
import numpy as np


def main(source, command):
    """Compile the source beside this file and run the task; ``command`` lacks only the files."""
    if shutil.which(command[0]) is None:
        raise SystemExit(f"{command[0]} is not there")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "loop.so"
        subprocess.run([*command, "-o", library, Path(__file__).parent / source], check=True)
        run = ctypes.CDLL(str(library)).run
    numbers = [np.ctypeslib.ndpointer(kind, flags="C") for kind in (np.int32, np.float64, np.int64)]
    run.argtypes = [
        *(ctypes.c_int64, ctypes.c_int64, ctypes.c_double, ctypes.c_double, *numbers),
    ]
    run.restype = None

    def months(model):
        task, remaining = model
        curve = np.empty(task.steps, dtype=np.int64)
        run(task.size, task.steps, task.p, task.q, task.partners, remaining, curve)
        return curve

    common.main(lambda task, seed: (task, common.thresholds(task, seed)), months)
