"""Equations as MathML, which browsers draw by themselves: no script, and nothing from the network."""

from __future__ import annotations

import html
import posixpath
import re
from importlib.util import find_spec
from pathlib import Path

from math_core import LatexError, LatexToMathML
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

FONT = Path(find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
"""STIX Two Math, under the SIL Open Font Licence, as ziamath brings it."""
MATHEMATICS = re.compile(
    r'<(?P<tag>div|span) class="arithmatex">\\[\[(](?P<latex>.*?)\\[\])]</(?P=tag)>', re.DOTALL
)
NUMBER = re.compile(r"\s*\\tag\{(\w+)\}")
REFERENCE = re.compile(r"(\bequation\s)\((\d+)\)(?![^<]*(?:>|</a>))", re.IGNORECASE)
"""A reference to an equation of the model, outside of tags and links."""
CONVERTER = LatexToMathML(fancy_error=False)


def mathml(latex: str, *, display: bool) -> str:
    r"""Return the MathML of a formula; a number set by ``\tag`` stands beside it, as the target of links."""
    number = NUMBER.search(latex)
    formula = CONVERTER.convert_with_local_state(NUMBER.sub("", latex).strip(), displaystyle=display)
    if not display:
        return formula
    beside = f'<span class="equation-number">({number[1]})</span>' if number else ""
    anchor = f' id="equation-{number[1]}"' if number else ""
    return f'<div class="equation"{anchor}>{formula}{beside}</div>'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the font of mathematics."""
    files.append(File.generated(config, "site/mathematics.ttf", abs_src_path=str(FONT)))
    return files


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace what arithmatex marks as mathematics, and link references to equations of the model."""

    def converted(found: re.Match[str]) -> str:
        latex = html.unescape(found["latex"])
        try:
            return mathml(latex, display=found["tag"] == "div")
        except LatexError as error:
            raise PluginError(f"{page.file.src_uri}: {latex}: {error}") from None

    def referring(found: re.Match[str]) -> str:
        model = posixpath.relpath("model.html", posixpath.dirname(page.file.dest_uri) or ".")
        return f'{found[1]}<a href="{model}#equation-{found[2]}">({found[2]})</a>'

    return REFERENCE.sub(referring, MATHEMATICS.sub(converted, content))
