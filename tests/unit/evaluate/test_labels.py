import numpy as np
from sklearn.metrics import accuracy_score

from afterimage.evaluate.labels import accuracy_table, classes_present


def one_hot(labels, n_classes=4):
    return np.eye(n_classes)[labels]


def test_accuracy_equals_scikit_learn():
    rng = np.random.default_rng(0)
    decoded, labels = rng.normal(size=(50, 4)), rng.integers(4, size=50)
    expected = accuracy_score(labels, decoded.argmax(axis=1))
    scores = np.diagonal(accuracy_table(decoded, one_hot(labels)))
    assert np.isclose(scores.mean(), expected)


def test_classes_that_tie_share_the_credit():
    decoded = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    table = accuracy_table(decoded, one_hot([0, 2]))
    np.testing.assert_allclose(table, [[0.5, 0.0], [0.25, 0.25]])


def test_undefined_evidence_is_a_guess():
    decoded = np.full((1, 4), np.nan)
    np.testing.assert_allclose(accuracy_table(decoded, one_hot([1])), 0.25)


def test_only_classes_among_the_test_items_are_counted():
    assert classes_present(one_hot([0, 2, 2])) == 2
    assert classes_present(np.zeros((0, 4))) == 0
