"""Hidden characters are refused where text enters, and messages never repeat them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulation.errors import HyperclusterError, Problem, ScenarioError
from simulation.files.toml import toml_value
from simulation.hidden_characters import fault_of, visible
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario

BIDIRECTIONAL = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
CONTROL = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Zl", "Zp")]
HIDDEN = [*CONTROL, *BIDIRECTIONAL, "\ufeff", "\ud800", "\udfff"]


@pytest.mark.parametrize("lines", [False, True])
def test_every_control_character_is_refused_and_named_and_escaped(lines: bool) -> None:
    for sign in HIDDEN:
        if lines and sign in "\t\n":
            continue
        assert f"U+{ord(sign):04X}" in fault_of(f"a{sign}b", lines=lines)
        assert visible(f"a{sign}b", lines=lines) == f"a\\u{ord(sign):04x}b"


@given(st.text())
def test_what_is_visible_holds_nothing_hidden_and_a_text_without_it_stays(text: str) -> None:
    assert not set(visible(text, lines=False)) & set(HIDDEN)
    assert not (set(visible(text)) - {"\t", "\n"}) & set(HIDDEN)
    assert (visible(text, lines=False) == text) == (fault_of(text) == "")


def test_a_language_that_is_written_from_right_to_left_is_no_fault() -> None:
    assert fault_of("עברית العربية \u200f中文 кирилица e\u0301 👩\u200d🔬") == ""


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x9b", "\u202e", "\r", "\n"])
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("title = {}", "title"),
        ("[world]\ndataset = {}", "world.dataset"),
        ('[[institutions]]\nname = {}\nregion = "komi"\nkind = "finance"', "institutions[0].name"),
    ],
)
def test_a_scenario_with_a_hidden_character_is_refused_at_its_line_and_key(
    text: str, key: str, sign: str
) -> None:
    escaped = f"\\u{ord(sign):04x}"
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text.format(f'"a{escaped}b"'))
    (problem,) = caught.value.problems
    assert (problem.key, problem.line) == (key, 1 if key == "title" else 2)
    assert f"U+{ord(sign):04X}" in problem.message
    assert not set(str(caught.value)) & set(HIDDEN) - {"\n"}


def test_a_description_may_have_lines_and_tabs_and_nothing_else() -> None:
    assert parse_scenario('description = "a\\n\\tb"').description == "a\n\tb"
    with pytest.raises(ScenarioError, match=r"description = .*U\+001B"):
        parse_scenario('description = "a\\u001b[2J"')
    with pytest.raises(ValidationError, match=r"U\+001B"):
        Scenario(title="\x1b]0;owned\x07")


@settings(max_examples=300, deadline=None)
@given(key=st.text(max_size=8), value=st.text(max_size=12), file=st.text(max_size=8))
def test_no_message_repeats_a_hidden_character(key: str, value: str, file: str) -> None:
    error = ScenarioError([Problem(file, 1, key, f"not {value}", value)])
    others = [str(HyperclusterError(value)), str(HyperclusterError("\n".join([str(error), value])))]
    for said in (str(error), *others):
        assert not (set(said) - {"\n", "\t"}) & set(HIDDEN)
    assert len(str(error).splitlines()) == 2


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_an_unknown_key_of_any_text_is_told_without_hidden_characters(key: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(f"[world]\n{toml_value(f'{key}?')} = 1")
    assert not set(str(caught.value)) & set(HIDDEN) - {"\n"}
