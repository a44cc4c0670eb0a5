"""Blocks of a page that a script writes: each stands between two comments that name it, and empty lines.

Scripts of this folder import this module as ``page_blocks``, those of other folders after they have added this one to
``sys.path``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def block_of(page: str, name: str) -> str:
    """Return what stands in a page between the comments of a block, without empty lines around it.

    Raises
    ------
    ValueError
        If the page does not have the block exactly once.
    """
    return _place_of(page, name)["text"].strip("\n")


def with_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """Return a page in which the text of each block, by its name, is replaced; errors as :func:`block_of`."""
    for name, text in blocks.items():
        place = _place_of(page, name)
        page = f"{page[: place.start('text')]}\n\n{text.strip('\n')}\n\n{page[place.end('text') :]}"
    return page


def write_blocks(path: Path, blocks: Mapping[str, str]) -> None:
    """Replace the text of each block, by its name, in the file of a page; errors as :func:`block_of`."""
    page = with_blocks(path.read_text(encoding="utf-8"), blocks)
    path.write_text(page, encoding="utf-8")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("|" + "".join(f" {cell} |" if cell else " |" for cell in cells) + "\n" for cells in lines)


def _place_of(page: str, name: str) -> re.Match[str]:
    pattern = rf"<!-- {re.escape(name)} -->(?P<text>.*?)<!-- /{re.escape(name)} -->"
    found = list(re.finditer(pattern, page, flags=re.DOTALL))
    if len(found) != 1:
        raise ValueError(f"the page has {len(found)} blocks <!-- {name} --> instead of one")
    return found[0]
