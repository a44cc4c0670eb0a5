"""Files of others are read only if they are regular, and only so far."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.files.plain import NotPlainError, read_plain


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=200), at_most=st.integers(0, 200))
def test_a_file_is_read_whole_or_refused_for_its_size(tmp_path: Path, content: bytes, at_most: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    if len(content) <= at_most:
        assert read_plain(path, at_most=at_most) == content
    else:
        with pytest.raises(NotPlainError, match=f"larger than {at_most} bytes"):
            read_plain(path, at_most=at_most)


@pytest.mark.skipif(os.name != "posix", reason="pipes and sockets with names")
def test_what_is_not_a_regular_file_is_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
    (tmp_path / "link").symlink_to("pipe")
    for path, kind in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "link", "a pipe"),
        (tmp_path / "socket", "a socket"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(NotPlainError) as caught:
            read_plain(path)
        assert caught.value.strerror == f"this is {kind}, not a regular file"
        assert caught.value.filename == str(path)


def test_a_folder_and_a_missing_file_are_what_they_are_everywhere(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_plain(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "missing")


@pytest.mark.skipif(not hasattr(os, "truncate"), reason="files with holes")
def test_a_file_with_a_hole_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hole"
    path.touch()
    os.truncate(path, 2**40)
    with pytest.raises(NotPlainError, match="larger than"):
        read_plain(path)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="files whose size is not known")
def test_a_file_of_unknown_size_is_bounded_too() -> None:
    assert b"Name:" in read_plain("/proc/self/status")
    with pytest.raises(NotPlainError, match="larger than 10 bytes"):
        read_plain("/proc/self/status", at_most=10)
