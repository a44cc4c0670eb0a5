"""The answer claims what its numbers say: of equal money, of chance, of other worlds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.analysis.answer import SURE, Compared, Elsewhere, Found, answer, question
from simulation.analysis.verdict import is_equal_money

TITLES = ("Clusters", "Platform")
NAN = math.nan


def found(a, b, *, low=NAN, high=NAN, n=1, pairs=1):
    return Found(b - a, low, high, n, pairs, mean_a=a, mean_b=b)


def compared(**changes):
    usual = {
        "titles": TITLES,
        "planned_pv": (100.0, 100.0),
        "found": {
            "t50_years": found(9.5, 7.6),
            "synchronization": found(0.72, 0.94),
            "w1_years": found(2.4, 1.3),
            "final_share": found(0.94, 0.95),
        },
        "years": 20.0,
        "elsewhere": {},
    }
    return Compared(**(usual | changes))


def lines(**changes):
    return {line["topic"]: line for line in answer(compared(**changes))["lines"]}


def tried(ahead, behind, **more):
    other = Elsewhere(ahead, behind, **more)
    return {"together": other, "sooner": other}


money = st.floats(0, 1e6)


@given(money, money)
def test_the_same_money_is_said_where_the_plans_are_equal_and_nowhere_else(here, there):
    asked = question(TITLES, (here, there))
    assert ("the same money on" in asked) == (here > 0 and there > 0 and is_equal_money(here, there))
    assert ("not the same money" in asked) == (here > 0 and there > 0 and not is_equal_money(here, there))


@given(st.floats(0, 100), st.data())
def test_it_depends_where_neither_side_is_ahead_in_nearly_all_other_worlds(ahead, data):
    behind = data.draw(st.floats(0, 100 - ahead))
    for line in lines(elsewhere=tried(ahead, behind)).values():
        depends = max(ahead, behind) < SURE
        assert line["lead"].endswith("it depends.") == depends
        assert line["ahead"] == ("depends" if depends else "b" if ahead >= SURE else "a")


def test_other_worlds_are_told_with_their_number_and_what_would_turn_the_answer():
    told = lines(elsewhere=tried(35.0, 60.0, rules=("x above 2",)))["sooner"]["text"]
    assert (
        "Of 100 other worlds we tried, Platform was sooner in 35 and later in 60; in 5 they are about alike."
        in told
    )
    assert "Platform tends to be later where x above 2" in told
    together = lines(elsewhere=tried(100.0, 0.0))["together"]["text"]
    assert "Of 100 other worlds we tried, Platform was more in step in over 99." in together


@given(st.lists(st.text(min_size=1, max_size=8, alphabet="abc."), min_size=1, max_size=9))
def test_after_a_change_nothing_is_said_of_other_worlds(keys):
    told = answer(compared(changed=keys))
    assert not any("worlds" in line["text"] for line in told["lines"])
    note = next(note for note in told["notes"] if note.startswith("You changed"))
    assert keys[0] in note
    assert "not tested against other assumptions yet" in note


def test_unequal_worlds_are_named_and_worlds_that_cannot_be_compared_get_no_difference():
    (note,) = [n for n in answer(compared(unequal=["half distance"]))["notes"] if "Unequal" in n]
    assert "half distance" in note
    told = answer(compared(comparable=False))
    assert [line["lead"] for line in told["lines"]] == ["Not compared."]
    assert not any(character.isdigit() for character in told["lines"][0]["text"])


def test_one_history_says_so_and_pairs_give_their_interval():
    assert "in this one simulated history" in lines()["sooner"]["text"]
    many = compared().found | {"t50_years": found(9.5, 7.6, low=-2.1, high=-1.7, n=10, pairs=10)}
    told = lines(found=many)["sooner"]
    assert "1.9 years sooner with Platform (1.7 to 2.1 at 95 %, 10 simulated histories)" in told["text"]
    assert told["ahead"] == "b"
    turned = compared().found | {"t50_years": found(7.6, 9.5, low=1.7, high=2.1, n=10, pairs=10)}
    assert f"1.9 years sooner with {TITLES[0]} (1.7 to 2.1" in lines(found=turned)["sooner"]["text"]


def test_where_the_two_measures_of_togetherness_disagree_none_is_named_and_both_are_told():
    apart = {
        "synchronization": found(0.79, 0.80, low=0.005, high=0.015, n=10, pairs=10),
        "w1_years": found(1.8, 1.9, low=0.05, high=0.15, n=10, pairs=10),
    }
    told = lines(found=compared().found | apart)["together"]
    assert told["ahead"] is None and told["lead"] == "Together: it depends on the measure."
    assert f"0.010 more in step (1 - Phi) with {TITLES[1]}" in told["text"]
    assert f"0.10 years closer together (W1) with {TITLES[0]}" in told["text"]
    unclear = apart | {"w1_years": found(1.8, 1.9, low=-0.05, high=0.25, n=10, pairs=10)}
    told = lines(found=compared().found | unclear)["together"]
    assert told["ahead"] == "b" and "years apart" not in told["text"]


@given(st.floats(0.001, 5), st.floats(0.001, 5))
def test_an_interval_with_zero_names_no_winner(low, high):
    none = found(8.0, 8.0 + (high - low) / 2, low=-low, high=high, n=10, pairs=10)
    told = lines(found=compared().found | {"t50_years": none})["sooner"]
    assert told["ahead"] is None
    assert "no difference can be told" in told["lead"]


@pytest.mark.parametrize(("a", "b", "who"), [(NAN, 7.6, "b"), (9.5, NAN, "a"), (NAN, NAN, None)])
def test_where_half_is_not_reached_on_both_sides_no_lag_and_no_years_sooner_are_told(a, b, who):
    missed = Found(NAN, NAN, NAN, 0, 1, mean_a=a, mean_b=b)
    told = lines(found=compared().found | {"t50_years": missed})
    assert told["sooner"]["ahead"] == who
    assert "years sooner" not in told["sooner"]["text"]
    assert "years apart" not in told["together"]["text"]
