"""Do the same three things to Mesa's ``batch_run``, the EMA Workbench and our batches, and print what is left.

    uv run python tests/comparison/compare.py [PYTHON]

Each runs 60 replications on two processes. When the 30th begins, once: its worker is killed with kill -9; or it raises
an exception; or the process that called the toolkit is killed. Who has not ended after a minute, though the work takes
seconds, hangs. Then the same call is made again. PYTHON is that of an environment with ``ema_workbench``; without it
the EMA Workbench is left out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from processes import end, environment, session_members

from simulation.results.reader import Results

HERE = Path(__file__).parent
HANGS_AFTER = 60.0
# Undisturbed first: then everything is compiled and nobody waits for that under a fault.
FAULTS = {
    "": "nothing",
    "worker": "a worker is killed",
    "exception": "one exception",
    "parent": "the caller is killed",
}


def call(python: str, script: str, folder: Path, *, fault: str) -> tuple[str, int]:
    """Run a study; return how it ended and how many replications its call gave back."""
    changes = {"TROUBLE_IN": str(folder)} | ({"FAULT": fault} if fault else {})
    process = subprocess.Popen(
        [python, HERE / script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(changes),
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=HANGS_AFTER if fault else None)
        how = {0: "ends", -signal.SIGKILL: "is killed"}.get(process.returncode, "ends in the exception")
    except subprocess.TimeoutExpired:
        how, output = "hangs", ""
    for pid in session_members(process.pid):
        end(pid, signal.SIGKILL)
    process.wait()
    return how, int(output.split()[-1]) if how == "ends" else 0


def begun(folder: Path) -> int:
    path = folder / "begun"
    return path.stat().st_size if path.exists() else 0


def row(name: str, python: str, script: str, fault: str) -> str:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        how, kept = call(python, script, folder, fault=fault)
        if (folder / "study").exists():
            kept = len(Results(folder / "study").runs(["seed"]))
        (folder / "begun").unlink()
        _, in_the_end = call(python, script, folder, fault="")
        return f"| {FAULTS[fault]} | {name} | {how} | {kept} | {begun(folder)} | {in_the_end} |"


def main() -> None:
    runners = [
        ("Mesa `batch_run`", sys.executable, "mesa_study.py"),
        ("hypercluster", sys.executable, "our_study.py"),
    ]
    if len(sys.argv) > 1:
        runners.insert(1, ("EMA Workbench", os.path.abspath(sys.argv[1]), "workbench_study.py"))
    print("| what happens | to | which | kept of 60 | computed by the same call again | then there are |")
    print("|---|---|---|---:|---:|---:|")
    for fault in FAULTS:
        for runner in runners:
            print(row(*runner, fault), flush=True)


if __name__ == "__main__":
    main()
