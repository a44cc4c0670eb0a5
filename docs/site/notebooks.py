"""Notebooks as pages of the site.

They are kept without outputs and executed when the site is built, in an empty folder, as a reader who has installed the
program would execute them. So no page shows what the program no longer gives. An error, a warning or a command that
fails ends the build; each figure needs a text for those who do not see it, under ``alt`` in the metadata of its cell.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
TIMEOUT = 600
"""Seconds that a cell may take, on a machine that is busy with other work."""
TOGETHER = 2
"""Notebooks executed at the same time: most of their time they use one core."""

CHECKED = """
def _checked(command):
    import subprocess

    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    print(done.stdout, end="")
    if done.returncode or done.stderr:
        raise RuntimeError(f"{command} ends with exit code {done.returncode}: {done.stderr}")


get_ipython().system = _checked
"""
"""Lets a cell fail whose command fails or warns, which a notebook otherwise passes over."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page and the pictures of each notebook; the notebook itself lies beside them."""
    paths = sorted(FOLDER.glob("*.ipynb"))
    with ThreadPoolExecutor(TOGETHER) as threads:
        found = list(threads.map(_attempted, paths))
    if faults := [each for each in found if isinstance(each, str)]:
        raise PluginError("\n".join(faults))
    for path, notebook in zip(paths, found, strict=True):
        text, pictures = page_of(notebook, path.stem)
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


def _attempted(path: Path) -> NotebookNode | str:
    """Return the executed notebook, or what is wrong with it."""
    try:
        return executed(path.read_text(encoding="utf-8"))
    except (ValueError, CellTimeoutError, DeadKernelError) as fault:
        return f"{path.name}: {fault}"


@cache
def executed(text: str) -> NotebookNode:
    """Return a notebook with its outputs; kept as long as its text stays the same, for ``mkdocs serve``.

    Raises
    ------
    ValueError
        As :func:`check`.
    """
    notebook = nbformat.reads(text, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CHECKED))
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
            allow_errors=True,
        )
        client.execute(env=os.environ | {"PATH": programs})
    del notebook.cells[0]
    check(notebook)
    return notebook


def check(notebook: NotebookNode) -> None:
    """Raise a ValueError if a cell has failed, has written to the standard error, or draws a figure without a text."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise ValueError(f"the cell {cell.id} fails: {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                raise ValueError(f"the cell {cell.id} warns: {output.text}")
            if "image/png" in output.get("data", {}) and not cell.metadata.get("alt"):
                raise ValueError(f"the cell {cell.id} draws a figure and has no alt in its metadata")


def page_of(notebook: NotebookNode, name: str) -> tuple[str, dict[str, bytes]]:
    """Return an executed notebook as Markdown, and its pictures by path; both beside ``NAME.ipynb``."""
    pictures: dict[str, bytes] = {}
    parts = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            parts.append(cell.source)
            continue
        parts.append(f"```ipython3\n{cell.source}\n```")
        parts += _outputs(cell, name, pictures)
    link = f'<a href="{name}.ipynb" download>Download this notebook</a>'
    heading, _, rest = parts[0].partition("\n")
    return "\n\n".join([heading, link, rest.strip(), *parts[1:]]) + "\n", pictures


def _outputs(cell: NotebookNode, name: str, pictures: dict[str, bytes]) -> Iterator[str]:
    """Yield the outputs of a cell as Markdown, in the richest form that a page can show; add its pictures.

    Scripts, which set up what is live in a notebook, are left out.
    """
    for output in cell.outputs:
        data = output.get("data", {})
        if "text" in output:
            yield _printed(output.text)
        elif "image/png" in data:
            path = f"{name}/{cell.id}.png"
            pictures[path] = base64.b64decode(data["image/png"])
            yield f"![{cell.metadata['alt']}]({path})"
        elif "text/markdown" in data:
            yield data["text/markdown"]
        elif table := re.search(r"<table.*</table>", data.get("text/html", ""), flags=re.DOTALL):
            yield re.sub(r"\n\s*", "", re.sub(r"<(table|tr)\b[^>]*>", r"<\1>", table[0]))
        elif "text/plain" in data and "application/javascript" not in data:
            yield _printed(data["text/plain"])


def _printed(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"
