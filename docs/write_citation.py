"""Write ``CITATION.cff`` and ``codemeta.json``, by which people and registries cite and find the program.

    uv run python docs/write_citation.py

takes both from ``pyproject.toml``: what packages of Python say of themselves, and the table ``tool.hypercluster`` for
what they do not. A test compares the files. Formats: Citation File Format 1.2.0; CodeMeta 3.0.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
Table = Mapping[str, Any]


def citation(project: Table, more: Table) -> dict[str, Any]:
    """Return the entries of ``CITATION.cff``."""
    return {
        "cff-version": "1.2.0",
        "message": more["message"],
        "type": "software",
        "title": f"{more['name']}: {project['description'][0].lower()}{project['description'][1:]}",
        "abstract": more["abstract"],
        "authors": project["authors"],
        "version": project["version"],
        "license": project["license"],
        "keywords": project["keywords"],
        "references": more["references"],
    }


def codemeta(project: Table, more: Table) -> dict[str, Any]:
    """Return the entries of ``codemeta.json``."""
    classified = dict(entry.split(" :: ", 1) for entry in project["classifiers"])
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": more["name"],
        "identifier": project["name"],
        "description": more["abstract"],
        "author": [{"@type": "Organization", "name": author["name"]} for author in project["authors"]],
        "version": project["version"],
        "license": f"https://spdx.org/licenses/{project['license']}",
        "keywords": project["keywords"],
        "applicationCategory": classified["Topic"],
        "operatingSystem": classified["Operating System"],
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {project['requires-python']}",
        "softwareRequirements": [requirement(text) for text in project["dependencies"]],
        "referencePublication": [publication(reference) for reference in more["references"]],
    }


def requirement(text: str) -> dict[str, str]:
    """Return a requirement such as "mesa[network]>=3.5,<5"."""
    found = re.fullmatch(r"([\w-]+)(?:\[\w+\])?(.*)", text)
    assert found is not None, text
    return {"@type": "SoftwareApplication", "name": found[1], "version": found[2]}


def publication(reference: Table) -> dict[str, Any]:
    """Return a paper on which the program builds."""
    entry: dict[str, Any] = {
        "@type": "schema:ScholarlyArticle",
        "name": reference["title"],
        "author": [
            {
                "@type": "Person",
                "givenName": author["given-names"],
                "familyName": author["family-names"],
                "affiliation": {"@type": "Organization", "name": author["affiliation"]},
            }
            for author in reference["authors"]
        ],
    }
    if "year" in reference:
        entry["datePublished"] = str(reference["year"])
    return entry


def files() -> dict[Path, str]:
    """Return the text of each file by its path."""
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, more = described["project"], described["tool"]["hypercluster"]
    return {
        ROOT / "CITATION.cff": yaml.safe_dump(
            citation(project, more), sort_keys=False, allow_unicode=True, width=110
        ),
        ROOT / "codemeta.json": json.dumps(codemeta(project, more), indent=2, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
