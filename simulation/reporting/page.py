"""The report as one self-contained HTML page: no network, no script, figures embedded."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token

from simulation.analysis.comparison import reference_of
from simulation.errors import ResultsError
from simulation.figures import plot
from simulation.reporting.analysis import Analysis
from simulation.reporting.document import Picture, anchor, document, first_paragraph
from simulation.reporting.explained import explained_in
from simulation.reporting.table import with_minus
from simulation.results.derived import HERE, Outputs
from simulation.results.reader import Results

HTML = "report.html"
MARKDOWN = "report.md"


def write_report(analysis: Analysis) -> list[Path]:
    """Draw the figures and write ``report.html`` and ``report.md`` into the results folder; return their paths.

    Raises
    ------
    ResultsError
        If the curves cannot be read.
    """
    usual = reference_of(analysis.results.scenarios, None)
    chosen = () if analysis.reference == usual else ("--reference", analysis.reference)
    explained, others = explained_in(analysis.results)
    again = dataclasses.replace(
        analysis.outputs.origin,
        renew=("report", HERE, *chosen),
        others=(*analysis.outputs.origin.others, *others),
    )
    outputs = dataclasses.replace(analysis.outputs, origin=again)
    text = document(analysis, *draw(analysis.results, outputs), explained=explained)
    pages = {HTML: html_page(text, analysis.results.path), MARKDOWN: text}
    return outputs.write({name: content.encode() for name, content in pages.items()})


def draw(results: Results, outputs: Outputs) -> tuple[list[Picture], dict[str, str]]:
    """Draw all figures that a study has data for; return them, and the reasons for those left out."""
    try:
        plotted = plot(results, formats=("png",), outputs=outputs)
    except ResultsError as error:  # the scenarios of a study may differ in regions or calendars
        return [], {"all figures": str(error)}
    pictures = [
        Picture(path.relative_to(results.path).as_posix(), _caption_of(path))
        for path in plotted.paths
        if path.suffix == ".png"
    ]
    return pictures, plotted.left_out


def _caption_of(picture: Path) -> str:
    path = picture.with_suffix(".md")
    if not path.exists():  # a further page
        return "Continued from the figure above."
    return first_paragraph(path)


def html_page(text: str, folder: Path) -> str:
    """Convert Markdown to a page with the pictures of ``folder`` embedded."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    _put_pictures_inside(tokens, folder)
    _name_paragraphs(tokens)
    _name_sections(tokens)
    title = _title(tokens)
    _write_minus(tokens)
    tokens = _with_spans(tokens)
    body = parser.renderer.render(list(_with_frames(tokens)), parser.options, {})
    environment = Environment(
        loader=PackageLoader("simulation.reporting"), autoescape=True, undefined=StrictUndefined
    )
    style = environment.get_template("report.css").render()
    page = environment.get_template("report.html.jinja")
    return page.render(title=title, style=style, body=body) + "\n"


def _title(tokens: Sequence[Token]) -> str:
    """Return the text of the first heading without Markdown marks and escapes."""
    place = next(place for place, token in enumerate(tokens) if token.type == "heading_open")
    return "".join(child.content for child in tokens[place + 1].children or ())


def _put_pictures_inside(tokens: Sequence[Token], folder: Path) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                picture = (folder / str(child.attrs["src"])).read_bytes()
                child.attrs["src"] = f"data:image/png;base64,{b64encode(picture).decode()}"


def _name_paragraphs(tokens: Sequence[Token]) -> None:
    """Give titles and notes of tables, figures and captions the classes that the style sheet uses."""
    for place, token in enumerate(tokens):
        if token.type != "paragraph_open" or token.level:
            continue
        kinds = [child.type for child in tokens[place + 1].children or ()]
        before, after = (
            tokens[near].type if 0 <= near < len(tokens) else "" for near in (place - 1, place + 3)
        )
        if kinds == ["image"]:
            token.attrSet("class", "figure")
            tokens[place + 3].attrSet("class", "caption")
        elif after == "table_open":
            token.attrSet("class", "title")
        elif before == "table_close" and kinds[0] == "em_open" and kinds[-1] == "em_close":
            token.attrSet("class", "note")


def _name_sections(tokens: Sequence[Token]) -> None:
    """Give each section the name by which the contents find it, and the contents a class."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            token.attrSet("id", anchor(tokens[place + 1].content))
        if token.type == "bullet_list_open" and tokens[place - 2].content == "**Contents**":
            token.attrSet("class", "contents")


def _write_minus(tokens: Sequence[Token]) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "text":  # not code
                child.content = with_minus(child.content)


def _with_spans(tokens: Sequence[Token]) -> list[Token]:
    """Let the first cell of a table's row span the empty cells below it."""
    kept: list[Token] = []
    first, above, rows, skipped = False, None, 0, 0
    for place, token in enumerate(tokens):
        if skipped:
            skipped -= 1
            continue
        if token.type == "tr_open":
            first = True
        elif token.type == "td_open" and first:
            first = False
            if above is not None and not tokens[place + 1].content:
                rows += 1
                above.attrSet("rowspan", str(rows))
                skipped = 2  # its text and its end
                continue
            above, rows = token, 1
            above.attrSet("rowspan", "1")
        elif token.type == "table_close":
            above = None
        kept.append(token)
    return kept


def _with_frames(tokens: Sequence[Token]) -> Iterator[Token]:
    """Put tables, and pictures with their captions, into frames that scroll on a narrow page."""

    def frame(text: str) -> Token:
        return Token("html_block", "", 0, content=f"{text}\n")

    kind = ""
    for token in tokens:
        if token.type == "paragraph_open":
            kind = str(token.attrs.get("class", ""))
            if kind == "figure":
                yield frame("<figure>")
        if token.type == "table_open":
            yield frame('<div class="wide" tabindex="0">')
        yield token
        if token.type == "table_close":
            yield frame("</div>")
        if token.type == "paragraph_close" and kind == "caption":
            yield frame("</figure>")
