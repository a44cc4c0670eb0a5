"""The requests of the page as strict schemas, and the error answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import from_json

from simulation.arguments import MOST_SEED
from simulation.errors import HyperclusterError, ProblemsError

MOST_BYTES = 1_000_000
"""Maximum length of a message."""
MOST_CHANGES = 500
MOST_CHANGED = 300_000
"""Maximum characters of all changes of a side; 200 policies, each with a list of all regions, need that many."""
MOST_REPLICATIONS = 1000
MOST_TRIALS = 30
"""Maximum pairs of quiet runs; for more there are studies."""
MOST_CASES = 12
MOST_WORLDS = 4096
"""Maximum points of an ensemble that a page starts."""
MOST_FILES = 60
"""Maximum files that a page sends at once."""
MOST_KEYS = 20
"""Maximum number of keys of a message, or of one of its sides; no valid request has as many."""
SHORT = 10_000
"""Characters up to which the number of wrong keys need not be limited."""

Id = Annotated[int, Field(ge=0, le=2**32 - 1)]
Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]
Month = Annotated[int, Field(ge=0, le=1_000_000)]
Row = Annotated[int, Field(ge=0, le=10_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
SideName = Literal["a", "b"]
Changes = Annotated[list[Annotated[str, Field(max_length=2_000)]], Field(max_length=50)]
GameName = Literal["entries", "vectors", "channels"]
"""Over the parts of a side."""
Replications = Annotated[int, Field(ge=2, le=MOST_TRIALS)]
"""Pairs of quiet runs."""
SIDES: tuple[SideName, SideName] = ("a", "b")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Hello(_Message):
    """The first message of a connection: an earlier session, or none for a new one, and the token."""

    type: Literal["hello"]
    session: Annotated[str, Field(max_length=200)] | None = None
    token: Annotated[str, Field(max_length=1000)] | None = None


class ScenarioSource(_Message):
    """A scenario with changes, as ``--set`` takes them."""

    scenario: Name
    changes: Annotated[list[Annotated[str, Field(max_length=100_000)]], Field(max_length=MOST_CHANGES)] = []

    @model_validator(mode="after")
    def _not_too_long(self) -> ScenarioSource:
        if sum(map(len, self.changes)) > MOST_CHANGED:
            raise ValueError(f"all changes of a side together: {MOST_CHANGED:,} characters at most")
        return self


class ResultsSource(_Message):
    """A scenario of a results folder; the seed identifies the replication."""

    results: Name
    scenario: Name


class Open(_Message):
    """Show these two sides."""

    type: Literal["open"]
    id: Id
    seed: Seed
    a: ScenarioSource | ResultsSource | None
    b: ScenarioSource | ResultsSource | None


class Frames(_Message):
    """Send the states of some months."""

    type: Literal["frames"]
    id: Id
    sides: Annotated[list[SideName], Field(min_length=1, max_length=2)]
    first: Month
    months: Annotated[int, Field(ge=1, le=100_000)]

    @model_validator(mode="after")
    def _each_once(self) -> Frames:
        if len(set(self.sides)) < len(self.sides):
            raise ValueError("each side only once")
        return self


class Series(_Message):
    """Send metrics and curves of some technologies."""

    type: Literal["series"]
    id: Id
    side: SideName
    month: Month
    technologies: Annotated[list[Row], Field(max_length=1000)]


class Inspect(_Message):
    """Send the content of the inspector."""

    type: Literal["inspect"]
    id: Id
    side: SideName
    month: Month
    kind: Literal["region", "enterprise", "institution"]
    row: Row


class Map(_Message):
    """Send the outlines."""

    type: Literal["map"]
    id: Id
    side: SideName


class Toml(_Message):
    """Send the changed scenario as a file."""

    type: Literal["toml"]
    id: Id
    side: SideName


class Trial(_Message):
    """A paired difference that ``trials`` has found, b minus a; null where there is none."""

    metric: Name
    difference: float | None
    low: float | None
    high: float | None
    n: Annotated[int, Field(ge=0, le=MOST_REPLICATIONS)]
    pairs: Annotated[int, Field(ge=0, le=MOST_REPLICATIONS)]
    scenario_mean: float | None
    reference_mean: float | None


class Answer(_Message):
    """Send the answer in words: who is ahead in what, and how sure it is."""

    type: Literal["answer"]
    id: Id
    trials: Annotated[list[Trial], Field(max_length=50)] = []


class OwnFile(_Message):
    """A file that the user has chosen, by its relative path."""

    name: Name
    text: Annotated[str, Field(max_length=MOST_BYTES)]


class Own(_Message):
    """Keep a scenario, or the folder of a dataset, for this session."""

    type: Literal["own"]
    id: Id
    files: Annotated[list[OwnFile], Field(min_length=1, max_length=MOST_FILES)]


class StartStudy(_Message):
    """Run many replications of both sides in the background."""

    type: Literal["study"]
    id: Id
    replications: Annotated[int, Field(ge=2, le=MOST_REPLICATIONS)]


class Explore(_Message):
    """Run the pair in many worlds in the background."""

    type: Literal["explore"]
    id: Id
    points: Annotated[int, Field(ge=1, le=MOST_WORLDS)]


class ReadEnsemble(_Message):
    """Send what an ensemble among the results says."""

    type: Literal["ensemble"]
    id: Id
    folder: Name


class StopStudy(_Message):
    """Stop them."""

    type: Literal["stop_study"]
    id: Id


class TrialCase(_Message):
    """A version of both sides: changes in addition to those that they have."""

    name: Name
    a: Changes = []
    b: Changes = []


class StartTrials(_Message):
    """Run pairs of both sides quietly, as they are and with changes, with the same seeds."""

    type: Literal["trials"]
    id: Id
    replications: Replications
    cases: Annotated[list[TrialCase], Field(min_length=1, max_length=MOST_CASES)]


class Explain(_Message):
    """Run a side quietly with some of its parts, with the same seeds: those of one game."""

    type: Literal["explain"]
    id: Id
    side: SideName
    game: GameName
    replications: Replications


class StopTrials(_Message):
    """Stop quiet runs."""

    type: Literal["stop_trials"]
    id: Id


Request = (
    Open
    | Frames
    | Series
    | Inspect
    | Map
    | Toml
    | Answer
    | Own
    | StartStudy
    | StopStudy
    | Explore
    | ReadEnsemble
    | StartTrials
    | Explain
    | StopTrials
)
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])
_HELLO = TypeAdapter(Hello)


class MessageError(HyperclusterError):
    """An invalid message."""

    def __init__(self, text: str, request: int | None) -> None:
        super().__init__(text)
        self.request = request


def read_request(text: str) -> Request:
    """Return the request in a message.

    Raises
    ------
    MessageError
        If it contains no valid request.
    """
    return _read(_REQUEST, text)


def read_hello(text: str) -> Hello:
    """Return the first message of a connection; errors as :func:`read_request`."""
    return _read(_HELLO, text)


def _read[T](adapter: TypeAdapter[T], text: str) -> T:
    _refuse_many_keys(text)
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in found["loc"])
        raise MessageError(f"{place}: {found['msg']}" if place else found["msg"], _id_of(text)) from None


def _refuse_many_keys(text: str) -> None:
    """Raise a MessageError for thousands of keys: pydantic reports each of them, which takes half a second."""
    if len(text) <= SHORT:
        return
    try:
        found = from_json(text)
    except ValueError:
        return  # which pydantic reports
    values = list(found.values())[:MOST_KEYS] if isinstance(found, dict) else []
    below = [
        each for value in values for each in (value[: MOST_FILES + 1] if isinstance(value, list) else [value])
    ]
    if any(isinstance(table, dict) and len(table) > MOST_KEYS for table in (found, *below)):
        raise MessageError(f"more than {MOST_KEYS} keys, which no request has", _id_of(text))


def _id_of(text: str) -> int | None:
    """Return the id of a message, if it has one, even if the message is invalid."""
    try:
        found = json.loads(text)["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if type(found) is int and 0 <= found < 2**32 else None


def error_message(
    request: int | None, kind: str, text: str, *, side: SideName | None = None, error: Exception | None = None
) -> dict[str, Any]:
    """Return an ``error`` of the protocol, with the problems of a scenario if there are any."""
    problems = error.problems if isinstance(error, ProblemsError) else ()
    return {
        "type": "error",
        "id": request,
        "kind": kind,
        "side": side,
        "text": text,
        "problems": [
            {"key": problem.key, "message": problem.message, "found": problem.found} for problem in problems
        ],
    }


def encoded(message: Mapping[str, Any]) -> str:
    """Return a message as the JSON text that is sent."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a UTF-16 pair, which a manifest or file name may contain
        text = json.dumps(message, allow_nan=False, separators=(",", ":"))
    return text


def joined(head: Mapping[str, Any] | str, body: str) -> str:
    """Return one message from keys and a part that is JSON already; neither may be empty."""
    text = head if isinstance(head, str) else encoded(head)
    return f"{text[:-1]},{body[1:]}"
