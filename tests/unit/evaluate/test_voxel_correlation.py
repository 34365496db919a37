import numpy as np
import pytest
from sklearn.metrics import r2_score

from afterimage.evaluate import voxel_correlation as module
from afterimage.evaluate.pairings import row_pairings
from afterimage.evaluate.voxel_correlation import (
    permuted_means,
    permuted_voxels,
    products_r,
    products_r2,
    resampled_r,
    resampled_r2,
    voxel_r,
    voxel_r2,
)

N, V = 25, 6


def responses(seed=0):
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(N, V)) + 3
    return 0.5 * actual + rng.normal(size=(N, V)) * 0.5 + 1, actual


def slow_r(predicted, actual):
    return np.array([np.corrcoef(predicted[:, v], actual[:, v])[0, 1] for v in range(V)])


def slow_r2(predicted, actual):
    return r2_score(actual, predicted, multioutput="raw_values")


CASES = [(resampled_r, products_r, slow_r), (resampled_r2, products_r2, slow_r2)]


def test_r_equals_numpy():
    np.testing.assert_allclose(voxel_r(*responses()), slow_r(*responses()), atol=1e-12)


def test_r2_equals_scikit_learn():
    np.testing.assert_allclose(voxel_r2(*responses()), slow_r2(*responses()), atol=1e-12)


def test_constant_voxels_are_undefined():
    predicted, actual = responses()
    predicted[:, 0], actual[:, 1] = 4.2, 4.2
    np.testing.assert_array_equal(np.isnan(voxel_r(predicted, actual)), [1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(np.isnan(voxel_r2(predicted, actual)), [0, 1, 0, 0, 0, 0])


@pytest.mark.parametrize(("resampled", "products", "slow"), CASES)
def test_bootstrap_equals_scoring_each_sample_by_itself(resampled, products, slow):
    predicted, actual = responses()
    ids = np.arange(N)
    rng = np.random.default_rng(4).integers(N, size=(15, N))
    expected = [slow(predicted[rows], actual[rows]) for rows in rng]
    parts = resampled(predicted, actual, ids, np.random.default_rng(4), 15)
    np.testing.assert_allclose(np.vstack([scores for _, scores in parts]), expected, atol=1e-9)


@pytest.mark.parametrize(("resampled", "products", "slow"), CASES)
def test_permutation_equals_scoring_each_pairing_by_itself(resampled, products, slow):
    predicted, actual = responses()
    orders = np.random.default_rng(4).permuted(np.tile(np.arange(N), (15, 1)), axis=1)
    expected = [slow(predicted[order], actual) for order in orders]
    sums, ids = products(predicted, actual), np.arange(N)
    pairings = list(row_pairings(ids, None, np.random.default_rng(4), 15))
    found = list(permuted_voxels(sums, pairings))
    np.testing.assert_allclose(found, expected, atol=1e-9)
    means = permuted_means(sums, pairings)
    np.testing.assert_allclose(means, np.mean(expected, axis=1), atol=1e-9)


@pytest.mark.parametrize(("resampled", "products", "slow"), CASES)
def test_chunks_of_draws_give_the_same(monkeypatch, resampled, products, slow):
    data = (*responses(), np.arange(N))
    whole = np.vstack([s for _, s in resampled(*data, np.random.default_rng(0), 20)])
    monkeypatch.setattr(module, "CHUNK_ELEMENTS", 3 * V)
    parts = list(resampled(*data, np.random.default_rng(0), 20))
    assert len(parts) > 1
    assert [part.start for part, _ in parts] == list(range(0, 20, 3))
    np.testing.assert_allclose(np.vstack([s for _, s in parts]), whole)


def test_rows_of_a_stimulus_are_permuted_together():
    predicted, actual = responses()
    ids = np.arange(N) // 5
    one = predicted[np.unique(ids, return_index=True)[1]]
    products = products_r(one[ids], actual)
    pairings = list(row_pairings(ids, None, np.random.default_rng(0), 10))
    found = list(permuted_voxels(products, pairings))
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(5), (10, 1)), axis=1)
    np.testing.assert_allclose(found, [slow_r(one[o][ids], actual) for o in orders], atol=1e-9)
    means = permuted_means(products, pairings)
    np.testing.assert_allclose(means, np.mean(found, axis=1), atol=1e-9)


def test_one_stimulus_yields_no_bootstrap():
    data = (*responses(), np.zeros(N))
    assert list(resampled_r(*data, np.random.default_rng(0), 5)) == []
