"""Our own exponential and logarithm: within 1 ulp, by proof and by comparison, and right at special values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from rounding import Rounded, two_sum

from simulation import elementary
from simulation.compiled import compiled
from simulation.elementary import LN2, LN2_HIGH, LN2_LOW, exp, exp2, expm1, log, log1p, sine_and_cosine

EXACT = {"exp": mpmath.exp, "log": mpmath.log, "expm1": mpmath.expm1, "log1p": mpmath.log1p}


@compiled
def exps(x, out):
    for i in range(x.size):
        out[i] = exp(x[i])


@compiled
def logs(x, out):
    for i in range(x.size):
        out[i] = log(x[i])


@compiled
def expm1s(x, out):
    for i in range(x.size):
        out[i] = expm1(x[i])


@compiled
def log1ps(x, out):
    for i in range(x.size):
        out[i] = log1p(x[i])


@compiled
def exp2s(x, out):
    for i in range(x.size):
        out[i] = exp2(x[i])


@compiled
def sines_and_cosines(x, sines, cosines):
    for i in range(x.size):
        sines[i], cosines[i] = sine_and_cosine(x[i])


LOOPS = {"exp": exps, "log": logs, "expm1": expm1s, "log1p": log1ps}


def values(name: str, x: np.ndarray) -> np.ndarray:
    out = np.empty(x.size)
    LOOPS[name](x, out)
    return out


# The proof


@pytest.fixture
def formulas(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Enough digits for exact values; and a way to replace a function of the module."""
    with mpmath.workprec(150):
        yield monkeypatch


def exact_two_sum(a: Any, b: Any) -> tuple[mpf, mpf]:
    total = mpf(float(mpf(a) + b))
    return total, mpf(a) + b - total


def ulps(
    formula: Callable[..., Any], true: Callable[..., mpf], patch: pytest.MonkeyPatch, *given: Rounded
) -> float:
    """Bound of the error of a formula in units in the last place of its result, over intervals of its arguments."""
    patch.setattr(elementary, "_two_sum", two_sum)
    result = formula(*given)
    patch.setattr(elementary, "_two_sum", exact_two_sum)
    ends = zip(*((value.low, (value.low + value.high) / 2, value.high) for value in given), strict=True)
    apart = [abs(formula(*map(mpf, end)) - true(*map(mpf, end))) for end in ends]
    # Twice what is found at ends and middle: the difference of two smooth functions hardly bends between them.
    return result.ulps + 2 * float(max(apart)) / math.ulp(result.smallest)


def intervals(first: float, last: float, *, each: int = 64) -> Iterator[Rounded]:
    """Intervals of positive doubles: ``each`` for the power of two above the last, half as many for the one below."""
    start, end = math.frexp(first)[1] - 1, math.frexp(last)[1]
    edges = [
        2.0**k * (1 + n / parts)
        for k in range(start, end)
        for parts in [max(each >> (end - k), 1)]
        for n in range(parts)
    ]
    edges = [edge for edge in edges if first < edge < last]
    for low, high in pairwise([first, *edges, last]):
        yield Rounded(low, high, unit=math.ulp(low))


def both_signs(given: Iterator[Rounded]) -> Iterator[Rounded]:
    for interval in given:
        yield from (interval, -interval)


# The part of ln 2 that is not in its two doubles.
BEYOND = 2.0**-85
HALF = LN2 / 2 + 3e-7
"""The largest r: the rounding of x / ln 2 moves it by little."""

POWERS = (-1074, -64, -8, -3, -2, -1, 0, 1, 2, 3, 8, 64, 1024)
"""n of 2^n. With a larger one the result is larger, and errors that do not grow with it count less."""


def low_part(n: int) -> Rounded:
    low = Rounded.of(float(n)) * LN2_LOW
    return Rounded(low.low, low.high, low.error + abs(n) * BEYOND, low.unit)


