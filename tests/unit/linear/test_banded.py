"""Banded ridge against refitting, plain ridge and himalaya."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import DIFFICULT, GRID, correlation, difficult, held_out, problem, r2
from sklearn.model_selection import PredefinedSplit

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.linear.banded import banded_ridge_cv
from afterimage.linear.banded_settings import BandedSettings
from afterimage.linear.folds import group_folds
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv

# Rows, and columns of the spaces.
SHAPES = {
    "tall": (60, (4, 6)),
    "wide": (30, (50, 30)),
    "mixed": (40, (12, 60, 5)),
    "square": (40, (25, 15)),
    "one_more_row": (41, (25, 15)),
}


def spaces_of(x, widths):
    parts = np.split(x, np.cumsum(widths)[:-1], axis=1)
    return dict(zip("abc", parts, strict=False))


def drawn(n, widths, q=5, seed=0):
    x, y = problem(n, sum(widths), q, seed)
    return x, spaces_of(x, widths), y


def exact(draws=6, corners=False, **more):
    ridge = RidgeSettings(**{"penalties": GRID, "dtype": "float64", **more})
    return BandedSettings(ridge, draws=draws, corners=corners)


def mixed(x, widths, mixture):
    """Columns times the root of their space's share."""
    return x * np.sqrt(np.repeat(mixture, widths))


