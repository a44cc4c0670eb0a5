"""Keyed draws: known values, distribution, independence, stability of races."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import streams


def test_numbered_keys_are_the_splitmix64_sequence():
    """The first outputs of SplitMix64 from 1234567, as published with the generator."""
    got = [int(streams.numbered(np.uint64(1234567), n)) for n in range(3)]
    assert got == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_labels_do_not_run_into_each_other():
    keys = [
        streams.key("a", "bc"),
        streams.key("ab", "c"),
        streams.key("abc"),
        streams.key(1),
        streams.key("1"),
    ]
    assert len({int(key) for key in keys}) == len(keys)


def draws(stream, n=200_000):
    out = np.empty(n)
    streams.uniforms(stream, streams.numbered_all(np.full(n, streams.key("x")), np.arange(n)), out)
    return out


def test_draws_are_uniform_and_never_0_or_1():
    out = draws(streams.key(7, "test"))
    assert out.min() > 0
    assert out.max() < 1
    counts = np.histogram(out, bins=100, range=(0, 1))[0]
    chi_square = ((counts - 2000) ** 2 / 2000).sum()
    assert abs(chi_square - 99) < 5 * np.sqrt(
        2 * 99
    )  # 5 standard deviations of chi-square with 99 degrees of freedom


def identity_with(word, stream):
    """Return the identity whose 64 random bits in a stream are ``word``: the finalizer of SplitMix64, backwards."""

    def unmixed(z):
        for shift, factor in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, 1)):
            whole = z
            for _ in range(64 // shift):
                whole = z ^ (whole >> shift)
            z = whole * pow(factor, -1, 2**64) % 2**64
        return z

    golden = int(streams.numbered(np.uint64(0), 0))
    start = int(streams.mix(np.uint64((int(stream) + unmixed(golden)) % 2**64)))
    return np.uint64(unmixed(word) ^ start)


@pytest.mark.parametrize("word", [0, 2**64 - 1, 2**63, 2**63 - 1])
def test_the_first_and_the_last_words_give_draws_inside_0_and_1(word):
    stream = streams.key(7, "test")
    identity = identity_with(word, stream)
    assert int(streams.bits(stream, identity)) == word
    out = np.empty(1)
    streams.uniforms(stream, np.array([identity]), out)
    assert out[0] == streams.uniform(stream, identity)
    assert 0 < out[0] < 1
    streams.exponentials(stream, np.array([identity]), out)
    assert out[0] > 0


@pytest.mark.parametrize(
    "other", [streams.key(7, "tost"), streams.key(8, "test"), streams.numbered(streams.key(7, "test"), 0)]
)
def test_streams_of_another_seed_purpose_or_month_are_uncorrelated(other):
    a, b = draws(streams.key(7, "test")), draws(other)
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(a.size)
    assert abs(np.corrcoef(a[1:], b[:-1])[0, 1]) < 5 / np.sqrt(a.size)


def test_exponential_draws_have_mean_and_variance_one():
    n = 200_000
    out = np.empty(n)
    streams.exponentials(
        streams.key(3, "e"), streams.numbered_all(np.full(n, streams.key("x")), np.arange(n)), out
    )
    assert out.mean() == pytest.approx(1.0, abs=5 / np.sqrt(n))
    assert out.var() == pytest.approx(
        1.0, abs=5 * np.sqrt(8 / n)
    )  # var of the variance of Exponential(1) is 8 / n


def test_members_are_those_of_the_published_algorithm():
    """Values published with Guava, which implements jump consistent hashing with the same generator."""
    of_100 = [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83]
    assert [streams.member(np.uint64(word), 100) for word in range(20)] == of_100
    for word, count, expected in (
        (10863919174838991, 11, 6),
        (2016238256797177309, 11, 3),
        (1673758223894951030, 11, 5),
        (2, 100_001, 80343),
        (2201, 100_001, 22152),
        (2202, 100_001, 15018),
    ):
        assert streams.member(np.uint64(word), count) == expected


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_each_member_has_the_same_probability(count):
    words = streams.numbered_all(np.full(200_000, streams.key("member")), np.arange(200_000))
    counts = np.bincount([streams.member(word, count) for word in words], minlength=count)
    assert counts.size == count
    expected = words.size / count
    chi_square, freedom = ((counts - expected) ** 2 / expected).sum(), count - 1
    assert abs(chi_square - freedom) <= 5 * np.sqrt(2 * freedom)


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(1, 2**31 - 2))
def test_one_more_member_takes_the_draw_or_leaves_it(word, count):
    before, after = (streams.member(np.uint64(word), n) for n in (count, count + 1))
    assert 0 <= before < count
    assert after in (before, count)


def test_a_race_draws_in_proportion_to_weight():
    names = np.array([streams.key(name) for name in "abc"], dtype=np.uint64)
    weights, n = np.array([1.0, 0.0, 3.0]), 20_000
    wins = np.bincount([streams.race(streams.key(n, "race"), names, weights) for n in range(n)], minlength=3)
    assert wins[1] == 0
    assert wins[2] / n == pytest.approx(0.75, abs=5 * np.sqrt(0.75 * 0.25 / n))


def test_a_candidate_that_enters_a_race_takes_it_or_leaves_the_winner():
    names = np.array([streams.key(name) for name in "abcd"], dtype=np.uint64)
    for n in range(200):
        before = streams.race(streams.key(n, "race"), names[:3], np.ones(3))
        assert streams.race(streams.key(n, "race"), names, np.ones(4)) in (before, 3)


def test_a_race_without_weight_has_no_winner():
    assert streams.race(streams.key(1), np.array([streams.key("a")]), np.zeros(1)) == -1
    assert streams.race(streams.key(1), np.array([], dtype=np.uint64), np.zeros(0)) == -1


def test_tiny_weights_race_like_large_ones():
    names = np.array([streams.key(name) for name in "abcd"], dtype=np.uint64)
    weights = np.array([1.0, 0.0, 2.0, 0.5])
    for n in range(100):
        first = streams.race(streams.key(n), names, weights)
        assert first == streams.race(streams.key(n), names, weights * 2.0**-1070) >= 0
