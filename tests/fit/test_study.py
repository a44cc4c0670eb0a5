"""The file of a fit, and the ranges that it gives."""

import numpy as np
import pytest

from simulation.analysis.priors import load_priors, place_between, value_between
from simulation.errors import HyperclusterError
from simulation.fit.likelihood import KEYS
from simulation.fit.ranges import Range, values_at
from simulation.fit.study import Fit, read_fit


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('scenario = "s.toml"\nties = "both"\n', "line 2  ties", '"directed"'),
        ('scenaro = "s.toml"\n', "line 1  scenaro", 'did you mean "scenario"'),
        ('scenario = "s.toml"\npriors = "none"\n', "line 2  priors", "nothing is fitted"),
        (
            'scenario = "s"\n[parameters.a]\nkey = "diffusion.spacial"\n',
            "line 3  parameters.a.key",
            'did you mean "diffusion.spatial"',
        ),
        (
            'scenario = "s"\n[parameters.a]\nkey = "diffusion.spatial"\n[parameters.b]\nkey = "diffusion.spatial"\n',
            "line 5  parameters.b.key",
            'is that of "a" too',
        ),
        (
            'scenario = "s"\n[parameters.a]\nkey = "diffusion.spatial"\nlow = 2.0\nhigh = 1.0\n',
            "line 2  parameters.a",
            "below high",
        ),
        (
            'scenario = "s"\n[parameters.a]\nkey = "diffusion.spatial"\nlow = 2.0\n',
            "line 2  parameters.a",
            "both low and high",
        ),
        (
            'scenario = "s"\n[parameters.a]\nkey = "diffusion.spatial"\nlow = 0.0\nhigh = 1.0\nscale = "log"\n',
            "line 2  parameters.a",
            "above 0 on the scale log",
        ),
    ],
)
def test_a_fault_has_its_line_and_key(tmp_path, text, place, words):
    (tmp_path / "f.toml").write_text(text, encoding="utf-8")
    with pytest.raises(HyperclusterError) as caught:
        read_fit(tmp_path / "f.toml")
    assert place in str(caught.value) and words in str(caught.value)


def test_what_a_study_writes_is_read_as_the_same(tmp_path):
    fit = Fit(scenario="s.toml", seed=3, parameters={"reach": {"key": "diffusion.half_distance_km"}})
    (tmp_path / "f.toml").write_text(fit.to_toml(), encoding="utf-8")
    assert read_fit(tmp_path / "f.toml") == fit
    assert [each.name for each in fit.ranges()] == [
        "reach", "spontaneous", "spatial", "network", "absorptive_capacity_cv"
    ]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_the_shipped_range_is_that_of_an_ensemble(key):
    """Values and places are those of the arithmetic of ensembles; derivatives are limits of differences."""
    (prior,) = (prior for prior in load_priors().priors if key in prior.keys)
    (found,) = Fit(scenario="s", priors="none", parameters={"x": {"key": key}}).ranges()
    places = np.linspace(0.01, 0.99, 25)
    values, slopes = values_at([found], places[:, None])
    same = [value_between(prior.low, prior.high, place, scale=prior.scale) for place in places]
    assert values[:, 0] == pytest.approx(same, rel=1e-12)
    assert found.places(values[:, 0]) == pytest.approx(
        [place_between(prior.low, prior.high, value, scale=prior.scale) for value in same], rel=1e-12
    )
    up, down = (found.values(places + step)[0] for step in (1e-6, -1e-6))
    assert slopes[:, 0] == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_the_ends_of_a_range_are_its_ends():
    for scale, low, high in (("linear", 0.0, 3.0), ("log", 1e-7, 0.3), ("logit", 0.01, 0.99)):
        values = Range("x", "diffusion.spatial", low, high, scale).values(np.array([0.0, 1.0]))[0]
        assert values.tolist() == [low, high] or np.allclose(values, [low, high], rtol=1e-12)
        assert (values >= low).all() and (values <= high).all()
