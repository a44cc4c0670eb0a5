"""Tables as Markdown and LaTeX: aligned, escaped, whole."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from simulation.markdown import markdown_text
from simulation.reporting.table import Table, latex_text, with_minus

TABLE = Table(
    name="small",
    title="Cost & effect",
    head=("pair", "metric", "difference"),
    rows=(
        ("a minus b", "t50, years", "-1.4"),
        ("a minus b", "share, %", "+6.0"),
        ("c_1 minus b", "share, %", "-"),
    ),
    note="50 % of $1",
    labels=2,
)


def test_labels_that_repeat_are_shown_once():
    assert TABLE.merged == (
        ("a minus b", "t50, years", "-1.4"),
        ("", "share, %", "+6.0"),
        ("c_1 minus b", "share, %", "-"),
    )


def test_markdown_has_words_left_and_numbers_right():
    assert TABLE.markdown() == (
        "**Cost & effect**\n\n"
        "| pair | metric | difference |\n| --- | --- | ---: |\n"
        "| a minus b | t50, years | -1.4 |\n|  | share, % | +6.0 |\n| c\\_1 minus b | share, % | - |\n"
        "\n*50 % of \\$1*\n"
    )


def test_latex_is_a_booktabs_table_with_balanced_braces():
    text = TABLE.latex()
    for line in (
        r"\caption{Cost \& effect}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"metric & difference \\",
        r"\midrule",
        r"\multicolumn{2}{l}{\itshape a minus b} \\",
        r"t50, years & $-$1.4 \\",
        r"share, \% & +6.0 \\",
        r"\addlinespace \multicolumn{2}{l}{\itshape c\_1 minus b} \\",
        r"share, \% & - \\",
        r"\bottomrule",
        r"\label{tab:small}",
    ):
        assert line in text.splitlines()
    assert r"\footnotesize 50 \% of \$1" in text
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert "[-1.5" not in latex_text("[-1.5, -1.4]")  # an option of the line break before it


def test_long_names_beside_many_numbers_stand_above_them_in_latex():
    numbers = ("1",) * 7
    table = Table(
        name="wide", title="", head=("scenario", *"abcdefg"), rows=(("A long name & others, 50 %", *numbers),)
    )
    assert r"\multicolumn{7}{l}{\itshape A long name \& others, 50 \%} \\" in table.latex().splitlines()
    short = Table(name="wide", title="", head=table.head, rows=(("short", *numbers),))
    assert "short & 1" in short.latex()


TROUBLE = [
    "<b>bold</b>",
    "a | b",
    "*a* _b_ `c` ~~d~~",
    "[text](http://x)",
    "back\\slash",
    "# heading",
    "- list",
    "1. list",
    "&lt; &#60;",
    "two\nlines",
    "p <.001 [+1.0, -2.0]",
    "![picture](x.png)",
]


@pytest.mark.parametrize("text", TROUBLE)
def test_markdown_shows_any_text_as_it_is(text: str):
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    (paragraph, inline, _) = parser.parse(markdown_text(text))
    assert paragraph.type == "paragraph_open"
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    shown = "".join(child.content for child in inline.children or ())
    assert shown == " ".join(text.split())
    cells = [
        token for token in parser.parse(f"| {markdown_text(text)} |\n| --- |\n") if token.type == "th_open"
    ]
    assert len(cells) == 1


def test_latex_escapes_all_that_it_would_read_as_a_command():
    assert latex_text(r"a_b & 50 % {x} #1 $ ~ ^ \ < >") == (
        r"a\_b \& 50 \% \{x\} \#1 \$ \textasciitilde{} \textasciicircum{} \textbackslash{} $<$ $>$"
    )
    assert latex_text("x-ray 1-2 -3") == "x-ray 1-2 $-$3"


def test_a_hyphen_is_a_minus_before_a_number_and_in_1_less_phi_and_nowhere_else() -> None:
    text = "-1.4 [-1.5, -1.4], 1 - Phi, half-width, 2026-11-23, seeds 1-3, - alone"
    assert with_minus(text) == "−1.4 [−1.5, −1.4], 1 − Phi, half-width, 2026-11-23, seeds 1-3, - alone"
    assert latex_text("1 - Phi -2") == "1 $-$ Phi $-$2"


def test_latex_without_shared_labels_keeps_its_columns() -> None:
    text = Table(
        "plain", "Plain", ("name", "kind", "value"), (("a", "x", "1"), ("b", "x", "2")), labels=2
    ).latex()
    assert r"\begin{tabular}{llr}" in text and "multicolumn" not in text
    assert r"b & x & 2 \\" in text.splitlines()


def test_a_table_of_letters_that_latex_lacks_says_first_what_they_need() -> None:
    def written(word: str) -> str:
        return Table("t", "Title", ("a", "n"), ((word, "1"),)).latex()

    assert written("Łódź – é ± 5").startswith(r"\begin{table}")
    cyrillic, chinese = written("Северный"), written("珍珠群岛 Северный")
    assert r"\usepackage[T1,T2A]{fontenc}" in cyrillic and "texlive-lang-cyrillic" in cyrillic
    assert "LuaLaTeX" in chinese and "珍" in chinese and "T2A" not in chinese
    for text in (cyrillic, chinese):
        comment, _ = text.split(r"\begin{table}")
        assert all(line.startswith("% ") for line in comment.splitlines())
