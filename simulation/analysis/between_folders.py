"""Paired comparison of two results folders: runs with the same seed share their random draws across folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from simulation.analysis.comparison import COLUMNS, COMPARISON, pair_rows, reference_of
from simulation.analysis.paired import PRECISION, Difference
from simulation.arguments import real_number
from simulation.errors import ResultsError
from simulation.results.code_digest import edited
from simulation.results.derived import Outputs
from simulation.results.manifest import changed_keys, other_arithmetic
from simulation.results.reader import Results

WORLD = ("world.", "time.", "technologies.")
"""Prefixes of the keys that determine the agents, the horizon and the technologies."""


@dataclass(frozen=True)
class Across:
    """The differences between the scenarios of two folders."""

    comparison: (
        pd.DataFrame
    )  # as ``simulation.analysis.comparison.compare`` returns it, with the folder in each scenario's name
    titles: dict[str, str]  # by such a name
    notes: list[str]  # reasons why pairs are less alike than those of one study
    label: str  # of the folder that serves as the reference
    precision: float  # as requested

    @property
    def stem(self) -> str:
        """Name of the file of the comparison, without suffix; it contains the name of the other folder."""
        label = self.label.replace("/", "_").replace("\\", "_")
        return f"{Path(COMPARISON).stem}-with-{label}"


def compare_folders(
    first: Results | str | Path,
    second: Results | str | Path,
    *,
    reference: str | None = None,
    precision: float = PRECISION,
) -> Across:
    """Compare every scenario of the second folder with that of the same name in the first, or with the reference there.

    Parameters
    ----------
    first, second : studies, or their folders.
    reference : name of a scenario of the first folder; by default "baseline", or the first scenario there.
    precision : as in :func:`simulation.analysis.comparison.compare`.

    Raises
    ------
    ResultsError
        If the results cannot be read; if they come from other versions of the program or from other tables, so that
        no two replications are of the same world; or if no replications have a seed in common.
    """
    precision = real_number("precision", precision, above=0)
    there, here = (study if isinstance(study, Results) else Results(study) for study in (first, second))
    pairs = list(_pairs(there.scenarios, here.scenarios, reference))
    _refuse_other_worlds(there, here, pairs)
    seeds = _common_seeds(there, here)
    labels = _labels(there.path, here.path)
    old, new = (_runs_by_seed(study, seeds) for study in (there, here))
    rows: list[dict[str, Any]] = []
    titles: dict[str, str] = {}
    for scenario, other in pairs:
        names = f"{scenario} ({labels[1]})", f"{other} ({labels[0]})"
        titles[names[0]] = f"{here.titles[scenario]} ({labels[1]})"
        titles[names[1]] = f"{there.titles[other]} ({labels[0]})"
        rows += pair_rows((names[0], new[scenario]), (names[1], old[other]), precision=precision)
    comparison = pd.DataFrame(rows, columns=[*COLUMNS, *Difference.__dataclass_fields__])
    notes = list(_notes(there, here, pairs, seeds=seeds))
    return Across(comparison, titles, notes, labels[0], precision)


def write_across(across: Across, outputs: Outputs) -> Path:
    """Write the comparison into the second folder and return its path."""
    table = across.comparison.to_csv(index=False, lineterminator="\n")
    (path,) = outputs.write({f"{across.stem}.csv": table.encode()})
    return path


def _pairs(there: Sequence[str], here: Sequence[str], reference: str | None) -> Iterator[tuple[str, str]]:
    """Yield the pairs of scenarios to compare."""
    usual = reference_of(there, reference)
    for scenario in here:
        yield scenario, scenario if reference is None and scenario in there else usual


def _refuse_other_worlds(there: Results, here: Results, pairs: Sequence[tuple[str, str]]) -> None:
    found = [
        f"{what}: {there.manifest.get(key)} there, {here.manifest.get(key)} here"
        for key, what in (("format", "format of the folder"), ("version", "version of hypercluster"))
        if there.manifest.get(key) != here.manifest.get(key)
    ]
    if not found:
        found += edited(there.manifest.get("code"), here.manifest.get("code"), since="in between")
    found += _other_points(there.manifest.get("ensemble"), here.manifest.get("ensemble"))
    old, new = _entries(there), _entries(here)
    for scenario, other in pairs:
        if new[scenario]["dataset_digest"] != old[other]["dataset_digest"]:
            found.append(f"{scenario} here and {other} there: their datasets differ")
    if found:
        raise ResultsError(
            f"{there.path} and {here.path} cannot be compared: no two replications are of the same world\n"
            + "".join(f"  {line}\n" for line in found)
            + "Run one of them again."
        )


_OF_A_POINT = ("design", "replications", "parameters", "rows", "levels")
"""What determines the points of an ensemble, in what its manifest records."""


def _other_points(there: Mapping[str, Any] | None, here: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield why replications with the same number are not of the same point of two ensembles."""
    if there is None and here is None:
        return
    if there is None or here is None:
        yield "one is an ensemble of worlds, and the other is not"
        return
    old, new = there["identity"], here["identity"]
    if new["design"] == "saltelli":
        yield "the differences of a saltelli design are its own pairs; compare samples"
    if there["seed"] != here["seed"]:
        yield f"their points differ: seed {there['seed']} there, {here['seed']} here"
    for key in _OF_A_POINT:
        if old.get(key) != new.get(key):
            yield f"their points differ: other {key}"


