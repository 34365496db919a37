"""Whole groups left out in turn: exact without refitting, also where inputs are degenerate."""

import numpy as np
import pytest
from problems import GRID, SHAPES, held_out, problem, r2
from sklearn.linear_model import Ridge

from afterimage.contracts.errors import ConfigError
from afterimage.linear.problem import prepare
from afterimage.linear.ridge_cv import RidgeSettings, fit_targets, ridge_cv

DEGENERATE = (
    "rank_deficient",
    "duplicate_features",
    "duplicate_features_wide",
    "constant_feature",
    "duplicate_rows",
)


def exact(**more):
    return RidgeSettings(**{"penalties": GRID, "folds": "groups", "dtype": "float64", **more})


def uneven_groups(n, seed=0):
    """Groups of one to four rows, their rows scattered."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, size=n)
    groups = np.repeat(np.arange(n), sizes)[:n]
    return np.array([f"s{group:03d}" for group in rng.permutation(groups)])


def degenerate(name):
    x, y = problem(50, 12)
    if name == "rank_deficient":
        x = x[:, :4] @ np.random.default_rng(1).normal(size=(4, 12))
    if name == "duplicate_features":
        x = np.hstack([x, x])
    if name == "duplicate_features_wide":
        x, y = problem(20, 15)
        x = np.hstack([x, x])
    if name == "constant_feature":
        x[:, 3] = 7.0
    if name == "duplicate_rows":
        x, y = problem(20, 30)
        x[1] = x[0]
    return x, y


@pytest.mark.parametrize("name", [*SHAPES, *DEGENERATE])
def test_left_out_predictions_equal_refitting_without_each_group(name):
    x, y = problem(*SHAPES[name]) if name in SHAPES else degenerate(name)
    groups = uneven_groups(len(x))
    ready = prepare(x, exact(), groups=groups)
    for penalty in (GRID[1], GRID[3], GRID[6]):
        fast = ready.left_out(y, np.full(y.shape[1], penalty))
        np.testing.assert_allclose(fast, held_out(x, y, groups, penalty), atol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
def test_chosen_penalties_are_those_of_a_loop_over_refits(shape):
    x, y = problem(*SHAPES[shape])
    groups = uneven_groups(len(x))
    scores = np.array([r2(y, held_out(x, y, groups, a), groups) for a in GRID])
    fit = ridge_cv(x, y, exact(), groups=groups)
    np.testing.assert_array_equal(fit.penalties, GRID[scores.argmax(axis=0)])
    np.testing.assert_allclose(fit.best_scores, scores.max(axis=0), atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_penalties_equal_those_of_scikit_learns_leave_one_out(shape):
    from sklearn.linear_model import RidgeCV

    x, y = problem(*SHAPES[shape], q=20)
    fit = ridge_cv(x, y, exact())
    oracle = RidgeCV(GRID, alpha_per_target=True, gcv_mode="svd").fit(x, y)
    np.testing.assert_allclose(fit.penalties, oracle.alpha_)
    np.testing.assert_allclose(fit.weights.T, oracle.coef_, rtol=1e-5, atol=1e-9)


def test_leave_one_out_penalties_equal_those_of_himalaya():
    himalaya = pytest.importorskip("himalaya.ridge")
    from sklearn.model_selection import KFold

    x, y = problem(30, 10, q=12)
    fit = ridge_cv(x, y, exact())

    def squared_error(truth, predicted):
        return -np.square(truth - predicted).sum(axis=-2)

    oracle = himalaya.RidgeCV(
        alphas=GRID,
        cv=KFold(30),
        fit_intercept=True,
        solver_params={"score_func": squared_error, "warn": False},
    ).fit(x, y)
    np.testing.assert_allclose(fit.penalties, oracle.best_alphas_)


def test_predictions_from_badly_scaled_inputs_are_those_of_scikit_learn_to_three_digits():
    # The Gram matrix of columns eight decades apart holds no more; standardising is the remedy.
    x, y = problem(50, 12)
    x *= np.logspace(-4, 4, 12)
    fit = ridge_cv(x, y, exact())
    oracle = Ridge(alpha=fit.penalties, solver="svd").fit(x, y)
    np.testing.assert_allclose(x @ fit.weights + fit.intercept, oracle.predict(x), atol=1e-3)


@pytest.mark.parametrize("shape", ["tall", "wide"])
def test_a_constant_target_gets_no_weights_and_harms_no_other(shape):
    x, y = problem(*SHAPES[shape])
    groups = uneven_groups(len(x))
    alone = ridge_cv(x, y, exact(), groups=groups)
    fit = ridge_cv(x, np.insert(y, 2, 0.1, axis=1), exact(), groups=groups)
    assert (fit.weights[:, 2] == 0).all()
    assert fit.intercept[2] == 0.1
    np.testing.assert_allclose(np.delete(fit.weights, 2, axis=1), alone.weights)


def test_relative_penalties_do_not_depend_on_the_unit_of_the_inputs():
    x, y = problem(40, 60)
    relative = exact(penalties=[10.0, 0.1, 1.0], relative=True)
    small, large = (prepare(factor * x, relative) for factor in (1, 1000))
    np.testing.assert_allclose(large.grid, 1e6 * small.grid)
    assert (np.diff(small.grid) > 0).all()
    fits = [fit_targets(ready, y) for ready in (small, large)]
    np.testing.assert_allclose(fits[0].weights, 1000 * fits[1].weights, atol=1e-10)


def test_a_single_group_cannot_be_cross_validated():
    with pytest.raises(ConfigError, match="at least two groups"):
        prepare(np.eye(2), exact(), groups=np.array(["a", "a"]))


def test_constant_inputs_predict_the_mean():
    y = np.random.default_rng(0).normal(size=(10, 2))
    fit = ridge_cv(np.full((10, 20), 3.0), y, exact(relative=True))
    np.testing.assert_allclose(fit.weights, 0, atol=1e-12)
    np.testing.assert_allclose(fit.intercept, y.mean(axis=0))
