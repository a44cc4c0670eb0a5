"""Write the section "The best policies found" of docs/findings.md, and its pictures.

uv run hypercluster optimize --robust
uv run python docs/write_best_policies.py results/optimize-budget
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pandas as pd
from page_blocks import write_blocks

from simulation.results.reader import Results

FINDINGS = Path(__file__).parent / "findings.md"
PICTURES = Path(__file__).parent / "pictures"
NAME = "best policies"


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


def robust_table(rows: pd.DataFrame) -> list[str]:
    """Return those on the front of means or most often on a front, and all policies, as lines of a Markdown table."""
    first, second = (name.removeprefix("worst_") for name in rows.columns if name.startswith("worst_"))
    own = rows["kind"] == "candidate"
    most = rows.loc[own, "on_front"].max()
    shown = rows[~own | (rows["standing"] == "front") | (rows["on_front"] == most)].sort_values(first)
    lines = [
        f"| policy | `{first}` | worst tenth | regret | `{second}` | worst tenth | regret | on the front | unpaid |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in shown.to_dict("records"):
        cells = [f"`{row['name']}`" if row["kind"] == "candidate" else row["title"]]
        for metric, digits in ((first, 2), (second, 3)):
            ends = f"{row[f'{metric}_low']:.{digits}f} to {row[f'{metric}_high']:.{digits}f}"
            cells.append(f"{row[metric]:.{digits}f} ({ends})")
            for measure in ("worst", "regret"):
                value = row[f"{measure}_{metric}"]
                cells.append("-" if pd.isna(value) else f"{value:.{digits}f}")
        cells += [
            "-" if pd.isna(row[key]) else f"{row[key]:.0f}" for key in ("on_front", "worlds_that_cannot_pay")
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def in_uncertain_worlds(folder: Path) -> list[str]:
    """Return what the comparison in uncertain worlds says."""
    rows = pd.read_csv(folder / "robust.csv")
    _, *told = (folder / "robust.md").read_text(encoding="utf-8").strip().split("\n\n")
    return [
        "### In uncertain worlds",
        "",
        f"The best of the search and the policies in {rows['worlds'].iloc[0]} worlds that differ in all that is "
        "assumed, by `hypercluster optimize --robust` ([how](optimize.md#in-uncertain-worlds)). Means over worlds with "
        "95 % intervals; the last columns are numbers of worlds, unpaid of those that cannot pay for the plan.",
        "",
        *robust_table(rows),
        "",
        "![Expected values, worst tenths, and how often each is on the front.](pictures/robust_policies.png)",
        "",
        *(f"{paragraph}\n" for paragraph in told),
    ]


def section(folder: Path, robust: Path) -> str:
    """Return the section."""
    _, *told = (folder / "front.md").read_text(encoding="utf-8").strip().split("\n\n")
    command = Results(folder).manifest["command"]
    arguments = shlex.split(command)[1:]
    for option in ("--out", "--workers"):  # which change no number
        if option in arguments:
            place = arguments.index(option)
            del arguments[place : place + 2]
    lines = [
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
        "They are the best that were found in the default world, with the default costs and effects, which are "
        "assumptions.",
        "",
        *in_uncertain_worlds(robust),
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the section from the folder of a search."""
    folder, robust = (sorted(Path(sys.argv[1]).glob(f"{kind}_*"))[-1] for kind in ("final", "robust"))
    write_blocks(FINDINGS, {NAME: section(folder, robust)})
    (PICTURES / "best_policies.png").write_bytes((folder / "figures" / "front.png").read_bytes())
    (PICTURES / "robust_policies.png").write_bytes((robust / "figures" / "robust.png").read_bytes())


if __name__ == "__main__":
    main()
