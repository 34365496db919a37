"""Ridge against refitting, scikit-learn and himalaya."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import DIFFICULT, GRID, SHAPES, correlation, difficult, held_out, problem, r2, solve
from sklearn.linear_model import Ridge
from sklearn.linear_model import RidgeCV as SklearnRidgeCV
from sklearn.model_selection import PredefinedSplit

from afterimage.contracts.errors import ConfigError, DataError, ShapeError
from afterimage.linear.folds import group_folds
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv


def exact(**more):
    return RidgeSettings(**{"penalties": GRID, "dtype": "float64", **more})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("standardise", ["no", "once", "fold"])
@pytest.mark.parametrize("scoring", ["r2", "correlation"])
def test_scores_are_those_of_a_refit_per_fold_and_penalty(shape, intercept, standardise, scoring):
    x, y = problem(*SHAPES[shape])
    if standardise == "once" and not intercept:
        x = x - x.mean(axis=0)
    folds = group_folds(np.arange(len(x)), 5)
    chosen = exact(intercept=intercept, standardise=standardise, scoring=scoring)
    fit = ridge_cv(x, y, chosen, folds=folds)
    for penalty, row in zip(GRID, fit.scores, strict=True):
        found = held_out(x, y, folds, penalty, intercept=intercept, standardise=standardise)
        if scoring == "r2":
            expected = r2(y, found, folds, intercept)
        else:
            expected = correlation(y, found, folds)
        np.testing.assert_allclose(row, expected, atol=1e-7)
    np.testing.assert_array_equal(fit.penalties, GRID[fit.scores.argmax(axis=0)])
    np.testing.assert_array_equal(fit.best_scores, fit.scores.max(axis=0))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("intercept", [True, False])
def test_weights_are_those_of_scikit_learn(shape, intercept):
    x, y = problem(*SHAPES[shape])
    fit = ridge_cv(x, y, exact(intercept=intercept))
    assert fit.solver == ("primal" if len(x) > x.shape[1] else "dual")
    other = Ridge(alpha=fit.penalties, fit_intercept=intercept, solver="cholesky").fit(x, y)
    np.testing.assert_allclose(fit.weights, other.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fit.intercept, other.intercept_ * np.ones(5), atol=1e-9)
    fit = ridge_cv(x, y, exact(intercept=intercept, standardise="fold"))
    for target, penalty in enumerate(fit.penalties):
        y1 = y[:, [target]]
        weights, constant = solve(x, y1, penalty, intercept=intercept, standardise=True)
        np.testing.assert_allclose(fit.weights[:, [target]], weights, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(fit.intercept[target], constant, atol=1e-8)


@pytest.mark.parametrize("name", DIFFICULT)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_difficult_problems_have_the_penalties_and_weights_of_scikit_learn(name, dtype):
    x, y = difficult(name)
    folds = group_folds(np.arange(len(x)), 4)
    fit = ridge_cv(x, y, exact(dtype=dtype), folds=folds)
    scores = [r2(y, held_out(x, y, folds, penalty), folds) for penalty in GRID]
    varying = ~fit.constant
    best = np.array(scores)[:, varying].argmax(axis=0)
    np.testing.assert_array_equal(fit.penalties[varying], GRID[best])
    other = Ridge(alpha=fit.penalties, solver="cholesky").fit(x, y)
    scale = np.abs(other.coef_).max()
    np.testing.assert_allclose(fit.weights, other.coef_.T, rtol=1e-4, atol=1e-4 * scale)


def test_each_row_left_out_is_scikit_learns_choice():
    x, y = problem(50, 30)
    fit = ridge_cv(x, y, exact(folds="groups"))
    other = SklearnRidgeCV(alphas=GRID, alpha_per_target=True).fit(x, y)
    np.testing.assert_array_equal(fit.penalties, other.alpha_)


def test_one_penalty_for_all_is_scikit_learns_choice_and_groups_have_their_own():
    x, y = problem(60, 25)
    folds = group_folds(np.arange(60), 5)
    fit = ridge_cv(x, y, exact(), folds=folds, share=np.zeros(5))
    assert len(set(fit.penalties)) == 1
    each = ridge_cv(x, y, exact(), folds=folds)
    assert fit.penalties[0] == GRID[each.scores.mean(axis=1).argmax()]
    single = SklearnRidgeCV(alphas=GRID, cv=PredefinedSplit(folds)).fit(x, y[:, :1])
    assert ridge_cv(x, y[:, :1], exact(), folds=folds).penalties[0] == single.alpha_
    pairs = ridge_cv(x, y, exact(), folds=folds, share=np.array([0, 0, 1, 1, 1]))
    for own in (slice(0, 2), slice(2, 5)):
        best = GRID[each.scores[:, own].mean(axis=1).argmax()]
        assert set(pairs.penalties[own]) == {best}


@pytest.mark.parametrize("shape", SHAPES)
def test_penalties_and_weights_are_himalayas(shape):
    from himalaya.kernel_ridge import KernelRidgeCV
    from himalaya.ridge import RidgeCV

    x, y = problem(*SHAPES[shape], q=30)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    folds = group_folds(np.arange(len(x)), 5)
    split = PredefinedSplit(folds)
    fit = ridge_cv(x, y, exact(intercept=False), folds=folds)
    for other in (RidgeCV(alphas=GRID, cv=split), KernelRidgeCV(alphas=GRID, cv=split)):
        other.fit(x, y)
        agree = np.isclose(fit.penalties, other.best_alphas_)
        # Folds of 7 and 8 rows count alike there, and by their rows here.
        assert agree.mean() > 0.9
        weights = other.coef_ if hasattr(other, "coef_") else other.get_primal_coef()
        np.testing.assert_allclose(fit.weights[:, agree], weights[:, agree], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("standardise", ["no", "fold"])
def test_the_bracket_finds_what_the_grid_finds(shape, standardise):
    x, y = problem(*SHAPES[shape], q=200)
    grid = np.logspace(-3, 5, 17)
    folds = group_folds(np.arange(len(x)), 5)
    every = ridge_cv(x, y, exact(penalties=grid, standardise=standardise), folds=folds)
    chosen = exact(penalties=grid, search="bracket", standardise=standardise)
    some = ridge_cv(x, y, chosen, folds=folds)
    known = ~np.isnan(some.scores)
    np.testing.assert_allclose(some.scores[known], every.scores[known], atol=1e-9)
    assert known.mean() < 0.7
    assert (some.penalties == every.penalties).mean() > 0.95
    # A best penalty is better than its neighbours, both of which were computed.
    place = np.searchsorted(some.grid, some.penalties)
    for side in (-1, 1):
        beside = np.clip(place + side, 0, 16)
        assert not np.isnan(some.scores[beside, np.arange(200)]).any()


def test_generalised_cross_validation_is_its_formula():
    for n, p in SHAPES.values():
        x, y = problem(n, p)
        fit = ridge_cv(x, y, exact(folds="gcv"))
        z, centred = x - x.mean(axis=0), y - y.mean(axis=0)
        for penalty, row in zip(GRID, fit.scores, strict=True):
            gram = z.T @ z + penalty * np.eye(p)
            hat = z @ np.linalg.solve(gram, z.T) + 1 / n
            error = ((centred - hat @ centred) ** 2).sum(axis=0) / np.trace(np.eye(n) - hat) ** 2
            expected = 1 - error / ((centred**2).sum(axis=0) / (n - 1) ** 2)
            np.testing.assert_allclose(row, expected, atol=1e-8)


@given(
    n=st.integers(8, 40),
    p=st.integers(1, 60),
    q=st.integers(1, 6),
    groups=st.integers(4, 8),
    standardise=st.sampled_from(["no", "fold"]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_any_shape_and_any_groups(n, p, q, groups, standardise, seed):
    x, y = problem(n, p, q, seed)
    names = np.random.default_rng(seed).permutation(np.arange(n) % groups)
    folds = group_folds(names, 3, seed)
    fit = ridge_cv(x, y, exact(standardise=standardise), groups=names, folds=folds)
    for row in (0, 3, 6):
        found = held_out(x, y, folds, GRID[row], standardise=standardise)
        np.testing.assert_allclose(fit.scores[row], r2(y, found, folds), atol=1e-5)
    weights, constant = solve(x, y, GRID[3])
    same = fit.penalties == GRID[3]
    if standardise == "no":
        np.testing.assert_allclose(fit.weights[:, same], weights[:, same], atol=1e-6)
        np.testing.assert_allclose(fit.intercept[same], constant[same], atol=1e-6)


def test_batches_of_targets_change_nothing():
    x, y = problem(40, 60, q=11)
    one, three = (ridge_cv(x, y, exact(), batch=batch) for batch in (None, 3))
    np.testing.assert_allclose(one.weights, three.weights, atol=1e-12)
    np.testing.assert_array_equal(one.penalties, three.penalties)


def test_targets_that_are_not_finite_are_nan_and_spoil_no_other():
    x, y = problem(40, 20)
    clean = ridge_cv(x, y, exact())
    y[7, 2] = np.nan
    fit = ridge_cv(x, y, exact())
    assert fit.undefined.tolist() == [False, False, True, False, False]
    assert np.isnan(fit.weights[:, 2]).all()
    assert np.isnan([fit.penalties[2], fit.intercept[2], fit.best_scores[2]]).all()
    others = [0, 1, 3, 4]
    np.testing.assert_array_equal(fit.weights[:, others], clean.weights[:, others])


def test_a_constant_target_has_no_score_and_is_predicted():
    x, y = difficult("constant_target")
    fit = ridge_cv(x, y, exact())
    assert fit.constant.tolist() == [False, True, False, False, False]
    assert np.isnan(fit.best_scores[1])
    np.testing.assert_allclose(x @ fit.weights[:, 1] + fit.intercept[1], 2.5)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"penalties": [1.0, 0.0]}, r"penalties: expected numbers above zero. Found: \[1.0, 0.0\]"),
        ({"penalties": []}, "penalties: expected numbers above zero"),
        ({"folds": 41}, "folds: expected 2 to 40, the number of groups. Found: 41"),
        ({"scoring": "r"}, "scoring: expected one of r2, correlation. Found: 'r'"),
        ({"folds": "gcv", "standardise": "fold"}, "generalised cross-validation has no folds"),
    ],
)
def test_settings_that_cannot_be_are_refused(more, told):
    with pytest.raises(ConfigError, match=told):
        ridge_cv(*problem(40, 5), exact(**more))


def test_a_group_in_two_folds_is_refused_by_name():
    x, y = problem(6, 3)
    groups = np.array(["a", "a", "b", "b", "c", "c"])
    with pytest.raises(DataError, match="group 'b' has rows in folds 0, 1"):
        ridge_cv(x, y, exact(), groups=groups, folds=np.array([0, 0, 0, 1, 1, 1]))


def test_inputs_that_are_not_finite_and_rows_that_differ_are_refused():
    x, y = problem(20, 4)
    with pytest.raises(ShapeError, match="20 rows of inputs and 19 of targets"):
        ridge_cv(x, y[1:], exact())
    x[3, 2] = np.inf
    with pytest.raises(DataError, match=r"1 of 4 input columns .* the first is column 2"):
        ridge_cv(x, y, exact())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("standardise", ["no", "once"])
def test_more_targets_than_inputs_have_the_weights_that_few_have(dtype, standardise):
    x, y = problem(30, 50, q=80)
    settings = RidgeSettings(GRID, dtype=dtype, standardise=standardise)
    many = ridge_cv(x, y, settings, folds=np.arange(30) % 5)
    few = ridge_cv(x, y, settings, folds=np.arange(30) % 5, batch=40)
    tolerance = 1e-5 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(many.weights, few.weights, atol=tolerance)
    np.testing.assert_allclose(many.intercept, few.intercept, atol=tolerance)
