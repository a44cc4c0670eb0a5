"""Pages of the site that stand outside docs/, and links to them.

On GitHub and on a disk, pages link to each other and to any file of the repository. Here README is the first page, and
whatever else a page links to becomes a page too: a Markdown file as it is, a picture as it is, another
file as its text, a package as its reference, a notebook executed, another folder as the list of its files.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
FIRST = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Pages outside docs/ that the navigation names, or that others start from."""
LANGUAGES = {
    ".py": "python",
    ".toml": "toml",
    ".json": "json",
    ".js": "javascript",
    ".csv": "text",
    ".cff": "yaml",
    ".sh": "bash",
}

UNSEARCHED = "---\nsearch: {exclude: true}\n---\n\n"
"""Begins a page of the text of a file: searching these would take most of the time of a build."""

LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
CELL = re.compile(r"<td( style=[^>]*)?>(.*?)</td>", re.DOTALL)
NAME = re.compile(r"(?<=<code>)[^<\s]{24,}(?=</code>)")
LONG = 70
"""Letters from which a cell of a table holds sentences."""
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)


def page_of(path: str) -> str:
    """Return the source path, in the site, of a path of the repository: "model.md" for "docs/model.md"."""
    path = place_of(path)
    place = ROOT / path
    if path == "README.md":
        return "index.md"
    if place.is_dir() and (place / "__init__.py").exists():
        return f"reference/python/{path.replace('/', '.')}.md"
    if path.startswith("docs/") and place.suffix in (".md", ".png"):
        return path.removeprefix("docs/")
    if place.suffix == ".png":
        return f"repository/{path}"
    if place.suffix == ".ipynb":  # notebooks.py writes its page
        return path.removeprefix("docs/").replace(".ipynb", ".md")
    return f"repository/{path}" if place.suffix == ".md" else f"repository/{path}.md"


def path_of(source: str) -> str:
    """Return the path of the repository that a page stands for."""
    if source == "index.md":
        return "README.md"
    if source.startswith("repository/"):
        path = source.removeprefix("repository/")
        return path if (ROOT / path).exists() else path.removesuffix(".md")
    path = f"docs/{source}"
    return path if (ROOT / path).exists() else path.replace(".md", ".ipynb")


def place_of(path: str) -> str:
    """Return the path whose text is shown for this path: a folder's README stands for the folder."""
    return f"{path}/README.md" if (ROOT / path / "README.md").exists() else path


def linked(text: str, path: str) -> list[str]:
    """Return the paths of the repository that the page of this path links to."""
    folder = posixpath.dirname(path)
    prose = FENCE.sub("", text)
    return [posixpath.normpath(posixpath.join(folder, found[1])) for found in LINK.finditer(prose)]


def text_of(path: str) -> str:
    """Return the Markdown of a path of the repository."""
    place = ROOT / path
    if place.is_dir():
        inside = sorted(
            p.name for p in place.iterdir() if p.is_file() and p.suffix in LANGUAGES | {".md": ""}
        )
        items = [f"- [{name}]({place.name}/{name})" for name in inside]
        return "\n".join([f"# {path}", "", *items])
    text = place.read_text(encoding="utf-8")
    if place.suffix == ".md":
        return text
    if place.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", text)), 0)
    return f"{UNSEARCHED}# {path}\n\n{fence}{LANGUAGES.get(place.suffix, 'text')}\n{text}\n{fence}\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for whatever is linked to, and for what those pages link to."""
    waiting = [*FIRST, *(path_of(file.src_uri) for file in files.documentation_pages())]
    seen = set(waiting)
    while waiting:
        path = place_of(waiting.pop())
        source = page_of(path)
        if source.startswith("reference/"):  # references.py writes these
            continue
        if not (ROOT / path).exists():  # the strict build reports the link
            continue
        if (ROOT / path).suffix == ".png":
            if files.get_file_from_path(source) is None:
                files.append(File.generated(config, source, abs_src_path=str(ROOT / path)))
            continue
        text = text_of(path)
        if files.get_file_from_path(source) is None:
            files.append(File.generated(config, source, content=text))
        if path.endswith((".md", ".ipynb")) or (ROOT / path).is_dir():
            new = [found for found in linked(text, path) if found not in seen]
            seen.update(new)
            waiting += new
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page at the pages of the site; give a page that is alone in its tab the whole width."""
    if page.parent is None:
        page.meta["hide"] = ["navigation"]
    source = page.file.src_uri
    if source.startswith("reference/"):
        return markdown
    path = path_of(source)

    def rewritten(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link[1]))
        if target.startswith("..") or not (ROOT / target).exists():
            return link[0]
        found = page_of(target)
        return posixpath.relpath(found, posixpath.dirname(source) or ".") + (link[2] or "")

    parts, last = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(rewritten, markdown[last : fence.start()]), fence[0]]
        last = fence.end()
    return "".join([*parts, LINK.sub(rewritten, markdown[last:])])


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mark the cells of tables that hold sentences, which style.css makes wide; break long names and paths in cells."""

    def marked(cell: re.Match[str]) -> str:
        inside = NAME.sub(lambda name: re.sub(r"([./_])", r"\1<wbr>", name[0]), cell[2])
        words = re.sub(r"<code>.*?</code>|<[^>]*>", "", cell[2])
        kind = ' class="sentences"' if len(words) > LONG else ""
        return f"<td{kind}{cell[1] or ''}>{inside}</td>"

    return CELL.sub(marked, content)
