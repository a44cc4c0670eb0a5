"""Terms of the hazard against a plain twin that reads like equation (5)."""

import numpy as np
import pytest

from simulation.channels import Channel
from simulation.engine.kernels import hazard
from simulation.engine.kernels.hazard import Bonus, Government

R, S, K, H, J = 3, 2, 4, 2, 5
P0, B_S, B_B, B_I, B_D, I_SCALE = 0.0002, 0.9, 0.5, 0.02, 0.3, 2.0
RATES = np.zeros(len(Channel))
RATES[Channel.SPONTANEOUS], RATES[Channel.SPATIAL], RATES[Channel.NETWORK] = P0, B_S, B_B
RATES[Channel.INSTITUTIONAL], RATES[Channel.DIGITAL] = B_I, B_D


@pytest.fixture
def world():
    rng = np.random.default_rng(11)
    chi = np.array([0.0, 0.2, 0.5, 0.9])
    return {
        "region": np.array([0, 1, 2, 0, 2]),
        "on": np.array([[0, 0], [0, 0], [0, 0], [1, 0], [1, 1]], dtype=bool),
        "meets": np.array([True, False]),
        "serves": rng.random((H, J)) < 0.5,
        "f_near": 1 - chi**2,
        "f_far": (1 - chi) ** 2,
        "delta": np.array([0.2, 0.5, 0.8]),
        "spontaneous": np.array([1.0, 1.0, 1.0, 1.2, 1.8]),
        "incentive": np.array([0.0, 0.001, 0.0, 0.0, 0.002]),
        "S": rng.random((R, S, K)),
        "D": rng.random((H, S, K)),
        "near": rng.random((R, J)),
        "Q": 1 + rng.random(J),
        "y": rng.random((J, K)) < 0.6,
    }


def compiled(w, *, substituted=False, strata=None, industries=None):
    """Terms (C, S, K, channels), one technology after the other."""
    strata = np.arange(5) if strata is None else strata
    industries = np.arange(S) if industries is None else industries
    out = np.full((5, S, K, len(Channel)), np.nan)
    for k in range(K):
        terms = np.full((5, S, len(Channel)), np.nan)
        local, remote = institutional(w, k, strata=strata)
        contact_factor = np.full(5, np.nan)
        hazard.steady_terms(
            strata, industries, w["on"], w["meets"], RATES, w["f_near"][k], substituted, w["spontaneous"],
            w["incentive"], local, contact_factor, terms,
        )  # fmt: skip
        hazard.contact_terms(
            strata, industries, w["region"], w["on"], RATES, w["f_near"][k], w["f_far"][k], w["delta"],
            np.ascontiguousarray(w["S"][:, :, k].T), np.ascontiguousarray(w["D"][:, :, k]), remote, contact_factor,
            terms,
        )  # fmt: skip
        out[:, :, k] = terms
    return out


def institutional(w, k, *, strata):
    parts = np.full(5, np.nan), np.full(5, np.nan)
    hazard.institutional_terms(
        strata, w["region"], w["on"], w["serves"], RATES[Channel.INSTITUTIONAL], I_SCALE, w["f_far"][k], w["delta"],
        w["near"], w["Q"], np.ascontiguousarray(w["y"][:, k]), *parts,
    )  # fmt: skip
    return parts


def twin(w, c, s, k, *, substituted=False):
    r = w["region"][c]
    platforms = [h for h in range(H) if w["on"][c, h]]
    member = any(w["meets"][h] for h in platforms)
    scale = (B_S + B_B) / (B_S + B_B + B_D) if substituted and member else 1.0
    total = local = 0.0
    for j in range(J):
        near = w["near"][r, j] * w["Q"][j] * w["y"][j, k]
        far = w["f_far"][k] * w["delta"][r] * w["Q"][j] * w["y"][j, k]
        local += near
        total += max(near, far) if any(w["serves"][h, j] for h in platforms) else near
    institutional = B_I * (1 - np.exp(-total / I_SCALE))
    digital = max((w["D"][h, s, k] for h in platforms), default=0.0)
    terms = {
        Channel.SPONTANEOUS: P0 * w["spontaneous"][c],
        Channel.SPATIAL: w["f_near"][k] * scale * B_S * w["S"][r, s, k],
        Channel.NETWORK: w["f_near"][k] * scale * B_B,
        Channel.INSTITUTIONAL: institutional * local / total,
        Channel.DIGITAL: w["f_far"][k] * w["delta"][r] * scale * B_D * digital
        + institutional * (total - local) / total,
        Channel.INCENTIVE: w["incentive"][c],
    }
    return [terms[channel] for channel in Channel]