def test_the_two_parts_of_ln_2_and_the_products_of_the_first_with_whole_numbers_are_exact():
    with mpmath.workprec(150):
        assert abs(mpmath.log(2) - LN2_HIGH - mpf(LN2_LOW)) < BEYOND
        for n in (1, 1023, 1075, 2**20 - 1):
            assert mpf(n) * mpf(LN2_HIGH) == n * LN2_HIGH


@pytest.mark.parametrize("n", [0, 1, -1, 1024, -1076])
def test_no_rounding_makes_exp_wrong_by_more_than_one_unit_in_the_last_place(n, formulas):
    """Of a result in the subnormal range this is less than half a unit, to which the last rounding adds 1/2."""

    def total(high: Any, low: Any) -> Any:
        head, tail = elementary._exp_near_zero(high, low)
        return head + tail

    for high in both_signs(intervals(2.0**-56, HALF)):
        assert ulps(total, lambda high, low: mpmath.exp(high - low), formulas, high, low_part(n)) < 0.9


@pytest.mark.parametrize("n", [n for n in POWERS if n >= -64])
def test_no_rounding_makes_expm1_wrong_by_more_than_one_unit_in_the_last_place(n, formulas):
    def total(high: Any, low: Any) -> Any:
        head, tail = elementary._exp_near_zero(high, low)
        return elementary._less_scaled_one(head, tail, 2.0**-n)

    def true(high: mpf, low: mpf) -> mpf:
        return mpmath.exp(high - low) - mpf(2) ** -n

    for high in both_signs(intervals(2.0**-56 if n else 0.249, HALF)):
        assert ulps(total, true, formulas, high, low_part(n)) < 1


def test_no_rounding_makes_expm1_of_small_numbers_wrong_by_more_than_one_unit_in_the_last_place(formulas):
    for x in both_signs(intervals(2.0**-300, 0.25)):
        assert ulps(elementary._expm1_near_zero, mpmath.expm1, formulas, x) < 1


@pytest.mark.parametrize("n", POWERS)
def test_no_rounding_makes_log_and_log1p_wrong_by_more_than_one_unit_in_the_last_place(n, formulas):
    """In log1p the rounding error of 1 + x is added, which is exact but for terms of its square."""

    def total(f: Any, added: Any) -> Any:
        return elementary._log_of_parts(f, added, Rounded.of(float(n)) if isinstance(f, Rounded) else mpf(n))

    def true(f: mpf, added: mpf) -> mpf:
        return mpmath.log1p(f) + added + n * mpmath.log(2)

    lost = Rounded(-(2.0**-53), 2.0**-53, 2.0**-105)
    least = 2.0**-300 if n == 0 else 2.0**-53
    for most, sign in ((math.sqrt(2.0) - 1 + 1e-9, 1), (1 - math.sqrt(0.5) + 1e-9, -1)):
        for f in intervals(least, most):
            added = lost if n or f.low > 0.2 else Rounded.of(0.0)
            assert ulps(total, true, formulas, f if sign > 0 else -f, added) < 1


# Comparison with exact values


def points(name: str, many: int) -> np.ndarray:
    """Arguments of all sizes, and around those where reduction, series or the range of results changes."""
    rng = np.random.default_rng(20)
    small = rng.choice([-1, 1], many) * 2.0 ** rng.uniform(-60, 0, many)
    steps = rng.integers(-200, 201, many)
    if name == "log":
        of_all_sizes = rng.integers(1, 0x7FF0000000000000, many).view(np.float64)
        roots = 2.0 ** (rng.integers(-2, 3, many) + 0.5)
        edges = [1.0 + small * 0.25, roots, 1.0 + steps * 2.0**-53, np.arange(1, many + 1) * 5e-324]
        return np.concatenate([of_all_sizes, *(np.abs(x) for x in edges), rng.random(many)])
    if name == "log1p":
        of_all_sizes = rng.integers(1, 0x7FF0000000000000, many).view(np.float64)
        edges = 2.0 ** (rng.integers(-2, 3, many) + 0.5) - 1.0
        return np.concatenate(
            [of_all_sizes, small, edges, -rng.random(many), 0.25 + steps * 2.0**-54, steps * 5e-324]
        )
    halves = (rng.integers(-1070, 1023, many) + 0.5) * LN2
    some = [small, halves, halves / 500, rng.uniform(-40, 40, many), steps * 5e-324, steps / 128]
    if name == "exp":
        some += [rng.uniform(-745, -708, many), rng.uniform(-745, 709.7, many), steps * 2.0**-53]
    return np.concatenate(some)


