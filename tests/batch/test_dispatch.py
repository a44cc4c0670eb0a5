"""The order in which blocks are sent out: all of them once, and those of the same replications to one worker."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from small_studies import PLAIN

from simulation.batch.dispatch import Block, Waiting, single
from simulation.scenario.loading import parse_scenario

SPECS = [parse_scenario(f'name = "{name}"\n{PLAIN}') for name in ("a", "b", "c")]


def blocks_of(groups: int, scenarios: int) -> list[Block]:
    return [Block(spec, 1, (2 * g, 2 * g + 1)) for g in range(groups) for spec in SPECS[:scenarios]]


def sent(waiting: Waiting, workers: int, ending: Iterator[int]) -> list[list[Block]]:
    """Return what each worker is sent, where the given ones end their blocks one after the other."""
    given_to: list[list[Block]] = [[] for _ in range(workers)]
    for of_one in given_to:
        if waiting:
            of_one.append(waiting.take(None))
    while waiting:
        of_one = given_to[next(ending) % workers]
        of_one.append(waiting.take(of_one[-1] if of_one else None))
    return given_to


@given(
    groups=st.integers(0, 6),
    scenarios=st.integers(1, 3),
    workers=st.integers(1, 4),
    ending=st.lists(st.integers(0, 3), min_size=1),
)
def test_all_are_sent_once_and_a_worker_stays_with_its_replications_until_it_must_help_another(
    groups: int, scenarios: int, workers: int, ending: list[int]
) -> None:
    def forever() -> Iterator[int]:
        while True:
            yield from [*ending, *range(workers)]

    blocks = blocks_of(groups, scenarios)
    given_to = sent(Waiting(blocks), workers, forever())
    everything = [(block.spec.name, block.replications) for of_one in given_to for block in of_one]
    assert sorted(everything) == sorted((block.spec.name, block.replications) for block in blocks)
    holders = [
        {block.replications for block in of_one if block.spec is SPECS[0]} | {of_one[0].replications}
        for of_one in given_to
        if of_one
    ]
    assert sum(map(len, holders)) >= groups
    if workers == 1:
        assert given_to[0] == blocks


def test_a_block_that_was_lost_comes_first_and_in_single_replications() -> None:
    blocks = blocks_of(2, 2)
    waiting = Waiting(blocks)
    lost = waiting.take(None)
    waiting.add(single(lost, number, again=True) for number in lost.replications)
    order = [waiting.take(None) for _ in range(5)]
    assert not waiting
    assert [(block.spec.name, block.replications, block.again) for block in order] == [
        ("a", (0,), True),
        ("a", (1,), True),
        ("a", (2, 3), False),
        ("b", (0, 1), False),
        ("b", (2, 3), False),
    ]


def test_two_workers_begin_with_different_replications_and_each_takes_the_scenarios_in_turn() -> None:
    waiting = Waiting(blocks_of(3, 3))
    one, other = [waiting.take(None)], [waiting.take(None)]
    for _ in range(2):
        one.append(waiting.take(one[-1]))
        other.append(waiting.take(other[-1]))
    assert [(block.spec.name, block.replications[0]) for block in one] == [("a", 0), ("b", 0), ("c", 0)]
    assert [(block.spec.name, block.replications[0]) for block in other] == [("a", 2), ("b", 2), ("c", 2)]
    one.append(waiting.take(one[-1]))
    assert other[-1] != waiting.take(other[-1])  # helps
    assert one[-1].replications == (4, 5)
