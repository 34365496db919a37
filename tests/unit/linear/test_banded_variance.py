"""Variance of held-out targets, split among spaces."""

import numpy as np
import pytest

from afterimage.contracts.errors import ShapeError
from afterimage.linear.banded import banded_ridge_cv
from afterimage.linear.banded_settings import BandedSettings
from afterimage.linear.ridge_cv import RidgeSettings
from afterimage.linear.variance import explained, partition_variance, product_measure

SETTINGS = BandedSettings(RidgeSettings(np.logspace(-1, 5, 7), dtype="float64"), draws=12)
TRAIN, TEST = slice(0, 150), slice(150, 1150)


def simulated(weight_a, weight_b, seed=0, shared=0.0):
    """Rows of two spaces with common columns, and targets that follow them; noise variance 1."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(1150, 10))
    a, b = (shared * common + rng.normal(size=(1150, 10)) for _ in range(2))
    columns = rng.normal(size=(2, 10, 4))
    columns /= np.linalg.norm(columns, axis=1, keepdims=True)
    y = weight_a * a @ columns[0] + weight_b * b @ columns[1] + rng.normal(size=(1150, 4)) + 5
    return {"a": a, "b": b}, y


def cut(spaces, rows):
    return {name: space[rows] for name, space in spaces.items()}


def test_the_product_measure_sums_to_r2_and_is_himalayas():
    from himalaya.scoring import r2_score_split

    spaces, y = simulated(1, 2, shared=1.0)
    fit = banded_ridge_cv(cut(spaces, TRAIN), y[TRAIN], SETTINGS)
    parts = fit.parts(cut(spaces, TEST))
    product = product_measure(parts, y[TEST], fit.target_mean)
    joint = explained(fit.predict(cut(spaces, TEST)), y[TEST], fit.target_mean)
    np.testing.assert_allclose(product.sum(axis=0), joint, atol=1e-12)
    still = y[TEST] - y[TEST].mean(axis=0)
    expected = r2_score_split(still, parts)
    np.testing.assert_allclose(product_measure(parts, still, 0.0 * fit.target_mean), expected)


def test_r2_is_counted_from_the_training_mean():
    y = np.array([[1.0], [3.0]])
    np.testing.assert_allclose(explained(np.zeros((2, 1)), y, np.zeros(1)), 0)
    np.testing.assert_allclose(explained(y, y, np.zeros(1)), 1)
    np.testing.assert_allclose(explained(np.ones((2, 1)), y, np.zeros(1)), 1 - 4 / 10)
    assert np.isnan(explained(y[:1], y[:1], y[0])).all()


def test_a_space_that_drives_targets_alone_has_all_of_the_unique_variance():
    spaces, y = simulated(2, 0)
    found = partition_variance(cut(spaces, TRAIN), y[TRAIN], cut(spaces, TEST), y[TEST], SETTINGS)
    assert found.names == ("a", "b")
    # Signal variance is about 4 of 5.
    assert (found.unique[0] > 0.5).all()
    assert (np.abs(found.unique[1]) < 0.03).all()
    assert (np.abs(found.product[1]) < 0.03).all()
    np.testing.assert_allclose(found.product.sum(axis=0), found.joint, atol=1e-12)


def test_two_spaces_that_drive_targets_share_in_proportion():
    spaces, y = simulated(1, 2)
    found = partition_variance(cut(spaces, TRAIN), y[TRAIN], cut(spaces, TEST), y[TEST], SETTINGS)
    # Independent spaces: unique parts and product measures agree, 1 and 4 of 6 on the average.
    np.testing.assert_allclose(found.unique.mean(axis=1), [1 / 6, 4 / 6], atol=0.1)
    np.testing.assert_allclose(found.product.mean(axis=1), [1 / 6, 4 / 6], atol=0.1)
    np.testing.assert_allclose(found.unique.sum(axis=0), found.joint, atol=0.1)


def test_what_spaces_tell_alike_is_unique_to_neither():
    spaces, y = simulated(1, 0)
    spaces["b"] = spaces["a"] + 1e-3 * spaces["b"]
    found = partition_variance(cut(spaces, TRAIN), y[TRAIN], cut(spaces, TEST), y[TEST], SETTINGS)
    assert (found.joint > 0.2).all()
    assert (np.abs(found.unique) < 0.03).all()


def test_without_the_space_is_a_fit_of_the_others():
    spaces, y = simulated(1, 2)
    found = partition_variance(cut(spaces, TRAIN), y[TRAIN], cut(spaces, TEST), y[TEST], SETTINGS)
    alone = banded_ridge_cv(cut({"b": spaces["b"]}, TRAIN), y[TRAIN], SETTINGS)
    rest = explained(alone.predict(cut(spaces, TEST)), y[TEST], alone.target_mean)
    np.testing.assert_allclose(found.unique[0], found.joint - rest, atol=1e-12)


def test_the_only_space_explains_everything_by_itself():
    spaces, y = simulated(1, 0)
    only = {"a": spaces["a"]}
    found = partition_variance(cut(only, TRAIN), y[TRAIN], cut(only, TEST), y[TEST], SETTINGS)
    np.testing.assert_allclose(found.unique[0], found.joint)
    np.testing.assert_allclose(found.product[0], found.joint)


def test_a_target_that_is_not_finite_is_nan_and_spoils_no_other():
    spaces, y = simulated(1, 2)
    y[3, 1] = np.nan
    found = partition_variance(cut(spaces, TRAIN), y[TRAIN], cut(spaces, TEST), y[TEST], SETTINGS)
    for values in (found.joint, found.product, found.unique):
        assert np.isnan(values[..., 1]).all()
        assert np.isfinite(values[..., [0, 2, 3]]).all()


def test_rows_that_differ_are_refused():
    spaces, y = simulated(1, 2)
    told = r"space 'a': expected held-out values of shape \(999, 10\). Found: \(1000, 10\)"
    with pytest.raises(ShapeError, match=told):
        partition_variance(cut(spaces, TRAIN), y[TRAIN], cut(spaces, TEST), y[TEST][1:], SETTINGS)
    with pytest.raises(ShapeError, match=r"parts: .* of shape \(3, 2\).* Found: shape \(2, 2\)"):
        product_measure(np.zeros((2, 2)), np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(ShapeError, match=r"space 'b': .* Found: no such space"):
        partition_variance(
            cut(spaces, TRAIN), y[TRAIN], {"a": spaces["a"][TEST]}, y[TEST], SETTINGS
        )
