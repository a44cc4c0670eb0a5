"""Titles of any letters reach terminal, page, Markdown and LaTeX as they are, and can do nothing there."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.data.template import write_template
from simulation.figures.drawing.style import style
from simulation.files.toml import toml_value
from simulation.hidden_characters import fault_of
from simulation.markdown import markdown_text
from simulation.reporting.analysis import analyse
from simulation.reporting.page import html_page
from simulation.reporting.table import Table, latex_text
from simulation.reporting.tables import write_tables
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

NASTY = "First $5 & 50 % |_#"
WORSE = "_second $a$ <script>alert(1)</script> ~^`\\"
SIGNS = "".join(map(chr, range(32, 127)))
titles = st.text(st.one_of(st.characters(), st.sampled_from(SIGNS)), max_size=20)
every_title = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@every_title
@given(title=titles.filter(lambda title: not fault_of(title)))
@example(title=NASTY)
@example(title=WORSE)
@example(title="# a #")
@example(title="-5 <b>")
def test_the_title_of_the_page_is_the_plain_title(tmp_path: Path, title: str) -> None:
    page = html_page(f"# {markdown_text(title)}\n\ntext\n", tmp_path)
    (shown,) = re.findall("<title>(.*?)</title>", page, re.DOTALL)
    assert html.unescape(shown) == " ".join(title.split())
    assert not {"<", ">"} & set(shown)
    assert not fault_of(page, lines=True)


@settings(every_title, max_examples=60)
@given(title=titles)
@example(title="\x1b]0;owned\x07")
@example(title="\u202egpj.exe")
def test_a_title_is_refused_or_harmless_on_the_terminal(tmp_path: Path, title: str) -> None:
    path = tmp_path / "own.toml"
    # As escapes, so that all that TOML can express gets in.
    escapes = "".join(f"\\U{ord(sign):08x}" for sign in title)
    path.write_text(f'title = "{escapes}"\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["validate", str(path)])
    assert not fault_of(result.output, lines=True)
    assert (result.exit_code == 2) == bool(fault_of(title))
    if result.exit_code == 0:
        assert title in result.output


@every_title
@given(title=titles.filter(lambda title: not fault_of(title)))
@example(title=NASTY)
@example(title=WORSE)
def test_markdown_shows_any_title_as_it_is(title: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(
        f"| {markdown_text(title)} |\n| --- |\n"
    )  # fmt: skip
    (cell,) = [tokens[n + 1] for n, token in enumerate(tokens) if token.type == "th_open"]
    assert "".join(child.content for child in cell.children or ()) == " ".join(title.split())


_LATEX_TOKEN = re.compile(
    r"\\text(?:backslash|asciitilde|asciicircum|bar|asciigrave)\{\}|\\dots\{\}|\\[&%$#_{}]"
    r"|\$(?:<|>|\\pm|-)\$|\{[\[*]\}|[^\\&%$#_{}~^<>\[*|`]"
)
"""What a text may consist of in LaTeX: commands for signs, escaped signs, and signs that say nothing to it."""


@every_title
@given(title=titles.filter(lambda title: not fault_of(title)))
@example(title=NASTY)
@example(title=WORSE)
@example(title="* [1pt] & \\end{tabular}")
def test_latex_reads_no_command_in_any_title(title: str) -> None:
    written = latex_text(title)
    assert re.fullmatch(f"(?:{_LATEX_TOKEN.pattern})*", written, re.DOTALL)
    assert len(_LATEX_TOKEN.findall(written)) >= len(title.replace("--", ""))


def test_dollars_in_figures_are_no_mathematics() -> None:
    with style():
        text = Figure().text(0, 0, "First $5 and $_{")
        assert not text.get_parse_math()


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a study whose titles, regions, industries and directions are full of signs."""
    folder = tmp_path_factory.mktemp("nasty")
    write_template(folder / "land")
    for path in (folder / "land").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("North,", '"Gold $ and $_{ <b>Coast",').replace("coal", "coal $1 & $2_^")
        text = text.replace("Land", "*West & 50 %").replace("\nmining,", "\n[2pt] ~mining|,")
        path.write_text(text, encoding="utf-8")
    plain = '[world]\ndataset = "land"\n[technologies]\nrelease = "at_start"\n[time]\nyears = 8\n'
    training = '[[policies]]\ninstrument = "training"\nbudget = 9.0\n'
    specs = [
        parse_scenario(f"name = {name!r}\ntitle = {toml_value(title)}\n{rest}", file=folder / "own.toml")
        for name, title, rest in (("one", NASTY, plain), ("two", WORSE, plain + training))
    ]
    run_batch(specs, 3, out=folder / "out", executor="serial")
    return folder / "out"


