import numpy as np

from afterimage.evaluate.pixels import pixel_correlation


def test_equals_numpy_over_all_pixels_and_colours():
    rng = np.random.default_rng(0)
    left, right = rng.uniform(size=(2, 4, 6, 5, 3)).astype(np.float32)
    expected = [
        np.corrcoef(a.astype(np.float64).ravel(), b.astype(np.float64).ravel())[0, 1]
        for a, b in zip(left, right, strict=True)
    ]
    np.testing.assert_allclose(pixel_correlation(left, right), expected, atol=1e-12)


def test_a_uniform_picture_has_no_correlation():
    right = np.random.default_rng(0).uniform(size=(2, 4, 4))
    left = right.copy()
    left[0] = 0.3
    np.testing.assert_array_equal(np.isnan(pixel_correlation(left, right)), [True, False])
