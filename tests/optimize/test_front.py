"""The front: who is dominated, what is not inferior, the files, and the words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_searches import run_small

from simulation.optimize.front import Front, front_of, of_other_worlds, standings, write_front
from simulation.results.derived import outputs_of
from simulation.scenario.loading import load_scenario
from simulation.scenario.plan import plan_of

MORE = "hypercluster_all_vectors"
"""A shipped scenario with institutions that the baseline lacks."""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    return front_of(run_small(tmp_path_factory.mktemp("front") / "s"))


def test_only_who_is_worse_beyond_chance_in_every_respect_is_dominated():
    draws = np.random.default_rng(1).normal(0, 1, (1, 20, 2))
    noise = np.random.default_rng(2).normal(0, 0.01, (5, 20, 2))
    means = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 1.5], [0.0005, 1.0005], [0.5, 0.9]])
    # The common draws, far larger than the differences, cancel in pairs. The third is worse than the first and the
    # fifth in both respects by .5; the fourth than the first by .0005, with a standard error of .0032.
    found = standings(means[:, None] + draws + noise - noise.mean(axis=1, keepdims=True))
    assert found == ("front", "front", "dominated", "not told apart", "front")


def test_who_is_worse_in_one_respect_only_is_on_the_front():
    values = np.array([[[0.0, 0.0]] * 3, [[0.0, 1.0]] * 3, [[1.0, -1.0]] * 3])
    assert standings(values) == ("front", "not told apart", "front")


def test_who_has_no_value_is_dominated():
    values = np.array([[[0.0, 0.0]] * 3, [[np.nan, 1.0]] * 3])
    assert standings(values) == ("front", "dominated")


def test_the_front_is_not_inferior_only_within_the_margin(front: Front):
    # The candidate is later by .05 years and less in step by .005 than the policy, without noise.
    values = np.tile(np.array([[8.0, 0.8], [8.05, 0.795]])[:, None], (1, 4, 1))
    policy, candidate = front.names[0], next(n for n in front.names if n in front.found.candidates)
    found = replace(front.found, policies=front.found.policies[:1])
    made = replace(front, found=found, names=(policy, candidate), values=values)
    assert made.matched() == {policy: candidate}
    values[1] = [8.15, 0.795]
    assert made.matched() == {policy: None}
    values[1] = [8.05, 0.785]
    assert made.matched() == {policy: None}


def test_who_is_within_the_margin_on_the_seeds_that_chose_it_alone_is_inferior(front: Front):
    # Later by nothing on the first half of the seeds, by .2 years on the others.
    values = np.tile(np.array([[8.0, 0.8], [8.0, 0.8]])[:, None], (1, 6, 1))
    values[1, 3:, 0] = 8.2
    policy, candidate = front.names[0], next(n for n in front.names if n in front.found.candidates)
    found = replace(front.found, policies=front.found.policies[:1])
    assert replace(front, found=found, names=(policy, candidate), values=values).matched() == {policy: None}


def test_the_front_is_written_as_scenarios_that_are_the_candidates(front: Front):
    paths = _written(front)
    names = [front.names[n] for n in front.on_front() if not front.is_policy[n]]
    assert {path.stem for path in paths if path.parent.name == "front"} == {"baseline", *names}
    digests = {entry["name"]: entry["digest"] for entry in front.found.results.manifest["scenarios"]}
    for path in paths:
        if path.parent.name == "front" and path.stem != "baseline":
            spec = load_scenario(path)
            plan = plan_of(spec)
            assert plan.planned_pv == pytest.approx(plan.available_pv, rel=1e-12)
            assert spec.digest == digests[path.stem]


def test_the_sentences_say_how_many_were_tried_and_who_is_best(front: Front):
    told = " ".join(front.sentences())
    assert f"{front.found.tried} candidates were tried in 3 generations" in told
    assert "Best in speed" in told
    assert "Best in synchronization" in told
    assert "fresh seeds" in told


def test_candidates_that_do_the_same_are_there_once(front: Front):
    own = [
        values.tobytes() for values, policy in zip(front.values, front.is_policy, strict=True) if not policy
    ]
    assert len(set(own)) == len(own)


def test_the_table_says_what_part_of_the_money_nobody_can_use(front: Front):
    table = front.table().set_index("name")
    runs = front.found.results.runs(["scenario", "planned_pv", "spent_pv"]).drop_duplicates("scenario")
    for name, planned, spent in runs.itertuples(index=False):
        if name in front.names:
            assert table.loc[name, "unspent"] == pytest.approx(1 - spent / planned)
    assert (table["unspent"] > 0).any()  # the money of a whole country in a small one


def test_a_policy_of_another_world_is_told(front: Front):
    assert of_other_worlds(front.found) == {}
    longer = front.found.policies[0].model_copy(update={"institutions": load_scenario(MORE).institutions})
    made = replace(front, found=replace(front.found, policies=(longer, *front.found.policies[1:])))
    assert of_other_worlds(made.found) == {"regional_cluster": ["institutions"]}
    assert any("has another world than the candidates (institutions)" in line for line in made.sentences())


def _written(front: Front) -> list[Path]:
    write_front(front, outputs_of(front.found.results, "optimize"))
    return [path for path in front.found.results.path.rglob("*") if path.suffix in (".toml", ".csv", ".md")]
