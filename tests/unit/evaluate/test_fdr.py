"""Benjamini and Hochberg's rate, against SciPy and against a simulation whose truth is known."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from afterimage.evaluate.fdr import q_values
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.voxel_table import Places, voxel_table


@pytest.mark.parametrize("m", [1, 2, 7, 400])
def test_q_values_equal_scipy(m):
    p = np.random.default_rng(m).uniform(size=m) ** 2
    np.testing.assert_allclose(q_values(p), false_discovery_control(p), rtol=1e-12)


def test_equal_p_values_have_equal_q_values_as_in_scipy():
    p = np.array([0.01, 0.5, 0.01, 0.01, 1.0, 0.5])
    np.testing.assert_allclose(q_values(p), false_discovery_control(p), rtol=1e-12)


def test_what_was_not_tested_does_not_count():
    p = np.array([0.01, np.nan, 0.2, np.nan])
    found = q_values(p)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(p))
    np.testing.assert_allclose(found[[0, 2]], false_discovery_control(p[[0, 2]]))
    assert len(q_values(np.zeros(0))) == 0


def test_the_rate_holds_and_voxels_with_signal_are_found():
    rates, power = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        actual = rng.normal(size=(60, 200))
        signal = np.arange(200) < 40
        predicted = np.where(signal, actual, 0) + rng.normal(size=actual.shape)
        pair = Pair(predicted, actual, np.arange(60))
        table = voxel_table(pair, Places.of(range(200)), draws=Draws(0, 499, seed))
        found = (table["q_value"] <= 0.1).to_numpy()
        rates.append((found & ~signal).sum() / max(1, found.sum()))
        power.append(found[signal].mean())
    # Independent voxels: the expected rate is the level times the share of null voxels, .08.
    assert np.mean(rates) < 0.1
    assert np.mean(rates) > 0.03
    assert np.mean(power) > 0.95


def test_nothing_is_found_where_there_is_nothing():
    found = []
    for seed in range(40):
        pair = Pair(*np.random.default_rng(seed).normal(size=(2, 30, 50)), np.arange(30))
        table = voxel_table(pair, Places.of(range(50)), draws=Draws(0, 999, seed))
        found.append((table["q_value"] <= 0.05).any())
    # With nothing but null voxels the rate is the chance of any discovery at all.
    assert np.mean(found) <= 0.15