@pytest.mark.parametrize("substituted", [False, True])
def test_terms_equal_equation_5(world, substituted):
    got = compiled(world, substituted=substituted)
    for c, s, k in np.ndindex(5, S, K):
        np.testing.assert_allclose(got[c, s, k], twin(world, c, s, k, substituted=substituted), rtol=1e-12)


def test_only_the_crowds_asked_for_are_computed(world):
    got = compiled(world, strata=np.array([1, 3]))
    assert np.isnan(got[[0, 2, 4]]).all()
    assert np.isfinite(got[[1, 3]]).all()
    one = compiled(world, industries=np.array([1]))
    assert np.isnan(one[:, 0]).all()
    np.testing.assert_array_equal(one[:, 1], compiled(world)[:, 1])


def test_institutional_terms_are_computed_for_the_strata_asked_for(world):
    local, remote = institutional(world, 1, strata=np.array([2, 4]))
    everything = institutional(world, 1, strata=np.arange(5))
    for part, whole in zip((local, remote), everything, strict=True):
        np.testing.assert_array_equal(part[[2, 4]], whole[[2, 4]])
        assert np.isnan(part[[0, 1, 3]]).all()


def test_without_masters_institutions_add_nothing_and_nothing_is_divided_by_zero(world):
    world["y"][:] = False
    got = compiled(world)
    assert np.all(got[..., Channel.INSTITUTIONAL] == 0)
    assert np.isfinite(got).all()


def test_rates_split_into_what_alpha_multiplies_and_what_the_network_adds(world):
    terms = compiled(world)
    rho = np.array([[1.0, 0.5, 0.0, 1.0], [0.5, 1.0, 1.0, 0.0]])
    x = np.random.default_rng(12).uniform(0.5, 2.0, (R, S, K))
    factor = np.array([1.0, 1.0, 1.2, 1.0, 1.5])
    for k in range(K):
        base, slope, scales = np.empty((2, 5, S)), np.empty((2, 5, S)), np.empty((5, S))
        of_all = np.arange(5), np.arange(S), world["region"], np.ascontiguousarray(terms[:, :, k])
        market = np.ascontiguousarray(x[:, :, k].T)
        hazard.hazard_slopes(1.0, *of_all, rho[:, k], market, factor, scales, slope)
        hazard.hazard_rates(1.0, *of_all, scales, slope, np.ascontiguousarray(world["S"][:, :, k].T), base)
        for c, s in np.ndindex(5, S):
            r = world["region"][c]
            scale = rho[s, k] * x[r, s, k] * factor[c]
            assert slope[0, c, s] == pytest.approx(scale * terms[c, s, k, Channel.NETWORK], rel=1e-14)
            assert base[0, c, s] + slope[0, c, s] == pytest.approx(scale * terms[c, s, k].sum(), rel=1e-13)
            # Without an eligible partner exposure to partners is that to the region and its surroundings.
            assert base[1, c, s] == base[0, c, s] + slope[0, c, s] * world["S"][r, s, k]
            assert slope[1, c, s] == 0.0


def test_each_vector_counts_once_and_the_best_government_wins():
    bonus, government = np.zeros((2, len(Bonus))), np.zeros((2, len(Government)))
    bonus[:, Bonus.ABSORPTIVE] = 0.1
    bonus[1, Bonus.HAZARD] = 0.1
    bonus[:, Bonus.SPONTANEOUS] = 1.0
    government[0, [Government.TRAINING, Government.INCENTIVE]] = 0.2, 0.003
    factor, spontaneous, incentive = np.empty(3), np.empty(3), np.empty(3)
    hazard.stratum_factors(
        np.arange(3),
        np.array([0, 1, 1]),
        np.array([[False, False], [True, False], [True, True]]),
        np.array([0.5, 0.8]),
        np.array([0.25, 0.0]),
        np.array([0.0, 0.001]),
        bonus,
        government,
        factor,
        spontaneous,
        incentive,
    )
    np.testing.assert_allclose(factor, [1.25, 1.2 * 1.08, 1.2 * 1.08 * 1.08])
    np.testing.assert_allclose(spontaneous, [1.0, 1.8, 1.8])
    np.testing.assert_allclose(incentive, [0.0, 0.003, 0.003])
