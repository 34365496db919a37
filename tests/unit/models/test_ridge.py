"""Ridge against refitting, scikit-learn and himalaya."""

import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.models import ridge as ridge_module
from afterimage.models.decomposition import decompose
from afterimage.models.leave_out import (
    held_out_mean_error,
    held_out_residuals,
    layout_of,
)
from afterimage.models.ridge import penalty_grid, ridge_cv

SHAPES = {"tall": (60, 7), "wide": (30, 80), "square": (40, 40), "one_more_row": (41, 40)}
GRID = np.logspace(-3, 4, 8)


def problem(n, p, q=5, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * rng.uniform(0.5, 2, size=p) + rng.normal(size=p)
    y = x @ rng.normal(size=(p, q)) / np.sqrt(p) + rng.normal(size=(n, q)) + 3
    return x, y


def uneven_groups(n, seed=0):
    """Groups of one to four rows, their rows scattered."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, size=n)
    groups = np.repeat(np.arange(n), sizes)[:n]
    return np.array([f"s{group:03d}" for group in rng.permutation(groups)])


def naive_ridge(x, y, penalty):
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    gram = (x - mean_x).T @ (x - mean_x) + penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, (x - mean_x).T @ (y - mean_y))
    return weights, mean_y - mean_x @ weights


def naive_held_out(x, y, groups, penalty):
    held_out = np.empty_like(y)
    for group in np.unique(groups):
        out = groups == group
        weights, intercept = naive_ridge(x[~out], y[~out], penalty)
        held_out[out] = y[out] - x[out] @ weights - intercept
    return held_out


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("penalty", [1e-2, 1.0, 1e3])
def test_held_out_residuals_equal_refitting_without_each_group(shape, penalty):
    x, y = problem(*SHAPES[shape])
    groups = uneven_groups(len(x))
    fast = held_out_residuals(decompose(x), layout_of(groups), y, penalty)
    np.testing.assert_allclose(fast, naive_held_out(x, y, groups, penalty), atol=1e-8)


def deficient(name):
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
    if name == "badly_scaled":
        x *= np.logspace(-4, 4, x.shape[1])
    if name == "duplicate_rows":
        x, y = problem(20, 30)
        x[1] = x[0]
    return x, y


@pytest.mark.parametrize(
    "name",
    [
        "rank_deficient",
        "duplicate_features",
        "duplicate_features_wide",
        "constant_feature",
        "duplicate_rows",
    ],
)
def test_held_out_residuals_are_exact_on_degenerate_inputs(name):
    x, y = deficient(name)
    groups = uneven_groups(len(x))
    for penalty in (0.1, 10.0):
        fast = held_out_residuals(decompose(x), layout_of(groups), y, penalty)
        np.testing.assert_allclose(fast, naive_held_out(x, y, groups, penalty), atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_chosen_penalties_are_those_of_a_loop_over_refits(shape):
    x, y = problem(*SHAPES[shape])
    groups = uneven_groups(len(x))
    errors = [np.square(naive_held_out(x, y, groups, a)).sum(axis=0) for a in GRID]
    fit = ridge_cv(decompose(x), y, layout_of(groups), GRID)
    np.testing.assert_array_equal(fit.penalties, GRID[np.argmin(errors, axis=0)])
    reference = held_out_mean_error(layout_of(groups), y)
    np.testing.assert_allclose(fit.cv_r2, 1 - np.min(errors, axis=0) / reference, atol=1e-8)


@pytest.mark.parametrize("name", [*SHAPES, "rank_deficient"])
def test_coefficients_equal_those_of_scikit_learn(name):
    from sklearn.linear_model import Ridge

    x, y = problem(*SHAPES[name]) if name in SHAPES else deficient(name)
    fit = ridge_cv(decompose(x), y, layout_of(np.arange(len(x))), GRID)
    oracle = Ridge(alpha=fit.penalties, solver="svd").fit(x, y)
    scale = np.abs(oracle.coef_).max()
    np.testing.assert_allclose(fit.weights.T, oracle.coef_, rtol=1e-6, atol=1e-8 * scale)
    np.testing.assert_allclose(fit.intercept, oracle.intercept_, rtol=1e-6)


def test_predictions_from_badly_scaled_inputs_are_those_of_scikit_learn_to_three_digits():
    # The Gram matrix of columns eight decades apart holds no more; `standardise` is the remedy.
    from sklearn.linear_model import Ridge

    x, y = deficient("badly_scaled")
    fit = ridge_cv(decompose(x), y, layout_of(np.arange(len(x))), GRID)
    oracle = Ridge(alpha=fit.penalties, solver="svd").fit(x, y)
    np.testing.assert_allclose(x @ fit.weights + fit.intercept, oracle.predict(x), atol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_penalties_equal_those_of_scikit_learns_generalised_cross_validation(shape):
    from sklearn.linear_model import RidgeCV

    x, y = problem(*SHAPES[shape], q=20)
    fit = ridge_cv(decompose(x), y, layout_of(np.arange(len(x))), GRID)
    oracle = RidgeCV(GRID, alpha_per_target=True, gcv_mode="svd").fit(x, y)
    np.testing.assert_allclose(fit.penalties, oracle.alpha_)
    np.testing.assert_allclose(fit.weights.T, oracle.coef_, rtol=1e-5, atol=1e-9)


def test_predictions_at_given_penalties_equal_those_of_himalaya():
    himalaya = pytest.importorskip("himalaya.ridge")
    x, y = problem(40, 60)
    fit = ridge_cv(decompose(x), y, layout_of(np.arange(40)), np.array([5.0]))
    oracle = himalaya.Ridge(alpha=5.0, fit_intercept=True).fit(x, y)
    np.testing.assert_allclose(x @ fit.weights + fit.intercept, oracle.predict(x), atol=1e-8)


def test_leave_one_out_penalties_equal_those_of_himalaya():
    himalaya = pytest.importorskip("himalaya.ridge")
    from sklearn.model_selection import KFold

    x, y = problem(30, 10, q=12)
    fit = ridge_cv(decompose(x), y, layout_of(np.arange(30)), GRID)

    def squared_error(truth, predicted):
        return -np.square(truth - predicted).sum(axis=-2)

    solver = {"score_func": squared_error, "warn": False}
    oracle = himalaya.RidgeCV(
        alphas=GRID, cv=KFold(30), fit_intercept=True, solver_params=solver
    ).fit(x, y)
    np.testing.assert_allclose(fit.penalties, oracle.best_alphas_)


@pytest.mark.parametrize("shape", ["tall", "wide"])
def test_a_constant_target_gets_no_weights_and_harms_no_other(shape):
    x, y = problem(*SHAPES[shape])
    groups = layout_of(uneven_groups(len(x)))
    alone = ridge_cv(decompose(x), y, groups, GRID)
    fit = ridge_cv(decompose(x), np.insert(y, 2, 0.1, axis=1), groups, GRID)
    assert (fit.weights[:, 2] == 0).all()
    assert fit.intercept[2] == 0.1
    assert fit.cv_r2[2] == 0
    np.testing.assert_allclose(np.delete(fit.weights, 2, axis=1), alone.weights)
    assert (fit.at_lowest, fit.at_highest) == (alone.at_lowest, alone.at_highest)


def test_targets_in_blocks_give_the_same_fit(monkeypatch):
    x, y = problem(60, 7, q=11)
    groups = layout_of(uneven_groups(60))
    whole = ridge_cv(decompose(x), y, groups, GRID)
    monkeypatch.setattr(ridge_module, "BLOCK_BYTES", 3 * 8 * 60)
    blocks = ridge_cv(decompose(x), y, groups, GRID)
    np.testing.assert_array_equal(whole.penalties, blocks.penalties)
    np.testing.assert_allclose(whole.weights, blocks.weights, atol=1e-12)


def test_targets_at_the_edge_of_the_grid_are_counted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    clean, noise = x @ rng.normal(size=(5, 3)), rng.normal(size=(200, 4))
    fit = ridge_cv(decompose(x), np.hstack([clean, noise]), layout_of(np.arange(200)), GRID)
    assert fit.at_lowest == 3
    assert fit.at_highest == (fit.penalties == GRID[-1]).sum() > 0


def test_relative_penalties_do_not_depend_on_the_unit_of_the_inputs():
    x, y = problem(40, 60)
    layout = layout_of(np.arange(40))
    small, large = decompose(x), decompose(1000 * x)
    factors = [10.0, 0.1, 1.0]
    grids = [penalty_grid(d, factors, relative=True) for d in (small, large)]
    np.testing.assert_allclose(grids[1], 1e6 * grids[0])
    assert (np.diff(grids[0]) > 0).all()
    fits = [ridge_cv(d, y, layout, g) for d, g in zip((small, large), grids, strict=True)]
    np.testing.assert_allclose(fits[0].weights, 1000 * fits[1].weights, atol=1e-10)


def test_a_single_stimulus_cannot_be_cross_validated():
    with pytest.raises(DataError, match="1 stimulus"):
        layout_of(np.array(["a", "a"]))


def test_constant_inputs_predict_the_mean():
    y = np.random.default_rng(0).normal(size=(10, 2))
    decomposition = decompose(np.full((10, 20), 3.0))
    grid = penalty_grid(decomposition, [1.0], relative=True)
    fit = ridge_cv(decomposition, y, layout_of(np.arange(10)), grid)
    np.testing.assert_allclose(fit.weights, 0, atol=1e-12)
    np.testing.assert_allclose(fit.intercept, y.mean(axis=0))
