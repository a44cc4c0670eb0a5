"""The verification table: tests record measured beside expected values, and a full run compares them with docs."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parent.parent / "docs" / "verification.md"
HEAD = """# Verification

What the model of [model.md](model.md) must give (section 6 there), and what the program gives. Every row is asserted by
a test at the tolerance shown and was measured by that test; `uv run pytest --write-verification` writes this page, and
a full test run fails where it is stale.

| # | setting | expected | measured | within |
|---|---|---|---|---|
"""
CHECKS = range(1, 16)


@dataclass
class Verification:
    """Rows of the table by check and setting."""

    rows: dict[tuple[int, str], str] = field(default_factory=dict)

    def __call__(self, check: int, setting: str, *, measured, expected, within, digits: int = 5) -> None:
        """Assert that every measured number lies within the tolerance of the expected one, and record them."""
        measured, expected = np.atleast_1d(measured).tolist(), np.atleast_1d(expected).tolist()
        assert measured == pytest.approx(expected, abs=within, rel=0), setting
        show = [", ".join(f"{x:.{digits}g}" for x in numbers) for numbers in (expected, measured)]
        self.rows[check, setting] = f"| {check} | {setting} | {show[0]} | {show[1]} | {within:.2g} |"

    def page(self) -> str:
        return HEAD + "\n".join(self.rows[key] for key in sorted(self.rows)) + "\n"


def pytest_addoption(parser):
    parser.addoption(
        "--write-verification", action="store_true", help="write docs/verification.md from this run"
    )


def pytest_configure(config):
    config.verification = Verification()


@pytest.fixture
def verified(pytestconfig):
    """Assert and record one row of the verification table."""
    return pytestconfig.verification


def pytest_sessionfinish(session, exitstatus):
    verification = session.config.verification
    complete = {check for check, _ in verification.rows} == set(CHECKS)
    if exitstatus != 0 or not complete or hasattr(session.config, "workerinput"):
        return
    if session.config.getoption("--write-verification"):
        PAGE.write_text(verification.page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != verification.page():
        print(f"\n{PAGE.name} is stale: run `uv run pytest --write-verification` and commit it")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
