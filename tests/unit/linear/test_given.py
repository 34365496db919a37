"""What callers hand over: frames, lists, and what cannot be used."""

import numpy as np
import pandas as pd
import pytest
from problems import GRID, problem
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from afterimage.contracts.errors import UserError
from afterimage.linear.banded import BandedSettings, banded_ridge_cv
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv

X, Y = problem(30, 8)
SETTINGS = RidgeSettings(GRID, folds=3)


def test_frames_and_lists_are_fitted_as_arrays_are():
    groups = np.arange(30) // 2
    frame = pd.DataFrame({"stimulus": groups}, index=np.arange(30) + 7)
    expected = ridge_cv(X, Y, SETTINGS, groups=groups)
    for x, y, g in (
        (pd.DataFrame(X), pd.DataFrame(Y), frame["stimulus"]),
        (X.tolist(), Y.tolist(), groups.tolist()),
        (X, Y, [f"picture {group:02d}" for group in groups]),
        (X, Y, np.array([f"picture {group:02d}" for group in groups], dtype=object)),
    ):
        fit = ridge_cv(x, y, SETTINGS, groups=g)
        np.testing.assert_allclose(fit.weights, expected.weights)
    settings = BandedSettings(SETTINGS, draws=2)
    spaces = {"a": pd.DataFrame(X[:, :3]), "b": X[:, 3:].tolist()}
    banded = banded_ridge_cv(spaces, pd.DataFrame(Y), settings, groups=list(groups))
    assert banded.weights["b"].shape == (5, 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": X[:, 0]}, r"inputs: expected rows and columns. Found: shape \(30,\)"),
        ({"targets": Y[:, 0]}, r"targets: expected rows and columns. Found: shape \(30,\)"),
        ({"inputs": X[None]}, "inputs: expected rows and columns"),
        ({"inputs": csr_array(X)}, "inputs: expected plain numbers. Found: csr_array"),
        ({"targets": np.ma.masked_array(Y)}, "targets: expected plain numbers"),
        ({"inputs": X.astype(str)}, "inputs: expected real numbers"),
        ({"inputs": X.astype(complex)}, "inputs: expected real numbers"),
        ({"batch": -1}, "batch: expected at least one target at a time. Found: -1"),
        ({"batch": 0}, "batch: expected at least one target at a time. Found: 0"),
        ({"into": np.zeros((5, 8))}, r"into: expected room for weights of shape \(8, 5\)"),
        ({"groups": np.zeros((30, 1))}, "groups: expected one for each of 30 rows"),
        ({"folds": np.zeros(29)}, "folds: expected one for each of 30 rows"),
    ],
)
def test_what_cannot_be_used_is_told(change, message):
    given = {"inputs": X, "targets": Y, "settings": SETTINGS} | change
    with pytest.raises(UserError, match=message):
        ridge_cv(**given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"folds": "x"}, "folds: expected a whole number from 2, 'groups' or 'gcv'. Found: 'x'"),
        ({"folds": 2.5}, "folds: expected a whole number"),
        ({"folds": -3}, "folds: expected a whole number"),
        ({"folds": None}, "folds: expected a whole number"),
        ({"dtype": "float16"}, "dtype: expected one of float32, float64. Found: 'float16'"),
        ({"penalties": ["a"]}, "penalties: expected numbers above zero"),
        ({"penalties": 5}, "penalties: expected numbers above zero"),
        ({"penalties": [[1, 2]]}, "penalties: expected numbers above zero"),
        ({"folds": "gcv", "scoring": "correlation"}, "scoring: generalised cross-validation is"),
    ],
)
def test_settings_that_are_none_of_the_choices_are_told(change, message):
    with pytest.raises(UserError, match=message):
        RidgeSettings(**({"penalties": GRID} | change))


def test_folds_of_rows_are_refused_where_nothing_is_left_out():
    with pytest.raises(UserError, match="generalised cross-validation has none"):
        ridge_cv(X, Y, RidgeSettings(GRID, folds="gcv"), folds=np.arange(30) % 3)


@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
def test_float32_weights_hold_where_inputs_have_few_directions(penalty):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(400, 10)) @ rng.normal(size=(10, 100))).astype(np.float32)
    y = (x[:, :5] + 10 * rng.normal(size=(400, 5))).astype(np.float32)
    found = ridge_cv(x, y, RidgeSettings([penalty])).weights
    other = Ridge(alpha=penalty).fit(x.astype(float), y.astype(float)).coef_.T
    np.testing.assert_allclose(found, other, atol=1e-4 * np.abs(other).max())


def test_a_column_of_times_keeps_its_part():
    rng = np.random.default_rng(0)
    times = 1.7e9 + 5.0 * np.arange(200)
    x = np.c_[rng.normal(size=(200, 3)), times, np.full(200, 0.1)]
    y = (times - times.mean())[:, None] / 300 + 0.1 * rng.normal(size=(200, 2))
    for dtype in ("float32", "float64"):
        fit = ridge_cv(x, y, RidgeSettings([1.0], standardise="once", dtype=dtype))
        assert fit.constant_inputs.tolist() == [False, False, False, False, True]
        assert fit.best_scores.min() > 0.9
