"""One small run written down. It changes only in a commit that says which equation moved, and by how much.

The other tests say what is right; this one says that nothing moved unnoticed. The numbers are counts, so that rounding
on other processors hardly ever reaches them.
"""

from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario

SMALL = ["world.scale=0.1", "time.years=10", "budget.per_year=1e6"]
GOLDEN_ADOPTIONS = [0, 5, 18, 62, 181, 408, 817, 1429, 2265, 3272]
GOLDEN_MEMBERS = [140, 277, 370, 381, 413, 425, 440, 456, 455, 455]
GOLDEN_MASTERIES = 132


def test_a_run_is_the_one_that_was_written_down():
    record = simulate(load_scenario("hypercluster", overrides=SMALL), 1)
    yearly = record.adopters[12::12].sum(axis=(1, 2, 3)).tolist()
    assert yearly == GOLDEN_ADOPTIONS
    assert record.members[12::12].sum(axis=(1, 2)).tolist() == GOLDEN_MEMBERS
    assert record.mastered[-1].sum() == GOLDEN_MASTERIES
