"""Analytic limits of diffusion in the mean field (section 6, checks 2, 3, 4 and 11)."""

import numpy as np
import pytest
from mean_field import diffuse

from simulation.data.geography import great_circle_km, spatial_kernel
from simulation.data.reader import load_dataset
from simulation.metrics import crossing_time, phi_simple, w1

P, Q = 0.03, 0.38


def bass(*, dt, years=30.0):
    return diffuse(np.ones((1, 1)), [1], spontaneous=P, spatial=Q, dt=dt, years=years)[:, 0]


def bass_time(share):
    """Closed form of the continuous curve: F(t) = (1 - e^-(p+q)t) / (1 + q/p e^-(p+q)t) (Bass 1969)."""
    return np.log((1 + share * Q / P) / (1 - share)) / (P + Q)


def test_fully_mixed_diffusion_meets_the_closed_form(verified):
    dt = 1 / 5000
    measured = [crossing_time(bass(dt=dt, years=13), level, dt=dt) for level in (0.1, 0.5, 0.9)]
    assert measured == pytest.approx([bass_time(level) for level in (0.1, 0.5, 0.9)], abs=5e-4)
    verified(
        2,
        "Bass, mean field, dt = 1/5000: t10, t50, t90",
        measured=measured,
        expected=(2.2529, 6.5502, 11.7568),
        within=5e-4,
        digits=6,
    )


@pytest.mark.parametrize("dt", [0.2, 0.1, 0.05])
def test_fully_mixed_diffusion_converges_to_the_bass_curve_at_first_order(dt):
    def error(dt):
        return abs(crossing_time(bass(dt=dt), 0.5, dt=dt) - bass_time(0.5))

    assert error(dt) / error(dt / 2) == pytest.approx(2.0, rel=0.05)


def test_discrete_time_delays_the_bass_curve_by_known_amounts(verified):
    steps = (1.0, 1 / 4, 1 / 12, 1 / 52)
    measured = [crossing_time(bass(dt=dt), 0.5, dt=dt) for dt in steps]
    verified(
        3,
        "the same, t50 at dt = 1, 1/4, 1/12, 1/52",
        measured=measured,
        expected=(7.5148, 6.7972, 6.6330, 6.5693),
        within=1e-4,
    )


def lag(epsilon, *, dt):
    kernel = epsilon / (1 - epsilon)
    shares = diffuse(
        np.array([[1, kernel], [kernel, 1]]),
        [1, 1],
        spontaneous=0.0,
        spatial=0.5,
        dt=dt,
        years=60,
        start=[0.01, 0.0],
    )
    times = [crossing_time(shares[:, region], 0.5, dt=dt) for region in (0, 1)]
    return times[1] - times[0]


def test_the_lag_of_a_second_region_follows_the_share_of_contacts_across(verified):
    measured = [lag(epsilon, dt=1 / 1000) for epsilon in (0.001, 0.01, 0.1)]
    verified(
        4, "lag of t50, mean field, dt = 1/1000; cross contacts .001, .01, .1 (expected: leading order)",
        measured=measured, expected=(10.76, 6.16, 1.69), within=0.02, digits=4,
    )  # fmt: skip
    monthly = [lag(epsilon, dt=1 / 12) for epsilon in (0.01, 0.1)]
    verified(
        4,
        "lag of t50, mean field, monthly; .01, .1",
        measured=monthly,
        expected=(6.32, 1.76),
        within=5e-3,
        digits=4,
    )


@pytest.mark.parametrize(
    ("half_distance", "expected"),
    [(300.0, (15.294, 5.572, 0.3906, 5.974)), (1200.0, (13.138, 0.831, 0.0254, 0.937))],
)
def test_diffusion_from_tatarstan_over_the_real_map(verified, half_distance, expected):
    data = load_dataset("russia-2023")
    n = data.counts.sum(axis=1)
    distance = great_circle_km(
        np.array([region.latitude for region in data.regions]),
        np.array([region.longitude for region in data.regions]),
    )
    spontaneous = np.where(np.array(data.region_ids) == "tatarstan", 0.03, 0.0)
    dt = 1 / 12
    shares = diffuse(
        spatial_kernel(distance, half_distance), n, spontaneous=spontaneous, spatial=0.38, dt=dt, years=60
    )
    weights = n / n.sum()
    half = [crossing_time(shares[:, r], 0.5, dt=dt) for r in range(n.size)]
    measured = (
        float(crossing_time(shares @ weights, 0.5, dt=dt)),
        float(np.std(half)),
        phi_simple(shares, weights, dt=dt),
        w1(shares, dt=dt),
    )
    setting = f"mean field from Tatarstan, half distance {half_distance:g} km: t50, its SD, Phi_simple, W1"
    verified(11, setting, measured=measured, expected=expected, within=2e-3)
