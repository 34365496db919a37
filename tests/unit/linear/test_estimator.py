"""The face of scikit-learn: its own checks, and that it hands everything on."""

import numpy as np
import pytest
from problems import GRID, held_out, problem, r2
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from afterimage.linear.estimator import RidgeRegressionCV


@parametrize_with_checks(
    [
        RidgeRegressionCV(),
        RidgeRegressionCV(folds="gcv", standardise="once"),
        RidgeRegressionCV(folds=2, standardise="fold", search="bracket"),
        RidgeRegressionCV(folds=2, per_target=False, fit_intercept=False),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_it_is_scikit_learns_ridge():
    x, y = problem(50, 30)
    found = RidgeRegressionCV(GRID).fit(x, y)
    other = RidgeCV(GRID, alpha_per_target=True).fit(x, y)
    np.testing.assert_allclose(found.penalties_, other.alpha_)
    np.testing.assert_allclose(found.coef_, other.coef_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.predict(x), other.predict(x), atol=1e-8)
    one = RidgeRegressionCV(GRID).fit(x, y[:, 2])
    np.testing.assert_allclose(one.predict(x), other.predict(x)[:, 2], atol=1e-8)
    assert one.penalties_ == found.penalties_[2]
    assert one.coef_.shape == (30,)


def test_groups_are_left_out_together():
    x, y = problem(40, 10)
    groups = np.arange(40) // 4
    found = RidgeRegressionCV(GRID).fit(x, y, groups=groups)
    best = max(r2(y, held_out(x, y, groups, a), groups)[4] for a in GRID)
    assert found.best_scores_[4] == pytest.approx(best)


def test_it_stands_in_pipelines_and_searches():
    x, y = problem(60, 12)
    line = make_pipeline(StandardScaler(), RidgeRegressionCV(GRID))
    assert cross_val_predict(line, x, y, cv=3).shape == y.shape
    search = GridSearchCV(RidgeRegressionCV(GRID), {"standardise": ["no", "once"]}, cv=3).fit(x, y)
    assert search.best_params_["standardise"] in ("no", "once")


def test_what_cannot_be_is_a_value_error_that_says_why():
    x, y = problem(20, 3)
    with pytest.raises(ValueError, match="penalties: expected numbers above zero"):
        RidgeRegressionCV([0.0]).fit(x, y)
    with pytest.raises(ValueError, match="folds: expected 2 to 20"):
        RidgeRegressionCV(folds=30).fit(x, y)
