"""A table of texts, written as Markdown and LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from simulation.markdown import markdown_text

_LATEX = {
    "\\": r"\textbackslash{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "[": "{[}",  # at the beginning of a row it would be read as an option
    "*": "{*}",  # would belong to the end of the row above
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "–": "--",
    "±": r"$\pm$",
    "…": r"\dots{}",
}
LATIN = 0x17F
"""The last of the letters that pdfLaTeX knows with the package fontenc and its option T1."""
_MINUS = re.compile(r"(?<![\w.])-(?=\d)|(?<=\d )-(?= Phi)")


MANY_NUMBERS = 6  # columns
LONG_LABEL = 24  # letters


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text with a title; the first ``labels`` columns hold words, the others numbers."""

    name: str  # of its files
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    labels: int = 1

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.head) for row in self.rows), f"{self.name}: a row of another length"

    @property
    def merged(self) -> tuple[tuple[str, ...], ...]:
        """The rows without labels that repeat the row above, provided that all labels before them repeat too."""
        merged = []
        above: tuple[str, ...] = ()
        for row in self.rows:
            same = 0
            while same < self.labels and above[: same + 1] == row[: same + 1]:
                same += 1
            merged.append(("",) * same + row[same:])
            above = row
        return tuple(merged)

    def markdown(self) -> str:
        """Return a pipe table with the title above and the note below."""
        dashes = ["---"] * self.labels + ["---:"] * (len(self.head) - self.labels)
        lines = [
            "| " + " | ".join(cells) + " |"
            for cells in (
                [markdown_text(cell) for cell in self.head],
                dashes,
                *([markdown_text(cell) for cell in row] for row in self.merged),
            )
        ]
        note = f"\n*{markdown_text(self.note)}*\n" if self.note else ""
        return f"**{markdown_text(self.title)}**\n\n" + "\n".join(lines) + f"\n{note}"

    def _texts(self) -> str:
        """Return all texts of the table in one."""
        return " ".join([self.title, *self.head, *(cell for row in self.rows for cell in row), self.note])

    def latex(self) -> str:
        """Return a floating table with the note below; it needs the packages booktabs and graphicx.

        Where letters need more than that, a comment above the table says what.

        A first label that rows share, or that is long beside many numbers, stands above its rows, so that the numbers
        have the full width of the page: a table that is wider is scaled down, at worst until nobody can read it.
        """
        longest = max((len(row[0]) for row in self.rows), default=0)
        is_crowded = len(self.head) - self.labels >= MANY_NUMBERS and longest > LONG_LABEL
        grouped = any(not row[0] for row in self.merged) or is_crowded
        head = self.head[grouped:]
        columns = "l" * (self.labels - grouped) + "r" * (len(self.head) - self.labels)
        rows = [_latex_row(head)]
        for number, row in enumerate(self.merged):
            if grouped and row[0]:
                space = r"\addlinespace " if number else ""
                rows.append(rf"{space}\multicolumn{{{len(head)}}}{{l}}{{\itshape {latex_text(row[0])}}} \\")
            rows.append(_latex_row(row[grouped:]))
        note = [
            "",
            r"\smallskip",
            rf"\begin{{minipage}}{{\linewidth}}\footnotesize {latex_text(self.note)}\end{{minipage}}",
        ]
        lines = [
            *needs_in_latex(self._texts()),
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex_text(self.title)}}}",
            rf"\label{{tab:{self.name}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *rows[1:],
            r"\bottomrule",
            r"\end{tabular}}",
            *(note if self.note else []),
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(latex_text(cell) for cell in cells) + r" \\"


def latex_text(text: str) -> str:
    """Escape all LaTeX commands in a text and replace hyphens that mean a minus by a minus sign."""
    marked = _MINUS.sub("\0", text)
    return "".join(_LATEX.get(char, char) for char in marked).replace("\0", "$-$")


def needs_in_latex(text: str) -> list[str]:
    """Return comments that name the packages for letters of a text that pdfLaTeX does not know; none for Latin ones."""
    beyond = sorted({sign for sign in text if ord(sign) > LATIN and unicodedata.category(sign)[0] in "LM"})
    names = [unicodedata.name(sign, "") for sign in beyond]
    if not beyond:
        return []
    if all(name.startswith("CYRILLIC") for name in names):
        return [
            r"% Cyrillic letters need \usepackage[T1,T2A]{fontenc} "
            "(Debian, Ubuntu: texlive-lang-cyrillic, and cm-super for outline fonts),",
            "% or LuaLaTeX or XeLaTeX with a font that has them.",
        ]
    shown = " ".join(beyond[:8]) + (" ..." if len(beyond) > 8 else "")
    return [
        f"% Letters such as {shown} need LuaLaTeX or XeLaTeX, the package fontspec and",
        r"% \setmainfont{...} with a font that has them "
        "(Debian, Ubuntu: texlive-luatex or texlive-xetex; fonts-noto-cjk or fonts-noto-core).",
    ]


def with_minus(text: str) -> str:
    """Replace hyphens that mean a minus by a minus sign."""
    return _MINUS.sub("−", text)
