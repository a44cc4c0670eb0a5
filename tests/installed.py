"""Use the installed program from a folder of its own, as somebody does who has nothing but the package.

    ENVIRONMENT/bin/python tests/installed.py

Needs nothing beyond what the package asks for. Prints a line per step, and last, as JSON, the checksum of each
replication; .ci/wheel compares these over environments. No step may write into the package.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = Path(sys.executable).with_name("hypercluster")
STUDY = ["baseline", "hypercluster", "--set", "world.scale=0.2", "--workers", "2", "--out", "study"]
CHECKSUMS = """
import json
from simulation import Results
results = Results("study")
assert results.verify() == []
runs = results.runs(["scenario", "replication", "sha256"])
print(json.dumps({f"{row.scenario} {row.replication}": row.sha256 for row in runs.itertuples()}))
"""
MESA = """
from simulation import HyperclusterModel, load_scenario
model = HyperclusterModel(load_scenario("hypercluster", overrides=["world.scale=0.2"]), rng=1)
model.run_for(12)
assert len(model.agents) > 1_000
"""


def hypercluster(*arguments: str, says: str) -> None:
    """Run the command and require an answer; what it says otherwise ends the script."""
    print("hypercluster", *arguments, flush=True)
    answer(str(COMMAND), *arguments, says=says)


def python(program: str) -> str:
    """Run a program that imports the package, and return what it prints."""
    return answer(sys.executable, "-c", program, says="")


def answer(*command: str, says: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0 or says not in done.stdout:
        sys.exit(f"{done.stdout}\nExit code {done.returncode}; expected 0, and in the text: {says}")
    return done.stdout


@contextmanager
def served() -> Iterator[str]:
    """Serve the page, and give its address."""
    process = subprocess.Popen([COMMAND, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("The page is at "):
                yield line.removeprefix("The page is at ").strip()
                return
        sys.exit("the server did not say where its page is")
    finally:
        process.terminate()
        process.wait(60)


def files_of_package() -> dict[str, int]:
    """The files of the package, with the times of their last change in nanoseconds."""
    found = importlib.util.find_spec("simulation")
    assert found is not None and found.origin is not None, "the package is not installed"
    folder = Path(found.origin).parent
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def main() -> None:
    """Do each step in turn."""
    before = files_of_package()
    hypercluster("--help", says="Start with: hypercluster run")
    hypercluster("validate", "hypercluster", "eurasian", says="OK  hypercluster")
    hypercluster("run", *STUDY, "--replications", "1", says="2 of 2 replications")
    hypercluster("run", *STUDY, "--replications", "2", says="2 kept from before")
    hypercluster("compare", "study", says="Paired differences")
    hypercluster("plot", "study", "--figure", "region_map", says="study/figures/region_map.pdf")
    hypercluster("report", "study", says="study/report.html")
    print("hypercluster serve", flush=True)
    with served() as address, urllib.request.urlopen(address, timeout=60) as page:
        assert b"<title>hypercluster" in page.read()
    print("HyperclusterModel", flush=True)
    python(MESA)
    checksums = json.loads(python(CHECKSUMS))
    assert len(checksums) == 4, checksums
    assert files_of_package() == before, "something was written into the package"
    print(json.dumps(checksums))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main()
