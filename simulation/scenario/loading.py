"""Loading a scenario: from the text of a file and those that it extends to a validated ``Scenario``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from simulation.data.reader import Dataset, dataset_folder, load_dataset, shipped_datasets
from simulation.errors import HyperclusterError, Problem, ScenarioError, listed, shortened, suggestion
from simulation.files.text import broken_link
from simulation.files.toml import KeyPath
from simulation.hidden_characters import fault_of
from simulation.mechanisms.prices import read_price_path
from simulation.plugins import Contribution, Plugin, Registry, contributions, with_added
from simulation.scenario.consistency import faults_of_money, inconsistencies
from simulation.scenario.document import (
    OVERRIDE,
    Document,
    document_of,
    read_document,
    scenario_of,
)
from simulation.scenario.messages import name_issues, schema_problems
from simulation.scenario.schema import Scenario
from simulation.settings import (
    IDENTIFIER,
)

PACKAGED = Path(__file__).parents[1] / "scenarios"
CHECKOUT = Path(__file__).parents[2] / "scenarios"
MOST_PROBLEMS = 50
"""Problems that are listed individually; beyond that only their number is given."""


def load_scenario(path_or_name: str | Path, *, overrides: Sequence[str] = ()) -> Scenario:
    """Read and validate a scenario.

    Parameters
    ----------
    path_or_name : a file, or the bare name of a shipped scenario.
    overrides : values that replace keys, such as ``diffusion.half_distance_km=300`` or
        ``policies.training.share=0.5``; the last one counts.

    Raises
    ------
    ScenarioError
        With all problems: file, line, key, value found, values accepted.
    DataError
        If the tables of its dataset cannot be used.
    """
    return load_scenarios([path_or_name], overrides=overrides)[0]


def load_scenarios(paths_or_names: Sequence[str | Path], *, overrides: Sequence[str] = ()) -> list[Scenario]:
    """Read and validate several scenarios; errors as :func:`load_scenario`, which see for the arguments.

    An override for one of them begins with its name: ``hypercluster:effects.platform_onboarding=2``.
    """
    scenarios = [read_scenario(each, overrides=overrides) for each in paths_or_names]
    refuse_unmatched(overrides, [scenario.name for scenario in scenarios])
    return scenarios


def read_scenario(path_or_name: str | Path, *, overrides: Sequence[str]) -> Scenario:
    """Read and validate one of several scenarios, without the overrides for others; errors as :func:`load_scenario`."""
    return _checked(read_document(_find(path_or_name), overrides=overrides))


def refuse_unmatched(overrides: Sequence[str], names: Sequence[str]) -> None:
    """Raise a ScenarioError for an override that is for a scenario of another name than these."""
    for override in overrides:
        only = scenario_of(override)
        if only is not None and only not in names:
            hint = suggestion(only, names) or f"; given: {listed(names)}"
            message = f'no scenario is named "{only}"{hint}'
            raise ScenarioError([Problem(OVERRIDE, None, "", message, shortened(override))])


def parse_scenario(
    text: str, *, file: str | Path = "scenario.toml", overrides: Sequence[str] = ()
) -> Scenario:
    """Validate the text of a scenario as if it were in ``file``; errors and overrides as :func:`load_scenario`."""
    return _checked(document_of(text, file=Path(file), overrides=overrides))


def shipped_scenarios() -> list[Path]:
    """Return the files of the scenarios that come with the project, sorted by name, and then those of plugins."""
    return [*_own(), *_ADDED.values()]


def _own() -> list[Path]:
    folder = (
        PACKAGED if PACKAGED.is_dir() else CHECKOUT
    )  # inside an installed package, beside the package in a checkout
    return sorted(folder.glob("*.toml"))


def _added() -> Iterator[tuple[Contribution, str, Path]]:
    """Yield the scenario files of plugins, by name."""
    for contribution in contributions("scenarios"):
        declared = contribution.value
        if isinstance(declared, ModuleType):
            declared = getattr(declared, "SCENARIOS", () if contribution.plugin.path else None)
        for place in declared if isinstance(declared, tuple | list) else (declared,):
            found = sorted(Path(place).glob("*.toml")) if isinstance(place, str | Path) else []
            found = [Path(place)] if isinstance(place, str | Path) and Path(place).is_file() else found
            if not found:
                message = 'must be a scenario file, or a folder of them: SCENARIOS = Path(__file__).parent / "folder"'
                raise contribution.fault(message, at="SCENARIOS", found=shortened(repr(place)))
            yield from ((contribution, file.stem, file.absolute()) for file in found)


def _scenarios() -> Iterator[tuple[str, Path, Plugin | None]]:
    own = {path.stem: path for path in _own()}
    yield from (each for each in with_added(own, _added()) if each[2] is not None)


_ADDED: Registry[Path] = Registry("scenario", _scenarios)
"""Scenario files of plugins by name."""


def _find(path_or_name: str | Path) -> Path:
    if not isinstance(path_or_name, str | os.PathLike):
        raise HyperclusterError(
            f"a {type(path_or_name).__name__} is no scenario; give the name of a shipped one, the path of a TOML file, "
            'or load_scenario("baseline", overrides=["time.years=10"]), whose keys are those of the file'
        )
    name = str(path_or_name)
    shipped = {path.stem: path for path in shipped_scenarios()}
    if name in shipped:
        here, file = Path.cwd(), shipped[name]
        return file.relative_to(here) if file.is_relative_to(here) else file
    path = Path(path_or_name)
    if not os.path.lexists(path):  # also for an invalid file name
        hint = suggestion(path.stem, shipped) or f"; the shipped scenarios are {listed(shipped, at_most=99)}"
        raise ScenarioError([Problem(name, None, "", f"no such file or shipped scenario{hint}")])
    return path


def _checked(document: Document) -> Scenario:
    data = _without_signed_zeros(document.data)
    problems: list[Problem] = []
    _name_if_missing(data, document, problems)
    dataset = _dataset_of(data, document, problems)
    if dataset is not None and isinstance(data.get("platforms"), list):
        # A platform of the dataset needs no more than its name.
        known = {row.name: row.keys for row in dataset.platforms}
        data["platforms"] = [
            {**known.get(str(row.get("name")), {}), **row} if isinstance(row, dict) else row
            for row in data["platforms"]
        ]
    if isinstance(data.get("commodities"), list):
        data["commodities"] = [
            _with_its_prices(row, ("commodities", n, "path"), document, dataset, problems)
            for n, row in enumerate(data["commodities"])
        ]
    more = 0
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        found, more = schema_problems(error, document, Scenario, at_most=MOST_PROBLEMS)
        problems.extend(found)
        scenario = None
    issues = name_issues(data, dataset, at_most=MOST_PROBLEMS) if dataset is not None else []
    if scenario is not None and dataset is not None:
        issues.extend(inconsistencies(scenario, dataset))
        if not issues and not problems:
            issues.extend(faults_of_money(scenario))
    problems.extend(document.problem(path, message) for path, message in issues[:MOST_PROBLEMS])
    if problems or scenario is None:
        more += len(issues[MOST_PROBLEMS:]) + len(problems[MOST_PROBLEMS:])
        raise ScenarioError(problems[:MOST_PROBLEMS], more)
    return scenario


def _name_if_missing(data: dict[str, Any], document: Document, problems: list[Problem]) -> None:
    """Name the scenario after its file if it has no name of its own."""
    if "name" in data:
        return
    data["name"] = stem = Path(document.layers[0].file).stem
    if re.fullmatch(IDENTIFIER, stem):
        return
    # Reported here, because it is on no line of a file.
    message = (
        f'its name is that of the file, "{stem}", and must be 1 to 64 lower-case letters, digits, - or _; '
        'rename the file, or give a name in it, such as name = "my_scenario"'
    )
    problems.append(Problem(document.layers[0].file, None, "", message))
    data["name"] = "unnamed"


def _dataset_of(data: dict[str, Any], document: Document, problems: list[Problem]) -> Dataset | None:
    """Load the dataset, and make its folder an absolute path in the data; None, with a problem, if there is none."""
    world = data.get("world")
    if not isinstance(world, dict) or not isinstance(world.get("dataset"), str):
        return load_dataset()
    given = world["dataset"]
    source = document.source(("world", "dataset"))
    folder = dataset_folder(given, relative_to=Path() if source == OVERRIDE else Path(source).parent)
    # An empty name would be the folder of the file. isdir also accepts an invalid file name.
    if given and os.path.isdir(folder):
        # Absolute, so that the scenario means the same wherever its text is read again.
        name = given if given in shipped_datasets() else str(folder.resolve())
        data["world"] = {**world, "dataset": name}
        return load_dataset(name)
    names = shipped_datasets()
    hint = suggestion(given, names) or f"; the shipped datasets are {listed(names)}"
    what = broken_link(folder) or "not a dataset or folder"
    if not fault_of(given):  # which the schema reports
        problems.append(document.problem(("world", "dataset"), f"{what}{hint}"))
    return None


def _without_signed_zeros(value: Any) -> Any:
    """Replace -0.0 by 0: no bound excludes -0.0, and its quotients have the wrong sign."""
    if isinstance(value, dict):
        return {key: _without_signed_zeros(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_signed_zeros(item) for item in value]
    return value + 0.0 if isinstance(value, float) else value


def _with_its_prices(
    commodity: Any, place: KeyPath, document: Document, dataset: Dataset | None, problems: list[Problem]
) -> Any:
    """Return the table of a commodity with the prices in place of the name of their file.

    This makes a scenario self-contained: its digest includes the prices, and its text can be read anywhere.
    """
    if not isinstance(commodity, dict) or not isinstance(commodity.get("path"), str):
        return commodity
    name = commodity["path"]
    source = document.source(place)
    folders = [Path(document.layers[0].file if source == OVERRIDE else source).parent]
    if dataset is not None:
        folders.append(dataset_folder(dataset.name))
    files = [folder / name for folder in folders if os.path.lexists(folder / name)]
    points: list[list[float]] = []
    faults: list[Problem] = []
    if Path(name).name != name or name in ("", ".", ".."):
        problems.append(
            document.problem(place, 'must be the name of a file, such as "coal.csv", or pairs of numbers')
        )
    elif not files:
        looked_into = folders if len(problems) < MOST_PROBLEMS else []  # which takes long
        known = (path.name for folder in looked_into for path in folder.glob("*.csv"))
        message = f"no such file beside the scenario or in its dataset{suggestion(name, known)}"
        problems.append(document.problem(place, message))
    else:
        points, faults = read_price_path(files[0])
        problems.extend(faults)
    reference = commodity.get("reference")
    # The unreadable file is already reported: use one harmless price.
    harmless = reference if isinstance(reference, int | float) and reference > 0 else 1.0
    return {**commodity, "path": points if points and not faults else [[0, harmless]]}
