"""The template of a dataset: small valid tables, and a page that explains every column."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from simulation.data.dictionary import SETTINGS, TABLES, TableKind
from simulation.errors import DataError, Problem, listed
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.hidden_characters import fault_of

DICTIONARY = "README.md"

_EXAMPLES: dict[str, list[dict[str, str]]] = {
    "regions": [
        {
            "region_id": region,
            "region": region.title(),
            "macroregion": "Land",
            "seat": seat,
            "latitude": latitude,
            "longitude": "20.0",
            "area_1000km2": "50",
            "digital_readiness": readiness,
            "source": "invented",
        }
        for region, seat, latitude, readiness in (
            ("north", "Northton", "62.0", "0.2"),
            ("south", "Southton", "58.0", "0.8"),
        )
    ],
    "enterprises": [
        {"region_id": "north", "total": "60", "coal": "40", "mining_services": "20", "source": "invented"},
        {"region_id": "south", "total": "120", "coal": "50", "mining_services": "70", "source": "invented"},
    ],
    "institutions": [
        {"region_id": "south", "name": "Southton University", "kind": "university", "source": "invented"},
        {"region_id": "north", "name": "Northton Technopark", "kind": "technopark", "source": "invented"},
    ],
    "technologies": [
        {"direction": "mining", "technology": name, "family": family, "environmental": flag, "source": "invented"}
        for name, family, flag in (
            ("Driverless lorries", "digital", "0"),
            ("Safer shafts", "conventional", "0"),
            ("Water that is used again", "conventional", "1"),
        )
    ],
    "relevance": [{"direction": "mining", "coal": "1", "mining_services": "0.5", "source": "invented"}],
    "platforms": [],
    "ties": [],
    "enterprise_ties": [],
    "facts": [],
}  # fmt: skip
"""Rows of each table; tables without rows are not written."""

_HEAD = f"""# A dataset of your own

Edit the tables, then check them: `hypercluster validate .` reports every fault with file, line and column. A scenario
uses the folder with `[world]` and `dataset = "path/to/this/folder"`, relative to the scenario file.

The rows are examples: replace them all. Tables are CSV in UTF-8 with a header, in any order of rows and columns;
columns that are not listed here are not read, unless a table says that they are industries. Commas separate columns,
and points separate decimals: 1234.5. Names must not contain line breaks. A folder may also hold
`outlines.geojson`, shapes of the regions for maps, and `{SETTINGS}` with `extends`, the name or folder of a dataset
that this one extends (then every table may be omitted, or hold only new rows), and `assumptions`, sentences on
invented values.
"""


def write_template(folder: Path) -> list[Path]:
    """Write the tables and their data dictionary into a folder, which is created if it does not exist.

    Returns
    -------
    The files, in the order in which to fill them in.

    Raises
    ------
    DataError
        If the name of the folder holds a hidden character, so that no scenario could give it, the folder is a file, or
        some of the files exist and are not the remains of an interrupted call; then nothing is written.
    """
    if fault := fault_of(str(folder)):
        raise DataError([Problem(str(folder), None, "", f"the name of the folder {fault}")])
    if folder.exists() and not folder.is_dir():
        raise DataError([Problem(str(folder), None, "", "not a folder; choose another name")])
    texts = {f"{name}.csv": _table(kind, _EXAMPLES[name]) for name, kind in TABLES.items()}
    texts[DICTIONARY] = data_dictionary()
    contents = {folder / name: text.encode() for name, text in texts.items()}
    there = [path for path in contents if os.path.lexists(path)]
    # If the folder holds only files with exactly this content, an interrupted call is completed.
    interrupted = len(there) < len(contents) and all(
        path.is_file() and path.read_bytes() == contents[path] for path in there
    )
    if there and not interrupted:
        names = [path.name for path in there]
        message = (
            f"already holds {listed(names, at_most=3)}; nothing is overwritten, so choose another folder"
        )
        raise DataError([Problem(str(folder), None, "", message)])
    make_folder(folder)
    for path, content in contents.items():
        replace(path, content)
    return list(contents)


def _table(kind: TableKind, rows: list[dict[str, str]]) -> str:
    industries = sorted({column for row in rows for column in row if column not in kind.known_columns})
    used = {column for row in rows for column in row}
    known = [column.name for column in kind.columns if column.required or column.name in used or not rows]
    last = [name for name in known if name == "source"]
    out = io.StringIO()
    columns = [name for name in known if name not in last] + industries + last
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def data_dictionary() -> str:
    """Return the page that explains every table and column, as Markdown."""
    parts = [_HEAD]
    for name, kind in TABLES.items():
        optional = "" if kind.required else " May be missing or empty."
        lines = [
            f"## {name}.csv",
            "",
            f"One row is {kind.meaning}; no two may agree in {' and '.join(kind.key)}.{optional}",
            "",
            "| column | needed | meaning |",
            "|---|---|---|",
        ]
        lines += [
            f"| {column.name} | {'yes' if column.required else 'no'} | {column.meaning.replace('|', '\\|')} |"
            for column in kind.columns
        ]
        if kind.industries:
            lines.append(f"| any other | | {kind.industries} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
