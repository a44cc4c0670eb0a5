"""The page as it is served: its HTML, with a preload for each module, so that the browser requests all at once."""

from __future__ import annotations

import re
from pathlib import Path

START = "js/main.js"
"""The module that the HTML names; it imports the others."""

_HERE = "    <!-- the server puts the preloads of all modules here -->\n"
_IMPORTED = re.compile(r'^(?:import\s*|(?:import|export)\b[^"();]*?\bfrom\s*)"(\.[^"]+)";', re.MULTILINE)


def imported_modules(static: Path) -> list[str]:
    """Return modules that the page's first module imports, also indirectly, as ordered paths relative to ``static``."""
    found = {START}
    waiting = [START]
    while waiting:
        module = static / waiting.pop()
        for name in _IMPORTED.findall(module.read_text(encoding="utf-8")):
            path = (module.parent / name).resolve().relative_to(static.resolve()).as_posix()
            if path not in found:
                found.add(path)
                waiting.append(path)
    return sorted(found - {START})


def page_html(static: Path) -> bytes:
    """Return the HTML of the page whose files are in this folder."""
    html = (static / "index.html").read_text(encoding="utf-8")
    assert _HERE in html, "index.html has lost its place for preloads"
    links = (f'    <link rel="modulepreload" href="static/{path}">\n' for path in imported_modules(static))
    return html.replace(_HERE, "".join(links)).encode()
