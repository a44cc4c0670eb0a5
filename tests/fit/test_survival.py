"""Probabilities of adoption against closed forms, arbitrary precision and differences."""

from itertools import combinations

import mpmath
import numpy as np
import pytest

from simulation.fit.survival import log_event, log_events, log_survival


def by_difference(function, at, *, relative=1e-6):
    step = relative * max(abs(at), 1e-3)
    return (function(at + step) - function(at - step)) / (2 * step)


@pytest.mark.parametrize("v", [0.0, 1e-7, 1e-3, 0.3, 4.0])
@pytest.mark.parametrize("h", [1e-6, 0.02, 1.0, 30.0])
def test_survival_is_the_laplace_transform_of_the_gamma_distribution(h, v):
    with mpmath.workdps(40):
        exact = -mpmath.mpf(h) if v == 0 else -mpmath.log(1 + mpmath.mpf(v) * h) / v
    value, by_h, by_v = (float(each) for each in log_survival(np.float64(h), np.float64(v)))
    assert value == pytest.approx(float(exact), rel=1e-14)
    assert by_h == pytest.approx(by_difference(lambda x: float(log_survival(x, v)[0]), h), rel=1e-6)
    if v > 1e-5:
        slope = by_difference(lambda x: float(log_survival(h, x)[0]), v)
        assert by_v == pytest.approx(slope, rel=1e-6, abs=1e-9)
    else:
        assert by_v == pytest.approx(h * h / 2, rel=1e-5)


@pytest.mark.parametrize("v", [1e-4, 0.25, 2.0])
@pytest.mark.parametrize(("before", "during"), [(1e-3, 0.01), (0.4, 0.5), (3.0, 1e-4)])
def test_an_event_and_its_derivatives(before, during, v):
    at = [before, during, v]

    def moved(n, by):
        return float(log_event(*map(np.float64, [*at[:n], at[n] + by, *at[n + 1 :]]))[0])

    value, *slopes = (float(each) for each in log_event(*map(np.float64, at)))
    assert value == pytest.approx(signed_sum(before, [during], v), rel=1e-13)
    for n, slope in enumerate(slopes):
        step = 1e-4 * at[n] if n < 2 else 1e-3 * v
        assert slope == pytest.approx((moved(n, step) - moved(n, -step)) / (2 * step), rel=1e-5, abs=1e-8)


def test_an_event_without_any_exposure_is_impossible():
    assert log_event(np.float64(0.3), np.float64(0.0), np.float64(0.5))[0] == -np.inf
    assert log_events(np.array([0.3]), np.array([[0.0, 0.2]]), 0.5)[0][0] == -np.inf


def signed_sum(rest, during, v):
    """E by inclusion and exclusion over the terms, with enough digits for their cancellation."""
    with mpmath.workdps(80):
        v = mpmath.mpf(v)
        total = mpmath.mpf(0)
        for size in range(len(during) + 1):
            for chosen in combinations(during, size):
                h = mpmath.mpf(rest) + mpmath.fsum(map(mpmath.mpf, chosen))
                total += (-1) ** size * (1 + v * h) ** (-1 / v)
        return float(mpmath.log(total))


@pytest.mark.parametrize("v", [1e-4, 0.01, 0.49, 1.0, 4.0, 25.0])
@pytest.mark.parametrize(
    ("rest", "during"),
    [
        (0.5, [0.3]),
        (2.0, [0.05, 0.4]),
        (0.0, [1e-3, 2.0, 1e-6]),
        (20.0, [5.0, 0.1, 0.1, 1e-5]),
        (0.1, [400.0, 300.0]),
    ],
)
def test_several_technologies_are_the_signed_sum(rest, during, v):
    value = log_events(np.array([rest]), np.array([during]), v)[0][0]
    assert value == pytest.approx(signed_sum(rest, during, v), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("v", [0.02, 0.49, 3.0])
def test_derivatives_of_several_technologies(v):
    rest, during = np.array([0.5, 2.0, 0.0]), np.array([[0.3, 0.01], [2.0, 0.2], [1e-3, 30.0]])
    _, by_rest, by_during, by_v = log_events(rest, during, v)

    def close(found, up, down, step):
        difference = (up - down) / (2 * step)
        assert np.abs(found - difference).max() < 1e-6 * np.abs(difference).max() + 1e-8

    e = 1e-4  # of second order; less would be rounding
    close(by_v, log_events(rest, during, v * (1 + e))[0], log_events(rest, during, v * (1 - e))[0], v * e)
    close(by_rest[:2], *(log_events(rest[:2] + s, during[:2], v)[0] for s in (e, -e)), e)
    for m in range(2):
        step = np.zeros_like(during)
        step[:, m] = e * during[:, m]
        up, down = (log_events(rest, during + s * step, v)[0] for s in (1, -1))
        close(by_during[:, m] * during[:, m], up, down, e)


def test_one_adoption_is_the_closed_form():
    before, during = np.array([0.1, 1.0, 4.0]), np.array([0.2, 0.01, 9.0])
    closed = log_event(before, during, np.float64(0.6))[0]
    assert log_events(before, during[:, None], 0.6)[0] == pytest.approx(closed, rel=1e-11)