def _entries(study: Results) -> dict[str, Mapping[str, Any]]:
    return {entry["name"]: entry for entry in study.manifest["scenarios"]}


def _labels(there: Path, here: Path) -> tuple[str, str]:
    """Return the labels of the folders: their names, or their paths if the names are the same."""
    names = there.resolve().name, here.resolve().name
    return names if names[0] != names[1] else (str(there), str(here))


def _runs_by_seed(study: Results, seeds: range) -> dict[str, pd.DataFrame]:
    """Return the metrics of each scenario by seed; in an ensemble by replication, because points may share seeds."""
    runs = study.runs(["scenario", "seed", "replication", *study.metrics])
    if "ensemble" in study.manifest:
        runs = runs.set_index("replication")
    else:
        runs = runs[runs["seed"].isin(seeds)].set_index("seed")
    return {name: runs[runs["scenario"] == name] for name in study.scenarios}


def _common_seeds(there: Results, here: Results) -> range:
    """Return the seeds that both studies planned to run."""
    asked = [
        range(study.manifest["seed"], study.manifest["seed"] + study.manifest["replications"])
        for study in (there, here)
    ]
    common = range(max(seeds.start for seeds in asked), min(seeds.stop for seeds in asked))
    if not common:
        first, second = (f"{seeds[0]} to {seeds[-1]}" for seeds in asked)
        raise ResultsError(
            f"{there.path} and {here.path} have no seed in common: {first} there, {second} here; "
            "run one of them again with the --seed of the other"
        )
    return common


def _notes(there: Results, here: Results, pairs: Sequence[tuple[str, str]], *, seeds: range) -> Iterator[str]:
    """Yield the reasons why the members of a pair are less alike than within one study."""
    for study in (there, here):
        if len(seeds) < study.manifest["replications"]:
            yield f"of {study.path} only the {len(seeds)} replications with seeds {seeds[0]} to {seeds[-1]} are paired"
    for name, version, other_version in other_arithmetic(here.manifest, there.manifest):
        yield f"{name} {version} here and {other_version} there may round differently"
    old, new = _entries(there), _entries(here)
    for scenario, other in pairs:
        for line in changed_keys(old[other]["text"], new[scenario]["text"], at_most=1000):
            if line.startswith(WORLD):
                yield f"{scenario} here and {other} there are of different worlds: {line}"
