"""Notebooks are kept without outputs, and the site refuses those that fail; tests/test_site.py executes them all."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import yaml
from mkdocs.utils.yaml import get_yaml_loader
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
STRIP = "uv run jupyter nbconvert --clear-output --inplace docs/notebooks/*.ipynb"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = spec_from_file_location("notebooks", ROOT / "docs" / "site" / "notebooks.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path):
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.outputs or cell.execution_count] == [], f"run `{STRIP}`"
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith("# ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_reads_nothing_of_the_repository(path: Path):
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert ".." not in code


def test_every_notebook_has_its_line_in_the_navigation():
    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=get_yaml_loader())
    (listed,) = [part["Notebooks"] for part in config["nav"] if "Notebooks" in part]
    pages = {page for entry in listed for page in entry.values()}
    assert pages == {f"notebooks/{path.stem}.md" for path in NOTEBOOKS}
    assert len(pages) == 5


FAULTS = {
    "the cell one fails: KeyError: 'x'": new_output("error", ename="KeyError", evalue="'x'"),
    "the cell one warns: UserWarning": new_output("stream", name="stderr", text="UserWarning"),
    "the cell one draws a figure": new_output("display_data", data={"image/png": ""}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_notebook_with_a_fault_is_refused(hook: ModuleType, fault: str):
    cell = new_code_cell("x", id="one", outputs=[FAULTS[fault]])
    with pytest.raises(ValueError, match=fault):
        hook.check(new_notebook(cells=[cell]))


def test_a_page_shows_what_a_cell_gives_in_its_richest_form(hook: ModuleType):
    table = (
        '<style>th {}</style><table border="1" class="dataframe">\n  <tr style="x"><td>1</td></tr>\n</table>'
    )
    outputs = [
        new_output("stream", name="stdout", text="printed\n"),
        new_output("execute_result", data={"text/html": table, "text/plain": "plain"}),
        new_output("execute_result", data={"text/markdown": "- in words", "text/plain": "plain"}),
        new_output("display_data", data={"image/png": "iVBORw==", "text/plain": "plain"}),
        new_output("display_data", data={"application/javascript": "x()", "text/plain": "script"}),
    ]
    cell = new_code_cell("x", id="one", metadata={"alt": "A figure"}, outputs=outputs)
    text, pictures = hook.page_of(new_notebook(cells=[new_markdown_cell("# Title\n\nWords."), cell]), "name")
    assert text == (
        '# Title\n\n<a href="name.ipynb" download>Download this notebook</a>\n\nWords.\n\n'
        "```ipython3\nx\n```\n\n```text\nprinted\n```\n\n<table><tr><td>1</td></tr></table>\n\n- in words\n\n"
        "![A figure](name/one.png)\n"
    )
    assert pictures == {"name/one.png": b"\x89PNG"}


@pytest.mark.slow  # starts two kernels
@pytest.mark.parametrize(
    "command", ["hypercluster validate nowhere.toml", "python -W always -c 'assert 1, (1 is 1)'"]
)
def test_a_command_that_fails_or_warns_ends_the_build(hook: ModuleType, command: str):
    cell = new_code_cell(f"!{command}", id="one")
    with pytest.raises(ValueError, match="the cell one fails: RuntimeError: "):
        hook.executed(nbformat.writes(new_notebook(cells=[cell])))
