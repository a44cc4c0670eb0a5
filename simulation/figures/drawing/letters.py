"""Fonts for letters that the shipped font lacks: one on the machine that has them is used.

Names of regions and titles are in any script. A text that the shipped font covers is drawn in it alone, so that the
same study gives the same picture on every machine; any other text gets, after it, the font that has the most of the
missing letters.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font
from matplotlib.text import Text

FONT = "Liberation Sans"
PLACEHOLDERS = ("Last Resort",)
"""Fonts whose letters all look alike: a sign that a letter is missing."""
IDEOGRAPHS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH")
"""Beginnings of the names of characters that the package for Chinese, Japanese and Korean has."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Matplotlib from reporting each letter that no font has: one sentence of ours names all of them."""
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        log.setLevel(logging.ERROR)  # it reports fonts without a bold face
        try:
            yield
        finally:
            log.setLevel(level)


@cache
def register_fonts() -> None:
    """Make the shipped fonts known to Matplotlib, once a process; the list is only added to."""
    folder = resources.files("simulation.figures") / "fonts"
    for face in ("Regular", "Bold", "Italic"):
        with resources.as_file(folder / f"LiberationSans-{face}.ttf") as path:
            fontManager.addfont(str(path))


@lru_cache(maxsize=4096)
def families(text: str) -> tuple[str, ...]:
    """Return the fonts that a text needs, by name: the shipped one, and others for letters that it lacks."""
    missing = lacking(text, _shipped_letters())
    found: list[str] = []
    while missing:
        best = _best(frozenset(missing))
        if best is None:
            break
        found.append(best)
        missing = lacking("".join(missing), _letters()[best])
    return (FONT, *found)


def lacking(text: str, letters: frozenset[int]) -> set[str]:
    """Return the visible characters of a text that a font with these letters does not have."""
    return {
        letter
        for letter in text
        if ord(letter) not in letters and unicodedata.category(letter)[0] not in "CZ"
    }


def unreadable(text: str) -> set[str]:
    """Return the characters of a text that no font on this machine has."""
    missing = lacking(text, _shipped_letters())
    for name in families(text)[1:]:
        missing = lacking("".join(missing), _letters()[name])
    return missing


def give_fonts(figure: Figure) -> None:
    """Give each text of a figure the fonts that it needs."""
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        needed = families(text.get_text())
        if len(needed) > 1:
            text.set_fontfamily(list(needed))


def missing_in_words(texts: Iterable[str]) -> str:
    """Return a sentence that names a package if some letters of these texts cannot be drawn here; else ""."""
    missing = sorted(set().union(*map(unreadable, texts)))
    if not missing:
        return ""
    names = [unicodedata.name(letter, "") for letter in missing]
    ideographs = any(name.startswith(IDEOGRAPHS) for name in names)
    package = "fonts-noto-cjk" if ideographs else "fonts-noto-core"
    shown = " ".join(missing[:8]) + (" ..." if len(missing) > 8 else "")
    return (
        f"no font on this machine has the letters {shown}, which are drawn as boxes; "
        f"on Debian or Ubuntu, the package {package} has them"
    )


@cache
def _shipped_letters() -> frozenset[int]:
    folder = resources.files("simulation.figures") / "fonts"
    with resources.as_file(folder / "LiberationSans-Regular.ttf") as path:
        return frozenset(get_font(str(path)).get_charmap())


@lru_cache(maxsize=256)
def _best(missing: frozenset[str]) -> str | None:
    """Return the font with the most of these letters, upright and without serifs rather than others; None if none has
    any.
    """
    wanted = {ord(letter) for letter in missing}

    def rank(name: str) -> tuple[int, bool, str]:
        return -len(wanted & _letters()[name]), "Sans" not in name and "Hei" not in name, name

    best = min(_letters(), key=rank, default=None)
    return best if best is not None and wanted & _letters()[best] else None


@cache
def _letters() -> dict[str, frozenset[int]]:
    """Return the letters of each font on this machine, by its name.

    Matplotlib keeps a list of fonts from before; one that was installed since is added.
    """
    known = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError, ValueError):  # not a font that can be drawn with
                fontManager.addfont(path)
    found: dict[str, frozenset[int]] = {}
    for entry in fontManager.ttflist:
        plain = entry.style == "normal" and str(entry.weight) in ("400", "normal", "regular", "book")
        if (
            not plain
            or entry.name in found
            or entry.name.startswith(PLACEHOLDERS)
            or not Path(entry.fname).exists()
        ):
            continue
        with suppress(OSError, RuntimeError, ValueError):
            found[entry.name] = frozenset(get_font(entry.fname).get_charmap())
    return found
