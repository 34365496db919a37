import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from afterimage.evaluate.identification import top_k_table, two_way_table
from afterimage.evaluate.similarity import pairwise_correlation

# Few distinct values, so that ties and undefined entries are common.
TABLES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=7),
    elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.nan]),
)


def slow_two_way(similarity, i, t):
    wins = []
    for j in range(similarity.shape[1]):
        if j != t:
            own, other = similarity[i, t], similarity[i, j]
            wins.append(0.5 if np.isnan([own, other]).any() or own == other else float(other < own))
    return np.mean(wins)


def slow_top_k(similarity, i, t, k):
    own, others = similarity[i, t], np.delete(similarity[i], t)
    n_candidates = similarity.shape[1]
    if np.isnan(own):
        return min(k, n_candidates) / n_candidates
    greater = sum(other > own for other in others)
    ties = sum(other == own or np.isnan(other) for other in others)
    # All orders of the tied candidates are equally likely: the own place is uniform among them.
    return np.mean([greater + place < k for place in range(ties + 1)])


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_two_way_equals_a_slow_loop_with_ties_and_undefined_entries(similarity):
    expected = [
        [slow_two_way(similarity, i, t) for t in range(similarity.shape[1])]
        for i in range(len(similarity))
    ]
    np.testing.assert_allclose(two_way_table(similarity), expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(TABLES, st.integers(1, 8))
def test_top_k_equals_a_slow_loop_with_ties_and_undefined_entries(similarity, k):
    expected = [
        [slow_top_k(similarity, i, t, k) for t in range(similarity.shape[1])]
        for i in range(len(similarity))
    ]
    np.testing.assert_allclose(top_k_table(similarity, k), expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_every_row_of_two_way_scores_averages_one_half(similarity):
    np.testing.assert_allclose(two_way_table(similarity).mean(axis=1), 0.5, atol=1e-12)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_top_k_chance_is_k_over_the_gallery(k):
    similarity = np.random.default_rng(0).normal(size=(4, 10))
    np.testing.assert_allclose(top_k_table(similarity, k).mean(axis=1), min(k, 10) / 10)


def test_perfect_predictions_are_always_identified():
    values = np.random.default_rng(0).normal(size=(20, 30))
    similarity = pairwise_correlation(values, values)
    assert (np.diagonal(two_way_table(similarity)) == 1).all()
    assert (np.diagonal(top_k_table(similarity, 1)) == 1).all()


def test_a_constant_prediction_scores_exactly_one_half():
    values = np.random.default_rng(0).normal(size=(20, 30))
    similarity = pairwise_correlation(np.ones_like(values), values)
    assert (two_way_table(similarity) == 0.5).all()
    assert (top_k_table(similarity, 5) == 5 / 20).all()


def test_one_candidate_has_no_score():
    assert np.isnan(two_way_table(np.ones((3, 1)))).all()