@pytest.mark.parametrize("many", [300, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", EXACT)
def test_it_is_within_one_unit_in_the_last_place_of_the_exact_value(name, many):
    x = points(name, many)
    with mpmath.workprec(120):
        for given, found in zip(x.tolist(), values(name, x).tolist(), strict=True):
            exact = EXACT[name](mpf(given))
            assert abs(found - exact) <= math.ulp(float(exact)), given


@pytest.mark.parametrize("name", EXACT)
def test_special_values_are_those_of_numpy(name):
    edges = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        -2.0,
        np.inf,
        -np.inf,
        np.nan,
        5e-324,
        -5e-324,
        1e-310,
        709.0,
        1e308,
        -1e308,
    ]
    x = np.array([*edges, 709.782712893384, 709.7827128933841, 710.5, -745.13, -745.14, -800.0, -38.0])
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    found = values(name, x)
    np.testing.assert_allclose(found, expected, rtol=2.0**-51, atol=5e-324)
    some = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[some], np.signbit(expected)[some])


def test_compiled_or_not_and_in_arrays_they_have_the_same_bits():
    given = {name: points(name, 50) for name in EXACT}
    compiled_values = {name: values(name, x) for name, x in given.items()}
    powers = np.empty(given["exp"].size)
    exp2s(given["exp"], powers)
    for name, x in given.items():
        np.testing.assert_array_equal(compiled_values[name], [getattr(elementary, name)(one) for one in x])
    np.testing.assert_array_equal(compiled_values["exp"], elementary.exp(given["exp"]))
    np.testing.assert_array_equal(powers, elementary.exp2(given["exp"]))


# Powers of two, and circles


def test_powers_of_two_are_exact_at_whole_numbers_and_near_elsewhere():
    whole = np.arange(-1080.0, 1030.0)
    out = np.empty(whole.size)
    exp2s(whole, out)
    np.testing.assert_array_equal(out, [math.ldexp(1.0, int(n)) if n < 1024 else math.inf for n in whole])
    x = np.random.default_rng(1).uniform(-1000, 1000, 2000)
    out = np.empty(x.size)
    exp2s(x, out)
    for given, found in zip(x.tolist(), out.tolist(), strict=True):
        exact = mpmath.power(2, mpf(given))
        assert abs(found - exact) <= 2 * math.ulp(float(exact))


def test_sine_and_cosine_are_those_of_half_turns():
    x = np.concatenate([np.arange(-8, 9) / 2, np.random.default_rng(2).uniform(-4, 4, 2000)])
    sines, cosines = np.empty(x.size), np.empty(x.size)
    sines_and_cosines(x, sines, cosines)
    np.testing.assert_array_equal(sines[:17] % 1, 0)
    np.testing.assert_array_equal(cosines[:17] % 1, 0)
    for given, sine, cosine in zip(x.tolist(), sines.tolist(), cosines.tolist(), strict=True):
        assert abs(sine - mpmath.sinpi(given)) < 2.0**-52
        assert abs(cosine - mpmath.cospi(given)) < 2.0**-52


def test_the_arcsine_inverts_the_sine():
    x = np.concatenate([[0.0, 1.0], np.random.default_rng(3).random(2000), 10.0 ** -np.arange(300.0)])
    for given, found in zip(x.tolist(), elementary.arcsine(x).tolist(), strict=True):
        exact = mpmath.asin(given)
        assert abs(found - exact) <= 8 * math.ulp(float(exact))
