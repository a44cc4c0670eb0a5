"""The verification table: tests record measured beside expected values, and a full run compares them with docs."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parent.parent / "docs" / "verification.md"
HEAD = """# Verification

What the model of [model.md](model.md) must give (section 6 there), and what the program gives. Every row is asserted by
a test at the tolerance shown and was measured by that test; `uv run pytest --write-verification` writes this page, and
CI fails where it is stale.

| # | setting | expected | measured | within |
|---|---|---|---|---|
"""
CHECKS = range(1, 16)
INDICATIVE = """
## Indicative results

Full size, everything from year 0, defaults unless said; mean of 10 runs, ours with the standard error of the mean,
beside those of an independent program written from the same specification with other random numbers. Parameters are
not tuned to meet them. A test requires the two to differ by no more than 4 standard errors of a difference and the
rounding; all do. One row needed a reading: with onboarding "of hub regions' enterprises only" everybody may join the
platform and only they are helped. If only they may join, our program gives 8.6, .182 and 1.94 instead,
which is what the shipped scenario `hypercluster_hubs_only` is about.

| setting | t50, years | ours | Phi | ours | W1, years | ours |
|---|---|---|---|---|---|---|
"""


@dataclass
class Verification:
    """Rows of the table by check and setting."""

    rows: dict[tuple[int, str], str] = field(default_factory=dict)
    indicative: list[str] = field(default_factory=list)

    def __call__(self, check: int, setting: str, *, measured, expected, within, digits: int = 5) -> None:
        """Assert that every measured number lies within the tolerance of the expected one, and record them."""
        measured, expected = np.atleast_1d(measured).tolist(), np.atleast_1d(expected).tolist()
        assert measured == pytest.approx(expected, abs=within, rel=0), setting
        show = [", ".join(f"{x:.{digits}g}" for x in numbers) for numbers in (expected, measured)]
        self.rows[check, setting] = f"| {check} | {setting} | {show[0]} | {show[1]} | {within:.2g} |"

    def beside(self, setting: str, *, ours: dict[str, np.ndarray], theirs) -> None:
        """Record means of several runs, and how many of them have a value, beside expected ones."""
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
        self.indicative.append(f"| {setting} | " + " | ".join(cells) + " |")

    def page(self) -> str:
        checks = "\n".join(self.rows[key] for key in sorted(self.rows))
        return HEAD + checks + "\n" + INDICATIVE + "\n".join(self.indicative) + "\n"


def pytest_addoption(parser):
    parser.addoption(
        "--write-verification", action="store_true", help="write docs/verification.md from this run"
    )


def pytest_configure(config):
    config.verification = Verification()
    # A shell lets what it starts in the background ignore Ctrl-C, and so would every command that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
    complete = {check for check, _ in verification.rows} == set(CHECKS) and verification.indicative
    if exitstatus != 0 or not complete or hasattr(session.config, "workerinput"):
        return
    if session.config.getoption("--write-verification"):
        PAGE.write_text(verification.page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != verification.page():
        print(f"\n{PAGE.name} is stale: run `uv run pytest --write-verification` and commit it")
        # Elsewhere other processors may round the last digit otherwise, which is no fault of whoever runs the tests.
        if "CI" in os.environ:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
