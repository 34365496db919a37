import numpy as np
import pytest
from scipy.spatial.distance import cdist

from afterimage.evaluate import similarity
from afterimage.evaluate.similarity import pairwise_correlation, pairwise_cosine


def rows(n, q, seed=0):
    return np.random.default_rng(seed).normal(size=(n, q))


def test_correlation_equals_scipy_to_twelve_decimals():
    predicted, actual = rows(7, 40), rows(9, 40, 1)
    np.testing.assert_allclose(
        pairwise_correlation(predicted, actual),
        1 - cdist(predicted, actual, "correlation"),
        atol=1e-12,
    )


def test_cosine_equals_scipy_to_twelve_decimals():
    predicted, actual = rows(7, 40), rows(9, 40, 1)
    np.testing.assert_allclose(
        pairwise_cosine(predicted, actual), 1 - cdist(predicted, actual, "cosine"), atol=1e-12
    )


def test_blocks_give_the_same_as_one_piece(monkeypatch):
    predicted, actual = rows(200, 30), rows(150, 30, 1)
    whole = pairwise_correlation(predicted, actual)
    monkeypatch.setattr(similarity, "BLOCK_ELEMENTS", 1)
    np.testing.assert_allclose(pairwise_correlation(predicted, actual), whole, atol=1e-14)


def test_float32_features_far_from_zero_are_correlated_in_double_precision():
    values = (1000 + rows(5, 200)).astype(np.float32)
    expected = np.corrcoef(values.astype(np.float64))
    np.testing.assert_allclose(pairwise_correlation(values, values), expected, atol=1e-12)


@pytest.mark.parametrize("level", [0.0, 1.0, 1e6])
def test_constant_rows_are_undefined_even_with_rounding_on_top(level):
    predicted = rows(3, 50)
    predicted[1] = level + 1e-8 * level * rows(1, 50, 2)[0]
    table = pairwise_correlation(predicted, rows(4, 50, 1))
    assert np.isnan(table[1]).all()
    assert not np.isnan(table[[0, 2]]).any()


def test_a_row_of_tiny_numbers_is_not_constant():
    table = pairwise_correlation(1e-12 * rows(3, 50), rows(4, 50, 1))
    np.testing.assert_allclose(table, pairwise_correlation(rows(3, 50), rows(4, 50, 1)))


def test_zero_rows_have_no_cosine():
    predicted = rows(3, 5)
    predicted[2] = 0
    assert np.isnan(pairwise_cosine(predicted, rows(2, 5, 1))[2]).all()


def test_rows_with_a_missing_value_are_undefined():
    predicted = rows(3, 5)
    predicted[0, 2] = np.nan
    assert np.isnan(pairwise_correlation(predicted, rows(2, 5, 1))[0]).all()
    assert np.isnan(pairwise_cosine(predicted, rows(2, 5, 1))[0]).all()


def test_no_rows_give_an_empty_table():
    assert pairwise_correlation(np.zeros((0, 4)), rows(3, 4)).shape == (0, 3)
    assert pairwise_correlation(rows(3, 4), np.zeros((0, 4))).shape == (3, 0)
