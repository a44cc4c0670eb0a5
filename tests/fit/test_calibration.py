"""Simulation-based calibration, and that it would see what is wrong."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, kstest

from simulation.fit import posterior
from simulation.fit.calibration import DRAWS, judged, rank_of

sys.path.insert(0, str(Path(__file__).parents[1]))
from calibrate_fits import BLOCK, PAGE, RANGES, in_words, small_world, verdicts_of
from page_blocks import block_of


def test_uniform_ranks_pass_and_others_do_not():
    draw = np.random.default_rng(1)
    n = 1000
    uniform = draw.integers(0, DRAWS + 1, n)
    narrow = np.clip(np.rint(50 + 20 * draw.normal(size=n)), 0, DRAWS).astype(int)  # of too wide a posterior
    wide = np.where(draw.random(n) < 0.15, draw.choice([0, DRAWS], n), uniform)  # of too narrow a posterior
    shifted = np.clip(uniform + 8, 0, DRAWS)
    verdicts = judged(np.column_stack([uniform, narrow, wide, shifted]), ["a", "b", "c", "d"])
    assert [verdict.passes for verdict in verdicts] == [True, False, False, False]
    assert verdicts[0].coverage == pytest.approx(0.9, abs=0.03)
    assert verdicts[1].coverage > verdicts[1].high and verdicts[2].coverage < verdicts[2].low


def test_correction_for_several_parameters_is_that_of_holm():
    draw = np.random.default_rng(4)
    ranks = draw.integers(0, DRAWS + 1, (100, 5))
    alone = sorted(judged(ranks[:, [k]], ["x"])[0].p_value for k in range(5))
    expected = np.minimum(np.maximum.accumulate(np.array(alone) * [5, 4, 3, 2, 1]), 1)
    assert sorted(verdict.p_value for verdict in judged(ranks, list("abcde"))) == pytest.approx(expected)


@pytest.mark.slow
def test_a_fit_of_a_small_world_has_a_rank_for_every_parameter(tmp_path):
    world = small_world(tmp_path)
    ranks = rank_of(world, RANGES, seed=3)
    assert ((ranks >= 0) & (ranks <= DRAWS)).all() and len(ranks) == len(RANGES)


def test_what_is_written_of_ranks_says_who_fails():
    even = np.tile(np.arange(200)[:, None] % (DRAWS + 1), len(RANGES))
    text = in_words(verdicts_of(even), fits=200)
    assert text.count("| 90.0 % |") == len(RANGES)
    assert "From 200 fits" in text and text.endswith("all are as they should be.")
    narrow = even.copy()
    narrow[:50, 1] = DRAWS  # of a posterior that is too narrow on one side
    assert in_words(verdicts_of(narrow), fits=200).endswith(f"not as it should be: {RANGES[1].name}.")


def test_the_page_has_a_whole_number_of_fits_in_each_row_and_their_band():
    text = block_of(PAGE.read_text(encoding="utf-8"), BLOCK)
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) % \|$", text, flags=re.MULTILINE)
    (told,) = re.findall(
        r"^From ([\d,]+) fits, .* ([\d.]+) to ([\d.]+) %; all are .*$", text, flags=re.MULTILINE
    )
    fits = int(told[0].replace(",", ""))
    band = [float(binom.ppf(q, fits, 0.9)) / fits for q in (0.0005, 0.9995)]
    assert [float(end) for end in told[1:]] == pytest.approx([100 * end for end in band], abs=0.05)
    assert [name for name, *_ in rows] == [each.name for each in RANGES]
    for _, p_value, coverage in rows:
        held = float(coverage) / 100 * fits
        assert held == pytest.approx(round(held), abs=1e-6)
        assert band[0] * fits <= held <= band[1] * fits and float(p_value) > 0.001


@pytest.mark.slow
def test_a_hundred_fits_are_calibrated(tmp_path):
    """At a level of .1 %; seeds are fixed, so that the test always gives the same."""
    world = small_world(tmp_path)
    ranks = np.array([rank_of(world, RANGES, seed=seed) for seed in range(1, 101)])
    for verdict in judged(ranks, [each.name for each in RANGES]):
        assert verdict.passes, verdict


@pytest.mark.slow
def test_without_data_the_draws_are_spread_evenly_over_the_ranges():
    """Kolmogorov and Smirnov, at a level of .1 % for as many draws as are effective; the likelihood is constant."""

    class NoData:
        keys = tuple(each.key for each in RANGES)

        def logs(self, values):
            return np.zeros(len(values))

    density = posterior.log_density(NoData(), RANGES)
    chain, start = None, posterior.starts(density, np.full(4, 0.5), seed=1)
    for block in range(6):
        new = posterior.sample_block(density, start, seed=1, block=block)
        chain, start = new if chain is None else np.concatenate([chain, new], axis=1), new[:, -1]
    found = posterior.diagnosed(chain)
    places = posterior.places_of(posterior.draws(chain, 2000, seed=1))
    for n in range(4):
        distance = kstest(places[:, n], "uniform").statistic
        assert distance < 1.95 / np.sqrt(min(found.effective[n], 2000))
