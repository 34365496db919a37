"""Penalties refined by descent: the gradient against differences, the result against refitting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import correlation, problem, r2

from afterimage.contracts.errors import ConfigError
from afterimage.linear.banded import banded_ridge_cv
from afterimage.linear.banded_gradient import FoldError
from afterimage.linear.banded_problem import prepare_banded
from afterimage.linear.banded_settings import BandedSettings
from afterimage.linear.complements import make_factory
from afterimage.linear.folds import group_folds, layout_of
from afterimage.linear.ridge_cv import RidgeSettings
from afterimage.linear.spaces import make_spaces

SHAPES = {"tall": (60, (4, 6)), "wide": (30, (50, 30)), "mixed": (41, (12, 60, 5))}
COARSE = (1.0, 1000.0)


def drawn(n, widths, q=3, seed=0):
    x, y = problem(n, sum(widths), q, seed)
    return x, dict(zip("abc", np.split(x, np.cumsum(widths)[:-1], axis=1), strict=False)), y


def chosen(steps, penalties=COARSE, draws=3, **more):
    return BandedSettings(
        RidgeSettings(**{"penalties": penalties, "dtype": "float64", **more}),
        draws=draws,
        steps=steps,
    )


def refit(x, widths, y, penalties, intercept=True):
    """Weights and intercept for one target by the normal equations."""
    mean, centre = (part.mean(axis=0) * intercept for part in (x, y))
    gram = (x - mean).T @ (x - mean) + np.diag(np.repeat(penalties, widths))
    weights = np.linalg.solve(gram, (x - mean).T @ (y - centre))
    return weights, centre - mean @ weights


def held_out(x, widths, y, folds, penalties, intercept=True):
    predicted = np.empty_like(y)
    for fold in np.unique(folds):
        out = folds == fold
        weights, constant = refit(x[~out], widths, y[~out], penalties, intercept)
        predicted[out] = x[out] @ weights + constant
    return predicted


def fold_error(spaces, y, folds, intercept):
    ridge = RidgeSettings(COARSE, dtype="float64", intercept=intercept)
    banded = prepare_banded(make_spaces(spaces), ridge, folds=folds)
    centred = y[:, 0] - intercept * y[:, 0].mean()
    return FoldError(make_factory(banded), layout_of(folds), centred)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("count", [3, 7, None])
def test_error_is_that_of_refits_and_the_gradient_that_of_differences(shape, intercept, count):
    n, widths = SHAPES[shape]
    x, spaces, y = drawn(n, widths)
    folds = group_folds(np.arange(n), n if count is None else count)
    error = fold_error(spaces, y, folds, intercept)
    logs = -np.log(np.array([3.0, 40.0, 500.0])[: len(widths)])
    value, gradient = error.value_and_gradient(logs)
    expected = y[:, 0] - held_out(x, widths, y[:, 0], folds, np.exp(-logs), intercept)
    np.testing.assert_allclose(error.residuals(logs), expected, atol=1e-8)
    np.testing.assert_allclose(value, expected @ expected)
    step = 1e-5
    for space in range(len(widths)):
        ends = [logs + step * sign * np.eye(len(widths))[space] for sign in (1, -1)]
        above, below = (error.value_and_gradient(end)[0] for end in ends)
        difference = (above - below) / (2 * step)
        np.testing.assert_allclose(gradient[space], difference, rtol=1e-5, atol=1e-6 * value)


@given(
    n=st.integers(12, 30),
    widths=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    groups=st.integers(4, 8),
    seed=st.integers(0, 1000),
)
@settings(max_examples=25, deadline=None)
def test_the_gradient_is_that_of_differences_for_any_shape_and_any_groups(n, widths, groups, seed):
    _, spaces, y = drawn(n, widths, 1, seed)
    names = np.random.default_rng(seed).permutation(np.arange(n) % groups)
    error = fold_error(spaces, y, group_folds(names, 3, seed), True)
    logs = np.random.default_rng(seed).uniform(-6, 0, size=len(widths))
    value, gradient = error.value_and_gradient(logs)
    for space in range(len(widths)):
        ends = [logs + 1e-5 * sign * np.eye(len(widths))[space] for sign in (1, -1)]
        above, below = (error.value_and_gradient(end)[0] for end in ends)
        np.testing.assert_allclose(gradient[space], (above - below) / 2e-5, atol=1e-5 * value)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("relative", [True, False])
def test_refined_weights_and_scores_are_those_of_refits_at_refined_penalties(
    shape, intercept, relative
):
    n, widths = SHAPES[shape]
    x, spaces, y = drawn(n, widths)
    folds = group_folds(np.arange(n), 5)
    options = {"intercept": intercept, "relative": relative}
    penalties = (0.01, 10.0) if relative else COARSE
    coarse = banded_ridge_cv(spaces, y, chosen(0, penalties, **options), folds=folds)
    fit = banded_ridge_cv(spaces, y, chosen(30, penalties, **options), folds=folds)
    assert not coarse.refined.any()
    assert fit.refined.any()
    assert (fit.best_scores[fit.refined] > coarse.best_scores[fit.refined]).all()
    np.testing.assert_array_equal(fit.best_scores >= coarse.best_scores, True)
    np.testing.assert_allclose(fit.mixture.sum(axis=0), 1)
    for target, own in enumerate(fit.penalties.T):
        one = y[:, target]
        weights, constant = refit(x, widths, one, own, intercept)
        found = np.concatenate([part[:, target] for part in fit.weights.values()])
        np.testing.assert_allclose(found, weights, atol=1e-8)
        np.testing.assert_allclose(fit.intercept[target], constant, atol=1e-8)
        predicted = held_out(x, widths, one, folds, own, intercept)
        score = r2(one[:, None], predicted[:, None], folds, intercept)[0]
        np.testing.assert_allclose(fit.best_scores[target], score, atol=1e-5)


def test_descent_reaches_the_best_of_a_fine_grid_from_a_coarse_search():
    n, widths = 60, (15, 20)
    x, spaces, y = drawn(n, widths, q=2, seed=3)
    y += 2 * spaces["a"] @ np.random.default_rng(0).normal(size=(15, 2))
    folds = group_folds(np.arange(n), 5)
    fit = banded_ridge_cv(spaces, y, chosen(60, (10.0,), draws=1), folds=folds)
    fine = np.logspace(-2, 5, 29)
    for target in (0, 1):
        one = y[:, target]
        errors = [
            ((one - held_out(x, widths, one, folds, (first, second))) ** 2).sum()
            for first in fine
            for second in fine
        ]
        own = held_out(x, widths, one, folds, fit.penalties[:, target])
        assert ((one - own) ** 2).sum() <= min(errors) * (1 + 1e-3)


def test_descent_leaves_no_more_error_than_himalayas():
    from himalaya.kernel_ridge import solve_multiple_kernel_ridge_hyper_gradient
    from sklearn.model_selection import PredefinedSplit

    n, widths = 40, (30, 50)
    x, _, y = drawn(n, widths, q=4, seed=2)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    spaces = {"a": x[:, :30], "b": x[:, 30:]}
    folds = np.arange(n) % 5
    fit = banded_ridge_cv(spaces, y, chosen(60, intercept=False, draws=4), folds=folds)
    deltas, *_ = solve_multiple_kernel_ridge_hyper_gradient(
        np.stack([space @ space.T for space in spaces.values()]),
        y,
        max_iter=50,
        cv=PredefinedSplit(folds),
        initial_deltas="ridgecv",
        progress_bar=False,
    )
    for target, own in enumerate(y.T):
        error, theirs = (
            np.square(own - held_out(x, widths, own, folds, penalties, False)).sum()
            for penalties in (fit.penalties[:, target], np.exp(-deltas[:, target]))
        )
        assert error <= theirs * (1 + 1e-6)


def test_a_correlation_is_refined_only_where_it_becomes_higher():
    n, widths = SHAPES["wide"]
    x, spaces, y = drawn(n, widths, q=6)
    folds = group_folds(np.arange(n), 4)
    coarse, fit = (
        banded_ridge_cv(spaces, y, chosen(steps, scoring="correlation"), folds=folds)
        for steps in (0, 20)
    )
    kept = ~fit.refined
    np.testing.assert_array_equal(fit.best_scores[kept], coarse.best_scores[kept])
    np.testing.assert_array_equal(fit.penalties[:, kept], coarse.penalties[:, kept])
    assert (fit.best_scores[~kept] > coarse.best_scores[~kept]).all()
    for target in np.flatnonzero(fit.refined):
        predicted = held_out(x, widths, y[:, target], folds, fit.penalties[:, target])
        score = correlation(y[:, [target]], predicted[:, None], folds)[0]
        np.testing.assert_allclose(fit.best_scores[target], score, atol=1e-8)


def test_a_space_that_was_left_out_can_come_back():
    _, spaces, y = drawn(60, (10, 10), q=1)
    y = y + 3 * spaces["a"] @ np.ones((10, 1)) + 3 * spaces["b"] @ np.ones((10, 1))
    alone = np.array([[1.0, 0.0]])
    fit = banded_ridge_cv(spaces, y, chosen(60), mixtures=alone)
    assert fit.refined.all()
    assert np.isfinite(fit.penalties).all()
    assert fit.best_scores[0] > banded_ridge_cv(spaces, y, chosen(0), mixtures=alone).best_scores[0]


def test_constant_and_undefined_targets_are_not_refined_and_batches_change_nothing():
    _, spaces, y = drawn(40, (6, 9), q=5)
    y[:, 1], y[3, 2] = 2.5, np.nan
    one, two = (banded_ridge_cv(spaces, y, chosen(15), batch=batch) for batch in (None, 2))
    assert not one.refined[[1, 2]].any()
    np.testing.assert_allclose(one.predict(spaces)[:, 1], 2.5)
    assert np.isnan(one.weights["a"][:, 2]).all()
    np.testing.assert_array_equal(one.refined, two.refined)
    np.testing.assert_allclose(one.penalties, two.penalties, rtol=1e-6)


def test_steps_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match=r"steps: expected 0 or more. Found: -1"):
        chosen(-1)
    with pytest.raises(ConfigError, match=r"folds: a descent needs folds. Found: 'gcv'"):
        chosen(3, folds="gcv")
