"""What keys mean: the texts below them in the source."""

from __future__ import annotations

from pydantic import create_model

from simulation.meanings import meaning_of
from simulation.policies import INSTRUMENTS
from simulation.settings import Settings


class Plain(Settings):
    """A table."""

    told: float = 0.0
    """How much.

    In two paragraphs.
    """
    untold: float = 0.0
    also_untold: float = 0.0

    class Inner(Settings):
        """A table of the same name as none."""

        told: float = 0.0
        """Of the inner one."""

    def method(self) -> None:
        """What a method does is no text of a key."""


class Extended(Plain):
    """A table that extends another."""

    untold: float = 1.0
    """Told here."""


def test_a_text_below_a_key_is_its_meaning():
    assert meaning_of(Plain, "told") == "How much.\n\nIn two paragraphs."
    assert meaning_of(Plain.Inner, "told") == "Of the inner one."


def test_a_key_without_a_text_has_no_meaning():
    assert meaning_of(Plain, "untold") == meaning_of(Plain, "also_untold") == ""


def test_a_table_that_extends_another_has_its_texts():
    assert meaning_of(Extended, "told") == meaning_of(Plain, "told")
    assert meaning_of(Extended, "untold") == "Told here."


def test_a_table_in_a_function_has_its_own_texts():
    class Plain(Settings):
        """A table of the same name."""

        told: float = 0.0
        """Of the one in the function."""

    assert meaning_of(Plain, "told") == "Of the one in the function."


def test_a_table_without_a_source_has_none_of_its_own():
    made = create_model("Made", __base__=Plain, new=(float, 0.0))
    assert meaning_of(made, "new") == ""
    assert meaning_of(made, "told") == meaning_of(Plain, "told")


def test_every_key_of_an_instrument_has_a_meaning():
    assert not [
        (table.__name__, key)
        for table in INSTRUMENTS.values()
        for key in table.model_fields
        if key != "instrument" and not meaning_of(table, key)
    ]