def needs_latex(*files: str) -> None:
    """Skip or fail where LaTeX or these files of its packages are missing."""
    if shutil.which("pdflatex") is None:
        message = "no pdflatex here; Debian has it in texlive-latex-recommended"
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    if files and subprocess.run(["kpsewhich", *files], capture_output=True, check=False).returncode:
        pytest.skip(f"LaTeX lacks {' or '.join(files)} here")


def compiled(folder: Path, names: list[str], *, program: str = "pdflatex", preamble: str = "") -> str:
    """Log of LaTeX over these tables; fails where there is an error."""
    inputs = "\n".join(rf"\input{{{name}}}" for name in names)
    (folder / "all.tex").write_text(
        f"\\documentclass{{article}}\n{preamble or USUAL}\n\\usepackage{{booktabs,graphicx}}\n"
        f"\\begin{{document}}\n{inputs}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    command = [
        program,
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-no-shell-escape",
        "-draftmode",
        "all",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    return (folder / "all.log").read_text(encoding="utf-8", errors="replace")


USUAL = r"\usepackage[T1]{fontenc}"
SCRIPTS = Table("scripts", "Ничего за $0", ("Область", "n"), (("Северный №1", "1"),), note="Ёлка & é")


@pytest.mark.slow
def test_a_table_with_cyrillic_letters_compiles_with_the_package_that_its_comment_names(
    tmp_path: Path,
) -> None:
    needs_latex("t2aenc.def")
    (tmp_path / "scripts.tex").write_text(SCRIPTS.latex(), encoding="utf-8")
    (preamble,) = re.findall(r"\\usepackage\S+", SCRIPTS.latex())
    compiled(tmp_path, ["scripts.tex"], preamble=preamble)
    with pytest.raises(AssertionError, match=r"not set up|unavailable"):
        compiled(tmp_path, ["scripts.tex"])


@pytest.mark.slow
def test_a_table_in_any_script_compiles_in_lualatex_with_a_font_that_has_the_letters(tmp_path: Path) -> None:
    needs_latex("luaotfload-main.lua", "fontspec.sty")
    table = Table(
        "scripts", "საქართველო", ("Region", "n"), (("Հայաստան", "1"), ("Северный", "2")), note=SIGNS
    )
    assert "fontspec" in table.latex()
    (tmp_path / "scripts.tex").write_text(table.latex(), encoding="utf-8")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    preamble = rf"\usepackage{{fontspec}}\setmainfont{{DejaVuSans}}[Path={fonts}/,Extension=.ttf,ItalicFont=*-Oblique]"
    log = compiled(tmp_path, ["scripts.tex"], program="lualatex", preamble=preamble)
    assert "Missing character" not in log


@pytest.mark.slow
def test_every_table_of_a_study_compiles(nasty: Path) -> None:
    needs_latex()
    paths = write_tables(analyse(Results(nasty)))
    names = [path.name for path in paths if path.suffix == ".tex"]
    assert len(names) == 9
    compiled(paths[-1].parent, names)


@pytest.mark.slow
def test_a_table_of_all_signs_of_ascii_in_each_place_compiles(tmp_path: Path) -> None:
    needs_latex()
    cells = [
        *SIGNS,
        *(f"{sign}1" for sign in SIGNS),
        *(f"{sign}{sign}" for sign in SIGNS),
        SIGNS,
        "Æß é “–” …",
    ]
    for name, labels in (("one", 1), ("two", 2)):
        rows = tuple((cell, cell, "1") for cell in cells)
        table = Table(name, SIGNS, ("*", "[x]", "n"), rows, note=SIGNS, labels=labels)
        (tmp_path / f"{name}.tex").write_text(table.latex(), encoding="utf-8")
        compiled(tmp_path, [f"{name}.tex"])
