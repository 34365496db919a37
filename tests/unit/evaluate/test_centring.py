import numpy as np

from afterimage.evaluate.centring import centre


def test_each_row_loses_the_mean_of_its_own_fold():
    values = np.arange(6.0).reshape(3, 2)
    means = np.array([[1.0, 1.0], [0.0, 2.0], [5.0, 5.0]])
    np.testing.assert_array_equal(centre(values, means), values - means)


def test_the_mean_stored_in_single_precision_becomes_exactly_zero():
    mean = np.random.default_rng(0).uniform(size=(1, 500))
    stored = np.repeat(mean, 4, axis=0).astype(np.float32)
    assert not centre(stored, np.repeat(mean, 4, axis=0)).any()


def test_a_small_but_real_difference_survives():
    rng = np.random.default_rng(0)
    mean = rng.uniform(size=(1, 500))
    assert centre(mean + 1e-4 * rng.normal(size=(1, 500)), mean).all()


def test_the_mean_rounded_to_eight_bits_becomes_exactly_zero():
    mean = np.random.default_rng(0).uniform(size=(2, 500))
    stored = np.round(mean * 255) / 255
    assert centre(stored, mean).any()
    assert not centre(stored, mean, resolution=1 / 255).any()


def test_pictures_are_flattened():
    assert centre(np.ones((2, 3, 4)), np.zeros((2, 12))).shape == (2, 12)
