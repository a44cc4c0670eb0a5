"""Blocks of work are bounded by the size of what they write."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from simulation.batch.dispatch import Block
from simulation.batch.running import BLOCK_BYTES, in_pieces
from simulation.scenario.loading import load_scenario

BASELINE = load_scenario("baseline")


@given(numbers=st.sets(st.integers(0, 10**6), min_size=1, max_size=30), size=st.integers(0, 2 * BLOCK_BYTES))
def test_a_block_is_divided_until_its_files_are_small_or_of_one_replication(numbers: set[int], size: int):
    block = Block(BASELINE, 11, tuple(sorted(numbers)), keep="curves")
    pieces = in_pieces(block, size=size)
    assert [number for piece in pieces for number in piece.replications] == sorted(numbers)
    assert all(len(p.replications) == 1 or len(p.replications) * size <= BLOCK_BYTES for p in pieces)
    assert all((len(p.replications) + 1) * size > BLOCK_BYTES for p in pieces[:-1])  # no more than needed
    assert all(replace(piece, replications=block.replications) == block for piece in pieces)
