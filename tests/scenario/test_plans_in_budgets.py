"""Plans written in budgets, as all shipped ones were once, still give the numbers that they gave."""

import json
from pathlib import Path

import pytest

from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario, shipped_scenarios
from simulation.scenario.plan import plan_of

FOUND = json.loads((Path(__file__).parent / "plans_in_budgets.json").read_text(encoding="utf-8"))
SMALL = ["world.scale=0.1", "time.years=12.5", "budget.per_year=1e6"]


def in_budgets(name, *overrides):
    given = [f"policies[{n}].budget={budget}" for n, budget in enumerate(FOUND[name]["budgets"])]
    return load_scenario(name, overrides=[*overrides, *given])


def test_every_shipped_scenario_is_there():
    assert FOUND.keys() >= {path.stem for path in shipped_scenarios()}


@pytest.mark.parametrize("name", FOUND)
def test_budgets_give_the_numbers_that_they_gave(name):
    """The same counts before and after policies could have a coverage or a share; anew for other draws of partners."""
    record = simulate(in_budgets(name, *SMALL), 7)
    counts = {
        "adoptions": record.adopters[-1].sum(),
        "members": record.members[75].sum(),
        "masteries": record.mastered[-1].sum(),
    }
    assert counts == {key: FOUND[name][key] for key in counts}


@pytest.mark.parametrize("name", [name for name, found in FOUND.items() if found["budgets"]])
def test_the_shipped_plan_differs_from_the_one_in_budgets_by_rounding_alone(name):
    shipped, budgets = plan_of(load_scenario(name)), plan_of(in_budgets(name))
    for one, other in zip(shipped.entries, budgets.entries, strict=True):
        assert one.months == other.months
        assert one.per_year == pytest.approx(other.per_year, rel=0.02, abs=2)
