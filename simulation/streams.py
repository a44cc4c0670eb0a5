"""Random draws keyed by stable identities, never by position or by the order of events.

A draw is a pure function of a *stream* (seed and what is drawn: a purpose, a technology, a month) and of an *identity*
(who draws: region, industry, number within both). So two scenarios with one seed share their random draws, and adding a
region, a technology or an enterprise does not change the draws of others (common random numbers).

Keys come from BLAKE2b; bits come from the finalizer of SplitMix64, applied twice.

References
----------
Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA '14: 453-472.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from simulation.compiled import compiled, inlined
from simulation.elementary import log
from simulation.world import Array

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


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
def bits(stream: np.uint64, identity: np.uint64) -> np.uint64:
    """Return the 64 random bits of one identity in one stream."""
    return mix(mix(stream + _GOLDEN) ^ identity)


@inlined
def uniform(stream: np.uint64, identity: np.uint64) -> float:
    """Return the uniform draw of one identity in one stream, strictly inside (0, 1), with 53 bits."""
    return (np.float64(bits(stream, identity) >> _S11) + 0.5) * 1.1102230246251565e-16


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


def race(stream: np.uint64, identities: Array, weights: Array) -> int:
    """Return the index drawn with probability proportional to ``weights``, or -1 if no weight is positive.

    An exponential race: candidate c arrives at Exponential(1) / weight, and the first arrival wins. A candidate that
    enters or leaves, or a weight that changes, affects the outcome only if it thereby wins or loses.
    """
    draws = np.empty(len(weights))
    exponentials(stream, identities, draws)
    arrival = np.full(len(weights), np.inf)
    # Only the ratios of weights count. A power of two changes no digit, and keeps even the smallest from overflowing.
    scaled = np.ldexp(weights, -np.frexp(np.max(weights, initial=0.0))[1])
    with np.errstate(over="ignore"):  # negligible beside the largest: never first
        np.divide(draws, scaled, out=arrival, where=scaled > 0)
    winner = int(np.argmin(arrival)) if len(weights) else -1
    return winner if winner >= 0 and np.isfinite(arrival[winner]) else -1
