"""Reading a file of declarations, TOML of tables with a schema, with all problems at once and the line of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from simulation.errors import DataError, HyperclusterError, listed, suggestion
from simulation.files.text import TextFault
from simulation.files.toml import KeyPath, key_text, read_toml
from simulation.scenario.document import Document, Layer
from simulation.scenario.messages import Issue, schema_problems
from simulation.scenario.messages import expected as accepted
from simulation.settings import Line, Names, Settings

SHIPPED = Path(__file__).parents[1] / "data"
"""The folder of the shipped declarations."""

ASSUMPTION = "assumption"
"""The source of what has none."""

MOST_PROBLEMS = 50


def _number_or_word(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number and not isinstance(value, str):
        raise ValueError("must be a number or a text in quotes")
    return value


Value = Annotated[Any, AfterValidator(_number_or_word)]
"""A number or a word, as a key of a scenario holds it."""

Words = Annotated[Line, Field(min_length=1)]
"""A text on one line that says something."""


def _assumption_alone(sources: tuple[str, ...]) -> tuple[str, ...]:
    if ASSUMPTION in sources and len(sources) > 1:
        raise ValueError(f'must be ["{ASSUMPTION}"], or sources')
    return sources


Sources = Annotated[Names, Field(min_length=1), AfterValidator(_assumption_alone)]
"""Author and year of each source, as in the references of the model; or the one word "assumption"."""


def read_declarations[M: Settings](
    path: Path, schema: type[M], *, expected: str, check: Callable[[M], Iterator[Issue]]
) -> M:
    """Return a file of declarations.

    Parameters
    ----------
    schema : the tables that it may have.
    expected : what the file should be, for a message.
    check : what the schema cannot say; asked only where the schema is kept.

    Raises
    ------
    DataError
        With every problem, each with file, line and key.
    """
    try:
        text, data = read_toml(path, expected=expected)
    except TextFault as fault:
        raise DataError([fault.problem(path)]) from None
    document = Document(layers=(Layer(str(path), text, data),), name=path.stem, overrides=(), data=data)
    try:
        declared = schema.model_validate(data)
    except ValidationError as error:
        raise DataError(*schema_problems(error, document, schema, at_most=MOST_PROBLEMS)) from None
    problems = [document.problem(place, message) for place, message in check(declared)]
    if problems:
        raise DataError(problems[:MOST_PROBLEMS], len(problems[MOST_PROBLEMS:]))
    return declared


def declared_with[M: Settings](
    data: Mapping[str, Any], schema: type[M], *, check: Callable[[M], Iterator[Issue]]
) -> M:
    """Return declarations of values from a file and a command, as :func:`read_declarations` does of a file.

    Raises
    ------
    HyperclusterError
        With the first problem.
    """
    try:
        declared = schema.model_validate(dict(data))
    except ValidationError as error:
        details = error.errors()[0]
        where = ".".join(map(str, details["loc"]))
        raise HyperclusterError(f"{where} = {details['input']!r:.60}: {accepted(details)}") from None
    for place, message in check(declared):
        raise HyperclusterError(f"{key_text(place)}: {message}")
    return declared


@dataclass(frozen=True, slots=True)
class Shelf:
    """Files of one kind that come with the project, such as studies."""

    folder: str  # of those of scenarios: "studies"
    kind: str  # one of them: "study"

    def files(self) -> list[Path]:
        """Return all of them, sorted by name."""
        packaged, checkout = (
            Path(__file__).parents[up] / "scenarios" / self.folder
            for up in (1, 2)  # in an installation, and in a checkout
        )
        return sorted((packaged if packaged.is_dir() else checkout).glob("*.toml"))

    def find(self, name: str, *, advice: str = "") -> Path:
        """Return the shipped file of that name, or a file of the user.

        Raises
        ------
        HyperclusterError
            If there is none; the message ends with the advice.
        """
        shipped = {path.stem: path for path in self.files()}
        if name in shipped:
            return shipped[name]
        if Path(name).is_file():
            return Path(name)
        known = f"; shipped are {listed(shipped, at_most=99)}"
        raise HyperclusterError(f"{name}: no such {self.kind}{suggestion(name, shipped) or known}{advice}")


def beside(name: str, folder: Path) -> str | Path:
    """Return the file of a scenario beside the file that names it, or the name as it is."""
    return folder / name if (folder / name).is_file() else name


def repeated(names: Iterable[tuple[KeyPath, str]]) -> Iterator[Issue]:
    """Yield the names that stand twice, each with its place."""
    first: set[str] = set()
    for place, name in names:
        if name in first:
            yield place, f'"{name}" is declared twice'
        first.add(name)
