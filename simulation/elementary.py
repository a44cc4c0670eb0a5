"""Exponential, logarithm, sine and cosine of our own: the same bits on every processor and with every library.

Those of libm, numba and NumPy choose among several variants by the processor, and their last digits differ. These use
only operations that IEEE 754 rounds exactly (+, -, *, / of doubles), in a fixed order and without fused operations.

Compiled code calls them for one float64. Where nothing is compiled, ``exp``, ``exp2`` and ``sine_and_cosine`` take
arrays too, and the others a ``np.float64``. ``exp``, ``log``, ``expm1`` and ``log1p`` are within 1 unit in the last
place (ulp) of the exact value; ``tests/test_elementary.py`` proves it, by carrying bounds of all rounding errors
through these very functions, and compares them with exact values.

Every function has three steps. The *reduction* splits off a power of two. It is exact, because its first part of ln 2
has only 33 digits. A *series* gives the rest: that of Taylor, to the first term that is too small to matter. The *sum*
adds the parts from the smallest to the largest, so that only the last addition has a rounding error of 1/2 ulp, and the
others together stay below the other half.

References
----------
Muller (2016), Elementary Functions: Algorithms and Implementation, 3rd ed., Birkhäuser; reduction and the sum of the
logarithm are those of fdlibm (Sun Microsystems 1993).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.compiled import compilable

LN2_HIGH = float.fromhex("0x1.62e42feep-1")
"""ln 2 to 33 binary digits: its products with whole numbers below 2^20 are exact."""
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
"""ln 2 - LN2_HIGH, to 53 digits."""
LN2 = float.fromhex("0x1.62e42fefa39efp-1")
PER_LN2 = float.fromhex("0x1.71547652b82fep+0")
"""1 / ln 2"""
PI = float.fromhex("0x1.921fb54442d18p+1")

_SHIFT = float.fromhex("0x1.8p+52")
"""Adding it rounds a number to a whole one, which then stands in the lowest bits."""
_SHIFT_BITS = np.int64(0x4338000000000000)
_BIAS, _FRACTION_BITS = np.int64(1023), np.int64(52)
_ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
"""The bits of 1 / sqrt(2), rounded."""
_ONE = np.int64(1)
_FRACTION = np.int64((1 << 52) - 1)
_SMALLEST_NORMAL = 2.0**-1022

LEAST_EXPONENT, MOST_EXPONENT = -746.0, 710.0
"""Below and above these e^x is 0 and infinite."""
LEAST_EXPM1 = -40.0
"""Below it e^x - 1 is -1."""

# Terms of the series of Taylor: the doubles nearest to simple fractions.
_E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11, _E12, _E13, _E14 = (
    1.0 / math.factorial(n) for n in range(3, 15)
)
_A1, _A2, _A3, _A4, _A5, _A6, _A7, _A8, _A9, _A10, _A11 = (2.0 / (2 * n + 1) for n in range(1, 12))
_S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8 = ((-1.0) ** n / math.factorial(2 * n + 1) for n in range(1, 9))
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9 = ((-1.0) ** n / math.factorial(2 * n) for n in range(2, 10))


@compilable
def exp(x: Any) -> Any:
    """Return e^x: 0 below -746, infinite above 710, NaN of NaN."""
    head, tail, n = _exp_parts(np.minimum(np.maximum(x, LEAST_EXPONENT), MOST_EXPONENT))
    return _scaled(head + tail, n)


@compilable
def exp2(x: Any) -> Any:
    """Return 2^x, exact where x is whole; within 2 ulp."""
    x = np.minimum(np.maximum(x, -1100.0), 1100.0)
    shifted = x + _SHIFT
    head, tail = _exp_near_zero((x - (shifted - _SHIFT)) * LN2, 0.0)
    return _scaled(head + tail, np.float64(shifted).view(np.int64) - _SHIFT_BITS)


@compilable
def expm1(x: Any) -> Any:
    """Return e^x - 1, also where x is small: -1 below -40, infinite above 710, NaN of NaN."""
    if abs(x) <= 0.25:
        return _expm1_near_zero(x) if x != 0.0 else x  # keeps the sign of 0
    head, tail, n = _exp_parts(np.minimum(np.maximum(x, LEAST_EXPM1), MOST_EXPONENT))
    return _scaled(_less_scaled_one(head, tail, _scaled(1.0, -n)), n)


@compilable
def log(x: Any) -> Any:
    """Return ln x: -infinite of 0, NaN of numbers below 0 and of NaN."""
    if x < _SMALLEST_NORMAL:
        if x <= 0.0:
            return -np.inf if x == 0.0 else np.nan
        f, n = _split(x * 2.0**54)
        return _log_of_parts(f, 0.0, np.float64(n - 54))
    if not x < np.inf:
        return x
    f, n = _split(x)
    return _log_of_parts(f, 0.0, np.float64(n))


@compilable
def log1p(x: Any) -> Any:
    """Return ln(1 + x), also where x is small: -infinite of -1, NaN of numbers below -1 and of NaN."""
    if abs(x) <= 0.25:
        return _log_of_parts(x, 0.0, 0.0) if x != 0.0 else x
    if not (-1.0 < x < np.inf):
        return -np.inf if x == -1.0 else (x if x > 0.0 else np.nan)
    total, lost = _two_sum(1.0, x)
    f, n = _split(total)
    return _log_of_parts(f, lost / total, np.float64(n))


@compilable
def sine_and_cosine(half_turns: Any) -> Any:
    """Return sin(pi x) and cos(pi x), exact where 2 x is whole, with an error below 2^-52; |x| below 2^50."""
    shifted = half_turns * 2.0 + _SHIFT
    y = (half_turns - (shifted - _SHIFT) * 0.5) * PI
    z = y * y
    w = z * z
    sine = y + y * z * ((_S1 + w * (_S3 + w * (_S5 + w * _S7))) + z * (_S2 + w * (_S4 + w * (_S6 + w * _S8))))
    quartic = (_C2 + w * (_C4 + w * (_C6 + w * _C8))) + z * (_C3 + w * (_C5 + w * (_C7 + w * _C9)))
    cosine = 1.0 - (0.5 * z - w * quartic)
    quarters = np.float64(shifted).view(np.int64) - _SHIFT_BITS
    odd, sign = quarters & 1, 1 - (quarters & 2)
    return (sine * (1 - odd) + cosine * odd) * sign, (cosine * (1 - odd) - sine * odd) * sign


def arcsine(x: Any) -> Any:
    """Return arcsin x of x in [0, 1], within 8 ulp, as an array.

    Three times the sine of half the angle, then the series of Taylor.
    """
    for _ in range(3):
        x = x / np.sqrt(2.0 * (1.0 + np.sqrt((1.0 - x) * (1.0 + x))))
    z, total = x * x, 0.0
    for n in range(12, 0, -1):
        total = (total + 1.0 / (2 * n + 1)) * (z * ((2 * n - 1) / (2 * n)))
    return 8.0 * (x + x * total)


@compilable
def _two_sum(a: Any, b: Any) -> Any:
    """Return a + b, rounded, and the rounding error, which is exact (Knuth)."""
    total = a + b
    of_b = total - a
    return total, (a - (total - of_b)) + (b - of_b)


@compilable
def _power_of_two(n: Any) -> Any:
    return np.int64((n + _BIAS) << _FRACTION_BITS).view(np.float64)


@compilable
def _scaled(y: Any, n: Any) -> Any:
    """Return y 2^n, in two steps, because 2^n alone may be out of range."""
    half = n >> _ONE
    return y * _power_of_two(half) * _power_of_two(n - half)


@compilable
def _split(x: Any) -> Any:
    """Return f and n with x = (1 + f) 2^n and 1 + f between the roots of 1/2 and of 2; f is exact."""
    bits = np.float64(x).view(np.int64)
    n = (bits - _ROOT_HALF_BITS) >> _FRACTION_BITS
    return np.int64(bits - (n << _FRACTION_BITS)).view(np.float64) - 1.0, n


@compilable
def _exp_parts(x: Any) -> Any:
    """Return head, tail and n with e^x = (head + tail) 2^n."""
    shifted = x * PER_LN2 + _SHIFT
    n = shifted - _SHIFT
    head, tail = _exp_near_zero(x - n * LN2_HIGH, n * LN2_LOW)
    return head, tail, np.float64(shifted).view(np.int64) - _SHIFT_BITS


@compilable
def _exp_near_zero(high: Any, low: Any) -> Any:
    """Return head and tail of e^r, where r = high - low is at most ln(2) / 2 and high is exact."""
    r, lost = _two_sum(high, -low)
    head, left = _two_sum(1.0, high)
    z = r * r
    return head, 0.5 * z + ((r * z * _cubic(r, z) + (r * lost - low)) + left)


@compilable
def _expm1_near_zero(x: Any) -> Any:
    z = x * x
    return x + (0.5 * z + x * z * _cubic(x, z))


@compilable
def _cubic(r: Any, z: Any) -> Any:
    """Return (e^r - 1 - r - r^2 / 2) / r^3, with z = r^2."""
    even = _E3 + z * (_E5 + z * (_E7 + z * (_E9 + z * (_E11 + z * _E13))))
    odd = _E4 + z * (_E6 + z * (_E8 + z * (_E10 + z * (_E12 + z * _E14))))
    return even + r * odd


@compilable
def _less_scaled_one(head: Any, tail: Any, one: Any) -> Any:
    total, lost = _two_sum(head, -one)
    return total + (lost + tail)


@compilable
def _log_of_parts(f: Any, added: Any, n: Any) -> Any:
    """Return ln(1 + f) + added + n ln 2 from the series of 2 artanh s, where s = f / (2 + f), so that 2 s = f - s f."""
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = _A1 + w * (_A3 + w * (_A5 + w * (_A7 + w * (_A9 + w * _A11))))
    even = _A2 + w * (_A4 + w * (_A6 + w * (_A8 + w * _A10)))
    half_square = 0.5 * f * f
    head, lost = _two_sum(n * LN2_HIGH, f)
    return head + ((s * (half_square + (z * odd + w * even)) + (n * LN2_LOW + added) + lost) - half_square)
