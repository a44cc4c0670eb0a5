"""The HTML of the page as it is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import simulation.server
from simulation.server.web.page import imported_modules, page_html

STATIC = Path(simulation.server.__file__).parent / "static"


def preloaded(static: Path) -> list[str]:
    return re.findall(r'<link rel="modulepreload" href="static/(.*)">', page_html(static).decode())


def test_all_modules_are_asked_for_at_once_and_none_is_left_over() -> None:
    named = preloaded(STATIC)
    assert len(named) == len(set(named))
    assert {*named, "js/main.js"} == {str(path.relative_to(STATIC)) for path in STATIC.glob("**/*.js")}


def test_a_module_is_preloaded_however_it_is_imported_and_only_then(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text((STATIC / "index.html").read_text())
    modules = {
        "js/main.js": 'import { a,\n  b } from "./one/a.js";\nimport "../vendor/v.js";\nconst x = "./not.js";\n',
        "js/one/a.js": '/** @typedef {import("./types.js").T} T */\nexport * from "./b.js";\n// import "./not.js";\n',
        "js/one/b.js": 'import { main } from "../main.js";\nexport const y = "./not.js";\n',
        "vendor/v.js": "",
    }
    for name, text in modules.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert preloaded(tmp_path) == ["js/one/a.js", "js/one/b.js", "vendor/v.js"]


def test_a_module_that_is_not_there_is_told_before_anybody_visits(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "main.js").write_text('import "./gone.js";\n')
    with pytest.raises(FileNotFoundError, match=r"gone\.js"):
        imported_modules(tmp_path)
