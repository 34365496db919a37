"""Mixtures that are drawn."""

import numpy as np
import pytest

from afterimage.linear.simplex import draw_mixtures


@pytest.mark.parametrize("spaces", [2, 5])
def test_shares_sum_to_one_and_the_first_are_equal(spaces):
    drawn = draw_mixtures(spaces, 50)
    assert drawn.shape == (50, spaces)
    np.testing.assert_array_equal(drawn[0], 1 / spaces)
    assert (drawn >= 0).all()
    np.testing.assert_allclose(drawn.sum(axis=1), 1)


def test_concentrations_take_turns():
    drawn = draw_mixtures(4, 2001, concentrations=(0.1, 10.0))
    # The variance of a share is (1/m)(1 - 1/m) / (m c + 1).
    for first, concentration in ((2, 0.1), (1, 10.0)):
        expected = 0.25 * 0.75 / (4 * concentration + 1)
        np.testing.assert_allclose(drawn[first::2].var(axis=0).mean(), expected, rtol=0.1)


def test_corners_follow_and_change_no_draw():
    without, with_corners = (draw_mixtures(3, 8, corners=corners) for corners in (False, True))
    np.testing.assert_array_equal(with_corners[:8], without)
    np.testing.assert_array_equal(with_corners[8:], np.eye(3))


def test_a_seed_draws_the_same_and_another_draws_others():
    one, same, other = (draw_mixtures(3, 8, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one[1:] != other[1:]).all()
    # More draws begin with the fewer.
    np.testing.assert_array_equal(draw_mixtures(3, 20, seed=1)[:8], one)


def test_one_space_has_one_mixture():
    np.testing.assert_array_equal(draw_mixtures(1, 100, corners=True), [[1.0]])


def test_a_tiny_concentration_is_one_space_alone():
    drawn = draw_mixtures(3, 40, concentrations=(1e-320,))
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    assert np.isfinite(drawn).all()
