"""Quadratic forms, and squared errors as such."""

from dataclasses import replace

import numpy as np
import pytest
from problems import GRID, held_out, problem, r2

from afterimage.linear import backend, identity
from afterimage.linear import held_out as held_out_module
from afterimage.linear.backend import NumpyBackend, TorchBackend
from afterimage.linear.primal_folds import PrimalFolds
from afterimage.linear.quadratic import CHUNK, add_squares, quadratic
from afterimage.linear.ridge_cv import RidgeSettings, ridge_cv


@pytest.mark.parametrize("made", [NumpyBackend(), TorchBackend("cpu")], ids=["numpy", "torch"])
@pytest.mark.parametrize("size", [40, 600, 1100])
def test_a_quadratic_form_by_panels_is_the_quadratic_form(made, size):
    rng = np.random.default_rng(0)
    block = rng.normal(size=(30, size))
    vectors = rng.normal(size=(size, CHUNK + 3))
    form = made.zeros((size, size), "float64")
    for part in (block[:10], block[10:]):
        add_squares(form, made.put(part, "float64"))
    found = quadratic(made, form, made.put(vectors, "float64"))
    np.testing.assert_allclose(found, ((block @ vectors) ** 2).sum(axis=0))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 8])
def test_errors_as_forms_are_those_of_a_refit(monkeypatch, engine, dtype, size):
    monkeypatch.setattr(backend, "TORCH_FROM", 0 if engine == "torch" else 10**9)
    x, y = problem(40, 70, q=90)
    folds = np.arange(40) // size
    settings = RidgeSettings(GRID, dtype=dtype)
    assert y.shape[1] > identity.FORM_FROM * len(x)
    formed = ridge_cv(x, y, settings, folds=folds)
    for penalty, row in zip(GRID, formed.scores, strict=True):
        expected = r2(y, held_out(x, y, folds, penalty), folds)
        np.testing.assert_allclose(row, expected, atol=1e-5 if dtype == "float32" else 1e-9)
    monkeypatch.setattr(identity, "FORM_FROM", np.inf)
    plain = ridge_cv(x, y, settings, folds=folds)
    np.testing.assert_allclose(formed.scores, plain.scores, atol=1e-5)
    assert (formed.penalties == plain.penalties).mean() > 0.98


def of_residuals(folds, batch, wanted):
    return held_out_module.squared(folds._backend, folds.residuals(batch, wanted))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("standardise", ["no", "once", "fold"])
@pytest.mark.parametrize("intercept", [True, False])
def test_errors_of_few_large_folds_are_those_of_a_refit(
    monkeypatch, engine, dtype, standardise, intercept
):
    monkeypatch.setattr(backend, "TORCH_FROM", 0 if engine == "torch" else 10**9)
    monkeypatch.setattr(held_out_module, "CHUNK", 7)
    x, y = problem(90, 20, q=30)
    folds = np.arange(90) % 3
    settings = RidgeSettings(GRID, dtype=dtype, standardise=standardise, intercept=intercept)
    formed = ridge_cv(x, y, settings, folds=folds)
    searched = ridge_cv(x, y, replace(settings, search="bracket"), folds=folds)
    monkeypatch.setattr(PrimalFolds, "squared_errors", of_residuals)
    plain = ridge_cv(x, y, settings, folds=folds)
    limit = 1e-5 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(formed.scores, plain.scores, atol=limit)
    known = ~np.isnan(searched.scores)
    np.testing.assert_allclose(searched.scores[known], plain.scores[known], atol=limit)
