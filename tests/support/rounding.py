"""Running error analysis: how far a computed value can be from the one that exact arithmetic would give.

A formula is evaluated with ``Rounded`` instead of floats. Every operation widens the interval of exact values, passes
the errors of its operands on, and adds half a unit in the last place for its own rounding, unless it is known to be
exact.

References
----------
Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM, section 3.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

OUTWARD = 1e-12
"""Relative widening of intervals and errors, which covers the rounding of this analysis itself."""


@dataclass(frozen=True)
class Rounded:
    """A computed double."""

    low: float  # interval of the value that exact arithmetic gives
    high: float
    error: float = 0.0  # bound of the distance of the computed value from it
    unit: float = 0.0  # the computed value is a multiple of this; 0 if that is not known
    before: float = 0.0  # bound of the error without the rounding of the last operation

    @staticmethod
    def of(value: Rounded | float) -> Rounded:
        if isinstance(value, Rounded):
            return value
        return Rounded(value, value, unit=lowest_bit(value))

    @property
    def largest(self) -> float:
        """Bound of the magnitude of the computed value."""
        return max(abs(self.low), abs(self.high)) + self.error

    @property
    def ulps(self) -> float:
        """Bound of the error in units in the last place of the exact value.

        The last rounding adds 1/2, also where values of two units are near: the power of two between them is a double.
        """
        return self.before / math.ulp(self.smallest) + (0.5 if self.error > self.before else 0.0)

    @property
    def smallest(self) -> float:
        if self.low <= 0.0 <= self.high:
            return 0.0
        return max(min(abs(self.low), abs(self.high)) - self.error, 0.0)

    @property
    def is_a_number(self) -> bool:
        return self.low == self.high and self.error == 0.0

    def __neg__(self) -> Rounded:
        return Rounded(-self.high, -self.low, self.error, self.unit)

    def __add__(self, other: Rounded | float) -> Rounded:
        other = Rounded.of(other)
        if self.is_a_number and other.is_a_number:
            return _of_numbers(Fraction(self.low) + Fraction(other.low))
        exact = Rounded(self.low + other.low, self.high + other.high, self.error + other.error)
        return _rounded(exact, unit=min(self.unit, other.unit))

    def __sub__(self, other: Rounded | float) -> Rounded:
        return self + -Rounded.of(other)

    def __mul__(self, other: Rounded | float) -> Rounded:
        other = Rounded.of(other)
        if self.is_a_number and other.is_a_number:
            return _of_numbers(Fraction(self.low) * Fraction(other.low))
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        mine, others = max(abs(self.low), abs(self.high)), max(abs(other.low), abs(other.high))
        error = mine * other.error + others * self.error + self.error * other.error
        exact = Rounded(min(ends), max(ends), error)
        for factor in (self, other):
            if factor.is_a_number and abs(math.frexp(factor.low)[0]) in (0.0, 0.5):
                return _outward(exact, unit=self.unit * other.unit)  # a power of two
        return _rounded(exact, unit=self.unit * other.unit)

    def __truediv__(self, other: Rounded | float) -> Rounded:
        other = Rounded.of(other)
        assert other.smallest > 0.0
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        quotient = max(map(abs, ends))
        exact = Rounded(min(ends), max(ends), (self.error + quotient * other.error) / other.smallest)
        return _rounded(exact, unit=0.0)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Rounded:
        return Rounded.of(other) - self

    def __rtruediv__(self, other: float) -> Rounded:
        return Rounded.of(other) / self


def two_sum(a: Rounded | float, b: Rounded | float) -> tuple[Rounded, Rounded]:
    """Return a sum and its rounding error, whose sum in turn is exact: the only error of both is that of a and b."""
    a, b = Rounded.of(a), Rounded.of(b)
    total = Rounded(a.low + b.low, a.high + b.high, a.error + b.error)
    lost = half_ulp(total.largest)
    unit = min(a.unit, b.unit)
    return (
        Rounded(total.low - lost, total.high + lost, total.error, max(unit, _ulp_of_smallest(total))),
        Rounded(-lost, lost, 0.0, unit),
    )


def half_ulp(value: float) -> float:
    return math.ulp(value) / 2


def lowest_bit(value: float) -> float:
    """The largest power of two that divides a number; infinite for 0."""
    if value == 0.0:
        return math.inf
    numerator, denominator = abs(value).as_integer_ratio()
    return (numerator & -numerator) / denominator


def _rounded(exact: Rounded, *, unit: float) -> Rounded:
    """Round to the nearest double: exact if 53 digits reach down to the unit of the result."""
    if exact.largest <= 2.0**53 * unit:
        return replace(_outward(exact, unit=unit), before=exact.error * (1 + OUTWARD))
    more = Rounded(exact.low, exact.high, exact.error + half_ulp(exact.largest))
    return replace(_outward(more, unit=max(unit, _ulp_of_smallest(more))), before=exact.error)


def _ulp_of_smallest(value: Rounded) -> float:
    return math.ulp(value.smallest) if value.smallest > 0.0 else 0.0


def _outward(value: Rounded, *, unit: float) -> Rounded:
    wider = OUTWARD * max(abs(value.low), abs(value.high))
    return Rounded(value.low - wider, value.high + wider, value.error * (1 + OUTWARD), unit)


def _of_numbers(exact: Fraction) -> Rounded:
    value = float(exact)
    error = abs(float(exact - Fraction(value)))
    return Rounded(value, value, error, lowest_bit(value))
