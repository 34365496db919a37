import numpy as np

from afterimage.evaluate.exchange import exchangeable


def members(pools):
    return sorted(np.flatnonzero(pools == pool).tolist() for pool in set(pools.tolist()))


def test_stimuli_of_one_fold_are_a_pool():
    pools = exchangeable(np.arange(6), np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 1, 1]))
    assert members(pools) == [[0, 2, 4], [1, 3, 5]]


def test_without_folds_all_items_are_one_pool():
    assert exchangeable(np.arange(3), None, np.array([0, 1, 1])) is None


def test_stimuli_of_several_folds_exchange_with_those_of_the_same_folds():
    ids = np.array(["a", "b", "c", "d", "a", "b", "e", "f"])
    folds, labels = np.repeat([0, 1], 4), np.array([0, 1, 0, 1, 0, 1, 0, 1])
    assert members(exchangeable(ids, folds, labels)) == [[0, 1, 4, 5], [2, 3], [6, 7]]


def test_pools_of_one_category_are_joined():
    folds, labels = np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 0, 1, 1, 1])
    assert members(exchangeable(np.arange(6), folds, labels)) == [[0, 1], [2, 3, 4, 5]]


def test_nothing_is_no_pool():
    assert len(exchangeable(np.zeros(0), np.zeros(0), np.zeros(0))) == 0
