"""Blocks that workers write themselves, where they share a disk with the parent.

The parent leaves a mark with a random name in the results folder: a worker that finds it there sees the same disk. It
writes its block under a temporary name of its own and flushes it to disk, so that the parent only has to rename it.
Until then the block is not part of the study, so that an answer that the parent refuses, or a worker that outlives its
parent, changes nothing. A worker that does not find the mark, or cannot write, sends the bytes instead.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulation.files.durable import flush_folder, flushed
from simulation.results.blocks import temporary_name

MARK = ".writer-here-"
"""Beginning of the name of the mark; its end is that of locks, which readers and checks of a folder leave alone."""


def new_mark() -> str:
    """Return a name that no other writer gives its mark."""
    return f"{MARK}{secrets.token_hex(8)}.lock"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A block on the disk under a temporary name, flushed, and the size of each file in bytes by table."""

    name: str
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where workers that share a disk with the parent write their blocks."""

    parts: Path  # absolute
    mark: Path

    def write(self, name: str, files: Mapping[str, bytes]) -> Delivered | None:
        """Write a block, or return None if this process does not share the disk or cannot write there.

        The parent then gets the bytes and finds out the reason, if there is one, when it writes them.

        Parameters
        ----------
        name : of the block, as :func:`simulation.results.blocks.part_name` gives it.
        files : content by table.
        """
        folder = self.parts / temporary_name(name, secrets.token_hex(4))
        try:
            if not self.mark.exists() or self.parts.is_symlink():
                return None
            folder.mkdir()
            for table, content in files.items():
                flushed(folder / f"{table}.parquet", content)
            flush_folder(folder)
        except OSError:
            with contextlib.suppress(OSError):  # the parent removes what is left
                for table in files:
                    (folder / f"{table}.parquet").unlink(missing_ok=True)
                folder.rmdir()
            return None
        return Delivered(folder.name, {table: len(content) for table, content in files.items()})
