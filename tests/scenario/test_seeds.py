"""Initial adopters: what a scenario may say of them, and what they change."""

import numpy as np
import pytest

from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.scenario.loading import load_scenario

SMALL = ["world.scale=0.1", "time.years=6", "technologies.release=at_start"]
WITHOUT_CONTACT = [
    f"diffusion.{name}=0" for name in ("spontaneous", "spatial", "network", "institutional", "digital")
]
FIRST = load_scenario("baseline").dataset.technologies[0].technology
LAST = load_scenario("baseline").dataset.technologies[-1].technology


def run(seeds, *more, seed=5):
    rows = ", ".join(f"{{ {row} }}" for row in seeds)
    return simulate(load_scenario("baseline", overrides=[*SMALL, *more, f"seeds=[{rows}]"]), seed)


def row(technology, *, region="tatarstan", **keys):
    return ", ".join(
        f"{key} = {value!r}" for key, value in dict(technology=technology, region=region, **keys).items()
    )


def test_without_contact_exactly_they_have_adopted():
    record = run([row(FIRST, number=4), row(LAST, number=3, month=30)], *WITHOUT_CONTACT)
    r = record.regions.index("tatarstan")
    for technology, number, month in ((FIRST, 4, 0), (LAST, 3, 30)):
        k = record.technologies.index(technology)
        adopters = record.adopters[:, r, :, k].sum(axis=1)
        assert adopters.tolist() == [0] * month + [number] * (record.months + 1 - month)
    assert record.adopters.sum() == 4 * 73 + 3 * 43
    assert record.attribution.sum() == 0, "they owe their adoption to no channel"


def test_they_start_a_cascade_that_would_not_have_been():
    without, with_them = (
        run([], "diffusion.spontaneous=0"),
        run([row(FIRST, share=0.5)], "diffusion.spontaneous=0"),
    )
    k = with_them.technologies.index(FIRST)
    assert with_them.adopters[-1, :, :, k].sum() > without.adopters[-1, :, :, k].sum() + 5


def test_other_technologies_do_not_move_a_bit():
    without, with_them = run([]), run([row(FIRST, number=5)])
    others = [k for k, name in enumerate(without.technologies) if name != FIRST]
    assert (without.adopters[..., others] == with_them.adopters[..., others]).all()
    assert (without.attribution[:, others] == with_them.attribution[:, others]).all()


def test_more_of_them_include_the_fewer_and_the_order_of_entries_does_not_count():
    few, many = (run([row(FIRST, number=n)], *WITHOUT_CONTACT) for n in (2, 6))
    assert (many.adopters >= few.adopters).all()
    entries = [row(FIRST, number=2), row(FIRST, region="samara", share=0.3), row(FIRST, number=3, month=9)]
    one, other = run(entries), run(entries[::-1])
    assert (one.adopters == other.adopters).all()
    np.testing.assert_array_equal(one.attribution, other.attribution)


def test_an_industry_limits_them():
    record = run([row(FIRST, industry="mining_services", share=1.0)], *WITHOUT_CONTACT)
    k, r = record.technologies.index(FIRST), record.regions.index("tatarstan")
    assert (
        record.adopters[0, r, :, k].sum()
        == record.adopters[0, r, record.industries.index("mining_services"), k]
    )
    assert (
        record.adopters[0, r, :, k].sum()
        == record.eligible[0, r, record.industries.index("mining_services"), k]
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "seeds[0]: must have either number or share"),
        ({"number": 1, "share": 0.5}, "seeds[0]: must have either number or share"),
        ({"number": 0}, "seeds[0].number = 0: must be 1 or more"),
        ({"share": 1.5}, "seeds[0].share = 1.5: must be 1 or less"),
        (
            {"number": 10**6},
            "enterprises of tatarstan can use the technology at the start, with world.scale = 0.1",
        ),
        (
            {"number": 1, "month": 72},
            "seeds[0].month = 72: must be less than 72, the months until the horizon",
        ),
        ({"number": 1, "region": "tatarstn"}, 'not a region; did you mean "tatarstan"?'),
        ({"number": 1, "industry": "gold"}, 'seeds[0].industry = "gold": not an industry'),
        ({"number": 1, "technology": "fire"}, 'seeds[0].technology = "fire": not a technology'),
    ],
)
def test_what_cannot_be_meant_is_told(entry, said):
    text = row(**({"technology": FIRST} | entry))
    with pytest.raises(ScenarioError) as caught:
        load_scenario("baseline", overrides=[*SMALL, f"seeds=[{{ {text} }}]"])
    assert said in str(caught.value)
