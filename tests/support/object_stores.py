"""A real object store for tests: OpenStack Swift with its S3 interface, in a process of its own on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import SUPPORT

SWIFT = "swift==2.38.3"
BUCKET, LAX = "studies", "lax"
"""A bucket, and one that ignores the condition that an object must not exist."""


def python_with_swift() -> list[str]:
    """The command of a Python that has the store; it is installed when it is first needed."""
    command = [
        "uv",
        "run",
        "--no-project",
        "--isolated",
        "--quiet",
        "--python",
        sys.executable,
        "--with",
        SWIFT,
    ]
    reason = "there is no uv to install the object store with"
    if shutil.which("uv"):
        tried = subprocess.run(
            [*command, "python", "-c", "import swift"], capture_output=True, text=True, check=False
        )
        if tried.returncode == 0:
            return [*command, "python"]
        reason = f"the object store cannot be installed: {tried.stderr}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class ObjectServer:
    """The store, which keeps what it has when it is stopped and started again."""

    folder: Path
    command: list[str]
    port: int = 0
    process: subprocess.Popen[str] | None = field(default=None)

    @property
    def environment(self) -> dict[str, str]:
        """What a user sets to reach it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test:tester",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*self.command, str(SUPPORT / "object_server.py"), str(self.folder), str(self.port), BUCKET, LAX],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        assert answer.strip().isdigit(), f"the store does not start: {answer}"
        self.port = int(answer)

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, 9)  # uv, and Python below it
            self.process.communicate()
        self.process = None


@contextmanager
def object_server(folder: Path) -> Iterator[ObjectServer]:
    """Start a store that keeps its objects in a folder, and end it afterwards."""
    server = ObjectServer(folder, python_with_swift())
    server.start()
    try:
        yield server
    finally:
        server.stop()
