"""Sobol' indices of functions whose indices are known, complete and with failed runs."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from known_functions import KNOWN, Known, covered, saltelli

from simulation.errors import HyperclusterError
from simulation.explore.sobol import sobol_indices

STOCHASTIC = KNOWN[-1]


def indices(known: Known, n: int, seed: int, *, failed: float = 0.0, resamples: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a, b, ab = saltelli(known, n, rng, failed=failed)
    return sobol_indices(a, b, ab=ab, names=known.inputs, rng=rng, resamples=resamples)


def repeated(
    known: Known, repeats: int, *, n: int, failed: float
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    frames = [indices(known, n, seed, failed=failed) for seed in range(repeats)]
    return {
        kind: covered(
            *(np.stack([frame[kind + end] for frame in frames]) for end in ("", "_low", "_high")),
            truth=np.array(getattr(known, kind)),
        )
        for kind in ("first", "total")
    }


@pytest.mark.parametrize("failed", [0.0, 0.05])
@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_indices_lie_within_four_standard_errors_of_the_known_ones(known: Known, failed: float):
    found = indices(known, 2048, 1, failed=failed)
    for kind in ("first", "total"):
        error = (found[f"{kind}_high"] - found[f"{kind}_low"]) / 2 / 1.96
        assert (np.abs(found[kind] - np.array(getattr(known, kind))) <= 4 * error).all()


def test_chance_is_told_apart_as_the_index_of_the_seed():
    """The noise alone, and with the input that scales it: .36 and .39 of the variance."""
    found = indices(STOCHASTIC, 1 << 16, 1, failed=0.05, resamples=20)
    assert found["total"][2] == pytest.approx(0.39, abs=4 * 0.003)
    assert found["first"][2] == pytest.approx(0.36, abs=4 * 0.006)


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_estimates_are_unbiased_and_intervals_cover_on_average(known: Known):
    """200 repeats: the bias of an index has a standard error of .07 standard errors."""
    for bias, coverage in repeated(known, 200, n=512, failed=0.05).values():
        assert (np.abs(bias) < 0.25).all()
        assert 0.92 <= coverage.mean() <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("failed", [0.0, 0.05])
@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_each_estimate_is_unbiased_and_its_interval_covers(known: Known, failed: float):
    """1,000 repeats: the bias has a standard error of .03 standard errors, coverage one of .7 %."""
    for bias, coverage in repeated(known, 1000, n=1024, failed=failed).values():
        assert (np.abs(bias) < 0.25).all()
        assert ((coverage >= 0.92) & (coverage <= 0.98)).all(), coverage


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_our_estimators_are_those_of_salib_where_outcomes_are_complete(known: Known, monkeypatch):
    """A row without any outcome keeps SALib out, and changes no estimator."""
    complete = saltelli(known, 256, np.random.default_rng(2))
    missing = [np.concatenate([part, np.full((*part.shape[:-1], 1), np.nan)], axis=-1) for part in complete]
    from SALib.analyze import sobol

    calls = []
    original = sobol.analyze
    monkeypatch.setattr(sobol, "analyze", lambda *a, **k: calls.append(a) or original(*a, **k))
    frames = [
        sobol_indices(a, b, ab=ab, names=known.inputs, rng=np.random.default_rng(3), resamples=50)
        for a, b, ab in (complete, missing)
    ]
    assert len(calls) == 1
    for kind in ("first", "total"):
        np.testing.assert_allclose(frames[0][kind], frames[1][kind], rtol=1e-10, atol=1e-12)
    assert (frames[0]["n"] == 256).all() and (frames[1]["n"] == 256).all()


@pytest.mark.parametrize("of", ["a", "b", "ab"])
def test_a_missing_outcome_never_reaches_salib_and_changes_little(of: str):
    """SALib would return zeros."""
    outcomes = dict(zip(("a", "b", "ab"), saltelli(STOCHASTIC, 4096, np.random.default_rng(4)), strict=True))
    whole = found_from(outcomes)
    outcomes[of] = outcomes[of].copy()
    outcomes[of].flat[0] = np.nan
    one = found_from(outcomes)
    for kind in ("first", "total"):
        assert (np.abs(one[kind] - whole[kind]) < 0.01).all()
        assert (one[kind] != 0).all()


def found_from(outcomes: dict[str, np.ndarray]) -> pd.DataFrame:
    a, b, ab = outcomes.values()
    return sobol_indices(a, b, ab=ab, names=STOCHASTIC.inputs, rng=np.random.default_rng(5), resamples=20)


def test_an_outcome_that_does_not_vary_has_no_indices():
    for constant in (0.0, 0.1, -1e9):
        same = np.full((5, 64), constant)
        found = sobol_indices(
            same[0], same[1], ab=same[2:], names="abc", rng=np.random.default_rng(6), resamples=20
        )
        assert found[["first", "total", "first_low", "total_high"]].isna().all().all()


def test_no_outcome_at_all_gives_no_indices_and_no_error():
    none = np.full((5, 8), np.nan)
    found = sobol_indices(
        none[0], none[1], ab=none[2:], names="abc", rng=np.random.default_rng(7), resamples=20
    )
    assert found["first"].isna().all() and (found["n"] == 0).all()


def test_the_library_is_loaded_only_for_complete_outcomes(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    assert indices(STOCHASTIC, 64, 8, failed=0.05)["total"].notna().all()
    with pytest.raises(HyperclusterError, match=r"SALib is not installed; pip install"):
        indices(STOCHASTIC, 64, 8)


def test_the_same_generator_gives_the_same_bits():
    pd.testing.assert_frame_equal(indices(STOCHASTIC, 64, 9), indices(STOCHASTIC, 64, 9), check_exact=True)