def refitted_scores(x, widths, y, folds, mixtures, score=r2, grid=GRID, **more):
    """Scores of each mixture at its best penalty, and that penalty, by refitting."""
    scores = np.array(
        [
            [score(y, held_out(mixed(x, widths, mixture), y, folds, penalty, **more), folds)]
            for mixture in mixtures
            for penalty in grid
        ]
    ).reshape(len(mixtures), len(grid), -1)
    return scores.max(axis=1), grid[scores.argmax(axis=1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("standardise", ["no", "once"])
def test_scores_are_those_of_a_refit_per_fold_mixture_and_penalty(shape, intercept, standardise):
    n, widths = SHAPES[shape]
    x, spaces, y = drawn(n, widths)
    folds = group_folds(np.arange(n), 5)
    chosen = exact(corners=True, intercept=intercept, standardise=standardise)
    fit = banded_ridge_cv(spaces, y, chosen, folds=folds)
    gain = 1 / x.std(axis=0) if standardise == "once" else 1.0
    scores, penalties = refitted_scores(
        x * gain,
        widths,
        y,
        folds,
        fit.mixtures,
        lambda *parts: r2(*parts, intercept),
        intercept=intercept,
    )
    np.testing.assert_allclose(fit.scores, scores, atol=1e-7)
    best = scores.argmax(axis=0)
    np.testing.assert_array_equal(fit.mixture, fit.mixtures[best].T)
    np.testing.assert_allclose(fit.best_scores, scores.max(axis=0), atol=1e-7)
    with np.errstate(divide="ignore"):
        expected = penalties[best, np.arange(5)] / fit.mixture
    np.testing.assert_allclose(fit.penalties, expected)


def test_scores_by_correlation_are_those_of_a_refit():
    x, spaces, y = drawn(*SHAPES["wide"])
    folds = group_folds(np.arange(len(x)), 4)
    fit = banded_ridge_cv(spaces, y, exact(scoring="correlation"), folds=folds)
    scores, _ = refitted_scores(x, (50, 30), y, folds, fit.mixtures, correlation)
    np.testing.assert_allclose(fit.scores, scores, atol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_solve_the_normal_equations_with_a_penalty_per_space(shape, intercept, dtype):
    n, widths = SHAPES[shape]
    x, spaces, y = drawn(n, widths)
    fit = banded_ridge_cv(spaces, y, exact(intercept=intercept, dtype=dtype))
    assert fit.solver == ("primal" if n > sum(widths) else "dual")
    mean, centre = (part.mean(axis=0) * intercept for part in (x, y))
    z = x - mean
    for target, penalties in enumerate(fit.penalties.T):
        gram = z.T @ z + np.diag(np.repeat(penalties, widths))
        expected = np.linalg.solve(gram, z.T @ (y[:, target] - centre[target]))
        found = np.concatenate([weights[:, target] for weights in fit.weights.values()])
        scale = np.abs(expected).max()
        close = {"rtol": 1e-4, "atol": 2e-4 * scale} if dtype == "float32" else {"atol": 1e-8}
        np.testing.assert_allclose(found, expected, **close)
        predicted = fit.predict(spaces)[:, target]
        np.testing.assert_allclose(predicted, z @ expected + centre[target], atol=5e-4)
        written = sum(spaces[name] @ fit.weights[name] for name in spaces) + fit.intercept
        np.testing.assert_allclose(written, fit.predict(spaces), atol=5e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
def test_penalties_and_weights_are_himalayas(shape, intercept):
    from himalaya.ridge import GroupRidgeCV

    n, widths = SHAPES[shape]
    n -= n % 5  # Folds of one size count alike there, too.
    x, spaces, y = drawn(n, widths, q=20)
    if not intercept:
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        spaces = spaces_of(x, widths)
    mixtures = np.random.default_rng(1).dirichlet(np.ones(len(widths)), 8)
    folds = np.random.default_rng(2).permutation(np.arange(n) % 5)
    fit = banded_ridge_cv(spaces, y, exact(intercept=intercept), folds=folds, mixtures=mixtures)
    params = {"n_iter": mixtures, "alphas": GRID, "progress_bar": False, "warn": False}
    other = GroupRidgeCV(
        groups="input", solver_params=params, fit_intercept=intercept, cv=PredefinedSplit(folds)
    ).fit(list(spaces.values()), y)
    np.testing.assert_allclose(np.log(1 / fit.penalties), other.deltas_, atol=1e-4)
    weights = np.concatenate(list(fit.weights.values()))
    np.testing.assert_allclose(weights, other.coef_, rtol=1e-4, atol=1e-7)
    if intercept:
        np.testing.assert_allclose(fit.intercept, other.intercept_, rtol=1e-4)


def test_kernels_mixed_by_himalaya_give_the_same_deltas():
    from himalaya.kernel_ridge import solve_multiple_kernel_ridge_random_search

    n, widths = 40, (30, 50)
    x, _, y = drawn(n, widths, q=20)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    spaces = spaces_of(x, widths)
    mixtures = np.array([[0.5, 0.5], [1.0, 0.0], [0.1, 0.9], [0.8, 0.2]])
    folds = np.arange(n) % 5
    fit = banded_ridge_cv(spaces, y, exact(intercept=False), folds=folds, mixtures=mixtures)
    kernels = np.stack([part @ part.T for part in spaces.values()])
    deltas, *_ = solve_multiple_kernel_ridge_random_search(
        kernels, y, mixtures, alphas=GRID, cv=PredefinedSplit(folds), progress_bar=False
    )
    np.testing.assert_allclose(1 / fit.penalties, np.exp(deltas), rtol=1e-6)


@pytest.mark.parametrize("p", [7, 60])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("standardise", ["no", "once"])
def test_one_space_is_plain_ridge(p, relative, standardise):
    x, y = problem(40, p)
    chosen = exact(relative=relative, standardise=standardise)
    banded = banded_ridge_cv({"only": x}, y, chosen)
    plain = ridge_cv(x, y, chosen.ridge)
    assert banded.scores.shape == (1, 5)
    np.testing.assert_allclose(banded.penalties[0], plain.penalties)
    np.testing.assert_allclose(banded.weights["only"], plain.weights, atol=1e-9)
    np.testing.assert_allclose(banded.intercept, plain.intercept, atol=1e-9)
    np.testing.assert_allclose(banded.best_scores, plain.best_scores, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_shares_are_plain_ridge_of_all_columns(shape):
    n, widths = SHAPES[shape]
    x, spaces, y = drawn(n, widths)
    equal = np.ones((1, len(widths)))
    banded = banded_ridge_cv(spaces, y, exact(), mixtures=equal)
    plain = ridge_cv(x, y, exact().ridge)
    np.testing.assert_allclose(banded.penalties, np.tile(plain.penalties, (len(widths), 1)))
    np.testing.assert_allclose(np.concatenate(list(banded.weights.values())), plain.weights)


@pytest.mark.parametrize("shape", SHAPES)
def test_relative_penalties_forget_the_scale_of_a_space(shape):
    n, widths = SHAPES[shape]
    _, spaces, y = drawn(n, widths)
    other = {**spaces, "b": 1000 * spaces["b"]}
    chosen = exact(relative=True, draws=8)
    one, two = (banded_ridge_cv(each, y, chosen) for each in (spaces, other))
    np.testing.assert_array_equal(one.mixture, two.mixture)
    np.testing.assert_allclose(one.weights["b"], 1000 * two.weights["b"], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(1e6 * one.penalties[1], two.penalties[1])


@pytest.mark.parametrize("name", DIFFICULT)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("tall", [True, False])
def test_difficult_problems_have_the_scores_of_refits(name, dtype, tall):
    x, y = difficult(name)
    if not tall:
        x, y = x[:18], y[:18]
    widths = (8, 12)
    folds = group_folds(np.arange(len(x)), 4)
    fit = banded_ridge_cv(spaces_of(x, widths), y, exact(draws=3, dtype=dtype), folds=folds)
    varying = ~fit.constant
    scores, _ = refitted_scores(x, widths, y[:, varying], folds, fit.mixtures)
    close = 2e-3 if dtype == "float32" else 1e-5
    np.testing.assert_allclose(fit.scores[:, varying], scores, atol=close)


def test_a_space_that_is_given_twice_shares_its_weights():
    x, y = problem(40, 12)
    twice = banded_ridge_cv({"a": x, "b": x}, y, exact(draws=4))
    once = ridge_cv(x, y, exact().ridge)
    np.testing.assert_allclose(twice.best_scores, once.best_scores, atol=1e-8)
    both = twice.weights["a"] + twice.weights["b"]
    np.testing.assert_allclose(both, once.weights, atol=1e-7)


@given(
    n=st.integers(12, 40),
    widths=st.lists(st.integers(1, 25), min_size=1, max_size=3),
    q=st.integers(1, 5),
    groups=st.integers(4, 8),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_any_shape_and_any_groups(n, widths, q, groups, seed):
    x, spaces, y = drawn(n, widths, q, seed)
    names = np.random.default_rng(seed).permutation(np.arange(n) % groups)
    folds = group_folds(names, 3, seed)
    fit = banded_ridge_cv(spaces, y, exact(draws=3, seed=seed), groups=names, folds=folds)
    scores, _ = refitted_scores(x, widths, y, folds, fit.mixtures)
    np.testing.assert_allclose(fit.scores, scores, atol=1e-5)
    mean = x.mean(axis=0)
    gram = (x - mean).T @ (x - mean) + np.diag(np.repeat(fit.penalties[:, 0], widths))
    expected = np.linalg.solve(gram, (x - mean).T @ (y[:, 0] - y[:, 0].mean()))
    found = np.concatenate([weights[:, 0] for weights in fit.weights.values()])
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_batches_of_targets_change_nothing(shape):
    n, widths = SHAPES[shape]
    _, spaces, y = drawn(n, widths, q=11)
    one, three = (banded_ridge_cv(spaces, y, exact(), batch=batch) for batch in (None, 3))
    np.testing.assert_array_equal(one.penalties, three.penalties)
    for name in spaces:
        np.testing.assert_allclose(one.weights[name], three.weights[name], atol=1e-12)


def test_the_bracket_and_generalised_cross_validation_serve_mixtures_too():
    _, spaces, y = drawn(40, (12, 60, 5), q=40)
    every = banded_ridge_cv(spaces, y, exact())
    some = banded_ridge_cv(spaces, y, exact(search="bracket"))
    assert (some.mixture == every.mixture).all(axis=0).mean() > 0.9
    free = banded_ridge_cv(spaces, y, exact(folds="gcv"))
    plain = ridge_cv(
        mixed(np.concatenate(list(spaces.values()), axis=1), (12, 60, 5), free.mixtures[3]),
        y,
        exact(folds="gcv").ridge,
    )
    np.testing.assert_allclose(free.scores[3], plain.best_scores, atol=1e-9)


def test_a_space_without_a_share_has_no_weight_and_an_infinite_penalty():
    _, spaces, y = drawn(40, (12, 60))
    fit = banded_ridge_cv(spaces, y, exact(), mixtures=np.array([[1.0, 0.0]]))
    assert np.isinf(fit.penalties[1]).all()
    assert (fit.weights["b"] == 0).all()
    alone = ridge_cv(spaces["a"], y, exact().ridge)
    np.testing.assert_allclose(fit.weights["a"], alone.weights, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_targets_that_are_not_finite_are_nan_and_spoil_no_other(shape):
    n, widths = SHAPES[shape]
    _, spaces, y = drawn(n, widths)
    clean = banded_ridge_cv(spaces, y, exact())
    y[7, 2] = np.nan
    fit = banded_ridge_cv(spaces, y, exact())
    assert fit.undefined.tolist() == [False, False, True, False, False]
    others = [0, 1, 3, 4]
    np.testing.assert_array_equal(fit.penalties[:, others], clean.penalties[:, others])
    for name, weights in fit.weights.items():
        assert np.isnan(weights[:, 2]).all()
        np.testing.assert_allclose(weights[:, others], clean.weights[name][:, others], atol=1e-9)
    for values in (fit.intercept, fit.penalties, fit.mixture, fit.scores, fit.target_mean):
        assert np.isnan(values[..., 2]).all()
        assert np.isfinite(values[..., others]).all()


def test_a_constant_target_has_no_score_and_is_predicted():
    _, spaces, y = drawn(40, (12, 60))
    y[:, 1] = 2.5
    fit = banded_ridge_cv(spaces, y, exact())
    assert fit.constant.tolist() == [False, True, False, False, False]
    assert np.isnan(fit.best_scores[1])
    np.testing.assert_allclose(fit.predict(spaces)[:, 1], 2.5)
    np.testing.assert_array_equal(fit.mixture[:, 1], 0.5)


def test_a_space_that_does_not_vary_has_weight_zero():
    _, spaces, y = drawn(40, (12, 60))
    without = banded_ridge_cv({"a": spaces["a"]}, y, exact())
    with_ones = {"a": spaces["a"], "b": np.full((40, 60), 3.0)}
    for relative in (True, False):
        fit = banded_ridge_cv(with_ones, y, exact(relative=relative, corners=True))
        assert (fit.weights["b"] == 0).all()
        assert (fit.best_scores >= without.best_scores - 0.05).all()


def test_a_space_of_another_scale_is_fitted_better_than_by_plain_ridge():
    rng = np.random.default_rng(0)
    useful, noise = rng.normal(size=(2, 200, 40))
    y = useful @ rng.normal(size=(40, 6)) + rng.normal(size=(200, 6))
    train, test = slice(0, 100), slice(100, 200)
    spaces = {"useful": useful, "loud": 100 * noise}
    x = np.concatenate(list(spaces.values()), axis=1)
    chosen = BandedSettings(RidgeSettings(np.logspace(-2, 6, 17), dtype="float64"), draws=40)
    fit = banded_ridge_cv({name: part[train] for name, part in spaces.items()}, y[train], chosen)
    plain = ridge_cv(x[train], y[train], chosen.ridge)
    banded_error = ((y[test] - fit.predict({k: v[test] for k, v in spaces.items()})) ** 2).sum(0)
    plain_error = ((y[test] - x[test] @ plain.weights - plain.intercept) ** 2).sum(0)
    assert (banded_error < plain_error).all()
    assert banded_error.sum() < 0.5 * plain_error.sum()
    assert (fit.penalties[1] > 100 * fit.penalties[0]).all()


def test_settings_that_cannot_be_are_refused():
    ridge = RidgeSettings(GRID)
    with pytest.raises(ConfigError, match=r"draws: expected at least 1. Found: 0"):
        BandedSettings(ridge, draws=0)
    with pytest.raises(ConfigError, match=r"concentrations: .* Found: \[0.1, -1.0\]"):
        BandedSettings(ridge, concentrations=(0.1, -1.0))
    with pytest.raises(ConfigError, match=r"standardise: .* Found: 'fold'"):
        BandedSettings(RidgeSettings(GRID, standardise="fold"))


@pytest.mark.parametrize(
    ("mixtures", "told"),
    [
        (np.ones((2, 3)), r"rows of 2 numbers, one for each space. Found: shape \(2, 3\)"),
        (np.ones(2), r"Found: shape \(2,\)"),
        (np.array([[1.0, -1.0]]), r"numbers from zero.* Found: \[\[1.0, -1.0\]\]"),
        (np.zeros((1, 2)), "some above zero in each row"),
    ],
)
def test_mixtures_that_cannot_be_are_refused(mixtures, told):
    _, spaces, y = drawn(30, (5, 6))
    with pytest.raises(ConfigError, match=told):
        banded_ridge_cv(spaces, y, exact(), mixtures=mixtures)


def test_spaces_that_do_not_fit_are_refused_by_name():
    _, spaces, y = drawn(30, (5, 6))
    with pytest.raises(ShapeError, match=r"space 'b': expected 30 rows .* Found: 29 rows"):
        banded_ridge_cv({**spaces, "b": spaces["b"][1:]}, y, exact())
    with pytest.raises(ShapeError, match=r"space 'b': .* 0 columns"):
        banded_ridge_cv({**spaces, "b": spaces["b"][:, :0]}, y, exact())
    with pytest.raises(ShapeError, match="expected at least one feature space"):
        banded_ridge_cv({}, y, exact())
    fit = banded_ridge_cv(spaces, y, exact())
    with pytest.raises(ShapeError, match=r"space 'b': expected 6 columns.* Found: no such space"):
        fit.predict({"a": spaces["a"]})
    with pytest.raises(ConfigError, match="folds: expected 2 to 30"):
        banded_ridge_cv(spaces, y, exact(folds=31))
    spaces["b"][3, 2] = np.inf
    with pytest.raises(DataError, match=r"space 'b': .* the first is column 2"):
        banded_ridge_cv(spaces, y, exact())
