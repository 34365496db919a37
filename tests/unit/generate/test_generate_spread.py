import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.generate.spread import fit_spread


def shrunk(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and the best linear predictions of them, which correlate 0.9, 0.5, 0.02."""
    rng = np.random.default_rng(seed)
    r = np.array([0.9, 0.5, 0.02])
    prediction = r * rng.standard_normal((n, 3))
    return prediction + np.sqrt(1 - r**2) * rng.standard_normal((n, 3)), prediction


def test_held_out_predictions_get_mean_and_deviation_of_the_true_values():
    true, prediction = shrunk(500, seed=0)
    matched = fit_spread(true + 3, prediction, 1e6).apply(prediction)
    np.testing.assert_allclose(matched.mean(axis=0), true.mean(axis=0) + 3, atol=1e-12)
    np.testing.assert_allclose(matched.std(axis=0), true.std(axis=0), rtol=1e-12)


def test_new_predictions_get_the_right_spread_without_being_looked_at():
    true, held_out = shrunk(4000, seed=0)
    _, test = shrunk(4000, seed=1)
    matched = fit_spread(true, held_out, 4.0).apply(test)
    np.testing.assert_allclose(matched.std(axis=0)[:2], 1.0, rtol=0.05)


def test_noise_of_an_undecodable_dimension_stays_small():
    true, held_out = shrunk(4000, seed=0)
    spread = fit_spread(true, held_out, 4.0)
    assert spread.gain[2] == 4.0
    assert spread.apply(held_out)[:, 2].std() < 0.1


def test_constant_dimensions_are_safe():
    true = np.array([[1.0, 0.0], [1.0, 2.0]])
    held_out = np.array([[1.0, 5.0], [1.0, 5.0]])
    spread = fit_spread(true, held_out, 4.0)
    np.testing.assert_array_equal(spread.gain, [1.0, 4.0])
    np.testing.assert_array_equal(spread.apply(held_out), [[1.0, 1.0], [1.0, 1.0]])


def test_left_out_predictions_that_are_not_numbers_are_refused():
    true, held_out = shrunk(5, seed=0)
    held_out[2, 1] = np.nan
    with pytest.raises(DataError, match="left-out predictions"):
        fit_spread(true, held_out, 4.0)
