"""The verification table, and what a run of the tests shares: processes, compiled equations, bytecode.

Tests record measured beside expected values; a run that has all rows of a table compares it with the page in docs.
"""

import gc
import os
import pickle
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

# As many processes as processors already: threads of BLAS beside them wait for each other, which doubled the cost of a
# fit. BLAS reads this when NumPy is loaded, and every process that a test starts inherits it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

# A busy machine may take any time for an example, which says nothing about the program.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "verification.md"
MOST_WORKERS = 4
TOGETHER = {"page": ("tests/browser/", "tests/server/"), "faults": ("tests/faults/",)}
"""Folders whose tests share a served page, or a study of several processes."""
ALL_SLOW = re.compile(r"^pytestmark = \[?pytest\.mark\.slow", flags=re.MULTILINE)
"""What a file says whose tests are all slow."""
KERNELS = """
from simulation.batch.replications import load_kernels
from simulation.scenario.loading import load_scenario
load_kernels(map(load_scenario, ("baseline", "regional_cluster", "hypercluster")))
"""
HEAD = """# Verification

The first table compares the results that section 6 of [model.md](model.md) requires with those that the program gives.
A test measured every row and asserts it at the tolerance shown. `uv run pytest --write-verification` writes this table,
with `-m slow` the other one; CI fails if either is out of date.

| # | setting | expected | measured | within |
|---|---|---|---|---|
"""
CHECKS = range(1, 16)
INDICATIVE = """
## Indicative results

This table compares means of 10 runs at full size with those of an independent program, which was written from the same
specification and uses other random numbers. Everything starts in year 0, and parameters have their defaults unless
stated otherwise; they are not tuned to match. The columns "ours" show the mean and its standard error. A test requires
that each pair differs by at most 4 standard errors of the difference plus the rounding; all pairs do. One row needed an
interpretation: with onboarding "of hub regions' enterprises only" every enterprise may join the platform, but only
those of hub regions are subsidized. If only those may join, our program gives 8.6, .182 and 1.94 instead; this is the
shipped scenario `hypercluster_hubs_only`.

| setting | t50, years | ours | Phi | ours | W1, years | ours |
|---|---|---|---|---|---|---|
"""


@dataclass
class Verification:
    """Rows of the table by check and setting."""

    rows: dict[tuple[int, str], str] = field(default_factory=dict)
    indicative: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)

    def __call__(self, check: int, setting: str, *, measured, expected, within, digits: int = 5) -> None:
        """Assert that every measured number lies within the tolerance of the expected one, and record them."""
        measured, expected = np.atleast_1d(measured).tolist(), np.atleast_1d(expected).tolist()
        assert measured == pytest.approx(expected, abs=within, rel=0), setting
        show = [", ".join(f"{x:.{digits}g}" for x in numbers) for numbers in (expected, measured)]
        self.rows[check, setting] = f"| {check} | {setting} | {show[0]} | {show[1]} | {within:.2g} |"

    def beside(self, setting: str, *, settings, ours: dict[str, np.ndarray], theirs) -> None:
        """Record means of several runs, and how many of them have a value, beside expected ones."""
        self.settings = list(settings)
        cells = []
        for values, expected, digits in zip(ours.values(), theirs, (1, 3, 2), strict=True):
            reached = values[~np.isnan(values)]
            error = np.std(reached, ddof=1) / np.sqrt(reached.size) if reached.size > 1 else np.nan
            text = f"{reached.mean():.{digits + 1}f} ± {error:.{digits + 1}f}" if reached.size else "never"
            if 0 < reached.size < values.size:
                text += f" ({reached.size} of {values.size} runs)"
            cells += [
                "" if expected is None else "> 14" if np.isnan(expected) else f"{expected:.{digits}f}",
                text,
            ]
        self.indicative[setting] = f"| {setting} | " + " | ".join(cells) + " |"

    def take(self, other: "Verification") -> None:
        """Add the rows of another process."""
        self.rows |= other.rows
        self.indicative |= other.indicative
        self.settings = self.settings or other.settings

    def page(self, old: str) -> str:
        """Return the page with each table of which this run has all rows, and the others as they stand there."""
        checks, indicative = re.findall(r"^\|(?:---\|)+\n((?:\|.*\n)*)", old, flags=re.MULTILINE)
        if {check for check, _ in self.rows} == set(CHECKS):
            checks = "".join(self.rows[key] + "\n" for key in sorted(self.rows))
        if self.settings and self.indicative.keys() == set(self.settings):
            indicative = "".join(self.indicative[setting] + "\n" for setting in self.settings)
        return HEAD + checks + INDICATIVE + indicative


def pytest_addoption(parser):
    parser.addoption(
        "--write-verification", action="store_true", help="write docs/verification.md from this run"
    )


def pytest_configure(config):
    config.verification = Verification()
    # A shell lets what it starts in the background ignore Ctrl-C, and so would every command that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Tests start hundreds of processes, which must not compile every package that they import where Python is told to
    # keep no bytecode. Multiprocessing hands that on to its processes; but what another process kept they read.
    cache = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache and "PYTHONPYCACHEPREFIX" not in os.environ:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(cache.mkdir("bytecode"))


def pytest_ignore_collect(collection_path, config):
    """Do not import a file whose tests are all slow in a run without these: some import for seconds."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    return True if ALL_SLOW.search(collection_path.read_text(encoding="utf-8")) else None


def pytest_collection_finish(session):
    """Spare the garbage collector the modules and the tests, all of which stay: it took an eighth of the time."""
    gc.freeze()


def pytest_xdist_auto_num_workers(config):
    """Share the whole or a folder out; for a file or two, more processes would take longer to start than they save."""
    named = [Path(argument.split("::")[0]) for argument in config.args]
    return min(os.cpu_count() or 1, MOST_WORKERS) if any(path.is_dir() for path in named) else 0


def pytest_xdist_make_scheduler(config, log):
    """Give a file, or a folder whose tests share a costly fixture, to one process as a whole.

    Slow tests take longer than what they share, so that only files stay together.
    """
    if config.option.markexpr == "slow":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFixtures(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return next((name for name, folders in TOGETHER.items() if file.startswith(folders)), file)

    return ByFixtures(config, log)


def pytest_xdist_setupnodes(config):
    """Compile the equations while processes collect the tests: once, where each would find none and compile them."""
    config.compiling = subprocess.Popen([sys.executable, "-c", KERNELS], cwd=ROOT)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node):
    """Begin no test before the equations are compiled."""
    assert node.config.compiling.wait() == 0, "the equations could not be compiled"


def pytest_testnodedown(node, error):
    """Take the rows that another process has measured."""
    if "verification" in (output := getattr(node, "workeroutput", {})):  # not of one that has crashed
        node.config.verification.take(pickle.loads(output["verification"]))


@pytest.fixture
def verified(pytestconfig):
    """Assert and record one row of the verification table."""
    return pytestconfig.verification


@pytest.fixture
def beside(pytestconfig):
    """Record one row of the table of indicative results."""
    return pytestconfig.verification.beside


def pytest_sessionfinish(session, exitstatus):
    verification = session.config.verification
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["verification"] = pickle.dumps(verification)
        return
    old = PAGE.read_text(encoding="utf-8")
    page = verification.page(old)
    if exitstatus != 0 or page == old:
        return
    if session.config.getoption("--write-verification"):
        PAGE.write_text(page, encoding="utf-8")
    else:
        print(f"\n{PAGE.name} is stale: run `uv run pytest --write-verification` and commit it")
        # Elsewhere other processors may round the last digit otherwise, which is no fault of whoever runs the tests.
        if "CI" in os.environ:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
