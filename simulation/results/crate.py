"""RO-Crate metadata of a results folder: what its files are, which program made them from what, and when.

Follows RO-Crate 1.1 (https://w3id.org/ro/crate/1.1), whose terms are those of schema.org.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from simulation.errors import HyperclusterError
from simulation.files.objects import ObjectPath
from simulation.results.code_digest import together
from simulation.results.derived import HERE, outputs_of
from simulation.results.manifest import MANIFEST
from simulation.results.own_files import RECORD, on_record
from simulation.results.reader import Results

CRATE = "ro-crate-metadata.json"
VERSION = "1.1"

_WORDS = {
    MANIFEST: "Scenarios with their full text, seeds, versions, finished and failed replications",
    "runs.parquet": "One row per replication: metrics and a checksum",
    "curves.parquet": "Adopters and eligible enterprises by month, region, industry and technology",
    "memberships.parquet": "Members of platforms, and enterprises that may join, by month and region",
    "ledger.parquet": "Planned, spent and unspent money by policy, region and year",
    "comparison.csv": "Paired differences between scenarios in every metric",
    RECORD: "The files of this folder that the program wrote",
}
_FORMATS = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".toml": "application/toml",
}


def write_crate(results: Results) -> Path:
    """Write ``ro-crate-metadata.json`` into a results folder and return its path.

    Raises
    ------
    ResultsError
        If the runs cannot be read, or a foreign file of that name is there.
    HyperclusterError
        If the folder is in an object store.
    """
    if isinstance(results.path, ObjectPath):
        raise HyperclusterError(
            f"{results.path}: RO-Crate metadata describe a folder on a disk; copy it to one"
        )
    outputs = outputs_of(results, "report", HERE, "--ro-crate")
    text = json.dumps(crate_of(results), ensure_ascii=False, indent=2)
    (path,) = outputs.write({CRATE: f"{text}\n".encode()})
    return path


def crate_of(results: Results) -> dict[str, Any]:
    """Return the metadata as a table for JSON."""
    manifest = results.manifest
    files = [_file(results.path, name) for name in _files(results.path)]
    software = [
        _software("hypercluster", manifest["version"], f"SHA-256 of the code: {together(manifest['code'])}"),
        _software("python", manifest["python"], ""),
        *(_software(name, version, "") for name, version in manifest["packages"].items()),
        *(
            _software(name, plugin["version"], f"SHA-256 of the code: {plugin['sha256']}")
            for name, plugin in manifest.get("plugins", {}).items()
        ),
    ]
    program, *needed = software
    program["softwareRequirements"] = [{"@id": each["@id"]} for each in needed]
    scenarios = [
        {
            "@id": f"#scenario-{entry['name']}",
            "@type": "CreativeWork",
            "name": entry["title"],
            "identifier": entry["digest"],
            "description": entry["description"] or entry["title"],
            "encodingFormat": "application/toml",
            "text": entry["text"],
        }
        for entry in manifest["scenarios"]
    ]
    titles = ", ".join(entry["title"] for entry in manifest["scenarios"])
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Simulated technology diffusion: {titles}",
        "description": (
            f"{manifest['replications']} replications, from seed {manifest['seed']}, of {len(scenarios)} scenarios of "
            f"technology diffusion among mining regions: {titles}."
        ),
        "datePublished": manifest["ended"] or manifest["started"],
        "hasPart": [{"@id": file["@id"]} for file in files],
        "mentions": [{"@id": "#run"}, *({"@id": each["@id"]} for each in scenarios)],
    }
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": manifest["command"],
        "instrument": {"@id": program["@id"]},
        "object": [{"@id": each["@id"]} for each in scenarios],
        "result": {"@id": "./"},
        "startTime": manifest["started"],
        **({"endTime": manifest["ended"]} if manifest["ended"] else {}),
    }
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": f"https://w3id.org/ro/crate/{VERSION}"},
    }
    return {
        "@context": f"https://w3id.org/ro/crate/{VERSION}/context",
        "@graph": [descriptor, root, run, *scenarios, *software, *files],
    }


def _files(folder: Path) -> list[str]:
    """Return the names of the files of this program in a folder, sorted."""
    names = {MANIFEST, RECORD, *on_record(folder)} - {CRATE}
    return sorted(name for name in names if (folder / name).is_file())


def _file(folder: Path, name: str) -> dict[str, Any]:
    known: dict[str, str] = {"description": _WORDS[name]} if name in _WORDS else {}
    if name != RECORD:  # which grows when the metadata are written
        known["contentSize"] = str((folder / name).stat().st_size)
    return {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        "encodingFormat": _FORMATS.get(Path(name).suffix, "application/octet-stream"),
        **known,
    }


def _software(name: str, version: str, description: str) -> dict[str, Any]:
    return {
        "@id": f"#software-{name}",
        "@type": "SoftwareApplication",
        "name": name,
        **({"softwareVersion": version} if version else {}),
        **({"description": description} if description else {}),
    }
