"""Write the section "The best policies found" of docs/findings.md, and its picture.

uv run hypercluster optimize
uv run python docs/write_best_policies.py results/optimize-budget/final_018
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pandas as pd

from simulation.results.reader import Results

FINDINGS = Path(__file__).parent / "findings.md"
PICTURE = Path(__file__).parent / "pictures" / "best_policies.png"
NAME = "best policies"
SECTION = re.compile(rf"<!-- {NAME} -->.*<!-- /{NAME} -->\n", re.DOTALL)


def table(rows: pd.DataFrame) -> list[str]:
    """Return those on the front and all policies of the study, as lines of a Markdown table."""
    first, second = (name.removesuffix("_low") for name in rows.columns if name.endswith("_low"))
    is_candidate = rows["name"].str.fullmatch(r"g\d{3}_\d{3}")
    shown = rows[~is_candidate | (rows["standing"] == "front")].sort_values(first)
    lines = [
        f"| policy | standing | `{first}` | `{second}` | money that nobody can use |",
        "|---|---|---:|---:|---:|",
    ]
    for row in shown.to_dict("records"):
        label = f"`{row['name']}`" if is_candidate[rows["name"] == row["name"]].any() else row["title"]
        cells = [
            f"{row[metric]:.{digits}f} ({row[f'{metric}_low']:.{digits}f} to {row[f'{metric}_high']:.{digits}f})"
            for metric, digits in ((first, 2), (second, 3))
        ]
        standing = "-" if pd.isna(row["standing"]) else row["standing"]
        lines.append(f"| {label} | {standing} | {cells[0]} | {cells[1]} | {100 * row['unspent']:.0f} % |")
    return lines


def section(folder: Path) -> str:
    """Return the section with its marks."""
    _, *told = (folder / "front.md").read_text(encoding="utf-8").strip().split("\n\n")
    command = Results(folder).manifest["command"]
    arguments = shlex.split(command)[1:]
    for option in ("--out", "--workers"):  # which change no number
        if option in arguments:
            place = arguments.index(option)
            del arguments[place : place + 2]
    lines = [
        f"<!-- {NAME} -->",
        "## The best policies found",
        "",
        f"`hypercluster {shlex.join(arguments)}` ([how it searches](optimize.md)). Means over fresh seeds with 95 % "
        "intervals; names of candidates begin with their generation.",
        "",
        *table(pd.read_csv(folder / "front.csv")),
        "",
        "![The front and the policies of the study.](pictures/best_policies.png)",
        "",
        *(f"{paragraph}\n" for paragraph in told),
        "They are the best in the default world, with the default costs and effects, which are assumptions.",
        f"<!-- /{NAME} -->",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the section from the folder of a final comparison."""
    folder = Path(sys.argv[1])
    page = FINDINGS.read_text(encoding="utf-8")
    new = section(folder)
    FINDINGS.write_text(
        SECTION.sub(lambda _: new, page) if SECTION.search(page) else f"{page}\n{new}", encoding="utf-8"
    )
    PICTURE.write_bytes((folder / "figures" / "front.png").read_bytes())


if __name__ == "__main__":
    main()
