"""Random draws keyed by stable identities, never by position or by the order of events.

A draw is a pure function of a *stream* (seed and what is drawn: a purpose, a technology, a month) and of an *identity*
(who draws: region, industry, number within both). So two scenarios with one seed share their random draws, and adding a
region, a technology or an enterprise does not change the draws of others (common random numbers).

Keys come from BLAKE2b; bits come from the finalizer of SplitMix64, applied twice.

References
----------
Lamping & Veach (2014), A fast, minimal memory, consistent hash algorithm, arXiv:1406.2294.
Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA '14: 453-472.
"""

from __future__ import annotations

import math
from hashlib import blake2b

import numpy as np

from simulation.compiled import compiled, inlined
from simulation.elementary import log
from simulation.world import Array

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_BELOW_1 = float.fromhex("0x1.fffffffffffffp-1")
_JUMP, _ONE, _S33 = np.uint64(2862933555777941757), np.uint64(1), np.uint64(33)


def key(*labels: str | int) -> np.uint64:
    """Return the 64-bit key of a tuple of labels; ``("a", "bc")`` and ``("ab", "c")`` differ, and so do 1 and "1"."""
    text = "\x1f".join(f"{type(label).__name__[0]}:{label}" for label in labels)
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))


@inlined
def mix(z: np.uint64) -> np.uint64:
    """Return the SplitMix64 finalizer of z: a bijection of 64-bit words in which every bit of z moves every bit."""
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@inlined
def numbered(base: np.uint64, number: int) -> np.uint64:
    """Return the key of the ``number``-th member (0-based) of ``base``, as SplitMix64 would draw it."""
    return mix(base + np.uint64(number + 1) * _GOLDEN)


@inlined
def member(word: np.uint64, count: int) -> int:
    """Return a number from 0 to ``count`` - 1, each with probability 1 / ``count``: jump consistent hashing.

    Parameters
    ----------
    word : 64 random bits that identify the draw.
    count : positive, less than 2^31. With one more, the result is the same or ``count``, the newcomer.

    References
    ----------
    Lamping & Veach (2014), A fast, minimal memory, consistent hash algorithm, arXiv:1406.2294.
    """
    # The numbers that a growing count would have drawn, one after the other; ln(count) + 1 of them on average.
    drawn, following = -1, 0
    while following < count:
        drawn = following
        word = word * _JUMP + _ONE
        following = int((drawn + 1) * 2147483648.0 / np.float64((word >> _S33) + _ONE))
    return drawn


@inlined
def bits(stream: np.uint64, identity: np.uint64) -> np.uint64:
    """Return the 64 random bits of one identity in one stream."""
    return mix(mix(stream + _GOLDEN) ^ identity)


@inlined
def uniform(stream: np.uint64, identity: np.uint64) -> float:
    """Return the uniform draw of one identity in one stream, strictly inside (0, 1), with 53 bits."""
    # From 2^52 on, the half is rounded away, and the last number would become 1.
    return min((np.float64(bits(stream, identity) >> _S11) + 0.5) * 1.1102230246251565e-16, _BELOW_1)


@compiled
def numbered_all(bases: Array, numbers: Array) -> Array:
    """Return ``numbered(bases[i], numbers[i])`` for all i: uint64 in, uint64 out, one shape."""
    out = np.empty(bases.size, dtype=np.uint64)
    for i in range(bases.size):
        out[i] = numbered(bases[i], numbers[i])
    return out


@compiled
def uniforms(stream: np.uint64, identities: Array, out: Array) -> None:
    """Set out[i], float64 in (0, 1), to the draw of identities[i], uint64, in one stream."""
    for i in range(identities.size):
        out[i] = uniform(stream, identities[i])


@compiled
def exponentials(stream: np.uint64, identities: Array, out: Array) -> None:
    """Set out[i] > 0 to the Exponential(1) draw of identities[i] in one stream."""
    for i in range(identities.size):
        out[i] = -log(uniform(stream, identities[i]))


@compiled
def race(stream: np.uint64, identities: Array, weights: Array) -> int:
    """Return the index drawn with probability proportional to ``weights``, or -1 if no weight is positive.

    An exponential race: candidate c arrives at Exponential(1) / weight, and the first arrival wins. A candidate that
    enters or leaves, or a weight that changes, affects the outcome only if it thereby wins or loses.
    """
    largest = 0.0
    for weight in weights:
        largest = max(largest, weight)
    # Only the ratios of weights count. A power of two changes no digit, and keeps even the smallest from overflowing.
    exponent = math.frexp(largest)[1]
    winner, earliest = -1, np.inf
    for c in range(identities.size):
        weight = math.ldexp(weights[c], -exponent)
        if weight > 0.0:
            arrival = -log(uniform(stream, identities[c])) / weight
            if arrival < earliest:  # one that is infinite is negligible beside the largest: never first
                winner, earliest = c, arrival
    return winner
