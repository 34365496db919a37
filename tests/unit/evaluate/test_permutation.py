import numpy as np
from scipy.stats import kstest

from afterimage.evaluate import permutation as module
from afterimage.evaluate.permutation import (
    permutation_p_value,
    picked_sums,
    random_pairings,
)


def test_every_pairing_is_a_permutation():
    pairings = random_pairings(6, 50, np.random.default_rng(0))
    assert pairings.shape == (50, 6)
    assert (np.sort(pairings, axis=1) == np.arange(6)).all()


def test_all_pairings_are_equally_likely():
    pairings = random_pairings(3, 6000, np.random.default_rng(0))
    _, counts = np.unique(pairings, axis=0, return_counts=True)
    assert len(counts) == 6
    assert abs(counts - 1000).max() < 120


def test_picked_sums_equal_a_slow_loop(monkeypatch):
    rng = np.random.default_rng(0)
    table, columns = rng.normal(size=(5, 7)), rng.integers(7, size=(9, 5))
    expected = [sum(table[i, draw[i]] for i in range(5)) for draw in columns]
    np.testing.assert_allclose(picked_sums(table, columns), expected)
    monkeypatch.setattr(module, "CHUNK_ELEMENTS", 10)
    np.testing.assert_allclose(picked_sums(table, columns), expected)


def test_p_value_counts_the_observed_pairing_itself():
    null = np.array([0.1, 0.2, 0.3])
    assert permutation_p_value(0.25, null) == 0.5
    assert permutation_p_value(0.9, null) == 0.25


def test_differences_in_the_last_bits_count_as_equal():
    assert permutation_p_value(0.3, np.full(9, 0.1 + 0.1 + 0.1 - 1e-12)) == 1


def test_an_undefined_score_has_no_p_value():
    assert np.isnan(permutation_p_value(np.nan, np.zeros(3)))
    assert np.isnan(permutation_p_value(0.0, np.zeros(0)))


def test_p_values_are_uniform_without_an_effect():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        table = rng.normal(size=(12, 12))
        columns = random_pairings(12, 199, rng)
        found.append(permutation_p_value(np.trace(table), picked_sums(table, columns)))
    assert kstest(found, "uniform").pvalue > 0.01
