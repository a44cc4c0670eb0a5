"""Messages are understood to the letter or not at all."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.server.protocol import messages
from simulation.server.protocol.messages import MessageError, Open, ScenarioSource, read_hello, read_request

FRAMES = {"type": "frames", "id": 1, "sides": ["a"], "first": 0, "months": 1}
OPEN = {"type": "open", "id": 1, "seed": 1, "a": {"scenario": "baseline"}, "b": None}


def test_a_request_is_read() -> None:
    found = read_request(json.dumps(OPEN | {"a": {"scenario": "mixed", "changes": ["budget.per_year=1"]}}))
    assert isinstance(found, Open)
    assert found.a == ScenarioSource(scenario="mixed", changes=["budget.per_year=1"])


@pytest.mark.parametrize(
    "wrong",
    [
        FRAMES | {"months": 0},
        FRAMES | {"months": 1.0},
        FRAMES | {"months": "1"},
        FRAMES | {"months": True},
        FRAMES | {"first": -1},
        FRAMES | {"first": 10**30},
        FRAMES | {"sides": []},
        FRAMES | {"sides": ["a", "a"]},
        FRAMES | {"sides": ["c"]},
        FRAMES | {"more": 1},
        FRAMES | {"type": "frame"},
        FRAMES | {"id": -1},
        FRAMES | {"id": 2**32},
        {k: v for k, v in FRAMES.items() if k != "id"},
        OPEN | {"seed": 2**53},
        OPEN | {"seed": 1.5},
        OPEN | {"a": {"scenario": "x", "results": "y", "path": "z"}},
        OPEN | {"a": {"scenario": ""}},
        OPEN | {"a": {"scenario": "x", "changes": [1]}},
        OPEN | {"a": {"scenario": "x", "changes": ["a=1"] * 501}},
        {k: v for k, v in OPEN.items() if k != "b"},
        {"type": "study", "id": 1, "replications": 10**6},
        {"type": "hello"},
        [],
        None,
        7,
    ],
)
def test_anything_else_is_refused(wrong: Any) -> None:
    with pytest.raises(MessageError):
        read_request(json.dumps(wrong))


def test_the_id_of_a_wrong_request_is_told_where_it_has_one() -> None:
    for text, expected in (
        ('{"id": 7, "type": "x"}', 7),
        ('{"id": "7"}', None),
        ('{"id": true}', None),
        ('{"id": 4294967296}', None),
        ("[7]", None),
        ("{", None),
        ("[" * 100_000, None),
        ('{"id": ' + "9" * 10_000 + "}", None),
    ):
        with pytest.raises(MessageError) as caught:
            read_request(text)
        assert caught.value.request == expected, text[:50]


def test_only_a_hello_opens_the_door() -> None:
    assert read_hello('{"type": "hello"}').session is None
    for wrong in ('{"type": "open"}', "", "{}", '{"type": "hello", "session": 7}', "null"):
        with pytest.raises(MessageError):
            read_hello(wrong)


KEYS = st.sampled_from(["type", "id", "a", "sides"]) | st.text()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)).map(json.dumps)


@given(st.text() | JSON)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(MessageError):
        read_request(text)


@pytest.mark.parametrize("where", ["message", "a", "b", "hello"])
def test_keys_by_the_thousand_are_refused_before_each_is_looked_at(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at one by one, those of a message of a megabyte kept all other clients for half a second."""
    many = {str(n): 1 for n in range(5000)}
    message = {"hello": {"type": "hello"} | many, "message": OPEN | many}.get(where, OPEN | {where: many})
    monkeypatch.setattr(messages, "_REQUEST", None)
    monkeypatch.setattr(messages, "_HELLO", None)
    with pytest.raises(MessageError, match="more than 20 keys") as caught:
        (read_hello if where == "hello" else read_request)(json.dumps(message))
    assert caught.value.request == (None if where == "hello" else 1)


def test_no_request_has_as_many_keys_as_are_refused() -> None:
    models = (messages.Hello, ScenarioSource, messages.ResultsSource, *get_args(messages.Request))
    assert len(models) > 10
    assert all(len(model.model_fields) < messages.MOST_KEYS for model in models)
