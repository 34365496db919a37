"""Scores over their noise ceilings, against voxels whose ceilings are known."""

import numpy as np
import pytest

from afterimage.evaluate.ceilings import ceiling_correlation
from afterimage.evaluate.normalised import normalised_r, usable_ceilings
from afterimage.evaluate.pair import Pair
from afterimage.evaluate.summarise import Draws
from afterimage.evaluate.voxel_table import Places, voxel_table


def simulated(n=400, v=60, repetitions=3, seed=0):
    """Return the signal of voxels, the mean of noisy repetitions, and the true ceilings."""
    rng = np.random.default_rng(seed)
    ncsnr = np.linspace(0.05, 2, v)
    signal = rng.normal(size=(n, v))
    noise = rng.normal(size=(n, v)) / ncsnr / np.sqrt(repetitions)
    percent = 100 * ncsnr**2 / (ncsnr**2 + 1 / repetitions)
    return signal, signal + noise, ceiling_correlation(percent)


def table_of(predicted, actual, ceiling, floor):
    pair = Pair(predicted, actual, np.arange(len(actual)))
    places = Places.of(range(actual.shape[1]))
    return voxel_table(pair, places, draws=Draws(0, 99, 0), floor=floor, ceiling_r=ceiling)


def test_a_perfect_encoder_reaches_one_and_half_of_its_variance_half():
    signal, actual, ceiling = simulated()
    table = table_of(signal, actual, ceiling, 0.3)
    normalised = table["normalised_r"].dropna()
    assert normalised.mean() == pytest.approx(1, abs=0.02)
    assert table["normalised_r2"].dropna().mean() == pytest.approx(1, abs=0.03)
    # Ratios scatter around one: they are not cut off there.
    assert (normalised > 1).sum() > 10
    other = np.random.default_rng(1).normal(size=signal.shape)
    half = table_of((signal + other) / 2, actual, ceiling, 0.3)
    assert half["normalised_r"].mean() == pytest.approx(np.sqrt(0.5), abs=0.02)


def test_channels_below_the_floor_have_no_normalised_score():
    signal, actual, ceiling = simulated()
    ceiling[5] = np.nan
    table = table_of(signal, actual, ceiling, 0.4)
    below = ~(ceiling >= 0.4)
    assert 3 < below.sum() < 30
    np.testing.assert_array_equal(table["normalised_r"].isna(), below)
    np.testing.assert_array_equal(table["normalised_r2"].isna(), below)
    assert table["ceiling_r"].isna().sum() == 1


def test_a_ceiling_of_zero_divides_nothing():
    usable = usable_ceilings(np.array([0.0, 0.5, np.nan]), 0.0)
    np.testing.assert_array_equal(normalised_r(np.array([0.1, 0.25, 0.3]), usable)[1], 0.5)
    assert np.isnan(usable[[0, 2]]).all()
