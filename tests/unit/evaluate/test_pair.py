import numpy as np
import pytest

from afterimage.contracts.errors import ShapeError
from afterimage.evaluate.pair import Pair


def test_shapes_that_differ_are_refused_in_two_lines():
    with pytest.raises(ShapeError) as refused:
        Pair(np.zeros((3, 4)), np.zeros((3, 5)), np.arange(3))
    assert len(str(refused.value).splitlines()) == 2


def test_labels_of_another_length_are_refused():
    with pytest.raises(ShapeError, match="2 stimulus_ids for 3"):
        Pair(np.zeros((3, 4)), np.zeros((3, 4)), np.arange(2))


def test_both_sides_lose_the_mean_of_the_rows_fold():
    rng = np.random.default_rng(0)
    predicted, actual = rng.normal(size=(2, 3, 4))
    means = {0: np.ones(4), 1: np.arange(4.0)}
    pair = Pair(predicted, actual, np.arange(3), folds=np.array([0, 1, 0]), means=means)
    expected = np.stack([means[0], means[1], means[0]])
    np.testing.assert_allclose(pair.centred()[0], predicted - expected)
    np.testing.assert_allclose(pair.centred()[1], actual - expected)


def test_predictions_on_a_scale_of_their_own_lose_their_own_mean():
    pair = Pair(
        np.array([[7.0] * 3, [8.0] * 3]),
        np.ones((2, 3)),
        np.arange(2),
        means={0: np.zeros(3)},
        predicted_means={0: np.full(3, 6.0)},
    )
    np.testing.assert_allclose(pair.centred()[0], [[1] * 3, [2] * 3])
    np.testing.assert_allclose(pair.centred()[1], 1)


@pytest.mark.parametrize("means", [None, {0: np.zeros(4)}])
def test_a_missing_mean_is_refused(means):
    values = np.zeros((3, 4))
    pair = Pair(values, values, np.arange(3), folds=np.array([0, 1, 0]), means=means)
    with pytest.raises(ShapeError, match="missing"):
        pair.centred()


def test_columns_keep_the_rows():
    values = np.arange(6.0).reshape(2, 3)
    part = Pair(values, values, np.arange(2)).columns(np.array([True, False, True]))
    np.testing.assert_array_equal(part.actual, [[0, 2], [3, 5]])


def test_a_fold_whose_predictions_are_all_the_same_says_nothing_whatever_its_mean():
    actual = np.random.default_rng(0).normal(size=(4, 5))
    predicted = np.stack([actual[0], actual[0], actual[1], actual[2]])
    means = {0: np.zeros(5), 1: np.zeros(5)}
    pair = Pair(predicted, actual, np.arange(4), folds=np.array([0, 0, 1, 1]), means=means)
    np.testing.assert_array_equal(pair.centred()[0][:2], 0)
    np.testing.assert_allclose(pair.centred()[0][2:], predicted[2:])
